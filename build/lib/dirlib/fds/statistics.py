"""Feature statistics of each label bin, in one pass.

mu_b is the mean of the features z in bin b, and Sigma_b = 1/(N_b - 1) * the sum of
(z - mu_b)(z - mu_b)^T (Yang et al., 2021, arXiv:2102.09554, section 3.2).
"""

import torch
import torch.distributed as dist

from dirlib.fds.covariance import KINDS, column

# Features are taken in by batches of about this many numbers.
BATCH = 1 << 22


class BinStatistics:
    """Count, mean and variance or covariance of features per bin, gathered in batches.

    The sums are kept in float64 about the running mean (Chan, Golub and LeVeque, 1983),
    so that they are right for features far from 0 and for any split into batches.

    Parameters
    ----------
    n_bins : int
        B, the number of label bins.
    feature_dim : int
        D, the length of a feature vector.
    covariance : {"diagonal", "full", "low_rank"}
        Keep the variance of each feature; the covariance matrix; or, for long features,
        its leading directions, and equal variance in all others (see
        :mod:`dirlib.fds.low_rank`). The last needs about ``rank / D`` of the memory of
        the second. It is exact where N_b - 1 <= rank, and otherwise depends a little on
        the order of the samples; its variances are always exact.
    rank : int
        The number of directions that "low_rank" keeps; at most D are.

    Attributes
    ----------
    count : Tensor of shape [B], float64
    mean : Tensor of shape [B, D], float64
        0 in an empty bin: look at `count`.

    Raises
    ------
    ValueError
        If a size is not positive or `covariance` is unknown.
    """

    def __init__(
        self, n_bins, feature_dim, covariance="diagonal", rank=16, device=None
    ):
        if covariance not in KINDS:
            raise ValueError(
                f"covariance must be one of {', '.join(KINDS)}, but got {covariance!r}"
            )
        for name, size in (
            ("n_bins", n_bins), ("feature_dim", feature_dim), ("rank", rank)
        ):  # fmt: skip
            if size != int(size) or size < 1:
                raise ValueError(f"{name} must be a positive integer, but got {size}")
        self.covariance_kind = covariance
        shape = KINDS[covariance].shape(feature_dim, min(rank, feature_dim))
        kept = {"dtype": torch.float64, "device": device}
        self.count = torch.zeros(n_bins, **kept)
        self.mean = torch.zeros(n_bins, feature_dim, **kept)
        # The sum of the outer products of the deviations from the mean.
        self._scatter = torch.zeros(n_bins, *shape, **kept)

    def state(self):
        """Return the three tensors that hold everything, by name, not copied."""
        return {"count": self.count, "mean": self.mean, "scatter": self._scatter}

    @classmethod
    def from_state(cls, covariance, count, mean, scatter):
        """Make statistics of the tensors of :meth:`state`, shared, not copied."""
        stats = cls.__new__(cls)
        stats.covariance_kind = covariance
        stats.count, stats.mean, stats._scatter = count, mean, scatter
        return stats

    def copy(self, device=None):
        """Return the same statistics in tensors of their own, on `device` if given."""
        state = {k: v.to(device or v.device) for k, v in self.state().items()}
        return self.from_state(
            self.covariance_kind, **{k: v.clone() for k, v in state.items()}
        )

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
        if not len(index):
            return
        z, index = features.to(self.mean), index.long()
        self._check_values(z, index)
        added = torch.bincount(index, minlength=len(self.count))
        seen = added.nonzero().squeeze(1)
        before = self.count[seen]
        self.count += added
        deviation = z - self.mean.index_select(0, index)
        shift = torch.zeros_like(self.mean).index_add_(0, index, deviation)
        shift = shift.index_select(0, seen) / self.count[seen, None]
        self.mean.index_add_(0, seen, shift)
        deviation = z - self.mean.index_select(0, index)
        # What came before lies about the old mean: one more row moves it to the new.
        moved = before.sqrt()[:, None] * shift
        self._add_rows(torch.cat([index, seen]), torch.cat([deviation, moved]))

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
        one = torch.ones_like(both.count)
        both._scatter = self._kind.mix((one, self._scatter), (one, other._scatter))
        both._add_rows(None, (self.count * share).sqrt()[:, None] * delta)
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
        total._add_rows(None, self.count.sqrt()[:, None] * delta)
        total._scatter = self._kind.reduce(total._scatter)
        return total

    def variance(self):
        """Return the unbiased variance of each feature, [B, D]; NaN where N_b < 2."""
        return self._divided(self._kind.variances(self._scatter))

    def covariance(self):
        """Return Sigma_b, [B, D, D]; NaN where N_b < 2.

        With "low_rank" it is the model's matrix, made dense: B * D * D * 8 bytes.

        Raises
        ------
        ValueError
            If only variances were kept.
        """
        if self._kind.dense is None:
            raise ValueError(
                'only variances were kept: make the statistics with covariance="full"'
            )
        return self._divided(self._kind.dense(self._scatter))

    @property
    def _kind(self):
        return KINDS[self.covariance_kind]

    def _add_rows(self, index, rows):
        """Add row^T row to the scatter of its bin; without an index, one row a bin."""
        if index is None:
            index = torch.arange(len(rows), device=rows.device)
        self._kind.add_rows(self._scatter, index, rows)

    def _divided(self, scatter):
        freedom = column(self.count - 1, scatter)
        return torch.where(freedom > 0, scatter / freedom.clamp(min=1), torch.nan)

    def check_same_shape(self, other):
        """Refuse statistics that differ in bins, features, kind or rank."""
        (mine, shape), (theirs, wrong) = (
            (s.covariance_kind, list(s._scatter.shape)) for s in (self, other)
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
        # One sum tells: it is finite unless a feature isn't, or it overflows.
        if not z.sum().isfinite() and not z.isfinite().all():
            row = int((~z.isfinite()).any(1).nonzero()[0])
            raise ValueError(
                f"features must be finite, but those of sample {row} aren't"
            )


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


def bin_index(labels, bins, device):
    """Return the bin of each label, clipped, as a tensor on `device`."""
    if isinstance(labels, torch.Tensor):
        labels = labels.detach().cpu()
        labels = labels.float() if labels.dtype == torch.bfloat16 else labels
        labels = labels.numpy()
    return torch.from_numpy(bins.index(labels, "clip")).to(device)
