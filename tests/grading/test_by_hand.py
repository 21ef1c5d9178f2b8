"""Free answers are marked by hand, in nbgrader's Formgrader; the report follows."""

import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbgrader.api import Gradebook

from tools.grading import grade, report
from tools.grading.returned import Returned
from tools.lessons import build as build_lessons

SCRIPT = '''# %% [markdown]
# # Lesson 9

# %%
from course.lesson1 import check

# %% grade_id="geometric_mean" role="solution"
def geometric_mean(y, y_hat, eps):
    """The geometric mean."""
    ### BEGIN SOLUTION
    return check.geometric_mean.reference(y, y_hat, eps)
    ### END SOLUTION

# %% grade_id="geometric_mean_check" points=2 role="test"
### BEGIN HIDDEN TESTS
assert geometric_mean.__doc__ == "The geometric mean."
### END HIDDEN TESTS
check.geometric_mean(geometric_mean)

# %% [markdown] grade_id="why" points=3 role="manual"
# Why is it negative?
#
# ### BEGIN SOLUTION
# Rare ages have larger errors.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# Three points for rarity.
# ### END MARK SCHEME
'''
LIMITS = {"cell_seconds": 100, "seconds": 3600, "memory": 4 * 2**30}


@pytest.fixture(scope="module")
def course(tmp_path_factory, shared_workspace):
    """(a small course, the folder of what was returned, the graded course folder)."""
    folder = tmp_path_factory.mktemp("by_hand")
    root = folder / "course"
    script = root / "solutions" / "09_demo" / "09_demo.py"
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT)
    assert build_lessons.main(["--root", str(root)]) == 0
    handed_out = nbformat.read(root / "lessons/09_demo/09_demo.ipynb", 4)
    answers = {"Ana": "Rare ages.", "Bo": "*Write your answer here.*"}
    for student, text in answers.items():
        mine = nbformat.from_dict(handed_out)
        mine.cells[-1].source = mine.cells[-1].source.replace(
            "*Write your answer here.*", text
        )
        if student == "Ana":
            mine.cells[2].source = (
                "import numpy as np\ndef geometric_mean(y, y_hat, eps):\n"
                '    """The geometric mean."""\n    error = np.maximum(abs(y - y_hat), '
                "eps)\n    return np.exp(np.log(error).mean())"
            )
        else:
            mine.cells[2].source = mine.cells[2].source.replace(
                "raise NotImplementedError", "return 0.0"
            )
        path = folder / "returned" / student / "09_demo.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(mine, path)
    out = folder / "graded"
    grade.grade(folder / "returned", out, LIMITS, root=root)
    report.write_report(out)
    return root, folder / "returned", out


def marks(out: Path) -> dict:
    table = pd.read_csv(out / "marks.csv").set_index("student")
    return table[["points", "of", "open"]].T.to_dict("list")


def test_a_free_answer_is_open_and_an_empty_one_is_not(course):
    assert marks(course[2]) == {"Ana": [2, 5, 3], "Bo": [0, 5, 0]}
    page = (course[2] / "report.html").read_text()
    assert "To mark by hand" in page and "Formgrader" in page


def test_the_folder_is_closed_to_other_users(course):
    assert course[2].stat().st_mode & 0o077 == 0


def test_marks_by_hand_come_into_the_sheet_and_stay(course, tmp_path):
    root, returned, out = course
    mine = tmp_path / "graded"
    shutil.copytree(out, mine)
    with Gradebook(f"sqlite:///{mine}/gradebook.db") as gradebook:
        answer = gradebook.find_grade("why", "09_demo", "09_demo", "Ana")
        answer.manual_score, answer.needs_manual_grade = 2.5, False
        gradebook.db.commit()
    report.write_report(mine)
    assert marks(mine)["Ana"] == [4.5, 5, 0]
    feedback = (mine / "feedback/Ana/09_demo/09_demo.html").read_text()
    assert "4.5" in feedback
    # Graded again, nbgrader asks for a second look and keeps the mark.
    grade.grade(returned, mine, LIMITS, root=root)
    report.write_report(mine)
    assert marks(mine)["Ana"] == [4.5, 5, 3]


