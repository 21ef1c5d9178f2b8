"""The class of sixty as it is handed in; ``class_of_60.py`` grades it, on its own."""

import json

import nbformat
import pytest
from sixty import FIRST_ATTEMPT, FULL, LESSON, hand_in, read_release, students

from course.checks import lesson3
from tools.grading.returned import collect
from tools.grading.signs import LOOK
from tools.lessons.env import ROOT

PATH = ROOT / "lessons" / LESSON / f"{LESSON}.ipynb"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return students(read_release(PATH), tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def found(made, tmp_path_factory):
    """What is found of it, by student."""
    folder = tmp_path_factory.mktemp("returned")
    try:
        hand_in(made, folder)
    except OSError:  # macOS refuses a name that is no UTF-8
        pytest.skip("this system has no names of any bytes")
    (folder / FIRST_ATTEMPT).write_text(json.dumps(read_release(PATH)))
    releases = {LESSON: nbformat.read(PATH, 4)}
    all_found = collect(folder, releases)
    older = [each for each in all_found if each.file == FIRST_ATTEMPT]
    assert "was saved later" in older[0].problem
    return {each.student: each for each in all_found if each not in older}


def test_sixty_students_with_the_exercises_of_the_lesson(made):
    assert len({student.name for student in made}) == len(made) == 60
    assert FULL == {name: getattr(lesson3, name).points for name in lesson3.__all__}
    assert sum(student.look for student in made) == 6


def test_each_name_is_that_of_one_student(made, found):
    assert set(found) == {student.name for student in made}
    lost = [name for name, each in found.items() if each.notebook is None]
    assert lost == ["Merge Conflict"]


def test_who_cheats_is_named_and_who_is_honest_is_not(made, found):
    for student in made:
        said = "; ".join(found[student.name].remarks)
        assert (LOOK in said) == student.look, (student.name, said)
