"""The figure of lesson 5's mystery runs: their curves beside those of a healthy one."""

from course.figures.style import BLUE, GREY, make_axes


def mystery_curves(healthy, runs, panels):
    """Show the epochs of some runs, a row for each, over those of a healthy run.

    Parameters
    ----------
    healthy : DataFrame
        A row per epoch, of one seed: see :func:`course.records.read.load_history`.
    runs : dict of str to DataFrame
        The same of each run; the key names its row.
    panels : dict of str to callable
        The title of each column, and what it shows of a history: a Series.
    """
    fig, axes = make_axes(
        len(runs), len(panels), height=0.9 + 1.35 * len(runs), squeeze=False,
        sharex=True, sharey="col",
    )  # fmt: skip
    for row, (name, run) in zip(axes, runs.items(), strict=True):
        for ax, (title, of) in zip(row, panels.items(), strict=True):
            ax.plot(healthy["epoch"], of(healthy), "--", color=GREY, lw=2)
            ax.plot(run["epoch"], of(run), "-", color=BLUE, lw=2)
            if ax in axes[0]:
                ax.set_title(title, fontsize=9)
            if ax in axes[-1]:
                ax.set_xlabel("epoch", fontsize=9)
            ax.tick_params(labelsize=8)
        row[0].set_ylabel(f"run {name}", fontsize=10, weight="bold")
    for ax in axes[-1]:
        # Only now: it ends the search for common limits. A line at 0 stays in sight.
        top = ax.get_ylim()[1]
        ax.set_ylim(-0.04 * top, top)
    lines = axes[0, 0].lines[:2]
    names = ["healthy", "the run of this row"]
    fig.legend(lines, names, loc="outside lower center", ncols=2, frameon=False)
    return fig
