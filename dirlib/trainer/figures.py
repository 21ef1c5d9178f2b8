"""Figures of a run and of a comparison; each function returns a matplotlib Figure.

Colours mean the same in all of them: purple many-shot, yellow medium-shot, pink
few-shot, and each method has its own; hatching, markers and line styles say it once
more. `unit` is that of the labels. matplotlib loads when a figure is drawn.
"""

import math

import numpy as np

DARK, GREY, BLUE = "#333333", "#b9b9b9", "#3b75af"
# region: colour, hatching, marker, name
REGIONS = {
    "all": (BLUE, None, "D", "all"),
    "many": ("#8e6bbf", None, "o", "many-shot"),
    "medium": ("#f2d14b", "////", "s", "medium-shot"),
    "few": ("#f2a0c4", "....", "^", "few-shot"),
    "GM": (GREY, "xxxx", "v", "geometric mean"),
}
# Of methods: told apart with colour-blind eyes (Okabe and Ito), and without colour.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#333333")
STYLES, MARKERS = ("-", "--", ":", "-."), "os^D"
SHOWN = 3000  # points of a panel: more hide each other


def curves(history, unit="label units"):
    """Return a figure of one training: loss, validation errors, statistics of FDS.

    The DataFrame `history` has a row per epoch, with the columns epoch and loss; and
    where they have numbers, val_all, val_many, val_medium and val_few, and what
    :meth:`dirlib.FDS.distances` returns: each distance is drawn as a share of the size
    that stands beside it.
    """
    regions = ("all", "many", "medium", "few")
    regions = [r for r in regions if _has(history, f"val_{r}")]
    sizes = {"mean": "spread_mean", "variance": "size_variance"}
    sizes = {n: s for n, s in sizes.items() if _has(history, f"distance_{n}", s)}
    fig, axes = _panels(1 + bool(regions) + bool(sizes))
    epoch = history["epoch"]
    axes[0].plot(epoch, history["loss"], color=DARK, marker=".")
    axes[0].set(title="training loss", ylabel="loss")
    if regions:
        ax = axes[1]
        for region in regions:
            color, _, marker, name = REGIONS[region]
            # A dark edge: yellow and pink alone are pale on white.
            ax.plot(epoch, history[f"val_{region}"], color=DARK, linewidth=2.4)
            ax.plot(epoch, history[f"val_{region}"], color=color, linewidth=1.4,
                    marker=marker, markersize=5, markeredgecolor=DARK,
                    markeredgewidth=0.6, label=name)  # fmt: skip
        ax.set(title="validation error", ylabel=f"MAE ({_plain(unit)})")
        ax.set_ylim(0, 1.3 * ax.get_ylim()[1])  # space for the legend
        ax.legend(frameon=False, fontsize="small", ncols=2, loc="upper center")
    if sizes:
        ax = axes[-1]
        for (name, size), style in zip(sizes.items(), STYLES, strict=False):
            share = history[f"distance_{name}"] / history[size]
            ax.plot(epoch, share, style, color=DARK, marker=".", label=name)
        title = "running to smoothed statistics"
        ax.set(title=title, ylabel="L1 distance / size", ylim=(0, None))
        ax.legend(frameon=False, fontsize="small")
    for ax in axes:
        _count_epochs(ax)
    return fig


def errors_by_region(values, table, unit="label units"):
    """Return a figure of the errors by region: a bar, its interval, a dot per seed.

    `values` are the scores of one split, as :func:`dirlib.trainer.summary.scores_frame`
    returns them; `table` is what :func:`dirlib.trainer.summary.comparison_table` makes
    of them.
    """
    methods = list(dict.fromkeys(table["method"]))
    rows = np.arange(len(methods))
    fig, axes = _panels(len(REGIONS), height=1.2 + 0.34 * len(methods), sharey=True)
    for ax, region in zip(axes, REGIONS, strict=True):
        color, hatch, _, name = REGIONS[region]
        of_region = table[table["region"] == region].set_index("method").loc[methods]
        style = {"color": color, "hatch": hatch, "edgecolor": DARK, "linewidth": 0.4}
        ax.barh(rows, of_region["mean"].fillna(0), height=0.7, **style)
        # The interval above the middle of the bar, the dots below: neither hides.
        ends = of_region["low"], of_region["high"]
        ax.hlines(rows - 0.16, *ends, color=DARK, linewidth=2)
        dots = values[values["region"] == region]
        at = dots["method"].map(methods.index) + 0.16
        style = {"color": "white", "edgecolor": DARK, "linewidth": 0.8, "zorder": 3}
        ax.scatter(dots["value"], at, s=14, **style)
        ax.set(title=name, xlabel=_plain(unit), xlim=(0, None))
    axes[0].set_yticks(rows, [_plain(method) for method in methods])
    axes[0].invert_yaxis()
    return fig


