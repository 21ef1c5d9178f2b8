"""Lesson 5's one import: its checks and figures, its trainings, and its data."""

from course import background, challenge, figures, guess
from course.checks import lesson5 as check
from course.own_answers import OwnAnswers
from course.own_training import OwnTraining, recorded
from course.records.ages import AGES, EXTRAPOLATION
from course.records.methods import WEIGHTS, train_ages
from course.records.read import load_history, load_runs, published_results
from dirlib.datasets.faces import faces

__all__ = [
    "AGES",
    "EXTRAPOLATION",
    "WEIGHTS",
    "OwnAnswers",
    "OwnTraining",
    "background",
    "challenge",
    "check",
    "faces",
    "figures",
    "guess",
    "load_history",
    "load_runs",
    "published_results",
    "recorded",
    "train_ages",
]
