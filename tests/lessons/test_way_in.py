"""The way in says what is true of the lessons, and fits on a few pages."""

import re

import numpy as np
import pytest

from course import first_look, start
from course.records.read import load_runs
from dirlib.datasets.faces import faces
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
    total = re.search(r"core, together\*\* \| \*\*(\d+)\*\*", cells[0].source)[1]
    exercises = sum(cell.role in ("solution", "manual") for cell in cells)
    points = sum(cell.points or 0 for cell in cells)
    link = f"../{lesson.stem}/{lesson.stem}.ipynb"
    wanted = (title, link, str(exercises), total, str(points))
    assert wanted in re.findall(ROW, TEXT, re.MULTILINE)
    assert start.LESSONS[lesson.stem] == title.split(" · ")[1]


def test_the_first_faces_have_the_middle_guess_of_their_age():
    labels = np.array([1, 1, 1, 2, 2, 0])
    guesses = np.array([5.0, 9.0, 7.0, 3.0, 4.0, 8.0])
    chosen = first_look.typical_samples(labels, guesses, (0, 1, 2))
    assert chosen.tolist() == [5, 2, 4]


def test_the_first_figure_shows_the_recorded_guesses():
    runs = load_runs("faces")
    fig = start.guessed_faces("vanilla", "sqinv+lds+fds")
    texts = [text.get_text() for text in fig.axes[0].texts]
    assert len(fig.axes[0].images) == len(first_look.SHOWN)
    for age in first_look.SHOWN:
        assert str(age) in texts
    vanilla = runs.predictions("vanilla")[0]
    chosen = first_look.typical_samples(runs.y, vanilla, first_look.SHOWN)
    for sample in chosen:
        assert f"{vanilla[sample]:.0f}" in texts


def test_the_recorded_guesses_are_of_the_faces_that_are_shown():
    labels = faces("test", progress=False).labels
    np.testing.assert_array_equal(load_runs("faces").y, labels)


def claims(y, vanilla, remedy):
    """What the text says of the faces: each a truth value."""

    def error(guesses, low, high):
        inside = (low <= y) & (y <= high)
        return np.abs(guesses - y)[inside].mean()

    def mean(low, high):
        return vanilla[(low <= y) & (y <= high)].mean()

    return {
        "babies become schoolchildren": 5 < mean(0, 2) < 14,
        "schoolchildren become young adults": 16 < mean(10, 14) < 30,
        "people of 80 and 90 lose decades": 45 < mean(80, 90) < 70,
        "the old gain about a quarter": 0.15
        < 1 - error(remedy, 80, 100) / error(vanilla, 80, 100)
        < 0.4,
        "their error stays large": error(remedy, 80, 100) > 15,
        "children gain about two years": 1
        < error(vanilla, 0, 10) - error(remedy, 0, 10)
        < 3.2,
        "the middle pays a little": 0
        < error(remedy, 25, 60) - error(vanilla, 25, 60)
        < 4,
    }


def test_what_the_text_says_of_the_faces_is_recorded():
    runs = load_runs("faces")
    methods = [runs.predictions(m) for m in ("vanilla", "sqinv+lds+fds")]
    for seed, guesses in enumerate(zip(*methods, strict=True)):
        wrong = [name for name, holds in claims(runs.y, *guesses).items() if not holds]
        assert not wrong, f"seed {seed}: {wrong}"
    shuffled = np.random.default_rng(0).permutation(runs.y)
    held = claims(shuffled, *(rows[0] for rows in methods)).values()
    assert sum(held) < 4, "these claims hold of any ages"


def test_its_table_and_the_progress_name_every_lesson():
    folders = (ROOT / "solutions").glob("[0-9][0-9]_*")
    lessons = sorted(f.name for f in folders if not f.name.startswith("00_"))
    assert list(start.LESSONS) == lessons
    assert len(re.findall(ROW, TEXT, re.MULTILINE)) == len(lessons)