def differences(table, unit="label units"):
    """Return a forest plot: each method minus the baseline, by region and tail.

    `table` is one of :func:`dirlib.trainer.summary.comparison_table`, with at least two
    methods.
    """
    methods = list(dict.fromkeys(table["method"]))
    rows = table[table["pairs"].fillna(0) > 0]
    regions = list(dict.fromkeys(rows["region"]))
    others = [method for method in methods if method in set(rows["method"])]
    n_cols = min(4, len(regions))
    n_rows = math.ceil(len(regions) / n_cols)
    height = n_rows * (1.1 + 0.3 * len(others))
    fig, axes = _panels(n_cols, n_rows, height=height, sharey=True)
    for ax, region in zip(axes, regions, strict=False):
        ax.axvline(0, color=GREY, linewidth=1.2)
        for row in rows[rows["region"] == region].itertuples():
            at = others.index(row.method)
            color, _, marker = _style(methods, row.method)
            ax.hlines(at, row.difference_low, row.difference_high, color, linewidth=2)
            ax.plot(row.difference, at, marker, color=color, markeredgecolor=DARK)
        ax.set(title=REGIONS.get(region, (region.replace("_", " ") + " %",))[-1])
        ax.set_xlabel(_plain(unit))
        ax.xaxis.get_major_locator().set_params(nbins=4)
        ax.margins(x=0.08)
    axes[0].set_yticks(range(len(others)), [_plain(method) for method in others])
    axes[0].set_ylim(len(others) - 0.5, -0.5)
    for ax in axes[len(regions) :]:
        ax.set_axis_off()
    return fig


def predicted_against_true(tables, bins, unit="label units"):
    """Return a figure with a panel per method: the predictions over the true labels.

    `tables` holds, by method, a DataFrame with the columns label and prediction. The
    axes are stretched where the `bins` are narrow.
    """
    methods, n_cols = list(tables), min(3, len(tables))
    n_rows = math.ceil(len(tables) / n_cols)
    size = {"height": 3.4 * n_rows, "sharex": True, "sharey": True}
    fig, axes = _panels(n_cols, n_rows, **size)
    ends = [min(table.min(axis=None) for table in tables.values())]
    ends.append(max(table.max(axis=None) for table in tables.values()))
    for ax, method in zip(axes, methods, strict=False):
        table = tables[method].sort_values("label")
        table = table.iloc[:: math.ceil(len(table) / SHOWN)]
        color, _, marker = _style(methods, method)
        ax.plot(ends, ends, color=GREY, linewidth=1.2)
        ax.plot(table["label"], table["prediction"], marker, color=color, alpha=0.45,
                markersize=3, markeredgewidth=0)  # fmt: skip
        _stretch(bins, ax.set_xscale, ax.set_yscale)
        ax.set(title=_plain(method), xlabel=f"label ({_plain(unit)})")
        ax.xaxis.set_tick_params(labelbottom=True)
    for ax in axes[::n_cols]:
        ax.set_ylabel(f"prediction ({_plain(unit)})")
    for ax in axes[len(methods) :]:
        ax.set_axis_off()
    return fig


