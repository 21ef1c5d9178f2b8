"""Densities of labels, weights from a density, and what such weights are worth."""

import numpy as np

from dirlib.arguments import as_array, check_choice, check_each
from dirlib.bins import check_bins
from dirlib.kernels import smooth_bins

SCHEMES = ("inverse", "sqrt_inverse")


def empirical_density(labels, bins):
    """Return the density p of the labels, one number per bin.

    p_b = n_b / (N * width_b), so that the sum of p_b * width_b is 1.

    Parameters
    ----------
    labels : array-like of shape [N]
        Integers or floats inside the range of the bins.
    bins : LabelBins

    Returns
    -------
    ndarray of shape [B], float64
        In samples' share per unit of label. Times ``N * bins.widths`` it is the counts.
    """
    check_bins(bins)
    counts = bins.counts(labels)
    return counts / (counts.sum() * bins.widths)


def effective_density(labels, bins, window, edges="zero"):
    """Return the density that a network feels: the empirical one, smoothed.

    p~(y') = integral of k(y, y') p(y) dy, with a symmetric kernel k (Yang et al., 2021,
    arXiv:2102.09554, equation 1). On bins the integral is a sum along the window.

    Parameters
    ----------
    labels, bins
        As for :func:`empirical_density`.
    window : array-like of shape [K]
        From :func:`dirlib.kernel_window`, or your own.
    edges : {"zero", "reflect", "renormalize"}
        What lies beyond the ends, see :func:`dirlib.smooth_bins`.

    Returns
    -------
    ndarray of shape [B], float64
    """
    return smooth_bins(empirical_density(labels, bins), window, edges)


def density_weights(density_at_samples, scheme="inverse", clip=None):
    """Turn the density at each sample into a weight; the weights have mean 1.

    inverse (INV): w_i = c / p_i. sqrt_inverse (SQINV): w_i = c / sqrt(p_i).

    Parameters
    ----------
    density_at_samples : array-like of shape [N]
        Or the smoothed counts: in the bin of each sample; the scale plays no part.
    scheme : {"inverse", "sqrt_inverse"}
    clip : (float, float), optional
        The smallest and the largest weight allowed. The constant c is then chosen so
        that the mean is 1 *after* clipping. Needs low <= 1 <= high.

    Returns
    -------
    ndarray of shape [N], float64

    Examples
    --------
    >>> density_weights([1, 1, 4], "inverse").round(3).tolist()
    [1.333, 1.333, 0.333]
    """
    p = as_array("density_at_samples", density_at_samples).astype(np.float64)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(
            f"density_at_samples must have shape [N], N > 0, but got {p.shape}"
        )
    good, what = (p > 0) & np.isfinite(p), "above 0 (count the labels that you weight)"
    check_each("density_at_samples", p, good, what)
    raw = raw_weights(p, scheme)
    return scaled(raw, raw, np.ones(p.size), clip)


def raw_weights(p, scheme):
    """1 / p or 1 / sqrt(p), of any scale."""
    check_choice("scheme", scheme, SCHEMES)
    return 1 / p if scheme == "inverse" else 1 / np.sqrt(p)


def checked_clip(clip):
    """Return the pair (low, high), or None, or refuse what is neither."""
    if clip is None:
        return None
    try:
        low, high = clip
        good = 0 <= low <= 1 <= high
    except (TypeError, ValueError):
        good = False
    if not good:
        raise ValueError(
            f"clip must be a pair (low, high), 0 <= low <= 1 <= high, but got {clip!r}"
        )
    return low, high


def scaled(weights, raw, samples, clip):
    """Scale, and clip, `weights` so that `raw` ones would have mean 1.

    `samples` says how many samples carry each of the raw weights.
    """
    mean = np.average(raw, weights=samples)
    clip = checked_clip(clip)
    if clip is None:
        return weights / mean
    low, high = clip
    raw = raw / mean
    # Find c so that clip(c * raw, low, high) has mean 1, by bisection on log c. At the
    # two ends every weight is clipped to `low`, or to `high`; mean 1 lies between.
    below = np.log(max(low, 1e-12) / raw.max())
    above = np.log(min(high, 1e12) / raw.min())
    for _ in range(100):
        c = (below + above) / 2
        average = np.average(np.clip(np.exp(c) * raw, low, high), weights=samples)
        below, above = (c, above) if average < 1 else (below, c)
    return np.clip(np.exp(above) * (weights / mean), low, high)


def effective_sample_size(weights):
    """Return how many equally weighted samples are worth as much as these.

    (sum of w)**2 / (sum of w**2): N when all weights are equal, near 1 when a single
    one carries all (Kish, "Survey Sampling", 1965).

    Parameters
    ----------
    weights : array-like of shape [N]
        Finite and not negative, not all zero; a ValueError refuses others.
    """
    w = as_array("weights", weights).astype(np.float64)
    if w.ndim != 1 or w.size == 0:
        raise ValueError(f"weights must have shape [N], N > 0, but got {w.shape}")
    check_each("weights", w, np.isfinite(w) & (w >= 0), "finite and not negative")
    largest = w.max()
    if largest == 0:
        raise ValueError("at least one weight must be positive, but all are 0")
    w = w / largest  # no overflow in the squares
    return float(w.sum() ** 2 / (w**2).sum())
