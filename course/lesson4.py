"""Lesson 4's one import: its checks, figures and explorers, and its data."""

from course import broken_layers, explorers, figures
from course.checks import lesson4 as check
from course.epoch_end import EpochEnd
from course.records.ages import AGES
from course.records.methods import WEIGHTS, train_ages
from course.records.read import (
    anomaly_gaps,
    load_features,
    load_runs,
    load_statistics,
)
from dirlib.datasets.faces import faces

__all__ = [
    "AGES",
    "WEIGHTS",
    "EpochEnd",
    "anomaly_gaps",
    "broken_layers",
    "check",
    "explorers",
    "faces",
    "figures",
    "load_features",
    "load_runs",
    "load_statistics",
    "train_ages",
]
