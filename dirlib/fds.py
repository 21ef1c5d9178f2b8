"""Feature distribution smoothing (FDS): calibrate features with their neighbours' help.

Yang, Zha, Chen, Wang and Katabi, "Delving into Deep Imbalanced Regression", ICML 2021,
arXiv:2102.09554, section 3.2.
"""

import numpy as np
import torch
from torch import nn

from dirlib.kernels import kernel_window, smooth_bins
from dirlib.statistics import COVARIANCES, BinStatistics

WEIGHTINGS = ("count", "uniform")
MOST_BYTES = 4 * 2**30


def calibrate(z, index, mean, cov, smoothed_mean, smoothed_cov, *, clip=None):
    """Whiten features with their bin's statistics, re-colour with the smoothed ones.

    z~ = Sigma~_b^(1/2) Sigma_b^(-1/2) (z - mu_b) + mu~_b, b the bin of the sample (Yang
    et al., 2021, arXiv:2102.09554, section 3.2). Nothing is changed in place; gradients
    flow to `z`.

    Parameters
    ----------
    z : Tensor of shape [N, D]
        Floating point.
    index : Tensor of shape [N], int64
        The bin of each sample.
    mean, smoothed_mean : Tensor of shape [B, D]
    cov, smoothed_cov : Tensor of shape [B, D] or [B, D, D]
        Variances, or covariance matrices.
    clip : (float, float), optional
        Bounds on the factor by which a variance may change, in every direction.

    Returns
    -------
    Tensor of shape [N, D], in the dtype of `z`

    Raises
    ------
    ValueError
        If the shapes don't fit, or `clip` is no range of positive numbers.
    """
    if z.ndim != 2 or index.shape != z.shape[:1] or mean.shape[1:] != z.shape[1:]:
        raise ValueError(
            f"z must be [N, D], index [N] and mean [B, D], but got {list(z.shape)}, "
            f"{list(index.shape)} and {list(mean.shape)}"
        )
    transform = calibration_transform(cov, smoothed_cov, clip)
    return _apply(z, index, mean, transform, smoothed_mean)


def calibration_transform(cov, smoothed_cov, clip=None):
    """Return Sigma~_b^(1/2) Sigma_b^(-1/2) of each bin, in float64.

    Parameters
    ----------
    cov, smoothed_cov : Tensor of shape [B, D] or [B, D, D]
    clip : (float, float), optional
        Bounds on the squared singular values of the transform.

    Returns
    -------
    Tensor of shape [B, D] or [B, D, D], float64
        Factors, or matrices. A direction without variance keeps its scale.

    Raises
    ------
    ValueError
        If the two shapes differ, or `clip` is no range of positive numbers.
    """
    if cov.shape != smoothed_cov.shape or cov.ndim not in (2, 3):
        raise ValueError(
            f"cov and smoothed_cov must both be [B, D] or [B, D, D], "
            f"but got {list(cov.shape)} and {list(smoothed_cov.shape)}"
        )
    if clip is not None and not 0 < clip[0] <= 1 <= clip[1]:
        raise ValueError(f"clip needs 0 < low <= 1 <= high, but got {clip}")
    low, high = clip if clip is not None else (0.0, float("inf"))
    cov, smoothed_cov = cov.double(), smoothed_cov.double()
    if cov.ndim == 2:
        ratio = torch.where(cov > 0, smoothed_cov / cov, 1.0)
        return ratio.clamp(low, high).sqrt()
    values, vectors = torch.linalg.eigh(cov)
    # Directions in which a bin has no spread can't be whitened: leave their scale.
    floor = values[:, -1:].clamp(min=0) * 1e-12
    spread = values > floor
    root = torch.where(spread, values, 1.0).rsqrt()
    whiten = vectors * root[:, None, :] @ vectors.mT
    transform = matrix_sqrt(smoothed_cov) @ whiten
    if clip is None:
        return transform
    u, s, vh = torch.linalg.svd(transform)
    return u * s.clamp(low**0.5, high**0.5)[:, None, :] @ vh


