"""The exercises of lesson 2: `checks2.kde(answer)` checks an answer."""

from course.checks.lesson2.kde import kde
from course.checks.lesson2.smooth import smooth
from course.checks.lesson2.weighted_l1 import weighted_l1
from course.checks.lesson2.weights import weights
from course.checks.lesson2.window import window

__all__ = ["kde", "smooth", "weighted_l1", "weights", "window"]
