"""What students hand in: each file found, read, and put in order for grading."""

import copy
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from tools.grading.homes import lesson_of
from tools.grading.in_order import put_in_order, saved_points
from tools.grading.names import (
    Sender,
    readable_name,
    sender_of,
    without_wrapping,
)
from tools.grading.reading import NotReadable, read_cells
from tools.grading.signs import signs

# What nbgrader's exchange adds, and what file managers and Jupyter leave behind.
EXCHANGE_FILES = ("timestamp.txt", "submission_secret.txt")
NO_RETURN = re.compile(
    r"\..*|__MACOSX|Thumbs\.db|desktop\.ini|" + "|".join(EXCHANGE_FILES)
)


@dataclass
class Returned:
    """One notebook of one student, in order, or the reason why there is none."""

    student: str
    file: str
    lesson: str | None = None
    notebook: nbformat.NotebookNode | None = None
    remarks: list[str] = field(default_factory=list)
    problem: str | None = None
    sender: Sender | None = None
    saved: dict = field(default_factory=dict)  # points that it shows, by check
    path: Path | None = None


def collect(folder: Path, releases: dict, ignored=()) -> list[Returned]:
    """Everything below ``folder``, one entry for each file.

    The first folder below it names the student, wherever the notebook lies in there
    (``STUDENT/LESSON/LESSON.ipynb`` is nbgrader's way). A file without a folder is
    named after its student: ``STUDENT_LESSON.ipynb``. Downloads of Canvas and Moodle
    have names of their own, see ``names.py``.

    Parameters
    ----------
    releases : dict
        Name of a lesson to the notebook that was handed out.
    ignored : collection of str
        Names of files that nobody has to grade.
    """
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if (path.is_symlink() or not path.is_dir())
        and path.name not in ignored
        and not any(NO_RETURN.fullmatch(p) for p in path.relative_to(folder).parts)
    ]
    inner = without_wrapping(folder, files, releases) if files else folder
    found = [read_returned(path, inner, folder, releases) for path in files]
    keep_the_newest(found)
    return found


def read_returned(path: Path, inner: Path, folder: Path, releases: dict) -> Returned:
    name = path.relative_to(inner)
    sender = sender_of(name, releases)
    file = readable_name(path.relative_to(folder).as_posix())
    returned = Returned(sender.student, file, sender=sender, path=path)
    try:
        cells, kernel = read_cells(path)
        returned.lesson = lesson_of(cells, name.as_posix(), releases)
        if returned.lesson is None:
            raise NotReadable("holds no exercise of " + " or ".join(releases))
        release = releases[returned.lesson]
        before = copy.deepcopy(cells)
        returned.notebook, returned.remarks = put_in_order(cells, release)
        returned.saved = saved_points(before, release)
        returned.remarks += signs(before, release)
    except NotReadable as error:
        returned.problem = str(error)
        return returned
    except Exception as error:  # nobody's file may stop the others
        returned.notebook = None
        returned.problem = f"cannot be read: {type(error).__name__}"
        return returned
    if kernel != "python3":
        returned.remarks.append(f"asks for the kernel {kernel!r}: python3 is taken")
    if sender.late:
        returned.remarks.append("late")
    return returned


def keep_the_newest(found: list[Returned]) -> None:
    """Of several files of one student for one lesson, the last one counts.

    The platform's number says which; elsewhere the one that was saved last.
    """
    groups = defaultdict(list)
    for each in found:
        if each.lesson and each.notebook is not None:
            groups[each.student.casefold(), each.lesson].append(each)
    for group in groups.values():
        group.sort(key=lambda e: (e.sender.attempt, e.path.stat().st_mtime, e.file))
        for older in group[:-1]:
            older.notebook = None
            older.problem = f"not graded: {group[-1].file} was saved later"
