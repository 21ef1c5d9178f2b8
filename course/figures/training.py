"""The figures of lesson 5: what there is to watch while a network trains."""

from course.figures import style
from course.figures.style import make_axes


def epochs(histories, panels):
    """Show numbers of the epochs, several methods in each panel.

    Parameters
    ----------
    histories : dict of str to DataFrame
        Methods of `style.METHOD_STYLES`; a row per seed and epoch, see
        :func:`course.records.read.load_history`. A line shows the mean of the seeds, a
        band their range.
    panels : dict of str to callable
        The title of each panel, and what it shows of a history: a Series.
    """
    fig, axes = make_axes(1, len(panels), height=3.2, squeeze=False)
    for ax, (title, of) in zip(axes[0], panels.items(), strict=True):
        for name, history in histories.items():
            drawn = style.of(name)
            values = of(history)
            if values.isna().all():
                continue  # a method without FDS has no distances
            lines = values.groupby([history["seed"], history["epoch"]]).first()
            lines = lines.unstack("seed")
            low, high = lines.min(axis=1), lines.max(axis=1)
            ax.fill_between(lines.index, low, high, color=drawn.color, alpha=0.15, lw=0)
            ax.plot(lines.mean(axis=1), **drawn.plot, lw=2, label=name)
        ax.set(title=title, xlabel="epoch", ylim=(0, None))
        ax.xaxis.get_major_locator().set_params(integer=True)
    found = [ax.get_legend_handles_labels() for ax in axes[0]]
    handles, labels = max(found, key=lambda pair: len(pair[1]))
    fig.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return fig
