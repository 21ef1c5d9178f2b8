"""What students hand in: find it, read it, and put it in order for grading.

Notebooks come back never run, with cells deleted, copied, moved or edited, renamed, or
from an older release. ``put_in_order`` makes of each the notebook that was handed out,
with the student's answers and own cells in it, and says what it had to mend.
"""

import copy
import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

MAX_BYTES = 200_000_000
# What nbgrader's exchange adds, and what file managers and Jupyter leave behind.
EXCHANGE_FILES = ("timestamp.txt", "submission_secret.txt")
NO_RETURN = re.compile(
    r"\..*|__MACOSX|Thumbs\.db|desktop\.ini|" + "|".join(EXCHANGE_FILES)
)
# An answer that meddles with the checks, instead of answering, has one of these.
MEDDLES = re.compile(
    r"\bcourse\.(checks|lesson\d)|\bchecks\d|\bcheck(\.\w+)*\s*=(?!=)|\.reference\b|sys\.modules"
    r"|setattr\(|get_ipython"
)
# What the first version's notebooks import from places that are no more. Their import
# cell has the first of these.
FIRST_VERSION = re.compile(r"^from dirlib\.course\b", re.M)
MOVED = re.compile(
    r"^from dirlib\.(course|runs|experiments|datasets\.(faces|samples|label_counts))\b"
    r".* import (\([^)]*\)|.*)\n?",
    re.M,
)


class NotReadable(Exception):
    """A file that is no notebook of this course, and why."""


@dataclass
class Returned:
    """One notebook of one student, in order, or the reason why there is none."""

    student: str
    file: str
    lesson: str | None = None
    notebook: nbformat.NotebookNode | None = None
    remarks: list[str] = field(default_factory=list)
    problem: str | None = None


def collect(folder: Path, releases: dict, ignored=()) -> list[Returned]:
    """Everything below ``folder``, one entry for each file.

    The first folder below it names the student, wherever the notebook lies in there
    (``STUDENT/LESSON/LESSON.ipynb`` is nbgrader's way). A file without a folder is
    named after its student: ``STUDENT_LESSON.ipynb``.

    Parameters
    ----------
    releases : dict
        Name of a lesson to the notebook that was handed out.
    ignored : collection of str
        Names of files that nobody has to grade.
    """
    found = [
        read_returned(path, path.relative_to(folder), releases)
        for path in sorted(folder.rglob("*"))
        if (path.is_symlink() or not path.is_dir())
        and path.name not in ignored
        and not any(NO_RETURN.fullmatch(p) for p in path.relative_to(folder).parts)
    ]
    keep_the_newest(found, folder)
    return found


def read_returned(path: Path, name: Path, releases: dict) -> Returned:
    returned = Returned(student_of(name, releases), name.as_posix())
    try:
        cells, kernel = read_cells(path)
        returned.lesson = lesson_of(cells, name, releases)
        returned.notebook, returned.remarks = put_in_order(
            cells, releases[returned.lesson]
        )
    except NotReadable as error:
        returned.problem = str(error)
        return returned
    if kernel != "python3":
        returned.remarks.append(f"asks for the kernel {kernel!r}: python3 is taken")
    return returned


def student_of(name: Path, releases: dict) -> str:
    """The student's name, as nbgrader and file systems can bear it."""
    folders = [p for p in name.parts[:-1] if p not in releases]
    text = folders[0] if folders else name.name.split(".")[0]
    if not folders:
        for lesson in releases:
            text = text.replace(lesson, "")
    text = unicodedata.normalize("NFC", text)
    return re.sub(r"[^\w .,@'-]", "_", text).strip(" ._-") or "without a name"


def keep_the_newest(found: list[Returned], folder: Path) -> None:
    """Of several files of one student for one lesson, the last saved one counts."""
    groups = defaultdict(list)
    for each in found:
        if each.lesson:
            groups[each.student, each.lesson].append(each)
    for group in groups.values():
        group.sort(key=lambda e: ((folder / e.file).stat().st_mtime, e.file))
        for older in group[:-1]:
            older.notebook = None
            older.problem = f"not graded: {group[-1].file} was saved later"


