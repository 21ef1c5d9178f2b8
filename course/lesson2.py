"""Lesson 2's one import: its checks, figures and explorers, and its data."""

from course import challenge, explorers, figures, guess
from course.checks import lesson2 as check
from course.records.ages import AGES
from course.records.methods import WEIGHTS, train_ages
from course.records.read import load_runs
from dirlib.datasets.faces import faces
from dirlib.datasets.published import label_counts

__all__ = [
    "AGES",
    "WEIGHTS",
    "challenge",
    "check",
    "explorers",
    "faces",
    "figures",
    "guess",
    "label_counts",
    "load_runs",
    "train_ages",
]
