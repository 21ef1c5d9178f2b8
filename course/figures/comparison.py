"""How sure a difference is: every interval of the lessons is drawn here."""

import numpy as np

from course.figures import style
from course.figures.style import BLUE, DARK, GREY, RED, make_axes
from dirlib.metrics import paired_comparison


def forest(differences, *, xlabel="difference in error (years)"):
    """Draw paired differences: a dot per seed, and their mean with its 95 % interval.

    An interval that holds 0 is drawn hollow and grey: these seeds can't tell.

    Parameters
    ----------
    differences : dict of str to (before, after)
        Each an array-like of shape [S], S >= 2: what a run of each seed scores with the
        one method and with the other. What is drawn is ``after - before``, with
        Student's t for the mean, see :func:`dirlib.metrics.paired_comparison`. The key
        names the row, such as "SQINV + LDS minus SQINV".
    xlabel : str
        What the differences are.

    Raises
    ------
    ValueError
        If there is no difference, or a row has under two seeds or numbers that are not
        finite.
    """
    if not differences:
        raise ValueError("a forest plot needs at least one pair, but got none")
    rows = []
    for name, (before, after) in differences.items():
        try:
            found = paired_comparison(before, after)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        rows.append((name, np.asarray(after) - np.asarray(before), found))
    fig, ax = make_axes(height=1.0 + 0.42 * len(rows))
    for y, (_, seeds, found) in enumerate(rows):
        told = found.low > 0 or found.high < 0
        color = BLUE if told else GREY
        ax.plot([found.low, found.high], [y, y], color=color, lw=2.5, zorder=2)
        ax.plot(
            found.mean_difference, y, "D", ms=8, zorder=4, color=color,
            mfc=color if told else "white", mew=2,
        )  # fmt: skip
        ax.plot(seeds, np.full(len(seeds), y - 0.27), "o", color=DARK, ms=3, zorder=3)
    ax.axvline(0, color=DARK, linewidth=1, zorder=1)
    ax.set(xlabel=xlabel, ylim=(len(rows) - 0.5, -0.6))
    ax.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="#e4e4e4")
    ax.set_axisbelow(True)
    ax.spines["left"].set_visible(False)
    return fig


def ladder(panels, *, share=None, ylabel="mean absolute error (years)"):
    """Show how an error changes from one method to the next: a rung for each.

    Parameters
    ----------
    panels : dict of str to dict of str to array-like of shape [S]
        For each panel the scores of some methods by seed, in the order of the steps.
        A bar is their mean, a mark stands for each seed.
    share : (str, str, str), optional
        Three methods: the first, the middle and the last one. In each panel an arrow
        shows how much of the way from the first to the last the middle one takes.
    ylabel : str
    """
    fig, axes = make_axes(1, len(panels), height=3.6, squeeze=False)
    for ax, (title, scores) in zip(axes[0], panels.items(), strict=True):
        names = list(scores)
        means = {name: float(np.mean(scores[name])) for name in names}
        for x, name in enumerate(names):
            look, seeds = style.of(name), np.asarray(scores[name], float)
            at = x + np.linspace(-0.16, 0.16, len(seeds)) * (len(seeds) > 1)
            ax.plot(at, seeds, look.marker, color=look.color, ms=5, alpha=0.8)
            ax.plot([x - 0.32, x + 0.32], [means[name]] * 2, color=look.color, lw=3)
            if x:
                ends = [means[names[x - 1]], means[name]]
                ax.plot([x - 0.5] * 2, ends, color=GREY, lw=1, ls=":")
        if share is not None:
            _draw_share(ax, [means[name] for name in share], names.index(share[1]))
        ax.set_xticks(range(len(names)), [n.replace("+", "\n+ ") for n in names])
        ax.set_xlim(-0.6, len(names) - 0.4)
        ax.set_title(title, fontsize=10)
    axes[0, 0].set_ylabel(ylabel)
    return fig


def _draw_share(ax, means, x):
    """An arrow over the way that the middle one takes, with its share of all of it."""
    first, middle, last = means
    arrow = {"arrowstyle": "-|>", "color": RED, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (x - 0.5, middle), (x - 0.5, first), arrowprops=arrow)
    if abs(last - first) > 1e-9:
        told = f"{100 * (middle - first) / (last - first):.0f} % of the way"
        place = x - 0.42, (first + middle) / 2
        ax.text(*place, told, color=RED, fontsize=9, va="center")
