"""Exercise 3.1: the count, the mean and the variance of each bin, batch by batch."""

import numpy as np
import torch

from dirlib.course.checks3.outputs import by_output
from dirlib.course.exercise import Exercise, Part, Wrong
from dirlib.statistics import BinStatistics

rng = np.random.default_rng(31)


def _bin_moments(batches, n_bins):
    stats = BinStatistics(n_bins, batches[0][0].shape[1])
    for features, index in batches:
        stats.update(torch.as_tensor(features), index)
    count = stats.count.numpy().astype(int)
    mean = np.where(count[:, None] > 0, stats.mean.numpy(), np.nan)
    return count, mean, stats.variance().numpy()


def _batches(index, sizes, dim):
    """Random features for these bins, cut into batches of these sizes."""
    index = np.array(index)
    features = rng.normal(rng.normal(0, 3, dim), 2, (len(index), dim))
    ends = np.cumsum(sizes)[:-1]
    return list(zip(np.split(features, ends), np.split(index, ends), strict=True))


def _far_from_zero():
    """Features that differ by a hundred-thousandth, in bins of 2, 4 and 4 samples.

    All float32 sums of squares lose these differences, in whichever order they are
    taken: the deviations cancel in pairs, and the counts are powers of 2.
    """
    steps = np.array([3, -3, 11, -11, 6, -6, 2, -2, 9, -9])[:, None] * [1, -1, 1]
    features = np.array([1024, 2048, -512]) * (1 + steps / 2**20)
    index = np.array([0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    mixed = rng.permutation(10)
    features, index = features[mixed].astype(np.float32), index[mixed]
    return [(features[:4], index[:4]), (features[4:], index[4:])]


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


def _squares(x):
    """The variance from sums of squares, in the features' own dtype."""
    n = np.int64(len(x))
    return ((x**2).mean(0) - x.mean(0) ** 2) * n / (n - 1)


_in_float32 = _each(_mean, _squares)


def _twice(change, cause):
    """A wrong change of the right statistics, and of those from float32 squares."""
    both = cause + "; and convert the features to np.float64 before you square them"
    return [
        Wrong(lambda *args: change(*_bin_moments(*args)), cause),
        Wrong(lambda *args: change(*_in_float32(*args)), both),
    ]


def _by_count(n, m, v):
    return n, m, np.where(n[:, None] == 1, 0, v * ((n - 1) / n)[:, None])


def _zeros(n, m, v):
    return n, np.nan_to_num(m), np.nan_to_num(v)


def _by_all(n, m, v):
    scatter = np.where(n[:, None] == 1, 0, v * (n - 1)[:, None])
    return n, np.nan_to_num(m) * n[:, None] / n.sum(), scatter / (n.sum() - 1)


def _batchwise(combine):
    """Combine the right statistics of the single batches, each [batches, B, ...]."""

    def answer(batches, n_bins):
        single = [_bin_moments([batch], n_bins) for batch in batches]
        return combine(*(np.array(s) for s in zip(*single, strict=True)))

    return answer


def _overwritten(batches, n_bins):
    """Each batch replaces the statistics of the bins that it holds."""
    kept = _bin_moments(batches[:1], n_bins)
    for batch in batches[1:]:
        for old, new in zip(kept, _bin_moments([batch], n_bins), strict=True):
            old[batch[1]] = new[batch[1]]
    return kept


def _last_known(n, m, v):
    """The counts of all batches, the others of the last batch that gives them."""
    for values in (m, v):
        for old, new in zip(values[:-1], values[1:], strict=True):
            new[np.isnan(new)] = old[np.isnan(new)]
    return n.sum(0), m[-1], v[-1]


def _within(batches, n_bins):
    """Deviations from the mean of each batch."""
    count, mean, _ = _bin_moments(batches, n_bins)
    total = np.zeros(mean.shape)
    for batch in batches:
        n, _, variance = _bin_moments([batch], n_bins)
        total += np.nan_to_num(variance) * (n - 1)[:, None]
    return count, mean, total / (count - 1)[:, None]


def _indexed(counted, to_float64):
    """sums[index] += features, which adds one sample of each bin and batch."""

    def answer(batches, n_bins):
        count = np.zeros((n_bins, 1))
        sums, squares = np.zeros((2, n_bins, batches[0][0].shape[1]))
        for x, index in batches:
            if counted:
                count[:, 0] += np.bincount(index, minlength=n_bins)
            else:
                count[index] += 1
            sums[index] += x
            squares[index] += (x.astype(np.float64) if to_float64 else x) ** 2
        variance = (squares - sums**2 / count) / (count - 1)
        return count[:, 0].astype(int), sums / count, variance

    return answer


def _about_all(batches, n_bins):
    middle = np.concatenate([features for features, _ in batches]).mean(0)
    spread = _each(_mean, lambda x: ((x - middle) ** 2).sum(0) / np.int64(len(x) - 1))
    return spread(batches, n_bins)


_two = np.array([[1.0], [3.0]]), np.array([0, 0])
_near_zero = [
    ([_two, (np.array([[5.0]]), np.array([0]))], 1),
    (_batches([4, 0, 1, 1, 0, 2, 5, 0, 2, 1, 4, 2, 0, 0, 1, 0], (7, 1, 8), 3), 7),
    (_batches(rng.integers(1, 4, 60), (20, 20, 15, 5), 2), 6),
    (_batches([1, 0, 0, 1, 2], (5,), 1), 3),
]
bin_moments = Exercise(
    "3.1",
    "bin_moments",
    _bin_moments,
    parts=[
        Part("count and mean", 1, [(*case, "count and mean") for case in _near_zero]),
        Part("variance", 1, [(*case, "variance") for case in _near_zero]),
        Part(
            "features far from zero, in float32",
            1,
            [(_far_from_zero(), 3, "count, mean and variance")],
        ),
    ],
    wrong=[
        Wrong(
            _in_float32,
            "far from 0, float32 has too few digits for a sum of squares: convert the "
            "features to np.float64 before you square them",
        ),
        *_twice(
            _by_count,
            "you divide by count: the unbiased variance divides by count - 1, which "
            "leaves NaN for a single sample",
        ),
        *_twice(
            lambda n, m, v: (n, m, v * ((n - 1) / n)[:, None]),
            "divide the squared deviations by count - 1, not by count",
        ),
        Wrong(
            _batchwise(lambda n, m, v: (n.sum(0), np.nanmean(m, 0), np.nanmean(v, 0))),
            "the mean of the batches' means is not the bin's mean: a batch with more "
            "of its samples counts more, so add up sums and divide at the end",
        ),
        Wrong(
            _overwritten,
            "each batch overwrites the bins that it holds: a bin is spread over many "
            "batches, so add up its sums",
        ),
        Wrong(
            _batchwise(_last_known),
            "your counts are right, but each batch overwrites the mean and the "
            "variance: add up sums, and divide after the last batch",
        ),
        Wrong(
            _batchwise(lambda n, m, v: (n[-1], m[-1], v[-1])),
            "only the last batch counts: make the arrays for the sums before the loop, "
            "and add to them",
        ),
        Wrong(
            _batchwise(lambda n, m, v: (n[0], m[0], v[0])),
            "only the first batch counts: your return stands inside the loop",
        ),
        Wrong(
            _within,
            "you take deviations from the mean of each *batch*: what the batches' "
            "means differ by is lost",
        ),
        Wrong(
            _indexed(False, True),
            "sums[index] += x adds one sample of each bin, however many there are: use "
            "np.add.at, or a mask for each bin",
        ),
        Wrong(
            _indexed(False, False),
            "sums[index] += x adds one sample of each bin, and loses digits in "
            "float32: convert to np.float64, and use np.add.at or a mask for each bin",
        ),
        Wrong(
            _indexed(True, True),
            "your counts are right, but sums[index] += x adds only one sample of each "
            "bin: use np.add.at, or a mask for each bin",
        ),
        Wrong(
            _indexed(True, False),
            "sums[index] += x adds only one sample of each bin, unlike your counts, "
            "and loses digits in float32: convert to np.float64, and use np.add.at",
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
        Wrong(
            _each(_mean, lambda x: (x**2).sum(0) / np.int64(len(x) - 1)),
            "you square the features themselves: subtract the bin's mean first",
        ),
        Wrong(
            _about_all,
            "you take deviations from the mean of *all* samples: each bin has its own",
        ),
        *_twice(
            _by_all,
            "you divide by the number of all samples: divide by that of the bin",
        ),
        *_twice(
            lambda n, m, v: (n, v, m),
            "the order is count, mean, variance: your last two are exchanged",
        ),
    ],
    adapt=by_output("count", "mean", "variance"),
)
