"""Lesson 3's one import: its checks, figures and explorers, and its data."""

import numpy as np

from course import challenge, explorers, figures, guess
from course.checks import lesson3 as check
from course.records.ages import AGES
from course.records.read import (
    load_features,
    load_runs,
    load_statistics,
)
from dirlib.bins import shot_regions
from dirlib.datasets.faces import faces

__all__ = [
    "AGES",
    "NETWORKS",
    "by_seed",
    "challenge",
    "check",
    "explorers",
    "faces",
    "figures",
    "guess",
    "heldout_distance",
    "load_features",
    "load_runs",
    "load_statistics",
]

SEEDS = range(5)
# The recorded networks of the lesson, by the names in its figures.
NETWORKS = {
    "vanilla": "vanilla",
    "right labels": "vanilla, right labels",
    "same share": "vanilla, 150 at 0, same share",
    "same four": "vanilla, 150 at 0, same four",
    "balanced": "vanilla, balanced",
}


def by_seed(method, split="train", statistic="mean"):
    """Read the mean or the variance of the features of each age, for all seeds.

    Parameters
    ----------
    method : str
    split : {"train", "test"}
        As in :func:`course.records.read.load_statistics`.
    statistic : {"mean", "variance"}

    Returns
    -------
    ndarray of shape [S, B, D]
        NaN where a bin has no such statistic.
    """
    found = [load_statistics(method, seed, split) for seed in SEEDS]
    values = [s.mean if statistic == "mean" else s.variance() for s in found]
    return np.array([v.numpy() for v in values])


def heldout_distance(means, seeds=SEEDS):
    """How far means lie from vanilla's held-out ones, on average over few-shot ages.

    Parameters
    ----------
    means : array-like of shape [S, B, D]
        One table for each of the seeds.
    seeds : sequence of int

    Returns
    -------
    ndarray of shape [S]
    """
    few = shot_regions(load_runs("faces").train_counts).few
    truths = [load_statistics("vanilla", seed, "test").mean.numpy() for seed in seeds]
    off = np.linalg.norm(np.asarray(means) - np.array(truths), axis=2)
    return off[:, few].mean(axis=1)
