"""The explorers of lessons 3 and 4: anchors, and ellipses that change their shape."""

import numpy as np

from course.explorers.explorer import Explorer, choice, slider
from course.figures.features import (
    draw_ellipse,
    draw_similarity,
    partly_recoloured,
)
from course.figures.style import BLUE, DARK, GREEN, RED, region_legend
from dirlib.bins import shot_regions
from dirlib.fds.anchors import anomaly_gap


def anchors(models, bins, counts, near=5):
    """Compare every bin with an anchor, for several models.

    Parameters
    ----------
    models : dict of str to dict of str to BinStatistics
        For each model the statistics of each set of samples, such as "training" and
        "held-out".
    bins : LabelBins
    counts : array-like of shape [B]
        Training samples per bin.
    near : int
        The radius of the neighbourhood in the anomaly gap, in bins.
    """
    regions = shot_regions(counts)
    sets = list(next(iter(models.values())))

    def draw(figure, anchor, model, samples, statistic):
        ax = figure.subplots()
        stats = models[model][samples]
        similarity = draw_similarity(ax, bins, counts, stats, anchor, statistic)
        ax.set(xlabel="age (years)", ylabel=f"cosine similarity of the {statistic}")
        region_legend(figure, regions, ncols=3, loc="upper center", borderaxespad=0.1)
        gap = anomaly_gap(similarity, anchor, regions.many, near)
        crowd = regions.many & (np.abs(np.arange(bins.n_bins) - anchor) > near)
        far = float(np.nanmean(similarity[crowd]))
        return {
            "samples in the anchor's bin": int(stats.count[anchor]),
            "similarity to the neighbours": gap + far,
            "to the crowd": far,
            "anomaly gap": gap,
        }

    return Explorer(
        "similarity to an anchor",
        "Bars of the cosine similarity to the anchor by age, over the shot regions.",
        {
            "anchor": slider("anchor (years)", 0, 0, bins.n_bins - 1),
            "model": choice("model", list(models)),
            "samples": choice("features of", sets),
            "statistic": choice("statistic", ["mean", "variance"]),
        },
        draw,
        height=3.8,
    )


def recolouring(seed=0):
    """Move a cloud of points from one mean and covariance to another, by steps."""
    points = np.random.default_rng(seed).normal(size=(150, 2))
    points = (points - points.mean(0)) @ np.linalg.inv(
        np.linalg.cholesky(np.cov(points.T))
    ).T
    mean, to_mean = np.array([-1.0, -0.7]), np.array([0.6, 0.4])

    def covariance(spread, correlation):
        cross = spread * correlation
        return np.array([[spread**2, cross], [cross, 1.0]])

    def draw(figure, progress, correlation, to_correlation, kind):
        cov, to_cov = covariance(1.3, correlation), covariance(0.6, to_correlation)
        cloud = points @ np.linalg.cholesky(cov).T + mean
        start, end = cov, to_cov
        if kind == "variances":  # what a diagonal calibration knows
            start, end = np.diag(np.diag(cov)), np.diag(np.diag(to_cov))
        now = partly_recoloured(cloud, mean, start, to_mean, end, progress)
        ax = figure.subplots()
        ax.scatter(*now.T, s=12, color=BLUE, alpha=0.6, edgecolor="none")
        draw_ellipse(ax, mean, cov, color=DARK, linestyle=":", label="plain")
        draw_ellipse(
            ax, to_mean, to_cov, color=GREEN, linestyle="--", label="smoothed: the goal"
        )
        seen = np.cov(now.T)
        draw_ellipse(ax, now.mean(0), seen, color=RED, label="the points now")
        ax.set(xlim=(-6, 6), ylim=(-3.4, 3.4), xlabel="feature 1", ylabel="feature 2")
        ax.set_aspect("equal")
        ax.legend(frameon=False, loc="upper left")
        return {
            "standard deviations": "{:.2f} and {:.2f}".format(*seen.diagonal() ** 0.5),
            "correlation": float(np.corrcoef(now.T)[0, 1]),
            "goal": float(to_correlation),
        }

    return Explorer(
        "whitening and re-colouring",
        "Points of two features with three ellipses: the plain one, the smoothed one, "
        "which is the goal, and that of the points now.",
        {
            "progress": slider("progress (steps)", 1.0, 0.0, 3.0, 0.1),
            "kind": choice(
                "calibrate with",
                [
                    ("covariances (full)", "covariances"),
                    ("variances (diagonal)", "variances"),
                ],
            ),
            "correlation": slider("correlation, plain", 0.8, -0.9, 0.9, 0.1),
            "to_correlation": slider("correlation, smoothed", -0.3, -0.9, 0.9, 0.1),
        },
        draw,
        height=4.4,
    )
