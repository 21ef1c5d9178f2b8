"""Drawn faces with an age: an image set for imbalanced regression, from one seed.

The training set is imbalanced, ragged and now and then wrong, as scraped sets are. The
validation and test sets are balanced and right. `data/FACES.md` is the data card.
"""

from typing import NamedTuple

import numpy as np

from dirlib.datasets.cache import cached
from dirlib.datasets.drawing import (
    DRAWING_VERSION,
    MIN_SIZE,
    check_ages,
    check_whole,
    draw_faces,
)

N_AGES = 101  # 0 to 100 years
APPARENT_NOISE = 8.0
# Streams of the generator: no two splits share a face, whatever their seeds.
_STREAMS = {"train": 1, "val": 2, "test": 3}
_PER_AGE = {"val": 10, "test": 15}
_LABEL_STREAM = 9


class FacesData(NamedTuple):
    """A split of the drawn faces.

    `images` is [N, H, W, 3], uint8 RGB; `labels` [N], int64, are the ages that a learner
    is given; `ages` [N], int64, are those that were drawn. They differ where a label is
    wrong, which happens in the training set alone.
    """

    images: np.ndarray
    labels: np.ndarray
    ages: np.ndarray


def faces(
    split="train",
    *,
    seed=0,
    size=32,
    counts=None,
    n_total=5000,
    wrong_labels=0.035,
    leave_out=(),
    progress=True,
    cache=True,
):
    """Return a split of the drawn faces, from the cache where it holds it.

    `counts`, `n_total`, `wrong_labels` and `leave_out` shape the training set. The
    validation set always has 10 faces per age and the test set 15, with right labels.

    Parameters
    ----------
    split : {"train", "val", "test"}
    seed : int
        Other seeds draw other faces of the same label counts.
    size : int
        Side of the square pictures in pixels, 16 or more.
    counts : array-like of int, shape [101], optional
        Faces per age, used as they are. Without it `faces_label_counts(n_total=n_total)`.
        See `scale_counts` for the counts of another data set.
    n_total : int
        Size of the training set where `counts` is not given.
    wrong_labels : float
        Share of training faces that show another age than their label says. The counts
        of the labels stay as asked for.
    leave_out : sequence of int
        Ages without a training label. The other samples stay the same.
    progress : bool
        Show a progress bar while faces are drawn.
    cache : bool
        Read the split from `cache_dir()` and keep it there.

    Returns
    -------
    FacesData

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    check_split(split)
    seed, size = check_whole("seed", seed, 0), check_whole("size", size, MIN_SIZE)
    if not 0 <= wrong_labels <= 0.5:  # NaN too
        raise ValueError(f"wrong_labels must be a share of 0 to 0.5, got {wrong_labels}")
    left_out = np.unique(check_ages(leave_out))
    counts = faces_label_counts(n_total=n_total) if counts is None else check_counts(counts)
    if split != "train":
        counts, wrong_labels, left_out = balanced_counts(split), 0.0, left_out[:0]
    key = {
        "version": DRAWING_VERSION,
        "split": split,
        "seed": seed,
        "size": size,
        "counts": counts.tolist(),
        "wrong_labels": float(wrong_labels),
        "leave_out": left_out.tolist(),
        "apparent_noise": APPARENT_NOISE,
    }

    def make():
        labels = split_labels(split, counts, seed)
        rng = _label_rng(seed, 1)
        ages = _with_wrong_faces(labels, wrong_labels, rng)
        with drawing_bar(len(ages), "Drawing faces", progress) as bar:
            images = draw_faces(
                ages,
                seed,
                size,
                apparent_noise=APPARENT_NOISE,
                stream=_STREAMS[split],
                on_chunk=bar.update,
            )
        keep = ~np.isin(labels, left_out)
        return {"images": images[keep], "labels": labels[keep], "ages": ages[keep]}

    return FacesData(**(cached(f"faces-{split}-{size}px", key, make) if cache else make()))


def faces_label_counts(seed=0, n_total=5000):
    """Return the faces per age of the training set: a skewed, ragged, heaped hump.

    Counts follow a hump around age 33, times a lognormal number per age (raggedness),
    times the heaping of real registers: round ages are reported more often. `seed` is
    that of the counts alone, so that `faces` keeps them while its own seed changes.

    Parameters
    ----------
    seed : int
    n_total : int, 202 or more

    Returns
    -------
    ndarray of shape [101], int64
        At least 2 per age, `n_total` in all.

    Raises
    ------
    ValueError
        If `seed` or `n_total` is out of range.
    """
    n_total = check_whole("n_total", n_total, 2 * N_AGES)
    age = np.arange(N_AGES)
    hump = np.exp(-0.5 * ((age - 33) / np.where(age < 33, 11.0, 20.0)) ** 2)
    u = _label_rng(check_whole("seed", seed, 0), 0).random((2, N_AGES))
    normal = np.sqrt(-2 * np.log1p(-u[0])) * np.cos(2 * np.pi * u[1])
    heaping = np.where(age % 10 == 0, 1.6, np.where(age % 5 == 0, 1.3, 1.0))
    return scale_counts(hump * np.exp(0.55 * normal) * heaping, n_total, at_least=2)


def scale_counts(counts, n_total, at_least=0):
    """Return whole counts in proportion to `counts` that add up to `n_total`.

    What is left after rounding down goes to the largest remainders. A bin without
    samples stays empty; every other one gets `at_least` or more.

    Parameters
    ----------
    counts : array-like of shape [B], 0 or more
        For example the `.counts` of :func:`dirlib.datasets.label_counts`.
    n_total, at_least : int

    Returns
    -------
    ndarray of shape [B], int64

    Raises
    ------
    ValueError
        If counts are negative, not finite or all zero, or `n_total` is too small.
    """
    counts = np.asarray(counts)
    if counts.ndim != 1 or counts.dtype.kind not in "iuf":
        raise ValueError(
            f"counts must be a flat list of numbers, got shape {counts.shape} and "
            f"type {counts.dtype}"
        )
    bad = ~(np.isfinite(counts) & (counts >= 0))
    if bad.any():
        where = int(np.argmax(bad))
        raise ValueError(
            f"counts must be finite and 0 or more, but counts[{where}] is {counts[where]}"
        )
    present = counts > 0
    at_least = check_whole("at_least", at_least, 0)
    n_total = check_whole("n_total", n_total, max(1, at_least * int(present.sum())))
    if not present.any():
        raise ValueError("counts are all 0: there is nothing to scale")
    # Bins below the least are lifted to it; the others share what remains.
    floor = np.zeros(len(counts), bool)
    while True:
        free = present & ~floor
        rest = n_total - at_least * floor.sum()
        ideal = np.where(free, counts, 0.0)
        if free.any():
            ideal *= rest / ideal.sum()
        low = free & (ideal < at_least)
        if not low.any():
            break
        floor |= low
    scaled = np.floor(ideal).astype(np.int64)
    order = np.argsort(scaled - ideal, kind="stable")
    scaled[order[: int(rest - scaled.sum())]] += 1
    scaled[floor] = at_least
    return scaled


def check_split(split):
    """Refuse a split that does not exist."""
    if split not in _STREAMS:
        raise ValueError(f"split must be one of {', '.join(_STREAMS)}, got {split!r}")


def balanced_counts(split):
    """The label counts of the validation or the test set: [101], all the same."""
    return np.full(N_AGES, _PER_AGE[split], np.int64)


def split_labels(split, counts, seed):
    """The labels of a split in their order, [N], int64.

    A training set is shuffled. A balanced one goes round the ages, so that its first
    101 samples hold one of each.
    """
    labels = np.repeat(np.arange(N_AGES), counts)
    if split == "train":
        return labels[np.argsort(_label_rng(seed, 2).random(len(labels)), kind="stable")]
    return np.tile(np.arange(N_AGES), int(counts[0]))


def drawing_bar(total, what, progress):
    """A progress bar that waits half a second before it shows, and leaves no trace."""
    from tqdm.auto import tqdm  # loads widgets: only where something is drawn

    options = {"total": total, "desc": what, "unit": "image", "leave": False, "delay": 0.5}
    # tqdm's own variable TQDM_DISABLE counts unless `disable` is given.
    return tqdm(**options) if progress else tqdm(**options, disable=True)


def check_counts(counts):
    counts = np.asarray(counts)
    if counts.shape != (N_AGES,):
        raise ValueError(
            f"counts must have shape [{N_AGES}], one per age from 0 to 100, "
            f"but got {list(counts.shape)}"
        )
    bad = ~((counts >= 0) & (counts == np.floor(counts)) & np.isfinite(counts))
    if bad.any():
        where = int(np.argmax(bad))
        raise ValueError(
            f"counts must be whole numbers, 0 or more, but counts[{where}] is "
            f"{counts[where]}: see scale_counts"
        )
    if not counts.any():
        raise ValueError("counts are all 0: a training set needs at least one face")
    return counts.astype(np.int64)


def _label_rng(seed, purpose):
    key = (_LABEL_STREAM, purpose)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def _with_wrong_faces(labels, share, rng):
    """The ages to draw: the labels, but for a share of faces of another age.

    Two kinds of mistake, as in scraped sets. About 4 of 7 hit samples at random. The
    others are spread evenly over the ages, so that they weigh most where samples are
    few. In both the face is that of another sample: usually of a frequent age.
    """
    ages = labels.copy()
    n_wrong = round(share * len(labels))
    if n_wrong == 0 or np.all(labels == labels[0]):
        return ages
    order = np.argsort(rng.random(len(labels)), kind="stable")
    # Rank of each sample within its age, in random order: the evenly spread mistakes
    # take the first of each age, then the second of each, and so on.
    rank = np.empty(len(labels), np.int64)
    for age in np.unique(labels):
        same = order[labels[order] == age]
        rank[same] = np.arange(len(same))
    lot = rng.random(N_AGES)[labels]
    n_even = round(n_wrong * 3 / 7)
    even = np.lexsort((lot, rank))[:n_even]
    random = order[~np.isin(order, even)][: n_wrong - n_even]
    for i in np.concatenate([even, random]):
        others = labels[labels != labels[i]]
        ages[i] = others[int(rng.random() * len(others))]
    return ages
