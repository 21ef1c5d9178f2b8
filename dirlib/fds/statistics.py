"""Feature statistics of each label bin, in one pass.

mu_b is the mean of the features z in bin b, and Sigma_b = 1/(N_b - 1) * the sum of
(z - mu_b)(z - mu_b)^T (Yang et al., 2021, arXiv:2102.09554, section 3.2).
"""

import copy

import torch
import torch.distributed as dist

from dirlib.arguments import check_choice, check_shape, whole_number
from dirlib.fds.covariance import Diagonal, Full, column
from dirlib.fds.low_rank import LowRank
from dirlib.fds.state import SUMS, SavedSums

COVARIANCES = {kind.name: kind for kind in (Diagonal, Full, LowRank)}

# Features are taken in by batches of about this many numbers.
BATCH = 1 << 22
# Sums that are larger would overflow once they are squared.
MOST = 1e150


class BinStatistics(SavedSums):
    """Count, mean and variance or covariance of features per bin, gathered in batches.

    The sums are kept in float64, about a point near the samples of each bin, so that
    they are right for features far from 0 and for any split into batches (Chan, Golub
    and LeVeque, 1983). It is the `origin`, one of the samples.

    As a module it is moved, saved and loaded with the model that holds it. A cast
    leaves it in float64. Its sums are those of one process.

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
    skipped : Tensor of shape [], float64
        How many samples :meth:`add` has left out.
    mean : Tensor of shape [B, D], float64
        0 in an empty bin: look at `count`.
    scatter : Tensor of shape [B, ...], float64
        The sum of the outer products of the deviations from the mean, in the form of
        `kind`, a class of :mod:`dirlib.fds.covariance`.

    Raises
    ------
    ValueError
        If a size is not positive or `covariance` is unknown.
    """

    def __init__(
        self, n_bins, feature_dim, covariance="diagonal", rank=16, device=None
    ):
        super().__init__()
        check_choice("covariance", covariance, COVARIANCES)
        n_bins = whole_number("n_bins", n_bins, 1)
        feature_dim = whole_number("feature_dim", feature_dim, 1)
        self.kind = COVARIANCES[covariance](feature_dim, whole_number("rank", rank, 1))
        kept = {"dtype": torch.float64, "device": device}
        # The last row of each takes the samples that are left out, whatever they hold.
        self.samples = torch.zeros(n_bins + 1, **kept)
        self.origin = torch.zeros(n_bins + 1, feature_dim, **kept)
        self.sums = torch.zeros_like(self.origin)  # of z - origin
        self.products = torch.zeros(n_bins + 1, *self.kind.sums_shape, **kept)
        self.kind.move(self.device)

    @property
    def device(self):
        return self.samples.device

    @property
    def count(self):
        return self.samples[:-1]

    @property
    def skipped(self):
        return self.samples[-1]

    @property
    def mean(self):
        return self.origin[:-1] + self._shift()

    @property
    def scatter(self):
        # About the mean: as about the origin, less n shift^2.
        scatter = self.products[:-1].clone()
        self.kind.add_outer(scatter, self.sums[:-1], self._shift(), -1)
        return scatter

    def _shift(self):
        return self.sums[:-1] / self.count.clamp(min=1)[:, None]

    def _set(self, mean, scatter):
        """Let the sums say this of the samples."""
        self.origin[:-1], self.products[:-1] = mean, scatter
        self.sums.zero_()

    def copy(self, device=None):
        """Return the same statistics in tensors of their own, on `device` if given."""
        return copy.deepcopy(self).to(device or self.device)

    def reset(self):
        """Forget all samples."""
        for name in SUMS:
            getattr(self, name).zero_()

    # What frameworks call for memory that ``to_empty()`` has given.
    reset_parameters = reset

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
        index = torch.as_tensor(index, device=self.device)
        self._check_shapes(features, index)
        if len(index):
            self._check_values(features, index)
            self.add(features, index.long())

    @torch.no_grad()
    def add(self, features, index):
        """Take a batch in without a look at its values: nothing waits for the device.

        As :meth:`update`, for a Tensor `index`, int64. The index B stands for a sample
        that is left out, whatever its features are. `skipped` counts them.
        """
        n_bins = len(self.samples) - 1
        z = features.to(torch.float64, copy=True)
        # One sample of a new bin stands for its mean: deviations stay small.
        row = torch.arange(len(index), device=index.device)
        chosen = torch.empty_like(self.samples, dtype=torch.int64)
        chosen = chosen.scatter_(0, index, row).index_select(0, index)
        first = (chosen == row) & (self.samples.index_select(0, index) == 0)
        self.origin.index_add_(0, torch.where(first, index, n_bins), z)
        z.sub_(self.origin.index_select(0, index))
        self.samples.index_add_(0, index, torch.ones_like(row, dtype=torch.float64))
        self.sums.index_add_(0, index, z)
        self.kind.add(self.products, index, z)

    def merge(self, other):
        """Return the statistics of both sets of samples together; neither changes.

        A ValueError refuses others that differ in bins, features, kind or rank.
        """
        self.check_same_shape(other)
        both, other = self.copy(), other.copy(self.device)
        both.samples += other.samples
        share = other.count / both.count.clamp(min=1)
        delta = other.mean - self.mean
        scatter = self.scatter + other.scatter
        apart = (self.count * share)[:, None] * delta
        self.kind.add_outer(scatter, apart, delta, 1)
        both._set(self.mean + share[:, None] * delta, scatter)
        return both

    @torch.no_grad()
    def all_reduce(self):
        """Return the statistics of the samples of all processes, the same in each.

        Without an initialised process group they are these.
        """
        total = self.copy()
        if not (dist.is_available() and dist.is_initialized()):
            return total
        mean, scatter = self.mean, self.scatter
        common = mean * self.count[:, None]
        dist.all_reduce(total.samples)
        dist.all_reduce(common)
        common /= total.count.clamp(min=1)[:, None]
        # Each process moves its deviations to the common mean before they are added.
        delta = mean - common
        self.kind.add_outer(scatter, self.count[:, None] * delta, delta, 1)
        dist.all_reduce(scatter)
        total._set(common, scatter)
        return total

    def variance(self):
        """Return the unbiased variance of each feature, [B, D]; NaN where N_b < 2."""
        return self._divided(self.kind.variances(self.scatter))

    def covariance(self):
        """Return Sigma_b, [B, D, D]; NaN where N_b < 2.

        With "low_rank" it is the model's matrix, made dense: B * D * D * 8 bytes. A
        ValueError says that only variances were kept.
        """
        return self._divided(self.kind.dense(self.kind.from_sums(self.scatter)))

    def _divided(self, scatter):
        freedom = column(self.count - 1, scatter)
        return torch.where(freedom > 0, scatter / freedom.clamp(min=1), torch.nan)

    def check_same_shape(self, other):
        """Refuse statistics that differ in bins, features, kind or rank."""
        (mine, shape), (theirs, wrong) = (
            (s.kind.name, [len(s.count), *s.products.shape[1:]]) for s in (self, other)
        )
        if mine != theirs or shape != wrong:
            raise ValueError(
                f"these are statistics of kind {mine!r} and shape {shape}: others of "
                f"kind {theirs!r} and shape {wrong} don't fit them"
            )

    def _check_shapes(self, features, index):
        feature_dim = self.origin.shape[1]
        check_shape("features", features, ("N", feature_dim))
        check_shape("index", index, features.shape[:1], "one per sample")
        if index.is_floating_point() or index.dtype == torch.bool:
            raise ValueError(f"index must hold integers, but got {index.dtype}")

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

    def check_overflow(self):
        """Refuse sums that overflowed."""
        rows = torch.cat([self.mean, self.scatter.flatten(1)], 1)
        bad = ~(rows.abs().amax(1) < MOST)
        if bad.any():
            raise ValueError(
                f"the statistics of bin {int(bad.int().argmax())} overflow: features "
                f"or their squares above {MOST:g} can't be calibrated. To go on "
                f"without this epoch, call epoch.reset() on the layer"
            )


def all_finite(z, labels=0.0):
    """Whether the features of a sample, and its label, are finite, [N], bool."""
    # One number tells: of absolute values, NaN is the largest. A sum would overflow.
    one = z.detach().abs().amax(1).double() + labels
    return one - one == 0


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
    """
    features = torch.as_tensor(features)
    check_shape("features", features, ("N", "D"))
    n_features, device = features.shape[1], features.device
    if isinstance(labels, torch.Tensor):
        labels = labels.detach().cpu()
        labels = labels.float() if labels.dtype == torch.bfloat16 else labels
    index = torch.from_numpy(bins.index(labels, "clip")).to(device)
    stats = BinStatistics(bins.n_bins, n_features, covariance, rank, device)
    stats._check_shapes(features, index)
    size = max(1, BATCH // n_features)
    for z, i in zip(features.split(size), index.split(size), strict=True):
        stats.update(z, i)
    return stats
