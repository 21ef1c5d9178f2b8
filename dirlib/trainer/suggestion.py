"""Which window suits LDS and FDS on one's own data, by validation data alone."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from dirlib.files import write_atomically, write_csv
from dirlib.lds import effective_sample_size
from dirlib.trainer.comparison import compare
from dirlib.trainer.data import load_data
from dirlib.trainer.run import check_options
from dirlib.trainer.settings import make_weights
from dirlib.trainer.summary import comparison_table, read_comparison

WINDOWS = ((5, 1.0), (9, 3.0), (15, 5.0))  # kernel sizes and sigmas, in bins
# What each is compared with: the same training without it.
CONTROLS = {"sqinv+lds": "sqinv", "fds": "vanilla"}
TAIL = "tail_5"


class Suggestion(NamedTuple):
    """A table, and what it says, a sentence each for LDS and FDS.

    The columns: method, kernel_size, sigma (in bins); `largest` and `worth`, the
    largest weight beside the mean, and the effective sample size as a share of the
    training samples; `all` and `tail`, the mean absolute errors of validation data and
    of its tail, means over the seeds; `difference` of the tail's error from the
    control's, the same training without LDS or FDS, with its 95 % interval, `low` and
    `high`.
    """

    table: pd.DataFrame
    advice: list[str]


def suggest(out, seeds, *, windows=WINDOWS, jobs=1, progress=True, **options):
    """Train LDS and FDS with several windows, and compare them on validation data.

    The folder gets the runs, `windows.csv` with the table, and `windows.png`, which
    shows the weights of each window. Call it again, and finished runs are kept.
    `seeds` are two or more: one gives no interval. `windows` holds the size and sigma
    of each, in bins. The other arguments, and errors, are those of
    :func:`dirlib.trainer.comparison.compare`.
    """
    out, seeds = Path(out), list(seeds)
    if len(seeds) < 2:
        raise ValueError(f"seeds must be two or more for an interval, but got {seeds}")
    shared = {"jobs": jobs, "split": "val", "progress": progress}
    compare(out / "without", CONTROLS.values(), seeds, **shared, **options)
    frames = [read_comparison(out / "without")]
    for window in windows:
        folder = out / f"window-{window[0]}-{window[1]:g}"
        compare(folder, CONTROLS, seeds, **shared, **options, **_sizes(window))
        frame = read_comparison(folder)
        frames.append(frame.assign(method=[_name(m, window) for m in frame["method"]]))
    frame = pd.concat(frames)
    data, weights = _weights(options, seeds, windows)
    table = _table(frame, windows, weights)
    write_csv(out / "windows.csv", table)
    figure = _figure(np.asarray(data.train.labels, dtype=float), weights)
    write_atomically(out / "windows.png", partial(figure.savefig, format="png"))
    return Suggestion(table, [_advice(table, method) for method in CONTROLS])


def _name(method, window):
    return f"{method} {window[0]} {window[1]:g}"


def _sizes(window):
    names = ("lds_kernel_size", "lds_sigma", "fds_kernel_size", "fds_sigma")
    return dict(zip(names, 2 * window, strict=True))


def _weights(options, seeds, windows):
    """The training data of the first seed, and its weights by window, None without."""
    base = dict(options, seed=seeds[0], reweight="sqinv")
    if base.get("target") is not None:
        base.setdefault("split_seed", 0)  # as `compare` does
    data = load_data(check_options(base), progress=False)
    by_window = {None: base} | {w: base | {"lds": True} | _sizes(w) for w in windows}
    return data, {
        window: make_weights(check_options(of_run), data.train.labels, data.bins)
        for window, of_run in by_window.items()
    }


def _table(frame, windows, weights):
    rows = []
    for method, control in CONTROLS.items():
        scores = comparison_table(frame, control, "val").set_index(["method", "region"])
        for window in (None, *windows):
            name = control if window is None else _name(method, window)
            w = weights[window] if "sqinv" in method else np.ones(1)
            tail = scores.loc[(name, TAIL)]
            rows.append(
                {
                    "method": control if window is None else method,
                    "kernel_size": np.nan if window is None else window[0],
                    "sigma": np.nan if window is None else window[1],
                    "largest": w.max(),
                    "worth": effective_sample_size(w) / len(w),
                    "all": scores.loc[(name, "all"), "mean"],
                    "tail": tail["mean"],
                    "difference": tail["difference"],
                    "low": tail["difference_low"],
                    "high": tail["difference_high"],
                }
            )
    return pd.DataFrame(rows)


def _advice(table, method):
    """What the table says of a method, in a sentence or two."""
    control, name = CONTROLS[method], method.rpartition("+")[2].upper()
    rows = table[table["method"] == method]
    best = rows.loc[rows["difference"].idxmin()]
    window = f"a window of {best['kernel_size']:.0f} bins with sigma {best['sigma']:g}"
    if not best["high"] < 0:
        return (
            f"{name}: no window lowers the tail's error below that of {control!r} by "
            f"more than the seeds vary. The best one is {window}: "
            f"{_interval(best)}. Leave {name} out, or add seeds."
        )
    cost = best["all"] - table[table["method"] == control]["all"].iloc[0]
    return (
        f"{name}: take {window}. It changes the tail's error by {_interval(best)} "
        f"against {control!r}, and the error of all labels by {cost:+.3g}. The best of "
        f"{len(rows)} windows looks better than it is: judge it once, on test data."
    )


def _interval(row):
    return f"{row['difference']:+.3g} [{row['low']:+.3g}, {row['high']:+.3g}]"


def suggestion_text(table):
    """Return a table of :func:`suggest` as text."""
    text = table[["method", "largest", "worth", "all", "tail"]].copy()
    windows = zip(table["kernel_size"], table["sigma"], strict=True)
    shown = ["-" if np.isnan(n) else f"{n:.0f} / {sigma:g}" for n, sigma in windows]
    text.insert(1, "window", shown)
    text["tail, minus without"] = [
        "" if np.isnan(row["difference"]) else _interval(row)
        for _, row in table.iterrows()
    ]
    forms = {"largest": "{:.3g}", "worth": "{:.0%}", "all": "{:.4g}", "tail": "{:.4g}"}
    formatters = {name: form.format for name, form in forms.items()}
    return text.to_string(index=False, formatters=formatters)


def _figure(labels, weights):
    """How many samples the labels have, and the weights that each window gives."""
    from matplotlib.figure import Figure

    from dirlib.trainer.figures import COLORS, STYLES

    fig = Figure(figsize=(8, 5), layout="constrained")
    ax, below = fig.subplots(2, 1, sharex=True, height_ratios=[1, 2])
    ax.hist(labels, bins=100, color="#b9b9b9")
    ax.set(ylabel="training samples", yscale="log")
    order = np.argsort(labels)
    for i, (window, w) in enumerate(weights.items()):
        name = "without LDS" if window is None else f"{window[0]} bins, {window[1]:g}"
        style = {"color": COLORS[i % len(COLORS)], "linestyle": STYLES[i % len(STYLES)]}
        below.plot(labels[order], w[order], label=name, **style)
    below.set(xlabel="label", ylabel="weight (sqinv)", yscale="log")
    below.legend(frameon=False, title="window of LDS and its sigma")
    return fig
