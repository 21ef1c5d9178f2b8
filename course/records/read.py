"""Read the recorded runs, and score them.

The functions of feature statistics and of tables import torch and pandas themselves:
lesson 1 needs neither, and would wait for both.
"""

import json
import os
from pathlib import Path

import numpy as np

from course.records.ages import AGES
from dirlib.bins import shot_regions
from dirlib.metrics import error_by_bin, mae, region_samples

# What a run of the record "faces" kept of each epoch.
HISTORY = (
    *("loss", "val_all", "val_many", "val_medium", "val_few", "val_GM"),
    *("distance_mean", "spread_mean", "distance_variance", "size_variance"),
)


def data_dir():
    """Return the project's `data/` folder, or the one that COURSE_DATA names.

    Raises
    ------
    FileNotFoundError
        If there is no such folder: the course was taken out of its repository.
    """
    named = os.environ.get("COURSE_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "data"
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no data folder {folder}: clone the course's repository, or set "
            f"COURSE_DATA to its data folder"
        )
    return folder


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
        inside = region_samples(self.y, AGES, self.regions)[region]
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
            f"make them with 'python -m course experiment {name}'"
        )
    return Runs(read_record(path))


def load_statistics(method, seed=0, split="train", name="faces"):
    """Read the feature statistics of a recorded run.

    Parameters
    ----------
    method : str
    seed : int
    split : {"train", "test"}
        The features of the samples that the run was trained on, or of the balanced test
        set.

    Returns
    -------
    BinStatistics
        Counts, means and variances, recorded in half precision.

    Raises
    ------
    FileNotFoundError
        If there is no such record; the message names the command that makes it.
    ValueError
        If there is no such run.
    """
    import torch

    from dirlib.fds.statistics import BinStatistics

    parts = ("count", "mean", "variance")
    found = _arrays(f"{method}/{seed}", [f"{split}_{part}" for part in parts], name)
    count, mean, variance = (torch.from_numpy(a.astype(np.float64)) for a in found)
    freedom = (count - 1).clamp(min=0)[:, None]
    scatter = freedom * variance.nan_to_num()
    stats = BinStatistics(*mean.shape)
    stats.load_state_dict({"count": count, "mean": mean, "scatter": scatter})
    return stats


def load_history(method, name="faces"):
    """Read what was kept of each epoch of the recorded runs of a method.

    Returns
    -------
    DataFrame
        The columns `seed`, `epoch`, counted from 1, and those of `HISTORY`.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`load_statistics`.
    """
    import pandas as pd

    tables = []
    for seed in range(len(load_runs(name).predictions(method))):
        (rows,) = _arrays(f"{method}/{seed}", ["history"], name)
        table = pd.DataFrame(rows.astype(float), columns=HISTORY)
        table.insert(0, "epoch", np.arange(1, len(rows) + 1))
        table.insert(0, "seed", seed)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def load_features(method, name="faces"):
    """Read the training features of seed 0, [N, D], and their labels, [N].

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`load_statistics`.
    """
    features, labels = _arrays(f"{method}/0", ["features", "labels"], name)
    return features.astype(np.float32), labels.astype(np.int64)


def _arrays(run, keys, name):
    """The recorded arrays of a run, ``METHOD/SEED``."""
    path = data_dir() / "runs" / f"{name}.npz"
    if not path.exists():
        raise FileNotFoundError(
            f"there are no recorded features at {path}: "
            f"make them with 'python -m course experiment {name}'"
        )
    with np.load(path) as arrays:
        keys = [f"{run}/{key}" for key in keys]
        if not set(keys) <= set(arrays.files):
            known = sorted({key.rpartition("/")[0] for key in arrays.files})
            raise ValueError(
                f"{path.name} doesn't hold {', '.join(keys)}: its runs are "
                f"{', '.join(known)}"
            )
        return [arrays[key] for key in keys]


def published_results():
    """Return the published errors that lesson 5 shows beside its own, a DataFrame."""
    import pandas as pd

    return pd.read_csv(data_dir() / "published_results.csv")


def read_record(path):
    """Read a record that :func:`course.records.record.run_experiment` has written.

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


def measured_methods(name="faces"):
    """The methods whose feature statistics a record holds, in its order."""
    with np.load(data_dir() / "runs" / f"{name}.npz") as arrays:
        held = set(arrays.files)
    return [m for m in load_runs(name).methods() if f"{m}/0/train_mean" in held]


def similarities(method, split, anchor=0, statistic="mean"):
    """Return each age's similarity to an anchor for each recorded seed, [S, B].

    Parameters
    ----------
    method, split
        See :func:`load_statistics`.
    anchor, statistic
        See :func:`dirlib.cosine_to_anchor`.
    """
    from dirlib.fds.anchors import cosine_to_anchor

    seeds = range(len(load_runs("faces").predictions(method)))
    found = [load_statistics(method, seed, split) for seed in seeds]
    return np.array([cosine_to_anchor(stats, anchor, statistic) for stats in found])


def neighbour_margins(method, split, anchor=0, statistic="mean"):
    """Return the neighbour margin of each recorded seed, [S]: see `similarities`."""
    from dirlib.fds.anchors import neighbour_margin

    many = load_runs("faces").regions.many
    rows = similarities(method, split, anchor, statistic)
    return np.array([neighbour_margin(row, anchor, many) for row in rows])
