"""Exercise 4.8: the symmetric square root of a matrix."""

import math

import torch

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

generator = torch.Generator().manual_seed(43)


def _root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    roots = values.clamp(min=0).sqrt()
    return vectors * roots[..., None, :] @ vectors.mT


def _rotated(values, angle):
    """A matrix with these eigenvalues and turned axes."""
    c, s = math.cos(angle), math.sin(angle)
    axes = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    return axes * torch.tensor(values, dtype=torch.float64) @ axes.mT


def _random(*shape):
    root = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return root @ root.mT + 0.1 * torch.eye(shape[-1], dtype=torch.float64)


_result = "vectors * roots[..., None, :] @ vectors.mT"
# fmt: off
PARTS = [
    Part("one matrix", 1, [
        (_rotated([4.0, 9.0], 0.0),),
        (_rotated([1.0, 9.0], 0.5),),
        (_random(4, 4),),
    ]),
    # The eigenvalues below 0 are small enough to count as 0, and large enough that
    # rounding changes neither their sign nor a Cholesky factor.
    Part("batches, and matrices with a zero eigenvalue", 1, [
        (torch.stack([_rotated([4.0, 0.25], a) for a in (0.2, 1.0, 2.0)]),),
        (_random(2, 1, 3, 3),),
        (_rotated([1.0, -1e-15], 0.0),),
        (_rotated([2.0, -3e-13], 0.5),),
    ]),
]
WRONG = [
    Slip((_result, "matrix.sqrt()"), "you take the root of each entry: the root of "
         "a matrix needs its eigenvalues"),
    Slip((_result, "matrix.clamp(min=0).sqrt()"), "entries below 0 belong to the "
         "matrix: take the roots of its eigenvalues, not of its entries"),
    Slip((_result, "matrix.sign() * matrix.abs().sqrt()"), "you take the root of "
         "each entry, with its sign: the root of a matrix needs its eigenvalues"),
    Slip((".clamp(min=0)", ""), "the root of a tiny negative eigenvalue is NaN: "
         "clamp the eigenvalues to 0 first"),
    Slip((" @ vectors.mT", ""), "V times the roots is not symmetric yet: multiply "
         "by the transposed V on the right"),
    Slip((_result, "torch.linalg.cholesky(matrix)"), "the Cholesky factor is "
         "triangular, and fails on a singular matrix: the symmetric root comes "
         "from torch.linalg.eigh"),
    Slip((_result, "torch.linalg.cholesky(matrix).mT"), "the transposed Cholesky "
         "factor is triangular too, and fails on a singular matrix: take the "
         "eigenvalues of torch.linalg.eigh"),
    *(
        Slip((_result, "torch.linalg.cholesky(matrix + "
              f"{jitter} * torch.eye(matrix.shape[-1], dtype=matrix.dtype))"),
             f"a Cholesky factor is triangular, with {jitter:g} added or without: "
             "the symmetric root comes from torch.linalg.eigh")
        for jitter in (1e-12, 1e-10, 1e-9, 1e-8, 1e-6, 1e-5, 1e-4)
    ),
    Slip((_result, "torch.diag_embed(matrix.diagonal(dim1=-2, dim2=-1).sqrt())"),
         "only the diagonal is used: what stands beside it belongs to the matrix, "
         "so take the eigenvalues"),
    Slip(("vectors.mT", "vectors.T"),
         ".T reverses all axes of a batch: .mT transposes each matrix"),
    Slip(("* roots[..., None, :]", "@ torch.diag(roots)"), "torch.diag makes one "
         "matrix, and takes the diagonal of a batch: for batches, "
         "torch.diag_embed, or scale the columns of V"),
    Slip(("[..., None, :]", ""), "roots [..., D] beside V [..., D, D] line up with "
         "the wrong axis in a batch: make them [..., 1, D]"),
    Slip((".sqrt()", ""), "V diag(L) V^T is the matrix again: take the roots of "
         "the eigenvalues"),
    Slip((_result, "matrix @ matrix"), "that is the square: the result times "
         "itself must give the matrix"),
    Slip(("sqrt()", "rsqrt()"), "that is the inverse root: the roots of the "
         "eigenvalues stand in the numerator"),
    Slip((_result, "vectors.mT * roots[..., None, :] @ vectors"), "V is transposed on "
         "the wrong side: its *columns* are the eigenvectors, so V stands on the left"),
    Slip(("None, :]", ":, None]"), "only the roots are left, on a diagonal: scale "
         "the *columns* of V, which are the eigenvectors, then multiply by V^T"),
    Slip((_result, "torch.diag_embed("
          "matrix.diagonal(dim1=-2, dim2=-1).clamp(min=0).sqrt())"), "the entries "
         "beside the diagonal are lost: a root of the diagonal is not enough"),
    Slip(("min=0", "min=1e-6"), "tiny eigenvalues must count as 0: clamp at 0 itself"),
]
matrix_sqrt = Exercise("4.8", "matrix_sqrt", _root, PARTS, WRONG, rtol=1e-4)
