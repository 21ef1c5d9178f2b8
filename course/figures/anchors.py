"""The figures of lesson 3: similarity to an anchor, and what chance does to a mean."""

import numpy as np
from matplotlib import pyplot as plt

from course.figures.comparison import forest
from course.figures.style import (
    BLUE,
    DARK,
    GREEN,
    RED,
    make_axes,
    region_legend,
    shade_regions,
)
from dirlib.bins import shot_regions
from dirlib.fds.anchors import cosine_to_anchor

ARROWS = {
    "same direction": ([1.0, 0.5], [2.8, 1.4]),
    "a bit apart": ([2.4, 0.8], [1.6, 2.2]),
    "nothing in common": ([2.6, 0.0], [0.0, 2.2]),
}


def two_arrows(pairs=ARROWS):
    """Show pairs of arrows, and above each the cosine of the angle between them.

    Parameters
    ----------
    pairs : dict of str to (array-like of shape [2], array-like of shape [2]), optional
        A panel for each.
    """
    fig, axes = make_axes(1, len(pairs), height=2.7, squeeze=False, sharex=True,
                          sharey=True)  # fmt: skip
    far = max(np.abs(np.asarray(pair)).max() for pair in pairs.values())
    for ax, (name, pair) in zip(axes[0], pairs.items(), strict=True):
        a, b = (np.asarray(arrow, dtype=float) for arrow in pair)
        arrows = sorted(((a, RED), (b, BLUE)), key=lambda arrow: -arrow[0] @ arrow[0])
        for arrow, color in arrows:  # the shorter one last, on top of the other
            style = {"arrowstyle": "-|>", "color": color, "lw": 2.5, "shrinkB": 0}
            style |= {"shrinkA": 0, "mutation_scale": 16}
            ax.annotate("", arrow, (0, 0), arrowprops=style)
        ends = sorted(np.arctan2(v[1], v[0]) for v in (a, b))
        turn = np.linspace(*ends, 30)
        ax.plot(0.22 * far * np.cos(turn), 0.22 * far * np.sin(turn), color=DARK)
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        ax.set_title(f"{name}\ncosine {cosine:.2f}", fontsize=10)
        ax.set(xlim=(0, 1.1 * far), ylim=(0, 1.1 * far), xlabel="feature 1")
        ax.set_aspect("equal")
    axes[0, 0].set_ylabel("feature 2")
    return fig


