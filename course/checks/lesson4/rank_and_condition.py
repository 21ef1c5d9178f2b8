"""Exercise 4.6: the rank and the condition number of a covariance matrix."""

import numpy as np

from course.checks.compare import as_array
from course.checks.exercise import Exercise, Part
from course.checks.lesson3.outputs import by_output
from course.checks.slips import Slip

rng = np.random.default_rng(35)


def _rank_and_condition(covariance):
    values = np.linalg.eigvalsh(covariance)
    zero = values <= 1e-10 * values[-1]
    rank = int((~zero).sum())
    condition = np.inf if zero.any() else values[-1] / values[0]
    return rank, condition


def _outputs(answer):
    """By output, where a condition number that only rounding makes finite is infinite.

    By an eigenvalue that should be 0, it is infinite on one processor, 1e16 or -1e17 on
    another: no cause can be told from that.
    """

    def rounded(covariance):
        got = answer(covariance)
        if not isinstance(got, tuple | list) or len(got) != 2:
            return got
        rank, condition = got
        number = as_array(condition)
        if number is not None and number.ndim == 0 and number.dtype.kind == "f":
            condition = np.inf if abs(number) > 1e14 else condition
        return rank, condition

    return by_output("rank", "condition")(rounded)


def _sample(n, dim, scale):
    return scale * np.cov(rng.normal(0, 1, (n, dim)), rowvar=False)


# An eigenvalue that counts as zero is about 5e-11 times the largest. That is far above
# rounding: each way to it gives the same sign and the same first digits. Two are less:
# 1.5e-15 lies between rounding and the limit of np.linalg.matrix_rank, and the 0 on
# `_negative`'s diagonal is neither the smallest nor the largest of its eigenvalues.
_matrices = [
    np.array([[2.0, 0.0], [0.0, 8.0]]),
    np.array([[1.0, 1.0], [1.0, 1.0 + 3e-10]]),
    np.array([[3.0]]),
    np.diag([4.0, 9.0, 1.0]),
    _sample(40, 5, 1.0),
    _sample(40, 3, 1e-13),
    np.diag([1e-9, 1.0]),
    np.array([[12.0, 6.0], [6.0, 3.0 + 9e-10]]),
    np.diag([1.0, 5e-11]),
    np.diag([2e6, 3.0, 1e-4]),
]
_wide = np.diag([1.0] * 40 + [1.5e-15] + [1.0] * 23)
_negative = np.diag([1.0, 0.0, -5e-11])  # as rounding leaves it, but larger
_UNGUARDED = ("np.inf if zero.any() else ", "")
_REVERSED = ("values[-1] / values[0]", "values[0] / values[-1]")
_EIG = ("    condition", "    values = np.linalg.eig(covariance)[0]\n    condition")
# fmt: off
PARTS = [
    Part("rank", 1, [(m, "rank") for m in (*_matrices, _wide)]),
    Part("condition number", 1,
         [(m, "condition") for m in (*_matrices, _negative)]),
]
WRONG = [
    Slip(("rank, condition", "rank, np.linalg.cond(covariance)"),
         "np.linalg.cond has no threshold, and gives 1e16 for a singular matrix: "
         "give infinity when the smallest eigenvalue counts as zero"),
    Slip(_UNGUARDED, "your condition number has no threshold: it is infinite when "
         "the smallest eigenvalue is at most 1e-10 times the largest"),
    Slip(("rank, condition",
          "np.linalg.matrix_rank(covariance), np.linalg.cond(covariance)"),
         "np.linalg.matrix_rank and np.linalg.cond know nothing of the 1e-10: "
         "compare the eigenvalues with 1e-10 times the largest"),
    Slip(("1e-10 * values[-1]", "0"),
         "an eigenvalue that should be 0 comes out as 1e-17 or so: compare it with "
         "1e-10 times the largest, not with 0 and not with NumPy's own limit"),
    Slip(("rank, condition", "np.linalg.matrix_rank(covariance), condition"),
         "np.linalg.matrix_rank has a smaller limit of its own: count the "
         "eigenvalues above 1e-10 times the largest"),
    Slip(("1e-10 * values[-1]", "1e-10"), "1e-10 alone is no limit, because features "
         "may be tiny or huge: compare with 1e-10 times the largest eigenvalue"),
    Slip(("1e-10 * values[-1]", "1e-10"), _UNGUARDED,
         "compare each eigenvalue with 1e-10 times the largest, not with 1e-10, "
         "and give infinity when the smallest counts as zero"),
    Slip(("rank, condition", "len(covariance), condition"),
         "that is the size of the matrix: its rank counts the eigenvalues above 0"),
    Slip(("rank, condition", "len(covariance), condition"), _UNGUARDED,
         "count only the eigenvalues above 1e-10 times the largest, and give "
         "infinity when the smallest is not one of them"),
    Slip(_REVERSED, "the ratio is upside down: divide the largest by the smallest; "
         "eigvalsh sorts the eigenvalues from small to large"),
    Slip(_REVERSED, _UNGUARDED, "you divide the smallest by the largest: eigvalsh "
         "sorts the eigenvalues from small to large"),
    Slip(("1e-10 * values[-1]", "1e-10 * values[0]"), _REVERSED, "you take the first "
         "eigenvalue for the largest: eigvalsh sorts them from small to large"),
    Slip(("1e-10 * values[-1]", "1e-10 * values[0]"), _REVERSED,
         ("zero.any()", "zero[-1]"), "you take the first eigenvalue for the "
         "largest, but eigvalsh sorts in ascending order: the largest is the last"),
    Slip(_UNGUARDED, ("/ values[0]", "/ values[~zero][0]"),
         "you leave the zero eigenvalues out of the ratio: with one of them the "
         "condition number is infinite"),
    Slip(_EIG, "np.linalg.eig doesn't sort the eigenvalues: use eigvalsh, or max "
         "and min"),
    Slip(_EIG, _REVERSED, "the eigenvalues of np.linalg.eig don't begin with the "
         "largest, they are not sorted: use max and min"),
    Slip(("eigvalsh(covariance)", "eig(covariance)[0]"), ("zero.any()", "zero[0]"),
         "the first and the last value of np.linalg.eig are not the smallest and "
         "the largest: use eigvalsh"),
    Slip(("np.linalg.eigvalsh(covariance)", "np.sort(np.diag(covariance))"),
         "those are the variances, on the diagonal: take the eigenvalues"),
    Slip(("(~zero).sum()", "(np.diag(covariance) "
          "> 1e-10 * np.diag(covariance).max()).sum()"),
         "you count features with a variance: the rank counts eigenvalues"),
    Slip(("values[-1] / values[0]", "np.sqrt(values[-1] / values[0])"),
         "don't take the root: it is the ratio of the eigenvalues themselves"),
    Slip(("np.inf", "np.nan"),
         "the condition number of a singular matrix is infinity, not NaN"),
    Slip(("np.inf", "0.0"),
         "0 would be better than any other condition number: give infinity"),
    Slip(("rank, condition", "rank, np.linalg.norm(covariance, 2) "
          "* np.linalg.norm(np.linalg.inv(covariance), 2)"),
         "a singular matrix has no inverse: use the eigenvalues"),
    Slip(("rank, condition", "condition, rank"),
         "the rank comes first: return rank, condition"),
]
# Of a condition number of 1e10, rounding leaves about six digits.
rank_and_condition = Exercise(
    "4.6", "rank_and_condition", _rank_and_condition, PARTS, WRONG,
    rtol=1e-4, adapt=_outputs
)
