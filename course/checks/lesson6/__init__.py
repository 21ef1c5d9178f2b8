"""The exercises of lesson 6: `check.my_choice(answer)` checks an answer.

The other two judge no function: `my_plan` reads a plan, `finish` a project's folder.
"""

from course.checks.lesson6.finish import finish
from course.checks.lesson6.my_choice import my_choice
from course.checks.lesson6.my_plan import my_plan

__all__ = ["finish", "my_choice", "my_plan"]
