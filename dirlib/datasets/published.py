"""The label counts of three published data sets, as package data."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from dirlib.arguments import check_choice
from dirlib.bins import LabelBins

FOLDER = Path(__file__).parent / "label_counts"
AGEDB, IMDB, STSB = LabelBins(0, 102, 1), LabelBins(0, 121, 1), LabelBins(0, 5, 0.1)
# name: file, label column, train column, bins, unit, exact counts?
TABLES = {
    "agedb-dir": ("agedb_dir_label_counts.csv", "age", "train", AGEDB, "years", True),
    "imdb-wiki-dir": (
        "imdb_wiki_dir_label_counts_estimated.csv", "age", "train_est", IMDB, "years",
        False,
    ),
    "sts-b-dir": ("sts_b_dir_label_counts.csv", "score", "train", STSB, "score", True),
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


def label_counts(name):
    """Return the training labels of "agedb-dir", "imdb-wiki-dir" or "sts-b-dir".

    As LabelCounts. Sources and licences are in ``data/README.md``. The IMDB-WIKI-DIR
    counts are estimated from the published histogram.
    """
    check_choice("name", name, TABLES)
    file, label, train, bins, unit, exact = TABLES[name]
    table = np.genfromtxt(FOLDER / file, delimiter=",", names=True)
    labels = np.repeat(table[label], table[train].astype(int))
    return LabelCounts(bins, bins.counts(labels), labels, unit, exact)
