"""What lesson 4 gives of MyFDS: all but its state and forward."""

import numpy as np
import torch
from torch import nn

from dirlib.fds.calibration import calibrate
from dirlib.fds.statistics import BinStatistics
from dirlib.kernels import smooth_bins


def smoothed_statistics(values, count, window):
    """Exercise 4.1: smooth [B, D] along the bins, each bin counting by its samples."""
    mass = smooth_bins(count[:, None] * values, window)
    total = smooth_bins(count, window)[:, None]
    return np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)


def calibrate_diagonal(z, index, mean, var, smoothed_mean, smoothed_var):
    """Exercise 4.2: move features [N, D] from their bin's statistics to others."""
    return calibrate(z, index, mean, var, smoothed_mean, smoothed_var, clip=(0.1, 10))


def momentum_update(running, new, known, seen, momentum):
    """Exercise 4.3: fold an epoch's statistics [B, D] into the running ones."""
    mixed = momentum * running + (1 - momentum) * new
    updated = torch.where(known[:, None], mixed, new)
    return torch.where(seen[:, None], updated, running)


class EpochEnd(nn.Module):
    """Collects statistics and ends epochs; a subclass adds the state and ``forward``.

    A subclass registers two tables, `running`, [3, B, D]: the samples, the mean and the
    variance of each bin, 0 before the first epoch; and `pair`, [4, B, D]: mean,
    variance, smoothed mean and smoothed variance, with which it calibrates.

    Attributes
    ----------
    smooth, calibrate, update : callable
        Exercises 4.1, 4.2 and 4.3. A subclass may put other functions here.
    epoch : BinStatistics
        What was collected since the last ``end_epoch()``.
    """

    smooth = staticmethod(smoothed_statistics)
    calibrate = staticmethod(calibrate_diagonal)
    update = staticmethod(momentum_update)

    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__()
        self.bins, self.window, self.momentum = bins, window, momentum
        self.epoch = BinStatistics(bins.n_bins, feature_dim)

    @torch.no_grad()
    def end_epoch(self):
        """Fold this epoch's statistics into `running`, and make the next `pair`.

        Afterwards `epoch` is empty.

        Raises
        ------
        ValueError
            If no batch was collected.
        """
        new = self.epoch
        if not new.count.any():
            raise ValueError("no batch was collected in this epoch")
        count, mean, var = self.running.double()
        known, seen = count[:, 0] > 0, new.count > 0
        wide, spread = count[:, 0] > 1, new.count > 1  # two samples have a variance
        new_count = new.count[:, None].expand_as(mean)
        alpha = self.momentum
        count = self.update(count, new_count, known, seen, alpha)
        mean = self.update(mean, new.mean, known, seen, alpha)
        var = self.update(var, new.variance(), wide, spread, alpha)
        self.running = torch.stack([count, mean, var]).to(self.running.dtype)
        self.pair = self._smoothed(count[:, :1], mean, var).to(self.pair.dtype)
        self.epoch = BinStatistics(*mean.shape)

    def _smoothed(self, count, mean, var):
        """Return mean, var, smoothed mean and smoothed var, [4, B, D].

        No var of it is 0 or NaN: where a bin has none, it takes the smoothed one, and
        where there is none nearby either, the bin leaves z as it is.
        """

        def smooth(values, count):
            numbers = values.numpy(), count[:, 0].numpy(), self.window
            return torch.as_tensor(self.smooth(*numbers))

        smoothed_mean = smooth(mean, count)
        smoothed_var = smooth(var, (count - 1).clamp(min=0))
        # One sample has no variance, and equal ones have 0: they take that of their
        # neighbours, and keep their scale.
        var = torch.where((count > 1) & (var > 0), var, smoothed_var)
        pair = torch.stack([mean, var, smoothed_mean, smoothed_var])
        # A bin never seen, or without a variance nearby, leaves z as it is.
        neutral = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=pair.dtype)[:, None, None]
        return torch.where((count > 0) & (smoothed_var > 0), pair, neutral)
