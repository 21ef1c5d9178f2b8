"""Build the lessons: percent script -> executed solution -> student's copy.

    python -m tools.lessons.build              build what is stale (``make lessons``)
    python -m tools.lessons.build 02_lds       only this lesson
    python -m tools.lessons.build --force      execute again, though no code changed
    python -m tools.lessons.build --check      say what is stale, change nothing
    python -m tools.lessons.build --list       the lessons, their size and state

The same script gives the same bytes on every run. A solution is executed only when its
code changed; the outputs are carried over when only its text did. ``00_...`` is the way
in, not a lesson: it has no exercises, and it shows what the lessons say, so it is made
last, and anew when one of them changed. Markdown files beside a script go to the
students as they are.
"""

import argparse
import copy
import hashlib
import os
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config

from tools.lessons.cells import Cell, LessonError
from tools.lessons.env import ROOT, use_lesson_env, warm_font_cache
from tools.lessons.rules import is_way_in
from tools.lessons.run import NOTEBOOK_METADATA, carry_outputs, execute
from tools.lessons.script import read_script

MEND = "make lessons"


def find_scripts(root: Path, names=()) -> list[Path]:
    """The lessons' scripts, ``solutions/NN_name/NN_name.py``, in order."""
    folders = sorted((root / "solutions").glob("[0-9][0-9]_*/"))
    scripts = [folder / f"{folder.name}.py" for folder in folders]
    missing = [
        f"{s}: no such script; a lesson's folder holds one of its own name"
        for s in scripts
        if not s.is_file()
    ]
    known = [s.stem for s in scripts]
    missing += [
        f"{name}: no such lesson; there are {', '.join(known) or 'none'}"
        for name in names
        if name not in known
    ]
    if missing:
        raise LessonError(missing)
    return [s for s in scripts if not names or s.stem in names]


def solution_notebook(script: Path):
    """The solution of a script, not executed yet."""
    cells, student_only, ids = [], [], set()
    number = script.stem[:2]
    in_student = 0
    for cell in read_script(script):
        node = _node(cell, _cell_id(cell, number, ids))
        if cell.role == "student-only":
            student_only.append([in_student, node])
        else:
            cells.append(node)
        in_student += cell.role != "solution-only"
    nb = new_notebook(cells=cells, metadata=copy.deepcopy(NOTEBOOK_METADATA))
    nb.nbformat, nb.nbformat_minor = 4, 5
    if student_only:
        nb.metadata["student_only"] = student_only
    return nb


def _cell_id(cell: Cell, number: str, ids: set) -> str:
    """An id that stays when cells are put in before: the exercise's or the text's."""
    stem = f"{number}-{cell.grade_id}"
    if not cell.grade_id:
        stem = f"{number}-{hashlib.sha1(cell.source.encode()).hexdigest()[:8]}"
    name, again = stem, 1
    while name in ids:
        again += 1
        name = f"{stem}-{again}"
    ids.add(name)
    return name


def _node(cell: Cell, cell_id: str):
    metadata = {"tags": cell.tags} if cell.tags else {}
    if cell.grade_id:
        metadata["nbgrader"] = {
            "grade": cell.role in ("test", "manual"),
            "grade_id": cell.grade_id,
            "locked": cell.role == "test",
            "schema_version": 3,
            "solution": cell.role in ("solution", "manual"),
            "task": False,
        }
    if cell.points is not None:
        metadata["nbgrader"]["points"] = cell.points
    if cell.stub is not None:
        metadata["stub"] = cell.stub
    if cell.role == "solution-only":
        metadata["role"] = cell.role
    new_cell = new_code_cell if cell.kind == "code" else new_markdown_cell
    return new_cell(cell.source, id=cell_id, metadata=metadata)


def student_notebook(solution, name: str):
    """The student's copy: stubs for solutions, no outputs, checks locked."""
    from tools.lessons.student_copy import BUILD_STEPS  # nbgrader takes seconds to load

    nb, resources = copy.deepcopy(solution), {"metadata": {}, "unique_key": name}
    for step in BUILD_STEPS:
        nb, resources = step(config=Config()).preprocess(nb, resources)
    return nb


