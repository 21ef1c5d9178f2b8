"""The exercises of lesson 4: `checks4.matrix_sqrt(answer)` checks an answer."""

from course.checks.lesson4.bin_covariances import bin_covariances
from course.checks.lesson4.calibrate_diagonal import calibrate_diagonal
from course.checks.lesson4.calibrate_full import calibrate_full
from course.checks.lesson4.matrix_sqrt import matrix_sqrt
from course.checks.lesson4.momentum_update import momentum_update
from course.checks.lesson4.my_fds import MyFDS
from course.checks.lesson4.rank_and_condition import rank_and_condition
from course.checks.lesson4.shrink import shrink
from course.checks.lesson4.smoothed_statistics import smoothed_statistics

__all__ = ["MyFDS", "bin_covariances", "calibrate_diagonal", "calibrate_full",
           "matrix_sqrt", "momentum_update", "rank_and_condition", "shrink",
           "smoothed_statistics"]  # fmt: skip
