"""Make tables of the scores of finished runs: means, intervals, paired differences.

`dirlib.trainer.folder` finds the runs and reads their files.
"""

import math
import warnings

import numpy as np
import pandas as pd

from dirlib.metrics import paired_comparison
from dirlib.trainer.folder import REGIONS, SPLITS, TAILS, find_runs
from dirlib.trainer.scores import sizes_text

SPLIT_NAMES = {"val": "validation", "test": "test"}
COLUMNS = ["split", "baseline", "method", "region", "seeds", "mean", "low", "high"]
COLUMNS += ["pairs", "difference", "difference_low", "difference_high", "wins"]


def read_comparison(out):
    """Return the scores of all finished runs under a folder, at any depth.

    A DataFrame with the columns method, seed, split, region (or tail) and value, in
    label units; NaN for a region without samples. A damaged run is named in a warning
    and left out. A ValueError says that no run is finished, or refuses them as
    :func:`dirlib.trainer.folder.find_runs` does.
    """
    runs, left_out = find_runs(out)
    for line in left_out:
        warnings.warn(f"left out: {line}", stacklevel=2)
    return scores_frame(runs, left_out, out)


def scores_frame(runs, left_out, out):
    """Return the scores of runs as :func:`read_comparison` does."""
    if not runs:
        reasons = "".join(f"\n  {line}" for line in left_out)
        raise ValueError(
            f"no run is finished under {out}: train one first, as by "
            f"'python -m dirlib compare'{reasons}"
        )
    rows = [
        (run.method, run.seed, split, region, run.scores[split][region])
        for run in runs
        for split in SPLITS
        for region in (*REGIONS, *TAILS)
        if region in run.scores[split]
    ]
    frame = pd.DataFrame(rows, columns=["method", "seed", "split", "region", "value"])
    return frame.astype({"value": float})


def comparison_table(frame, baseline=None, split="test"):
    """Summarize the scores of runs by method and region, over the seeds.

    `frame` is one of :func:`read_comparison`. The methods are compared with the
    `baseline`, by default the first; `split` is "val" or "test".

    Returns
    -------
    DataFrame
        One row per method and region, with the columns split, baseline, method, region;
        `seeds`, how many have a score; their `mean`, with the 95 % interval [`low`,
        `high`] of Student's t; `pairs`, the seeds that the baseline has too; the mean
        `difference` from the baseline on these, below 0 where the method's error is
        lower, with its interval [`difference_low`, `difference_high`]; and `wins`, the
        pairs where it is lower. One seed gives no interval: those are NaN.
    """
    methods = list(dict.fromkeys(frame["method"]))
    baseline = methods[0] if baseline is None else baseline
    if baseline not in methods:
        raise ValueError(
            f"the baseline {baseline!r} has no finished run: choose from "
            f"{', '.join(methods)}"
        )
    if split not in SPLITS:
        raise ValueError(f"split must be 'val' or 'test', but got {split!r}")
    of_split = frame[frame["split"] == split].dropna(subset="value")
    values = of_split.pivot(index="seed", columns=["method", "region"], values="value")
    none, rows = pd.Series(dtype=float), []
    regions = list(dict.fromkeys([*REGIONS, *frame["region"]]))
    for method in methods:
        for region in regions:
            errors = values.get((method, region), none).dropna()
            row = [split, baseline, method, region, len(errors), *interval(errors)]
            paired = [None, np.nan, np.nan, np.nan, None]
            if method != baseline:  # by seed: only those that both have
                difference = (errors - values.get((baseline, region), none)).dropna()
                wins = (difference < 0).sum()
                paired = [len(difference), *interval(difference), wins]
            rows.append(row + paired)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"pairs": "Int64", "wins": "Int64"})


