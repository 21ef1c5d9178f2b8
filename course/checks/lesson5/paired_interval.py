"""Exercise 5.4: the difference between two methods, seed by seed."""

import dataclasses

import numpy as np
from scipy import stats

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

rng = np.random.default_rng(54)


def _paired_interval(baseline, method):
    d = method - baseline
    n, mean, s = len(d), d.mean(), d.std(ddof=1)
    t = stats.t.ppf(0.975, n - 1)
    half = t * s / np.sqrt(n)
    return mean, mean - half, mean + half


def _as_tuple(answer):
    """The same answer, of which an array of three numbers is right, too."""

    def function(baseline, method):
        found = answer(baseline, method)
        return tuple(found) if isinstance(found, np.ndarray) else found

    return function


class _WithSpread(Exercise):
    """Scipy gives NaN where there is no spread: slips are known by the other cases."""

    def cause(self, got, want):
        *others, part = self.parts
        parts = [*others, dataclasses.replace(part, inputs=part.inputs[:-1])]
        rest = dataclasses.replace(self, parts=parts)
        return super().cause(got, want) or Exercise.cause(rest, got[:-1], want[:-1])


def _case(n_seeds, step):
    """Errors whose differences vary less than they do."""
    baseline = rng.normal(9, 1.5, n_seeds)
    return baseline, baseline + step + rng.normal(0, 0.6, n_seeds)


_worked = np.array([10.0, 12.0, 14.0]), np.array([9.0, 10.0, 13.0])
_alike = np.array([9.0, 10.5, 12.0]), np.array([8.5, 10.0, 11.5])
THREE, TWO = [_worked, _case(5, -1.2), _case(7, 0.4)], [_case(2, -0.8), _alike]
QUANTILE, SPREAD = "stats.t.ppf(0.975, n - 1)", "d.std(ddof=1)"
ADDED = (SPREAD, "np.hypot(baseline.std(ddof=1), method.std(ddof=1))")
ENDS = "mean - half, mean + half"
# Quantiles as students copy them from a table or a cell, with more digits or fewer.
FIXED = dict.fromkeys((2.776445, 2.7764, 2.776, 2.78), "five")
FIXED |= dict.fromkeys((4.302653, 4.3027, 4.303, 4.3), "three")
# fmt: off
PARTS = [
    Part("three seeds and more", 1, THREE),
    Part("two seeds, and differences that are all equal", 1, TWO),
]
WRONG = [
    Slip(("method - baseline", "baseline - method"), "the sign is turned round: take "
         "method - baseline, so that a method with a lower error is below 0"),
    Slip((QUANTILE, "1.95998"),  # near 1.96 and norm.ppf(0.975)
         "1.96 is the normal distribution's: with few seeds s "
         "is uncertain too, so take the quantile of Student's t"),
    Slip((QUANTILE, "2.0"), "t = 2 is a rule of thumb for many seeds: take the "
         "quantile for S - 1 degrees of freedom"),
    *(Slip((QUANTILE, str(t)), f"t = {t} belongs to {seeds} seeds: take the quantile "
           "for S - 1 degrees of freedom") for t, seeds in FIXED.items()),
    Slip((QUANTILE, "1.0"),
         "the quantile t is missing: mean -+ s / sqrt(S) holds far less than 95 %"),
    Slip(("0.975", "0.95"), "0.95 leaves 5 % at each end: take the 0.975 quantile"),
    Slip(("0.975", "0.9875"), "0.975 in the middle leaves 1.25 % at each end: a 95 % "
         "interval ends at the 0.025 and the 0.975 quantile"),
    Slip(("n - 1", "n"), "the degrees of freedom are S - 1: one is spent on the mean"),
    Slip(("ddof=1", "ddof=0"),
         "np.std divides by S if you don't ask for more: divide by S - 1, with ddof=1"),
    Slip(("np.sqrt(n)", "1"), "this is the interval of one difference: that of their "
         "mean is narrower by sqrt(S)"),
    Slip(("np.sqrt(n)", "n"),
         "you divide by S: the spread of a mean shrinks with sqrt(S)"),
    Slip(("np.sqrt(n)", "np.sqrt(n - 1)"), "you divide by sqrt(S - 1): S - 1 belongs "
         "into the standard deviation, and sqrt(S) here"),
    Slip(("d.std", "d.var"),
         "this is the variance: take the standard deviation, its root"),
    Slip(ADDED, "the spreads of the two methods are added: take the spread of the "
         "differences, in which the seeds' own part drops out"),
    Slip(ADDED, ("n - 1", "2 * n - 2"), "this is the interval of two independent "
         "samples: the seeds are the same, so take the spread of the differences"),
    Slip(("d.std", "method.std"),
         "this is the spread of `method` alone: take that of the differences"),
    Slip(("d.std", "baseline.std"),
         "this is the spread of `baseline` alone: take that of the differences"),
    Slip((SPREAD, "method.std(ddof=1) - baseline.std(ddof=1)"),
         "you subtract one spread from the other: take the spread of the differences"),
    Slip(("mean, mean - half", "mean - half, mean"), "the order is mean, low, high"),
    Slip((ENDS, "mean + half, mean - half"), "low and high are exchanged: the 0.025 "
         "quantile is negative, the 0.975 quantile positive"),
    Slip((ENDS, "-half, half"), "low and high lie around 0: they lie around the mean"),
    Slip((ENDS, "half"),
         "you return the mean and half a width: return the two ends, mean -+ that"),
    Slip(("return mean, ", "return "), "the mean is missing: return mean, low, high"),
    Slip(("d.mean()", "np.median(d)"),
         "this is the median of the differences: take their mean"),
    Slip(("method - baseline", "np.abs(method - baseline)"),
         "differences of both signs must cancel: leave the absolute value out"),
    Slip(("method - baseline", "100 * (method - baseline) / baseline"),
         "these are percent of the baseline: take the plain differences"),
    Slip((ENDS, "*np.percentile(d, [2.5, 97.5])"), "these are percentiles of the "
         "differences: the interval is that of their mean, mean -+ t * s / sqrt(S)"),
    Slip((ENDS, "*stats.t.interval(0.95, n - 1, mean, stats.sem(d))"),
         "scipy gives NaN where the differences have no spread: there the interval is "
         "the mean itself, which the formula gives"),
]
paired_interval = _WithSpread(
    "5.4", "paired_interval", _paired_interval, PARTS, WRONG, rtol=1e-4, adapt=_as_tuple
)
