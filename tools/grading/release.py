"""Make the lessons ready for hand-out, as a folder and a zip.

    python -m tools.grading.release OUT                        all lessons
    python -m tools.grading.release OUT --lessons 01_imbalance 02_lds
    python -m tools.grading.release OUT --no-answers           no answers to questions

It writes ``OUT/NN_name/NN_name.ipynb`` for each lesson, and ``OUT.zip``. nbgrader's
``generate_assignment`` makes the notebooks, with a gradebook of its own, in a course
folder that is gone afterwards: nothing here changes but OUT and OUT.zip. The notebooks
equal those of ``lessons/``; solutions, mark schemes and hidden tests are never in them.
The way in, ``00_start`` with the glossary, goes with every release.

``--no-answers`` is about the ``<details>`` blocks, which a reader opens with a click.
Hints, common mistakes and questions in quotation marks (part of the text) stay. Every
other block loses what is hidden in it. Its summary stays as plain text when it is an
option of a quiz or a question, and goes when it only announces the answer.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import nbgrader.api
from alembic.script import ScriptDirectory
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import capture_log
from traitlets.config import Config

from tools.lessons.build import MEND, Lesson, find_scripts
from tools.lessons.cells import LessonError, shown
from tools.lessons.env import ROOT
from tools.lessons.rules import is_way_in
from tools.lessons.student_copy import NBGRADER_STEPS, StudentCopy

DETAILS = re.compile(
    r"<details[^>]*>\s*<summary[^>]*>(?P<summary>.*?)</summary>"
    r".*?</details>(?P<end>\n*)",
    re.DOTALL,
)
STAYS = re.compile(
    r"Hint \d+|Common mistakes|Fine print(:.*)?|The pictures? in words|Go further|Ideas"
    r"|Your own file|You will be able to|What you need.*|How to read the figure:.*"
)
ANNOUNCES = (
    "Answer", "An answer", "What each curve says (read it when you are through)",
)  # fmt: skip
OPTION = re.compile(r"[A-Z]\. ")


class WithoutAnswers(NbGraderPreprocessor):
    """Take the answers out of the ``<details>`` blocks of the text cells."""

    def preprocess(self, nb, resources):
        cells = []
        for cell in nb.cells:
            if cell.cell_type == "markdown" and "<details" in cell.source:
                cell.source = without_answers(cell.source)
            if cell.source or cell.cell_type == "code":
                cells.append(cell)
        nb.cells = cells
        return nb, resources


NO_ANSWERS_STEPS = [
    step
    for each in NBGRADER_STEPS
    for step in ([each, WithoutAnswers] if each is StudentCopy else [each])
]


def without_answers(source: str) -> str:
    """A text cell without the answers that its ``<details>`` blocks hide."""

    def shortened(block: re.Match) -> str:
        summary = " ".join(block["summary"].split())
        if STAYS.fullmatch(summary):
            return block[0]
        if summary in ANNOUNCES:
            return ""
        text = f"- {summary}" if OPTION.match(summary) else f"**{summary}**"
        return text + block["end"]

    return DETAILS.sub(shortened, source).rstrip()


def details_problem(source: str) -> str | None:
    """Why the blocks of a text cell cannot be told apart, or None."""
    blocks = len(DETAILS.findall(source))
    if source.count("<details") == blocks == source.count("</details>"):
        return None
    return (
        "its <details> blocks cannot be told apart; write them as <details><summary>"
        "...</summary>...</details>, one after the other"
    )


def release(out: Path, names=(), answers: bool = True, root: Path = ROOT) -> list[str]:
    """Write the folder ``out`` and the zip beside it; a line on each lesson.

    Raises
    ------
    LessonError
        Before anything is written: ``out`` is taken, a lesson is unknown, stale, or has
        ``<details>`` blocks that cannot be told apart.
    """
    out = out.absolute()
    archive = out.with_name(f"{out.name}.zip")
    refuse_bad_place(out, archive)
    scripts = [s for s in find_scripts(root, names) if not is_way_in(s)]
    if not scripts:
        raise LessonError([f"{shown(root)}: there is no lesson to release"])
    ways_in = [script for script in find_scripts(root) if is_way_in(script)]
    lessons = [Lesson(script, root) for script in (*ways_in, *scripts)]
    refuse_bad_lessons(lessons, answers)
    out.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="release-") as course,
        # Beside OUT, so that a finished release comes into its place in one step.
        tempfile.TemporaryDirectory(prefix=".release-", dir=out.parent) as stage,
    ):
        told = generate(Path(course), scripts, answers)
        folder, packed = Path(stage, "folder"), Path(stage, "zip")
        for lesson in lessons:
            (folder / lesson.script.stem).mkdir(parents=True)
            for path, content in lesson.student_files().items():
                (folder / lesson.script.stem / path.name).write_bytes(content)
        for script in scripts:
            name = Path(script.stem, f"{script.stem}.ipynb")
            (folder / name).write_bytes(Path(course, "lessons", name).read_bytes())
        pack(folder, packed, out.name)
        os.rename(folder, out)
        os.rename(packed, archive)
    return told


def refuse_bad_place(out: Path, archive: Path) -> None:
    if out.suffix == ".zip":
        raise LessonError(
            [f"{shown(out)}: name the folder; its zip is made beside it, as NAME.zip"]
        )
    for path in (out, archive):
        if os.path.lexists(path):
            raise LessonError(
                [f"{shown(path)}: exists already; choose another name or move it away"]
            )
    parent = next(p for p in out.parents if os.path.lexists(p))
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise LessonError([f"{shown(out)}: nothing can be written in {shown(parent)}"])


def refuse_bad_lessons(lessons: list[Lesson], answers: bool) -> None:
    """The notebooks must be those of the scripts, or students get an old state."""
    problems = []
    for lesson in lessons:
        problems += [f"{shown(p)}: stale; mend it with: {MEND}" for p in lesson.stale()]
        for cell in [] if answers else lesson.solution.cells:
            problem = cell.cell_type == "markdown" and details_problem(cell.source)
            if problem:
                problems.append(f"{lesson.script.stem}: cell {cell.id}: {problem}")
    if problems:
        raise LessonError(problems)


def generate(course: Path, scripts, answers: bool) -> list[str]:
    """Let nbgrader make ``lessons/`` of a course folder; say what it has on record."""
    for script in scripts:
        folder = course / "solutions" / script.stem
        folder.mkdir(parents=True)
        shutil.copyfile(script.with_suffix(".ipynb"), folder / f"{script.stem}.ipynb")
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "lessons"
    config.CourseDirectory.db_url = url = f"sqlite:///{course}/gradebook.db"
    steps = NBGRADER_STEPS if answers else NO_ANSWERS_STEPS
    config.GenerateAssignment.preprocessors = steps
    nbgrader.api.get_alembic_version = newest_tables
    coursedir = CourseDirectory(config=config)
    told = []
    for script in scripts:
        coursedir.assignment_id = script.stem
        done = capture_log(GenerateAssignment(coursedir=coursedir, config=config))
        if not done["success"]:
            why = done.get("log", "") + done["error"]
            raise LessonError([f"{script.stem}: nbgrader makes no notebook:\n{why}"])
        with Gradebook(url) as gradebook:
            record = gradebook.find_assignment(script.stem)
            cells = sum(len(notebook.grade_cells) for notebook in record.notebooks)
            told.append(
                f"{script.stem}: {cells} graded cells, {record.max_score:g} points"
            )
    return told


def newest_tables() -> str:
    """The version of a new gradebook; nbgrader would start alembic, found by PATH."""
    return ScriptDirectory(ALEMBIC_DIR).get_current_head()


def pack(folder: Path, archive: Path, name: str) -> None:
    """Zip a folder, as ``name/...``; the same files give the same bytes.

    Nothing is compressed, because compressed bytes differ between versions of zlib.
    """
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}")
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = 0o100644 << 16
            packed.writestr(entry, path.read_bytes())


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "out", type=Path, help="the folder to make; OUT.zip is made too"
    )
    parser.add_argument(
        "--lessons", nargs="+", default=(), metavar="NAME", help="default: all"
    )
    parser.add_argument(
        "--no-answers", action="store_true", help="take out the answers in <details>"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    try:
        told = release(args.out, args.lessons, not args.no_answers, args.root)
    except (LessonError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(told))
    print(f"wrote {shown(args.out)} and {shown(args.out)}.zip")
    return 0


if __name__ == "__main__":
    sys.exit(main())
