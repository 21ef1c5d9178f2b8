"""Drawn faces with an age: an image set for imbalanced regression, from one seed.

The training set is imbalanced, ragged and now and then wrong, as scraped sets are. The
validation and test sets are balanced and right. `data/FACES.md` is the data card.
"""

from typing import NamedTuple

import numpy as np

from dirlib.arguments import check_split, whole_number
from dirlib.datasets.cache import cached
from dirlib.datasets.faces import drawing
from dirlib.datasets.faces.counts import N_AGES, check_counts, label_rng
from dirlib.progress import progress_bar

APPARENT_NOISE = 16.0  # years, at age 50
# Streams of the generator: no two splits share a face, whatever their seeds. 1 to 3
# drew the faces on which this set was designed.
_STREAMS = {"train": 4, "val": 5, "test": 6}
_PER_AGE = {"val": 10, "test": 15}
# The ages of those whose date of birth is unknown, and who are labelled 0.
_UNDATED = (38, 61)


class FacesData(NamedTuple):
    """A split of the drawn faces.

    `images` is [N, H, W, 3], uint8 RGB. `labels`, [N], int64, are the ages that a
    learner is given; `ages`, [N], int64, are those that were drawn. They differ where a
    label is wrong, which happens in the training set alone.
    """

    images: np.ndarray
    labels: np.ndarray
    ages: np.ndarray


def faces(
    split="train", *, seed=0, size=32, counts=None, n_total=5000, wrong_labels=0.05,
    unknown_dates=4, leave_out=(), progress=True, cache=True,
):  # fmt: skip
    """Return a split of the drawn faces, FacesData, from the cache where it holds it.

    `counts`, `n_total`, `wrong_labels`, `unknown_dates` and `leave_out` shape the
    training set. The validation set always has 10 faces per age and the test set 15,
    with right labels.

    Parameters
    ----------
    split : {"train", "val", "test"}
    seed : int
        Other seeds draw other faces of the same label counts.
    size : int
        Side of the square pictures in pixels, 16 or more.
    counts : array-like of int, shape [101], optional
        Faces per age, used as they are; `faces_label_counts(n_total=n_total)` without
        it. See `scale_counts` for the counts of another data set.
    n_total : int
        Size of the training set where `counts` is not given.
    wrong_labels : float
        Share of training faces that show another age than their label says. The counts
        of the labels stay as asked for.
    unknown_dates : int
        How many training faces labelled 0 show an adult of 38 to 61 years, as where a
        missing date of birth was taken for an age of 0. One face of age 0 stays right.
    leave_out : sequence of int
        Ages without a training label. The other samples stay the same; a wrong one
        may still show an age that is left out.
    progress : bool
        Show a progress bar while faces are drawn.
    cache : bool
        Read the split from `cache_dir()` and keep it there.
    """
    check_split(split)
    seed = whole_number("seed", seed, 0)
    size = whole_number("size", size, drawing.MIN_SIZE)
    if not 0 <= wrong_labels <= 0.5:  # NaN too
        raise ValueError(
            f"wrong_labels must be a share of 0 to 0.5, got {wrong_labels}"
        )
    unknown_dates = whole_number("unknown_dates", unknown_dates, 0)
    left_out = np.unique(drawing.check_ages(leave_out, "leave_out"))
    counts = check_counts(counts, n_total)
    if split != "train":
        counts, left_out = balanced_counts(split), left_out[:0]
        wrong_labels, unknown_dates = 0.0, 0
    if counts.sum() == counts[left_out].sum():
        raise ValueError(
            f"leave_out holds all {np.count_nonzero(counts)} ages that have faces: "
            "no training face is left"
        )
    key = {
        "version": drawing.DRAWING_VERSION, "split": split, "seed": seed, "size": size,
        "counts": counts.tolist(), "wrong_labels": float(wrong_labels),
        "unknown_dates": unknown_dates, "leave_out": left_out.tolist(),
        "apparent_noise": APPARENT_NOISE,
    }  # fmt: skip

    def make():
        labels = split_labels(split, counts, seed)
        ages = _with_wrong_faces(labels, wrong_labels, label_rng(seed, 1))
        _with_unknown_dates(ages, labels, unknown_dates, label_rng(seed, 3))
        options = {"apparent_noise": APPARENT_NOISE, "stream": _STREAMS[split]}
        with progress_bar(len(ages), "Drawing faces", "image", progress) as bar:
            images = drawing.draw_faces(
                ages, seed, size, **options, on_chunk=bar.update
            )
        keep = ~np.isin(labels, left_out)
        return {"images": images[keep], "labels": labels[keep], "ages": ages[keep]}

    name = f"faces-{split}-{size}px"
    return FacesData(**(cached(name, key, make) if cache else make()))


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
        return labels[np.argsort(label_rng(seed, 2).random(len(labels)), kind="stable")]
    return np.tile(np.arange(N_AGES), int(counts[0]))


def _with_wrong_faces(labels, share, rng):
    """The ages to draw: the labels, but for a share of faces of another age.

    Two kinds of mistake, as in scraped sets. Two in five hit samples at random. The
    others hit ages at random, so that they weigh most where samples are few; they leave
    each age a right face. The wrong face is that of another sample: usually of a
    frequent age.
    """
    ages = labels.copy()
    n_wrong = round(share * len(labels))
    if np.all(labels == labels[0]):
        return ages
    order = np.argsort(rng.random(len(labels)), kind="stable")
    right = {age: list(order[labels[order] == age]) for age in np.unique(labels)}
    wrong = []
    for _ in range(round(0.6 * n_wrong)):
        spare = [age for age, samples in right.items() if len(samples) > 1]
        if not spare:
            break
        wrong.append(right[spare[int(rng.random() * len(spare))]].pop())
    wrong.extend(order[~np.isin(order, wrong)][: n_wrong - len(wrong)])
    for i in wrong:
        others = labels[labels != labels[i]]
        ages[i] = others[int(rng.random() * len(others))]
    return ages


def _with_unknown_dates(ages, labels, n_unknown, rng):
    """Let faces labelled 0 show adults, in place: first those that are wrong anyway."""
    zeros = np.flatnonzero(labels == 0)
    zeros = zeros[np.argsort(ages[zeros] == 0, kind="stable")][:-1][:n_unknown]
    low, high = _UNDATED
    ages[zeros] = low + np.floor(rng.random(len(zeros)) * (high + 1 - low))
