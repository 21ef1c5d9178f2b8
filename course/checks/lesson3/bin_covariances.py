"""Exercise 3.4: the covariance matrix of each bin."""

import numpy as np
import torch

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.fds.statistics import BinStatistics

rng = np.random.default_rng(34)


def _bin_covariances(features, index, n_bins):
    stats = BinStatistics(n_bins, features.shape[1], "full")
    stats.update(torch.as_tensor(features), index)
    return stats.covariance().numpy()


def _by_bin(covariance, least=2):
    """covariance(the bin's features, all features), NaN below `least` samples."""

    def answer(features, index, n_bins):
        dim = features.shape[1]
        out = np.full((n_bins, dim, dim), np.nan)
        for b in range(n_bins):
            x = features[index == b]
            if len(x) >= least:
                out[b] = covariance(x, features)
        return out

    return answer


def _twice(covariance, cause):
    """A wrong covariance where there are two samples, and one in every bin."""
    return [
        Wrong(_by_bin(covariance), cause),
        Wrong(_by_bin(covariance, 0), cause + "; and give NaN below two samples"),
    ]


def _scatter(x, middle):
    return (x - middle).T @ (x - middle)


def _then(change):
    """The right covariances, changed by their counts."""

    def answer(features, index, n_bins):
        count = np.bincount(index, minlength=n_bins)
        return change(_bin_covariances(features, index, n_bins), count)

    return answer


def _list_of(covariance, joined=np.array):
    """A list of what covariance(the bin's features) gives, made an array."""
    return lambda features, index, n_bins: joined(
        [covariance(features[index == b]) for b in range(n_bins)]
    )


def _freedom(x):
    return np.int64(len(x) - 1)  # a division by it gives NaN or infinity, no error


def _in_order(features, index, n_bins):
    ends = np.cumsum(np.bincount(index, minlength=n_bins))[:-1]
    index = np.repeat(np.arange(n_bins), np.diff([0, *ends, len(index)]))
    return _bin_covariances(features, index, n_bins)


def _case(counts, dim):
    """Correlated features off zero, the bins mixed."""
    index = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    mix = rng.normal(0, 1, (dim, dim))
    features = rng.normal(0, 1, (len(index), dim)) @ mix
    return features + rng.normal(0, 3, (len(counts), dim))[index], index, len(counts)


