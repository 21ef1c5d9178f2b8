"""The exercises of lesson 4, one module each, with their typical wrong answers.

The package's names are the exercises themselves: `checks4.matrix_sqrt(answer)` checks
an answer.
"""

from dirlib.course.checks4.calibrate_diagonal import calibrate_diagonal
from dirlib.course.checks4.calibrate_full import calibrate_full
from dirlib.course.checks4.matrix_sqrt import matrix_sqrt
from dirlib.course.checks4.momentum_update import momentum_update
from dirlib.course.checks4.my_fds import MyFDS
from dirlib.course.checks4.smoothed_statistics import smoothed_statistics

__all__ = [
    "MyFDS",
    "calibrate_diagonal",
    "calibrate_full",
    "matrix_sqrt",
    "momentum_update",
    "smoothed_statistics",
]
