"""The figures of errors: by shot region, and what changed where images were taken away.

Every function returns the figure.
"""

import numpy as np

from course.figures import style
from course.figures.style import DARK, REGIONS, make_axes

_HATCHES = (None, "////", "....")
_COLORS = (style.GREY, "#f0b6d4", style.PALE)  # pale: the hatching is seen on them


def errors_by_region(scores, *, unit="years"):
    """Show the error of each shot region: bars, and a dot for each seed.

    Parameters
    ----------
    scores : dict of str to list of dict
        For each of up to three networks a dict per seed that holds the error of each
        region by name, such as ``{"many": 5.9, "zero": None}``. A region that has no
        error anywhere is left out.
    """
    seeds = [seed for runs in scores.values() for seed in runs]
    regions = [r for r in REGIONS if any(s.get(r) is not None for s in seeds)]
    fig, ax = make_axes(height=3.2)
    width = 0.8 / len(scores)
    styles = zip(scores.items(), _COLORS, _HATCHES, strict=False)
    for i, ((name, runs), color, hatch) in enumerate(styles):
        x = np.arange(len(regions)) + (i - (len(scores) - 1) / 2) * width
        found = [[run[r] for run in runs if run[r] is not None] for r in regions]
        look = {"color": color, "hatch": hatch, "edgecolor": DARK, "linewidth": 0.5}
        means = [np.mean(values) if values else np.nan for values in found]
        ax.bar(x, means, width * 0.92, label=name, **look)
        for at, values in zip(x, found, strict=True):
            ax.plot(np.full(len(values), at), values, ".", color=DARK, markersize=4)
    ax.set(ylabel=f"mean absolute error ({unit})")
    ax.set_xticks(range(len(regions)), [REGIONS[region][2] for region in regions])
    ax.legend(frameon=False, loc="upper left")
    return fig


def error_changes(bins, changes, *, unit="years", label="age (years)"):
    """Show how the error of each bin changed: a panel for each change, one scale.

    Parameters
    ----------
    bins : LabelBins
    changes : dict of str to (array-like of shape [S, B], sequence of int)
        The error after the change minus that before it, by seed; and the bins whose
        training samples were taken away, which are shaded.
    """
    fig, axes = make_axes(
        len(changes), 1, height=0.6 + 1.7 * len(changes), sharex=True, sharey=True,
        squeeze=False,
    )  # fmt: skip
    for ax, (name, (change, gone)) in zip(axes[:, 0], changes.items(), strict=True):
        change, gone = np.atleast_2d(change), np.asarray(gone)
        for run in np.split(gone, np.flatnonzero(np.diff(gone) > 1) + 1):
            ends = bins.edges[run[0]], bins.edges[run[-1] + 1]
            shade = {"facecolor": "#e4e4e4", "hatch": "////", "edgecolor": "#b0b0b0"}
            ax.axvspan(*ends, **shade, linewidth=0)
        ax.axhline(0, color=DARK, linewidth=0.8)
        ax.plot(bins.centers, change.T, color=style.BLUE, linewidth=0.5, alpha=0.35)
        ax.plot(bins.centers, change.mean(0), color=style.BLUE, linewidth=1.8)
        ax.set_title(name, fontsize=10, loc="left")
        ax.margins(x=0.01)
    fig.supylabel(f"change of the error ({unit})", fontsize=10)
    axes[-1, 0].set(xlabel=label)
    return fig