def test_a_mark_of_a_check_can_be_overridden_and_stays(course, tmp_path):
    root, returned, out = course
    mine = tmp_path / "graded"
    shutil.copytree(out, mine)
    with Gradebook(f"sqlite:///{mine}/gradebook.db") as gradebook:
        name = "geometric_mean_check"
        check = gradebook.find_grade(name, "09_demo", "09_demo", "Bo")
        check.manual_score = 1.5
        gradebook.db.commit()
    report.write_report(mine)
    assert marks(mine) == {"Ana": [2, 5, 3], "Bo": [1.5, 5, 0]}
    exercises = pd.read_csv(mine / "exercises.csv").set_index(["student", "exercise"])
    assert exercises.points["Bo", "geometric_mean"] == 1.5
    page = (mine / "feedback/Bo/09_demo/09_demo.html").read_text()
    assert "1.5 of 2 points" in page
    # Graded again, nbgrader asks for a second look and keeps the mark.
    grade.grade(returned, mine, LIMITS, root=root)
    report.write_report(mine)
    assert marks(mine)["Bo"] == [1.5, 5, 2]


@pytest.mark.parametrize(
    ("saved", "remark"),
    [
        ({}, []),
        ({"geometric_mean_check": 2.0}, []),
        (
            {"geometric_mean_check": 1.5, "of_another_release_check": 2.0},
            ["saved and graded points differ, look why: geometric_mean_check 1.5 -> 2"],
        ),
    ],
)
def test_other_points_than_the_saved_ones_are_a_line_to_look_at(course, saved, remark):
    each = Returned("Ana", "Ana/09_demo.ipynb", "09_demo", saved=saved)
    assert grade.doubts(each, course[2]) == remark


def test_hidden_tests_are_run_although_nobody_saw_them(course):
    handed_out = (course[0] / "lessons/09_demo/09_demo.ipynb").read_text()
    ran = (course[2] / "ran/Ana/09_demo.ipynb").read_text()
    assert "__doc__" not in handed_out and "__doc__" in ran


def test_neither_folder_may_lie_in_the_other(course):
    _, returned, out = course
    for a, b in ((returned, returned / "out"), (out / "submitted", out)):
        with pytest.raises(grade.LessonError, match="neither may lie in the other"):
            grade.grade(a, b, LIMITS, root=course[0])


def test_another_release_needs_another_folder(course, tmp_path):
    root, returned, out = course
    other = tmp_path / "root"
    shutil.copytree(root, other)
    script = other / "solutions/09_demo/09_demo.py"
    script.write_text(SCRIPT.replace("# # Lesson 9", "# # Lesson nine"))
    with pytest.raises(grade.LessonError, match="stale"):
        grade.grade(returned, out, LIMITS, root=other)
    assert build_lessons.main(["--root", str(other)]) == 0
    with pytest.raises(grade.LessonError, match="belongs to other lessons"):
        grade.grade(returned, out, LIMITS, root=other)


@pytest.mark.parametrize("name", ["no folder", "empty", "odd[1]", "full"])
def test_what_cannot_be_graded_is_said_in_one_line(course, tmp_path, capsys, name):
    returned, out, root = tmp_path / "returned", tmp_path / "out", course[0]
    if name != "no folder":
        returned.mkdir()
    if name == "odd[1]":
        out = tmp_path / name
    if name == "full":
        out.mkdir()
        (out / "thesis.doc").write_text("x")
    status = grade.main([str(returned), str(out), "--root", str(root)])
    told = capsys.readouterr().err.strip()
    assert status == 1 and told and "\n" not in told
    if name == "full":
        assert [p.name for p in out.iterdir()] == ["thesis.doc"]


def test_one_notebook_that_breaks_the_grader_does_not_stop_the_others(
    course, tmp_path, monkeypatch
):
    root, returned, _ = course
    whole = grade.run_returned

    def breaks(each, **options):
        if each.student == "Bo":
            raise UnicodeError("half a character\nand more")
        return whole(each, **options)

    monkeypatch.setattr(grade, "run_returned", breaks)
    found = grade.grade(returned, tmp_path / "out", LIMITS, root=root)
    assert {e.student: e.problem for e in found} == {
        "Ana": None,
        "Bo": "not graded: UnicodeError: half a character",
    }
    report.write_report(tmp_path / "out")
    assert list(marks(tmp_path / "out")["Ana"]) == [2, 5, 3]


def test_a_report_on_nothing_says_so(tmp_path, capsys):
    assert report.main([str(tmp_path)]) == 1
    assert "nothing was graded there" in capsys.readouterr().err
