"""Covariances of long features: their leading directions, gathered as a sketch."""

import numpy as np
import torch
from torch.nn.functional import pad

from dirlib.fds.calibration import BINS, TINY, calibration_transform
from dirlib.fds.covariance import Covariance, Diagonal, Full, add_products
from dirlib.fds.grouping import map_tiles, take

# As a share of the largest: an eigenvalue that is rounding alone.
SMALL = 1e-13


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

    name, cure = "low_rank", 'a smaller rank, wider bins, covariance="diagonal"'

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

    def add_outer(self, scatter, left, right, sign):
        Full.add_outer(self, scatter[:, :-1], right @ self.omega, left, sign)
        Diagonal.add_outer(self, scatter[:, -1], left, right, sign)

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
        Of the rows, [B, 2 Q + 1, D], Q <= 2 rank, the first Q are `right`, then come
        those of `left`, and one of t.
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
            right, left, last = take(transform, bins, block).split([half, half, 1], 1)
            start = take(shift, bins, block)[:, None]
            moved = torch.addcmul(start, block, last)
            return torch.baddbmm(moved, block @ right.mT, left)

        return map_tiles(of_block, index, z, len(transform))

    def numbers(self, n_bins):  # `smooth` takes a weight for each pair of bins
        return 32 * self.rank + 4 * n_bins / self.feature_dim


def truncate(rows, rank):
    """Return the leading directions W of ``rows^T rows``, and spread the rest evenly.

    Of rows [B, K, D], W is [B, rank, D]: ``W^T W + rest * I`` has the leading
    eigenvalues and the trace of ``rows^T rows``, `rest` the mean of the other ones.
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