def anchor_bars(models, bins, counts, anchor, *, label="age (years)"):
    """Show each bin's cosine similarity to an anchor: by mean, and by variance.

    Parameters
    ----------
    models : dict of str to BinStatistics
        One row of two panels for each; the key is its title.
    bins : LabelBins
    counts : array-like of shape [B]
        Training samples per bin: they give the shot regions.
    anchor : int
        The bin to compare with, drawn red, with a red mark above.
    """
    fig, axes = plt.subplots(
        len(models),
        2,
        figsize=(8.5, 1.3 + 1.7 * len(models)),
        layout="constrained",
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    lows = []
    for row, (name, stats) in zip(axes, models.items(), strict=True):
        for ax, statistic in zip(row, ("mean", "variance"), strict=True):
            draw_similarity(ax, bins, counts, stats, anchor, statistic)
            lows.append(ax.get_ylim()[0])
            ax.set_title(f"{name}: {statistic}", fontsize=10)
        row[0].set_ylabel("cosine similarity")
    axes[0, 0].set_ylim(bottom=min(lows))  # the panels share it
    for ax in axes[-1]:
        ax.set_xlabel(label)
    _regions_below(fig, counts)
    return fig


def draw_similarity(ax, bins, counts, stats, anchor, statistic):
    """Draw the bars of one panel, over the shot regions, and return the similarity."""
    similarity = cosine_to_anchor(stats, anchor, statistic)
    at_anchor = np.arange(bins.n_bins) == anchor
    regions = shot_regions(counts)
    shade_regions(ax, bins, regions, strip=(1.03, 1.1))
    bars = np.nan_to_num(similarity)
    ax.stairs(np.where(at_anchor, 0, bars), bins.edges, fill=True, color=BLUE)
    width = bins.edges[anchor + 1] - bins.edges[anchor]
    # The anchor's bar is widened to be seen in a row of a hundred.
    ax.bar(bins.centers[anchor], 1, max(width, np.ptp(bins.edges) / 50), color=RED)
    ax.plot(bins.centers[anchor], 1.06, "v", color=RED, ms=8, mec="white", zorder=5)
    ax.axhline(0, color=DARK, linewidth=0.8)
    low = min(0.0, float(bars.min()) * 1.1)
    ax.set(ylim=(low, 1.12), xlim=(bins.edges[0], bins.edges[-1]))
    ax.spines[["top", "right"]].set_visible(False)
    return similarity


def similarity_by_seed(panels, bins, counts, anchor, *, label="age (years)"):
    """Show the similarity to an anchor of several seeds: thin lines, and their mean.

    Parameters
    ----------
    panels : dict of str to array-like of shape [S, B]
        NaN where a bin has no statistic. Two panels stand in a row.
    counts : array-like of shape [B]
        Training samples per bin: they give the shot regions.
    anchor : int
        Where a red mark stands.
    """
    rows = -(-len(panels) // 2)
    fig, axes = make_axes(rows, 2, height=0.9 + 2.0 * rows, squeeze=False, sharex=True,
                          sharey=True)  # fmt: skip
    for ax, (name, seeds) in zip(axes.flat, panels.items(), strict=False):
        seeds = np.asarray(seeds)
        shade_regions(ax, bins, shot_regions(counts))
        ax.plot(bins.centers, seeds.T, color=BLUE, lw=0.8, alpha=0.7)
        known = ~np.isnan(seeds).all(axis=0)
        mean = np.nanmean(seeds[:, known], axis=0)
        ax.plot(bins.centers[known], mean, color=DARK, lw=2)
        ax.plot(bins.centers[anchor], 1.03, "v", color=RED, ms=9, mec="white", zorder=5)
        ax.set_title(name, fontsize=10)
    low = np.floor(10 * min(np.nanmin(seeds) for seeds in panels.values())) / 10
    axes[0, 0].set(ylim=(min(low, 0.8), 1.07), xlim=(bins.edges[0], bins.edges[-1]))
    for ax in axes[:, 0]:
        ax.set_ylabel("cosine similarity")
    for ax in axes[-1]:
        ax.set_xlabel(label)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    _regions_below(fig, counts)
    return fig


def neighbour_margins(
    margins, *, xlabel="neighbour margin of age 0 (large is healthy)"
):
    """Show neighbour margins: a dot per seed, and their mean with its 95 % interval.

    Parameters
    ----------
    margins : dict of str to array-like of shape [S]
        A row for each, S >= 2.
    xlabel : str
    """
    rows = {name: (np.zeros(len(seeds)), seeds) for name, seeds in margins.items()}
    return forest(rows, xlabel=xlabel)


def mean_by_age(
    bins, counts, training, held_out, smoothed=None, *, name="mean of the feature",
    label="age (years)",
):  # fmt: skip
    """Show one feature's mean by bin: training dots, a held-out line, a smoothed one.

    Parameters
    ----------
    bins : LabelBins
    counts : array-like of shape [B]
        Training samples per bin: dots are larger where there are more.
    training, held_out, smoothed : array-like of shape [B]
        `smoothed` is left out if there is none.
    name : str
        Of the vertical axis.
    """
    fig, ax = make_axes(height=3.4)
    regions = shot_regions(counts)
    shade_regions(ax, bins, regions)
    size = 8 + 3 * np.sqrt(np.asarray(counts))
    ax.scatter(
        bins.centers, training, s=size, color=BLUE, alpha=0.75, ec="white", lw=0.5,
        label="training", zorder=3,
    )  # fmt: skip
    ax.plot(bins.centers, held_out, color=DARK, lw=1.2, ls="--", label="held-out")
    if smoothed is not None:
        ax.plot(bins.centers, smoothed, color=RED, lw=2.5, label="smoothed")
    ax.set(xlabel=label, ylabel=name, xlim=(bins.edges[0] - 1, bins.edges[-1]))
    ax.legend(frameon=False)
    _regions_below(fig, counts)
    return fig


def chance_curve(chance, counts, distances, marked=()):
    """Show what chance does to the mean of n images, and how far the ages' means lie.

    Parameters
    ----------
    chance : dict of int to float
        The distance of the mean of so many images from the truth, by chance alone.
    counts, distances : array-like of shape [B]
        The training images of each age, and how far its mean lies from the held-out
        one. A dot is drawn for each few-shot age.
    marked : sequence of int
        Few-shot ages that stand out in red, with their names.
    """
    fig, ax = make_axes(height=3.4)
    counts, distances = np.asarray(counts), np.asarray(distances)
    few = shot_regions(counts).few
    red = np.isin(np.arange(len(counts)), list(marked))
    for some, color, marker in ((few & ~red, BLUE, "o"), (few & red, RED, "D")):
        ax.plot(counts[some], distances[some], marker, ms=7, color=color, mec="white")
    for age in marked:
        where = counts[age], distances[age]
        ax.annotate(
            f"age {age}", where, (8, 0), textcoords="offset points", va="center"
        )
    ax.plot(list(chance), list(chance.values()), color=GREEN, lw=2.5,
            label="chance alone")  # fmt: skip
    ax.set(xscale="log", xlabel="training images of the age",
           ylabel="distance to the held-out mean", ylim=(0, None))  # fmt: skip
    ticks = [n for n in (2, 3, 5, 10, 20, 50) if n <= max(chance)]
    ax.set_xticks(ticks, [str(n) for n in ticks])
    ax.minorticks_off()
    ax.legend(frameon=False)
    return fig


def _regions_below(fig, counts):
    regions = shot_regions(counts)
    region_legend(fig, regions, ncols=3, loc="outside lower center", fontsize=8)
