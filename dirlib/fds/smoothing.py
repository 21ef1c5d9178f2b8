"""Smoothing the statistics of bins with those of their neighbours."""

import warnings

import torch

from dirlib.fds.covariance import column
from dirlib.kernels import smooth_bins

KERNEL_SIZE = 15  # of the default window, in bins


def neighbour_mean(samples, window, weighting, edges):
    """Return a weighted mean over the bins near each, and the sum of its weights, [B].

    The mean is a function of values [B, ...]. `samples`, [B], says how many each bin
    has; the other arguments are those of :class:`dirlib.FDS`.
    """
    weight = samples if weighting == "count" else (samples > 0).double()
    outside = "reflect" if edges == "reflect" else "zero"

    def along_bins(values):
        smoothed = smooth_bins(values.cpu().numpy(), window, outside)
        return torch.from_numpy(smoothed).to(values.device)

    total = along_bins(weight)
    divisor = torch.where(total > 0, total, torch.inf)

    def mean(values):
        return along_bins(column(weight, values) * values) / column(divisor, values)

    return mean, total


def default_size(n_bins):
    """Return the size of the default window: odd, and no more than the bins."""
    if n_bins >= KERNEL_SIZE:
        return KERNEL_SIZE
    size = n_bins - 1 + n_bins % 2
    warnings.warn(
        f"{n_bins} bins have no room for the default window of {KERNEL_SIZE} bins, and "
        f"FDS takes one of {size}: choose it with kernel_size and sigma",
        stacklevel=3,
    )
    return size