def matrix_sqrt(matrix):
    """Return the symmetric square root of symmetric positive matrices, [..., D, D]."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=0).sqrt()[..., None, :] @ vectors.mT


def _apply(z, index, mean, transform, smoothed_mean):
    # Gather first, convert after: no copy of all bins' matrices in another precision.
    deviation = z - mean[index].to(z.dtype)
    factor = transform[index].to(z.dtype)
    if transform.ndim == 2:
        recoloured = factor * deviation
    else:
        recoloured = torch.einsum("nij,nj->ni", factor, deviation)
    return recoloured + smoothed_mean[index].to(z.dtype)


class FDS(nn.Module):
    """A layer between the features and the regressor that calibrates while training.

    ``z = fds(z, labels)`` takes the batch into this epoch's statistics, and calibrates
    it with the pair of plain and smoothed statistics of the last ``end_epoch()``.
    It is the identity in the first epoch, in ``eval()``, and for bins it has not seen.

    Parameters
    ----------
    feature_dim : int
        D.
    bins : LabelBins
        Labels outside its range count in the nearest bin.
    kernel, kernel_size, sigma
        The smoothing window, see :func:`dirlib.kernel_window`; in bins.
    window : array-like of shape [K], optional
        A window of your own, in place of these three.
    momentum : float
        alpha in mu_b <- alpha mu_b + (1 - alpha) mu_b(this epoch), once per epoch.
    covariance : {"diagonal", "full"}
        Variances, or covariance matrices.
    weighting : {"count", "uniform"}
        Whether a neighbour counts by its number of samples, or as much as any other. A
        bin without samples never counts.
    edges : {"renormalize", "reflect"}
        What lies beyond the first and the last bin, see :func:`dirlib.smooth_bins`.
    shrinkage : float
        Sigma_b is drawn towards Sigma~_b as if that had been seen in so many samples:
        Sigma_b <- (N_b Sigma_b + shrinkage Sigma~_b) / (N_b + shrinkage).
    clip : (float, float), optional
        See :func:`calibrate`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """

    def __init__(
        self,
        feature_dim,
        bins,
        kernel="gaussian",
        kernel_size=5,
        sigma=2.0,
        window=None,
        momentum=0.9,
        covariance="diagonal",
        weighting="count",
        edges="renormalize",
        shrinkage=10.0,
        clip=(0.1, 10.0),
    ):
        super().__init__()
        for name, value, allowed in (
            ("covariance", covariance, COVARIANCES),
            ("weighting", weighting, WEIGHTINGS),
            ("edges", edges, ("renormalize", "reflect")),
        ):
            if value not in allowed:
                raise ValueError(
                    f"{name} must be one of {', '.join(allowed)}, but got {value!r}"
                )
        if not 0 <= momentum < 1 or not 0 <= shrinkage < float("inf"):
            raise ValueError(
                f"momentum must lie in [0, 1) and shrinkage be 0 or more, "
                f"but got {momentum} and {shrinkage}"
            )
        _check_memory(feature_dim, bins.n_bins, covariance)
        self.bins, self.momentum, self.covariance = bins, momentum, covariance
        self.weighting, self.edges = weighting, edges
        self.shrinkage, self.clip = shrinkage, clip
        if window is None:
            window = kernel_window(kernel, kernel_size, sigma)
        self.window = np.asarray(window, dtype=np.float64)
        smooth_bins(
            np.zeros(bins.n_bins), self.window
        )  # refuses a window that can't be
        state = BinStatistics(bins.n_bins, feature_dim, covariance).state()
        for name, value in state.items():
            self.register_buffer(f"epoch_{name}", value)
        # The running statistics: samples, degrees of freedom, mean, (co)variance.
        for name, like in (
            ("count", "count"), ("freedom", "count"), ("mean", "mean"),
            ("cov", "scatter"), ("smoothed_mean", "mean"), ("transform", "scatter"),
        ):  # fmt: skip
            self.register_buffer(name, torch.zeros_like(state[like]))
        self.register_buffer("active", torch.zeros(bins.n_bins, dtype=torch.bool))

    def extra_repr(self):
        return (
            f"feature_dim={self.mean.shape[1]}, bins={self.bins}, "
            f"covariance={self.covariance!r}, momentum={self.momentum}"
        )

    def forward(self, z, labels):
        """Calibrate a batch while training; return it as it is in ``eval()``.

        Parameters
        ----------
        z : Tensor of shape [N, D]
        labels : Tensor or array-like of shape [N]

        Returns
        -------
        Tensor of shape [N, D], in the dtype of `z`

        Raises
        ------
        ValueError
            If shapes don't fit, or a feature or a label isn't finite.
        """
        if not self.training:
            return z
        if isinstance(labels, torch.Tensor):
            labels = labels.detach().cpu()
            labels = labels.float() if labels.dtype == torch.bfloat16 else labels
            labels = labels.numpy()
        index = torch.from_numpy(self.bins.index(labels, "clip")).to(z.device)
        self._epoch().update(z.detach(), index)
        calibrated = _apply(z, index, self.mean, self.transform, self.smoothed_mean)
        return torch.where(self.active[index, None], calibrated, z)

    @torch.no_grad()
    def end_epoch(self):
        """Fold this epoch's statistics into the running ones, and smooth them.

        With an initialised process group, the samples of all processes count.

        Raises
        ------
        ValueError
            If no sample came since the last call.
        """
        stats = self._epoch().all_reduce()
        if not stats.count.any():
            raise ValueError(
                "no sample came since the last end_epoch(): call it once after each "
                "epoch of training, in train() mode"
            )
        freedom = (stats.count - 1).clamp(min=0)
        cov = stats._scatter / _column(freedom.clamp(min=1), self.cov)
        self._fold(self.mean, stats.mean, self.count > 0, stats.count > 0)
        self._fold(self.cov, cov, self.freedom > 0, freedom > 0)
        seen = self.count > 0
        self._fold(self.freedom, freedom, seen, stats.count > 0)
        self._fold(self.count, stats.count, seen, stats.count > 0)
        self._smooth()
        for value in self._epoch().state().values():
            value.zero_()

    def _epoch(self):
        return BinStatistics.from_state(
            self.epoch_count, self.epoch_mean, self.epoch_scatter
        )

    def _fold(self, running, new, known, seen):
        """running <- alpha running + (1 - alpha) new, where there is something new."""
        alpha = _column(torch.where(known, self.momentum, 0.0), running)
        folded = alpha * running + (1 - alpha) * new
        running.copy_(torch.where(_column(seen, running), folded, running))

    def _smooth(self):
        """Make the pair that the next epoch uses: smoothed mean, and transform."""
        smoothed_mean, _ = self._weighted(self.mean, self.count)
        smoothed_cov, weight = self._weighted(self.cov, self.freedom)
        prior, freedom = self.shrinkage, _column(self.freedom, self.cov)
        # A bin without a variance of its own takes the smoothed one: its scale stays.
        cov = freedom * self.cov + prior * smoothed_cov
        cov = cov / (freedom + prior).clamp(min=1e-300)
        cov = torch.where(freedom > 0, cov, smoothed_cov)
        self.active.copy_((self.count > 0) & (weight > 0))
        self.smoothed_mean.copy_(smoothed_mean)
        self.transform.copy_(calibration_transform(cov, smoothed_cov, self.clip))

    def _weighted(self, values, samples):
        """Smooth values along the bins; those without samples have no influence."""
        weight = samples if self.weighting == "count" else (samples > 0).double()
        outside = "reflect" if self.edges == "reflect" else "zero"
        total = self._along_bins(weight, outside)
        mass = self._along_bins(_column(weight, values) * values, outside)
        known = _column(total, values) > 0
        return torch.where(known, mass / _column(total, values), 0.0), total

    def _along_bins(self, values, outside):
        smoothed = smooth_bins(values.cpu().numpy(), self.window, outside)
        return torch.from_numpy(smoothed).to(values.device)


def _column(per_bin, like):
    """[B] as [B, 1] or [B, 1, 1], to stand beside `like`."""
    return per_bin.reshape(-1, *[1] * (like.ndim - 1))


def _check_memory(feature_dim, n_bins, covariance):
    """Refuse covariances that need more memory than `MOST_BYTES`."""
    needed = 5 * 8 * n_bins * feature_dim**2  # five float64 tensors [B, D, D] at a time
    if covariance == "full" and needed > MOST_BYTES:
        raise ValueError(
            f"full covariances of {n_bins} bins and {feature_dim} features need about "
            f"{needed / 2**30:.1f} GiB: put a linear layer to fewer features in front, "
            f'or use covariance="diagonal"'
        )
