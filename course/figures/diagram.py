"""The layer of FDS between backbone and regressor, and its time line in an epoch."""

from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch

from course.figures.style import BLUE, DARK, PURPLE, RED

WIDTH, HEIGHT = 8.5, 5.3  # inches
TINTS = {DARK: "#ffffff", BLUE: "#dfe9f5", RED: "#f9e0de", PURPLE: "#ece5f5"}


def layer_diagram():
    """Draw where FDS sits in a network, and what it does in the course of an epoch.

    Above: the features z go from the backbone through FDS to the regressor while the
    network is trained, and past FDS afterwards. Below: each batch is collected, and
    calibrated with the pair of statistics that the last epoch left; the end of the
    epoch updates the statistics, smooths them, and fixes the pair of the next one.
    """
    fig = plt.figure(figsize=(WIDTH, HEIGHT))
    ax = fig.add_axes((0, 0, 1, 1))  # its data are inches
    ax.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    ax.axis("off")
    _draw_network(ax, y=4.15)
    _draw_time_line(ax, y=1.55)
    return fig


def _draw_network(ax, y):
    _text(ax, 0.45, y, "image\n$x$")
    _box(ax, 1.75, y, 1.3, 0.7, "backbone")
    _box(ax, 4.4, y, 1.9, 0.8, "FDS\nonly while training", RED, "--")
    _box(ax, 7.0, y, 1.2, 0.7, "regressor")
    _text(ax, 8.22, y, "$\\hat{y}$", size=13)
    for start, end in ((0.72, 1.08), (2.42, 3.42), (5.37, 6.37), (7.62, 8.05)):
        _arrow(ax, (start, y), (end, y))
    _text(ax, 2.95, y + 0.2, "features $z$")
    _text(ax, 5.87, y + 0.2, "calibrated $z$")
    _text(ax, 4.4, y + 0.98, "labels $y$")
    _arrow(ax, (4.4, y + 0.85), (4.4, y + 0.44))
    # Past the layer, from z to the regressor.
    ax.plot(
        [2.95, 2.95, 5.87, 5.87],
        [y - 0.03, y - 0.72, y - 0.72, y - 0.35],
        ":",
        color=DARK,
    )
    _arrow(ax, (5.87, y - 0.35), (5.87, y - 0.03))
    _text(ax, 4.4, y - 0.87, "afterwards: $z$ stays as it is, and no label is needed")


def _draw_time_line(ax, y):
    top = y + 0.95
    _text(
        ax,
        2.35,
        top,
        "epoch $e$: each batch is collected, then calibrated",
        weight="bold",
    )
    _text(ax, 5.98, top, "its end", weight="bold")
    _text(ax, 7.78, top, "epoch $e + 1$", weight="bold")
    for x, name in (
        (0.75, "batch 1"),
        (1.75, "batch 2"),
        (2.85, "..."),
        (3.9, "last batch"),
    ):
        if name == "...":
            _text(ax, x, y + 0.3, name)
        else:
            _box(ax, x, y + 0.3, 0.85, 0.5, name, size=9)
    _box(ax, 7.78, y + 0.3, 0.85, 0.5, "batch 1", size=9)
    # What calibrates: one pair for all batches of an epoch.
    _box(
        ax,
        2.35,
        y - 0.72,
        3.95,
        0.42,
        "the pair (plain, smoothed) that epoch $e - 1$ left",
        BLUE,
        size=9,
    )
    for x in (0.75, 1.75, 3.9):
        _arrow(ax, (x, y - 0.49), (x, y + 0.03), BLUE)
    for level, text in (
        (0.42, "update statistics\nwith momentum"),
        (-0.14, "smooth along\nthe bins"),
        (-0.7, "fix the new\npair"),
    ):
        _box(ax, 5.98, y + level, 1.35, 0.42, text, PURPLE, size=8.5)
    for level in (0.42, -0.14):
        _arrow(ax, (5.98, y + level - 0.22), (5.98, y + level - 0.34), PURPLE)
    _arrow(ax, (4.4, y + 0.42), (5.27, y + 0.42), PURPLE)
    _text(ax, 4.84, y + 0.62, "all its $z$", size=8.5)
    _arrow(ax, (6.68, y - 0.7), (7.78, y - 0.7), BLUE, head=False)
    _arrow(ax, (7.78, y - 0.7), (7.78, y + 0.03), BLUE)
    _arrow(ax, (0.2, 0.35), (8.35, 0.35))
    _text(ax, 8.1, 0.17, "time")


def _text(ax, x, y, text, size=10, **style):
    ax.text(x, y, text, ha="center", va="center", fontsize=size, color=DARK, **style)


def _box(ax, x, y, width, height, text, color=DARK, line="-", size=10):
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0.02",
            facecolor=TINTS[color],
            edgecolor=color,
            linestyle=line,
            linewidth=1.6,
        )
    )
    _text(ax, x, y, text, size)


def _arrow(ax, start, end, color=DARK, head=True):
    style = {"arrowstyle": "->" if head else "-", "color": color, "lw": 1.4}
    ax.annotate("", end, start, arrowprops=style | {"shrinkA": 0, "shrinkB": 0})
