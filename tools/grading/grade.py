"""Grade a folder of returned notebooks: marks, feedback and what to talk about.

    python -m tools.grading.grade RETURNED [OUT]        OUT: grading/course if not named

RETURNED holds a folder for each student, with their notebooks in it. OUT becomes a
course folder of nbgrader: ``gradebook.db``, ``submitted/``, ``autograded/``,
``feedback/``; ``report.py`` then writes the mark sheet and the report into it, and
does so again when the free answers have their marks.

Each notebook is put in order (``returned.py``) and run by a program of its own
(``run_notebook.py``), in a folder without solutions (``workspace.py``). nbgrader reads
the points from the outputs. What was run once is not run again, as long as the
notebook, ``dirlib`` and the limits are the same: grade again when more comes in.
"""

import argparse
import functools
import os
import shlex
import shutil
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pandas as pd
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from nbgrader.utils import capture_log
from sqlalchemy.exc import SAWarning
from tqdm import tqdm
from traitlets import Unicode

from course.checks.results import results
from tools.grading.release import generate, refuse_bad_lessons
from tools.grading.report import course_config, write_report
from tools.grading.returned import EXCHANGE_FILES, Returned, collect
from tools.grading.sandbox import KINDS, choose
from tools.grading.sheets import read_sheet, write_sheet
from tools.grading.signs import LOOK
from tools.grading.workspace import make_workspace, run_file, run_returned
from tools.lessons.build import Lesson, find_scripts
from tools.lessons.cells import LessonError, shown
from tools.lessons.env import ROOT
from tools.lessons.rules import is_way_in

SAYS = {"none": "no sandbox: student code runs as you, with your files and network"}
CONFIG = '''"""Settings for nbgrader and its Formgrader, started in this folder."""
c = get_config()  # noqa: F821 - nbgrader puts it here
c.CourseDirectory.course_id = "dir"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "lessons"
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
'''