def read_cells(path: Path) -> tuple[list, str]:
    """The cells of a notebook file, whatever its name, and the kernel it asks for."""
    if path.is_symlink() or not path.is_file():
        raise NotReadable("a link or something else that is not a file")
    size = path.stat().st_size
    if size == 0:
        raise NotReadable("an empty file")
    if size > MAX_BYTES:
        raise NotReadable(f"{size / 1e6:,.0f} MB: too large to be read")
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            raise NotReadable("a zip: unpack it and grade again")
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
        cells = content["cells"]
        if content.get("nbformat") != 4 or not isinstance(cells, list):
            raise ValueError
        cells = [nbformat.from_dict(readable(cell)) for cell in cells]
        kernel = content.get("metadata", {}).get("kernelspec", {}).get("name")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotReadable("not a Jupyter notebook") from None
    return cells, str(kernel)


def readable(cell: dict) -> dict:
    """Of a cell, what grading needs; the rest can be anything and is left behind."""
    source = cell["source"]
    marks = cell.get("metadata", {}).get("nbgrader", {})
    return {
        "cell_type": str(cell["cell_type"]),
        "id": str(cell.get("id")),
        # Half a character, as damaged files have it, could not be written again.
        "source": "".join(source).encode("utf-8", "replace").decode(),
        "grade_id": str(marks.get("grade_id", "")),
        "checksum": str(marks.get("checksum", "")),
        "run": bool(cell.get("execution_count") or cell.get("outputs")),
    }


def lesson_of(cells: list, name: Path, releases: dict) -> str:
    """The lesson whose exercises the notebook holds, or which its name says."""
    mine = {cell.grade_id for cell in cells if cell.grade_id}
    shared = {n: len(mine & set(graded(release))) for n, release in releases.items()}
    best = max(shared, key=shared.get)
    if shared[best]:
        return best
    for lesson in releases:
        if lesson in name.as_posix():
            return lesson
    raise NotReadable("holds no exercise of " + " or ".join(releases))


def graded(notebook) -> dict:
    """The cells that nbgrader knows, by their grade_id."""
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }


def put_in_order(cells: list, release) -> tuple[nbformat.NotebookNode, list[str]]:
    """The notebook that was handed out, with the student's answers and own cells.

    Checks are those of the release. A student's own cell stays behind the cell that it
    followed. Of copied answers all run, and the last one counts, but for untouched
    copies beside an answer: they are left out.
    """
    first_version = any(FIRST_VERSION.search(cell.source) for cell in cells)
    cells = [renewed(cell, release) for cell in cells]
    homes = homes_of(cells, release)
    own, mine, last = defaultdict(list), defaultdict(list), None
    for cell, home in zip(cells, homes, strict=True):
        if home is not None:
            mine[home].append(cell)
            last = home
        elif cell.source.strip() and not untouched(cell):
            own[last].append(cell)
    ordered = [own_cell(cell) for cell in own[None]]
    for place, cell in enumerate(release.cells):
        *copies, answer = answers(cell, mine[place]) or [None]
        ordered += [own_cell(each) for each in copies]
        kept = copy.deepcopy(cell)
        if answer is not None:
            kept.source = answer.source
        ordered += [kept, *(own_cell(extra) for extra in own[place])]
    for place, cell in enumerate(ordered):
        if "id" not in cell:
            cell.id = f"own-{place}"
    notebook = nbformat.from_dict({**copy.deepcopy(release), "cells": ordered})
    odd = ["from the course's first version: its imports are replaced"] * first_version
    return notebook, odd + remarks(cells, homes, mine, release, own)


def renewed(cell, release):
    """The cell without imports of the first version from places that are no more.

    In the import cell, those of the release are put before what stays: answers use the
    names of both.
    """
    has_imports = not cell.grade_id and FIRST_VERSION.search(cell.source)
    if untouched(cell) and not has_imports:
        return cell
    source = MOVED.sub("", cell.source)
    now = [c for c in release.cells if "from course.lesson" in c.source]
    if not has_imports or not now:
        return nbformat.from_dict({**cell, "source": source})
    source = f"{now[0].source}\n{source}"
    return nbformat.from_dict({**cell, "source": source, "id": now[0].id})


