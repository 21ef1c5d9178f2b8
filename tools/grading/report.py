"""The mark sheet, the feedback and the report of a graded course folder.

    python -m tools.grading.report [OUT]        OUT: grading/course if not named

``grade.py`` does this at its end. Do it again when the free answers have their marks:
start JupyterLab in OUT, open Formgrader in the nbgrader menu, mark them, come back.

It writes into OUT

``marks.csv``       a row for each student and lesson: points, and what is still open
``students.csv``    a row for each student, with a column for each lesson
``exercises.csv``   a row for each student and exercise, with what the check said
``canvas.csv``, ``moodle-LESSON.csv``   to import, where the files came from there
``report.html``     what the class solved, the known mistakes by number, what to look at
``feedback/``       each notebook with its points and comments, to give back
"""

import argparse
import sys
from pathlib import Path

import nbformat
import pandas as pd
from nbgrader.api import Gradebook
from traitlets.config import Config

from course.checks.results import results
from tools.grading.feedback import write_feedback
from tools.grading.report_page import mistakes, page, solved_table
from tools.grading.sheets import read_sheet, write_sheets
from tools.grading.signs import LOOK, alike, answers_of
from tools.lessons.cells import LessonError, shown
from tools.lessons.env import ROOT


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
    returned = read_sheet(out / "returned.csv")
    exercises = exercise_table(out)
    marks = mark_sheet(exercises, returned)
    sheets = write_sheets(out, marks, exercises, returned)
    lost = write_feedback(out, exercises)
    text = page(exercises, marks, returned, same_code(out, exercises))
    (out / "report.html").write_text(text, encoding="utf-8")
    return summary(out, exercises, marks, returned, [*lost, *told(sheets, out)])


def told(sheets: list[str], out: Path) -> list[str]:
    return [f"wrote {', '.join(sheets)}, report.html, feedback/ in {shown(out)}"]


def same_code(out: Path, exercises: pd.DataFrame) -> dict[str, list]:
    """By lesson, whose answers are alike: a hint, see `signs.alike`."""
    found = {}
    for lesson, mine in exercises.groupby("lesson"):
        answers = {
            student: answers_of(read_run(out, student, lesson))
            for student in mine.student.unique()
        }
        found[lesson] = alike(answers)
    return found


def read_run(out: Path, student: str, lesson: str):
    """A notebook that was run: of our own making, so nobody has to validate it."""
    text = (out / "ran" / student / f"{lesson}.ipynb").read_text(encoding="utf-8")
    return nbformat.v4.reads_json(text)


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
    notebook = read_run(out, student, lesson)
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
    looks = returned[returned.remarks.str.contains(LOOK)]
    lines += [f"{r.file}: {r.remarks}" for r in looks.itertuples()]
    if marks.open.sum():
        lines.append(
            f"{marks.open.sum():g} points are to be given by hand, in Formgrader"
        )
    return "\n".join([*lines, *lost])


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
