"""Exercise 1.6: Pearson's correlation of two lists."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from dirlib import metrics

rng = np.random.default_rng(16)


def _centred(f):
    """Call f with the deviations from the means."""
    return lambda a, b: f(a - a.mean(), b - b.mean())


def _with_p_value(a, b):
    from scipy import stats  # takes a second to import

    return tuple(stats.pearsonr(a, b))


pearson_correlation = Exercise(
    "1.6",
    "pearson_correlation",
    metrics.pearson,
    parts=[
        Part(
            "short lists",
            1,
            [
                (np.array([1.0, 2.0, 3.0]), np.array([6.0, 4.0, 3.0])),
                (np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0, 8.0])),
            ],
        ),
        Part(
            "any length, mean and scale",
            1,
            [
                ((a := rng.normal(50, 9, 101)), 1000 - 3 * a + rng.normal(0, 20, 101)),
                (rng.gamma(1, 100, 60), rng.gamma(1, 1e-3, 60)),
                (rng.normal(0, 1, 500), rng.normal(0, 1, 500)),
            ],
        ),
    ],
    wrong=[
        Wrong(
            _centred(lambda a, b: (a * b).mean()),
            "that is the covariance: divide it by both standard deviations",
        ),
        Wrong(
            lambda a, b: np.cov(a, b)[0, 1],
            "np.cov gives the covariance: divide it by both standard deviations, with "
            ".std(ddof=1), which divides by n - 1 as np.cov does",
        ),
        Wrong(
            lambda a, b: np.cov(a, b)[0, 1] / (a.std() * b.std()),
            "np.cov divides by n - 1 but .std() by n: use the same in both",
        ),
        Wrong(
            lambda a, b: np.cov(a, b, ddof=0)[0, 1] / (a.std(ddof=1) * b.std(ddof=1)),
            "you divide by n above and by n - 1 below: use the same in both",
        ),
        Wrong(
            np.corrcoef,
            "np.corrcoef gives a matrix [2, 2]: the correlation is its element [0, 1]",
        ),
        Wrong(
            _with_p_value,
            "scipy gives two numbers, the correlation and a p value (is it chance?): "
            "return the first alone",
        ),
        Wrong(
            lambda a, b: (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()),
            "that is the cosine similarity: subtract each mean first",
        ),
        Wrong(
            lambda a, b: (
                _centred(lambda p, q: (p * q).sum())(a, b)
                / np.sqrt((a**2).sum() * (b**2).sum())
            ),
            "subtract the means in the denominator too",
        ),
        Wrong(
            lambda a, b: metrics.pearson(a, b) ** 2,
            "that is the square: the sign, which way the error goes, is lost",
        ),
        Wrong(
            lambda a, b: abs(metrics.pearson(a, b)),
            "keep the sign: a negative value says that rare ages have larger errors",
        ),
        Wrong(
            metrics.spearman,
            "that is Spearman's, the correlation of the ranks: use the values",
        ),
        Wrong(
            _centred(lambda a, b: (a * b).mean() / (a.var() * b.var())),
            "divide by the standard deviations, not by the variances",
        ),
        Wrong(
            _centred(lambda a, b: (a * b).sum() / ((a**2).sum() * (b**2).sum())),
            "the root of the denominator is missing",
        ),
        Wrong(
            _centred(lambda a, b: (a * b).sum() / ((a**2).sum() ** 0.5 * (b**2).sum())),
            "your root covers only the first sum of squares: take it of both",
        ),
        Wrong(
            _centred(
                lambda a, b: (a * b).sum() / (a**2).sum() ** 0.5 * (b**2).sum() ** 0.5
            ),
            "x / y * z is (x / y) * z: put the whole denominator in parentheses",
        ),
        Wrong(
            lambda a, b: 0.0,
            "your result is always 0, as the deviations of a list sum to 0: multiply "
            "them pair by pair, then sum",
        ),
        Wrong(
            lambda a, b: np.sign(metrics.pearson(a, b)),
            "your denominator is the numerator's own size: square each deviation, then "
            "sum",
        ),
        Wrong(
            _centred(lambda a, b: (a * b).sum() / (a**2).sum()),
            "that is the slope of a line through the points: divide by the root of "
            "both sums of squares",
        ),
        Wrong(
            lambda a, b: round(metrics.pearson(a, b), 3),
            "don't round: return all digits",
        ),
    ],
)
