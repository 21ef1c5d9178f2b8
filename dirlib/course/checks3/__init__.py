"""The exercises of lesson 3, one module each, with their typical wrong answers.

The package's names are the exercises themselves: `checks3.bin_moments(answer)` checks
an answer.
"""

from dirlib.course.checks3.anomaly_gap import anomaly_gap
from dirlib.course.checks3.bin_covariances import bin_covariances
from dirlib.course.checks3.bin_moments import bin_moments
from dirlib.course.checks3.cosine_to_anchor import cosine_to_anchor
from dirlib.course.checks3.rank_and_condition import rank_and_condition
from dirlib.course.checks3.shrink import shrink

__all__ = [
    "anomaly_gap",
    "bin_covariances",
    "bin_moments",
    "cosine_to_anchor",
    "rank_and_condition",
    "shrink",
]
