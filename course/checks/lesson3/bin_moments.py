"""Exercise 3.1: the count, the mean and the variance of each bin, batch by batch."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.lesson3.batches import FAR_FROM_ZERO, NEAR_ZERO
from course.checks.lesson3.batchwise import (
    batch_means,
    batchwise,
    free,
    indexed,
    last_known,
    moments,
    overwritten,
    within,
)
from course.checks.lesson3.outputs import by_output


def _bins(batches, n_bins):
    """The features of each bin, of all batches."""
    features, index = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    return [features[index == b] for b in range(n_bins)]


def _each(mean, variance):
    """Other statistics of the features of each bin."""

    def answer(batches, n_bins):
        bins = _bins(batches, n_bins)
        statistics = (len, mean, variance)
        return tuple(np.array([f(x) for x in bins]) for f in statistics)

    return answer


def _mean(x):
    return x.mean(0)


def _one_mean(x):
    return np.full(x.shape[1], x.astype(np.float64).mean())


def _one_variance(x):
    spread = x.astype(np.float64).var(ddof=1) if len(x) > 1 else np.nan
    return np.full(x.shape[1], spread)


def _squares(x):
    """The variance from sums of squares, in the features' own dtype."""
    n = np.int64(len(x))
    return ((x**2).mean(0) - x.mean(0) ** 2) * n / (n - 1)


_in_float32 = _each(_mean, _squares)


def _twice(change, cause):
    """A wrong change of the right statistics, and of those from float32 squares."""
    both = cause + "; and convert the features to np.float64 before you square them"
    return [
        Wrong(lambda *args: change(*moments(*args)), cause),
        Wrong(lambda *args: change(*_in_float32(*args)), both),
    ]


def _by_count(n, m, v):
    return n, m, np.where(n[:, None] == 1, 0, v * ((n - 1) / n)[:, None])


def _zeros(n, m, v):
    return n, np.nan_to_num(m), np.nan_to_num(v)


def _by_all(n, m, v):
    scatter = np.where(n[:, None] == 1, 0, v * (n - 1)[:, None])
    return n, np.nan_to_num(m) * n[:, None] / n.sum(), scatter / (n.sum() - 1)


def _spread(middle):
    """Squared deviations from another middle(bin's features, all features)."""

    def answer(batches, n_bins):
        count, mean, _ = moments(batches, n_bins)
        bins = [x.astype(np.float64) for x in _bins(batches, n_bins)]
        everything = np.concatenate(bins)
        scatter = [((x - middle(x, everything)) ** 2).sum(0) for x in bins]
        return count, mean, scatter / free(count)[:, None]

    return answer


def _old_mean_twice(batches, n_bins):
    """Welford's update with the old mean in both factors."""
    count, mean, _ = moments(batches, n_bins)
    scatter = np.zeros(mean.shape)
    for total, x in zip(scatter, _bins(batches, n_bins), strict=True):
        x = x.astype(np.float64)
        steps = np.arange(1, len(x))[:, None]
        before = np.concatenate([x[:1] * 0, x[:-1].cumsum(0)[: len(x)] / steps])
        total += ((x - before) ** 2).sum(0)
    return count, mean, scatter / free(count)[:, None]


def _not_by_axis(n, m, v):
    return n, np.repeat(m.mean(1, keepdims=True), m.shape[1], 1), v