class TakeOutputs(NbGraderPreprocessor):
    """Take the outputs of the run, in the place of nbgrader's own ``Execute``."""

    folder = Unicode().tag(config=True)

    def preprocess(self, nb, resources):
        ids = resources["nbgrader"]
        ran = nbformat.read(run_file(self.folder, ids["student"], ids["assignment"]), 4)
        for cell, done in zip(nb.cells, ran.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = done.outputs, done.execution_count
        return nb, resources


def grade(
    returned: Path,
    out: Path,
    limits: dict,
    sandbox: str = "auto",
    run_as: str = "",
    jobs: int = 0,
    root: Path = ROOT,
):
    """Grade all that was returned into ``out``; one entry for each file.

    Raises
    ------
    LessonError
        Before anything is run: nothing to grade, ``out`` holds another release, or no
        sandbox works here and nobody said that none is wanted.
    """
    if not returned.is_dir():
        raise LessonError([f"{shown(returned)}: there is no such folder"])
    out, source = out.absolute(), returned.absolute()
    if out.is_relative_to(source) or source.is_relative_to(out):
        raise LessonError(
            [f"{shown(out)} and {shown(returned)}: neither may lie in the other"]
        )
    prepare_course(out, root)
    releases = {
        path.stem: nbformat.read(path, 4)
        for path in sorted((out / "lessons").glob("*/*.ipynb"))
    }
    # The way in and the glossary come back too, where a whole folder was zipped.
    handed_out = {p.name for p in (root / "lessons").rglob("*.*")}
    found = collect(returned, releases, handed_out - {f"{n}.ipynb" for n in releases})
    if not found:
        raise LessonError([f"{shown(returned)}: there is nothing in it"])
    graded = [each for each in found if each.notebook is not None]
    for each in graded:
        restore_checks(each, out)
    with tempfile.TemporaryDirectory(prefix="workspace-") as name:
        workspace = make_workspace(Path(name))
        walls = choose(sandbox, workspace, [out, source], shlex.split(run_as))
        print(SAYS.get(walls.kind, f"sandbox: {walls.kind}"), file=sys.stderr)
        work = functools.partial(
            run_returned, releases=releases, out=out, sandbox=walls, limits=limits
        )
        with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
            runs = pool.map(lambda each: safely(lambda: work(each)), graded)
            bar = tqdm(runs, total=len(graded), unit="notebook")
            for each, done in zip(graded, bar, strict=True):
                each.problem, left_out = (done, []) if isinstance(done, str) else done
                each.remarks += left_out
    for each in graded:
        if each.problem is None:
            each.problem = safely(functools.partial(autograde, each, out))
        if each.problem is None:
            each.remarks += doubts(each, out)
    keep_record(found, out / "returned.csv")
    return found


def doubts(each: Returned, out: Path) -> list[str]:
    """What a run says of a notebook: odd points, or not those that were saved."""
    ran = nbformat.read(run_file(out / "ran", each.student, each.lesson), 4)
    refused = [f"{LOOK}: {text}" for text in ran.metadata.get("refused", [])]
    now = {r.grade_id: r.points for r in results(ran)}
    differ = [
        f"{name} {saved:g} -> {now[name]:g}"
        for name, saved in each.saved.items()
        if saved != now.get(name, saved)
    ]
    if differ:
        refused.append(f"saved and graded points differ, look why: {', '.join(differ)}")
    return refused


def safely(work):
    """What `work` returns, or why it failed: one notebook never stops the batch."""
    try:
        return work()
    except Exception as error:
        return f"not graded: {type(error).__name__}: {error}".split("\n")[0][:200]


def keep_record(found: list[Returned], path: Path) -> None:
    """Write down what came back; files of an earlier call stay on record."""
    rows = [
        {
            "student": each.student,
            "lesson": each.lesson or "",
            "file": each.file,
            "platform": each.sender.platform if each.sender else "",
            "number": each.sender.number if each.sender else "",
            "late": "late" if each.sender and each.sender.late else "",
            "remarks": "; ".join(each.remarks),
            "problem": each.problem or "",
        }
        for each in found
    ]
    table = pd.DataFrame(rows)
    if path.is_file():
        before = read_sheet(path)
        table = pd.concat([before[~before.file.isin(table.file)], table])
    write_sheet(table.fillna(""), path)


def prepare_course(out: Path, root: Path) -> None:
    """Make ``out`` nbgrader's course folder, or see that it is this release's."""
    if set("*?[]") & set(str(out)):
        raise LessonError([f"{out}: nbgrader cannot bear *, ?, [ or ] in a path"])
    scripts = [script for script in find_scripts(root) if not is_way_in(script)]
    refuse_bad_lessons([Lesson(script, root) for script in scripts], answers=True)
    if (out / "gradebook.db").exists():
        for script in scripts:
            name = Path("lessons", script.stem, f"{script.stem}.ipynb")
            mine = out / name
            if not mine.is_file() or mine.read_bytes() != (root / name).read_bytes():
                raise LessonError(
                    [f"{shown(out)}: belongs to other lessons; name a new folder"]
                )
        return
    if out.exists() and any(out.iterdir()):
        raise LessonError(
            [f"{shown(out)}: holds something that is no course; name a new folder"]
        )
    out.mkdir(parents=True, exist_ok=True)
    out.chmod(0o700)  # solutions and marks are nobody else's business
    generate(out, scripts, answers=True)
    (out / "nbgrader_config.py").write_text(CONFIG)


def restore_checks(returned: Returned, out: Path) -> None:
    """Put the checks of the gradebook in: with the hidden tests, if there are any."""
    with Gradebook(f"sqlite:///{out}/gradebook.db") as gradebook:
        record = gradebook.find_notebook(returned.lesson, returned.lesson)
        sources = {c.name: c.source for c in record.source_cells if c.locked}
    for cell in returned.notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = sources.get(name, cell.source)


def autograde(returned: Returned, out: Path) -> str | None:
    """Let nbgrader take the points into its gradebook; why it can't, or None."""
    config = course_config(out)
    config.Autograde.autograde_preprocessors = [
        TakeOutputs,
        LimitOutput,
        SaveAutoGrades,
        CheckCellMetadata,
    ]
    config.TakeOutputs.folder = str(out / "ran")
    place = out / "submitted" / returned.student / returned.lesson
    place.mkdir(parents=True, exist_ok=True)
    nbformat.write(returned.notebook, place / f"{returned.lesson}.ipynb")
    for name in EXCHANGE_FILES:  # they lead the feedback back to its student
        if (file := returned.path.with_name(name)).is_file():
            shutil.copyfile(file, place / name)
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id = returned.lesson
    coursedir.student_id = returned.student
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own making
        done = capture_log(Autograde(coursedir=coursedir, config=config, force=True))
    if done["success"]:
        return None
    last = (done.get("error") or done.get("log") or "").strip().split("\n")[-1]
    return f"nbgrader cannot grade it: {last}"


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("returned", type=Path, help="a folder for each student")
    parser.add_argument("out", type=Path, nargs="?", default=ROOT / "grading/course")
    parser.add_argument(
        "--sandbox",
        default="auto",
        choices=("auto", *KINDS, "none"),
        help="what keeps student code from all else; auto: the first that works here",
    )
    parser.add_argument(
        "--run-as",
        default="",
        metavar="COMMAND",
        help="with --sandbox none, put before its program: 'sudo -n -u NAME'",
    )
    parser.add_argument(
        "--cell-seconds",
        type=int,
        default=180,
        help="of processor time, for a cell; one that only waits has ten times as long",
    )
    parser.add_argument("--minutes", type=float, default=120, help="for one notebook")
    parser.add_argument("--memory", type=float, default=4, help="in GB")
    parser.add_argument("--jobs", type=int, default=0, help="default: one for a core")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    limits = {
        "cell_seconds": args.cell_seconds,
        "seconds": args.minutes * 60,
        "memory": int(args.memory * 2**30),
    }
    try:
        how = (args.sandbox, args.run_as, args.jobs, args.root)
        grade(args.returned, args.out, limits, *how)
        print(write_report(args.out.absolute()))
    except (LessonError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
