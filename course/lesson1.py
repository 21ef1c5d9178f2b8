"""Lesson 1's one import: its checks, figures and explorers, and its data."""

from course import explorers, figures
from course.checks import lesson1 as check
from course.records.methods import EXTRAPOLATION, INTERPOLATION
from course.records.read import AGES, load_runs
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
