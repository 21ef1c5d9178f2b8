"""Lesson 1's one import: its checks, figures and explorers, and its data."""

from course import explorers, figures
from course.checks import lesson1 as check
from course.records.ages import AGES, EXTRAPOLATION, INTERPOLATION
from course.records.read import load_runs
from dirlib.datasets.faces import faces
from dirlib.datasets.published import label_counts

__all__ = [
    "AGES",
    "EXTRAPOLATION",
    "INTERPOLATION",
    "check",
    "explorers",
    "faces",
    "figures",
    "label_counts",
    "load_runs",
]