def errors_by_bin(bins, counts, regions, errors, baseline, unit="label units"):
    """Return a figure of each method's error in each bin, and the training samples.

    `counts`, [B], are these samples; `errors` holds, by method, one row per seed,
    [S, B], NaN where a bin has no sample. The `baseline` is drawn, dashed, beside every
    other method.
    """
    from matplotlib.patches import Patch

    n_cols = 1 if len(errors) == 1 else 2
    n_rows = math.ceil(len(errors) / n_cols) + 1
    fig, axes = _panels(n_cols, n_rows, height=1.9 * n_rows, sharex=True, sharey="row")
    axes = axes.reshape(n_rows, n_cols)
    means = {method: _mean(rows) for method, rows in errors.items()}
    upper = axes[:-1].ravel()
    for ax, (method, rows) in zip(upper, errors.items(), strict=False):
        for row in np.atleast_2d(rows):
            ax.stairs(row, bins.edges, baseline=None, color=GREY, linewidth=0.6)
        if method != baseline and baseline in means:
            ax.stairs(means[baseline], bins.edges, baseline=None, color=DARK,
                      linestyle=(0, (2, 1)), linewidth=1.2)  # fmt: skip
        color = _style(list(errors), method)[0]
        ax.stairs(means[method], bins.edges, baseline=None, color=color, linewidth=2)
        ax.set_title(_plain(method), fontsize="medium")
    for ax in upper[len(errors) :]:
        ax.set_axis_off()
    highest = np.nanmax([np.nanmax(mean) for mean in means.values()])
    for ax in upper:
        ax.set_ylim(0, 1.15 * highest)
    for ax in axes[:-1, 0]:
        ax.set_ylabel("MAE")
    _stretch(bins, axes[0, 0].set_xscale)  # shared by all
    handles = []
    for region in ("many", "medium", "few"):
        color, hatch, _, name = REGIONS[region]
        style = {"facecolor": color, "hatch": hatch, "edgecolor": DARK}
        heights = np.where(getattr(regions, region), counts, 0)
        for ax in axes[-1]:
            ax.stairs(heights, bins.edges, fill=True, linewidth=0.0, **style)
        handles.append(Patch(label=name, **style))
    for ax in axes[-1]:
        ax.set_xlabel(f"label ({_plain(unit)})")
    axes[-1, 0].set_ylabel("training\nsamples")
    axes[-1, -1].legend(handles=handles, frameon=False, fontsize="small")
    return fig


def training_curves(histories, unit="label units"):
    """Return a figure of several methods' epochs, each the mean over its seeds.

    `histories` holds, by method, the history of each seed, as :func:`curves` takes it.
    """
    titles = {
        "loss": "training loss",
        "val_all": "validation error, all",
        "val_few": "validation error, few-shot",
    }
    every = [history for rows in histories.values() for history in rows]
    columns = [c for c in titles if any(_has(history, c) for history in every)]
    n_legend_rows = math.ceil(len(histories) / 3)
    fig, axes = _panels(len(columns), height=2.8 + 0.25 * n_legend_rows)
    for ax, column in zip(axes, columns, strict=True):
        for method, rows in histories.items():
            rows = [h.set_index("epoch")[column] for h in rows if _has(h, column)]
            if rows:
                mean = sum(rows) / len(rows)  # by epoch; NaN where one seed has none
                color, style, _ = _style(list(histories), method)
                ax.plot(mean.index, mean, style, color=color, label=_plain(method))
        _count_epochs(ax)
        ylabel = "loss" if column == "loss" else f"MAE ({_plain(unit)})"
        ax.set(title=titles[column], ylabel=ylabel)
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=3, frameon=False)
    return fig


def _panels(n_cols, n_rows=1, height=3.0, **kwargs):
    from matplotlib.figure import Figure  # without pyplot: nothing stays open

    fig = Figure(figsize=(10, height), layout="constrained")
    axes = np.ravel(fig.subplots(n_rows, n_cols, squeeze=False, **kwargs))
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return fig, axes


def _style(methods, method):
    """Colour, line style and marker of a method, by its place among all of them."""
    # Five and four: neighbours differ in all, and 20 methods in one at least.
    i = methods.index(method)
    return COLORS[i % len(COLORS)], STYLES[i % len(STYLES)], MARKERS[i % len(MARKERS)]


def _stretch(bins, *set_scales):
    """Draw labels in bins that grow on a logarithmic axis, linear near 0."""
    widths = bins.widths
    if widths.max() > 4 * widths.min():
        narrow = widths < 1.5 * widths.min()
        threshold = np.abs(bins.edges[1:][narrow]).max()
        for set_scale in set_scales:
            set_scale("symlog", linthresh=threshold)


def _count_epochs(ax):
    ax.set_xlabel("epoch")
    ax.xaxis.get_major_locator().set_params(integer=True)


def _mean(rows):
    """Mean over the seeds of each bin, [B], NaN where no seed has a sample."""
    rows = np.atleast_2d(rows)
    n = np.isfinite(rows).sum(0)
    return np.nansum(rows, 0) / np.where(n > 0, n, np.nan)


def _has(history, *columns):
    return all(name in history and history[name].notna().any() for name in columns)


def _plain(text):
    """Text that matplotlib does not read as a formula."""
    return text.replace("$", r"\$")
