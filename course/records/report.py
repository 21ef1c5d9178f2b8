"""The results of recorded runs as text: what ``python -m course results`` prints."""

import re

import numpy as np
import pandas as pd

from course.records.read import data_dir, measured_methods, neighbour_margins
from dirlib.kernels import kernel_window, smooth_bins
from dirlib.metrics import gm, paired_comparison, pearson


def density_correlations(runs, window=None):
    """Pearson(counts, error) and Pearson(smoothed counts, error) by seed, two [S]."""
    window = kernel_window("gaussian", 5, 2.0) if window is None else window
    errors = runs.error_by_age("vanilla")
    smooth = smooth_bins(runs.train_counts, window)
    plain = np.array([pearson(runs.train_counts, e) for e in errors])
    return plain, np.array([pearson(smooth, e) for e in errors])


def base_of(method):
    """A method without what was added to it last: of "inv+lds+fds full", "inv+lds".

    Settings, as in "inv+lds gaussian 9 3", go with it; what follows a comma stays.
    """
    return re.sub(r"\+[a-z]+( [^,+]*)?(?=,|$)", "", method)


def feature_report():
    """Return the neighbour margins of age 0 as text, seed by seed, and differences."""
    methods = measured_methods()
    lines = ["neighbour margin of age 0, by seed; training images | held-out images"]
    width = max(map(len, methods)) + 1
    for statistic in ("mean", "variance"):
        for method in methods:
            both = (
                neighbour_margins(method, s, 0, statistic) for s in ("train", "test")
            )
            text = " | ".join(" ".join(f"{g:6.3f}" for g in found) for found in both)
            lines.append(f"{statistic:<9}{method:<{width}}{text}")
    vanilla = neighbour_margins("vanilla", "test")
    for method in [m for m in methods if "+" in m]:
        # The margin is better when it is larger: exchange the two, to count its wins.
        pair = paired_comparison(neighbour_margins(method, "test"), vanilla)
        lines.append(f"held-out margin, vanilla minus {method}: {pair}")
    return "\n".join(lines)


def table_report():
    """Return the errors on the table of rented bikes as a Markdown table."""
    folder = data_dir() / "runs" / "bikes"
    models = pd.read_csv(folder / "models.csv", index_col="model")
    pairs = pd.read_csv(folder / "comparison.csv").set_index(["method", "region"])
    lines = [
        "| model | all | many | few | top 5 % | R2 | top 5 %, minus vanilla |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in models.iterrows():
        errors = "".join(f"{row[n]:.2f} | " for n in ("all", "many", "few", "tail_5"))
        pair = ""
        if (name, "tail_5") in pairs.index and name != "vanilla":
            low, middle, high = pairs.loc[
                (name, "tail_5"), ["difference_low", "difference", "difference_high"]
            ]
            pair = f"{middle:.2f} [{low:.2f}, {high:.2f}]"
        lines.append(f"| {name} | {errors}{row['R2']:.3f} | {pair} |")
    return "\n".join(lines)


def runs_report(runs):
    """Return the results of recorded runs as text: a table, then claim by claim."""
    regions = ("all", "many", "medium", "few")
    methods = [method for method in runs.methods() if method != "patterns"]
    width = max(map(len, ["MAE (years)", *methods])) + 1
    lines = [f"{'MAE (years)':<{width}}" + "".join(f"{r:>8}" for r in (*regions, "GM"))]
    for method in methods:
        row = [runs.score(method, region).mean() for region in regions]
        row.append(runs.score(method, metric=gm).mean())
        lines.append(f"{method:<{width}}" + "".join(f"{value:8.2f}" for value in row))
    if "vanilla" in methods:
        plain, smooth = density_correlations(runs)
        for seed, (a, b) in enumerate(zip(plain, smooth, strict=True)):
            lines.append(
                f"seed {seed}: Pearson(counts, error) {a:.3f}, "
                f"Pearson(smoothed counts, error) {b:.3f}, difference {b - a:.3f}"
            )
    for method in methods:
        base = base_of(method)
        if base != method and base in methods:
            pair = runs.score(base, "few"), runs.score(method, "few")
            pair = paired_comparison(*pair)
            lines.append(f"few-shot MAE, {method} minus {base}: {pair}")
    return "\n".join(lines)
