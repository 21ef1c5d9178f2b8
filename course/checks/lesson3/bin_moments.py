"""Exercise 3.1: the count, the mean and the variance of each bin, batch by batch."""

from functools import reduce

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.lesson3.batches import FAR_FROM_ZERO, NEAR_ZERO
from course.checks.lesson3.outputs import by_output
from course.checks.lesson3.second_mistake import with_and_without
from course.checks.slips import Slip


def _bin_moments(batches, n_bins):
    dim = batches[0][0].shape[1]
    count, sums, squares = np.zeros(n_bins, int), *np.zeros((2, n_bins, dim))
    for x, index in batches:
        x = x.astype(np.float64)
        np.add.at(count, index, 1)
        np.add.at(sums, index, x)
        np.add.at(squares, index, x**2)
    n = count[:, None]
    mean = sums / np.where(n > 0, n, np.nan)
    variance = (squares - n * mean**2) / np.where(n > 1, n - 1, np.nan)
    return count, mean, variance


def _single(output, batches, n_bins):
    """Output 0, 1 or 2 for each batch alone, in one array."""
    return np.array([_bin_moments([batch], n_bins)[output] for batch in batches])


def _mean_of(output, batches, n_bins):
    return np.nanmean(_single(output, batches, n_bins), axis=0)


def _last_of(output, batches, n_bins):
    """What the last batch that gives a bin's mean, or its variance, says."""
    values = _single(output, batches, n_bins)
    return reduce(lambda old, new: np.where(np.isnan(new), old, new), values)


def _scatter_within(batches, n_bins):
    """The sums of squared deviations from the mean of each batch."""
    free = _single(0, batches, n_bins) - 1
    return np.nansum(_single(2, batches, n_bins) * free[:, :, None], axis=0)


def _old_mean_twice(batches, n_bins):
    """Welford's update with the old mean in both factors."""
    count, mean, _ = _bin_moments(batches, n_bins)
    seen, (so_far, scatter) = np.zeros(n_bins), np.zeros((2, *mean.shape))
    for features, index in batches:
        for x, b in zip(features.astype(np.float64), index, strict=True):
            seen[b] += 1
            scatter[b] += (x - so_far[b]) ** 2
            so_far[b] += (x - so_far[b]) / seen[b]
    return count, mean, scatter / np.where(count > 1, count - 1, np.nan)[:, None]


