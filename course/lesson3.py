"""Lesson 3's one import: its checks, figures and explorers, and its data."""

from course import explorers, figures
from course.checks import lesson3 as check
from course.records.ages import AGES
from course.records.read import (
    anomaly_gaps,
    load_features,
    load_runs,
    load_statistics,
)

__all__ = [
    "AGES",
    "anomaly_gaps",
    "check",
    "explorers",
    "figures",
    "load_features",
    "load_runs",
    "load_statistics",
]
