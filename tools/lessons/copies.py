"""A student's own copies of the lessons, in a folder that git doesn't track.

    python -m tools.lessons.copies FOLDER

A `git pull` or a new release changes ``lessons/`` alone. Where a lesson changed, the
copy is made anew with the answers that stood in the old one, which is kept beside it.
"""

import argparse
import hashlib
import json
import shutil
import sys
from datetime import date
from pathlib import Path

import nbformat

from course.checks.results import ANSWER_HERE
from dirlib.files import write_atomically
from tools.lessons.env import ROOT

FOLDER = "my_lessons"
RECORD = ".lessons.json"  # in the folder: what each file was when it was copied
STUB = 'raise NotImplementedError("not attempted yet'


def copy_lessons(source: Path, target: Path) -> list[str]:
    """Copy what `target` lacks of the lessons in `source`, and what has changed there.

    Parameters
    ----------
    source : Path
        A folder of folders: ``lessons/``, or a release.
    target : Path
        Is made where it is missing.

    Returns
    -------
    list of str
        A line for each file that is new or was changed; empty where all is up to date.

    Raises
    ------
    OSError
        If `target` can't be written to.
    """
    target.mkdir(parents=True, exist_ok=True)
    record = _read_record(target / RECORD)
    told = []
    for path in sorted(source.glob("[0-9]*/*.*")):
        name = path.relative_to(source).as_posix()
        new, mine = _content(path), target / name
        if record.get(name) == new and mine.exists():
            continue
        mine.parent.mkdir(exist_ok=True)
        told.append(f"{name}: {_bring(path, mine, record.get(name))}")
        record[name] = new
        write_atomically(target / RECORD, json.dumps(record, indent=1))
    return told


def _bring(path, mine, before):
    """Bring one file up to date, and say what was done."""
    if not mine.exists():
        shutil.copyfile(path, mine)
        return "new"
    content = _content(mine)
    if content == _content(path):
        return "as it is in your folder already"
    if content == before:  # nobody has written into it
        shutil.copyfile(path, mine)
        return "a new version; you had written nothing into the old one"
    kept = _free_name(mine)
    shutil.copyfile(mine, kept)
    try:
        old = nbformat.read(mine, as_version=4)
    except Exception:  # whatever is wrong with it: it is kept, as it is
        shutil.copyfile(path, mine)
        return f"a new version; the old file could not be read, it is now {kept.name!r}"
    new = nbformat.read(path, as_version=4)
    carried, lost = carry_answers(old, new)
    write_atomically(mine, nbformat.writes(new) + "\n")
    answers = "answer" if carried == 1 else "answers"
    told = f"a new version with your {carried} {answers}; the old one is {kept.name!r}"
    if lost:
        told += f", and only there your answers to {', '.join(lost)}"
    return told


def carry_answers(old, new) -> tuple[int, list[str]]:
    """Put the answers of a notebook into a newer version of it, in place.

    Returns
    -------
    int
        How many were carried over.
    list of str
        The grade_ids of those that the new version has no place for.
    """
    places = {_grade_id(cell): cell for cell in new.cells if _grade_id(cell)}
    carried, lost = 0, []
    for cell in old.cells:
        name = _grade_id(cell)
        if name is None or STUB in cell.source or ANSWER_HERE in cell.source:
            continue
        if name not in places or places[name].cell_type != cell.cell_type:
            lost.append(name)
        elif places[name].source != cell.source:
            places[name].source = cell.source
            carried += 1
    return carried, lost


def _grade_id(cell):
    """The grade_id of a cell that the student writes, or None."""
    about = cell.metadata.get("nbgrader", {})
    return about.get("grade_id") if about.get("solution") else None


def _content(path):
    """What a file says: of a notebook its cells, without outputs and counters."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        said = json.dumps([(c["cell_type"], "".join(c["source"])) for c in cells])
    except (ValueError, TypeError, KeyError):
        said = path.read_bytes().hex()
    return hashlib.sha256(said.encode()).hexdigest()


def _free_name(mine):
    day = date.today().isoformat()
    for number in range(1, 1000):
        more = f" {number}" if number > 1 else ""
        kept = mine.with_name(f"{mine.stem} until {day}{more}{mine.suffix}")
        if not kept.exists():
            return kept
    raise FileExistsError(f"{mine.parent} holds a thousand old copies: remove some")


def _read_record(path):
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return record if isinstance(record, dict) else {}
    except (OSError, ValueError):  # then every copy counts as written into
        return {}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="your copies; it may exist")
    folder = parser.parse_args(argv).folder
    try:
        told = copy_lessons(ROOT / "lessons", folder)
    except OSError as error:
        print(f"{folder}: {error.strerror}; name a folder that you can write to")
        return 1
    print(*(told or ["all lessons are up to date"]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
