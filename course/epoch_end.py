"""What lesson 4 gives of MyFDS: all but forward."""

import numpy as np
import torch
from torch import nn

from dirlib.fds.statistics import BinStatistics
from dirlib.kernels import smooth_bins


def smoothed_statistics(values, count, window):
    """Exercise 4.1: smooth [B, D] along the bins, each bin counting by its samples."""
    mass = smooth_bins(count[:, None] * values, window)
    total = smooth_bins(count, window)[:, None]
    return np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)


def momentum_update(running, new, known, seen, momentum):
    """Exercise 4.5: fold an epoch's statistics [B, D] into the running ones."""
    mixed = momentum * running + (1 - momentum) * new
    updated = torch.where(known[:, None], mixed, new)
    return torch.where(seen[:, None], updated, running)


class EpochEnd(nn.Module):
    """A layer that keeps its statistics and smooths them; it only lacks forward."""

    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__()
        self.bins, self.window, self.momentum = bins, window, momentum
        self.epoch = BinStatistics(bins.n_bins, feature_dim)
        self.running = None  # count, mean and variance of each bin
        self.pair = None  # (mean, var, smoothed_mean, smoothed_var)

    def end_epoch(self):
        """Fold this epoch's statistics into the running ones, and smooth them.

        Afterwards `self.pair` holds mean, var, smoothed_mean and smoothed_var, float
        tensors [B, D], and `self.epoch` is empty.

        Raises
        ------
        ValueError
            If no batch was collected.
        """
        new = self.epoch
        if not new.count.any():
            raise ValueError("no batch was collected in this epoch")
        self.epoch = BinStatistics(*new.mean.shape)
        if self.running is None:
            zero = torch.zeros_like(new.mean)
            self.running = torch.zeros_like(new.count[:, None]), zero, zero
        count, mean, var = self.running
        known, seen = count[:, 0] > 0, new.count > 0
        wide, spread = count[:, 0] > 1, new.count > 1  # two samples have a variance
        update, alpha = momentum_update, self.momentum
        self.running = (
            update(count, new.count[:, None], known, seen, alpha),
            update(mean, new.mean, known, seen, alpha),
            update(var, new.variance(), wide, spread, alpha),
        )
        self.pair = self.smoothed(*self.running)

    def smoothed(self, count, mean, var):
        """Return the pair: mean, var, smoothed_mean and smoothed_var, each [B, D].

        No var of it is 0 or NaN: where a bin has none, it takes the smoothed one, and
        where there is none nearby either, the bin leaves z as it is.
        """

        def smooth(values, count):
            numbers = values.numpy(), count[:, 0].numpy(), self.window
            return torch.from_numpy(smoothed_statistics(*numbers))

        smoothed_mean = smooth(mean, count)
        smoothed_var = smooth(var, (count - 1).clamp(min=0))
        # One sample has no variance, and equal ones have 0: they take that of their
        # neighbours, and keep their scale.
        var = torch.where((count > 1) & (var > 0), var, smoothed_var)
        pair = mean, var, smoothed_mean, smoothed_var
        # A bin never seen, or without a variance nearby, leaves z as it is.
        known = (count > 0) & (smoothed_var > 0)
        neutral = 0.0, 1.0, 0.0, 1.0
        pair = [torch.where(known, a, b) for a, b in zip(pair, neutral, strict=True)]
        return [table.float() for table in pair]  # the precision of features
