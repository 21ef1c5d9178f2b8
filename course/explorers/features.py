"""The explorers of lessons 3 and 4: anchors, and ellipses that change their shape."""

import numpy as np

from course.explorers.explorer import Explorer, choice, slider
from course.figures.anchors import draw_similarity
from course.figures.features import draw_ellipse, partly_recoloured
from course.figures.style import BLUE, DARK, GREEN, RED, region_legend
from dirlib.bins import shot_regions
from dirlib.fds.anchors import neighbour_margin


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
        The radius of the neighbourhood in the neighbour margin, in bins.
    """
    regions = shot_regions(counts)
    sets = list(next(iter(models.values())))

    def draw(figure, anchor, model, samples, statistic):
        ax = figure.subplots()
        stats = models[model][samples]
        similarity = draw_similarity(ax, bins, counts, stats, anchor, statistic)
        ax.set(xlabel="age (years)", ylabel=f"cosine similarity of the {statistic}")
        region_legend(figure, regions, ncols=3, loc="upper center", borderaxespad=0.1)
        margin = neighbour_margin(similarity, anchor, regions.many, near)
        crowd = regions.many & (np.abs(np.arange(bins.n_bins) - anchor) > near)
        far = float(np.nanmean(similarity[crowd]))
        return {
            "samples in the anchor's bin": int(stats.count[anchor]),
            "similarity to the neighbours": margin + far,
            "to the crowd": far,
            "neighbour margin": margin,
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


def recolouring(cloud, to_mean, to_cov, names=("feature 1", "feature 2")):
    """Move points from their own mean and covariance to others, by steps.

    Parameters
    ----------
    cloud : array-like of shape [N, 2]
        Two features of the samples of one bin.
    to_mean, to_cov : array-like of shape [2] and [2, 2]
        The goal.
    names : (str, str)
        Of the axes.
    """
    cloud, to_cov = np.asarray(cloud, float), np.asarray(to_cov, float)
    mean, cov = cloud.mean(0), np.cov(cloud.T)
    size = max(np.abs(cloud - mean).max(), 3.3 * np.sqrt(to_cov.diagonal().max()))
    low, high = np.minimum(mean, to_mean) - size, np.maximum(mean, to_mean) + size

    def draw(figure, progress, kind):
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
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        ax.set(xlabel=names[0], ylabel=names[1])
        ax.set_aspect("equal")
        ax.set_title(f"calibrated with {kind}", fontsize=10)
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.02, 0.5))
        return {
            "standard deviations": "{:.2f} and {:.2f}".format(*seen.diagonal() ** 0.5),
            "correlation": float(np.corrcoef(now.T)[0, 1]),
            "goal": float(to_cov[0, 1] / np.sqrt(to_cov[0, 0] * to_cov[1, 1])),
        }

    return Explorer(
        "whitening and re-colouring",
        "Points of two features with three ellipses: the plain one, the smoothed one, "
        "which is the goal, and that of the points now.",
        {
            "progress": slider("progress (steps)", 0.0, 0.0, 3.0, 0.1),
            "kind": choice(
                "calibrate with",
                [
                    ("covariances (full)", "covariances"),
                    ("variances (diagonal)", "variances"),
                ],
            ),
        },
        draw,
        height=4.4,
    )
