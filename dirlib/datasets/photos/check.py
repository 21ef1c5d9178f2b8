"""Check a downloaded age folder: what is missing, damaged, mislabelled or too much."""

import hashlib
import math
from typing import NamedTuple

import pandas as pd

from dirlib.arguments import SPLITS, check_choice, whole_number
from dirlib.datasets.photos.file_names import read_name
from dirlib.datasets.photos.images import decode_picture, each_picture, picture_bytes
from dirlib.datasets.photos.meta_file import read_meta
from dirlib.datasets.published import FOLDER, TABLES
from dirlib.progress import progress_bar

# kind: how its files are named (None: the names are not compared), published totals
KINDS = {
    "agedb-dir": ("agedb", (12_208, 2_140, 2_140)),
    "imdb-wiki-dir": (None, (191_509, 11_022, 11_022)),
    "utkface": ("utkface", None),
}
_SHOWN = 3  # examples of each problem


class AgeReport(NamedTuple):
    """What :func:`check_ages` found.

    missing : paths in the meta-file without a file.
    damaged : (path, why the picture can't be read).
    mislabelled : (path, age in the meta-file, age in the file's name).
    compared : how many names hold an age.
    duplicates : lists of paths of files that are equal and lie in several splits.
    counts : a row per split, ``found`` and ``published`` (NaN where nothing is).
    other_counts : the ages with other counts than published: ``age``, ``split``,
        ``found``, ``published``; None where no counts by age are published.
    """

    missing: list
    damaged: list
    mislabelled: list
    compared: int
    duplicates: list
    counts: pd.DataFrame
    other_counts: pd.DataFrame | None

    @property
    def ok(self):
        """True where nothing is wrong."""
        known = self.counts.dropna()
        return (
            not (self.missing or self.damaged or self.mislabelled or self.duplicates)
            and bool((known["found"] == known["published"]).all())
            and (self.other_counts is None or self.other_counts.empty)
        )

    def text(self):
        """Return the report as lines for people."""
        total = int(self.counts["found"].sum())
        lines = [f"{total:,} pictures in the meta-file"]
        for split, found, published in self.counts.itertuples():
            line = f"  {split:<6}{found:>8,}"
            if not math.isnan(published):
                same = "as published" if found == published else f"not {published:,.0f}"
                line += f"  {same}"
            lines.append(line)
        if self.other_counts is not None:
            other = self.other_counts.itertuples(index=False)
            other = [f"age {a}, {s}: {n}, not {m}" for a, s, n, m in other]
            lines += _listed("other counts per age than published", other)
        lines += _listed("missing", self.missing)
        lines += _listed("damaged", [why for _, why in self.damaged])
        wrong = [f"{path}: {name}, not {age:g}" for path, age, name in self.mislabelled]
        what = "other age in the name than in the meta-file"
        lines += _listed(f"{what} ({self.compared:,} compared)", wrong)
        equal = [" = ".join(paths) for paths in self.duplicates]
        lines += _listed("equal files in two splits", equal)
        lines.append("all is well" if self.ok else "the set is not as it should be")
        return "\n".join(lines)


def check_ages(meta, folder=None, kind=None, jobs=1, progress=True):
    """Read a whole age folder, `jobs` pictures at a time, and report what is wrong.

    `meta` and `folder` are those of :func:`dirlib.datasets.photos.read_meta`. `kind`
    says which published set this is: the counts of "agedb-dir" and "imdb-wiki-dir" are
    compared with the published ones, and ages with those in the names that AgeDB and
    "utkface" give their files; without a kind, where a name looks like either.
    """
    if kind is not None:
        check_choice("kind", kind, KINDS)
    jobs = whole_number("jobs", jobs, 1)
    table, folder = read_meta(meta, folder)
    missing, damaged, equal = [], [], {}
    paths = list(table["path"])
    with progress_bar(len(paths), "Checking pictures", "image", progress) as bar:
        states = each_picture(_look_at, [folder / path for path in paths], jobs)
        rows = zip(paths, table["split"], states, strict=True)
        for path, split, (state, what) in rows:
            if state == "missing":
                missing.append(path)
            elif state == "damaged":
                damaged.append((path, what))
            else:
                equal.setdefault(what, []).append((path, split))
            bar.update()
    mislabelled, compared = _compare_names(table, kind)
    counts, other_counts = _compare_counts(table, kind)
    duplicates = [
        [path for path, _ in files]
        for files in equal.values()
        if len({split for _, split in files}) > 1
    ]
    return AgeReport(
        missing, damaged, mislabelled, compared, duplicates, counts, other_counts
    )


def _look_at(path):
    """("missing" | "damaged" | "fine", the reason or the checksum)."""
    if not path.is_file():
        return "missing", ""
    try:
        data = picture_bytes(path)
        decode_picture(data, path, 1)
    except ValueError as error:
        return "damaged", str(error)
    return "fine", hashlib.sha256(data).digest()


def _compare_names(table, kind):
    if kind is not None and KINDS[kind][0] is None:
        return [], 0
    names, compared = None if kind is None else KINDS[kind][0], 0
    mislabelled = []
    for path, age in zip(table["path"], table["age"], strict=True):
        part = read_name(path.rpartition("/")[2], names)
        if part is not None:
            compared += 1
            if math.floor(age) != part.age:
                mislabelled.append((path, age, part.age))
    return mislabelled, compared


def _compare_counts(table, kind):
    published = None if kind is None else KINDS[kind][1]
    found = table["split"].value_counts().reindex(list(SPLITS))
    counts = pd.DataFrame({"found": found, "published": published or math.nan})
    if kind != "agedb-dir":
        return counts, None
    by_age = pd.read_csv(FOLDER / TABLES[kind][0], index_col="age")
    sizes = table.groupby(["age", "split"]).size()
    pairs = pd.DataFrame({"found": sizes, "published": by_age[list(SPLITS)].stack()})
    pairs = pairs.fillna(0).astype(int).rename_axis(["age", "split"]).reset_index()
    return counts, pairs[pairs["found"] != pairs["published"]].reset_index(drop=True)


def _listed(what, items):
    """A line with a count, and a few examples below it."""
    lines = [f"    {item}" for item in items[:_SHOWN]]
    more = [f"    ... and {len(items) - _SHOWN:,} more"] * (len(items) > _SHOWN)
    return [f"  {len(items):,} {what}", *lines, *more]
