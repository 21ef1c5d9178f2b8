"""A class of thirty: released, returned, graded and reported by three commands."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from class_of_30 import EXERCISES, LESSON, WRONG, hand_in, of_the_first_version

from tools.lessons.env import ROOT


def command(name: str, *args) -> str:
    """Run a tool as an instructor does; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", f"tools.grading.{name}", *map(str, args)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "Warning" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def graded(tmp_path_factory, sandbox):
    """(students, the course folder, what the command said), after all is graded."""
    folder = tmp_path_factory.mktemp("class")
    command("release", folder / "handout", "--lessons", LESSON)
    students = hand_in(folder / "handout", folder / "returned")
    course = folder / "course"
    # No cell of this lesson takes a processor for more than a few seconds.
    limits = ("--cell-seconds", 20, "--sandbox", sandbox)
    said = command("grade", folder / "returned", course, *limits)
    return students, course, said


@pytest.fixture(scope="module")
def later(graded, sandbox):
    """(whose notebooks ran and whose pages were made, marks) of a second grading.

    It gets one notebook once more, one that is late, and one of the first version.
    """
    students, course, _ = graded
    before = {p: p.stat().st_mtime_ns for p in written(course)}
    source = course.parent / "returned" / students[0].name / students[0].file
    answer = source.read_bytes()
    first_version = json.dumps(of_the_first_version(json.loads(answer))).encode()
    late = course.parent / "late"
    for name, content in (
        (students[0].name, answer),
        ("Late One", answer),
        ("First Version", first_version),
    ):
        (late / name).mkdir(parents=True)
        (late / name / f"{LESSON}.ipynb").write_bytes(content)
    command("grade", late, course, "--cell-seconds", 20, "--sandbox", sandbox)
    who = {"ran": set(), "feedback": set()}
    for path in written(course):
        if path.stat().st_mtime_ns != before.get(path):
            folder, student, *_ = path.relative_to(course).parts
            who[folder].add(student)
    return who, pd.read_csv(course / "marks.csv").set_index("student")


def written(course) -> list:
    """The notebooks that ran, and the pages of feedback."""
    return [*(course / "ran").rglob("*.ipynb"), *(course / "feedback").rglob("*.html")]


@pytest.fixture(scope="module")
def marks(graded):
    return pd.read_csv(graded[1] / "marks.csv").set_index("student")


@pytest.fixture(scope="module")
def exercises(graded):
    table = pd.read_csv(graded[1] / "exercises.csv", keep_default_na=False)
    return table.set_index(["student", "exercise"])


def test_thirty_of_thirty_get_the_marks_they_should(graded, marks):
    students = graded[0]
    assert len(students) == 30
    wanted = {s.name: s.total for s in students}
    got = marks.points.astype(object).where(marks.points.notna(), None).to_dict()
    assert got == wanted
    assert (marks.of.dropna() == 2 * len(EXERCISES)).all()


def test_each_exercise_has_the_points_that_it_earned(graded, exercises):
    for student in graded[0]:
        if student.total is not None:
            got = {name: exercises.points[student.name, name] for name in EXERCISES}
            wanted = {name: student.points.get(name, 2) for name in EXERCISES}
            assert got == wanted, student.name


def test_the_report_says_which_mistake_was_made(graded, exercises):
    for student in graded[0]:
        for name, text in student.says.items():
            assert exercises.message[student.name, name].startswith(text), student.name


def test_the_report_says_what_is_odd_about_a_notebook(graded, marks):
    for student in graded[0]:
        said = marks.remarks.fillna("")[student.name]
        assert student.remark in said
        if not student.remark and student.name.startswith(("Learner", "Ada")):
            assert said == "", student.name


def test_mistakes_are_counted_over_the_class(graded):
    page = (graded[1] / "report.html").read_text(encoding="utf-8")
    shared = [name for name in WRONG if page.count(f"2 &times; {WRONG[name][3]}")]
    made_twice = {"threshold", "negative start", "nan", "product", "no width"}
    assert set(shared) == made_twice
    assert "张伟" in page and "not a Jupyter notebook" in page


def test_each_notebook_has_its_feedback(graded):
    students, course, _ = graded
    for student in students:
        page = course / "feedback" / student.name / LESSON / f"{LESSON}.html"
        assert page.exists() == (student.total is not None)
        if page.exists():
            assert "Exercise 1.1" in page.read_text(encoding="utf-8")


def test_who_touches_the_checks_is_named(graded):
    looks = [line for line in graded[2].split("\n") if "LOOK AT IT" in line]
    assert len(looks) == 1 and looks[0].startswith("Edited Checks/")


def test_one_who_is_late_is_graded_and_nothing_is_made_twice(marks, later):
    who, sheet = later
    assert who == dict.fromkeys(("ran", "feedback"), {"Late One", "First Version"})
    assert sheet.points["Late One"] == 12
    others = sheet.points.drop(["Late One", "First Version"])
    pd.testing.assert_series_equal(others, marks.points)


def test_a_lesson_handed_out_before_the_move_gets_full_marks(later):
    sheet = later[1]
    assert sheet.points["First Version"] == 12
    assert sheet.remarks["First Version"] == (
        "from the course's first version: its imports are replaced"
    )


def test_the_report_alone_gives_the_same_marks(graded):
    course = graded[1]
    sheet = (course / "marks.csv").read_bytes()
    (course / "marks.csv").unlink()
    command("report", course)
    assert (course / "marks.csv").read_bytes() == sheet
