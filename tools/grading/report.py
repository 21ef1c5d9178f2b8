"""The mark sheet, the feedback and the report of a graded course folder.

    python -m tools.grading.report [OUT]        OUT: grading/course if not named

``grade.py`` does this at its end. Do it again when the free answers have their marks:
start JupyterLab in OUT, open Formgrader in the nbgrader menu, mark them, come back.

It writes into OUT

``marks.csv``       a row for each student and lesson: points, and what is still open
``exercises.csv``   a row for each student and exercise, with what the check said
``report.html``     what the class solved, the known mistakes by number, what to look at
``feedback/``       each notebook with its points and comments, to give back
"""

import argparse
import hashlib
import html
import importlib
import json
import sys
from collections import Counter
from pathlib import Path

import nbformat
import nbgrader
import pandas as pd
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import capture_log
from tqdm import tqdm
from traitlets.config import Config

from course.checks.results import results
from tools.lessons.cells import LessonError, shown
from tools.lessons.env import ROOT

STATES = ("solved", "partly", "wrong", "error", "not attempted", "by hand")
OTHER = "another mistake, which the check does not know by name"


def course_config(out: Path) -> Config:
    """What nbgrader has to know of a course folder."""
    config = Config()
    config.CourseDirectory.root = str(out)
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = "lessons"
    config.CourseDirectory.db_url = f"sqlite:///{out}/gradebook.db"
    return config


def write_report(out: Path) -> str:
    """Write all of it from the gradebook; a summary for the terminal."""
    if not (out / "gradebook.db").is_file():
        raise LessonError(
            [f"{shown(out)}: nothing was graded there; run `make grade` first"]
        )
    returned = pd.read_csv(out / "returned.csv", dtype=str, keep_default_na=False)
    exercises = exercise_table(out)
    marks = mark_sheet(exercises, returned)
    exercises.to_csv(out / "exercises.csv", index=False)
    marks.to_csv(out / "marks.csv", index=False)
    lost = write_feedback(out, exercises)
    (out / "report.html").write_text(page(exercises, marks, returned), encoding="utf-8")
    return summary(out, exercises, marks, returned, lost)


def exercise_table(out: Path) -> pd.DataFrame:
    """Student, lesson, exercise, number, points, of, open, state, message."""
    rows = []
    with Gradebook(f"sqlite:///{out}/gradebook.db") as gradebook:
        for lesson in sorted(a.name for a in gradebook.assignments):
            for submission in gradebook.assignment_submissions(lesson):
                rows += submission_rows(out, lesson, submission)
    names = "student lesson exercise number points of open state message".split()
    table = pd.DataFrame(rows, columns=names)
    # A check that failed says no number; the others of the class do.
    numbers = table.dropna(subset="number").groupby("exercise").number.first()
    table["number"] = table.number.fillna(table.exercise.map(numbers)).fillna("")
    return table.sort_values(["lesson", "student"], kind="stable", ignore_index=True)


def submission_rows(out: Path, lesson: str, submission) -> list[tuple]:
    student = submission.student.id
    notebook = nbformat.read(out / "ran" / student / f"{lesson}.ipynb", as_version=4)
    errors = {
        cell.metadata.nbgrader.grade_id: told
        for cell in notebook.cells
        if "nbgrader" in cell.metadata and (told := error_of(cell))
    }
    told = {result.grade_id: result for result in results(notebook)}
    grades = {grade.name: grade for grade in submission.notebooks[0].grades}
    rows = []
    for name, result in told.items():  # in the order of the lesson
        grade = grades[name]
        by_hand = result.state in ("answered", "empty")
        rows.append(
            (
                student,
                lesson,
                result.name,
                result.number,
                grade.score,
                grade.max_score,
                grade.max_score if grade.needs_manual_grade else 0,
                "by hand" if by_hand else result.state,
                result.message or errors.get(name, ""),
            )
        )
    return rows


