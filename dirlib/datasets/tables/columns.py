"""Columns of a table as numbers, by parameters that are plain values.

So the folder of a run can hold them, and reading them back runs no code.
"""

import re
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import pandas as pd

from dirlib.datasets.tables.csv_file import is_number

# A value of a text column gets a column of its own from so many training rows on, and
# so many columns come from one text column at most.
FREQUENT, MOST_COLUMNS = 3, 200
MISSING = "missing"
YES_OR_NO = {"True", "False", MISSING}
BLOCK = 2**18  # numbers in float64 at a time: 2 MB
LOOKS_LIKE_A_DATE = re.compile(r"\s*\d{1,4}([-./])\d{1,2}\1\d{1,4}\b")
DAYS = ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d")
TIMES = ("", " %H:%M", " %H:%M:%S")


@dataclass
class ColumnEncoder:
    """Turns rows of a DataFrame into numbers, as the training rows say.

    `numbers` has the columns of numbers, with the median that stands for what is
    missing; those that are `flagged` have a column beside them that tells what is.
    `means` and `scales` are those of the outputs of both, in this order. `categories`
    has the other columns, with the values that get an output each; those in `rare` have
    one more, for all other values. `dates` says which of `numbers` are dates, in days
    since 1970, and how they are written.
    """

    numbers: dict
    flagged: list
    means: list
    scales: list
    categories: dict
    rare: list
    dates: dict = field(default_factory=dict)

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
        names = [name for name, values in pairs if not YES_OR_NO.issuperset(values)]
        return names + [*self.dates]

    def transform(self, frame, rows=None):
        """Return the rows of a DataFrame, or those named, as numbers, [N, F], float32.

        Its other columns, and the order of all, don't matter. A value that no training
        row had counts as a rare one. A ValueError says that a column is missing, or
        there twice, or that what must be a number is none.
        """
        self._check_columns(frame)
        rows = np.arange(len(frame)) if rows is None else rows
        out = np.zeros((len(rows), len(self.feature_names)), np.float32)
        means, scales = np.array([self.means, self.scales])[:, :, None]
        medians, flagged = np.array([*self.numbers.values()], float), set(self.flagged)
        start, flag = 0, len(self.numbers)
        for names in _blocks(self.numbers, len(frame)):
            x = _numbers(frame, names, self.dates)[:, rows]
            part, gaps = slice(start, start + len(names)), np.isnan(x)
            np.copyto(x, medians[part, None], where=gaps)
            out[:, part] = ((x - means[part]) / scales[part]).T
            gaps = gaps[[name in flagged for name in names]]
            part = slice(flag, flag + len(gaps))
            out[:, part] = ((gaps - means[part]) / scales[part]).T
            start, flag = start + len(names), part.stop
        for name, values in self.categories.items():
            codes, texts = column_texts(frame[name])
            place = pd.Index(values, dtype=object).get_indexer(texts)[codes[rows]]
            # An unknown value has the place -1: the last column, if there is one.
            place[place < 0] = len(values)
            width = len(values) + (name in self.rare)
            known = np.flatnonzero(place < width)
            out[known, flag + place[known]] = 1
            flag += width
        return out

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


def fit_columns(frame, rows=None):
    """Learn from training rows how the columns of a DataFrame become numbers.

    `rows` are the training rows, counted from 0; all, without it. Cells that must be
    numbers are checked in the other rows too. Returns a ColumnEncoder, and a dict of
    the columns that can't help, with the reason.
    """
    rows = np.arange(len(frame)) if rows is None else rows
    dropped, seen, dates, categories, rare = {}, {}, {}, {}, []
    kinds = dict(frame.dtypes)
    for name in (n for n, kind in kinds.items() if not is_number(kind)):
        codes, texts = column_texts(frame[name])
        codes = codes[rows]
        counts = np.bincount(codes, minlength=len(texts))
        style = date_style(frame[name], texts[:-1])
        if why := _useless(counts[-1], (counts > 0).sum(), len(rows)):
            dropped[name] = why
        elif style == "unclear":
            dropped[name] = (
                "dates whose day and month may be exchanged: write them as 2026-11-29"
            )
        elif style:
            dates[name] = style
        elif counts.max() < FREQUENT:
            dropped[name] = (
                f"text without a value that {FREQUENT} training rows share: an "
                f"identifier or free text"
            )
        elif twin := _twin(name, "\0".join(texts[codes]).encode(), seen):
            dropped[name] = twin
        else:
            counts = pd.Series(counts, texts)
            counts = counts[counts > 0].groupby(level=0).sum()
            kept = counts[counts >= FREQUENT]
            if len(kept) >= MOST_COLUMNS:
                largest = kept.sort_values(kind="stable")[-(MOST_COLUMNS - 1) :]
                kept = largest.sort_index()
            categories[name] = list(kept.index)
            rare += [name] * (len(kept) < len(counts))
    numbers, flagged, of_numbers, of_flags = {}, [], [], []
    wanted = [n for n, kind in kinds.items() if is_number(kind) or n in dates]
    for names in _blocks(wanted, len(frame)):
        x = _numbers(frame, names, dates)
        counting = _count_rows(x)
        x = x[:, rows]
        gaps = np.isnan(x)
        # A gap takes the place of a value that isn't there.
        low, high = (f.reduce(x, axis=1) for f in (np.fmin, np.fmax))
        distinct = 1 + (low < high) + gaps.any(1)
        for i, name in enumerate(names):
            why = "row numbers" if counting[i] and kinds[name].kind in "iu" else None
            why = why or _useless(gaps[i].sum(), distinct[i], len(rows))
            why = why or _twin(name, x[i].tobytes(), seen)
            if why:
                dropped[name] = why
                continue
            has_gaps = gaps[i].any()
            median = np.median(x[i][~gaps[i]] if has_gaps else x[i])
            numbers[name] = float(median)
            values = np.where(gaps[i], median, x[i]) if has_gaps else x[i]
            of_numbers.append((values.mean(), values.std() if low[i] < high[i] else 1))
            if has_gaps:
                flagged.append(name)
                of_flags.append((gaps[i].mean(), gaps[i].std()))
    dates = {name: style for name, style in dates.items() if name in numbers}
    means, scales = np.array([*of_numbers, *of_flags]).reshape(-1, 2).T.tolist()
    encoder = ColumnEncoder(numbers, flagged, means, scales, categories, rare, dates)
    return encoder, dropped


