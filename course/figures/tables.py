"""Figures of a table of one's own: its labels, its scores, and where a model fails."""

import numpy as np
import pandas as pd

from course.figures.style import (
    DARK,
    GREY,
    METHOD_STYLES,
    RED,
    draw_bars,
    make_axes,
    region_legend,
)

NAMES = {"many": "many-shot", "medium": "medium-shot", "few": "few-shot"}
MOST_GROUPS = 24


def labels_in_bins(labels, bins, regions, *, label):
    """Draw how many training rows each bin has, twice: as they are, and near 0.

    Parameters
    ----------
    labels : array-like of shape [N]
    bins : LabelBins
    regions : ShotRegions
        Of the training counts of these bins.
    label : str
        What the labels are.
    """
    counts = bins.counts(np.asarray(labels, float))
    fig, (ax, low) = make_axes(1, 2, height=2.9)
    for axes in (ax, low):
        draw_bars(axes, bins, counts, regions)
        axes.set(xlabel=label, ylabel="training rows in a bin")
    low.set_ylim(0, max(1, np.quantile(counts[counts > 0], 0.5)))
    low.set_title("the same, enlarged", fontsize=10)
    region_legend(ax, regions, NAMES)
    return fig


def scores_beside(table, scores=("all", "tail_5"), *, unit="label units"):
    """Draw the errors of methods and baselines beside each other, a panel per score.

    Parameters
    ----------
    table : DataFrame
        A row for each model, with the scores as columns; NaN where there is none.
    scores : sequence of str
    unit : str
        Of the labels.
    """
    table = table[list(scores)].dropna(how="all")
    height = 0.9 + 0.3 * len(table)
    fig, axes = make_axes(1, len(scores), height=height, sharey=True)
    rows = np.arange(len(table))
    for ax, score in zip(np.ravel(axes), scores, strict=True):
        values = table[score].to_numpy(float)
        ax.hlines(rows, 0, values, color="#d5d5d5", linewidth=1.5, zorder=1)
        for row, name, value in zip(rows, table.index, values, strict=True):
            if np.isnan(value):
                continue
            marker, color = "X", GREY  # a baseline
            if name in METHOD_STYLES:
                marker, color = METHOD_STYLES[name].marker, METHOD_STYLES[name].color
            ax.plot(value, row, marker, color=color, zorder=2)
            ax.annotate(
                f"{value:.3g}", (value, row), xytext=(7, 0),
                textcoords="offset points", va="center", fontsize=8,
            )  # fmt: skip
        ax.set(xlabel=f"mean error, {score} ({unit})")
        ax.set_xlim(0, 1.15 * np.nanmax([*values, 0]) or 1)
    first = np.ravel(axes)[0]
    first.set_yticks(rows, list(table.index))
    first.set_ylim(len(table) - 0.5, -0.5)
    return fig


def errors_by_group(frame, column, *, unit="label units"):
    """Draw the mean error and the bias of rows that are alike in a column.

    Parameters
    ----------
    frame : DataFrame
        Has `error`, prediction minus label, beside the columns of the table.
    column : str
        Numbers of many values are cut into groups of equal size.
    unit : str
        Of the labels.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if column not in frame:
        known = [name for name in frame if name not in ("error", "prediction")]
        raise ValueError(f"there is no column {column!r}: choose from {known}")
    values = frame[column]
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > MOST_GROUPS:
        values = pd.qcut(values, 10, duplicates="drop")
    groups = frame["error"].groupby(values, observed=True)
    found = pd.DataFrame({"bias": groups.mean(), "rows": groups.size()})
    found["error"] = frame["error"].abs().groupby(values, observed=True).mean()
    found = found.nlargest(MOST_GROUPS, "rows").sort_index()
    fig, ax = make_axes(height=3.0)
    x = np.arange(len(found))
    ax.bar(x, found["error"], color="#c9d7e6", edgecolor=DARK, label="mean error")
    ax.plot(x, found["bias"], "D", color=RED, label="bias: guesses minus truth")
    ax.axhline(0, color=DARK, linewidth=0.8)
    slanted = {"rotation": 45, "ha": "right"} if len(found) > 12 else {}
    names = [str(name)[:18] for name in found.index]
    ax.set_xticks(x, names, fontsize=8, **slanted)
    ax.set(xlabel=column, ylabel=f"validation error ({unit})")
    ax.legend(frameon=False)
    return fig
