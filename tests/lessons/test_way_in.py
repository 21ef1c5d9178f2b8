"""The way in says what is true of the lessons, and fits on a few pages."""

import re

import pytest

from course import start
from tools.lessons.env import ROOT
from tools.lessons.rules import is_way_in
from tools.lessons.script import read_script

SCRIPT = ROOT / "solutions" / "00_start" / "00_start.py"
CELLS = read_script(SCRIPT)
TEXT = "\n".join(cell.source for cell in CELLS if cell.kind == "markdown")
ROW = r"^\| \[(.+?)\]\((.+?)\) \| .+ \| (\d+) \| (\d+) \| (\d+) \|$"


def test_it_is_short():
    assert is_way_in(SCRIPT)
    assert len(CELLS) <= 12


def test_it_has_no_minutes_of_its_own():
    assert "| part | minutes |" not in TEXT


@pytest.mark.usefixtures("not_the_way_in")
def test_its_table_says_what_a_lesson_has(lesson):
    cells = read_script(lesson)
    title = re.match(r"# Lesson (\d · .+)", cells[0].source)[1]
    total = re.search(r"\| \*\*together\*\* \| \*\*(\d+)\*\*", cells[0].source)[1]
    exercises = sum(cell.role in ("solution", "manual") for cell in cells)
    points = sum(cell.points or 0 for cell in cells)
    link = f"../{lesson.stem}/{lesson.stem}.ipynb"
    wanted = (title, link, str(exercises), total, str(points))
    assert wanted in re.findall(ROW, TEXT, re.MULTILINE)
    assert start.LESSONS[lesson.stem] == title.split(" · ")[1]


def test_its_table_and_the_progress_name_every_lesson():
    folders = (ROOT / "solutions").glob("[0-9][0-9]_*")
    lessons = sorted(f.name for f in folders if not f.name.startswith("00_"))
    assert list(start.LESSONS) == lessons
    assert len(re.findall(ROW, TEXT, re.MULTILINE)) == len(lessons)
