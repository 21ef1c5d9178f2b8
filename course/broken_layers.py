"""Layers that are wrong on purpose: one that forgets, and four more.

The four are lesson 4's "four ways to get it wrong". They take whole-numbered labels 0
to B - 1, keep means and variances, and calibrate with them. Each shows its own mistake
and nothing else. Don't use them; :class:`dirlib.FDS` is right.
"""

import torch
from torch import nn

from course.epoch_end import EpochEnd
from dirlib.fds.statistics import BinStatistics
from dirlib.kernels import smooth_bins


class PlainTables(EpochEnd):
    """It trains well, and its tables are no buffers: nothing of them is saved."""

    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(feature_dim, bins, window, momentum)
        zero = torch.zeros(bins.n_bins, feature_dim)
        self.running = torch.stack([zero, zero, zero])
        self.pair = torch.stack([zero, zero + 1, zero, zero + 1])

    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        return self.calibrate(z, index, *self.pair)


class _Layer(nn.Module):
    """A right layer for whole-numbered labels; each class below changes one thing."""

    def __init__(self, feature_dim, n_bins, window, momentum=0.0):
        super().__init__()
        self.window, self.momentum = window, momentum
        self.shape = (n_bins, feature_dim)
        self.seen = BinStatistics(*self.shape)
        self.count = torch.ones(n_bins)
        self.mean, self.var = torch.zeros(self.shape), torch.ones(self.shape)
        self.smoothed_mean, self.smoothed_var = self.mean, self.var

    def forward(self, z, labels):
        index = labels.long()
        self.seen.update(z.detach(), index)
        return self.calibrate(z, index)

    def calibrate(self, z, index):
        scale = (self.smoothed_var / self.var).sqrt()
        return scale[index] * (z - self.mean[index]) + self.smoothed_mean[index]

    def end_epoch(self):
        known = self.seen.count[:, None] > 0
        first = not self.mean.any()
        for name, new, empty in (
            ("mean", self.seen.mean, 0.0), ("var", self.seen.variance(), 1.0)
        ):  # fmt: skip
            new = torch.where(known, new, empty).float()
            keep = 0.0 if first else self.momentum
            setattr(self, name, keep * getattr(self, name) + (1 - keep) * new)
        self.count = self.seen.count
        self.smooth(self.count)
        self.seen = BinStatistics(*self.shape)

    def smooth(self, count):
        weight = count[:, None].numpy()
        for name in ("mean", "var"):
            values = getattr(self, name).numpy()
            total = smooth_bins(weight * values, self.window)
            mass = smooth_bins(weight, self.window).clip(1e-9)
            setattr(self, f"smoothed_{name}", torch.from_numpy(total / mass).float())


class LayerA(_Layer):
    """One of the four."""

    # The smoothed pair is taken before the statistics are updated.
    def end_epoch(self):
        self.smooth(self.count)
        last = self.smoothed_mean, self.smoothed_var
        super().end_epoch()
        self.smoothed_mean, self.smoothed_var = last


class LayerB(_Layer):
    """One of the four."""

    # It writes the result into the features that it was given.
    def calibrate(self, z, index):
        z[:] = super().calibrate(z, index)
        return z


class LayerC(_Layer):
    """One of the four."""

    # An empty bin keeps mean 0 and variance 1, and counts like any other.
    def smooth(self, count):
        super().smooth(torch.ones_like(count))


class LayerD(_Layer):
    """One of the four."""

    # It looks for samples whose label equals the bin's whole number.
    def forward(self, z, labels):
        out = z.clone()
        for b in range(self.shape[0]):
            mine = labels == b
            if mine.any():
                index = torch.full((int(mine.sum()),), b)
                out[mine] = super().forward(z[mine], index)
        return out

    def end_epoch(self):
        if self.seen.count.any():
            super().end_epoch()
