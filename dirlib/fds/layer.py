"""Feature distribution smoothing (FDS): calibrate features with their neighbours' help.

Yang, Zha, Chen, Wang and Katabi, "Delving into Deep Imbalanced Regression", ICML 2021,
arXiv:2102.09554, section 3.2. :mod:`dirlib.fds.state` says what a saved layer holds.
"""

import warnings
from numbers import Real

import numpy as np
import torch
from torch import nn

from dirlib.arguments import check_choice
from dirlib.fds.calibration import check_clip, constant_part
from dirlib.fds.covariance import weighted_sum
from dirlib.fds.labels import as_label_tensor, edge_tables, find_bins
from dirlib.fds.smoothing import default_size, neighbour_mean
from dirlib.fds.state import check_state, pack_settings, without_cast
from dirlib.fds.statistics import COVARIANCES, BinStatistics, all_finite
from dirlib.kernels import check_window, kernel_window


class FDS(nn.Module):
    """A layer between the features and the regressor that calibrates while training.

    ``z = fds(z, labels)`` takes the batch into this epoch's statistics, and calibrates
    it with the pair of plain and smoothed statistics of the last ``end_epoch()``, as
    :func:`dirlib.calibrate` does. It is the identity in the first epoch, in ``eval()``,
    and for bins it has not seen. As a part of a model it may be wrapped by
    DistributedDataParallel; a cast of the model leaves its statistics in float64, so
    that it can't go to a device without float64, such as Apple's MPS. ``forward`` waits
    for no device, and in ``eval()`` needs no labels.

    Labels of several targets say several things about a feature vector: each target
    gets a layer of its own, in front of its own regressor::

        layers = nn.ModuleList(FDS(64, bins) for bins in (ages, heights))
        pairs = zip(layers, regressors)
        y_hat = [head(fds(z, y[:, t])) for t, (fds, head) in enumerate(pairs)]

    Parameters
    ----------
    feature_dim : int
        D.
    bins : LabelBins
        Labels outside its range count in the nearest bin.
    kernel, kernel_size, sigma
        The smoothing window, see :func:`dirlib.kernel_window`; in bins. The paper's is
        5 and 2.0; a wider one, the default of 15 and 5.0, did better in this project's
        search (data/README.md). With fewer than 15 bins the default is as wide as they
        are, and a warning says so.
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
    shrinkage : float
        How many degrees of freedom k the smoothed covariance is worth, beside the
        f_b = N_b - 1 of a bin: Sigma_b <- (f_b Sigma_b + k Sigma~_b) / (f_b + k). A bin
        without a covariance takes Sigma~_b.
    clip : (float, float), optional
        Bounds on the factor by which a variance may change, in every direction.
    check : bool
        Refuse a feature or label that isn't finite at once. The device is waited for.
        Otherwise such a sample passes unchanged, enters no statistic, and
        ``end_epoch()`` refuses.

    Attributes
    ----------
    epoch : BinStatistics
        What this process has collected since the last ``end_epoch()``.
    count, mean, smoothed_mean : Tensor of shape [B] and [B, D], float64
        The running statistics, and what they are smoothed to.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the covariances need too much memory. In
        ``load_state_dict``: if the state belongs to other bins or settings, or isn't
        whole; the layer then stays as it was.
    """

    def __init__(
        self, feature_dim, bins, kernel="gaussian", kernel_size=None, sigma=5.0,
        window=None, momentum=0.9, covariance="diagonal", rank=16, weighting="count",
        edges="renormalize", shrinkage=10.0, clip=(0.1, 10.0), check=False,
    ):  # fmt: skip
        super().__init__()
        check_choice("covariance", covariance, COVARIANCES)
        check_choice("weighting", weighting, ("count", "uniform"))
        check_choice("edges", edges, ("renormalize", "reflect"))
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must lie in [0, 1), but got {momentum}")
        if not isinstance(shrinkage, Real) or not 0 <= shrinkage < float("inf"):
            raise ValueError(
                f"shrinkage must be a finite number, 0 or more, but got {shrinkage!r}"
            )
        check_clip(clip)
        if window is None:
            size = default_size(bins.n_bins) if kernel_size is None else kernel_size
            window = kernel_window(kernel, size, sigma)
        self.window = np.asarray(window, dtype=np.float64)
        check_window(self.window, bins.n_bins)
        COVARIANCES[covariance](feature_dim, rank).check_memory(bins.n_bins)
        self.bins, self.momentum, self.covariance = bins, momentum, covariance
        self.weighting, self.edges = weighting, edges
        self.shrinkage, self.clip, self.check = shrinkage, clip, check
        self.epoch = BinStatistics(bins.n_bins, feature_dim, covariance, rank)
        # The running statistics: samples, degrees of freedom, mean, (co)variance.
        kind, n_bins = self.epoch.kind, bins.n_bins
        kept = {"dtype": torch.float64, "device": self.epoch.device}
        for name, shape in (
            ("count", ()), ("freedom", ()), ("mean", (feature_dim,)),
            ("cov", kind.shape), ("smoothed_mean", (feature_dim,)),
            ("shift", (feature_dim,)),
        ):  # fmt: skip
            self.register_buffer(name, torch.zeros(n_bins, *shape, **kept))
        self.register_buffer("transform", kind.identity(n_bins))
        self._edges = edge_tables(bins, self.count.device)
        self._returns = 0  # from eval() to train() since the last end_epoch()

    @torch.no_grad()
    def reset_parameters(self):
        """Make the start state anew, as for memory that ``to_empty()`` has given."""
        self.epoch.reset()
        for buffer in self.buffers():
            buffer.zero_()
        self.transform.copy_(self.epoch.kind.identity(len(self.count)))
        self._returns = 0

    def __repr__(self):
        return (
            f"FDS(feature_dim={self.mean.shape[1]}, bins={self.bins}, "
            f"covariance={self.covariance!r}, momentum={self.momentum})"
        )

    @property
    def active(self):
        """The bins that are calibrated, Tensor of shape [B], bool."""
        _, weight = self._neighbour_mean(self.freedom)
        return (self.count > 0) & (weight > 0)

    def train(self, mode=True):
        """Set the mode; warn once if epochs seem to pass without ``end_epoch()``."""
        if mode and not self.training and self._returns is not None:
            self._returns += 1
            count = self.epoch.count
            if self._returns > 1 and not count.is_meta and count.any():
                self._returns = None
                warnings.warn(
                    "FDS went from eval() to train() twice without end_epoch(): call "
                    "it once after each epoch of training, or it calibrates nothing. "
                    "All is well if you validate several times in an epoch",
                    stacklevel=2,
                )
        return super().train(mode)

    def forward(self, z, labels=None):
        """Calibrate a batch while training; return it as it is in ``eval()``.

        Parameters
        ----------
        z : Tensor of shape [..., D]
            Features of samples, tokens or pixels.
        labels : Tensor or array-like of shape [...]
            One for each feature vector. In ``eval()`` they may be left out.

        Returns
        -------
        Tensor of shape [..., D], in the dtype of `z`

        Raises
        ------
        ValueError
            If shapes don't fit, labels are missing or of a precision that can't tell
            the bins apart; with `check`, if a feature or a label isn't finite.
        """
        if not self.training:
            return z
        if labels is None:
            raise ValueError(
                "FDS needs the labels of the batch while it trains: call fds(z, "
                "labels), or eval() first"
            )
        feature_dim = self.mean.shape[1]
        if not z.is_floating_point():
            raise ValueError(f"features must be floating point, but got {z.dtype}")
        if z.ndim < 1 or z.shape[-1] != feature_dim:
            raise ValueError(
                f"features must have shape [..., {feature_dim}], but got "
                f"{list(z.shape)}"
            )
        device = self.count.device
        if {device} != {self.epoch.device, self._edges[torch.float64].device}:
            self.to(device)  # the buffers alone were moved, as FSDP does, or assigned
        labels = as_label_tensor(labels, z.shape[:-1], z.device)
        index = find_bins(labels, self._edges)
        if not len(index):
            return z
        flat = z.reshape(-1, feature_dim)
        good = all_finite(flat, labels)
        if self.check and not good.all():
            bad = int(good.int().argmin())
            raise ValueError(
                f"features and labels must be finite, but sample {bad} of the batch "
                f"has the label {labels[bad].item()} and the features {flat[bad]}"
            )
        index = torch.where(good, index, len(self.count))
        if not _recomputes():
            self.epoch.add(flat.detach(), index)
        out = self.epoch.kind.apply(self.transform, self.shift, index, flat)
        return out if z.ndim == 2 else out.reshape(z.shape)

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
            If there is no sample, the statistics have another shape or kind, or
            ``forward`` met samples that aren't finite. Nothing has changed then.
        """
        stats = self.epoch
        if statistics is not None:
            stats.check_same_shape(statistics)
            stats = statistics.copy(self.epoch.device)
        stats = stats.all_reduce()
        if stats.skipped:
            raise ValueError(
                f"{int(stats.skipped)} samples of this epoch had a feature or a label "
                f"that isn't finite: FDS(..., check=True) stops at the first of them. "
                f"To go on without them, call epoch.skipped.zero_() on the layer, and "
                f"end_epoch() again"
            )
        if not stats.count.any():
            raise ValueError(
                "no sample came since the last end_epoch(): call it once after each "
                "epoch of training, in train() mode"
                if statistics is None
                else "the statistics hold no sample: update() them with features first"
            )
        stats.check_overflow()
        freedom = (stats.count - 1).clamp(min=0)
        known, new = self.count > 0, stats.count > 0
        self._fold(self.mean, stats.mean, known, new)
        per_freedom = 1 / freedom.clamp(min=1)
        scatter = stats.kind.from_sums(stats.scatter)
        self._fold(self.cov, scatter, self.freedom > 0, freedom > 0, per_freedom)
        self._fold(self.freedom, freedom, known, new)
        self._fold(self.count, stats.count, known, new)
        self._smooth()
        self.epoch.reset()
        if self._returns is not None:  # then the warning has come
            self._returns = 0

    @torch.no_grad()
    def distances(self):
        """Return how far apart running and smoothed statistics are, a dict of floats.

        `distance_mean` is the mean of |mu_b - mu~_b| over features and bins, beside
        `spread_mean`, the standard deviation of mu_b over the bins, mean over the
        features; `distance_variance` that of the variances, |v_b - v~_b|, beside
        `size_variance`, the mean of v_b. Features grow while a network learns, and
        these distances with them: compare each with the size beside it. Before
        ``end_epoch()`` all are NaN.
        """
        variance = self.epoch.kind.variances(self.cov)
        smoother, _ = self._neighbour_mean(self.freedom)
        apart, known = (self.mean - self.smoothed_mean).abs(), self.freedom > 0
        found = {
            "distance_mean": apart[self.active].mean(),
            "spread_mean": self.mean[self.active].std(0, correction=0).mean(),
            "distance_variance": (variance - smoother(variance))[known].abs().mean(),
            "size_variance": variance[known].mean(),
        }
        return {name: value.item() for name, value in found.items()}

    def _fold(self, running, new, known, seen, scale=1.0):
        """running <- alpha running + (1 - alpha) scale new, where something is new."""
        add = self.epoch.kind.mix if running is self.cov else weighted_sum
        keep = torch.where(seen, self.momentum * known.double(), 1.0)
        running.copy_(add((keep, running), ((1 - keep) * scale, new)))

    def _smooth(self):
        """Make what the next epoch uses: smoothed mean, transform and shift."""
        kind = self.epoch.kind
        smoother, _ = self._neighbour_mean(self.count)
        self.smoothed_mean.copy_(smoother(self.mean))
        smoother, _ = self._neighbour_mean(self.freedom)
        smoothed_cov = kind.smooth(self.cov, smoother)
        # A bin without a variance of its own takes the smoothed one: its scale stays.
        own = self.freedom / (self.freedom + self.shrinkage)
        own = torch.where(self.freedom > 0, own, 0.0)
        cov = kind.mix((own, self.cov), (1 - own, smoothed_cov))
        transform = kind.transform(cov, smoothed_cov, self.clip)
        shift = constant_part(kind.apply, transform, self.mean, self.smoothed_mean)
        active = self.active
        # Exactly the identity where there is nothing to calibrate with.
        transform[~active] = kind.identity(1).to(cov)
        self.transform.copy_(transform)
        self.shift.copy_(torch.where(active[:, None], shift, 0.0))

    def _neighbour_mean(self, samples):
        return neighbour_mean(samples, self.window, self.weighting, self.edges)

    def _apply(self, fn, recurse=True):
        super()._apply(without_cast(fn), recurse)
        self._edges = edge_tables(self.bins, self.count.device)
        return self

    def get_extra_state(self):
        """Return the settings that give the numbers of the state their meaning."""
        settings = {
            "covariance": self.covariance,
            "feature_dim": self.mean.shape[1],
            "rank": self.epoch.kind.rank,
            "bin_edges": self.bins.edges.tolist(),
            "window": self.window.tolist(),
            "momentum": float(self.momentum),
            "weighting": self.weighting,
            "edges": self.edges,
        }
        return pack_settings(settings)

    def set_extra_state(self, state):
        """Do nothing: `_load_from_state_dict` has compared the settings already."""

    def _load_from_state_dict(self, state_dict, prefix, *args):
        own = self.state_dict(prefix=prefix)
        check_state(state_dict, prefix, own, self.epoch.kind)
        super()._load_from_state_dict(state_dict, prefix, *args)


def _recomputes():
    """Whether activation checkpointing runs forward again, as a part of backward."""
    if torch.compiler.is_compiling():
        return False
    return torch._C._current_graph_task_id() != -1
