"""From a table of one's own to a project: its test rows are put aside first."""

import os
from hashlib import sha256
from pathlib import Path

import pandas as pd

from course.held_out import HeldOut, digest_of
from course.project import Project
from dirlib.datasets.tables import read_table
from dirlib.datasets.tables.csv_file import read_frame
from dirlib.files import write_csv, write_json


def open_project(data, target, folder="my_project", *, group=None, time=None):
    """Begin a study of a table, or go on with the one in the folder.

    Parameters
    ----------
    data : path-like
        A CSV file, or what else :func:`dirlib.datasets.tables.read_table` reads.
    target : str
        The column of numbers to predict.
    folder : path-like
        Where all of it goes; each table needs a folder of its own.
    group, time : str, optional
        See :func:`dirlib.datasets.tables.read_table`: rows of one group stay together,
        or the test rows are the latest ones.

    Raises
    ------
    ValueError
        If the table can't be used, in a sentence that says why; or if the folder holds
        another study.
    """
    folder, about = _place(folder), {"target": target, "group": group, "time": time}
    path = folder / "project.json"
    if not path.exists():
        _begin(folder, Path(data), about)
    elif not (folder / "work.csv").exists():
        raise ValueError(f"{folder} is damaged: choose another folder")
    project = Project(folder)
    known = {name: project.about[name] for name in about}
    if known != about or (
        Path(data).is_file() and digest_of(data) != project.about["data_digest"]
    ):
        raise ValueError(
            f"{folder} holds a study of {project.about['data']!r} with the target "
            f"{project.about['target']!r}: choose another folder, as by "
            f"folder='my_project2'"
        )
    return project


def split_rows(data, target, group=None, time=None):
    """Read a table and split it: the rows to work with, the test rows, and about both.

    The first have a column `split`: "train", "val", and the validation rows once more
    as "test". Columns that can't help are left out of both.
    """
    table = read_table(data, target, seed=0, group=group, time=time)
    frame, _ = read_frame(Path(data))
    frame[target] = pd.to_numeric(frame[target], errors="coerce")
    left_out = [*table.dropped["columns"], "split", *filter(None, [group])]
    frame = frame.drop(columns=left_out, errors="ignore")
    parts = {name: frame.iloc[rows - 1] for name, rows in table.rows.items()}
    work = [("train", "train"), ("val", "val"), ("val", "test")]
    work = pd.concat([parts[name].assign(split=split) for name, split in work])
    notes = [
        f"left out: {name} ({why})" for name, why in table.dropped["columns"].items()
    ]
    if n := table.dropped["rows"]:
        notes.append(f"left out: {n} rows without a target")
    sizes = {name: len(part) for name, part in parts.items()}
    return work, parts["test"], {"rows": sizes, "notes": [*notes, *table.notes]}


def _begin(folder, data, about):
    work, test, found = split_rows(data, **about)  # refuses what is no such table
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "work.csv", work)
    held_out = HeldOut(folder / "sealed")
    held_out.seal(test)
    digests = {
        "data_digest": digest_of(data),
        "work_digest": digest_of(folder / "work.csv"),
        "test_digest": digest_of(held_out.rows),
    }
    about = {"data": str(data), **about, **found, **digests, "bins": {}}
    write_json(folder / "project.json", about)  # the last: now the folder is whole


def _place(folder):
    """The folder; below COURSE_PROJECTS where that is set, as builds and tests do."""
    root = os.environ.get("COURSE_PROJECTS")
    if root is None or Path(folder).is_absolute():
        return Path(folder)
    here = sha256(os.getcwd().encode()).hexdigest()[:12]
    return Path(root) / here / folder
