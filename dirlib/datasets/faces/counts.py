"""How many training faces each age gets."""

import numpy as np

from dirlib.arguments import whole_number

N_AGES = 101  # 0 to 100 years
_LABEL_STREAM = 9
# Shares of the training set. As in the published sets of photographs, only the first
# years and the oldest ages are rare: children are not.
_FIRST_YEARS = np.array([6, 2, 3]) / 5000
_CHILDREN, _CHILDREN_LEAST = slice(3, 21), 30 / 5000


def faces_label_counts(seed=0, n_total=5000):
    """Return the faces per age of the training set: a skewed, ragged, heaped hump.

    Counts follow a hump around age 33 on a low floor, times a lognormal number per age
    (raggedness), times the heaping of real registers, where people report round ages
    more often. Of 5,000 faces each age from 3 to 20 has about 30 or more, and ages 0,
    1 and 2 have 6, 2 and 3. `seed` is that of the counts alone: `faces` keeps them
    while its own seed changes.

    Parameters
    ----------
    seed : int
    n_total : int, 202 or more

    Returns
    -------
    ndarray of shape [101], int64
        At least 2 per age, `n_total` in all.
    """
    n_total = whole_number("n_total", n_total, 2 * N_AGES)
    age = np.arange(N_AGES)
    hump = np.exp(-0.5 * ((age - 33) / np.where(age < 33, 9.0, 15.0)) ** 2) + 0.05
    u = label_rng(whole_number("seed", seed, 0), 0).random((2, N_AGES))
    normal = np.sqrt(-2 * np.log1p(-u[0])) * np.cos(2 * np.pi * u[1])
    heaping = np.where(age % 10 == 0, 1.6, np.where(age % 5 == 0, 1.3, 1.0))
    share = hump * np.exp(0.8 * normal) * heaping
    share /= share.sum()
    share[_CHILDREN] = np.maximum(share[_CHILDREN], _CHILDREN_LEAST)
    rest = slice(len(_FIRST_YEARS), None)
    share[rest] *= (1 - _FIRST_YEARS.sum()) / share[rest].sum()
    share[: rest.start] = _FIRST_YEARS
    return scale_counts(share, n_total, at_least=2)


def scale_counts(counts, n_total, at_least=0):
    """Return whole counts in proportion to `counts` that add up to `n_total`.

    What is left after rounding down goes to the largest remainders. A bin without
    samples stays empty; every other one gets `at_least` or more.

    Parameters
    ----------
    counts : array-like of shape [B], 0 or more
        Such as the `counts` of :func:`dirlib.datasets.published.label_counts`.
    n_total, at_least : int

    Returns
    -------
    ndarray of shape [B], int64
    """
    counts = np.asarray(counts)
    if counts.ndim != 1 or counts.dtype.kind not in "iuf":
        raise ValueError(
            "counts must be a flat list of numbers, "
            f"got shape {list(counts.shape)} and type {counts.dtype}"
        )
    _check_good(counts, counts >= 0, "finite and 0 or more")
    present = counts > 0
    at_least = whole_number("at_least", at_least, 0)
    n_total = whole_number("n_total", n_total, max(1, at_least * int(present.sum())))
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


def check_counts(counts, n_total):
    """The counts of a training set, [101], int64: those given, or the usual ones."""
    if counts is None:
        return faces_label_counts(n_total=n_total)
    counts = np.asarray(counts)
    if counts.shape != (N_AGES,):
        raise ValueError(
            f"counts must have shape [{N_AGES}], one per age from 0 to 100, "
            f"but got {list(counts.shape)}"
        )
    whole = (counts >= 0) & (counts == np.floor(counts))
    _check_good(counts, whole, "whole numbers, 0 or more", ": see scale_counts")
    return counts.astype(np.int64)


def _check_good(counts, good, what, cure=""):
    bad = np.flatnonzero(~(good & np.isfinite(counts)))
    if bad.size:
        raise ValueError(
            f"counts must be {what}, but counts[{bad[0]}] is {counts[bad[0]]}{cure}"
        )
    if not counts.any():
        raise ValueError("counts are all 0: one must be above 0")


def label_rng(seed, purpose):
    """The generator of a seed for 0 counts, 1 mistakes, 2 the order, 3 dates."""
    key = (_LABEL_STREAM, purpose)
    bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key))
    return np.random.Generator(bits)
