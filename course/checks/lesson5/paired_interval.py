"""Exercise 5.4: the difference between two methods, seed by seed."""

import dataclasses
import math

import numpy as np
from scipy import stats

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.metrics import paired_comparison

rng = np.random.default_rng(54)


def _paired(baseline, method):
    found = paired_comparison(baseline, method)
    return found.mean_difference, found.low, found.high


def _interval(
    difference=lambda b, m: m - b,
    middle=np.mean,
    spread=lambda d: d.std(ddof=1),
    quantile=lambda n: stats.t.ppf(0.975, n - 1),
    root=math.sqrt,
    result=lambda mean, margin: (mean, mean - margin, mean + margin),
):
    """The interval, in which something may be done in another way."""

    def answer(baseline, method):
        d = difference(baseline, method)
        mean, n = middle(d), len(d)
        return result(mean, quantile(n) * spread(d) / root(n))

    return answer


def _spread_of(spread):
    """A spread made of the two methods', and not of their differences."""

    def answer(baseline, method):
        s = spread(baseline.std(ddof=1), method.std(ddof=1))
        return _interval(spread=lambda d: s)(baseline, method)

    return answer


def _unpaired(baseline, method):
    s = math.sqrt(baseline.var(ddof=1) + method.var(ddof=1))
    return _interval(spread=lambda d: s, quantile=_pooled)(baseline, method)


def _pooled(n):
    return stats.t.ppf(0.975, 2 * n - 2)


def _percentiles(baseline, method):
    d = method - baseline
    return d.mean(), *np.percentile(d, [2.5, 97.5])


def _scipy(baseline, method):
    d = method - baseline
    n = len(d)
    return d.mean(), *stats.t.interval(0.95, n - 1, d.mean(), stats.sem(d))


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
        rest = Exercise(
            self.number, self.name, self.reference, parts, self.wrong, self.rtol
        )
        return super().cause(got, want) or rest.cause(got[:-1], want[:-1])


def _case(n_seeds, step):
    """Errors whose differences vary less than they do."""
    baseline = rng.normal(9, 1.5, n_seeds)
    return baseline, baseline + step + rng.normal(0, 0.6, n_seeds)


# Quantiles as students copy them from a table or a cell, with more digits or fewer.
_FIXED = {2.776445: "five", 2.7764: "five", 2.776: "five", 2.78: "five"}
_FIXED |= {4.302653: "three", 4.3027: "three", 4.303: "three", 4.3: "three"}