def _useless(n_gaps, n_distinct, n_rows):
    """Why a column of training rows can't help, or None if it may."""
    if n_gaps == n_rows:
        return "no training row has a value"
    return "one value in all training rows" if n_distinct == 1 else None


def _twin(name, content, seen):
    """Why a column is left out whose content was seen before; or None."""
    first = seen.setdefault(blake2b(content).digest(), name)
    return None if first == name else f"the same as {first!r}"


def _count_rows(x):
    """Whether each row of x, [C, N], is 0, 1, 2, ... or 1, 2, 3, ..., [C].

    Such a column tells the order of the file, and new rows have no place in it.
    """
    counting = np.isin(x[:, 0], (0, 1)) & (x[:, -1] - x[:, 0] == x.shape[1] - 1)
    counting[counting] = (np.diff(x[counting]) == 1).all(1)
    return counting


def _blocks(names, n_rows):
    """Parts of the names, so that not all of a large table is there in float64."""
    names, n = list(names), max(1, BLOCK // max(1, n_rows))
    return [names[i : i + n] for i in range(0, len(names), n)]


def _numbers(frame, names, dates):
    """Columns as float64, [C, N], NaN where a cell is empty."""
    x = np.empty((len(names), len(frame)))
    for row, name in zip(x, names, strict=True):
        column = frame[name]
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
            row[:] = column.to_numpy()
            continue
        if name in dates:
            codes, texts = column_texts(column)
            style = "ISO8601" if column.dtype.kind == "M" else dates[name]
            row[:], what = days(texts, style)[codes], "dates as in the training"
        else:
            number = pd.to_numeric(column, errors="coerce")
            row[:] = number.to_numpy(np.float64, na_value=np.nan)
            what = "numbers or nothing"
        _check_cells(frame, name, ~np.isnan(row) | column.isna().to_numpy(), what)
    infinite = np.abs(x) > np.finfo(np.float32).max
    for place in np.flatnonzero(infinite.any(1)):
        what = "numbers that are finite in float32"
        _check_cells(frame, names[place], ~infinite[place], what)
    return x


def _check_cells(frame, name, good, what):
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(
            f"the column {name!r} must hold {what}, but row {row + 1} has "
            f"{str(frame[name].iloc[row])!r}: correct it, or leave the cell empty"
        )


def column_texts(column):
    """Each cell's place in a list of texts, [N], and these; the last is for gaps."""
    codes, values = pd.factorize(column)
    values = pd.Series(values)
    # Beside a gap, pandas reads the whole numbers of a column as 1.0, 2.0, ...
    is_float = values.dtype.kind == "f"
    text = values.map("{:.15g}".format) if is_float else values.astype(str)
    codes = np.where(codes < 0, len(values), codes)
    return codes, np.array([*text, MISSING], dtype=object)


def as_times(column):
    """A column of numbers or dates as numbers, a Series; None if it is neither."""
    if is_number(column.dtype):
        return column
    codes, texts = column_texts(column)
    style = date_style(column, texts[:-1])
    if style in (None, "unclear"):
        return None
    return pd.Series(days(texts[:-1], style)[codes])


def date_style(column, texts):
    """How all the texts of a column are dates: a format of `strftime`, or "ISO8601".

    "unclear" if day and month may be exchanged; None if they are no dates.
    """
    if column.dtype.kind == "M":
        return "ISO8601"
    sign = LOOKS_LIKE_A_DATE.match(texts[0]) if len(texts) else None
    if sign is None:
        return None
    styles = [day.format(sign[1]) + time for time in TIMES for day in DAYS]
    fitting = [s for s in ("ISO8601", *styles) if not np.isnan(days(texts, s)).any()]
    if not fitting or fitting[0] == "ISO8601":
        return fitting[0] if fitting else None
    return fitting[0] if len(fitting) == 1 else "unclear"


def days(texts, style):
    """Dates as days since 1970, NaN where a text is none."""
    dates = pd.to_datetime(texts, format=style, errors="coerce", utc=True)
    return ((dates - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy()