def error_of(cell) -> str:
    """The error of a cell in a line."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            if output.ename == "KeyboardInterrupt":
                return "did not end in time"
            return f"{output.ename}: {output.evalue}".split("\n")[0][:200]
    return ""


def mark_sheet(exercises: pd.DataFrame, returned: pd.DataFrame) -> pd.DataFrame:
    """A row for each student and lesson; files that could not be graded, too."""
    who = ["student", "lesson"]
    sums = exercises.groupby(who, as_index=False)[["points", "of", "open"]].sum()
    said = returned.assign(remarks=returned.remarks + returned.problem)
    said = said[said.remarks != ""].groupby(who).remarks.agg("; ".join).reset_index()
    sheet = sums.merge(said, how="outer", on=who).fillna({"remarks": ""})
    return sheet.sort_values(who, ignore_index=True)


def known_causes(lesson: str) -> dict[str, list[str]]:
    """What the checks of a lesson say of wrong answers they know, by exercise."""
    try:
        checks = importlib.import_module(f"course.checks.lesson{int(lesson[:2])}")
    except (ImportError, ValueError):
        return {}
    found = (getattr(checks, name) for name in checks.__all__)
    return {each.name: [wrong.cause for wrong in each.wrong] for each in found}


def mistakes(lesson: str, exercises: pd.DataFrame) -> dict[str, Counter]:
    """How many students made which mistake, by exercise, the most frequent first."""
    causes = known_causes(lesson)
    found = {}
    failed = exercises[exercises.state.isin(["partly", "wrong", "error"])]
    for name, group in failed.groupby("exercise", sort=False):
        known = causes.get(name, [])
        found[name] = Counter(
            text if text in known or state == "error" else OTHER
            for text, state in zip(group.message, group.state, strict=True)
        )
    return found


def solved_table(exercises: pd.DataFrame) -> pd.DataFrame:
    """A row for each exercise: how many students are in which state, mean points."""
    order = ["number", "exercise"]
    counts = (
        exercises.groupby([*order, "state"], sort=False).size().unstack(fill_value=0)
    )
    counts = counts.reindex(columns=STATES, fill_value=0)
    points = exercises.groupby(order, sort=False).agg({"points": "mean", "of": "first"})
    points["points"] = points.points.round(2)
    table = counts.join(points.rename(columns={"points": "mean points"}))
    return table.reset_index()


def write_feedback(out: Path, exercises: pd.DataFrame) -> list[str]:
    """Each notebook as HTML with its points and comments; what could not be made.

    A page is made again when something on it has changed; ``feedback.json`` remembers.
    """
    config, memory = course_config(out), out / "feedback.json"
    made = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
    now = {}
    for student, lesson in exercises.groupby(["student", "lesson"]).groups:
        page = f"feedback/{student}/{lesson}/{lesson}.html"
        now[page] = content_digest(out, student, lesson)
    changed = [p for p in now if made.get(p) != now[p] or not (out / p).is_file()]
    for page in changed:
        (out / page).unlink(missing_ok=True)
    with tqdm(total=len(changed), desc="feedback", unit="notebook") as bar:
        maker = Feedback(
            coursedir=CourseDirectory(config=config),
            config=config,
            force=True,
            post_convert_hook=lambda **_: bar.update(),
        )
        maker.pages = changed
        if changed:
            capture_log(maker)
    lost = [page for page in now if not (out / page).is_file()]
    made |= {page: digest for page, digest in now.items() if page not in lost}
    memory.write_text(json.dumps(made, indent=0, ensure_ascii=False), "utf-8")
    return [f"{page}: nbgrader makes no feedback" for page in lost]


class Feedback(GenerateFeedback):
    """nbgrader's feedback for chosen pages; its template is read once for all."""

    pages = ()

    def init_notebooks(self):
        for page in self.pages:
            source = Path(self.coursedir.root, "autograded", *Path(page).parts[1:-1])
            self.assignments[str(source)] = [str(source / f"{source.name}.ipynb")]


