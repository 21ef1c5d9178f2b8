"""Three ways to keep a covariance per bin, with the same methods on each.

Each class works on one tensor for all bins, `cov` of shape [B, *shape] in float64:
variances, matrices, or rows. A *scatter*, [B, *sums_shape], is what a sum of outer
products is gathered in; it is linear in them, and nothing has divided it yet. What is
written for one class works for all.
"""

import numpy as np
import torch
from torch.nn.functional import pad

from dirlib.fds.calibration import (
    BINS,
    TINY,
    apply_factors,
    apply_matrices,
    calibration_transform,
    rows_of,
)
from dirlib.fds.grouping import in_tiles, map_tiles, tiles

# Products of tiles are added up by about this many numbers: little memory.
NUMBERS = 1 << 20
# Covariances that need more memory are refused: an error that names the cure is
# better than a machine that swaps.
MOST_BYTES = 4 * 2**30
# As a share of the largest: an eigenvalue that is rounding alone.
SMALL = 1e-13


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

    Parameters
    ----------
    feature_dim : int
        D.
    rank : int
        The number of directions that `LowRank` keeps; at most D are.

    Attributes
    ----------
    name : str
        As the argument `covariance` of :class:`dirlib.FDS` says it.
    rank : int or None
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
        needed = 8 * n_bins * self.feature_dim * self.numbers()
        if needed > MOST_BYTES:
            raise ValueError(
                f"{self.name} covariances of {n_bins} bins and {self.feature_dim} "
                f"features need about {needed / 2**30:.1f} GiB: use {self.cure}, "
                f"or a linear layer to fewer features in front"
            )

    def numbers(self):
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
        """Add row^T row of each row [N, D] to its bin, in place; uses the rows up."""
        scatter.index_add_(0, index, rows.square_())

    def add_outer(self, scatter, bins, left, right, sign):
        """Add sign * left^T right of each group [G, D] to its bin, in place."""
        if bins is None:
            scatter.addcmul_(left, right, value=sign)
        else:
            scatter.index_add_(0, bins, left * right, alpha=sign)

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

    def add_outer(self, scatter, bins, left, right, sign):
        left, right = left[:, :, None], right[:, None]
        if bins is None:
            scatter.baddbmm_(left, right, alpha=sign)
        else:
            scatter.index_add_(0, bins, left @ right, alpha=sign)

    def identity(self, n_bins):
        eye = torch.eye(self.feature_dim, dtype=torch.float64)
        return eye.repeat(n_bins, 1, 1)

    def numbers(self):
        return 9 * self.feature_dim


