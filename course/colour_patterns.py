"""The categorical contrast to the faces: 101 colour patterns that have no order.

Class 30 is not between 29 and 31, as age 30 is. With the label counts of the faces, and
a noise that leaves the classes hard to tell apart, the set shows what imbalance does
where no sample helps its neighbours. Seeds and splits work as in `datasets.faces`.
"""

from typing import NamedTuple

import numpy as np

from dirlib.arguments import check_split, whole_number
from dirlib.datasets.cache import cached
from dirlib.datasets.faces.counts import N_AGES, check_counts
from dirlib.datasets.faces.dataset import balanced_counts, split_labels
from dirlib.datasets.faces.traits import uniforms
from dirlib.progress import progress_bar

PATTERNS_VERSION = 1  # raise it with every change that moves a pixel
_STREAMS = {"train": 11, "val": 12, "test": 13}
_GRAIN_STREAM = 2**17
_CLASS_SEED, _CLASS_STREAM = 101, 10  # the classes are the same for every seed
_MAX_WAVES = 3  # across the picture, in each direction
_SHIFT = 0.12  # of the picture's side, up to this far in each direction
_SIGNAL = 0.58  # the pattern's share of the contrast; the rest is another random field
_CONTRAST = 55.0  # grey levels
_GRAIN = 12.0  # grey levels
_CHUNK = 64


class PatternsData(NamedTuple):
    """A split: `images` [N, H, W, 3], uint8 RGB, and `labels` [N], int64, 0 to 100."""

    images: np.ndarray
    labels: np.ndarray


def patterns(
    split="train", *, seed=0, size=32, counts=None, n_total=5000, progress=True,
    cache=True,
):  # fmt: skip
    """Return a split of the colour patterns, from the cache where it holds it.

    Each picture is its class's low-frequency pattern, shifted at random, under a random
    field of the same kind and a grain. The 101 patterns themselves never change.

    Parameters
    ----------
    split : {"train", "val", "test"}
        Validation and test sets are balanced: 10 and 15 pictures per class.
    seed : int
        Other seeds draw other pictures of the same classes and counts.
    size : int
        Side of the square pictures in pixels, 16 or more.
    counts : array-like of int, shape [101], optional
        Training pictures per class; `faces_label_counts(n_total=n_total)` without it.
    n_total : int
        Size of the training set where `counts` is not given.
    progress, cache : bool
        As for :func:`dirlib.datasets.faces.faces`.

    Returns
    -------
    PatternsData
    """
    check_split(split)
    seed, size = whole_number("seed", seed, 0), whole_number("size", size, 16)
    counts = check_counts(counts, n_total)
    if split != "train":
        counts = balanced_counts(split)
    key = {
        "version": PATTERNS_VERSION, "split": split, "seed": seed, "size": size,
        "counts": counts.tolist(),
    }  # fmt: skip

    def make():
        labels = split_labels(split, counts, seed)
        with progress_bar(len(labels), "Drawing patterns", "image", progress) as bar:
            images = _draw(labels, seed, _STREAMS[split], size, bar.update)
        return {"images": images, "labels": labels}

    name = f"patterns-{split}-{size}px"
    return PatternsData(**(cached(name, key, make) if cache else make()))


def _waves():
    """Whole wave numbers (across, down) of a half plane, [K, 2], and their amplitude.

    The amplitudes fall with the frequency and give a field of variance 1.
    """
    span = range(-_MAX_WAVES, _MAX_WAVES + 1)
    waves = np.array([(x, y) for x in span for y in span if (y, x) > (0, 0)])
    power = 1.0 / (waves**2).sum(axis=1)
    return waves, np.sqrt(2 * power / power.sum())


def _draw(labels, seed, stream, size, on_chunk):
    waves, amplitude = _waves()
    n_waves = len(waves)
    field = uniforms(_CLASS_SEED, _CLASS_STREAM, 0, N_AGES, 3 * n_waves)
    class_phase = field.reshape(N_AGES, 3, n_waves)  # in turns
    at = (np.arange(size) + 0.5) / size
    turns = waves[:, 0, None, None] * at + waves[:, 1, None, None] * at[:, None]
    cos = np.cos(2 * np.pi * turns).astype(np.float32)  # [K, size, size]
    sin = np.sin(2 * np.pi * turns).astype(np.float32)
    images = np.empty((len(labels), size, size, 3), np.uint8)
    for first in range(0, len(labels), _CHUNK):
        part = slice(first, min(first + _CHUNK, len(labels)))
        n = part.stop - first
        u = uniforms(seed, stream, first, n, 2 + 3 * n_waves)
        shift = _SHIFT * (2 * u[:, :2] - 1)
        phase = 2 * np.pi * (class_phase[labels[part]] + (shift @ waves.T)[:, None])
        other = 2 * np.pi * u[:, 2:].reshape(n, 3, n_waves)
        mix = np.sqrt(1 - _SIGNAL**2)
        real = amplitude * (_SIGNAL * np.cos(phase) + mix * np.cos(other))
        imag = amplitude * (_SIGNAL * np.sin(phase) + mix * np.sin(other))
        real, imag = (w.astype(np.float32)[..., None, None] for w in (real, imag))
        grain = uniforms(seed, stream + _GRAIN_STREAM, first, n, size * size * 3)
        grain = (2 * np.sqrt(3) * _GRAIN * (grain - 0.5)).astype(np.float32)
        picture = grain.reshape(n, 3, size, size) + np.float32(128)
        # Wave by wave, not as a matrix product: the same sum for every chunk.
        for k in range(n_waves):
            picture += np.float32(_CONTRAST) * real[:, :, k] * cos[k]
            picture -= np.float32(_CONTRAST) * imag[:, :, k] * sin[k]
        np.clip(picture + np.float32(0.5), 0, 255, out=picture)
        images[part] = picture.astype(np.uint8).transpose(0, 2, 3, 1)
        on_chunk(n)
    return images
