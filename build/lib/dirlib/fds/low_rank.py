"""Covariances of long features: `rank` rows, and equal variance in all else.

Sigma = W^T W + rho I is the model of probabilistic principal components (Tipping and
Bishop, 1999). A bin keeps the rows of W, [rank, D], and in one more row the exact
diagonal of what was summed; rho makes the trace of the model exact. Sums of such
matrices are exact until their rows are cut back to `rank`: the variance that is cut off
then goes to rho.
"""

import torch
import torch.distributed as dist
from torch.nn.functional import pad

from dirlib.fds.calibration import BINS, calibration_transform
from dirlib.fds.grouping import blocks, map_bins


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


def dense(cov):
    """Return W^T W + rho I, [B, D, D]."""
    eye = torch.eye(cov.shape[2], dtype=cov.dtype, device=cov.device)
    return cov[:, :-1].mT @ cov[:, :-1] + rest(cov)[:, None, None] * eye


def add_rows(scatter, index, rows):
    """Add row^T row of each row [N, D] to the scatter of its bin, in place."""
    rank = scatter.shape[1] - 1
    scatter[:, -1].index_add_(0, index, rows**2)
    for bins, block in blocks(index, rows, most=max(rank, 16)):
        stack = torch.cat([scatter[bins, :-1], block], 1)
        scatter[bins, :-1] = truncate(stack, rank)


def mix(*terms):
    """Return the sum of weight [B] * cov over the terms (weight, cov)."""
    rows = [cov[:, :-1] * weight.sqrt()[:, None, None] for weight, cov in terms]
    diagonal = sum(weight[:, None] * cov[:, -1] for weight, cov in terms)
    rank = terms[0][1].shape[1] - 1
    return torch.cat([truncate(torch.cat(rows, 1), rank), diagonal[:, None]], 1)


def smooth(cov, smoother):
    """Return weighted sums along the bins; `smoother` maps [B, ...] linearly."""
    out = torch.zeros_like(cov)
    weights = smoother(torch.eye(len(cov), dtype=cov.dtype, device=cov.device))
    for b, weight in enumerate(weights):
        near = weight.nonzero().squeeze(1)  # one bin after the other: less memory
        rows = cov[near, :-1] * weight[near].sqrt()[:, None, None]
        out[b, :-1] = truncate(rows.flatten(0, 1)[None], cov.shape[1] - 1)[0]
    out[:, -1] = smoother(cov[:, -1])
    return out


def reduce(scatter):
    """Return the sum over all processes, the same in each."""
    one = scatter.new_ones(len(scatter))
    total = torch.zeros_like(scatter)
    for rank in range(dist.get_world_size()):
        part = scatter.clone()
        dist.broadcast(part, src=rank)
        total = mix((one, total), (one, part))
    return total


def transform(cov, smoothed_cov, clip):
    """Return Sigma~_b^(1/2) Sigma_b^(-1/2) as t I + right^T left of each bin.

    Both matrices are multiples of I outside the span of both sets of rows. Within it
    they are small, and one more coordinate stands for every direction outside.

    Returns
    -------
    Tensor of shape [B, 2 Q + 1, D], float64, Q <= 2 rank
        Q rows `right`, Q rows `left`, and a row of t.
    """
    n_bins, n_rows, dim = cov.shape
    out = identity(n_bins, dim, n_rows - 1).to(cov)
    parts = (tensor.split(BINS) for tensor in (out, cov, smoothed_cov))
    for part, own, target in zip(*parts, strict=True):
        part.copy_(_transform(own, target, clip))
    return out


def _transform(cov, smoothed_cov, clip):
    rank = cov.shape[1] - 1
    rows = torch.cat([cov[:, :-1], smoothed_cov[:, :-1]], 1)
    basis, coordinates = torch.linalg.qr(rows.mT)
    coordinates = pad(coordinates, (0, 0, 0, 1))
    own, target = coordinates[..., :rank], coordinates[..., rank:]
    eye = torch.eye(own.shape[1], dtype=cov.dtype, device=cov.device)
    small = calibration_transform(
        own @ own.mT + rest(cov)[:, None, None] * eye,
        target @ target.mT + rest(smoothed_cov)[:, None, None] * eye,
        clip,
    )
    outside = small[:, -1:, -1:]
    inside = (small - outside * eye)[:, :-1, :-1]
    last = outside.expand(-1, 1, cov.shape[2])
    return torch.cat([basis.mT, (basis @ inside).mT, last], 1)


def identity(n_bins, dim, rank):
    """Return the transform that changes nothing."""
    out = torch.zeros(n_bins, 2 * min(2 * rank, dim) + 1, dim, dtype=torch.float64)
    out[:, -1] = 1
    return out


def apply(transform, shift, index, z):
    """Return, for each row of z [N, D], the transform of its bin times it + shift."""
    half = transform.shape[1] // 2

    def of_block(block, bins):
        parts = transform.index_select(0, bins)
        right, left, last = parts.split([half, half, 1], 1)
        moved = torch.addcmul(shift.index_select(0, bins)[:, None], block, last)
        return torch.baddbmm(moved, block @ right.mT, left)

    return map_bins(of_block, index, z)
