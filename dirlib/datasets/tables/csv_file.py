"""A CSV file as a DataFrame, and what can be wrong with it."""

import difflib

import numpy as np
import pandas as pd


def read_frame(path, text_columns=()):
    """Read a CSV file, rows counted from 0; `text_columns` stay as they are written."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}: check the path")
    options = {"encoding": "utf-8-sig", "na_values": ["?"]}
    try:
        # pandas renames a second "a" to "a.1": look at the names as they are written.
        # The row below tells whether there are more cells than names.
        names = pd.read_csv(path, header=None, nrows=2, dtype=str, **options)
        names = names.iloc[0].dropna().tolist()
        dtype = dict.fromkeys(text_columns, str)
        frame = pd.read_csv(path, low_memory=False, dtype=dtype, **options)
    except pd.errors.EmptyDataError as error:
        raise ValueError(f"{path} is empty: it needs a line of column names") from error
    except UnicodeError as error:
        raise ValueError(
            f"{path} is not text in UTF-8: save it as a CSV file in UTF-8"
        ) from error
    except pd.errors.ParserError as error:
        raise ValueError(f"{path} is no table: {str(error).strip()}") from error
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{path} has two columns {name!r}: rename one of them")
    return frame


def check_column(frame, name, path, role):
    """Refuse the name of a column that isn't there, and say which ones are near."""
    if name in frame.columns:
        return
    columns = [str(column) for column in frame.columns]
    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        raise ValueError(
            f"{path} has one column, {columns[0]!r}: separate its cells by commas"
        )
    near = difflib.get_close_matches(str(name), columns, n=3, cutoff=0.5)
    shown = ", ".join(map(repr, near or columns[:10]))
    more = ", ..." if not near and len(columns) > 10 else ""
    raise ValueError(
        f"{path} has no column {name!r} to use as the {role}; "
        f"{'did you mean' if near else 'its columns are'} {shown}{more}"
        f"{'?' if near else ''}"
    )


def is_number(column):
    """Return whether a column holds numbers; true and false are none."""
    numeric = pd.api.types.is_numeric_dtype(column)
    return numeric and not pd.api.types.is_bool_dtype(column)


def target_numbers(column, path):
    """Return the target as float64, [N], NaN where it is missing."""
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    wrong = column.notna() & numbers.isna()
    if pd.api.types.is_bool_dtype(column):
        wrong[:] = True
    if wrong.any():
        row = int(wrong.idxmax())
        raise ValueError(
            f"the target {column.name!r} must be a number in each row of {path}, but "
            f"row {row + 1} below the column names has {str(column[row])!r}"
        )
    check_finite(numbers.to_frame(), path)
    return numbers.to_numpy()


def check_finite(frame, path):
    """Refuse a number that is infinite, or becomes so in float32."""
    for name in frame:
        if not is_number(frame[name]):
            continue
        values = frame[name].astype(np.float64)
        infinite = values.abs() > np.finfo(np.float32).max
        if infinite.any():
            row = infinite.idxmax()
            raise ValueError(
                f"the column {name!r} of {path} must be finite in float32, but row "
                f"{row + 1} below the column names has {values[row]}: correct it, or "
                f"leave the cell empty"
            )
