"""A table's file as a DataFrame, in the forms that people have, and what can be wrong.

The file shows its form itself: packing, encoding, what stands between cells, and the
decimal sign. What can be read in two ways is refused, never guessed.
"""

import codecs
import csv
import difflib
import gzip
import re
import warnings
import zlib
from functools import cache, partial
from itertools import islice

import numpy as np
import pandas as pd

DELIMITERS = "\t;|,"
SAMPLE_LINES, SAMPLE_SIZE = 100, 2**17  # the csv module takes no longer cell
FOREIGN = {
    rb"PK\x03\x04|\xd0\xcf\x11\xe0": "a workbook of Excel, or a zip",
    rb"%PDF": "a PDF",
    rb"\W*(?i:<!doctype|<html|<\?xml)": "a web page",
}


def _number(point, comma):
    """Patterns of a number, and of one that shows which sign parts its thousands."""
    thousands, end = rf"[+-]?\d{{1,3}}({comma}\d{{3}})", r"([eE][+-]?\d+)?"
    number = rf"([+-]?\d+|{thousands}+)({point}\d*)?{end}|[+-]?{point}\d+{end}"
    return re.compile(number), re.compile(rf"{thousands}+{point}\d+|{thousands}{{2,}}")


NUMBERS = {".": _number(r"\.", ","), ",": _number(",", r"\.")}
COMMA_CELL = re.compile(r"[+-]?(\d+,(\d\d?|\d{4,})|(0|\d{4,}),\d+)")
POINT_CELL = re.compile(r"[+-]?\d+\.\d+")


