"""The figures of lesson 4: a bump that is moved, momentum, and lines by age."""

import numpy as np

from course.figures import style
from course.figures.style import (
    BLUE,
    DARK,
    GREEN,
    GREY,
    RED,
    make_axes,
    region_legend,
    shade_regions,
)
from dirlib.bins import shot_regions


def moved_bump(before, mean, var, smoothed_mean, smoothed_var, *, name):
    """Show the values of one bin before and after calibration, and the two bumps.

    Parameters
    ----------
    before : array-like of shape [n]
        One feature of the bin's samples; an arrow leads from each to what it becomes.
    mean, var, smoothed_mean, smoothed_var : float
        The bumps are the Gaussians with these.
    name : str
        Of the horizontal axis.
    """
    fig, ax = make_axes(height=3.4)
    before, spreads = np.asarray(before, float), np.sqrt([var, smoothed_var])
    after = spreads[1] / spreads[0] * (before - mean) + smoothed_mean
    low = min(mean - 3.5 * spreads[0], smoothed_mean - 3.5 * spreads[1], *before)
    high = max(mean + 3.5 * spreads[0], smoothed_mean + 3.5 * spreads[1], *before)
    x = np.linspace(low, high, 400)
    for middle, spread, values, top, drawn, label in (
        (mean, spreads[0], before, 2.2, {"color": BLUE, "ls": "--"}, "plain: its own"),
        (smoothed_mean, spreads[1], after, 0.0, {"color": RED}, "smoothed: the goal"),
    ):
        bump = np.exp(-((x - middle) ** 2) / (2 * spread**2))
        ax.fill_between(x, top, top + bump, color=drawn["color"], alpha=0.18, lw=0)
        ax.plot(x, top + bump, **drawn, lw=2, label=label)
        ax.plot(values, np.full(len(values), top - 0.08), "|", ms=9, mew=1.8,
                color=drawn["color"])  # fmt: skip
    for start, end in zip(before, after, strict=True):
        ax.annotate("", (end, 0.0), (start, 2.02), arrowprops={
            "arrowstyle": "->", "color": GREY, "lw": 0.9})  # fmt: skip
    ax.set(xlabel=name, yticks=[], ylim=(-0.25, 3.4), xlim=(low, high))
    ax.spines["left"].set_visible(False)
    ax.legend(frameon=False, loc="upper right")
    return fig


def momentum_curves(noise, momenta, *, epochs=15, seed=1):
    """Show a mean that moves from 0 to 1, what epochs see, and what momentum makes.

    Parameters
    ----------
    noise : dict of str to float
        A panel for each: the standard deviation of what an epoch sees.
    momenta : sequence of float
        Up to three, a line each.
    epochs, seed : int
    """
    fig, axes = make_axes(1, len(noise), height=3.3, squeeze=False)
    x, true = np.arange(1, epochs + 1), np.linspace(0, 1, epochs)
    chance = np.random.default_rng(seed).normal(size=epochs)
    looks = [(BLUE, ":"), (GREEN, "-."), (RED, "-")]
    for ax, (title, deviation) in zip(axes[0], noise.items(), strict=True):
        seen = true + deviation * chance
        ax.plot(x, true, color=DARK, lw=1.2, ls="--", label="true")
        ax.plot(x, seen, "o", color=GREY, ms=5, label="seen in the epoch")
        for momentum, (color, ls) in zip(momenta, looks, strict=False):
            running, name = running_mean(seen, momentum), f"momentum {momentum:g}"
            ax.plot(x, running, color=color, ls=ls, lw=2.2, label=name)
        ax.set(title=title, xlabel="epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)
    axes[0, 0].set_ylabel("mean of a feature")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
    return fig


def running_mean(seen, momentum):
    """Return what momentum makes of the means that the epochs saw, [..., E]."""
    running = np.array(seen, float)
    for epoch in range(1, running.shape[-1]):
        old, new = running[..., epoch - 1], running[..., epoch]
        running[..., epoch] = momentum * old + (1 - momentum) * new
    return running


def lines_by_age(
    panels, bins, counts, *, ylabel, mark=None, zero=False, label="age (years)"
):
    """Show a number by age for several methods or statistics: mean and range of seeds.

    Parameters
    ----------
    panels : dict of str to dict of str to array-like of shape [S, B]
        For each panel a line for each name. Names of methods, and "yours", have their
        own style; others are told apart by colour and kind of line. NaN leaves a gap.
    bins : LabelBins
    counts : array-like of shape [B]
        Training samples per bin: they give the shot regions.
    ylabel : str
    mark : int, optional
        A bin with a red mark above it.
    zero : bool
        Whether a line is drawn at 0.
    """
    fig, axes = make_axes(1, len(panels), height=3.9, squeeze=False, sharey=True)
    regions = shot_regions(counts)
    for ax, (title, lines) in zip(axes[0], panels.items(), strict=True):
        others = iter([(BLUE, ":"), (RED, "-"), (DARK, "--"), (GREEN, "-.")])
        shade_regions(ax, bins, regions)
        for name, seeds in lines.items():
            seeds = np.atleast_2d(np.asarray(seeds, float))
            if name in style.METHOD_STYLES:
                drawn = style.of(name)
                color, ls = drawn.color, drawn.line
            else:
                color, ls = next(others)
            ax.fill_between(bins.centers, seeds.min(0), seeds.max(0), color=color,
                            alpha=0.15, lw=0)  # fmt: skip
            ax.plot(bins.centers, seeds.mean(0), color=color, ls=ls, lw=2.2, label=name)
        if zero:
            ax.axhline(0, color=DARK, lw=0.8)
        if mark is not None:
            above = {"transform": ax.get_xaxis_transform(), "clip_on": False}
            style_of = {"color": RED, "ms": 9, "mec": "white", "zorder": 5}
            ax.plot(bins.centers[mark], 1.02, "v", **style_of, **above)
        ax.set_title(title, fontsize=10, pad=10)
        ax.set(xlabel=label, xlim=(bins.edges[0], bins.edges[-1]))
        ax.legend(frameon=False, fontsize=8)
    axes[0, 0].set_ylabel(ylabel)
    region_legend(fig, regions, ncols=3, loc="outside lower center", fontsize=8)
    return fig
