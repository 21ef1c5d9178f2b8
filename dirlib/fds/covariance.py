"""Three ways to keep a covariance per bin, with the same methods on each.

Each class works on one tensor for all bins, `cov` of shape [B, *shape] in float64:
variances, matrices, or rows. A *scatter*, [B, *sums_shape], is what a sum of outer
products is gathered in; it is linear in them, and nothing has divided it yet. What is
written for one class works for all.
"""

import torch

from dirlib.fds.calibration import apply_factors, apply_matrices, calibration_transform
from dirlib.fds.grouping import in_tiles

# Products of tiles are added up by about this many numbers: little memory.
NUMBERS = 1 << 20
# Covariances that need more memory are refused: an error that names the cure is
# better than a machine that swaps.
MOST_BYTES = 4 * 2**30


def column(per_bin, like):
    """[B] as [B, 1] or [B, 1, 1], to stand beside `like`."""
    return per_bin.reshape(-1, *[1] * (like.ndim - 1))


def weighted_sum(first, *others):
    """Return the sum of weight [B] * values [B, ...] over terms (weight, values)."""
    weight, values = first
    total = column(weight, values) * values
    for weight, values in others:
        total.addcmul_(column(weight, values), values)
    return total


class Covariance:
    """What is the same for each kind; `Diagonal` says what else a kind can do.

    `name` is what users call it. `rank` is the number of directions that `LowRank`
    keeps, at most `feature_dim`.
    """

    cure = 'covariance="low_rank" or "diagonal"'
    rank = None

    def __init__(self, feature_dim, rank):
        self.feature_dim = feature_dim

    @property
    def sums_shape(self):
        """That of one bin's scatter."""
        return self.shape

    def move(self, device):
        """Keep what `add` needs on this device."""

    def from_sums(self, scatter):
        """Return a scatter as a covariance is kept, [B, *shape]."""
        return scatter

    def to_sums(self, cov):
        """Return a scatter that `from_sums` makes this of."""
        return cov

    def mix(self, *terms):
        """Return the sum of weight [B] * cov over the terms (weight, cov)."""
        return weighted_sum(*terms)

    def smooth(self, cov, smoother):
        """Return weighted sums along the bins; `smoother` maps [B, ...] linearly."""
        return smoother(cov)

    def transform(self, cov, smoothed_cov, clip):
        """Return Sigma~_b^(1/2) Sigma_b^(-1/2) of each bin, as `apply` takes it."""
        return calibration_transform(cov, smoothed_cov, clip)

    def check_memory(self, n_bins):
        """Refuse covariances that need more memory than `MOST_BYTES`."""
        needed = 8 * n_bins * self.feature_dim * self.numbers(n_bins)
        if needed > MOST_BYTES:
            raise ValueError(
                f"{self.name} covariances of {n_bins} bins and {self.feature_dim} "
                f"features need about {needed / 2**30:.1f} GiB: use {self.cure}, "
                f"or a linear layer to fewer features in front"
            )

    def numbers(self, n_bins):
        """How many float64 numbers a feature of a bin takes at a time, as measured."""
        return 17


class Diagonal(Covariance):
    """The variance of each feature, [B, D]; a transform is a factor for each."""

    name, cure = "diagonal", "wider bins"

    @property
    def shape(self):
        """That of one bin's tensor."""
        return (self.feature_dim,)

    def variances(self, cov):
        """Return the diagonals, [B, D]."""
        return cov

    def dense(self, cov):
        """Return the matrices, [B, D, D]; ValueError where there are none."""
        raise ValueError(
            'only variances were kept: make the statistics with covariance="full"'
        )

    def add(self, scatter, index, rows):
        """Add row^T row of each row [N, D] to its bin, in place; uses the rows up.

        The scatter has one bin more, B, for samples that are left out: add what you
        like to it.
        """
        scatter.index_add_(0, index, rows.square_())

    def add_outer(self, scatter, left, right, sign):
        """Add sign * left^T right of each bin [B, D], in place."""
        scatter.addcmul_(left, right, value=sign)

    def identity(self, n_bins):
        """Return the transform that changes nothing, in float64."""
        return torch.ones(n_bins, self.feature_dim, dtype=torch.float64)

    def apply(self, transform, shift, index, z):
        """Return the transform of its bin times z + shift for each row of z [N, D]."""
        return apply_factors(transform, shift, index, z)


class Full(Covariance):
    """A covariance matrix per bin, [B, D, D]; a transform is a matrix."""

    name = "full"
    apply = staticmethod(apply_matrices)

    @property
    def shape(self):
        return (self.feature_dim, self.feature_dim)

    def variances(self, cov):
        return cov.diagonal(dim1=1, dim2=2)

    def dense(self, cov):
        return cov

    def add(self, scatter, index, rows):
        add_products(scatter, index, rows, lambda block: block)

    def add_outer(self, scatter, left, right, sign):
        scatter.baddbmm_(left[:, :, None], right[:, None], alpha=sign)

    def identity(self, n_bins):
        eye = torch.eye(self.feature_dim, dtype=torch.float64)
        return eye.repeat(n_bins, 1, 1)

    def numbers(self, n_bins):
        return 9 * self.feature_dim


def add_products(scatter, index, rows, left):
    """Add left(x)^T x of the rows x [N, D] of each bin to `scatter` [B + 1, K, D]."""
    first, others, bins, _ = in_tiles(rows, index, len(scatter) - 1)
    if len(first):
        scatter[:-1].baddbmm_(left(first).mT, first)
    step = max(1, NUMBERS // scatter[0].numel())
    for part, here in zip(others.split(step), bins.split(step), strict=True):
        scatter.index_add_(0, here, left(part).mT @ part)
