"""The exercises of lesson 3: `checks3.bin_moments(answer)` checks an answer."""

from course.checks.lesson3.bin_moments import bin_moments
from course.checks.lesson3.chance_distance import chance_distance
from course.checks.lesson3.cosine_to_anchor import cosine_to_anchor
from course.checks.lesson3.neighbour_margin import neighbour_margin

__all__ = ["bin_moments", "chance_distance", "cosine_to_anchor",
           "neighbour_margin"]  # fmt: skip
