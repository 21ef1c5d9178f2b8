"""Lesson 5's one import: its checks, figures and explorers, and its data."""

from course import explorers, figures
from course.checks import lesson5 as check
from course.records.ages import AGES, EXTRAPOLATION, INTERPOLATION
from course.records.methods import WEIGHTS, train_ages
from course.records.read import (
    anomaly_gaps,
    load_history,
    load_runs,
    load_statistics,
    published_results,
)
from dirlib.datasets.faces import faces

__all__ = [
    "AGES",
    "EXTRAPOLATION",
    "INTERPOLATION",
    "WEIGHTS",
    "anomaly_gaps",
    "check",
    "explorers",
    "faces",
    "figures",
    "load_history",
    "load_runs",
    "load_statistics",
    "published_results",
    "train_ages",
]
