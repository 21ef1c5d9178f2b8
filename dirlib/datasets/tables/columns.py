"""Columns of a table as numbers, by parameters that are plain values.

So the folder of a run can hold them, and reading them back runs no code.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dirlib.datasets.tables.csv_file import is_number

# A value of a text column gets a column of its own from so many training rows on, and
# so many columns come from one text column at most.
FREQUENT, MOST_COLUMNS = 3, 200
MISSING = "missing"
YES_OR_NO = {"True", "False", MISSING}


@dataclass
class ColumnEncoder:
    """Turns rows of a DataFrame into numbers, as the training rows say.

    Parameters
    ----------
    numbers : dict of str to float
        The columns of numbers, and the median that stands for what is missing.
    flagged : list of str
        Those of them with a column beside it that tells what is missing.
    means, scales : list of float
        Of each output that comes from numbers: those of `numbers`, then `flagged`.
    categories : dict of str to list of str
        The other columns, and the values that get an output each.
    rare : list of str
        Those of them with one more output, for all other values.
    """

    numbers: dict
    flagged: list
    means: list
    scales: list
    categories: dict
    rare: list

    @property
    def feature_names(self):
        """What each of the outputs is."""
        names = [*self.numbers, *(f"missingindicator_{n}" for n in self.flagged)]
        for name, values in self.categories.items():
            shown = [*values, "(rare)"] if name in self.rare else values
            names += [f"{name}={value}" for value in shown]
        return names

    @property
    def text_columns(self):
        """The columns whose cells must be read as they are written: 007 is not 7."""
        pairs = self.categories.items()
        return [name for name, values in pairs if not YES_OR_NO.issuperset(values)]

    def transform(self, frame):
        """Return the rows of a DataFrame as numbers, [N, F], float64.

        Its other columns, and the order of all, don't matter. A value that no training
        row had counts as a rare one.

        Raises
        ------
        ValueError
            If a column is missing or there twice, or what must be a number is none.
        """
        self._check_columns(frame)
        x = _numbers(frame[list(self.numbers)])
        gaps = np.isnan(x)
        flags = gaps[:, pd.Index(self.numbers).isin(self.flagged)]
        x = np.where(gaps, np.array([*self.numbers.values()], float), x)
        parts = [(np.hstack([x, flags]) - self.means) / self.scales]
        for name, values in self.categories.items():
            place = pd.Index(values, dtype=object).get_indexer(_as_text(frame[name]))
            # An unknown value has the place -1: the last column, which is the rare one.
            hot = place[:, None] == np.append(np.arange(len(values)), -1)
            parts.append(hot if name in self.rare else hot[:, :-1])
        return np.hstack(parts)

    def _check_columns(self, frame):
        needed = [*self.numbers, *self.categories]
        missing = [name for name in needed if name not in frame]
        if missing:
            raise ValueError(
                f"the rows have no column {', '.join(map(repr, missing))}, which the "
                f"network was trained with: add it; its cells may be empty where "
                f"nothing is known"
            )
        twice = frame.columns[frame.columns.duplicated()].intersection(needed)
        if len(twice):
            raise ValueError(f"the rows have two columns {twice[0]!r}: rename one")


def fit_columns(frame):
    """Return the ColumnEncoder of training rows, a DataFrame."""
    numeric = [name for name in frame if is_number(frame[name])]
    x = _numbers(frame[numeric])
    gaps, medians = np.isnan(x), np.nanmedian(x, axis=0)
    x = np.hstack([np.where(gaps, medians, x), gaps[:, gaps.any(0)]])
    scales = np.where(x.min(0) == x.max(0), 1.0, x.std(0))
    categories, rare = {}, []
    for name in frame.columns.difference(numeric, sort=False):
        counts = pd.Series(_as_text(frame[name])).value_counts().sort_index()
        kept = counts[counts >= FREQUENT]
        if len(kept) >= MOST_COLUMNS:
            largest = kept.sort_values(kind="stable")[-(MOST_COLUMNS - 1) :]
            kept = largest.sort_index()
        categories[name] = list(kept.index)
        rare += [name] * (len(kept) < len(counts))
    flagged = [name for name, flag in zip(numeric, gaps.any(0), strict=True) if flag]
    numbers = dict(zip(numeric, medians.tolist(), strict=True))
    means = x.mean(0).tolist()
    return ColumnEncoder(numbers, flagged, means, scales.tolist(), categories, rare)


def _numbers(columns):
    """Columns as float64, [N, C], NaN where a cell is empty."""
    x = np.empty(columns.shape)
    for place, name in enumerate(columns):
        x[:, place] = pd.to_numeric(columns[name], errors="coerce").astype(np.float64)
        good = np.isfinite(x[:, place].astype(np.float32)) | columns[name].isna()
        if not good.all():
            row = int(np.flatnonzero(~good)[0])
            raise ValueError(
                f"the column {name!r} must hold numbers that are finite in float32, "
                f"but row {row + 1} has {str(columns[name].iloc[row])!r}: correct it, "
                f"or leave the cell empty"
            )
    return x


def _as_text(column):
    """Each value as text, [N], object."""
    # Beside a gap, pandas reads the whole numbers of a column as 1.0, 2.0, ...
    is_float = column.dtype.kind == "f"
    text = column.map("{:.15g}".format) if is_float else column.astype(str)
    return text.astype(object).where(column.notna(), MISSING).to_numpy()