def content_digest(out: Path, student: str, lesson: str) -> str:
    """What tells one state of a notebook with its points and comments from another."""
    path = out / "autograded" / student / lesson / f"{lesson}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    ids = {"student": student, "assignment": lesson, "notebook": lesson}
    ids["db_url"] = f"sqlite:///{out}/gradebook.db"
    notebook, resources = GetGrades().preprocess(notebook, {"nbgrader": ids})
    content = json.dumps([notebook, resources, nbgrader.__version__], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


STYLE = """body { font-family: sans-serif; max-width: 70em; margin: 2em auto; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .2em .7em; text-align: left; border-bottom: 1px solid #ccc; }
td { vertical-align: top; } h2 { margin-top: 2em; } li { margin: .3em 0; }"""


def page(exercises: pd.DataFrame, marks: pd.DataFrame, returned: pd.DataFrame) -> str:
    """The report: first what to talk about, then the marks, then what to look at."""
    parts = [f"<style>{STYLE}</style>", "<h1>Report on the returned notebooks</h1>"]
    for lesson, mine in exercises.groupby("lesson"):
        students = mine.student.nunique()
        parts.append(f"<h2>{html.escape(lesson)}: {students} students</h2>")
        parts.append(as_html(solved_table(mine)))
        parts.append("<h3>What to talk about</h3>")
        for name, counts in mistakes(lesson, mine).items():
            number = mine[mine.exercise == name].number.iloc[0]
            parts.append(f"<p><b>{html.escape(f'{number} {name}')}</b></p><ul>")
            parts += [
                f"<li>{n} &times; {html.escape(text)}</li>"
                for text, n in counts.most_common()
            ]
            parts.append("</ul>")
    by_hand = exercises[exercises.open > 0]
    if len(by_hand):
        parts.append(
            "<h2>To mark by hand</h2><p>Start JupyterLab in this folder and open "
            "Formgrader in the nbgrader menu; then run report.py again.</p>"
        )
        parts.append(as_html(by_hand[["student", "lesson", "exercise", "open"]]))
    parts += ["<h2>Marks</h2>", as_html(marks)]
    lost = returned[returned.problem != ""]
    if len(lost):
        parts += ["<h2>Not graded</h2>", as_html(lost[["file", "problem"]])]
    title = "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>Report</title>"
    return "\n".join([title, *parts, "</html>"])


def as_html(table: pd.DataFrame) -> str:
    with pd.option_context("display.max_colwidth", None):
        return table.to_html(index=False, border=0, na_rep="")


def summary(out, exercises, marks, returned, lost) -> str:
    """What a terminal shows."""
    lines = []
    for lesson, mine in exercises.groupby("lesson"):
        lines.append(f"{lesson}: {mine.student.nunique()} students")
        checked = mine[mine.state != "by hand"]
        for row in solved_table(checked).itertuples(index=False):
            lines.append(f"  {row.number:4} {row.exercise:24} {row.solved:3} solved")
        for name, counts in mistakes(lesson, mine).items():
            text, n = counts.most_common(1)[0]
            lines.append(f"  {name}, {n} of them: {text}")
    problems = returned[returned.problem != ""]
    lines += [f"not graded: {r.file}: {r.problem}" for r in problems.itertuples()]
    looks = returned[returned.remarks.str.contains("LOOK AT IT")]
    lines += [f"{r.file}: {r.remarks}" for r in looks.itertuples()]
    lines += lost
    if marks.open.sum():
        lines.append(
            f"{marks.open.sum():g} points are to be given by hand, in Formgrader"
        )
    lines.append(
        f"wrote marks.csv, exercises.csv, report.html, feedback/ in {shown(out)}"
    )
    return "\n".join(lines)


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, nargs="?", default=ROOT / "grading/course")
    args = parser.parse_args(argv)
    try:
        print(write_report(args.out.absolute()))
    except (LessonError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
