"""Feature statistics of each label bin, in one pass.

mu_b is the mean of the features z in bin b, and Sigma_b = 1/(N_b - 1) * the sum of
(z - mu_b)(z - mu_b)^T (Yang et al., 2021, arXiv:2102.09554, section 3.2).
"""

import contextlib
import copy

import torch
import torch.distributed as dist
from torch import nn

from dirlib.fds.covariance import column
from dirlib.fds.grouping import compact, put, take
from dirlib.fds.kinds import COVARIANCES

# Features are taken in by batches of about this many numbers.
BATCH = 1 << 22
# The tensors that hold everything, and are saved.
SUMS = ("count", "mean", "scatter")


class BinStatistics(nn.Module):
    """Count, mean and variance or covariance of features per bin, gathered in batches.

    The sums are kept in float64 about the running mean (Chan, Golub and LeVeque, 1983),
    so that they are right for features far from 0 and for any split into batches.

    As a module it is moved, saved and loaded with the model that holds it. A cast
    leaves it in float64. Its sums are those of one process: no buffers, which a wrapper
    such as DistributedDataParallel would overwrite with those of the first process.

    Parameters
    ----------
    n_bins : int
        B, the number of label bins.
    feature_dim : int
        D, the length of a feature vector.
    covariance : {"diagonal", "full", "low_rank"}
        Keep the variance of each feature; the covariance matrix; or, for long features,
        its leading directions, and equal variance in all others (see
        :class:`dirlib.fds.low_rank.LowRank`). The last needs about ``rank / D`` of
        the memory of the second. It is exact where N_b - 1 <= rank; its variances are
        always exact.
    rank : int
        The number of directions that "low_rank" keeps; at most D are.

    Attributes
    ----------
    count : Tensor of shape [B], float64
    mean : Tensor of shape [B, D], float64
        0 in an empty bin: look at `count`.
    scatter : Tensor of shape [B, ...], float64
        The sum of the outer products of the deviations from the mean, in the form of
        `kind`, a class of :mod:`dirlib.fds.covariance`.
    skipped : Tensor of shape [], int64
        How many samples :meth:`add` has left out. Not saved.

    Raises
    ------
    ValueError
        If a size is not positive or `covariance` is unknown.
    """

    def __init__(
        self, n_bins, feature_dim, covariance="diagonal", rank=16, device=None
    ):
        super().__init__()
        if covariance not in COVARIANCES:
            raise ValueError(
                f"covariance must be one of {', '.join(COVARIANCES)}, "
                f"but got {covariance!r}"
            )
        for name, size in (
            ("n_bins", n_bins), ("feature_dim", feature_dim), ("rank", rank)
        ):  # fmt: skip
            if size != int(size) or size < 1:
                raise ValueError(f"{name} must be a positive integer, but got {size}")
        self.kind = COVARIANCES[covariance](feature_dim, rank)
        kept = {"dtype": torch.float64, "device": device}
        self.count = torch.zeros(n_bins, **kept)
        self.mean = torch.zeros(n_bins, feature_dim, **kept)
        self.scatter = torch.zeros(n_bins, *self.kind.sums_shape, **kept)
        self.skipped = torch.zeros((), dtype=torch.int64, device=device)
        self.kind.move(self.mean.device)

    def copy(self, device=None):
        """Return the same statistics in tensors of their own, on `device` if given."""
        return copy.deepcopy(self).to(device or self.mean.device)

    def reset(self):
        """Forget all samples."""
        for name in (*SUMS, "skipped"):
            getattr(self, name).zero_()

    def reset_parameters(self):
        """Make the start state anew, as for memory that ``to_empty()`` has given."""
        self.reset()

    @contextlib.contextmanager
    def _as_buffers(self, names=SUMS):
        """Make the sums buffers while PyTorch moves, saves or loads the module."""
        self._buffers.update((name, self.__dict__.pop(name)) for name in names)
        try:
            yield
        finally:
            self.__dict__.update((name, self._buffers.pop(name)) for name in names)

    def _apply(self, fn, recurse=True):
        with self._as_buffers((*SUMS, "skipped")):
            super()._apply(without_cast(fn), recurse)
        self.kind.move(self.mean.device)
        return self

    def _save_to_state_dict(self, *args):
        with self._as_buffers():
            super()._save_to_state_dict(*args)

    def _load_from_state_dict(self, *args):
        with self._as_buffers():
            super()._load_from_state_dict(*args)
        # On the device of the sums, which a load may have assigned.
        self.skipped = torch.zeros_like(self.count[0], dtype=torch.int64)

    @torch.no_grad()
    def update(self, features, index):
        """Take a batch in.

        Parameters
        ----------
        features : Tensor of shape [N, D]
            Floating point, of any precision. No gradient is kept.
        index : Tensor or array-like of shape [N], integer
            The bin of each sample, from :meth:`dirlib.LabelBins.index`.

        Raises
        ------
        ValueError
            If shapes don't fit, an index is out of range, or a feature isn't finite.
        """
        index = torch.as_tensor(index, device=self.count.device)
        self._check_shapes(features, index)
        if len(index):
            self._check_values(features, index)
            self.add(features, index.long(), torch.ones_like(index, dtype=torch.bool))

    @torch.no_grad()
    def add(self, features, index, counted):
        """Take a batch in without a look at its values: nothing waits for the device.

        Parameters
        ----------
        features : Tensor of shape [N, D]
            N is not 0.
        index : Tensor of shape [N], int64
            The bin of each sample.
        counted : Tensor of shape [N], bool
            False for a sample that is left out, whatever its features are. `skipped`
            counts them.
        """
        n, n_bins = len(features), len(self.count)
        group, bins = compact(index, n_bins)
        n_groups = n_bins if bins is None else len(bins)
        row = torch.arange(n, device=index.device)
        before = take(self.count, bins)
        added = torch.zeros_like(before).index_add_(0, group, counted.to(before))
        self.skipped += (~counted).sum()
        # One more row, of zeros: of groups without a sample.
        z = self.mean.new_empty(n + 1, self.mean.shape[1])
        z[:n].copy_(features)
        z[n] = 0
        # The first sample of a new bin stands for its mean: deviations stay small.
        first = index.new_full((n_groups,), n)
        first.scatter_reduce_(0, group, torch.where(counted, row, n), "amin")
        new = (before == 0).to(before)[:, None]
        put(self.mean, bins, z.index_select(0, first), new)
        z[:n].sub_(self.mean.index_select(0, index))
        z.index_fill_(0, torch.where(counted, n, row), 0)
        deviation = z[:n]
        sums = z.new_zeros(n_groups, z.shape[1]).index_add_(0, group, deviation)
        # Sum of (z - mean)^2 about the new mean: as about the old, less n shift^2.
        shift = sums / (before + added).clamp(min=1)[:, None]
        self.kind.add_outer(self.scatter, bins, sums, shift, -1)
        self.kind.add(self.scatter, index, deviation)
        put(self.mean, bins, shift)
        put(self.count, bins, added)

    def merge(self, other):
        """Return the statistics of both sets of samples together; neither changes.

        Raises
        ------
        ValueError
            If the two differ in bins, features, kind or rank.
        """
        self.check_same_shape(other)
        both, other = self.copy(), other.copy(self.mean.device)
        both.count += other.count
        share = other.count / both.count.clamp(min=1)
        delta = other.mean - self.mean
        both.mean += share[:, None] * delta
        both.scatter += other.scatter
        apart = (self.count * share)[:, None] * delta
        self.kind.add_outer(both.scatter, None, apart, delta, 1)
        both.skipped += other.skipped
        return both

    @torch.no_grad()
    def all_reduce(self):
        """Return the statistics of the samples of all processes, the same in each.

        Without an initialised process group they are these.
        """
        total = self.copy()
        if not (dist.is_available() and dist.is_initialized()):
            return total
        sums = total.mean * total.count[:, None]
        dist.all_reduce(total.count)
        dist.all_reduce(sums)
        total.mean = sums / total.count.clamp(min=1)[:, None]
        # Each process moves its deviations to the common mean before they are added.
        delta = self.mean - total.mean
        apart = self.count[:, None] * delta
        self.kind.add_outer(total.scatter, None, apart, delta, 1)
        dist.all_reduce(total.scatter)
        dist.all_reduce(total.skipped)
        return total

    def variance(self):
        """Return the unbiased variance of each feature, [B, D]; NaN where N_b < 2."""
        return self._divided(self.kind.variances(self.scatter))

    def covariance(self):
        """Return Sigma_b, [B, D, D]; NaN where N_b < 2.

        With "low_rank" it is the model's matrix, made dense: B * D * D * 8 bytes.

        Raises
        ------
        ValueError
            If only variances were kept.
        """
        return self._divided(self.kind.dense(self.kind.from_sums(self.scatter)))

    def _divided(self, scatter):
        freedom = column(self.count - 1, scatter)
        return torch.where(freedom > 0, scatter / freedom.clamp(min=1), torch.nan)

    def check_same_shape(self, other):
        """Refuse statistics that differ in bins, features, kind or rank."""
        (mine, shape), (theirs, wrong) = (
            (s.kind.name, list(s.scatter.shape)) for s in (self, other)
        )
        if mine != theirs or shape != wrong:
            raise ValueError(
                f"these are statistics of kind {mine!r} and shape {shape}: others of "
                f"kind {theirs!r} and shape {wrong} don't fit them"
            )

    def _check_shapes(self, features, index):
        feature_dim = self.mean.shape[1]
        if features.ndim != 2 or features.shape[1] != feature_dim:
            raise ValueError(
                f"features must have shape [N, {feature_dim}], "
                f"but got {list(features.shape)}"
            )
        if (
            index.shape != features.shape[:1]
            or index.is_floating_point()
            or (index.dtype == torch.bool)
        ):
            raise ValueError(
                f"index must hold {len(features)} integers, one per sample, "
                f"but got {index.dtype} of shape {list(index.shape)}"
            )

    def _check_values(self, z, index):
        low, high = (int(end) for end in index.aminmax())
        if low < 0 or high >= len(self.count):
            raise ValueError(
                f"index must lie in 0..{len(self.count) - 1}, but got {low}..{high}"
            )
        good = all_finite(z)
        if not good.all():
            raise ValueError(
                f"features must be finite, but those of sample "
                f"{int(good.int().argmin())} aren't"
            )


