"""Three ways to keep a covariance per bin, with the same operations on each.

A kind is a table of functions over one tensor per bin: variances [B, D], matrices
[B, D, D], or the rows of :mod:`dirlib.fds.low_rank`. What is written for one kind
works for all; only this table tells them apart.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.distributed as dist

from dirlib.fds import low_rank
from dirlib.fds.calibration import apply_factors, apply_matrices, calibration_transform
from dirlib.fds.grouping import blocks

# Rows of a bin that are multiplied at a time: enough for speed, little memory.
ROWS = 64
# Covariances that need more memory are refused: an error that names the cure is
# better than a machine that swaps.
MOST_BYTES = 4 * 2**30


def column(per_bin, like):
    """[B] as [B, 1] or [B, 1, 1], to stand beside `like`."""
    return per_bin.reshape(-1, *[1] * (like.ndim - 1))


def mix(first, *others):
    """Return the sum of weight [B] * values [B, ...] over terms (weight, values)."""
    weight, values = first
    total = column(weight, values) * values
    for weight, values in others:
        total.addcmul_(column(weight, values), values)
    return total


def _reduce(scatter):
    total = scatter.clone()
    dist.all_reduce(total)
    return total


def _add_outer(scatter, index, rows):
    for bins, block in blocks(index, rows, ROWS):
        scatter.index_add_(0, bins, block.mT @ block)


class Kind(NamedTuple):
    """The operations on one kind of covariance; B bins, D features."""

    shape: Callable  # (D, rank) -> the shape of one bin's tensor
    variances: Callable  # (cov) -> its diagonals, [B, D]
    dense: Callable | None  # (cov) -> [B, D, D]
    add_rows: Callable  # (scatter, index, rows): adds each row^T row, in place
    identity: Callable  # (B, D, rank) -> the transform that changes nothing
    apply: Callable  # (transform, shift, index, z) -> T_b z + shift_b, [N, D]
    transform: Callable = calibration_transform  # (cov, smoothed_cov, clip)
    mix: Callable = mix
    smooth: Callable = lambda cov, smoother: smoother(cov)
    reduce: Callable = _reduce  # (scatter) -> the sum over all processes


KINDS = {
    "diagonal": Kind(
        shape=lambda dim, rank: (dim,),
        variances=lambda cov: cov,
        dense=None,
        add_rows=lambda scatter, index, rows: scatter.index_add_(0, index, rows**2),
        identity=lambda n_bins, dim, rank: torch.ones(n_bins, dim).double(),
        apply=apply_factors,
    ),
    "full": Kind(
        shape=lambda dim, rank: (dim, dim),
        variances=lambda cov: cov.diagonal(dim1=1, dim2=2),
        dense=lambda cov: cov,
        add_rows=_add_outer,
        identity=lambda n_bins, dim, rank: torch.eye(dim).double().repeat(n_bins, 1, 1),
        apply=apply_matrices,
    ),
    "low_rank": Kind(
        shape=lambda dim, rank: (rank + 1, dim),
        variances=lambda cov: cov[:, -1],
        dense=low_rank.dense,
        add_rows=low_rank.add_rows,
        identity=low_rank.identity,
        apply=low_rank.apply,
        transform=low_rank.transform,
        mix=low_rank.mix,
        smooth=low_rank.smooth,
        reduce=low_rank.reduce,
    ),
}


def check_memory(feature_dim, n_bins, covariance, rank):
    """Refuse covariances that need more memory than `MOST_BYTES`."""
    # Measured: that many float64 numbers for each feature of a bin at a time.
    numbers = {"diagonal": 0, "full": 9 * feature_dim, "low_rank": 23 * rank}
    needed = 8 * n_bins * feature_dim * numbers[covariance]
    if needed > MOST_BYTES:
        cure = "a smaller rank" if covariance == "low_rank" else 'covariance="low_rank"'
        raise ValueError(
            f"{covariance} covariances of {n_bins} bins and {feature_dim} features "
            f"need about {needed / 2**30:.1f} GiB: use {cure}, "
            f'covariance="diagonal", or a linear layer to fewer features in front'
        )
