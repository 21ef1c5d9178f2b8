"""Feature calibration as pure functions: transforms and square roots."""

import numpy as np
import torch
from scipy.linalg import svd

from dirlib.fds.grouping import map_tiles, take

# A variance below this share of the largest one counts as none.
FLAT = 1e-10
# Matrices are decomposed for so many bins at a time: less memory.
BINS = 16
# Less is no variance at all; its root can still be divided by.
TINY = 1e-200


def calibrate(z, index, mean, cov, smoothed_mean, smoothed_cov, *, clip=None):
    """Whiten features with their bin's statistics, re-colour with the smoothed ones.

    z~ = Sigma~_b^(1/2) Sigma_b^(-1/2) (z - mu_b) + mu~_b, b the bin of the sample (Yang
    et al., 2021, arXiv:2102.09554, section 3.2). Nothing is changed in place; gradients
    flow to `z`.

    Parameters
    ----------
    z : Tensor of shape [N, D]
        Floating point.
    index : Tensor of shape [N], int64
        The bin of each sample.
    mean, smoothed_mean : Tensor of shape [B, D]
    cov, smoothed_cov : Tensor of shape [B, D] or [B, D, D]
        Variances, or covariance matrices.
    clip : (float, float), optional
        Bounds on the factor by which a variance may change, in every direction.

    Returns
    -------
    Tensor of shape [N, D], in the dtype of `z`

    Raises
    ------
    ValueError
        If the shapes don't fit, an index is out of range, or `clip` is no range of
        positive numbers.
    """
    if z.ndim != 2 or index.shape != z.shape[:1] or mean.shape[1:] != z.shape[1:]:
        raise ValueError(
            f"z must be [N, D], index [N] and mean [B, D], but got {list(z.shape)}, "
            f"{list(index.shape)} and {list(mean.shape)}"
        )
    if len(index) and not (0 <= index.min() and index.max() < len(mean)):
        raise ValueError(
            f"index must lie in 0..{len(mean) - 1}, "
            f"but got {index.min()}..{index.max()}"
        )
    apply = apply_factors if cov.ndim == 2 else apply_matrices
    transform = calibration_transform(cov, smoothed_cov, clip)
    shift = constant_part(apply, transform, mean, smoothed_mean)
    return apply(transform, shift, index, z)


def constant_part(apply, transform, mean, smoothed_mean):
    """What T_b z still needs for T_b (z - mu_b) + mu~_b: mu~_b - T_b mu_b, [B, D].

    In float64, because the two almost cancel where features are far from zero.
    """
    every = torch.arange(len(mean), device=mean.device)
    return -apply(transform, -smoothed_mean.double(), every, mean.double())


def apply_factors(transform, shift, index, z):
    """Return transform_b * z + shift_b of each sample; transform [B, D].

    A sample with index B stays as it is.
    """
    scaled = rows_of(transform, index, z.dtype, 1.0) * z
    return scaled.add_(rows_of(shift, index, z.dtype, 0.0))


def apply_matrices(transform, shift, index, z):
    """Return transform_b z + shift_b of each sample; transform [B, D, D]."""

    def of_block(block, bins):
        factor, start = take(transform, bins, block), take(shift, bins, block)
        return torch.baddbmm(start[:, None], block, factor.mT)

    return map_tiles(of_block, index, z, len(transform))


def rows_of(table, index, dtype, beyond):
    """Return rows of a table [B, D] in the dtype of features, [N, D].

    Index B stands for a row of `beyond`. The table is converted each time, where the
    fewest rows are: a copy that was kept would be wrong once a framework loads, copies
    or averages the table behind our back.
    """
    n_rows = len(table)
    if n_rows < 1.5 * len(index):  # less to convert, and then half to copy
        converted = table.new_empty(n_rows + 1, table.shape[1], dtype=dtype)
        converted[:-1].copy_(table)
        converted[-1].fill_(beyond)
        return converted.index_select(0, index)
    rows = table.index_select(0, index.clamp(max=n_rows - 1)).to(dtype)
    return rows.masked_fill_((index == n_rows)[:, None], beyond)


