"""Which of two methods is better, by the errors of their runs."""

from dataclasses import dataclass

import numpy as np

from dirlib.metrics.errors import check_confidence, decimals, pair


@dataclass(frozen=True)
class PairedComparison:
    """A mean difference and its interval: ``-0.81 [-1.02, -0.60], lower in 5 of 5``."""

    n: int
    mean_difference: float
    low: float
    high: float
    wins: int

    def __str__(self):
        d = decimals(max(abs(self.low), abs(self.high)))
        interval = f"{self.mean_difference:.{d}f} [{self.low:.{d}f}, {self.high:.{d}f}]"
        return f"{interval}, lower in {self.wins} of {self.n}"


def paired_comparison(baseline, method, *, confidence=0.95):
    """Compare the errors of two methods that ran on the same seeds, pair by pair.

    The interval is Student's t for the mean of d_i = method_i - baseline_i, with n - 1
    degrees of freedom. What a seed does to both methods drops out of d_i.

    Parameters
    ----------
    baseline, method : array-like of shape [n], n >= 2
        An error of each run; entry i of both comes from the same seed.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    PairedComparison
        The mean of d_i, below 0 where the method's error is lower, and its interval;
        `wins` is the number of such pairs.

    Examples
    --------
    >>> print(paired_comparison([8.0, 9.0, 8.5], [7.0, 8.2, 7.3]))
    -1.00 [-1.50, -0.50], lower in 3 of 3
    """
    from scipy import stats

    check_confidence(confidence)
    baseline, method = pair(baseline, method, "baseline", "method")
    n = baseline.size
    if n < 2:
        raise ValueError("an interval needs at least 2 pairs, but got 1: add a seed")
    difference = method - baseline
    mean = float(difference.mean())
    quantile = stats.t.ppf((1 + confidence) / 2, n - 1)
    margin = float(quantile * difference.std(ddof=1) / np.sqrt(n))
    wins = int((difference < 0).sum())
    return PairedComparison(n, mean, mean - margin, mean + margin, wins)