def as_bytes(nb) -> bytes:
    return (nbformat.writes(nb, version=4).rstrip("\n") + "\n").encode()


def read_notebook(path: Path):
    """A committed notebook, or None when it is missing or cannot be read."""
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None


class Lesson:
    """A script, its two notebooks, and what of them is stale."""

    def __init__(self, script: Path, root: Path):
        self.script = script
        self.solution_path = script.with_suffix(".ipynb")
        self.student_path = (
            root / "lessons" / script.stem / script.with_suffix(".ipynb").name
        )
        self.solution = solution_notebook(script)
        self.executed = carry_outputs(read_notebook(self.solution_path), self.solution)

    def student_files(self) -> dict[Path, bytes]:
        """The student's copy, and the pages that go with it."""
        found = {p: p.read_bytes() for p in sorted(self.script.parent.glob("*.md"))}
        return {
            self.student_path: as_bytes(
                student_notebook(self.solution, self.script.stem)
            ),
            **{self.student_path.with_name(p.name): b for p, b in found.items()},
        }

    def contents(self) -> dict[Path, bytes]:
        return {self.solution_path: as_bytes(self.solution), **self.student_files()}

    def stale(self) -> dict[Path, bytes]:
        """The files that are not what the script makes, and what they should be."""
        return {
            path: content
            for path, content in self.contents().items()
            if not path.is_file()
            or path.read_bytes() != content
            or (path == self.solution_path and not self.executed)
        }

    def build(self, force: bool = False) -> list[Path]:
        if force or not self.executed:
            warm_font_cache()
            execute(self.solution, self.script)
            self.executed = True
        stale = self.stale()
        for path, content in stale.items():
            write(path, content)
        return list(stale)


def write(path: Path, content: bytes) -> None:
    """Write the whole file or leave the old one as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)


def left_over(root: Path) -> list[Path]:
    """Student's notebooks whose script is gone."""
    names = {script.stem for script in find_scripts(root)}
    found = sorted((root / "lessons").glob("*/*.ipynb"))
    return [p for p in found if p.stem != p.parent.name or p.stem not in names]


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "names", nargs="*", help="lessons, such as 02_lds; default: all"
    )
    parser.add_argument("--force", action="store_true", help="execute in any case")
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    parser.add_argument("--list", action="store_true", help="list the lessons")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    use_lesson_env()
    try:
        scripts = find_scripts(args.root, args.names)
        if args.list:
            return list_lessons(scripts, args.root)
        if args.check:
            return check(scripts, args.root)
        return build(scripts, args.root, args.force)
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1


def build(scripts, root: Path, force: bool) -> int:
    lessons, problems = [], []
    for script in scripts:
        try:
            lessons.append(Lesson(script, root))
        except LessonError as error:
            problems += error.problems
    if problems:
        raise LessonError(problems)  # before minutes of execution
    changed = False
    for lesson in sorted(lessons, key=lambda each: is_way_in(each.script)):
        written = lesson.build(force or (changed and is_way_in(lesson.script)))
        changed = changed or bool(written)
        for path in written:
            print(f"wrote {path.relative_to(root)}")
        if not written:
            print(f"{lesson.script.stem}: up to date")
    for path in left_over(root):
        print(f"{path.relative_to(root)}: no script makes it; delete it")
    return 0


def check(scripts, root: Path) -> int:
    stale = [path for script in scripts for path in Lesson(script, root).stale()]
    stale += left_over(root)
    for path in stale:
        print(f"stale: {path.relative_to(root)}; mend it with: {MEND}")
    if not stale:
        print(f"{len(scripts)} lessons up to date")
    return 1 if stale else 0


def list_lessons(scripts, root: Path) -> int:
    for script in scripts:
        lesson = Lesson(script, root)
        cells = read_script(script)
        points = sum(cell.points or 0 for cell in cells)
        exercises = sum(cell.role in ("solution", "manual") for cell in cells)
        state = "stale" if lesson.stale() else "up to date"
        print(
            f"{script.stem}: {len(lesson.solution.cells)} cells, "
            f"{exercises} exercises, {points} points, {state}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