def untouched(cell) -> bool:
    """Whether a cell is as some release had it: the lesson's, and not the student's.

    The builder makes the ids of ungraded cells from their text.
    """
    text = hashlib.sha1(cell.source.encode()).hexdigest()[:8]
    return bool(re.fullmatch(rf"\d\d-{text}(-\d+)?", cell.id))


def homes_of(cells: list, release) -> list[int | None]:
    """For each cell the place of the release's cell that it is, or None.

    Known by its grade_id, or by its id, or by its text.
    """
    by_grade_id, by_id, by_text = {}, {}, {}
    for place, cell in enumerate(release.cells):
        if "nbgrader" in cell.metadata:
            by_grade_id[cell.metadata.nbgrader.grade_id] = place
        else:
            by_id[cell.id] = place
            by_text.setdefault(cell.source, place)
    return [
        by_grade_id.get(cell.grade_id, by_id.get(cell.id, by_text.get(cell.source)))
        for cell in cells
    ]


def is_locked(cell) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))


def answers(cell, copies: list) -> list:
    """What the student wrote into a cell of the release; the last one counts.

    A text of the lesson is no answer, and neither is its code turned into text.
    """
    if is_locked(cell):
        return []
    if "nbgrader" not in cell.metadata:
        copies = [c for c in copies if c.cell_type == cell.cell_type == "code"]
    return [c for c in copies if c.source != cell.source] or copies[-1:]


def own_cell(cell):
    is_code = cell.cell_type == "code"
    new = nbformat.v4.new_code_cell if is_code else nbformat.v4.new_markdown_cell
    made = new(cell.source)
    del made["id"]
    return made


def remarks(cells, homes, mine, release, own) -> list[str]:
    """What is not as it was handed out, in sentences for the report."""
    marked = {
        place: cell.metadata.nbgrader.grade_id
        for place, cell in enumerate(release.cells)
        if "nbgrader" in cell.metadata
    }
    found = []

    def say(text, names):
        if names:
            found.append(text.format(", ".join(sorted(set(names)))))

    if not any(cell.run for cell in cells if cell.cell_type == "code"):
        found.append("was never run")
    known = [home for home in homes if home is not None]
    if known != sorted(known):
        found.append("cells out of order: put back")
    missing = [p for p in range(len(release.cells)) if not mine[p]]
    say("deleted, and put back: {}", [marked[p] for p in missing if p in marked])
    copied = [marked[p] for p in marked if len(mine[p]) > 1]
    say("there several times, the last answer counts: {}", copied)
    edited, older = [], []
    for place, name in marked.items():
        cell = release.cells[place]
        for each in mine[place]:
            if each.checksum != cell.metadata.nbgrader.checksum:
                older.append(name)
            elif is_locked(cell) and each.source != cell.source:
                edited.append(name)
    say("checks edited, the original ones are used: {}", edited)
    say("from an older release, graded by this one; differs in: {}", older)
    strange = [
        c.grade_id for c in cells if c.grade_id and c.grade_id not in graded(release)
    ]
    say("not in this release, so not graded: {}", strange)
    written = [
        (marked.get(place, "a cell of the lesson"), c.source)
        for place, copies in mine.items()
        for c in answers(release.cells[place], copies)
        if c.cell_type == "code" and c.source != release.cells[place].source
    ]
    written += [("a cell of their own", c.source) for c in sum(own.values(), [])]
    lesson = {line for c in release.cells for line in c.source.split("\n")}
    looks = []
    for name, source in written:  # the lesson's own lines, such as its imports, may
        lines = [line for line in source.split("\n") if line not in lesson]
        if MEDDLES.search("\n".join(lines)):
            looks.append(name)
    say("LOOK AT IT, touches the checks: {}", looks)
    return found
