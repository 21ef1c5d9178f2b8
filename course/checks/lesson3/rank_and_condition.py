"""Exercise 3.5: the rank and the condition number of a covariance matrix."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.lesson3.outputs import by_output

rng = np.random.default_rng(35)


def _rank(covariance):
    values = np.linalg.eigvalsh(covariance)
    return int((values > 1e-10 * values[-1]).sum())


def _ratio(covariance):
    values = np.linalg.eigvalsh(covariance)
    return values[-1] / values[0]


def _guarded(condition, otherwise=np.inf):
    """A condition number of matrices of full rank."""
    return lambda c: condition(c) if _rank(c) == len(c) else otherwise


_condition = _guarded(_ratio)


def _both(rank=_rank, condition=_condition):
    return lambda covariance: (rank(covariance), condition(covariance))


def _from(values, limit):
    """Rank and condition from other values, or with another limit for zeros."""

    def answer(covariance):
        w = values(covariance)
        zero = w <= limit(w)
        return int((~zero).sum()), np.inf if zero.any() else w.max() / w.min()

    return answer


def _absolute_rank(covariance):
    return int((np.linalg.eigvalsh(covariance) > 1e-10).sum())


def _as_if_descending(covariance):
    values = np.linalg.eigvalsh(covariance)
    rank = int((values > 1e-10 * values[0]).sum())
    return rank, values[0] / values[-1] if rank == len(values) else np.inf


def _descending_to_the_end(covariance):
    values = np.linalg.eigvalsh(covariance)
    rank = int((values > 1e-10 * values[0]).sum())
    small = values[-1] <= 1e-10 * values[0]
    return rank, np.inf if small else values[0] / values[-1]


def _of_the_rest(covariance):
    values = np.linalg.eigvalsh(covariance)
    rest = values[values > 1e-10 * values[-1]]
    return rest[-1] / rest[0]


def _unsorted_ratio(covariance):
    values = np.linalg.eig(covariance)[0]
    return values[-1] / values[0]


def _unsorted(covariance):
    values = np.linalg.eig(covariance)[0]
    rank = int((values > 1e-10 * values[-1]).sum())
    small = values[0] <= 1e-10 * values[-1]
    return rank, np.inf if small else values[-1] / values[0]


def _by_inverse(covariance):
    return np.linalg.norm(covariance, 2) * np.linalg.norm(np.linalg.inv(covariance), 2)


def _sample(n, dim, scale):
    return scale * np.cov(rng.normal(0, 1, (n, dim)), rowvar=False)


# The zeros are exact, or far larger than rounding: so each way to an eigenvalue gives
# the same wrong number, and the check knows it.
_dead = np.zeros((4, 4))
_dead[::2, ::2] = [[5.0, 2.0], [2.0, 3.0]]
_matrices = [
    np.array([[2.0, 0.0], [0.0, 8.0]]),
    np.array([[1.0, 1.0], [1.0, 1.0]]),
    np.array([[3.0]]),
    np.diag([4.0, 9.0, 1.0]),
    _sample(40, 5, 1.0),
    _sample(40, 3, 1e-13),
    np.diag([1e-9, 1.0]),
    np.array([[12.0, 6.0], [6.0, 3.0]]),
    np.diag([1.0, 1e-11]),
    np.diag([2e6, 3.0, 1e-6]),
    _dead,
]
rank_and_condition = Exercise(
    "3.5",
    "rank_and_condition",
    _both(),
    parts=[
        Part("rank", 1, [(m, "rank") for m in _matrices]),
        Part("condition number", 1, [(m, "condition") for m in _matrices]),
    ],
    wrong=[
        Wrong(
            _both(condition=np.linalg.cond),
            "np.linalg.cond has no threshold, and gives 1e16 for a singular matrix: "
            "give infinity when the smallest eigenvalue counts as zero",
        ),
        Wrong(
            _both(condition=_ratio),
            "your condition number has no threshold: it is infinite when the smallest "
            "eigenvalue is at most 1e-10 times the largest",
        ),
        Wrong(
            _both(np.linalg.matrix_rank, np.linalg.cond),
            "np.linalg.matrix_rank and np.linalg.cond know nothing of the 1e-10: "
            "compare the eigenvalues with 1e-10 times the largest",
        ),
        Wrong(
            _from(np.linalg.eigvalsh, lambda w: 0),
            "an eigenvalue that should be 0 comes out as 1e-17 or so: compare it with "
            "1e-10 times the largest, not with 0 and not with NumPy's own limit",
        ),
        Wrong(
            _both(rank=np.linalg.matrix_rank),
            "np.linalg.matrix_rank has a smaller limit of its own: count the "
            "eigenvalues above 1e-10 times the largest",
        ),
        Wrong(
            _from(np.linalg.eigvalsh, lambda w: 1e-10),
            "1e-10 alone is no limit, because features may be tiny or huge: compare "
            "with 1e-10 times the largest eigenvalue",
        ),
        Wrong(
            _both(_absolute_rank, _ratio),
            "compare each eigenvalue with 1e-10 times the largest, not with 1e-10, and "
            "give infinity when the smallest counts as zero",
        ),
        Wrong(
            _both(rank=len),
            "that is the size of the matrix: its rank counts the eigenvalues above 0",
        ),
        Wrong(
            _both(rank=len, condition=_ratio),
            "count only the eigenvalues above 1e-10 times the largest, and give "
            "infinity when the smallest is not one of them",
        ),
        Wrong(
            _both(condition=_guarded(lambda c: 1 / _ratio(c))),
            "the ratio is upside down: divide the largest by the smallest; eigvalsh "
            "sorts the eigenvalues from small to large",
        ),
        Wrong(
            _both(condition=lambda c: 1 / _ratio(c)),
            "you divide the smallest by the largest: eigvalsh sorts the eigenvalues "
            "from small to large",
        ),
        Wrong(
            _as_if_descending,
            "you take the first eigenvalue for the largest: eigvalsh sorts them from "
            "small to large",
        ),
        Wrong(
            _descending_to_the_end,
            "you take the first eigenvalue for the largest, but eigvalsh sorts in "
            "ascending order: the largest is the last",
        ),
        Wrong(
            _both(condition=_of_the_rest),
            "you leave the zero eigenvalues out of the ratio: with one of them the "
            "condition number is infinite",
        ),
        Wrong(
            _both(condition=_guarded(_unsorted_ratio)),
            "np.linalg.eig doesn't sort the eigenvalues: use eigvalsh, or max and min",
        ),
        Wrong(
            _both(condition=_guarded(lambda c: 1 / _unsorted_ratio(c))),
            "the eigenvalues of np.linalg.eig don't begin with the largest, they are "
            "not sorted: use max and min",
        ),
        Wrong(
            _unsorted,
            "the first and the last value of np.linalg.eig are not the smallest and "
            "the largest: use eigvalsh",
        ),
        Wrong(
            _from(np.diag, lambda w: 1e-10 * w.max()),
            "those are the variances, on the diagonal: take the eigenvalues",
        ),
        Wrong(
            _both(rank=lambda c: int((np.diag(c) > 1e-10 * np.diag(c).max()).sum())),
            "you count features with a variance: the rank counts eigenvalues",
        ),
        Wrong(
            _both(condition=_guarded(lambda c: np.sqrt(_ratio(c)))),
            "don't take the root: it is the ratio of the eigenvalues themselves",
        ),
        Wrong(
            _both(condition=_guarded(_ratio, np.nan)),
            "the condition number of a singular matrix is infinity, not NaN",
        ),
        Wrong(
            _both(condition=_guarded(_ratio, 0.0)),
            "0 would be better than any other condition number: give infinity",
        ),
        Wrong(
            _both(condition=_by_inverse),
            "a singular matrix has no inverse: use the eigenvalues",
        ),
        Wrong(
            _both(_condition, _rank),
            "the rank comes first: return rank, condition",
        ),
    ],
    adapt=by_output("rank", "condition"),
)
