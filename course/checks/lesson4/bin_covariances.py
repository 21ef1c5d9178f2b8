"""Exercise 4.5: the covariance matrix of each bin."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.lesson3.second_mistake import with_and_without
from course.checks.slips import Slip

rng = np.random.default_rng(34)


def _bin_covariances(features, index, n_bins):
    dim = features.shape[1]
    out = np.full((n_bins, dim, dim), np.nan)
    for b in range(n_bins):
        x = features[index == b]
        if len(x) >= 2:
            d = x - x.mean(axis=0)
            out[b] = d.T @ d / (len(x) - 1)
    return out


def _case(counts, dim):
    """Correlated features off zero, the bins mixed."""
    index = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    mix = rng.normal(0, 1, (dim, dim))
    features = rng.normal(0, 1, (len(index), dim)) @ mix
    return features + rng.normal(0, 3, (len(counts), dim))[index], index, len(counts)


_MATRIX = "d.T @ d / (len(x) - 1)"
_ROWS = "[np.cov(features[index == b]) for b in range(n_bins)]"
_COV = "np.cov(features[index == b], rowvar=False)"
_twice = with_and_without((">= 2", ">= 0"), "give NaN below two samples")
# fmt: off
PARTS = [
    Part("two samples or more in each bin", 1, [
        (np.array([[0.0, 0.0], [2.0, 4.0]]), np.array([0, 0]), 1),
        _case([20, 2, 5, 3], 3),
        _case([9, 30], 5),
        _case([4, 6, 2], 1),
    ]),
    Part("NaN in a bin with fewer", 1, [
        _case([5, 0, 12, 1, 2, 0], 3), _case([1, 7, 0], 2),
    ]),
]
WRONG = [
    Slip(("len(x) - 1", "len(x)"),
         "you divide by count: the sums are divided by count - 1"),
    Slip(("len(x) - 1", "len(x)"), (">= 2", ">= 0"), "divide by count - 1, not by "
         "count: a single sample then gives NaN, as it should"),
    Slip((_MATRIX, "np.cov(x)"),
         "np.cov takes each *row* for a feature: pass rowvar=False, or transpose"),
    Slip(("return out", f"return np.array({_ROWS})"),
         "np.cov gives [n, n], a row and a column per *sample*: pass rowvar=False"),
    Slip(("return out", f"return np.stack({_ROWS})"), "np.cov compares the samples, as "
         "its variables are the *rows*: pass rowvar=False, or transpose"),
    Slip(("return out", f"return {_ROWS}"), "np.cov compares the samples of a bin: "
         "for the features, pass rowvar=False"),
    Slip(("return out", f"return np.array([{_COV} for b in np.unique(index)])"),
         "np.unique leaves empty bins out, and np.cov gives a number for a single "
         "feature: write into an array of shape [n_bins, D, D]"),
    Slip(("return out", f"return np.array([{_COV} for b in range(n_bins)])"),
         "np.cov gives a number, not [1, 1], for a single feature: write into an "
         "array of shape [B, D, D], or reshape"),
    Slip(("d.T @ d", "d @ d.T"), "d @ d.T compares samples, [n, n]: the features "
         "belong on both sides, so transpose the first"),
    Slip(("np.nan", "0.0"),
         "fewer than two samples give no covariance, not one of 0: fill with NaN"),
    Slip((">= 2", ">= 1"), ("len(x) - 1", "max(len(x) - 1, 1)"), "one sample gives "
         "no covariance, not one of 0: fill with NaN wherever count is below 2"),
    Slip((">= 2", "!= 1"), "in an empty bin count - 1 is -1, which makes the "
         "result 0: give NaN wherever count is below 2"),
    *_twice((_MATRIX, "np.cov(features, rowvar=False)"), "each bin has the "
            "covariance of *all* samples: choose the bin's own rows"),
    *_twice(("d.T @ d", "x.T @ x"),
            "you multiply the features themselves: subtract the bin's mean first"),
    *_twice(("x.mean", "features.mean"),
            "you subtract the mean of all samples: subtract the bin's own"),
    Slip(("mean(axis=0)", "mean()"),
         "x.mean() is one number for all features: use x.mean(axis=0)"),
    Slip(("mean(axis=0)", "mean(axis=1)[:, None]"), "you subtract each sample's "
         "own mean: take the mean over the samples, axis=0"),
    Slip((_MATRIX, "d.T @ d"), "those are the sums: divide them by count - 1"),
    Slip(("len(x) - 1", "len(features) - 1"),
         "you divide by the number of all samples: divide by the bin's count - 1"),
    Slip(("d.T @ d", "np.eye(dim) * (d.T @ d)"), "the off-diagonal is 0: a "
         "covariance matrix holds the products of *two* features too"),
    *_twice(("d.T @ d", "(d * d).sum(0)"), "d * d multiplies each feature by "
            "itself: d.T @ d has the products of each two"),
    Slip(("return out", "return np.diagonal(out, axis1=1, axis2=2)"),
         "those are the variances: each bin needs a matrix [D, D]"),
    Slip((_MATRIX, "np.corrcoef(x, rowvar=False)"),
         "that is the correlation: the covariance keeps the features' scales"),
    Slip(("return out", "return out[np.unique(index)]"), "np.unique leaves the "
         "empty bins out, so the others move: go through range(n_bins)"),
    Slip(("return out", "return out[np.bincount(index, minlength=n_bins) > 1]"), "you "
         "leave out the bins with fewer than two samples: keep their places, with NaN"),
    Slip(("return out", "return out[: index.max() + 1]"), "the last, empty bins "
         "are missing: there are n_bins matrices, not index.max() + 1"),
    Slip(("index == b", "np.sort(index) == b"), "you cut the features as if they "
         "were sorted by bin: choose the rows with a mask, index == b"),
    Slip((">= 2", "> 2"),
         "two samples are enough for a covariance: NaN is for fewer than two"),
]
bin_covariances = Exercise("4.5", "bin_covariances", _bin_covariances, PARTS, WRONG)