def read_frame(path, text_columns=()):
    """Read a file as a DataFrame, rows counted from 0, and say what was guessed.

    It is text in UTF-8, UTF-16 or else cp1252, with commas, semicolons, tabs or bars
    between its cells, which may be packed by gzip; or Parquet. Cells of `text_columns`
    stay as they are written. The notes, a list, say what the user should look at. A
    ValueError refuses what is no such file, or may be read in two ways.
    """
    if not path.is_file():
        what = "a folder or a pipe has this name" if path.exists() else "check the path"
        raise ValueError(f"there is no file {path}: {what}")
    with open(path, "rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return _parquet(path), []
    opened = partial(gzip.open if start[:2] == b"\x1f\x8b" else open, path)
    try:
        encoding = _encoding(opened, path)
        opened = partial(opened, mode="rt", encoding=encoding, newline="")
        frame = _text_frame(opened, path, text_columns)
    except pd.errors.EmptyDataError as error:
        raise ValueError(f"{path} is empty: it needs a line of column names") from error
    except UnicodeError as error:
        raise ValueError(
            f"{path} is not text in UTF-8, UTF-16 or cp1252: save it as a CSV file in "
            f"UTF-8"
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} can't be unpacked ({error}): get it anew") from error
    except pd.errors.ParserWarning as error:
        raise ValueError(
            f"{path} has more cells in a row than column names: name each column, or "
            f"look for a sign that stands between cells and in them"
        ) from error
    except (pd.errors.ParserError, csv.Error) as error:
        text = str(error).strip().rpartition("C error: ")[2]
        if "inside string" in text:
            text += ": a quotation mark near it is never closed"
        raise ValueError(f"{path} is no table: {text}") from error
    if encoding != "cp1252":
        return frame, []
    return frame, [
        f"{path} is not in UTF-8 and was read as cp1252, the encoding of western "
        f"Windows: look at its accents, or save it in UTF-8."
    ]


def _parquet(path):
    try:
        frame = pd.read_parquet(path).reset_index(drop=True).rename(columns=str)
    except ImportError as error:
        raise ValueError(
            f"{path} is in Parquet, which needs one more package: pip install pyarrow, "
            f"or save it as a CSV file"
        ) from error
    except (OSError, ValueError) as error:  # pyarrow's are among them
        raise ValueError(f"{path} is no table in Parquet: {error}") from error
    for name, kind in frame.dtypes.items():
        if kind.kind == "O" and pd.api.types.infer_dtype(frame[name]) == "decimal":
            frame[name] = frame[name].astype(float)
    return frame


def _encoding(opened, path):
    """The encoding of a text file, for which all of it is read once."""
    utf8, encoding = codecs.getincrementaldecoder("utf-8")(), "utf-8-sig"
    with opened(mode="rb") as file:
        block = file.read(2**20)
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        what = next((kind for s, kind in FOREIGN.items() if re.match(s, block)), None)
        while block or encoding == "utf-8-sig":
            if what or b"\0" in block:
                raise ValueError(
                    f"{path} is no text but {what or 'binary'}: open it in the program "
                    f"that made it, and save it as a CSV file"
                )
            try:
                utf8.decode(block, final=not block)
            except UnicodeDecodeError:
                encoding = "cp1252"
            if not block:
                break
            block = file.read(2**20)
    return encoding


def _text_frame(opened, path, text_columns):
    with opened() as file:
        sample = file.read(SAMPLE_SIZE)
    delimiter, decimal = _signs(sample)
    options = {"sep": delimiter, "na_values": ["?"]}
    with opened() as file:
        names = next(filter(None, csv.reader(file, delimiter=delimiter)), None)
    if names is None:
        raise pd.errors.EmptyDataError
    # As pandas would name them, but for a name that stands there twice.
    names = [name or f"Unnamed: {i}" for i, name in enumerate(names)]
    dtype = {i: str for i, name in enumerate(names) if name in text_columns}
    options |= {"names": range(len(names)), "header": 0, "dtype": dtype}
    options |= {"decimal": decimal, "low_memory": False, "index_col": False}
    with opened() as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # more cells than names
        frame = pd.read_csv(file, **options)
    if len(names) > 1 and frame.iloc[:, -1].isna().any():
        with opened() as file:
            _check_lengths(csv.reader(file, delimiter=delimiter), len(names))
    first = {}
    for place, name in enumerate(names):
        # Twice the same cells under one name do no harm.
        one = first.setdefault(name, place)
        if one != place and not frame[one].equals(frame[place]):
            raise ValueError(f"{path} has two columns {name!r}: rename one of them")
    if len(first) < len(names):
        frame = frame[list(first.values())]
    frame.columns = list(first)
    for name, kind in frame.dtypes.items():
        if not is_number(kind) and name not in text_columns:
            numbers = _written_numbers(frame[name], path)
            frame[name] = frame[name] if numbers is None else numbers
    return frame


def _signs(sample):
    """What stands between cells, and the decimal sign, as far as many cells show it."""
    if len(sample) == SAMPLE_SIZE and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    found = {}
    for delimiter in DELIMITERS:
        rows = csv.reader(sample.splitlines(), delimiter=delimiter)
        rows = list(islice(filter(None, rows), SAMPLE_LINES))
        n = len(rows[0]) if rows else 0
        alike = sum(len(row) == n for row in rows) / max(1, len(rows))
        found[delimiter] = (n > 1, round(alike, 1), n, rows)
    delimiter = max(found, key=lambda d: found[d][:3])
    *_, n, rows = found[delimiter]
    if n < 2:
        return ",", "."
    cells = [cell.strip() for row in rows[1:] for cell in row]
    commas = sum(COMMA_CELL.fullmatch(cell) is not None for cell in cells)
    points = sum(POINT_CELL.fullmatch(cell) is not None for cell in cells)
    return delimiter, "," if delimiter != "," and 10 * commas > points else "."


def _check_lengths(rows, n_names):
    """Refuse a row that ends early: pandas would take its last cells for empty."""
    for row in rows:
        if len(row) < n_names and any(map(str.strip, row)):
            raise pd.errors.ParserError(
                f"Expected {n_names} fields in line {rows.line_num}, saw {len(row)}"
            )


def _written_numbers(column, path):
    """A column of text as numbers, where each cell is one: 1.234,5 or 1,234.5.

    None if it is none; a ValueError if its signs may be read in two ways.
    """
    values = column.dropna().unique()
    sign, cells = None, {}
    for point, (number, _) in NUMBERS.items():
        if all(isinstance(v, str) and number.fullmatch(v.strip()) for v in values):
            sign, cells[point] = point, [v for v in values if "," in v or "." in v]
    if not any(cells.values()):
        return None  # text, or whole numbers that are too long for a number
    comma = "." if sign == "," else ","
    parted = [v for v in cells[sign] if comma in v]
    clear = any(NUMBERS[sign][1].fullmatch(v.strip()) for v in parted)
    if len(cells) == 2 or (parted and not clear):
        value = (parted or cells[sign])[0]
        row = int((column == value).to_numpy().argmax())
        raise ValueError(
            f"the column {column.name!r} of {path} may mean two things: row {row + 1} "
            f"below the column names has {value!r}, whose sign may part thousands or "
            f"decimals; write its numbers without a sign for thousands"
        )
    plain = [v.replace(comma, "").replace(sign, ".") for v in values]
    return column.map(dict(zip(values, map(float, plain), strict=True))).astype(float)


def check_column(frame, name, path, role):
    """Refuse the name of a column that isn't there, and say which ones are near."""
    if name in frame.columns:
        return
    columns = [str(column) for column in frame.columns]
    near = difflib.get_close_matches(str(name), columns, n=3, cutoff=0.5)
    shown = ", ".join(map(repr, near or columns[:10]))
    more = ", ..." if not near and len(columns) > 10 else ""
    raise ValueError(
        f"{path} has no column {name!r} to use as the {role}; "
        f"{'did you mean' if near else 'its columns are'} {shown}{more}"
        f"{'?' if near else ''}"
    )


@cache
def is_number(dtype):
    """Return whether a column's dtype is one of numbers; true and false are none."""
    numeric = pd.api.types.is_numeric_dtype(dtype)
    return numeric and not pd.api.types.is_bool_dtype(dtype)


def check_cells(column, good, path, role, what, cure="correct it, or leave it empty"):
    """Refuse a column of a file for the first cell where the mask `good` is false."""
    if not good.all():
        row = column.index[np.argmin(good)]
        raise ValueError(
            f"the {role} {column.name!r} of {path} must {what}, but row {row + 1} "
            f"below the column names has {str(column[row])!r}: {cure}"
        )


def target_numbers(column, path):
    """Return the target as float64, [N], NaN where it is missing."""
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    good = column.isna() | numbers.notna()
    if pd.api.types.is_bool_dtype(column):
        good[:] = False
    check_cells(column, good, path, "target", "be a number in each row")
    good = ~(numbers.abs() > np.finfo(np.float32).max)
    check_cells(column, good, path, "target", "be finite in float32")
    return numbers.to_numpy()
