"""Age folders: pictures, and a meta-file of their ages and splits.

AgeDB-DIR and IMDB-WIKI-DIR are published in this form. `split` makes a meta-file for
other folders, `check` looks at the pictures, `packing` packs them.
"""

import csv
import math
import os
import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from dirlib.arguments import SPLITS, check_choice
from dirlib.datasets.photos.images import ImageFiles
from dirlib.datasets.photos.packing import PackedImages, open_pack

COLUMNS = ("age", "path", "split")
OLDEST = 200  # years; the labels of IMDB-WIKI-DIR reach 186


class AgeTable(NamedTuple):
    """A meta-file that was read.

    `table` has a row per picture: `age` (years, int64, or float64 where an age isn't
    whole), `path` (from `folder`, with ``/``), `split` ("train", "val" or "test").
    """

    table: pd.DataFrame
    folder: Path


def age_samples(meta, folder=None, size=224, augment=None, pack=None):
    """Return the samples of an age folder, ``{"train": ..., "val": ..., "test": ...}``.

    `meta` and `folder` are those of :func:`read_meta`; `size` is the side of the square
    pictures in pixels, `augment` a transform of the training pictures, see
    :class:`dirlib.datasets.photos.ImageFiles`. A `pack` is a file of
    :func:`dirlib.datasets.photos.pack_images` to read from: the samples are the same as
    without it, bit for bit. Labels are ages in years.
    """
    table, folder = read_meta(meta, folder)
    packed = pack is not None
    images = open_pack(pack, AgeTable(table, folder), size) if packed else None
    samples = {}
    for split in SPLITS:
        part = table[table["split"] == split]
        paths, ages = list(part["path"]), part["age"].to_numpy()
        options = paths, ages, size, augment if split == "train" else None, folder
        if packed:
            samples[split] = PackedImages(images, part.index.to_numpy(), *options)
        else:
            samples[split] = ImageFiles(*options)
    return samples


def read_meta(path, folder=None):
    """Read a meta-file, a CSV file of ``age,path,split``, as an AgeTable.

    Other columns are left aside. No picture is opened. A ``\\`` in a path, as Windows
    writes it, counts as ``/``. The paths start from `folder`: the file's own, without
    it. A ValueError names the line in the file: for an age that is no number from 0 to
    200; an unknown or empty split; a path that leaves the folder, by a symbolic link
    too; a picture that is listed twice.
    """
    path = Path(path)
    folder = path.parent if folder is None else existing_folder(folder)
    rows, lines, inside = [], {}, _Inside(folder)
    for where, (age, picture, split) in _rows(path):
        age = _age(age, where)
        check_choice(f"{where}: the split", split, SPLITS)
        picture = inside.check(picture, where)
        if picture in lines:
            _refuse_twice(picture, split, lines[picture], where)
        lines[picture] = (where, split)
        rows.append((age, picture, split))
    if not rows:
        raise ValueError(f"{path} holds no picture: it ends after the column names")
    table = pd.DataFrame(rows, columns=COLUMNS)
    for split in SPLITS:
        if not (table["split"] == split).any():
            raise ValueError(
                f"{path}: no picture has the split {split!r}, but a training needs "
                f"{', '.join(SPLITS)}; meta_from_names makes such splits"
            )
    if (table["age"] % 1 == 0).all():
        table["age"] = table["age"].astype("int64")
    return AgeTable(table, folder)


def existing_folder(folder):
    """`folder` as a Path, or a ValueError."""
    if not Path(folder).is_dir():
        raise ValueError(f"there is no folder {folder}: name that of the pictures")
    return Path(folder)


def _rows(path):
    """Yield (place, (age, path, split)) of each row; a place is "FILE, line 7"."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = [name.strip() for name in next(rows, [])]
            places = _places(header, path)
            for row in rows:
                where = f"{path}, line {rows.line_num}"
                if not any(field.strip() for field in row):
                    continue
                if len(row) != len(header):
                    raise ValueError(
                        f"{where}: there must be {len(header)} values, as in the first "
                        f"line, but got {len(row)}; put a value with commas in quotes"
                    )
                age, picture, split = (row[place] for place in places)
                yield where, (age.strip(), picture, split.strip())
    except FileNotFoundError:
        raise ValueError(
            f"there is no meta-file {path}: download it with the data set, or make one "
            "with meta_from_names"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"{path} can't be read as a CSV file ({error}): save it as CSV, UTF-8"
        ) from error
    except OSError as error:
        raise ValueError(f"{path} can't be read ({error.strerror})") from error


def _places(header, path):
    """Where the three columns stand in a row."""
    if not any(header):
        raise ValueError(f"{path} is empty: its first line must be age,path,split")
    for name in COLUMNS:
        if header.count(name) != 1:
            raise ValueError(
                f"{path}, line 1: there must be one column {name!r} among those of a "
                f"meta-file, {','.join(COLUMNS)}, but the columns are {header}"
            )
    return [header.index(name) for name in COLUMNS]


def _age(text, where):
    try:
        age = float(text)
    except ValueError:
        age = math.nan
    if not 0 <= age <= OLDEST or "_" in text:  # NaN too; Python reads 1_0 as 10
        raise ValueError(
            f"{where}: the age must be a number of years from 0 to {OLDEST}, "
            f"but got {text!r}; mend it, or take the line out"
        )
    return age


class _Inside:
    """Paths that stay in a folder. It looks at each sub-folder once."""

    def __init__(self, folder):
        self.folder = folder
        self.real = Path(os.path.realpath(folder))
        self.known = {}  # sub-folder: does it lie inside?

    def check(self, text, where):
        """The path in its one spelling, or a ValueError if it leaves the folder."""
        slashes = text.replace("\\", "/")
        parts = [part for part in slashes.split("/") if part not in ("", ".")]
        path, folder = "/".join(parts), self.folder
        if not parts or "\0" in text:
            what = f"the path must name a picture, but got {text!r}"
        elif slashes.startswith("/") or re.match("[A-Za-z]:", text):
            what = f"the path must start from the folder {folder}, but {text!r} is "
            what += "absolute"
        elif ".." in parts:
            what = f"the path must stay in the folder {folder}, but {text!r} holds '..'"
        elif not self._stays(path):
            what = f"{text!r} is a symbolic link, or lies behind one, that leaves the "
            what += f"folder {folder}; name the folder that holds the pictures"
        else:
            return path
        raise ValueError(f"{where}: {what}")

    def _stays(self, path):
        above = path.rpartition("/")[0]
        if above not in self.known:
            self.known[above] = self._is_inside(above)
        linked = os.path.islink(os.path.join(self.folder, path))
        return self.known[above] and (not linked or self._is_inside(path))

    def _is_inside(self, path):
        full = os.path.realpath(os.path.join(self.folder, path))
        return Path(full).is_relative_to(self.real)


def _refuse_twice(picture, split, first, where):
    place, other = first
    why = "what is trained on would be tested too, and the test errors too low"
    why = "it would count twice" if split == other else why
    raise ValueError(
        f"{where}: the picture {picture!r} has the split {split}, but it stands in "
        f"{place.rpartition(', ')[2]} already, with the split {other}: {why}; keep one "
        "of the lines"
    )