class LowRank(Covariance):
    """Covariances of long features: `rank` rows, and equal variance in all else.

    Sigma = W^T W + rho I is the model of probabilistic principal components (Tipping
    and Bishop, 1999). A bin keeps the rows of W, [rank, D], and in one more row the
    exact diagonal of what was summed; rho makes the trace of the model exact. Sums of
    such matrices are exact until their rows are cut back to `rank`: the variance that
    is cut off then goes to rho.

    To decompose matrices in each batch would take long, and a GPU would wait for it. So
    a scatter S is gathered as a sketch, S Omega with a fixed matrix Omega of signs, of
    shape [D, K], and the diagonal of S. At the end of an epoch Nystrom's formula finds
    the rows: S is about (S Omega) (Omega^T S Omega)^+ (S Omega)^T, and exactly so if
    its rank is at most K (Tropp, Yurtsever, Udell and Cevher, 2017, arXiv:1706.05736).
    """

    name, cure = "low_rank", 'a smaller rank, covariance="diagonal"'

    def __init__(self, feature_dim, rank):
        super().__init__(feature_dim, rank)
        self.rank = min(rank, feature_dim)
        self.n_sketch = min(3 * rank, feature_dim)

    @property
    def sums_shape(self):
        return (self.n_sketch + 1, self.feature_dim)

    def move(self, device):
        if self.n_sketch == self.feature_dim:
            omega = np.eye(self.feature_dim)
        else:  # the same on every computer
            rng = np.random.default_rng(0)
            omega = 2.0 * rng.integers(0, 2, (self.feature_dim, self.n_sketch)) - 1
        self.omega = torch.from_numpy(omega).to(device)

    def from_sums(self, scatter):
        sketch = scatter[:, :-1]
        values, vectors = torch.linalg.eigh(sketch @ self.omega)
        # What is smaller is rounding.
        real = values > values[:, -1:].clamp(min=TINY) * SMALL
        root = torch.where(real, values, torch.inf).rsqrt()[:, :, None]
        rows = root * (vectors.mT @ sketch)
        return torch.cat([truncate(rows, self.rank), scatter[:, -1:]], 1)

    def to_sums(self, cov):
        rows = cov[:, :-1]
        sketch = (rows @ self.omega).mT @ rows
        sketch += rest(cov)[:, None, None] * self.omega.T
        return torch.cat([sketch, cov[:, -1:]], 1)

    @property
    def shape(self):
        return (self.rank + 1, self.feature_dim)

    def variances(self, cov):
        return cov[:, -1]

    def dense(self, cov):
        eye = torch.eye(self.feature_dim, dtype=cov.dtype, device=cov.device)
        return cov[:, :-1].mT @ cov[:, :-1] + rest(cov)[:, None, None] * eye

    def add(self, scatter, index, rows):
        add_products(scatter[:, :-1], index, rows, lambda block: block @ self.omega)
        Diagonal.add(self, scatter[:, -1], index, rows)

    def add_outer(self, scatter, bins, left, right, sign):
        Full.add_outer(self, scatter[:, :-1], bins, right @ self.omega, left, sign)
        Diagonal.add_outer(self, scatter[:, -1], bins, left, right, sign)

    def mix(self, *terms):
        rows = [cov[:, :-1] * weight.sqrt()[:, None, None] for weight, cov in terms]
        diagonal = sum(weight[:, None] * cov[:, -1] for weight, cov in terms)
        return torch.cat(
            [truncate(torch.cat(rows, 1), self.rank), diagonal[:, None]], 1
        )

    def smooth(self, cov, smoother):
        out = torch.zeros_like(cov)
        weights = smoother(torch.eye(len(cov), dtype=cov.dtype, device=cov.device))
        for b, weight in enumerate(weights):
            near = weight.nonzero().squeeze(1)  # one bin after the other: less memory
            rows = cov[near, :-1] * weight[near].sqrt()[:, None, None]
            out[b, :-1] = truncate(rows.flatten(0, 1)[None], self.rank)[0]
        out[:, -1] = smoother(cov[:, -1])
        return out

    def transform(self, cov, smoothed_cov, clip):
        """Return Sigma~_b^(1/2) Sigma_b^(-1/2) of each bin as t I + right^T left.

        Both matrices are multiples of I outside the span of both sets of rows. Within
        it they are small, and one more coordinate stands for every direction outside.

        Returns
        -------
        Tensor of shape [B, 2 Q + 1, D], float64, Q <= 2 rank
            Q rows `right`, Q rows `left`, and a row of t.
        """
        out = self.identity(len(cov)).to(cov)
        parts = (tensor.split(BINS) for tensor in (out, cov, smoothed_cov))
        for part, own, target in zip(*parts, strict=True):
            part.copy_(self._transform(own, target, clip))
        return out

    def _transform(self, cov, smoothed_cov, clip):
        rows = torch.cat([cov[:, :-1], smoothed_cov[:, :-1]], 1)
        basis, coordinates = torch.linalg.qr(rows.mT)
        coordinates = pad(coordinates, (0, 0, 0, 1))
        own, target = coordinates[..., : self.rank], coordinates[..., self.rank :]
        eye = torch.eye(own.shape[1], dtype=cov.dtype, device=cov.device)
        small = calibration_transform(
            own @ own.mT + rest(cov)[:, None, None] * eye,
            target @ target.mT + rest(smoothed_cov)[:, None, None] * eye,
            clip,
        )
        outside = small[:, -1:, -1:]
        inside = (small - outside * eye)[:, :-1, :-1]
        last = outside.expand(-1, 1, self.feature_dim)
        return torch.cat([basis.mT, (basis @ inside).mT, last], 1)

    def identity(self, n_bins):
        n_rows = 2 * min(2 * self.rank, self.feature_dim) + 1
        out = torch.zeros(n_bins, n_rows, self.feature_dim, dtype=torch.float64)
        out[:, -1] = 1
        return out

    def apply(self, transform, shift, index, z):
        half = transform.shape[1] // 2

        def of_block(block, bins):
            parts = rows_of(transform, bins, block.dtype)
            right, left, last = parts.split([half, half, 1], 1)
            start = rows_of(shift, bins, block.dtype)[:, None]
            moved = torch.addcmul(start, block, last)
            return torch.baddbmm(moved, block @ right.mT, left)

        return map_tiles(of_block, index, z, len(transform))

    def numbers(self):
        return 32 * self.rank


def add_products(scatter, index, rows, left):
    """Add left(x)^T x of the rows x [N, D] of each bin to `scatter` [B, K, D]."""
    at, bins, size = tiles(index, len(scatter))
    block = in_tiles(rows, at, bins, size)
    step = max(1, NUMBERS // scatter[0].numel())
    for part, here in zip(block.split(step), bins.split(step), strict=True):
        scatter.index_add_(0, here, left(part).mT @ part)


COVARIANCES = {kind.name: kind for kind in (Diagonal, Full, LowRank)}


def truncate(rows, rank):
    """Keep the leading directions of ``rows^T rows``, and spread the rest evenly.

    Parameters
    ----------
    rows : Tensor of shape [B, K, D]
    rank : int
        At most D.

    Returns
    -------
    Tensor of shape [B, rank, D]
        W: ``W^T W + rest * I`` has the leading eigenvalues and the trace of
        ``rows^T rows``, `rest` the mean of the other D - rank eigenvalues.
    """
    n_rows, dim = rows.shape[1:]
    few = n_rows <= dim
    values, vectors = torch.linalg.eigh(rows @ rows.mT if few else rows.mT @ rows)
    values = values.clamp(min=0).flip(1)
    kept = values[:, :rank]
    rest = values[:, rank:].sum(1, keepdim=True) / max(dim - rank, 1)
    share = torch.where(kept > 0, 1 - rest / kept, 0.0).clamp(min=0)
    leading = (vectors.flip(2)[..., :rank] * share.sqrt()[:, None, :]).mT
    # Of few rows, each mixture of them has its length already.
    leading = leading @ rows if few else leading * kept.sqrt()[..., None]
    missing = rank - kept.shape[1]
    return pad(leading, (0, 0, 0, missing)) if missing else leading


def rest(cov):
    """Return rho of each bin, [B]: what the rows leave of the trace, per feature."""
    left = cov[:, -1].sum(1) - cov[:, :-1].square().sum((1, 2))
    return (left / cov.shape[2]).clamp(min=0)