_IN_FLOAT32 = ("        x = x.astype(np.float64)\n", "")
_twice = with_and_without(
    _IN_FLOAT32, "convert the features to np.float64 before you square them"
)
_BY_COUNT = ("np.where(n > 1, n - 1, np.nan)", "n")
_COUNT_ONCE = ("np.add.at(count, index, 1)", "count[index] += 1")
_SUMS_ONCE = ("np.add.at(sums, index, x)", "sums[index] += x")
_SQUARES_ONCE = ("np.add.at(squares, index, x**2)", "squares[index] += x**2")
# fmt: off
PARTS = [
    Part("count and mean", 1, [(*case, "count and mean") for case in NEAR_ZERO]),
    Part("variance", 1, [(*case, "variance") for case in NEAR_ZERO]),
    Part("features far from zero, in float32", 1,
         [(*FAR_FROM_ZERO, "mean and variance")]),
]
WRONG = [
    Slip(_IN_FLOAT32, "far from 0, float32 has too few digits for a sum of "
         "squares: convert the features to np.float64 before you square them, and "
         "keep your sums in float64 too"),
    *_twice(_BY_COUNT, "you divide by count: this variance divides by count - 1, "
            "which leaves NaN for a single sample"),
    *_twice(("n - 1, np.nan", "n, np.nan"),
            "divide the squared deviations by count - 1, not by count"),
    Slip(("mean, variance",
          "_mean_of(1, batches, n_bins), _mean_of(2, batches, n_bins)"),
         "the mean of the batches' means is not the bin's mean: a batch with more "
         "of its samples counts more, so add up sums and divide at the end"),
    Slip(("mean, variance", "_mean_of(1, batches, n_bins), variance"),
         "the mean of the batches' means is not the bin's mean: add up sums, and "
         "divide them by the count at the end"),
    Slip(("mean, variance", "mean, _mean_of(2, batches, n_bins)"),
         "the mean of the batches' variances is not the bin's: add up sums over "
         "all batches, and divide at the end"),
    Slip(("(np.float64)\n", "(np.float64)\n"
          "        count[index] = sums[index] = squares[index] = 0\n"),
         "each batch overwrites the bins that it holds: a bin is spread over many "
         "batches, so add up its sums"),
    Slip(("mean, variance",
          "_last_of(1, batches, n_bins), _last_of(2, batches, n_bins)"),
         "your counts are right, but each batch overwrites the mean and the "
         "variance: add up sums, and divide after the last batch"),
    Slip(("in batches", "in batches[-1:]"), "only the last batch counts: make the "
         "arrays for the sums before the loop, and add to them"),
    Slip(("in batches", "in batches[:1]"),
         "only the first batch counts: your return stands inside the loop"),
    Slip(("squares - n * mean**2", "_scatter_within(batches, n_bins)"),
         "you take deviations from the mean of each *batch*: what the batches' "
         "means differ by is lost"),
    Slip(_COUNT_ONCE, _SUMS_ONCE, _SQUARES_ONCE,
         "of several samples of one bin in a batch, only one arrives in your sum: "
         "try sums[index] += x with index [0, 0], and use np.add.at or a mask"),
    Slip(_IN_FLOAT32, _COUNT_ONCE, _SUMS_ONCE, _SQUARES_ONCE, "of several samples "
         "of one bin in a batch, only one arrives in your sum: try sums[index] += "
         "x with index [0, 0]; use np.add.at or a mask, and square in np.float64"),
    Slip(_SUMS_ONCE, _SQUARES_ONCE, "your counts are right, but of several samples "
         "of one bin in a batch, only one arrives in your sums: try sums[index] += "
         "x with index [0, 0], and use np.add.at or a mask"),
    Slip(_IN_FLOAT32, _SUMS_ONCE, _SQUARES_ONCE,
         "your counts are right, but of several samples of one bin in a batch, "
         "only one arrives in your sums: try sums[index] += x with index [0, 0]; "
         "use np.add.at or a mask, and square in np.float64"),
    *_twice(("mean, variance", "np.nan_to_num(mean), np.nan_to_num(variance)"),
            "0 is a mean like any other: give NaN where nothing can be computed"),
    *_twice(_BY_COUNT,
            ("mean, variance", "np.nan_to_num(mean), np.nan_to_num(variance)"),
            "divide the variance by count - 1, not by count, and give NaN, not 0, "
            "where nothing can be computed"),
    *_twice(("mean, variance", "np.nan_to_num(mean), variance"),
            "the mean of an empty bin is unknown, not 0: give NaN"),
    *_twice(("mean, variance", "mean, np.nan_to_num(variance)"),
            "the variance of fewer than two samples is unknown, not 0: give NaN"),
    Slip(("n * mean**2", "n * np.nan_to_num(mean) ** 2"), ("n > 1", "n != 1"),
         "in an empty bin count - 1 is -1, which makes the variance 0: give NaN "
         "wherever count is below 2"),
    *_twice(("return count", "return count[: np.flatnonzero(count)[-1] + 1]"),
            "the counts of the last, empty bins are missing: np.bincount needs "
            "minlength=n_bins"),
    *_twice(("count, mean, variance",
             "count[count > 0], mean[count > 0], variance[count > 0]"),
            "you leave the empty bins out, so the others move: go through "
            "range(n_bins), not through np.unique(index)"),
    *_twice(("mean, variance", "mean, np.sqrt(variance)"),
            "that is the standard deviation: the variance has no root"),
    *_twice(("np.where(n > 1, n - 1, np.nan)", "np.maximum(n - 1, 1)"), "a single "
            "sample has no variance, not one of 0: give NaN wherever count is below 2"),
    *_twice(("n > 1", "n > 2"),
            "two samples are enough for a variance: NaN is for fewer than two"),
    *_twice(("mean, variance", "0 * mean + mean.mean(1, keepdims=True), variance"),
            "x.mean() is one number for all features: use x.mean(axis=0)"),
    Slip(("n = count[:, None]", "n = dim * count[:, None]"), ("n > 1", "n > dim"),
         ("    mean =", "    sums[:] = sums.sum(1, keepdims=True)\n"
          "    squares[:] = squares.sum(1, keepdims=True)\n    mean ="),
         "one mean and one variance for all features: use axis=0 in both"),
    Slip(("squares - n * mean**2", "squares"),
         "you square the features themselves: subtract the bin's mean first"),
    Slip(("    mean =", "    middle = sums.sum(0) / n.sum()\n    mean ="),
         ("squares - n * mean**2", "squares - (2 * sums - n * middle) * middle"), "you "
         "take deviations from the mean of *all* samples: each bin has its own"),
    Wrong(_old_mean_twice, "both factors have the old mean: multiply by the "
          "deviation from the *new* mean, too"),
    *_twice(("np.where(n > 0, n, np.nan)", "n.sum()"), ("n * mean**2", "sums**2 / n"),
            ("np.where(n > 1, n - 1, np.nan)", "(n.sum() - 1)"), "you divide by the "
            "number of all samples: divide by that of the bin"),
    *_twice(("count, mean, variance", "mean, variance, count"),
            "the order is count, mean, variance: your count comes last"),
    *_twice(("mean, variance", "variance, mean"),
            "the order is count, mean, variance: your last two are exchanged"),
]
bin_moments = Exercise(
    "3.1", "bin_moments", _bin_moments, PARTS, WRONG,
    adapt=by_output("count", "mean", "variance")
)
