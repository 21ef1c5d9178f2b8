"""Find the finished runs under a folder, and read the files that they left there.

What their scores amount to, over methods and seeds, is in `dirlib.trainer.summary`.
"""

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from dirlib.bins import LabelBins, shot_regions
from dirlib.trainer.methods import method_name, method_order

REGIONS = ("all", "many", "medium", "few", "GM")
TAILS = {"tail_5": 0.05, "tail_1": 0.01}  # shares of the labels; older runs have none
SPLITS = ("val", "test")
# Runs that differ in one of these are judged on other labels, or by other regions.
DATA = ("data", "target", "split_column", "group", "time", "split_seed")
DATA += ("bins", "bin_width", "quantiles", "many", "few")


class Run(NamedTuple):
    """A finished run: `scores` holds an error, or None, by split and region."""

    folder: Path
    method: str
    seed: int
    settings: dict
    scores: dict

    @property
    def setting_texts(self):
        """The settings as text, ``{"epochs": "15", ...}``, to show and compare."""
        return {
            name: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
            for name, value in self.settings.items()
        }


def read_run(folder):
    """Return a finished run, a Run; the message of a ValueError is the reason alone."""
    settings = _read_json(Path(folder) / "settings.json")
    scores = _read_json(Path(folder) / "scores.json")
    seed = settings.get("seed")
    if type(seed) is not int:
        raise ValueError(f"settings.json has the seed {seed!r}, not a whole number")
    try:
        method = method_name(settings)
    except ValueError as error:
        raise ValueError(f"settings.json: {error}") from error
    for split in SPLITS:
        row = scores.get(split)
        for region in REGIONS:
            if not isinstance(row, dict) or region not in row:
                raise ValueError(f"scores.json has no score {split}, {region}")
            if row[region] is not None and not _is_error(row[region]):
                raise ValueError(
                    f"scores.json has {row[region]!r} as score {split}, {region}"
                )
    return Run(Path(folder), method, seed, settings, scores)


def find_runs(folder):
    """Return the finished runs under a folder, at any depth, and what was left out.

    The runs come from the plainest method to the most elaborate, each by seed. Runs of
    one method whose other settings differ are told apart by name, such as ``sqinv+fds,
    epochs=30``. What is left out is said in one line per run that is unfinished,
    damaged, or the same as another one. A ValueError refuses runs that are trained on
    different data.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: give the one that holds the runs")
    runs, left_out, seen = [], [], {}
    places = {path.parent for path in folder.rglob("scores.json")}
    places |= {path.parent for path in folder.rglob("settings.json")}
    for place in sorted(places):
        name = place.relative_to(folder).as_posix()
        if not (place / "scores.json").exists():
            left_out.append(f"{name}: not finished")
            continue
        try:
            run = read_run(place)
        except ValueError as error:
            left_out.append(f"{name}: {error}")
            continue
        twin = seen.setdefault(json.dumps(run.settings, sort_keys=True), name)
        if twin != name:
            left_out.append(f"{name}: the same settings and seed as {twin}")
            continue
        runs.append(run)
    _check_data(runs)
    runs.sort(key=lambda run: (method_order(run.settings), str(run.folder), run.seed))
    named = _named_apart(runs)
    methods = runs_by_method(named).values()
    return [r for rows in methods for r in sorted(rows, key=lambda r: r.seed)], left_out


def read_history(run):
    """Return the epochs of a run, a DataFrame of numbers.

    A ValueError says which file is missing or damaged, here and in the three below.
    """
    history = _read_csv(run.folder / "history.csv", ["epoch", "loss"])
    return history.apply(pd.to_numeric, errors="coerce")


def read_train_counts(run):
    """Return the bins of a run, LabelBins, and its training samples in each, [B]."""
    table = _read_csv(run.folder / "train_counts.csv", ["low", "high", "count"])
    bins = LabelBins.from_edges([*table["low"], table["high"].iloc[-1]])
    return bins, table["count"].to_numpy()


def read_predictions(run, split="test"):
    """Return the labels and predictions of a run, a DataFrame of these two columns."""
    names = ["split", "label", "prediction"]
    table = _read_csv(run.folder / "predictions.csv", names)
    table = table.loc[table["split"] == split, names[1:]]
    if table.empty or not np.isfinite(table).all(axis=None):
        raise ValueError(f"predictions.csv is damaged: {split} has gaps or is missing")
    return table


def read_errors(run, bins, split="test"):
    """Return the mean absolute error of a run in each bin, [B].

    NaN where a bin has no sample; labels outside the bins count in the nearest one.
    """
    table = read_predictions(run, split)
    error = (table["prediction"] - table["label"]).abs()
    means = error.groupby(bins.index(table["label"].to_numpy(), "clip")).mean()
    return means.reindex(range(bins.n_bins)).to_numpy()


def regions_of(run, train_counts):
    """Return the :class:`dirlib.ShotRegions` of a run, by its own thresholds."""
    return shot_regions(train_counts, **run.scores.get("thresholds", {}))


def unit_of(settings):
    """Return the unit of a run's labels: of pictures, they are ages."""
    return "years" if settings.get("target") is None else "label units"


def differing(runs):
    """Return the names of the settings, but the seed, that differ among some runs."""
    texts = [run.setting_texts for run in runs]
    names = dict.fromkeys(name for values in texts for name in values)
    return [n for n in names if n != "seed" and len({v.get(n) for v in texts}) > 1]


def runs_by_method(runs):
    """Return a dict of the runs of each method, in order."""
    methods = {}
    for run in runs:
        methods.setdefault(run.method, []).append(run)
    return methods


def _named_apart(runs):
    """Runs of one method with other settings get these settings into their names."""
    names = {method: differing(rows) for method, rows in runs_by_method(runs).items()}
    named = []
    for run in runs:
        texts = run.setting_texts
        suffix = "".join(f", {n}={texts.get(n, 'none')}" for n in names[run.method])
        named.append(run._replace(method=run.method + suffix))
    return named


def _check_data(runs):
    """Errors on different data can't be compared: say which two runs differ."""
    for run in runs[1:]:
        for name in DATA:
            first, second = runs[0].settings.get(name), run.settings.get(name)
            if first != second:
                raise ValueError(
                    f"{runs[0].folder} and {run.folder} are trained on different data "
                    f"({name}: {first} and {second}): keep them in two folders, and "
                    f"compare each of these"
                )


def _is_error(value):
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value >= 0


def _read_json(path):
    content = _read(path, lambda path: json.loads(path.read_text(encoding="utf-8")))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} is damaged: it holds no settings or scores")
    return content


def _read_csv(path, names):
    table = _read(path, pd.read_csv)
    missing = [name for name in names if name not in table]
    if missing or table.empty:
        what = f"no column {missing[0]!r}" if missing else "no row"
        raise ValueError(f"{path.name} is damaged: it has {what}")
    numbers = [name for name in names if name != "split"]
    if not all(pd.api.types.is_numeric_dtype(table[name]) for name in numbers):
        raise ValueError(f"{path.name} is damaged: it has text where numbers belong")
    return table


def _read(path, read):
    try:
        return read(path)
    except FileNotFoundError as error:
        raise ValueError(f"{path.name} is missing") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is damaged or can't be read") from error
