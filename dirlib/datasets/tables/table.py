"""Any table with a numeric target: a file becomes rows that a network reads."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from dirlib.arguments import SPLITS
from dirlib.datasets.tables import csv_file
from dirlib.datasets.tables.columns import ColumnEncoder, as_times, fit_columns
from dirlib.training.samples import Rows

FEWEST_ROWS = 30
# A random split: this share for each of validation and test, in each of so many groups.
HELD_OUT, GROUPS = 0.15, 20


class Table(NamedTuple):
    """A table that is split, and turned into numbers.

    `train`, `val` and `test` hold inputs [N, F], float32, and labels [N], float64;
    `feature_names` says what each of the F inputs is. `transformer` is fitted:
    ``transformer.transform(frame)`` makes inputs of new rows. `rows` says which rows of
    the file, counted from 1, each split holds. `dropped` says what was left out:
    ``{"rows": how many had no target, "columns": {name: reason}}``. `notes` are
    sentences on how the file was read.
    """

    train: Rows
    val: Rows
    test: Rows
    feature_names: list
    transformer: ColumnEncoder
    rows: dict
    dropped: dict
    notes: list


def read_table(path, target, *, seed=0, split=None, group=None, time=None):
    """Read a file as a Table: its rows split, its columns turned into numbers.

    An empty cell, "?", and what pandas takes for missing ("NA", "nan", ...) is missing.
    What is fitted is fitted on the training rows alone:

    - A column of numbers takes its median where it is missing, and has mean 0 and
      variance 1. A column of 0 and 1 beside it, scaled too, tells which were missing.
      A number that stands for a category counts as a number.
    - Dates, all written in one way, are numbers: days since 1970.
    - Any other column (text, true and false) gets one column of 0 and 1 for each of its
      values; "missing" is such a value. Values in fewer than 3 training rows share one
      column, and so do unknown ones; at most 200 columns are made, for the most
      frequent values.

    Columns that can't help are left out: empty or constant ones, and those that are the
    same as another one; row numbers; text of which no value is frequent enough, such as
    identifiers; and dates whose day and month can't be told apart.

    Parameters
    ----------
    path : path-like
        Text in UTF-8, UTF-16 or else cp1252, which may be packed by gzip, with one line
        of column names. Commas, semicolons, tabs or bars stand between its cells, and
        1234.5 may be written as 1234,5 or 1.234,5. Or Parquet, with pyarrow.
    target : str
        The column to predict. Rows without it are left out, and counted.
    seed : int
        Fixes the random split: of each of 20 groups of similar targets (fewer where a
        group would have less than 20 rows), 70 % are drawn for training, 15 % for
        validation and 15 % for the test.
    split : str, optional
        The column that says "train", "val" or "test" for each row, in place of the
        random split; a column named "split" without it, if there is one.
    group : str, optional
        A column such as the patient, whose rows of one value stay on one side; it is no
        feature. The shares, and the mean targets, are kept as far as groups allow.
    time : str, optional
        A column of numbers or dates. The test is the last 15 % of the rows, validation
        the 15 % before; rows of one time stay on one side.

    Raises
    ------
    ValueError
        If the file or a column is missing, holds what it mustn't, or leaves a split
        empty; or fewer than 30 rows, or no feature, remain.
    """
    path = Path(path)
    frame, notes = csv_file.read_frame(path)
    roles = {"target": target, "split": split, "group": group, "time": time}
    for role, name in roles.items():
        if name is not None:
            csv_file.check_column(frame, name, path, role)
    split = "split" if split is None else split
    if target == split:
        raise ValueError(f"the column {target!r} can't be the target and the split")
    y = csv_file.target_numbers(frame.pop(target), path)
    usable = np.flatnonzero(np.isfinite(y))
    missing, labels = len(y) - len(usable), y[usable]
    if len(labels) < FEWEST_ROWS:
        raise ValueError(
            f"{path} has {len(labels)} rows with a target {target!r} ({missing} have "
            f"none), but a training needs {FEWEST_ROWS} or more"
        )
    named = [name for name in (split, group, time) if name in frame]
    by = frame[named].iloc[usable]
    index = _split_rows(by, labels, path, seed, split, group, time)
    index = {name: usable[rows] for name, rows in index.items()}
    frame = frame.drop(columns=[split, group], errors="ignore")
    train = index["train"]
    if y[train].min() == y[train].max():
        raise ValueError(
            f"the target {target!r} of {path} is {y[train[0]]:g} in each training row: "
            f"choose a column with something to predict"
        )
    try:
        transformer, columns = fit_columns(frame, train)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not transformer.feature_names:
        why = [f"{name!r} is left out ({why})" for name, why in columns.items()]
        raise ValueError(
            f"{path} has no feature column that can help to predict {target!r}: "
            f"{'; '.join(why) or 'it has no other column'}"
        )
    x = transformer.transform(frame, np.concatenate([*index.values()]))
    ends = np.cumsum([len(rows) for rows in index.values()])
    parts = zip(index, np.split(x, ends[:-1]), strict=True)
    samples = {name: Rows(part, y[index[name]]) for name, part in parts}
    return Table(
        **samples,
        feature_names=transformer.feature_names,
        transformer=transformer,
        rows={name: i + 1 for name, i in index.items()},
        dropped={"rows": missing, "columns": columns},
        notes=notes,
    )


def _split_rows(frame, y, path, seed, split, group, time):
    """The rows of each split, a dict, each ascending."""
    for name, role in ((group, "group"), (time, "time")):
        if name is None:
            continue
        if split in frame:
            raise ValueError(
                f"{path} names the split of each row in its column {split!r}: remove "
                f"that column, or leave out {role}"
            )
        known, cure = frame[name].notna(), "fill it, or remove the row"
        csv_file.check_cells(frame[name], known, path, role, "be known", cure)
    if split in frame:
        column = frame[split]
        what, cure = "say train, val or test", "correct it, or rename the column"
        good = column.isin(SPLITS)
        csv_file.check_cells(column, good, path, "column", what, cure)
        place = column.map(SPLITS.index)
    elif time is not None:
        column = frame[time]
        place = _by_time(column, path)
    elif group is not None:
        column = frame[group]
        place = _by_group(pd.factorize(column)[0], y, seed)
    else:
        return _random_split(y, seed)
    index = {name: np.flatnonzero(place == i) for i, name in enumerate(SPLITS)}
    for name, rows in index.items():
        if len(rows) == 0:
            raise ValueError(
                f"the column {column.name!r} of {path}, of {column.nunique()} values, "
                f"leaves no row for {name}: split by another column, or at random"
            )
    return index


def _by_time(column, path):
    """The place in `SPLITS` of each row, [N]: the past, the last but one, the last."""
    times = as_times(column)
    if times is None:
        raise ValueError(
            f"the time {column.name!r} of {path} must be numbers, or dates such as "
            f"2024-03-31, but has {str(column.iloc[0])!r}"
        )
    ranks = times.rank(method="dense").to_numpy()
    starts = np.array([1 - 2 * HELD_OUT, 1 - HELD_OUT]) * len(ranks)
    return np.searchsorted(np.sort(ranks)[starts.round().astype(int)], ranks, "right")


def _by_group(group, y, seed):
    """The place in `SPLITS` of each row, [N], by its group, 0 to G - 1, [N]."""
    rng, sizes = np.random.default_rng(seed), np.bincount(group)
    order = np.argsort(np.bincount(group, weights=y) / sizes, kind="stable")
    strata = np.array_split(order, max(1, min(GROUPS, len(order) // 10)))
    shares, rows = np.array([1 - 2 * HELD_OUT, HELD_OUT, HELD_OUT]), np.zeros(3)
    place = np.empty(len(sizes), dtype=int)
    for g in np.concatenate([rng.permutation(stratum) for stratum in strata]):
        place[g] = np.argmax(shares * (rows.sum() + sizes[g]) - rows)
        rows[place[g]] += sizes[g]
    return place[group]


def _random_split(y, seed):
    """The rows of each split, ascending, drawn from groups of similar targets."""
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(y)), y))  # equal targets in random order
    parts = {name: [] for name in SPLITS}
    groups = np.array_split(order, max(1, min(GROUPS, len(y) // 20)))
    # Rounded over all groups so far, so that the shares of the whole are right too.
    so_far = np.round(HELD_OUT * np.cumsum([0, *map(len, groups)])).astype(int)
    for group, held_out in zip(groups, np.diff(so_far), strict=True):
        ends = [held_out, 2 * held_out]
        val, test, train = np.split(rng.permutation(group), ends)
        for name, part in zip(SPLITS, (train, val, test), strict=True):
            parts[name].append(part)
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}
