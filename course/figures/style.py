"""What every figure and explorer shares: the colours, the shot regions, the axes.

Colours mean the same everywhere, and hatching or the kind of line says it once more:
purple for many-shot bins, yellow for medium-shot, pink for few-shot.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Patch, StepPatch

BLUE, RED, DARK, GREEN = "#3b75af", "#c8322b", "#333333", "#1b7f5c"
PURPLE, GREY = "#8e6bbf", "#999999"
PALE = "#c9d7e6"  # counts, where something else is the subject
# region: colour, hatching, name
REGIONS = {
    "many": (PURPLE, None, "many-shot (> 100)"),
    "medium": ("#f2d14b", "////", "medium-shot (20 to 100)"),
    "few": ("#f2a0c4", "....", "few-shot (< 20)"),
    "zero": ("#ffffff", None, "zero-shot (none)"),
}
# The same style for a method in every figure.
METHOD_STYLES = {
    "vanilla": ("-", DARK),
    "sqinv": ("--", BLUE),
    "sqinv+fds": (":", GREEN),
    "sqinv+lds+fds": ("-.", RED),
    "sqinv+fds too wide": ((0, (6, 1, 1, 1, 1, 1)), PURPLE),
}


def draw_bars(ax, bins, heights, regions=None, **style):
    """Draw one bar per bin, in the colours of the regions or in blue."""
    if regions is None:
        ax.stairs(heights, bins.edges, fill=True, color=BLUE, **style)
        return
    for name, mask in zip(regions._fields, regions, strict=True):
        color, hatch, _ = REGIONS[name]
        if name != "zero" and mask.any():
            values = np.where(mask, heights, 0)
            style_of = {"hatch": hatch, "linewidth": 0.0} | style
            ax.stairs(
                values,
                bins.edges,
                fill=True,
                facecolor=color,
                edgecolor=DARK,
                **style_of,
            )


def region_legend(ax, regions, names=None, **kwargs):
    """Add the legend of the regions that occur."""
    handles = [
        Patch(
            facecolor=REGIONS[name][0],
            hatch=REGIONS[name][1],
            edgecolor=DARK,
            linewidth=0.5,
            label=(names or {}).get(name, REGIONS[name][2]),
        )
        for name, mask in zip(regions._fields, regions, strict=True)
        if mask.any() and name != "zero"
    ]
    ax.legend(handles=handles, frameon=False, **kwargs)


def make_axes(n_rows=1, n_cols=1, height=3.0, **kwargs):
    """A figure as wide as a notebook's page, and its axes."""
    fig, axes = plt.subplots(
        n_rows, n_cols, figsize=(8.5, height), layout="constrained", **kwargs
    )
    for ax in np.ravel(axes):
        ax.spines[["top", "right"]].set_visible(False)
    return fig, axes


def shade_regions(ax, bins, regions, strip=None):
    """Shade the regions behind a panel, and draw them as a hatched strip on top.

    Parameters
    ----------
    strip : (float, float), optional
        Where the strip begins and ends; there is none without it.
    """
    for name, mask in zip(regions._fields, regions, strict=True):
        color, hatch, _ = REGIONS[name]
        if name == "zero" or not mask.any():
            continue
        # An artist of its own: ax.stairs takes most of its time to find new limits.
        style = {"color": color, "alpha": 0.25, "lw": 0}
        style["transform"] = ax.get_xaxis_transform()  # the whole height of the panel
        ax.add_artist(StepPatch(mask.astype(float), bins.edges, **style))
        if strip is not None:
            low, high = strip
            style = {"facecolor": color, "edgecolor": DARK, "hatch": hatch, "lw": 0.0}
            values = np.where(mask, high, low)
            ax.add_artist(StepPatch(values, bins.edges, baseline=low, **style))