bin_covariances = Exercise(
    "3.4",
    "bin_covariances",
    _bin_covariances,
    parts=[
        Part(
            "two samples or more in each bin",
            1,
            [
                (np.array([[0.0, 0.0], [2.0, 4.0]]), np.array([0, 0]), 1),
                _case([20, 2, 5, 3], 3),
                _case([9, 30], 5),
                _case([4, 6, 2], 1),
            ],
        ),
        Part(
            "NaN in a bin with fewer",
            1,
            [_case([5, 0, 12, 1, 2, 0], 3), _case([1, 7, 0], 2)],
        ),
    ],
    wrong=[
        Wrong(
            _then(lambda c, n: c * ((n - 1) / n)[:, None, None]),
            "you divide by count: the sums are divided by count - 1",
        ),
        Wrong(
            _by_bin(lambda x, _: np.cov(x, rowvar=False, bias=True), 0),
            "divide by count - 1, not by count: a single sample then gives NaN, as it "
            "should",
        ),
        Wrong(
            _by_bin(lambda x, _: np.cov(x)),
            "np.cov takes each *row* for a feature: pass rowvar=False, or transpose",
        ),
        Wrong(
            _list_of(lambda x: np.cov(x)),
            "np.cov gives [n, n], a row and a column per *sample*: pass rowvar=False",
        ),
        Wrong(
            _list_of(lambda x: np.cov(x), np.stack),
            "np.cov compares the samples, as its variables are the *rows*: pass "
            "rowvar=False, or transpose",
        ),
        Wrong(
            _list_of(lambda x: np.cov(x), list),
            "np.cov compares the samples of a bin: for the features, pass rowvar=False",
        ),
        Wrong(
            lambda features, index, n_bins: np.array(
                [np.cov(features[index == b], rowvar=False) for b in np.unique(index)]
            ),
            "np.unique leaves empty bins out, and np.cov gives a number for a single "
            "feature: write into an array of shape [n_bins, D, D]",
        ),
        Wrong(
            _list_of(lambda x: np.cov(x, rowvar=False)),
            "np.cov gives a number, not [1, 1], for a single feature: write into an "
            "array of shape [B, D, D], or reshape",
        ),
        Wrong(
            _by_bin(lambda x, _: (x - x.mean(0)) @ (x - x.mean(0)).T / (len(x) - 1)),
            "d @ d.T compares samples, [n, n]: the features belong on both sides, so "
            "transpose the first",
        ),
        Wrong(
            _then(lambda c, n: np.nan_to_num(c)),
            "fewer than two samples give no covariance, not one of 0: fill with NaN",
        ),
        Wrong(
            _then(lambda c, n: np.where((n == 1)[:, None, None], 0, c)),
            "one sample gives no covariance, not one of 0: fill with NaN wherever "
            "count is below 2",
        ),
        Wrong(
            _then(lambda c, n: np.where((n == 0)[:, None, None], 0, c)),
            "in an empty bin count - 1 is -1, which makes the result 0: give NaN "
            "wherever count is below 2",
        ),
        *_twice(
            lambda x, z: np.cov(z, rowvar=False),
            "each bin has the covariance of *all* samples: choose the bin's own rows",
        ),
        *_twice(
            lambda x, _: x.T @ x / _freedom(x),
            "you multiply the features themselves: subtract the bin's mean first",
        ),
        *_twice(
            lambda x, z: _scatter(x, z.mean(0)) / _freedom(x),
            "you subtract the mean of all samples: subtract the bin's own",
        ),
        Wrong(
            _by_bin(lambda x, _: _scatter(x, x.mean()) / (len(x) - 1)),
            "x.mean() is one number for all features: use x.mean(axis=0)",
        ),
        Wrong(
            _by_bin(lambda x, _: _scatter(x, x.mean(1)[:, None]) / (len(x) - 1)),
            "you subtract each sample's own mean: take the mean over the samples, "
            "axis=0",
        ),
        Wrong(
            _by_bin(lambda x, _: _scatter(x, x.mean(0))),
            "those are the sums: divide them by count - 1",
        ),
        Wrong(
            _by_bin(lambda x, z: _scatter(x, x.mean(0)) / (len(z) - 1)),
            "you divide by the number of all samples: divide by the bin's count - 1",
        ),
        Wrong(
            _then(lambda c, n: c * np.eye(c.shape[1])),
            "the off-diagonal is 0: a covariance matrix holds the products of *two* "
            "features too",
        ),
        *_twice(
            lambda x, _: ((x - x.mean(0)) ** 2).sum(0) / _freedom(x),
            "d * d multiplies each feature by itself: d.T @ d has the products of each "
            "two",
        ),
        Wrong(
            _then(lambda c, n: np.diagonal(c, axis1=1, axis2=2)),
            "those are the variances: each bin needs a matrix [D, D]",
        ),
        Wrong(
            _by_bin(lambda x, _: np.corrcoef(x, rowvar=False)),
            "that is the correlation: the covariance keeps the features' scales",
        ),
        Wrong(
            _then(lambda c, n: c[n > 0]),
            "np.unique leaves the empty bins out, so the others move: go through "
            "range(n_bins)",
        ),
        Wrong(
            _then(lambda c, n: c[n > 1]),
            "you leave out the bins with fewer than two samples: keep their places, "
            "with NaN",
        ),
        Wrong(
            _then(lambda c, n: c[: np.flatnonzero(n)[-1] + 1]),
            "the last, empty bins are missing: there are n_bins matrices, not "
            "index.max() + 1",
        ),
        Wrong(
            _in_order,
            "you cut the features as if they were sorted by bin: choose the rows with "
            "a mask, index == b",
        ),
        Wrong(
            _then(lambda c, n: np.where((n > 2)[:, None, None], c, np.nan)),
            "two samples are enough for a covariance: NaN is for fewer than two",
        ),
    ],
)
