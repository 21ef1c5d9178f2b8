"""The exercises of lesson 1: `check.bin_index(answer)` checks an answer."""

from course.checks.lesson1.bin_index import bin_index
from course.checks.lesson1.extra_error import extra_error
from course.checks.lesson1.geometric_mean import geometric_mean
from course.checks.lesson1.mae_by_region import mae_by_region
from course.checks.lesson1.neighbourhood_mass import neighbourhood_mass
from course.checks.lesson1.region_of import region_of

__all__ = ["bin_index", "extra_error", "geometric_mean", "mae_by_region",
           "neighbourhood_mass", "region_of"]  # fmt: skip
