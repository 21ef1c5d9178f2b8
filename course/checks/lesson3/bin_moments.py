"""Exercise 3.1: the count, the mean and the variance of each bin, batch by batch."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.lesson3.batches import FAR_FROM_ZERO, LONG, NEAR_ZERO, streamed
from course.checks.lesson3.outputs import by_output
from course.checks.lesson3.second_mistake import with_and_without
from course.checks.slips import Slip


def _bin_moments(batches, n_bins, dim):
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


def _alone(batch, n_bins, dim):
    """What one batch says: in a slip, `_bin_moments` itself is the slip."""
    return _bin_moments([batch], n_bins, dim)


def _last_of(values):
    """What the last batch that gives a bin's mean, or its variance, says."""
    last = values[0]
    for new in values[1:]:
        last = np.where(np.isnan(new), last, new)
    return last


_IN_FLOAT32 = ("        x = x.astype(np.float64)\n", "")
_twice = with_and_without(
    _IN_FLOAT32, "convert the features to np.float64 before you square them"
)
_BY_COUNT = ("np.where(n > 1, n - 1, np.nan)", "n")
_COUNT_ONCE = ("np.add.at(count, index, 1)", "count[index] += 1")
_SUMS_ONCE = ("np.add.at(sums, index, x)", "sums[index] += x")
_SQUARES_ONCE = ("np.add.at(squares, index, x**2)", "squares[index] += x**2")
_LOOP = "    for x, index in batches:\n"
# Keeps what each batch says alone: counts, means and variances, one array of each.
_EACH = [
    (_LOOP, "    each = []\n" + _LOOP
     + "        each.append(_alone((x, index), n_bins, dim))\n"),
    ("    n = count", "    counts, means, variances = map(np.array, zip(*each))\n"
     "    n = count"),
]  # fmt: skip
# fmt: off
PARTS = [
    Part("count and mean", 1, [(*case, "count and mean") for case in NEAR_ZERO]),
    Part("variance", 1, [(*case, "variance") for case in NEAR_ZERO]),
    Part("features far from zero, in float32; a long stream of batches", 1,
         [(*FAR_FROM_ZERO, "mean and variance"), (*LONG, "mean and variance")]),
]
WRONG = [
    Slip(_IN_FLOAT32, "far from 0, float32 has too few digits for a sum of "
         "squares: convert the features to np.float64 before you square them, and "
         "keep your sums in float64 too"),
    *_twice((_LOOP, "    batches = list(batches)\n" + _LOOP), "you keep all batches "
            "until the end, and a long stream doesn't fit into the memory: add each "
            "batch to your sums, and let it go"),
    Slip(("    n = count", "    batches = list(batches)\n    n = count"), "you go "
         "through the batches twice, and they come once: the sum of z and the sum of "
         "z**2 can be added up in the same loop"),
    Slip((_LOOP, "    kept = list(batches)\n    batches = kept + list(batches)\n"
          + _LOOP), "you go through the batches twice, and keep them all: add each to "
         "your sums, in one loop, and let it go"),
    *_twice(_BY_COUNT, "you divide by count: this variance divides by count - 1, "
            "which leaves NaN for a single sample"),
    *_twice(("n - 1, np.nan", "n, np.nan"),
            "divide the squared deviations by count - 1, not by count"),
    Slip(*_EACH, ("mean, variance", "np.nanmean(means, 0), np.nanmean(variances, 0)"),
         "the mean of the batches' means is not the bin's mean: a batch with more "
         "of its samples counts more, so add up sums and divide at the end"),
    Slip(*_EACH, ("mean, variance", "np.nanmean(means, 0), variance"),
         "the mean of the batches' means is not the bin's mean: add up sums, and "
         "divide them by the count at the end"),
    Slip(*_EACH, ("mean, variance", "mean, np.nanmean(variances, 0)"),
         "the mean of the batches' variances is not the bin's: add up sums over "
         "all batches, and divide at the end"),
    Slip(("(np.float64)\n", "(np.float64)\n"
          "        count[index] = sums[index] = squares[index] = 0\n"),
         "each batch overwrites the bins that it holds: a bin is spread over many "
         "batches, so add up its sums"),
    Slip(*_EACH, ("mean, variance", "_last_of(means), _last_of(variances)"),
         "your counts are right, but each batch overwrites the mean and the "
         "variance: add up sums, and divide after the last batch"),
    Slip((_LOOP, _LOOP + "        count[:] = sums[:] = squares[:] = 0\n"),
         "only the last batch counts: make the arrays for the sums before the loop, "
         "and add to them"),
    Slip(("in batches", "in [next(iter(batches))]"),
         "only the first batch counts: your return stands inside the loop"),
    Slip(*_EACH, ("squares - n * mean**2",
                  "np.nansum(variances * (counts - 1)[:, :, None], 0)"),
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
    Slip((_LOOP, "    seen, (m, s) = np.zeros(n_bins), np.zeros((2, n_bins, dim))\n"
          + _LOOP), ("index, x**2)\n", "index, x**2)\n"
          "        for z, b in zip(x, index, strict=True):\n"
          "            seen[b] += 1\n            s[b] += (z - m[b]) ** 2\n"
          "            m[b] += (z - m[b]) / seen[b]\n"), ("squares - n * mean**2", "s"),
         "both factors have the old mean: multiply by the deviation from the *new* "
         "mean, too"),
    *_twice(("np.where(n > 0, n, np.nan)", "n.sum()"), ("n * mean**2", "sums**2 / n"),
            ("np.where(n > 1, n - 1, np.nan)", "(n.sum() - 1)"), "you divide by the "
            "number of all samples: divide by that of the bin"),
    *_twice(("count, mean, variance", "mean, variance, count"),
            "the order is count, mean, variance: your count comes last"),
    *_twice(("mean, variance", "variance, mean"),
            "the order is count, mean, variance: your last two are exchanged"),
]
_chosen = by_output("count", "mean", "variance")
bin_moments = Exercise(
    "3.1", "bin_moments", _bin_moments, PARTS, WRONG,
    adapt=lambda answer: _chosen(streamed(answer)),
)
