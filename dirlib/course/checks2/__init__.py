"""The exercises of lesson 2, one module each, with their typical wrong answers.

The package's names are the exercises themselves: `checks2.kde(answer)` checks an
answer.
"""

from dirlib.course.checks2.kde import kde
from dirlib.course.checks2.smooth import smooth
from dirlib.course.checks2.weighted_l1 import weighted_l1
from dirlib.course.checks2.weights import weights
from dirlib.course.checks2.window import window

__all__ = ["kde", "smooth", "weighted_l1", "weights", "window"]
