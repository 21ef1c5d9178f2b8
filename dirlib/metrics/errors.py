"""Errors over all samples, and correlations."""

import math

import numpy as np

from dirlib.arguments import as_array, check_each

# Errors below this part of a bin's width, or of a label unit, are as good as none.
SMALL = 1e-3


def mae(y, y_hat):
    """Return the mean absolute error, (1/N) * sum_i |y_i - y_hat_i|, in label units.

    Examples
    --------
    >>> mae([30, 40, 50], [31, 40, 45])
    2.0
    """
    return float(np.abs(errors(y, y_hat)).mean())


def mse(y, y_hat):
    """Return the mean squared error, in squared label units."""
    return float(np.square(errors(y, y_hat)).mean())


def gm(y, y_hat, eps=None):
    """Return the geometric mean of the absolute errors, in label units.

    GM = (prod_i max(|y_i - y_hat_i|, eps))^(1/N), the paper's measure of how fairly a
    model treats the samples (Yang et al., 2021, arXiv:2102.09554, section 4).

    Parameters
    ----------
    y, y_hat : array-like of shape [N]
    eps : float, optional
        Errors below this count as this, in label units. Without it, one prediction that
        is exactly right makes the GM 0. The smaller it is, the harder one lucky hit
        pulls: among 100 errors of 5, a hit lowers the GM by 8 % with eps = 1e-3 and by
        14 % with 1e-6. Keep it far below the width of a bin. By default 1e-3, or a
        thousandth of the range of `y` where that is less.
    """
    error = errors(y, y_hat)
    if eps is None:
        spread = float(np.ptp(_vector(y, "y")))
        eps = SMALL * (min(spread, 1.0) or 1.0)
    if not 0 < eps < np.inf:
        raise ValueError(f"eps must be above 0, in label units, but got {eps}")
    return float(np.exp(log_errors(error, eps).mean()))


def pearson(y, y_hat):
    """Return Pearson's correlation, from -1 to 1: how close the two are to a line.

    Serves for labels and predictions, and for the density and the error of each bin. A
    ValueError refuses a constant, which has no correlation.
    """
    from scipy import stats  # takes a second to import

    return float(stats.pearsonr(*_pair_that_varies(y, y_hat)).statistic)


def spearman(y, y_hat):
    """Return Spearman's correlation, which is :func:`pearson` of the ranks."""
    from scipy import stats

    return float(stats.spearmanr(*_pair_that_varies(y, y_hat)).statistic)


def log_errors(error, eps):
    """The logarithms of the absolute errors, or of eps where that is larger."""
    return np.log(np.maximum(np.abs(error), eps))


def errors(y, y_hat):
    """y_hat - y, [N], float64."""
    y, y_hat = pair(y, y_hat)
    return y_hat - y


def _pair_that_varies(y, y_hat):
    both = pair(y, y_hat)
    for name, values in zip(("y", "y_hat"), both, strict=True):
        if values.min() == values.max():
            raise ValueError(
                f"{name} must vary, but every value is {values[0]:g}: "
                f"the correlation with a constant is not defined"
            )
    return both


def pair(y, y_hat, name="y", other_name="y_hat"):
    """Two vectors, float64 and finite, of the same length."""
    y, y_hat = _vector(y, name), _vector(y_hat, other_name)
    if y.size != y_hat.size:
        raise ValueError(
            f"{name} and {other_name} must have one length, but got {y.size} and "
            f"{y_hat.size}: give one entry per sample in both"
        )
    return y, y_hat


def _vector(values, name):
    values = as_array(name, values)
    try:
        if values.dtype.kind not in "biufO":
            raise TypeError(f"their dtype is {values.dtype}")
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be a list or array of numbers, but not all are: {error}"
        ) from error
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have shape [N], but got {list(values.shape)}: "
            f"use numpy.ravel({name})"
        )
    if values.size == 0:
        raise ValueError(f"{name} must not be empty")
    check_each(name, values, np.isfinite(values), "finite (leave such samples out)")
    return values


def check_confidence(confidence):
    """Refuse what is no confidence, such as 95."""
    if not 0 < confidence < 1:
        raise ValueError(
            f"confidence must lie between 0 and 1, such as 0.95, but got {confidence}"
        )


def decimals(size):
    """Return how many decimals show a number: two; below 0.1, three digits."""
    if not 0 < size < 0.1:
        return 2
    return 2 - math.floor(math.log10(size))
