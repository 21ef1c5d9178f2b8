"""Exercise 1.5: the geometric mean of the absolute errors."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from dirlib import metrics

rng = np.random.default_rng(15)


def _errors(n, scale):
    y = rng.integers(0, 101, n).astype(float)
    return y, y + scale * rng.standard_t(3, n)


def _thousands():
    y, y_hat = _errors(5000, 8)
    y_hat[0] = y[0] + 1e-5  # smaller than eps, but not 0
    return y, y_hat


def _gm_of(change):
    """The geometric mean of change(y - y_hat, eps)."""
    return lambda y, y_hat, eps: np.exp(np.log(change(y - y_hat, eps)).mean())


def _from(score):
    """A score of the absolute errors, those below eps lifted to eps."""
    return lambda y, y_hat, eps: score(np.maximum(np.abs(y - y_hat), eps))


geometric_mean = Exercise(
    "1.5",
    "geometric_mean",
    lambda y, y_hat, eps: metrics.gm(y, y_hat, eps=eps),
    parts=[
        Part(
            "a handful of errors",
            1,
            [
                (np.array([10.0, 20.0]), np.array([11.0, 24.0]), 1e-3),
                (*_errors(7, 5), 1e-3),
                (np.array([50.0]), np.array([42.0]), 1e-3),
            ],
        ),
        Part(
            "thousands of errors, and errors of exactly 0",
            1,
            [
                (*_thousands(), 1e-3),
                (np.array([10.0, 20.0, 30.0]), np.array([10.0, 21.0, 39.0]), 1e-3),
                (np.array([5.0, 5.0]), np.array([5.0, 5.0]), 1e-2),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda y, y_hat, eps: np.abs(y - y_hat).mean(),
            "that is the arithmetic mean: the geometric one is exp(mean(log(errors)))",
        ),
        Wrong(
            _from(lambda e: np.prod(e) ** (1 / len(e))),
            "the product of thousands of errors overflows: sum their logarithms",
        ),
        Wrong(
            lambda y, y_hat, eps: np.prod(np.abs(y - y_hat)) ** (1 / len(y)),
            "the product of thousands of errors overflows, and one 0 makes it 0: lift "
            "the errors to eps, and sum their logarithms",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.abs(e)),
            "one error of exactly 0 makes the result 0: lift errors below eps to eps",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.abs(e) + eps),
            "adding eps changes every error: use np.maximum(error, eps), which touches "
            "only the tiny ones",
        ),
        Wrong(
            _from(lambda e: np.log(e).mean()),
            "you return the mean of the logarithms: take np.exp of it at the end",
        ),
        Wrong(
            _from(np.mean),
            "exp and log undo each other here, which leaves the arithmetic mean: take "
            "the mean of the logarithms",
        ),
        Wrong(
            _from(lambda e: np.exp(np.log10(e).mean())),
            "np.log10 and np.exp don't undo each other: use np.log with np.exp",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.where(e == 0, eps, np.abs(e))),
            "you lift only errors of exactly 0: all that are smaller than eps count as "
            "eps",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.abs(e)[np.abs(e) > eps]),
            "you leave the tiny errors out: they count, as eps",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.abs(e)[np.abs(e) > 0]),
            "you leave the errors of 0 out: they count, as eps",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.maximum(e, eps)),
            "the absolute value is missing: each prediction that is too high counts as "
            "eps",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.maximum(-e, eps)),
            "the absolute value is missing: each prediction that is too low counts as "
            "eps",
        ),
        Wrong(
            _from(lambda e: np.exp(np.log(e).sum())),
            "that is the product, without its N-th root: take the mean of the "
            "logarithms, not their sum",
        ),
        Wrong(
            lambda y, y_hat, eps: max(np.exp(np.log(np.abs(y - y_hat)).mean()), eps),
            "eps comes too late: lift each error before the logarithm, not the result",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.maximum(np.abs(e), 1e-6)),
            "your eps is fixed: use the argument",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.minimum(np.abs(e), eps)),
            "np.minimum makes all errors tiny: it is np.maximum that lifts the small "
            "ones",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.maximum(e**2, eps)),
            "those are squared errors: take absolute values",
        ),
        Wrong(
            _gm_of(lambda e, eps: max(np.abs(e), eps)),
            "Python's max looks for the one largest thing: you need the larger of two, "
            "element by element, so np.maximum",
        ),
        Wrong(
            _gm_of(lambda e, eps: np.max(np.abs(e), eps)),
            "np.max looks for the one largest number of an array: the larger of two, "
            "element by element, is np.maximum",
        ),
        Wrong(
            _from(lambda e: np.prod(e) ** 1 / len(e)),
            "`** 1 / n` is `(** 1) / n`: put the exponent in parentheses, and sum "
            "logarithms, as a product of thousands of errors overflows",
        ),
        Wrong(
            _from(lambda e: np.sqrt(np.prod(e))),
            "the square root is for two errors: for N take the N-th root",
        ),
    ],
)
