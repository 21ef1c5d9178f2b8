"""Exercise 1.6: the geometric mean of the absolute errors."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

rng = np.random.default_rng(15)


def _geometric_mean(y, y_hat, eps):
    error = np.abs(y - y_hat)
    lifted = np.maximum(error, eps)
    return np.exp(np.log(lifted).mean())


def _errors(n, scale):
    y = rng.integers(0, 101, n).astype(float)
    return y, y + scale * rng.standard_t(3, n)


def _thousands():
    y, y_hat = _errors(5000, 8)
    y_hat[0] = y[0] + 1e-5  # smaller than eps, but not 0
    return y, y_hat


_score = "np.exp(np.log(lifted).mean())"
# fmt: off
PARTS = [
    Part("a handful of errors", 1, [
        (np.array([10.0, 20.0]), np.array([11.0, 24.0]), 1e-3),
        (*_errors(7, 5), 1e-3),
        (np.array([50.0]), np.array([42.0]), 1e-3),
    ]),
    Part("thousands of errors, and errors of exactly 0", 1, [
        (*_thousands(), 1e-3),
        (np.array([10.0, 20.0, 30.0]), np.array([10.0, 21.0, 39.0]), 1e-3),
        (np.array([5.0, 5.0]), np.array([5.0, 5.0]), 1e-2),
    ]),
]
WRONG = [
    Slip((_score, "error.mean()"), "that is the arithmetic mean: the geometric one "
         "is exp(mean(log(errors)))"),
    Slip((_score, "np.log(lifted).sum()"), "that is the sum of the logarithms: divide "
         "it by N, and take np.exp of the result"),
    Slip((_score, "np.prod(lifted) ** (1 / len(y))"),
         "the product of thousands of errors overflows: sum their logarithms"),
    Slip((_score, "np.prod(error) ** (1 / len(y))"),
         "the product of thousands of errors overflows, and one 0 makes it 0: lift "
         "the errors to eps, and sum their logarithms"),
    Slip(("log(lifted)", "log(error)"),
         "one error of exactly 0 makes the result 0: lift errors below eps to eps"),
    Slip(("np.maximum(error, eps)", "error + eps"), "adding eps changes every "
         "error: use np.maximum(error, eps), which touches only the tiny ones"),
    Slip(("np.exp", ""),
         "you return the mean of the logarithms: take np.exp of it at the end"),
    Slip((_score, "lifted.mean()"), "that is the arithmetic mean, with the tiny errors "
         "lifted: take the mean of the logarithms, then np.exp"),
    Slip(("np.log", "np.log10"),
         "np.log10 and np.exp don't undo each other: use np.log with np.exp"),
    Slip(("np.maximum(error, eps)", "np.where(error == 0, eps, error)"), "you lift "
         "only errors of exactly 0: all that are smaller than eps count as eps"),
    Slip(("log(lifted)", "log(error[error > eps])"),
         "you leave the tiny errors out: they count, as eps"),
    Slip(("log(lifted)", "log(error[error > 0])"),
         "you leave the errors of 0 out: they count, as eps"),
    Slip(("np.abs(y - y_hat)", "y - y_hat"), "the absolute value is missing: each "
         "prediction that is too high counts as eps"),
    Slip(("np.abs(y - y_hat)", "y_hat - y"), "the absolute value is missing: each "
         "prediction that is too low counts as eps"),
    Slip(("mean()", "sum()"), "that is the product, without its N-th root: take "
         "the mean of the logarithms, not their sum"),
    Slip((_score, "max(np.exp(np.log(error).mean()), eps)"), "eps comes too late: "
         "lift each error before the logarithm, not the result"),
    Slip(("error, eps", "error, 1e-6"), "your eps is fixed: use the argument"),
    Slip(("maximum", "minimum"), "np.minimum makes all errors tiny: it is "
         "np.maximum that lifts the small ones"),
    Slip(("np.abs(y - y_hat)", "(y - y_hat) ** 2"),
         "those are squared errors: take absolute values"),
    Slip(("np.maximum", "max"), "Python's max looks for the one largest thing: you "
         "need the larger of two, element by element, so np.maximum"),
    Slip(("np.maximum", "np.max"), "np.max looks for the one largest number of an "
         "array: the larger of two, element by element, is np.maximum"),
    Slip((_score, "np.prod(lifted) ** 1 / len(y)"), "you divide the product by N, but "
         "the N-th root is wanted: with logarithms, divide their sum by N before "
         "np.exp; with a power, put its exponent in parentheses"),
    Slip((_score, "np.sqrt(np.prod(lifted))"),
         "the square root is for two errors: for N take the N-th root"),
]
geometric_mean = Exercise("1.6", "geometric_mean", _geometric_mean, PARTS, WRONG)