bin_moments = Exercise(
    "3.1",
    "bin_moments",
    moments,
    parts=[
        Part("count and mean", 1, [(*case, "count and mean") for case in NEAR_ZERO]),
        Part("variance", 1, [(*case, "variance") for case in NEAR_ZERO]),
        Part(
            "features far from zero, in float32",
            1,
            [(*FAR_FROM_ZERO, "mean and variance")],
        ),
    ],
    wrong=[
        Wrong(
            _in_float32,
            "far from 0, float32 has too few digits for a sum of squares: convert the "
            "features to np.float64 before you square them, and keep your sums in "
            "float64 too",
        ),
        *_twice(
            _by_count,
            "you divide by count: this variance divides by count - 1, which "
            "leaves NaN for a single sample",
        ),
        *_twice(
            lambda n, m, v: (n, m, v * ((n - 1) / n)[:, None]),
            "divide the squared deviations by count - 1, not by count",
        ),
        Wrong(
            batchwise(lambda n, m, v: (n.sum(0), np.nanmean(m, 0), np.nanmean(v, 0))),
            "the mean of the batches' means is not the bin's mean: a batch with more "
            "of its samples counts more, so add up sums and divide at the end",
        ),
        Wrong(
            batch_means(True, False),
            "the mean of the batches' means is not the bin's mean: add up sums, and "
            "divide them by the count at the end",
        ),
        Wrong(
            batch_means(False, True),
            "the mean of the batches' variances is not the bin's: add up sums over "
            "all batches, and divide at the end",
        ),
        Wrong(
            overwritten,
            "each batch overwrites the bins that it holds: a bin is spread over many "
            "batches, so add up its sums",
        ),
        Wrong(
            batchwise(last_known),
            "your counts are right, but each batch overwrites the mean and the "
            "variance: add up sums, and divide after the last batch",
        ),
        Wrong(
            batchwise(lambda n, m, v: (n[-1], m[-1], v[-1])),
            "only the last batch counts: make the arrays for the sums before the loop, "
            "and add to them",
        ),
        Wrong(
            batchwise(lambda n, m, v: (n[0], m[0], v[0])),
            "only the first batch counts: your return stands inside the loop",
        ),
        Wrong(
            within,
            "you take deviations from the mean of each *batch*: what the batches' "
            "means differ by is lost",
        ),
        Wrong(
            indexed(False, True),
            "of several samples of one bin in a batch, only one arrives in your sum: "
            "try sums[index] += x with index [0, 0], and use np.add.at or a mask",
        ),
        Wrong(
            indexed(False, False),
            "of several samples of one bin in a batch, only one arrives in your sum: "
            "try sums[index] += x with index [0, 0]; use np.add.at or a mask, and "
            "square in np.float64",
        ),
        Wrong(
            indexed(True, True),
            "your counts are right, but of several samples of one bin in a batch, only "
            "one arrives in your sums: try sums[index] += x with index [0, 0], and use "
            "np.add.at or a mask",
        ),
        Wrong(
            indexed(True, False),
            "your counts are right, but of several samples of one bin in a batch, only "
            "one arrives in your sums: try sums[index] += x with index [0, 0]; use "
            "np.add.at or a mask, and square in np.float64",
        ),
        *_twice(
            _zeros,
            "0 is a mean like any other: give NaN where nothing can be computed",
        ),
        *_twice(
            lambda n, m, v: _zeros(*_by_count(n, m, v)),
            "divide the variance by count - 1, not by count, and give NaN, not 0, "
            "where nothing can be computed",
        ),
        *_twice(
            lambda n, m, v: (n, np.nan_to_num(m), v),
            "the mean of an empty bin is unknown, not 0: give NaN",
        ),
        *_twice(
            lambda n, m, v: (n, m, np.nan_to_num(v)),
            "the variance of fewer than two samples is unknown, not 0: give NaN",
        ),
        Wrong(
            _each(
                _mean, lambda x: x.var(0, ddof=1) if len(x) else np.zeros(x.shape[1])
            ),
            "in an empty bin count - 1 is -1, which makes the variance 0: give NaN "
            "wherever count is below 2",
        ),
        *_twice(
            lambda n, m, v: (n[: np.flatnonzero(n)[-1] + 1], m, v),
            "the counts of the last, empty bins are missing: np.bincount needs "
            "minlength=n_bins",
        ),
        *_twice(
            lambda n, m, v: (n[n > 0], m[n > 0], v[n > 0]),
            "you leave the empty bins out, so the others move: go through "
            "range(n_bins), not through np.unique(index)",
        ),
        *_twice(
            lambda n, m, v: (n, m, np.sqrt(v)),
            "that is the standard deviation: the variance has no root",
        ),
        *_twice(
            lambda n, m, v: (n, m, np.where(n[:, None] == 1, 0, v)),
            "a single sample has no variance, not one of 0: give NaN wherever count "
            "is below 2",
        ),
        *_twice(
            lambda n, m, v: (n, m, np.where(n[:, None] > 2, v, np.nan)),
            "two samples are enough for a variance: NaN is for fewer than two",
        ),
        *_twice(
            _not_by_axis,
            "x.mean() is one number for all features: use x.mean(axis=0)",
        ),
        Wrong(
            _each(_one_mean, _one_variance),
            "one mean and one variance for all features: use axis=0 in both",
        ),
        Wrong(
            _spread(lambda x, z: 0.0),
            "you square the features themselves: subtract the bin's mean first",
        ),
        Wrong(
            _spread(lambda x, z: z.mean(0)),
            "you take deviations from the mean of *all* samples: each bin has its own",
        ),
        Wrong(
            _old_mean_twice,
            "both factors have the old mean: multiply by the deviation from the *new* "
            "mean, too",
        ),
        *_twice(
            _by_all,
            "you divide by the number of all samples: divide by that of the bin",
        ),
        *_twice(
            lambda n, m, v: (m, v, n),
            "the order is count, mean, variance: your count comes last",
        ),
        *_twice(
            lambda n, m, v: (n, v, m),
            "the order is count, mean, variance: your last two are exchanged",
        ),
    ],
    adapt=by_output("count", "mean", "variance"),
)