def calibration_transform(cov, smoothed_cov, clip=None):
    """Return Sigma~_b^(1/2) Sigma_b^(-1/2) of each bin, float64: factors, or matrices.

    A direction in which Sigma_b has no variance can't be whitened. It takes the
    variance of Sigma~_b, so that what lies along it keeps its length. `cov` and
    `smoothed_cov` are [B, D] or [B, D, D]; `clip` bounds the squared singular values.
    """
    if cov.shape != smoothed_cov.shape or cov.ndim not in (2, 3):
        raise ValueError(
            f"cov and smoothed_cov must both be [B, D] or [B, D, D], "
            f"but got {list(cov.shape)} and {list(smoothed_cov.shape)}"
        )
    check_clip(clip)
    low, high = clip if clip is not None else (0.0, float("inf"))
    cov, smoothed_cov = cov.double(), smoothed_cov.double()
    if cov.ndim == 2:
        ratio = torch.where(cov > 0, smoothed_cov / cov, 1.0)
        return ratio.clamp(low, high).sqrt()
    out = torch.empty_like(cov)
    parts = (tensor.split(BINS) for tensor in (out, cov, smoothed_cov))
    for part, own, target in zip(*parts, strict=True):
        part.copy_(_matrix_transform(own, target, low, high))
    return out


def _matrix_transform(cov, smoothed_cov, low, high):
    values, vectors = torch.linalg.eigh(smoothed_cov)
    # Almost nothing instead of nothing: what is flat in both matrices stays as it is.
    values = torch.maximum(values, (values[:, -1:] * FLAT).clamp(min=TINY))
    spread, directions = torch.linalg.eigh(cov)
    flat = spread <= (spread[:, -1:] * FLAT).clamp(min=TINY)
    if flat.any():
        outside = _compose(directions, flat.double())
        cov = cov + outside @ _compose(vectors, values) @ outside
        spread, directions = torch.linalg.eigh(cov)
    whiten = _compose(directions, spread.clamp(min=TINY).rsqrt())
    transform = _compose(vectors, values.sqrt()) @ whiten
    if (low, high) == (0.0, float("inf")):
        return transform
    return _clipped(transform, low, high)


def _clipped(matrices, low, high):
    """Bound the squared singular values of matrices [B, D, D]."""
    squares, vectors = torch.linalg.eigh(matrices.mT @ matrices)
    ratio = squares.clamp(low, high) / squares.clamp(min=TINY)
    clipped = matrices @ _compose(vectors, ratio.sqrt())
    # Twice as fast as singular values, but the product has lost the small ones of those
    # matrices whose values lie far apart.
    apart = squares[:, 0] < squares[:, -1] * 1e-8
    if apart.any():
        u, s, vh = _svd(matrices[apart])
        clipped[apart] = (u * s.clamp(low**0.5, high**0.5)[:, None, :]) @ vh
    return clipped


def _svd(matrices):
    try:
        return torch.linalg.svd(matrices)
    except torch.linalg.LinAlgError:
        # LAPACK's fast driver gives up on a matrix now and then; its slow one doesn't.
        found = (svd(m, lapack_driver="gesvd") for m in matrices.cpu().numpy())
        parts = zip(*found, strict=True)
        return [torch.from_numpy(np.stack(p)).to(matrices.device) for p in parts]


def check_clip(clip):
    """Refuse a `clip` that isn't None or a range around 1."""
    if clip is not None and not (
        np.shape(clip) == (2,) and 0 < clip[0] <= 1 <= clip[1]
    ):
        raise ValueError(
            f"clip must be None or (low, high) with 0 < low <= 1 <= high, but got "
            f"{clip!r}"
        )


def matrix_sqrt(matrix):
    """Return the symmetric square root of symmetric positive matrices, [..., D, D]."""
    values, vectors = torch.linalg.eigh(matrix)
    return _compose(vectors, values.clamp(min=0).sqrt())


def _compose(vectors, values):
    return (vectors * values[..., None, :]) @ vectors.mT
