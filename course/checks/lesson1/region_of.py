"""Exercise 1.2: the shot region of each test sample."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.slips import Slip

rng = np.random.default_rng(12)


def _region_of(test_bins, train_bins, many, few):
    n_bins = max(test_bins.max(), train_bins.max()) + 1
    counts = np.bincount(train_bins, minlength=n_bins)
    names = np.full(n_bins, "medium")
    names[counts > many] = "many"
    names[counts < few] = "few"
    names[counts == 0] = "zero"
    return names[test_bins]


def _without_empty_bins(test_bins, train_bins, many, few):
    counts = np.unique(train_bins, return_counts=True)[1]
    names = np.where(counts > many, "many", "medium")
    names[counts < few] = "few"
    return names[test_bins]


def _beyond_is_last(test_bins, train_bins, many, few):
    inside = np.minimum(test_bins, train_bins.max())
    return _region_of(inside, train_bins, many, few)


def _mixed_up(test_bins, train_bins, many, few):
    return _region_of(train_bins, test_bins, many, few)


_medium = 'np.full(n_bins, "medium")'
# Bins with 3, 101, 0, 100, 20 and 19 training samples, shuffled.
_train = rng.permutation(np.repeat([0, 1, 3, 4, 5], [3, 101, 100, 20, 19]))
_test = np.array([5, 0, 1, 2, 3, 4, 4, 1])
# fmt: off
PARTS = [
    Part("a region for each test sample, by the training samples", 1, [
        (np.array([0, 1, 2, 3]), np.array([0, 0, 0, 0, 0, 1, 1, 1, 2]), 4, 2),
        (np.array([0, 0, 0, 1, 4]), np.array([0, 1, 1, 1, 1, 2]), 3, 2),
        (rng.integers(0, 9, 40), rng.integers(0, 7, 900), 140, 120),
        (rng.integers(0, 9, 30), rng.integers(2, 6, 300), 80, 72),
    ]),
    Part("the thresholds themselves fall on the right side", 1, [
        (_test, _train, 100, 20), (_test, _train, 101, 19), (_test, _train, 20, 3),
    ]),
]
WRONG = [
    Slip(("bincount(train_bins", "bincount(test_bins"), "you count the test samples: a "
         "region says how many *training* samples the network has met"),
    Slip(("np.bincount(train_bins, minlength=n_bins)", "np.bincount(train_bins)"),
         (_medium, 'np.full(len(counts), "medium")'),
         "your counts end at the largest training bin, and a test sample lies beyond: "
         "np.bincount needs minlength"),
    Wrong(_without_empty_bins, "np.unique leaves the empty bins out, so the counts "
          "shift: use np.bincount with minlength"),
    Wrong(_beyond_is_last, "a test sample beyond the last training bin is zero-shot: "
          "it doesn't get the name of that bin"),
    Slip(("counts > many", "counts >= many"), "exactly `many` samples is still medium: "
         "many-shot is *more* than `many`"),
    Slip(("counts < few", "counts <= few"), "exactly `few` samples is medium already: "
         "few-shot is *fewer* than `few`"),
    Slip(("counts > many", "counts >= many"), ("counts < few", "counts <= few"),
         "both thresholds belong to medium: many-shot is *more* than `many`, few-shot "
         "*fewer* than `few`"),
    Slip(('"zero"', '"few"'), "a bin without any training sample is zero-shot, not "
         "few-shot: the network has never met such a label"),
    Slip((_medium, 'np.full(n_bins, "few", dtype="U6")'), "the medium region is "
         "missing: from `few` to `many` samples, both included"),
    Slip(("names[test_bins]", "names"),
         "you give one name per bin: give one per test sample, names[test_bins]"),
    Slip(("names[test_bins]", "names[train_bins]"), "you name the training samples: "
         "their counts decide, but the test samples get the names"),
    Slip(("names[test_bins]", "counts[test_bins]"),
         "those are the counts: return the names of their regions"),
    Wrong(_mixed_up, "training and test samples are mixed up: look at the order of "
          "the arguments"),
    Slip(("counts > many", "counts > 100"), ("counts < few", "counts < 20"),
         "100 and 20 are fixed in your code: use the arguments many and few"),
    Slip(("np.bincount(train_bins, minlength=n_bins)",
          "np.isin(np.arange(n_bins), train_bins) * 1"),
         "counts[bins] += 1 counts each bin once, however often it occurs: use "
         "np.bincount"),
    Slip(("names[test_bins]", 'names[test_bins].astype("U3")'), "NumPy cut your names "
         'to 3 letters, because the array began with "few": begin with "medium"'),
    Slip(("names[test_bins]", 'names[test_bins].astype("U4")'), "NumPy cut your names "
         "to 4 letters, because the array began with shorter names: begin with "
         '"medium"'),
    Slip(("names[test_bins]", 'names[test_bins].astype("U1")'), "NumPy cut your names "
         'to 1 letter: dtype=str has no room, use dtype="U6"'),
]
region_of = Exercise("1.2", "region_of", _region_of, PARTS, WRONG)
