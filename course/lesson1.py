"""Lesson 1's one import: its checks, figures and explorers, and its data."""

from course import challenge, explorers, figures, guess
from course.checks import lesson1 as check
from course.records.ages import AGES, ALONE, EXTRAPOLATION, INTERPOLATION, REACH
from course.records.read import load_runs
from dirlib.datasets.faces import faces
from dirlib.datasets.published import label_counts


def train_ages(weights, seed=0, **options):
    """See `course.records.methods.train_ages`; torch, which is slow, loads here."""
    from course.records import methods

    return methods.train_ages(weights, seed, **options)


__all__ = [
    "AGES",
    "ALONE",
    "EXTRAPOLATION",
    "INTERPOLATION",
    "REACH",
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
