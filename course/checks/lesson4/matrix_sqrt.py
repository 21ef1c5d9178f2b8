"""Exercise 4.3: the symmetric square root of a matrix."""

import torch

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.fds import calibration

generator = torch.Generator().manual_seed(43)


def _from_roots(combine):
    """Another way to put the eigenvectors and the roots of the eigenvalues together."""

    def answer(matrix):
        values, vectors = torch.linalg.eigh(matrix)
        return combine(values.clamp(min=0).sqrt(), vectors)

    return answer


def _from_values(function):
    """Another function of the eigenvalues."""

    def answer(matrix):
        values, vectors = torch.linalg.eigh(matrix)
        return vectors * function(values)[..., None, :] @ vectors.mT

    return answer


def _cholesky_plus(jitter):
    """The Cholesky factor with a little added, so that it exists."""

    def answer(matrix):
        identity = torch.eye(matrix.shape[-1], dtype=matrix.dtype)
        return torch.linalg.cholesky(matrix + jitter * identity)

    return answer


def _rotated(values, angle):
    """A matrix with these eigenvalues and turned axes."""
    c, s = torch.tensor(angle).cos(), torch.tensor(angle).sin()
    axes = torch.stack([torch.stack([c, -s]), torch.stack([s, c])]).double()
    return axes * torch.tensor(values, dtype=torch.float64) @ axes.mT


def _random(*shape):
    root = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return root @ root.mT + 0.1 * torch.eye(shape[-1], dtype=torch.float64)


def _double(rows):
    return torch.tensor(rows, dtype=torch.float64)


matrix_sqrt = Exercise(
    "4.3",
    "matrix_sqrt",
    calibration.matrix_sqrt,
    parts=[
        Part(
            "one matrix",
            1,
            [
                (_double([[4.0, 0.0], [0.0, 9.0]]),),
                (_rotated([1.0, 9.0], 0.5),),
                (_random(4, 4),),
            ],
        ),
        Part(
            "batches, and matrices with a zero eigenvalue",
            1,
            [
                (torch.stack([_rotated([4.0, 0.25], a) for a in (0.2, 1.0, 2.0)]),),
                (_random(2, 1, 3, 3),),
                (_double([[1.0, 0.0], [0.0, -1e-15]]),),
                (_double([[1.0, 1.0], [1.0, 1.0]]),),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda matrix: matrix.sqrt(),
            "you take the root of each entry: the root of a matrix needs its "
            "eigenvalues",
        ),
        Wrong(
            lambda matrix: matrix.clamp(min=0).sqrt(),
            "entries below 0 belong to the matrix: take the roots of its eigenvalues, "
            "not of its entries",
        ),
        Wrong(
            lambda matrix: matrix.sign() * matrix.abs().sqrt(),
            "you take the root of each entry, with its sign: the root of a matrix "
            "needs its eigenvalues",
        ),
        Wrong(
            _from_values(torch.sqrt),
            "the root of a tiny negative eigenvalue is NaN: clamp the eigenvalues to 0 "
            "first",
        ),
        Wrong(
            _from_roots(lambda roots, v: v * roots[..., None, :]),
            "V times the roots is not symmetric yet: multiply by the transposed V on "
            "the right",
        ),
        Wrong(
            torch.linalg.cholesky,
            "the Cholesky factor is triangular, and fails on a singular matrix: the "
            "symmetric root comes from torch.linalg.eigh",
        ),
        Wrong(
            lambda matrix: torch.linalg.cholesky(matrix).mT,
            "the transposed Cholesky factor is triangular too, and fails on a singular "
            "matrix: take the eigenvalues of torch.linalg.eigh",
        ),
        *(
            Wrong(
                _cholesky_plus(jitter),
                f"a Cholesky factor is triangular, with {jitter:g} added or without: "
                "the symmetric root comes from torch.linalg.eigh",
            )
            for jitter in (1e-12, 1e-10, 1e-9, 1e-8, 1e-6, 1e-5, 1e-4)
        ),
        Wrong(
            lambda matrix: torch.diag_embed(matrix.diagonal(dim1=-2, dim2=-1).sqrt()),
            "only the diagonal is used: what stands beside it belongs to the matrix, "
            "so take the eigenvalues",
        ),
        Wrong(
            _from_roots(lambda roots, v: v * roots[..., None, :] @ v.T),
            ".T reverses all axes of a batch: .mT transposes each matrix",
        ),
        Wrong(
            _from_roots(lambda roots, v: v @ torch.diag(roots) @ v.mT),
            "torch.diag makes one matrix, and takes the diagonal of a batch: for "
            "batches, torch.diag_embed, or scale the columns of V",
        ),
        Wrong(
            _from_roots(lambda roots, v: v * roots @ v.mT),
            "roots [..., D] beside V [..., D, D] line up with the wrong axis in a "
            "batch: make them [..., 1, D]",
        ),
        Wrong(
            _from_values(lambda values: values.clamp(min=0)),
            "V diag(L) V^T is the matrix again: take the roots of the eigenvalues",
        ),
        Wrong(
            lambda matrix: matrix @ matrix,
            "that is the square: the result times itself must give the matrix",
        ),
        Wrong(
            _from_values(lambda values: values.clamp(min=0).rsqrt()),
            "that is the inverse root: the roots of the eigenvalues stand in the "
            "numerator",
        ),
        Wrong(
            _from_roots(lambda roots, v: v.mT * roots[..., None, :] @ v),
            "V is transposed on the wrong side: its *columns* are the eigenvectors, so "
            "V stands on the left",
        ),
        Wrong(
            _from_roots(lambda roots, v: roots[..., :, None] * v @ v.mT),
            "only the roots are left, on a diagonal: scale the *columns* of V, which "
            "are the eigenvectors, then multiply by V^T",
        ),
        Wrong(
            lambda matrix: torch.diag_embed(
                matrix.diagonal(dim1=-2, dim2=-1).clamp(min=0).sqrt()
            ),
            "the entries beside the diagonal are lost: a root of the diagonal is not "
            "enough",
        ),
        Wrong(
            _from_values(lambda values: values.clamp(min=1e-6).sqrt()),
            "tiny eigenvalues must count as 0: clamp at 0 itself",
        ),
    ],
    rtol=1e-4,
)
