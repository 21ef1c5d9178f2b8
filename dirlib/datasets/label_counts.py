"""The label counts of three published data sets, read from `data/`."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from dirlib.bins import LabelBins

# name: file, label column, train column, bins, unit, exact counts?
TABLES = {
    "agedb-dir": (
        "agedb_dir_label_counts.csv",
        "age", "train", LabelBins(0, 102, 1), "years", True,
    ),
    "imdb-wiki-dir": (
        "imdb_wiki_dir_label_counts_estimated.csv",
        "age", "train_est", LabelBins(0, 121, 1), "years", False,
    ),
    "sts-b-dir": (
        "sts_b_dir_label_counts.csv",
        "score", "train", LabelBins(0, 5, 0.1), "score", True,
    ),
}  # fmt: skip


class LabelCounts(NamedTuple):
    """Training samples per bin of a published data set.

    counts is [B], int64, over `bins`; `labels` [N] holds every training label, float64;
    `exact` is False where the counts are an estimate, and a figure must say so.
    """

    bins: LabelBins
    counts: np.ndarray
    labels: np.ndarray
    unit: str
    exact: bool


def data_dir():
    """Return the project's `data/` folder, or the one that DIRLIB_DATA names.

    Raises
    ------
    FileNotFoundError
        If there is no such folder: dirlib was installed without the course.
    """
    named = os.environ.get("DIRLIB_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "data"
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no data folder {folder}: clone the course's repository, or set "
            f"DIRLIB_DATA to its data folder"
        )
    return folder


def label_counts(name):
    """Return the training labels of a published data set.

    Parameters
    ----------
    name : {"agedb-dir", "imdb-wiki-dir", "sts-b-dir"}
        Sources and licences are in ``data/README.md``. The IMDB-WIKI-DIR counts are
        estimated from the published histogram.

    Returns
    -------
    LabelCounts

    Raises
    ------
    ValueError
        If the name is unknown.
    FileNotFoundError
        If the data folder is missing.
    """
    if name not in TABLES:
        raise ValueError(f"name must be one of {', '.join(TABLES)}, but got {name!r}")
    file, label, train, bins, unit, exact = TABLES[name]
    table = pd.read_csv(data_dir() / file)
    labels = np.repeat(table[label].to_numpy(float), table[train].to_numpy(int))
    return LabelCounts(bins, bins.counts(labels), labels, unit, exact)
