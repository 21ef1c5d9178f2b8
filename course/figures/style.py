"""What every figure and explorer shares: the colours, the shot regions, the axes.

Colours mean the same everywhere, and hatching or the kind of line says it once more:
purple for many-shot bins, yellow for medium-shot, pink for few-shot. In a notebook,
each figure becomes a sharp and small PNG, see `course.figures.png`.
"""

from typing import NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Patch, StepPatch

from course.figures.png import show_sharp_figures

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


class MethodStyle(NamedTuple):
    """How a method is drawn, in every figure: ``ax.plot(x, y, **style.plot)``."""

    line: str | tuple
    color: str
    marker: str

    @property
    def plot(self):
        """The colour and the kind of line, as `ax.plot` takes them."""
        return {"color": self.color, "linestyle": self.line}


def _method_styles():
    """The colour says what is added, light or dark and the marker to which weights."""
    gold, brown, sky, pink = "#d98200", "#8c5a2b", "#3aa0d8", "#d0438f"
    dash, dots, both = "--", ":", "-."
    styles = {
        "vanilla": ("-", DARK, "o"),
        "vanilla+fds": (dots, "#0d4f38", "o"),
        "sqinv": (dash, BLUE, "s"),
        "sqinv+lds": ((0, (8, 2)), gold, "s"),
        "sqinv+fds": (dots, GREEN, "s"),
        "sqinv+lds+fds": (both, RED, "s"),
        "inv": (dash, "#8fb2dc", "^"),
        "inv+lds": ((0, (8, 2)), "#f0bd6b", "^"),
        "inv+fds": (dots, "#76bfa3", "^"),
        "inv+lds+fds": (both, "#e98c86", "^"),
        "sqinv+fds full": ((0, (1, 3)), "#64801a", "P"),
        "sqinv+lds+fds full": ((0, (5, 2, 1, 2, 1, 2)), brown, "P"),
        "sqinv+fds too wide": ((0, (6, 1, 1, 1, 1, 1)), PURPLE, "X"),
        # The training faces are changed.
        "vanilla, right labels": (dots, sky, "D"),
        "vanilla, balanced": (both, PURPLE, "d"),
        "vanilla, 150 at 0, same share": (dots, gold, "v"),
        "vanilla, 150 at 0, same four": ((0, (8, 2)), brown, "<"),
        "vanilla, without age 42": (dash, BLUE, ">"),
        "vanilla, without the neighbours of 42": (both, RED, "h"),
        "vanilla, without age 55": (dash, BLUE, "p"),
        "vanilla, without the neighbours of 55": (both, RED, "H"),
        # Other losses and weights.
        "dense": ((0, (1, 3)), pink, "*"),
        "mse": (dash, GREY, "8"),
        "balanced mse": (dots, PURPLE, "8"),
        "balanced mse, batch": (both, sky, "8"),
        # What the student built, or the network trained in the lesson.
        "yours": ("-", pink, "D"),
    }
    # Trained with a hole or with right labels, a method keeps its colour and its line.
    holes = ("vanilla", "sqinv+lds", "sqinv+lds+fds")
    changed = [(base, "hole inside", "v") for base in holes]
    changed += [(base, "hole at the end", ">") for base in holes]
    changed += [(base, "right labels", "D") for base in ("sqinv", "sqinv+lds")]
    changed += [(base, "right labels", "d") for base in ("inv", "inv+lds")]
    for base, change, marker in changed:
        line, color, _ = styles[base]
        styles[f"{base}, {change}"] = line, color, marker
    return {name: MethodStyle(*style) for name, style in styles.items()}


# One colour, line and marker for a method, in all lessons.
METHOD_STYLES = _method_styles()


def of(method):
    """Return the `MethodStyle` of a method, such as "sqinv+lds", or of "yours".

    Raises
    ------
    ValueError
        If the method has none.
    """
    try:
        return METHOD_STYLES[method]
    except (KeyError, TypeError):
        raise ValueError(
            f"no style is known for the method {method!r}: choose from "
            f"{', '.join(METHOD_STYLES)}"
        ) from None


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


show_sharp_figures()