paired_interval = _WithSpread(
    "5.4",
    "paired_interval",
    _paired,
    parts=[
        Part(
            "three seeds and more",
            1,
            [
                (np.array([10.0, 12.0, 14.0]), np.array([9.0, 10.0, 13.0])),
                _case(5, -1.2),
                _case(7, 0.4),
            ],
        ),
        Part(
            "two seeds, and differences that are all equal",
            1,
            [
                _case(2, -0.8),
                (np.array([9.0, 10.5, 12.0]), np.array([8.5, 10.0, 11.5])),
            ],
        ),
    ],
    wrong=[
        Wrong(
            _interval(difference=lambda b, m: b - m),
            "the sign is turned round: take method - baseline, so that a method with a "
            "lower error is below 0",
        ),
        Wrong(
            _interval(quantile=lambda n: 1.95998),  # near 1.96 and norm.ppf(0.975)
            "1.96 is the normal distribution's: with few seeds s is uncertain too, so "
            "take the quantile of Student's t",
        ),
        Wrong(
            _interval(quantile=lambda n: 2.0),
            "t = 2 is a rule of thumb for many seeds: take the quantile for S - 1 "
            "degrees of freedom",
        ),
        *(
            Wrong(
                _interval(quantile=lambda n, t=t: t),
                f"t = {t:.7g} belongs to {seeds} seeds: take the quantile for S - 1 "
                f"degrees of freedom",
            )
            for t, seeds in _FIXED.items()
        ),
        Wrong(
            _interval(quantile=lambda n: 1.0),
            "the quantile t is missing: mean -+ s / sqrt(S) holds far less than 95 %",
        ),
        Wrong(
            _interval(quantile=lambda n: stats.t.ppf(0.95, n - 1)),
            "0.95 leaves 5 % at each end: take the 0.975 quantile",
        ),
        Wrong(
            _interval(quantile=lambda n: stats.t.ppf(0.9875, n - 1)),
            "0.975 in the middle leaves 1.25 % at each end: a 95 % interval ends at "
            "the 0.025 and the 0.975 quantile",
        ),
        Wrong(
            _interval(quantile=lambda n: stats.t.ppf(0.975, n)),
            "the degrees of freedom are S - 1: one is spent on the mean",
        ),
        Wrong(
            _interval(spread=np.std),
            "np.std divides by S if you don't ask for more: divide by S - 1, with "
            "ddof=1",
        ),
        Wrong(
            _interval(root=lambda n: 1.0),
            "this is the interval of one difference: that of their mean is narrower by "
            "sqrt(S)",
        ),
        Wrong(
            _interval(root=lambda n: n),
            "you divide by S: the spread of a mean shrinks with sqrt(S)",
        ),
        Wrong(
            _interval(root=lambda n: math.sqrt(n - 1)),
            "you divide by sqrt(S - 1): S - 1 belongs into the standard deviation, and "
            "sqrt(S) here",
        ),
        Wrong(
            _interval(spread=lambda d: d.var(ddof=1)),
            "this is the variance: take the standard deviation, its root",
        ),
        Wrong(
            _spread_of(math.hypot),
            "the spreads of the two methods are added: take the spread of the "
            "differences, in which the seeds' own part drops out",
        ),
        Wrong(
            _unpaired,
            "this is the interval of two independent samples: the seeds are the same, "
            "so take the spread of the differences",
        ),
        Wrong(
            _spread_of(lambda b, m: m),
            "this is the spread of `method` alone: take that of the differences",
        ),
        Wrong(
            _spread_of(lambda b, m: b),
            "this is the spread of `baseline` alone: take that of the differences",
        ),
        Wrong(
            _spread_of(lambda b, m: m - b),
            "you subtract one spread from the other: take the spread of the "
            "differences",
        ),
        Wrong(
            _interval(result=lambda mean, margin: (mean - margin, mean, mean + margin)),
            "the order is mean, low, high",
        ),
        Wrong(
            _interval(result=lambda mean, margin: (mean, mean + margin, mean - margin)),
            "low and high are exchanged: the 0.025 quantile is negative, the 0.975 "
            "quantile positive",
        ),
        Wrong(
            _interval(result=lambda mean, margin: (mean, -margin, margin)),
            "low and high lie around 0: they lie around the mean",
        ),
        Wrong(
            _interval(result=lambda mean, margin: (mean, margin)),
            "you return the mean and half a width: return the two ends, mean -+ that",
        ),
        Wrong(
            _interval(result=lambda mean, margin: (mean - margin, mean + margin)),
            "the mean is missing: return mean, low, high",
        ),
        Wrong(
            _interval(middle=np.median),
            "this is the median of the differences: take their mean",
        ),
        Wrong(
            _interval(difference=lambda b, m: np.abs(m - b)),
            "differences of both signs must cancel: leave the absolute value out",
        ),
        Wrong(
            _interval(difference=lambda b, m: 100 * (m - b) / b),
            "these are percent of the baseline: take the plain differences",
        ),
        Wrong(
            _percentiles,
            "these are percentiles of the differences: the interval is that of their "
            "mean, mean -+ t * s / sqrt(S)",
        ),
        Wrong(
            _scipy,
            "scipy gives NaN where the differences have no spread: there the interval "
            "is the mean itself, which the formula gives",
        ),
    ],
    rtol=1e-4,
    adapt=_as_tuple,
)
