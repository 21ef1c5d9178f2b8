"""Feature distribution smoothing (FDS): calibrate features with their neighbours' help.

Yang, Zha, Chen, Wang and Katabi, "Delving into Deep Imbalanced Regression", ICML 2021,
arXiv:2102.09554, section 3.2.
"""

import numpy as np
import torch
from torch import nn

from dirlib.fds.calibration import check_clip, check_shrinkage, constant_part, oas
from dirlib.fds.covariance import KINDS, check_memory, column, mix
from dirlib.fds.statistics import BinStatistics, bin_index
from dirlib.kernels import kernel_window, smooth_bins

WEIGHTINGS = ("count", "uniform")


class FDS(nn.Module):
    """A layer between the features and the regressor that calibrates while training.

    ``z = fds(z, labels)`` takes the batch into this epoch's statistics, and calibrates
    it with the pair of plain and smoothed statistics of the last ``end_epoch()``, as
    :func:`dirlib.calibrate` does. It is the identity in the first epoch, in ``eval()``,
    and for bins it has not seen.

    Parameters
    ----------
    feature_dim : int
        D.
    bins : LabelBins
        Labels outside its range count in the nearest bin.
    kernel, kernel_size, sigma
        The smoothing window, see :func:`dirlib.kernel_window`; in bins. The paper's is
        5 and 2.0; a wider one did better in this project's search (data/README.md).
    window : array-like of shape [K], optional
        A window of your own, in place of these three.
    momentum : float
        alpha in mu_b <- alpha mu_b + (1 - alpha) mu_b(this epoch), once per epoch.
    covariance : {"diagonal", "full", "low_rank"}
        Variances; covariance matrices; or, for long features, the leading directions of
        covariance matrices, see :class:`dirlib.BinStatistics`.
    rank : int
        The number of directions that "low_rank" keeps.
    weighting : {"count", "uniform"}
        Whether a neighbour counts by its number of samples, or as much as any other. A
        bin without samples never counts.
    edges : {"renormalize", "reflect"}
        What lies beyond the first and the last bin, see :func:`dirlib.smooth_bins`.
    shrinkage : float or "oas"
        How far Sigma_b is drawn towards Sigma~_b. A number k is worth k degrees of
        freedom, of which a bin of N_b samples has f_b = N_b - 1 of its own:
        Sigma_b <- (f_b Sigma_b + k Sigma~_b) / (f_b + k). With "oas", for full
        covariances, Sigma_b <- (1 - rho_b) Sigma_b + rho_b mu_b Sigma~_b: each bin's
        rho_b follows from Sigma_b and N_b, and the target is the multiple mu_b of
        Sigma~_b that has the bin's own mean variance, see
        :func:`dirlib.fds.calibration.oas`. A bin without a covariance takes Sigma~_b.
    clip : (float, float), optional
        Bounds on the factor by which a variance may change, in every direction.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the covariances need too much memory.
    """

    def __init__(
        self,
        feature_dim,
        bins,
        kernel="gaussian",
        kernel_size=15,
        sigma=5.0,
        window=None,
        momentum=0.9,
        covariance="diagonal",
        rank=16,
        weighting="count",
        edges="renormalize",
        shrinkage=10.0,
        clip=(0.1, 10.0),
    ):
        super().__init__()
        for name, value, allowed in (
            ("covariance", covariance, KINDS),
            ("weighting", weighting, WEIGHTINGS),
            ("edges", edges, ("renormalize", "reflect")),
        ):
            if value not in allowed:
                raise ValueError(
                    f"{name} must be one of {', '.join(allowed)}, but got {value!r}"
                )
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must lie in [0, 1), but got {momentum}")
        check_shrinkage(shrinkage, covariance)
        check_clip(clip)
        if window is None:
            window = kernel_window(kernel, kernel_size, sigma)
        self.window = np.asarray(window, dtype=np.float64)
        smooth_bins(np.zeros(bins.n_bins), self.window)  # refuses a bad window
        check_memory(feature_dim, bins.n_bins, covariance, rank)
        self.bins, self.momentum, self.covariance = bins, momentum, covariance
        self.weighting, self.edges = weighting, edges
        self.shrinkage, self.clip = shrinkage, clip
        self._kind = KINDS[covariance]
        state = BinStatistics(bins.n_bins, feature_dim, covariance, rank).state()
        for name, value in state.items():
            self.register_buffer(f"epoch_{name}", value)
        # The running statistics: samples, degrees of freedom, mean, (co)variance.
        for name, like in (
            ("count", "count"), ("freedom", "count"), ("mean", "mean"),
            ("cov", "scatter"), ("smoothed_mean", "mean"), ("shift", "mean"),
        ):  # fmt: skip
            self.register_buffer(name, torch.zeros_like(state[like]))
        self.rank = min(rank, feature_dim)
        self.register_buffer(
            "transform", self._kind.identity(bins.n_bins, feature_dim, self.rank)
        )
        self.register_buffer("active", torch.zeros(bins.n_bins, dtype=torch.bool))
        self._converted = (None, None, None)

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
        index = bin_index(labels, self.bins, z.device)
        self._epoch().update(z.detach(), index)
        return self._kind.apply(*self._in_dtype(z.dtype), index, z)

    @torch.no_grad()
    def end_epoch(self, statistics=None):
        """Fold this epoch's statistics into the running ones, and smooth them.

        With an initialised process group, the samples of all processes count.

        Parameters
        ----------
        statistics : BinStatistics, optional
            Takes the place of what ``forward`` collected from features that moved while
            the network learned. The paper's are those of one pass after the epoch::

                z = extract_features(model, images)  # in eval mode
                fds.end_epoch(bin_statistics(z, labels, bins))

            Of several processes, each gives those of its own samples.

        Raises
        ------
        ValueError
            If there is no sample, or the statistics have another shape or kind.
        """
        stats = self._epoch()
        if statistics is not None:
            stats.check_same_shape(statistics)
            stats = statistics.copy(self.mean.device)
        stats = stats.all_reduce()
        if not stats.count.any():
            raise ValueError(
                "no sample came since the last end_epoch(): call it once after each "
                "epoch of training, in train() mode"
                if statistics is None
                else "the statistics hold no sample: update() them with features first"
            )
        freedom = (stats.count - 1).clamp(min=0)
        known, new = self.count > 0, stats.count > 0
        self._fold(self.mean, stats.mean, known, new)
        per_freedom = 1 / freedom.clamp(min=1)
        self._fold(self.cov, stats._scatter, self.freedom > 0, freedom > 0, per_freedom)
        self._fold(self.freedom, freedom, known, new)
        self._fold(self.count, stats.count, known, new)
        self._smooth()
        for value in self._epoch().state().values():
            value.zero_()

    @torch.no_grad()
    def distances(self):
        """Return how far apart the running and the smoothed statistics are.

        Features grow while a network learns, and these distances with them: compare
        each with the size that stands beside it.

        Returns
        -------
        dict of str to float
            `distance_mean`: the mean of |mu_b - mu~_b| over features and bins, beside
            `spread_mean`, the standard deviation of mu_b over the bins, mean over the
            features. `distance_variance`: that of the variances, |v_b - v~_b|, beside
            `size_variance`, the mean of v_b. Before ``end_epoch()`` all are NaN.
        """
        variance = self._kind.variances(self.cov)
        smoother, _ = self._smoother(self.freedom)
        apart, known = (self.mean - self.smoothed_mean).abs(), self.freedom > 0
        found = {
            "distance_mean": apart[self.active].mean(),
            "spread_mean": self.mean[self.active].std(0, correction=0).mean(),
            "distance_variance": (variance - smoother(variance))[known].abs().mean(),
            "size_variance": variance[known].mean(),
        }
        return {name: value.item() for name, value in found.items()}

    def _epoch(self):
        return BinStatistics.from_state(
            self.covariance, self.epoch_count, self.epoch_mean, self.epoch_scatter
        )

    def _fold(self, running, new, known, seen, scale=1.0):
        """running <- alpha running + (1 - alpha) scale new, where something is new."""
        add = self._kind.mix if running is self.cov else mix
        keep = torch.where(seen, self.momentum * known.double(), 1.0)
        running.copy_(add((keep, running), ((1 - keep) * scale, new)))

    def _smooth(self):
        """Make what the next epoch uses: smoothed mean, transform and shift."""
        kind = self._kind
        smoother, _ = self._smoother(self.count)
        self.smoothed_mean.copy_(smoother(self.mean))
        smoother, weight = self._smoother(self.freedom)
        smoothed_cov = kind.smooth(self.cov, smoother)
        own, prior = self._shrinkage(smoothed_cov)
        cov = kind.mix((own, self.cov), (prior, smoothed_cov))
        self._converted = (None, None, None)  # not needed any more: free its memory
        transform = kind.transform(cov, smoothed_cov, self.clip)
        shift = constant_part(kind.apply, transform, self.mean, self.smoothed_mean)
        active = (self.count > 0) & (weight > 0)
        # Exactly the identity where there is nothing to calibrate with.
        transform[~active] = kind.identity(1, self.mean.shape[1], self.rank).to(cov)
        self.active.copy_(active)
        self.transform.copy_(transform)
        self.shift.copy_(torch.where(active[:, None], shift, 0.0))

    def _shrinkage(self, smoothed_cov):
        """The weights of Sigma_b and of Sigma~_b in the shrunk covariance, [B] each."""
        if self.shrinkage == "oas":
            intensity, scale = oas(self.cov, smoothed_cov, self.freedom + 1)
            own, prior = 1 - intensity, intensity * scale
        else:
            own = self.freedom / (self.freedom + self.shrinkage)
            prior = 1 - own
        known = self.freedom > 0
        # A bin without a variance of its own takes the smoothed one: its scale stays.
        return torch.where(known, own, 0.0), torch.where(known, prior, 1.0)

    def _smoother(self, samples):
        """A weighted mean over the bins near each, and the sum of its weights, [B]."""
        weight = samples if self.weighting == "count" else (samples > 0).double()
        outside = "reflect" if self.edges == "reflect" else "zero"

        def along_bins(values):
            smoothed = smooth_bins(values.cpu().numpy(), self.window, outside)
            return torch.from_numpy(smoothed).to(values.device)

        total = along_bins(weight)
        divisor = torch.where(total > 0, total, torch.inf)

        def smoother(values):
            return along_bins(column(weight, values) * values) / column(divisor, values)

        return smoother, total

    def _in_dtype(self, dtype):
        """Transform and shift in the dtype of the features, converted once an epoch."""
        # end_epoch() and load_state_dict() write into the buffer, which counts its
        # versions; a move to another device replaces it.
        held, version, converted = self._converted
        if (
            held is not self.transform
            or version != self.transform._version
            or converted[0].dtype != dtype
        ):
            converted = self.transform.to(dtype), self.shift.to(dtype)
            self._converted = self.transform, self.transform._version, converted
        return converted
