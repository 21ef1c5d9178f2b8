"""Recorded runs: read them, score them, report them."""

import json
import re

import numpy as np

from dirlib.bins import LabelBins, shot_regions
from dirlib.datasets.label_counts import data_dir
from dirlib.kernels import kernel_window, smooth_bins
from dirlib.metrics import error_by_bin, gm, mae, paired_comparison, pearson

AGES = LabelBins(0, 101, 1)


class Runs:
    """Recorded runs: the labels, the train counts, and predictions by method.

    Attributes
    ----------
    y : ndarray of shape [N], int64
        The labels of the balanced test set.
    train_counts : ndarray of shape [B], int64
    regions : ShotRegions
    """

    def __init__(self, record):
        self.y = np.array(record["test_labels"])
        self.train_counts = np.array(record["train_counts"])
        self.regions = shot_regions(self.train_counts)
        self._runs = record["runs"]

    def methods(self):
        """The methods that were run, in order."""
        return list(dict.fromkeys(run["method"] for run in self._runs))

    def predictions(self, method):
        """Return the predictions of a method, [S, N], one row per seed."""
        rows = [
            run["predictions"]
            for run in sorted(self._runs, key=lambda run: run["seed"])
            if run["method"] == method
        ]
        if not rows:
            raise ValueError(
                f"there is no run of {method!r}: choose from {self.methods()}"
            )
        return np.array(rows)

    def error_by_age(self, method):
        """Return the mean absolute error at each age, [S, B], in years."""
        rows = self.predictions(method)
        return np.stack([error_by_bin(self.y, row, AGES) for row in rows])

    def wrong_by_class(self, method):
        """Return the share of wrong answers in each class, [S, B], in percent."""
        wrong = self.predictions(method) != self.y
        return 100 * np.stack([error_by_bin(self.y, self.y + w, AGES) for w in wrong])

    def score(self, method, region="all", metric=mae):
        """Return a metric over one region's test samples, [S], one per seed."""
        inside = np.ones(self.y.shape, bool)
        if region != "all":
            inside = getattr(self.regions, region)[self.y]
        rows = self.predictions(method)[:, inside]
        return np.array([metric(self.y[inside], row) for row in rows])


def load_runs(name="faces"):
    """Read recorded runs from ``data/runs/NAME.json``.

    Raises
    ------
    FileNotFoundError
        If there is no such record; the message names the command that makes it.
    ValueError
        If the record is damaged.
    """
    path = data_dir() / "runs" / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(
            f"there are no recorded runs at {path}: "
            f"make them with 'python -m dirlib experiment {name}'"
        )
    return Runs(read_record(path))


def read_record(path):
    """Read a record that :func:`dirlib.experiments.run_experiment` has written.

    Raises
    ------
    ValueError
        If the file is no such record; it is left as it is.
    """
    try:
        record = json.loads(path.read_text())
        if {"runs", "test_labels", "train_counts"} <= record.keys():
            return record
    except (ValueError, AttributeError):
        pass
    raise ValueError(
        f"{path} is not a record of runs, or it is damaged: move it away, record anew"
    )


def density_correlations(runs, window=None):
    """Pearson(counts, error) and Pearson(smoothed counts, error) by seed, two [S]."""
    window = kernel_window("gaussian", 5, 2.0) if window is None else window
    errors = runs.error_by_age("vanilla")
    smooth = smooth_bins(runs.train_counts, window)
    plain = np.array([pearson(runs.train_counts, e) for e in errors])
    return plain, np.array([pearson(smooth, e) for e in errors])


def report(runs):
    """Return the results of recorded runs as text: a table, then claim by claim."""
    regions = ("all", "many", "medium", "few")
    lines = [f"{'MAE (years)':<28}" + "".join(f"{r:>8}" for r in (*regions, "GM"))]
    methods = [m for m in runs.methods() if m not in ("vanilla, gaps", "patterns")]
    for method in methods:
        row = [runs.score(method, region).mean() for region in regions]
        row.append(runs.score(method, metric=gm).mean())
        lines.append(f"{method:<28}" + "".join(f"{value:8.2f}" for value in row))
    if "vanilla" in methods:
        plain, smooth = density_correlations(runs)
        for seed, (a, b) in enumerate(zip(plain, smooth, strict=True)):
            lines.append(
                f"seed {seed}: Pearson(counts, error) {a:.3f}, "
                f"Pearson(smoothed counts, error) {b:.3f}, difference {b - a:.3f}"
            )
    for method in methods:
        # "inv+lds gaussian 9 3" is paired with "inv"; what follows a comma stays.
        base = re.sub(r"\+lds[^,]*", "", method)
        if base != method:
            pair = runs.score(base, "few"), runs.score(method, "few")
            pair = paired_comparison(*pair)
            lines.append(f"few-shot MAE, {method} minus {base}: {pair}")
    return "\n".join(lines)
