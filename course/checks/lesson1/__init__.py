"""The exercises of lesson 1: `checks1.bin_index(answer)` checks an answer."""

from course.checks.lesson1.bin_index import bin_index
from course.checks.lesson1.count_regions import count_regions
from course.checks.lesson1.geometric_mean import geometric_mean
from course.checks.lesson1.mae_by_region import mae_by_region
from course.checks.lesson1.neighbourhood_mass import neighbourhood_mass
from course.checks.lesson1.pearson_correlation import pearson_correlation

__all__ = ["bin_index", "count_regions", "geometric_mean", "mae_by_region",
           "neighbourhood_mass", "pearson_correlation"]  # fmt: skip
