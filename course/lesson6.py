"""Lesson 6's one import: its checks and figures, the table, and the project."""

from course import challenge, figures, guess
from course.checks import lesson6 as check
from course.own_table import open_project
from course.records.read import data_dir

BIKES = data_dir() / "bikes.csv"


def attempt(function, *args):
    """Call a student's function; where it isn't written yet, say so: None."""
    try:
        return function(*args)
    except NotImplementedError:
        print(f"{function.__name__} isn't written yet: the test set stays closed")
        return None


__all__ = [
    "BIKES",
    "attempt",
    "challenge",
    "check",
    "figures",
    "guess",
    "open_project",
]