def all_finite(z, labels=0.0):
    """Whether the features of a sample, and its label, are finite, [N], bool."""
    # One number tells. A sum in float64 can't overflow, but that of float64 can; and of
    # absolute values, NaN is the largest.
    z, wide = z.detach(), torch.float64
    one = z.abs().amax(1) if z.dtype == wide else z.sum(1, dtype=wide)
    return (one + labels).isfinite()


def bin_statistics(features, labels, bins, covariance="diagonal", rank=16):
    """Return the statistics of features that are there already, all at once.

    For instance those of :func:`dirlib.training.extract_features`.

    Parameters
    ----------
    features : Tensor or array-like of shape [N, D]
    labels : Tensor or array-like of shape [N]
        Those outside the range of `bins` count in the nearest bin.
    bins : LabelBins
    covariance, rank
        See :class:`BinStatistics`.

    Returns
    -------
    BinStatistics

    Raises
    ------
    ValueError
        If shapes don't fit, or a feature or a label isn't finite.

    Examples
    --------
    >>> from dirlib import LabelBins
    >>> bin_statistics([[1.0], [3.0], [7.0]], [0, 0, 5], LabelBins(0, 3, 1)).mean
    tensor([[2.],
            [0.],
            [7.]], dtype=torch.float64)
    """
    features = torch.as_tensor(features)
    if features.ndim != 2:
        raise ValueError(
            f"features must have shape [N, D], but got {list(features.shape)}"
        )
    index = bin_index(labels, bins, features.device)
    stats = BinStatistics(
        bins.n_bins, features.shape[1], covariance, rank, features.device
    )
    stats._check_shapes(features, index)
    size = max(1, BATCH // features.shape[1])
    for z, i in zip(features.split(size), index.split(size), strict=True):
        stats.update(z, i)
    return stats


def without_cast(fn):
    """Make of `fn`, of ``Module._apply``, what moves a tensor and keeps its dtype."""

    def moved(tensor):
        try:
            out = fn(tensor)
        except TypeError as error:
            if "float64" not in str(error):
                raise
            raise TypeError(
                "the statistics of FDS are kept in float64, which this device has not: "
                "train on a CPU or a CUDA device, or without FDS"
            ) from error
        return out if out.dtype == tensor.dtype else tensor.to(out.device)

    return moved


def bin_index(labels, bins, device):
    """Return the bin of each label, clipped, as a tensor on `device`."""
    if isinstance(labels, torch.Tensor):
        labels = labels.detach().cpu()
        labels = labels.float() if labels.dtype == torch.bfloat16 else labels
        labels = labels.numpy()
    return torch.from_numpy(bins.index(labels, "clip")).to(device)
