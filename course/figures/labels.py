"""The figures of labels and errors; they also take a user's own counts and predictions.

Every function returns the figure: ``fig = figures.windows(windows)`` shows it in a
notebook.
"""

import numpy as np
from matplotlib import pyplot as plt

from course.figures import style
from course.figures.style import (
    BLUE,
    DARK,
    GREEN,
    GREY,
    RED,
    REGIONS,
    draw_bars,
    make_axes,
    region_legend,
)
from dirlib.bins import shot_regions


def three_label_counts(tables):
    """Show the label counts of several data sets below each other.

    Parameters
    ----------
    tables : dict of str to LabelCounts
    """
    fig, axes = make_axes(len(tables), 1, height=2.1 * len(tables))
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        regions = shot_regions(table.counts)
        draw_bars(ax, table.bins, table.counts, regions)
        estimated = "" if table.exact else " (estimated)"
        ax.set(title=name + estimated, ylabel="samples", xlabel=f"label ({table.unit})")
    region_legend(axes[0], shot_regions(tables[next(iter(tables))].counts))
    return fig


def image_grid(images, captions, n_cols=10):
    """Show images [N, H, W, 3] in rows, each with a caption above it."""
    n_rows = -(-len(images) // n_cols)
    fig, axes = plt.subplots(
        n_rows,
        n_cols,
        figsize=(8.5, 1.08 * n_rows),
        layout="constrained",
        squeeze=False,
    )
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, caption in zip(axes.flat, images, captions, strict=False):
        ax.imshow(image)
        ax.set_title(caption, fontsize=8, pad=2)
    return fig


def error_by_bin(bins, counts, errors, *, title="", unit="years", label="age (years)"):
    """Show the mean absolute error of each bin above the training samples per bin.

    Parameters
    ----------
    bins : LabelBins
    counts : array-like of shape [B]
    errors : array-like of shape [B] or [S, B]
        NaN where a bin has no test sample; seeds are drawn thin, their mean bold.
    """
    errors = np.atleast_2d(errors)
    regions = shot_regions(counts)
    fig, (top, bottom) = make_axes(
        2, 1, height=4.6, sharex=True, height_ratios=[1.6, 1]
    )
    if len(errors) > 1:
        top.plot(bins.centers, errors.T, color=DARK, linewidth=0.5, alpha=0.4)
    top.plot(bins.centers, errors.mean(0), color=DARK, linewidth=2)
    top.set(ylabel=f"mean absolute error ({unit})", title=title, ylim=(0, None))
    draw_bars(bottom, bins, counts, regions)
    region_legend(bottom, regions)
    bottom.set(xlabel=label, ylabel="training samples")
    return fig


def density_against_error(panels):
    """Scatter the density of each bin against its error, one panel per entry.

    Parameters
    ----------
    panels : dict of str to (density [B], error [B], x label, y label)
        The key is the panel's title.
    """
    fig, axes = make_axes(1, len(panels), height=3.2, squeeze=False)
    for ax, (title, (x, y, xlabel, ylabel)) in zip(
        axes[0], panels.items(), strict=True
    ):
        ax.scatter(x, y, s=16, color=BLUE, alpha=0.7, edgecolor="none")
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title, ylim=(0, None))
    return fig


def predictions_over_gaps(y, predictions, gaps):
    """Show the mean prediction at each label, with the labels left out shaded.

    Parameters
    ----------
    y : array-like of shape [N]
        Whole-numbered labels.
    predictions : dict of str to array-like of shape [S, N]
        Methods, several seeds each; a band holds 8 of 10 predictions.
    gaps : list of (str, range, str)
        Name, labels and hatching of each hole.
    """
    fig, ax = make_axes(height=3.6)
    for name, ages, hatch in gaps:
        low, high = min(ages), max(ages) + 1
        ax.axvspan(
            low, high, facecolor="#e4e4e4", hatch=hatch, edgecolor="#b0b0b0", label=name
        )
    labels = np.unique(y)
    for name, y_hat in predictions.items():
        look = style.of(name)
        at = [np.asarray(y_hat)[:, y == label] for label in labels]
        low, high = np.transpose([np.quantile(p, [0.1, 0.9]) for p in at])
        band = {"color": look.color, "alpha": 0.15, "linewidth": 0}
        ax.fill_between(labels + 0.5, low, high, **band)
        means = [p.mean() for p in at]
        ax.plot(labels + 0.5, means, linewidth=2, label=name, **look.plot)
    ends = [0, labels[-1] + 1]
    ax.plot(ends, ends, color=DARK, linewidth=1.5, linestyle=":", label="perfect")
    ax.set(xlabel="true age (years)", ylabel="predicted age (years)")
    ax.legend(frameon=False, loc="upper left")
    return fig


def windows(windows):
    """Show several kernel windows over the distance in bins.

    Parameters
    ----------
    windows : dict of str to array-like of shape [K]
    """
    fig, ax = make_axes(height=2.8)
    styles = zip(("o-", "s--", "^:", "d-."), (BLUE, RED, GREEN, DARK), strict=True)
    for (name, window), (marks, color) in zip(windows.items(), styles, strict=False):
        d = np.arange(len(window)) - len(window) // 2
        ax.plot(d, window, marks, color=color, label=name, markersize=5)
    ax.set(xlabel="distance (bins)", ylabel="weight", ylim=(0, None))
    ax.legend(frameon=False)
    return fig


def methods_by_region(runs, methods, regions=("many", "medium", "few")):
    """Show the MAE of several methods in each shot region: bars, and a dot per seed.

    Parameters
    ----------
    runs : course.records.read.Runs
    methods : list of str
    """
    fig, ax = make_axes(height=3.4)
    width = 0.8 / len(methods)
    hatches = (None, "////", "....", "xxxx", "----")
    colors = (GREY, "#9fc3e6", BLUE, "#8fd0b5", GREEN)
    styles = zip(methods, colors, hatches, strict=False)
    for i, (method, color, hatch) in enumerate(styles):
        x = np.arange(len(regions)) + (i - (len(methods) - 1) / 2) * width
        scores = np.array([runs.score(method, region) for region in regions])
        ax.bar(
            x,
            scores.mean(1),
            width * 0.92,
            color=color,
            hatch=hatch,
            edgecolor=DARK,
            linewidth=0.4,
            label=method,
        )
        for dots_x, dots in zip(x, scores, strict=True):
            ax.plot(np.full(len(dots), dots_x), dots, ".", color=DARK, markersize=3)
    ax.set(ylabel="mean absolute error (years)")
    ax.set_xticks(range(len(regions)), [REGIONS[region][2] for region in regions])
    ax.legend(frameon=False, loc="upper left", ncols=2)
    return fig
