"""The marks as sheets: for a teacher, and for Canvas and Moodle to read in.

No text in a sheet can become a formula: who names an exception ``=HYPERLINK(...)``
gets it back with a ``'`` before it, in each cell where a spreadsheet would run it.
"""

import re
from pathlib import Path

import pandas as pd

LIVE = re.compile(r"(^|[;\t\n])(\s*[\"']?\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
DEAD = re.compile(r"(^|[;\t\n])(\s*[\"']?\s*)'(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def write_sheet(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV in which no text is a formula."""

    def calm(value):
        if not isinstance(value, str):
            return value
        return LIVE.sub(r"\1\2'", value.replace("\r", " "))

    table.apply(lambda column: column.map(calm)).to_csv(path, index=False)


def read_sheet(path: Path) -> pd.DataFrame:
    """The texts that `write_sheet` was given."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table.apply(lambda c: c.map(lambda v: DEAD.sub(r"\1\2", v)))


def student_sheet(marks: pd.DataFrame, returned: pd.DataFrame) -> pd.DataFrame:
    """A row for each student: a column for each lesson, the sum, what is open, late."""
    graded = marks[marks.lesson != ""]
    sheet = graded.pivot_table(
        index="student", columns="lesson", values="points", aggfunc="sum", min_count=1
    )
    sheet["points"] = sheet.sum(axis=1)
    sums = graded.groupby("student")[["of", "open"]].sum()
    sheet = sheet.join(sums)
    late = returned[returned.late != ""].groupby("student").lesson.agg(", ".join)
    sheet["late"] = late.reindex(sheet.index).fillna("")
    everyone = sorted(set(marks.student) | set(returned.student))
    sheet = sheet.reindex(everyone)
    sheet["late"] = sheet.late.fillna("")
    return sheet.rename_axis(index="student", columns=None).reset_index()


def write_sheets(out: Path, marks, exercises, returned) -> list[str]:
    """Write all sheets into ``out``; their names."""
    sheets = {
        "marks.csv": marks,
        "exercises.csv": exercises,
        "students.csv": student_sheet(marks, returned),
    }
    known = returned[returned.number != ""].drop_duplicates("student")
    points = marks[marks.points.notna()].pivot_table(
        index="student", columns="lesson", values="points", aggfunc="sum"
    )
    for platform, make in (("canvas", canvas_sheet), ("moodle", moodle_sheets)):
        people = known[known.platform == platform].set_index("student").number
        mine = points.loc[points.index.intersection(people.index)]
        if len(mine):
            sheets |= make(mine, people)
    for name, table in sheets.items():
        write_sheet(table, out / name)
    return list(sheets)


def canvas_sheet(points: pd.DataFrame, numbers: pd.Series) -> dict:
    """Canvas' gradebook: it matches students by ID, and asks for a new column."""
    table = points.rename_axis(columns=None).reset_index()
    table = table.rename(columns={"student": "Student"})
    table.insert(1, "ID", [numbers[name] for name in points.index])
    for place, name in enumerate(("SIS User ID", "SIS Login ID", "Section"), 2):
        table.insert(place, name, "")
    return {"canvas.csv": table}


def moodle_sheets(points: pd.DataFrame, numbers: pd.Series) -> dict:
    """Moodle's grading worksheet, one for each lesson: it matches by Identifier."""
    sheets = {}
    for lesson in points.columns:
        mine = points[lesson].dropna()
        sheets[f"moodle-{lesson}.csv"] = pd.DataFrame(
            {
                "Identifier": [f"Participant {numbers[name]}" for name in mine.index],
                "Full name": [
                    name.removesuffix(f" {numbers[name]}") for name in mine.index
                ],
                "Grade": mine.to_numpy(),
            }
        )
    return sheets
