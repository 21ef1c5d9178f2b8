"""Three ways to keep a covariance per bin, with the same methods on each.

Each class works on one tensor for all bins, `cov` of shape [B, *shape] in float64:
variances, matrices, or rows. A *scatter* is such a tensor too, a sum of outer products
that nothing has divided yet. What is written for one class works for all.
"""

import torch
import torch.distributed as dist
from torch.nn.functional import pad

from dirlib.fds.calibration import (
    BINS,
    apply_factors,
    apply_matrices,
    calibration_transform,
    rows_of,
)
from dirlib.fds.grouping import blocks, map_bins

# Rows of a bin that are multiplied at a time: enough for speed, little memory.
ROWS = 64
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

    cure = 'covariance="low_rank"'
    rank = None

    def __init__(self, feature_dim, rank):
        self.feature_dim = feature_dim

    def reduce(self, scatter):
        """Return the sum over all processes, the same in each."""
        total = scatter.clone()
        dist.all_reduce(total)
        return total

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
                f'covariance="diagonal", or a linear layer to fewer features in front'
            )

    def numbers(self):
        """How many float64 numbers a feature of a bin takes at a time, as measured."""
        return 0


class Diagonal(Covariance):
    """The variance of each feature, [B, D]; a transform is a factor for each."""

    name = "diagonal"

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
        for bins, block in blocks(index, rows, ROWS):
            scatter.index_add_(0, bins, block.mT @ block)

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
    """

    name, cure = "low_rank", "a smaller rank"

    def __init__(self, feature_dim, rank):
        super().__init__(feature_dim, rank)
        self.rank = min(rank, feature_dim)

    @property
    def shape(self):
        return (self.rank + 1, self.feature_dim)

    def variances(self, cov):
        return cov[:, -1]

    def dense(self, cov):
        eye = torch.eye(self.feature_dim, dtype=cov.dtype, device=cov.device)
        return cov[:, :-1].mT @ cov[:, :-1] + rest(cov)[:, None, None] * eye

    def add(self, scatter, index, rows):
        scatter[:, -1].index_add_(0, index, rows**2)
        for bins, block in blocks(index, rows, most=max(self.rank, 16)):
            stack = torch.cat([scatter[bins, :-1], block], 1)
            scatter[bins, :-1] = truncate(stack, self.rank)

    def reduce(self, scatter):
        one = scatter.new_ones(len(scatter))
        total = torch.zeros_like(scatter)
        for process in range(dist.get_world_size()):
            part = scatter.clone()
            dist.broadcast(part, src=process)
            total = self.mix((one, total), (one, part))
        return total

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

        return map_bins(of_block, index, z)

    def numbers(self):
        return 23 * self.rank


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
