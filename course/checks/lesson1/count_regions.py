"""Exercise 1.2: the count of each bin, and its shot region."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.bins import shot_regions

rng = np.random.default_rng(12)


def _count_regions(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    regions = np.full(n_bins, "zero", dtype="U6")
    for name in ("many", "medium", "few"):
        regions[getattr(shot_regions(counts, many, few), name)] = name
    return counts, regions


def _name(n, many, few):
    return "many" if n > many else "medium" if n >= few else "few" if n else "zero"


def _regions_by(rule):
    """The right counts, with names by another rule."""

    def answer(index, n_bins, many, few):
        counts = np.bincount(index, minlength=n_bins)
        return counts, np.array([rule(n, many, few) for n in counts])

    return answer


def _counts_by(count):
    """Other counts, with names by the right rule."""

    def answer(index, n_bins, many, few):
        counts = count(index, n_bins)
        return counts, np.array([_name(n, many, few) for n in counts])

    return answer


def _names_cut(length):
    """The right answer, in an array with room for short names only."""

    def answer(index, n_bins, many, few):
        counts, names = _count_regions(index, n_bins, many, few)
        return counts, names.astype(f"U{length}")

    return answer


_index = np.repeat([0, 1, 3, 4, 6], [3, 101, 100, 20, 19])
count_regions = Exercise(
    "1.2",
    "count_regions",
    _count_regions,
    parts=[
        Part(
            "counts and names, also of empty bins",
            1,
            [
                (np.array([0, 0, 2]), 3, 100, 20),
                (rng.integers(0, 6, 900), 9, 400, 50),
                (rng.integers(3, 8, 500), 8, 50, 20),
            ],
        ),
        Part(
            "the thresholds themselves fall on the right side",
            1,
            [(_index, 8, 100, 20), (_index, 7, 101, 19), (_index, 9, 20, 3)],
        ),
    ],
    wrong=[
        Wrong(
            _counts_by(lambda index, n_bins: np.bincount(index)),
            "the bins after the largest label are missing: np.bincount needs "
            "minlength=n_bins",
        ),
        Wrong(
            _counts_by(lambda index, n_bins: np.unique(index, return_counts=True)[1]),
            "np.unique leaves the empty bins out, so the counts shift: use np.bincount "
            "with minlength=n_bins",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: "many" if n >= many else _name(n, many, few)
            ),
            "exactly `many` samples is still medium: many-shot is *more* than 100",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: "few" if 0 < n <= few else _name(n, many, few)
            ),
            "exactly `few` samples is already medium: few-shot is *fewer* than 20",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: (
                    "many"
                    if n >= many
                    else "few"
                    if 0 < n <= few
                    else _name(n, many, few)
                )
            ),
            "both thresholds belong to medium: many-shot is *more* than 100, few-shot "
            "*fewer* than 20",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: _name(n, many, few).replace("zero", "few")
            ),
            "a bin without any sample is zero-shot, not few-shot: the network has "
            "never seen such a label",
        ),
        Wrong(
            _counts_by(lambda index, n_bins: np.isin(np.arange(n_bins), index) * 1),
            "counts[index] += 1 counts each bin once, however often it occurs: use "
            "np.bincount",
        ),
        Wrong(
            _names_cut(3),
            'NumPy cut your names to 3 letters, because the array began with "few": '
            'begin with "medium", or with dtype="U6"',
        ),
        Wrong(
            _names_cut(4),
            "NumPy cut your names to 4 letters, because the array began with shorter "
            'names: begin with "medium", or with dtype="U6"',
        ),
        Wrong(
            _names_cut(1),
            'NumPy cut your names to 1 letter: dtype=str has no room, use dtype="U6"',
        ),
        Wrong(
            lambda index, n_bins, many, few: _count_regions(index, n_bins, 100, 20),
            "100 and 20 are fixed in your code: use the arguments many and few",
        ),
        Wrong(
            _counts_by(lambda index, n_bins: np.histogram(index, bins=n_bins)[0]),
            "np.histogram cut the range of *your samples* into n_bins pieces: use "
            "np.bincount with minlength=n_bins",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: "many" if n > few else "few" if n else "zero"
            ),
            "the medium region is missing: from `few` to `many` samples, both included",
        ),
        Wrong(
            lambda *args: _count_regions(*args)[::-1],
            "the order is the wrong way round: return the counts first, then the names",
        ),
        Wrong(
            lambda index, *args: (
                (answer := _count_regions(index, *args))[0],
                answer[1][index],
            ),
            "you give one name per sample: give one per bin",
        ),
    ],
)
