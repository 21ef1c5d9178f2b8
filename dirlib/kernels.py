"""Smoothing windows, and smoothing along the bins with stated edges."""

import numpy as np
from scipy.ndimage import correlate1d

from dirlib.arguments import as_array, check_choice

KINDS = ("gaussian", "laplace", "triangular")
EDGES = ("zero", "reflect", "renormalize")


def kernel_window(kind, size, sigma=2.0):
    """Return a symmetric kernel, truncated to `size` bins and summing to 1.

    A kernel is symmetric when k(y, y') = k(y', y) and dk/dy + dk/dy' = 0: it depends on
    the distance d = |y - y'| alone (Yang et al., 2021, arXiv:2102.09554, section 3.1).
    With d in bins:

    - gaussian: exp(-d**2 / (2 sigma**2))
    - laplace: exp(-d / sigma)
    - triangular: 1 - d / (h + 1), h = (size - 1) / 2; its width is its size, and sigma
      plays no part

    Parameters
    ----------
    kind : {"gaussian", "laplace", "triangular"}
    size : int
        The number of bins the window covers: odd, so that it has a middle.
    sigma : float
        The scale, in bins.

    Returns
    -------
    ndarray of shape [size], float64

    Examples
    --------
    >>> kernel_window("triangular", 3).tolist()
    [0.25, 0.5, 0.25]
    """
    check_choice("kernel kind", kind, KINDS)
    if size != int(size) or size < 1 or size % 2 == 0:
        raise ValueError(
            f"kernel_size must be odd and positive, so that the window has a middle "
            f"bin, but got {size!r}"
        )
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"sigma must be finite and positive, but got {sigma}")
    half = (int(size) - 1) // 2
    d = np.abs(np.arange(-half, half + 1, dtype=np.float64))
    if kind == "gaussian":
        window = np.exp(-0.5 * (d / sigma) ** 2)
    elif kind == "laplace":
        window = np.exp(-d / sigma)
    else:
        window = 1 - d / (half + 1)
    return window / window.sum()


def smooth_bins(values, window, edges="zero"):
    """Smooth values along the bins: out[b] = sum over d of window[d] * values[b + d].

    Parameters
    ----------
    values : array-like of shape [B] or [B, ...]
        One number, vector or matrix per bin; the first axis is smoothed.
    window : array-like of shape [K]
        A symmetric window, K odd and at most B. It is used as it is, so one that
        doesn't sum to 1 changes the scale.
    edges : {"zero", "reflect", "renormalize"}
        What lies beyond the first and the last bin. "zero": nothing, so that edge bins
        get less. "reflect": the bins mirrored, without repeating the edge bin.
        "renormalize": nothing, but the window's part inside is scaled to its full sum,
        so that constant values stay constant.

    Returns
    -------
    ndarray of the shape of `values`, float64

    Examples
    --------
    >>> smooth_bins([0, 0, 4, 0, 0], [0.25, 0.5, 0.25]).tolist()
    [0.0, 1.0, 2.0, 1.0, 0.0]
    """
    values = as_array("values", values).astype(np.float64)
    window = np.asarray(window, dtype=np.float64)
    check_choice("edges", edges, EDGES)
    if values.ndim == 0 or values.size == 0:
        raise ValueError(f"values must have shape [B, ...], but got {values.shape}")
    if not np.isfinite(values).all():
        first = np.argwhere(~np.isfinite(values))[0].tolist()
        raise ValueError(f"values must be finite, but the one at {first} is not")
    check_window(window, n_bins=values.shape[0])
    if edges == "reflect":
        return correlate1d(values, window, axis=0, mode="mirror")
    smoothed = correlate1d(values, window, axis=0, mode="constant")
    if edges == "renormalize":
        inside = correlate1d(np.ones(values.shape[0]), window, mode="constant")
        scale = window.sum() / inside
        smoothed *= scale.reshape(-1, *[1] * (values.ndim - 1))
    return smoothed


def check_window(window, n_bins):
    """Refuse a window that is not symmetric, or too wide for the bins."""
    if window.ndim != 1 or window.size % 2 == 0:
        raise ValueError(
            f"the window must have an odd length, so that it has a middle bin, "
            f"but got shape {window.shape}"
        )
    if window.size > n_bins:
        raise ValueError(
            f"the window covers {window.size} bins, but there are only {n_bins}: "
            f"use a smaller kernel_size or narrower bins"
        )
    if not np.isfinite(window).all() or (window < 0).any() or window.sum() <= 0:
        raise ValueError(f"the window must be finite and not negative: {window}")
    if not np.allclose(window, window[::-1], rtol=1e-6):
        raise ValueError(f"the window must be symmetric, k(y, y') = k(y', y): {window}")
