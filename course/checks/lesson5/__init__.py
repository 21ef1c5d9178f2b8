"""The exercises of lesson 5: `checks5.training_step(answer)` checks an answer."""

from course.checks.lesson5.best_epoch import best_epoch
from course.checks.lesson5.diagnose import diagnose
from course.checks.lesson5.end_of_epoch import end_of_epoch
from course.checks.lesson5.my_ablation import my_ablation
from course.checks.lesson5.paired_interval import paired_interval
from course.checks.lesson5.training_step import training_step

__all__ = ["best_epoch", "diagnose", "end_of_epoch", "my_ablation", "paired_interval",
           "training_step"]  # fmt: skip