def comparison_text(table):
    """Return a table of :func:`comparison_table` as text, some 90 columns wide."""
    first, digits = table.iloc[0], table.groupby("region")["mean"].max().map(decimals)
    rows = table.itertuples()
    texts = table.assign(text=[_mean_text(row, digits[row.region]) for row in rows])
    methods = list(dict.fromkeys(table["method"]))
    cells = texts.pivot(index="method", columns="region", values="text")
    seeds = table.groupby("method")["seeds"].max()
    regions = list(dict.fromkeys(table["region"]))
    cells = cells.loc[methods, regions].rename_axis(index=None, columns=None)
    cells.insert(0, "seeds", seeds[methods])
    width = max(map(len, methods)) + 2
    lines = [
        f"error on the {SPLIT_NAMES[first['split']]} data: mean over the seeds, ± half "
        f"of its 95 % interval",
        cells.to_string(col_space=[5] + [13] * len(regions)),
    ]
    rest = table[table["pairs"].fillna(0) > 0]
    if len(rest):
        lines.append(f"minus {first['baseline']}, seed by seed, with its 95 % interval")
    for row in rest.itertuples():
        text = difference_text(row, digits[row.region])
        lines.append(f"{row.method:<{width}}{row.region:<8}{text}")
    few = [method for method in methods if seeds[method] == 1]
    if few:
        lines.append(f"one seed gives no interval, add seeds: {'; '.join(few)}")
    return "\n".join(lines)


def scores_text(rows):
    """Return scores as text, ``{name: {score: value}}``, each with its own digits."""
    texts = {row: {n: score_text(n, v) for n, v in rows[row].items()} for row in rows}
    return pd.DataFrame.from_dict(texts, orient="index").to_string(col_space=8)


def score_text(name, value):
    """Return a score with the digits that its size needs."""
    if value is None or math.isnan(value):
        return "-"
    if abs(value) >= 1e6:  # squared units grow fast
        return f"{value:.3g}"
    return f"{value:.{3 if name == 'R2' else decimals(value)}f}"


def about_lines(runs, split):
    """Return what was chosen and why, and what to beware of, one line each."""
    scores = runs[0].scores
    lines = [str(scores.get("about", "")), coverage_text(runs)]
    if split in scores.get("n", {}):
        lines.append(sizes_text(scores["n"][split], split))
    lines += [str(line) for run in runs for line in run.scores.get("warnings", [])]
    return [line for line in dict.fromkeys(lines) if line]


def coverage_text(runs):
    """Return what the intervals of some runs cover: seeds alone, or other data too."""
    settings = runs[0].settings
    if settings.get("target") is None:
        return "Intervals cover the seeds of the training, not other test pictures."
    if settings.get("split_seed") is not None or settings.get("time") is not None:
        return (
            "All runs share one split of the table, its bins and its regions: "
            "intervals cover the seeds of the training, not other test rows."
        )
    return (
        "Each seed splits the table anew, unless a column of it names the split, and "
        "chooses its own bins: intervals cover other test rows too, but regions differ."
    )


def difference_text(row, digits):
    """Return the difference of a row: ``-0.81 [-1.02, -0.60], lower in 5 of 5``."""
    interval = ""
    if not math.isnan(row.difference_low):
        ends = (row.difference_low, row.difference_high)
        interval = " [" + ", ".join(f"{end:.{digits}f}" for end in ends) + "]"
    lower = f"lower in {row.wins} of {row.pairs}"
    return f"{row.difference:.{digits}f}{interval}, {lower}"


def decimals(value):
    """Return how many decimals an error needs: two between 1 and 1000."""
    value = abs(value)
    if not value > 0 or 1 <= value < 1000:
        return 2
    return 0 if value >= 1000 else 2 - math.floor(math.log10(value))


def _mean_text(row, digits):
    if row.seeds == 0:
        return "-"
    if math.isnan(row.low):
        return f"{row.mean:.{digits}f}"
    return f"{row.mean:.{digits}f} ±{row.high - row.mean:.{digits}f}"


def interval(values):
    """Return the mean of values, [n], and the ends of its 95 % interval."""
    if len(values) < 2:
        return values.sum() if len(values) else np.nan, np.nan, np.nan
    pair = paired_comparison(np.zeros(len(values)), values.to_numpy())
    return pair.mean_difference, pair.low, pair.high
