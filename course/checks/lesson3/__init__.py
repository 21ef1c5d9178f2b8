"""The exercises of lesson 3: `checks3.bin_moments(answer)` checks an answer."""

from course.checks.lesson3.anomaly_gap import anomaly_gap
from course.checks.lesson3.bin_covariances import bin_covariances
from course.checks.lesson3.bin_moments import bin_moments
from course.checks.lesson3.cosine_to_anchor import cosine_to_anchor
from course.checks.lesson3.rank_and_condition import rank_and_condition
from course.checks.lesson3.shrink import shrink

__all__ = ["anomaly_gap", "bin_covariances", "bin_moments", "cosine_to_anchor",
           "rank_and_condition", "shrink"]  # fmt: skip
