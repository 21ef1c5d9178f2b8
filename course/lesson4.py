"""Lesson 4's one import: its checks, figures and explorers, its data, and summaries."""

import numpy as np
import torch

from course import broken_layers, challenge, explorers, figures, guess
from course.checks import lesson4 as check
from course.epoch_end import EpochEnd
from course.records.ages import AGES
from course.records.methods import WEIGHTS, train_ages
from course.records.read import load_features, load_runs, load_statistics
from dirlib.datasets.faces import faces
from dirlib.fds.statistics import bin_statistics
from dirlib.kernels import smooth_bins

__all__ = [
    "AGES",
    "METHODS",
    "WEIGHTS",
    "EpochEnd",
    "ages_nearer",
    "broken_layers",
    "challenge",
    "change_by_age",
    "check",
    "explorers",
    "faces",
    "figures",
    "guess",
    "load_features",
    "load_runs",
    "load_statistics",
    "similarity_to_age_0",
    "smoothed_tables",
    "train_ages",
    "with_and_without",
]

METHODS = ("vanilla", "vanilla+fds", "sqinv+lds", "sqinv+lds+fds")
RUNS = load_runs("faces")
SEEDS = range(min(len(RUNS.predictions(method)) for method in METHODS))
OLD = np.arange(AGES.n_bins) >= 50
RARE_YOUNG, RARE_OLD = RUNS.regions.few & ~OLD, RUNS.regions.few & OLD


def ages_nearer(goal, window):
    """Count the rare ages that smoothing brings nearer to a goal, without weights.

    Parameters
    ----------
    goal : {"held-out mean", "crowd"}
        The mean of the age's held-out images, or that of the many-shot ages.
    window : array-like of shape [K]

    Returns
    -------
    list of float
        How many young ones and how many old ones, each the mean of the seeds.
    """
    found = []
    for seed in SEEDS:
        plain = load_statistics("vanilla", seed).mean.numpy()
        smoothed = EpochEnd.smooth(plain, RUNS.train_counts, window)
        to = plain[RUNS.regions.many].mean(0)
        if goal == "held-out mean":
            to = load_statistics("vanilla", seed, "test").mean.numpy()
        far, near = (np.linalg.norm(m - to, axis=1) for m in (plain, smoothed))
        found.append([(near < far)[ages].sum() for ages in (RARE_YOUNG, RARE_OLD)])
    return np.mean(found, axis=0).tolist()


def smoothed_tables(z, labels, smooth, window):
    """Return mean, variance, smoothed mean and smoothed variance, tensors [B, D].

    ``smooth(values, count, window)`` is exercise 4.1. A mean counts by its samples, a
    variance by its degrees of freedom; where there is none, it is 0.
    """
    stats = bin_statistics(z, labels, AGES)
    mean, var = stats.mean, stats.variance().nan_to_num()
    count = AGES.counts(labels)
    smoothed = [
        torch.from_numpy(smooth(values.numpy(), by, window))
        for values, by in ((mean, count), (var, np.maximum(count - 1, 0)))
    ]
    return mean, var, *smoothed


def similarity_to_age_0(method, split, statistic="mean", smooth=None):
    """Return the cosine similarity of each age's statistic to that of age 0, [S, B].

    ``smooth(values)``, if given, smooths the statistics [B, D] of a seed first.
    """
    rows = []
    for seed in SEEDS:
        stats = load_statistics(method, seed, split)
        values = stats.mean if statistic == "mean" else stats.variance()
        values = values.numpy() if smooth is None else smooth(values.numpy())
        length = np.linalg.norm(values, axis=1)
        rows.append((values * values[0]).sum(1) / (length * length[0]))
    return np.array(rows)


def with_and_without(method):
    """Return the MAE of a method without and with FDS, by groups of ages.

    Returns
    -------
    dict of str to (ndarray of shape [S], ndarray of shape [S])
        As :func:`course.figures.forest` takes it.
    """
    groups = {
        "many-shot ages": RUNS.regions.many,
        "medium-shot ages": RUNS.regions.medium,
        "rare young ages": RARE_YOUNG,
        "rare old ages": RARE_OLD,
        "all ages": np.ones(AGES.n_bins, bool),
    }
    name = {"sqinv+lds": "SQINV + LDS"}.get(method, method)
    errors = [np.abs(RUNS.predictions(m) - RUNS.y) for m in (method, method + "+fds")]
    return {
        f"{name}: {group}": tuple(e[: len(SEEDS), ages[RUNS.y]].mean(1) for e in errors)
        for group, ages in groups.items()
    }


def change_by_age(method, years=15):
    """Return by how much FDS changes the error at each age, [S, B], a running mean."""
    without, with_fds = (
        RUNS.error_by_age(m)[: len(SEEDS)] for m in (method, method + "+fds")
    )
    window = np.full(years, 1 / years)
    return smooth_bins((with_fds - without).T, window, "renormalize").T
