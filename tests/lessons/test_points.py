"""nbgrader reads the points that a check says: full, part and none."""

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbgrader.utils import determine_grade

from course.checks.exercise import Exercise, Part
from tools.lessons.env import ROOT


def graded_cells(lesson):
    nb = nbformat.read(
        ROOT / "solutions" / lesson.stem / f"{lesson.stem}.ipynb", as_version=4
    )
    return [c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade")]


@pytest.mark.usefixtures("not_the_way_in")
def test_a_solution_earns_every_point(lesson):
    cells = graded_cells(lesson)
    assert cells
    for cell in cells:
        points = cell.metadata.nbgrader.points
        # A free answer has no grade before somebody has read it.
        by_hand = cell.metadata.nbgrader.solution
        assert determine_grade(cell) == (None if by_hand else points, points), cell.id


DOUBLE = Exercise(
    "9.9",
    "double",
    lambda x: 2 * x,
    parts=[Part("small", 1, [(1.0,)]), Part("large", 2, [(100.0,)])],
)


def unsolved(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        (lambda x: 2 * x, 3),
        (lambda x: min(2 * x, 10.0), 1),
        (lambda x: x + 99.0, 0),
        (unsolved, 0),
    ],
)
def test_nbgrader_gives_what_the_check_says(answer, points, capsys):
    shell = InteractiveShell.instance()
    data, metadata = shell.display_formatter.format(DOUBLE(answer))
    output = nbformat.v4.new_output(
        "execute_result", data=data, metadata=metadata, execution_count=1
    )
    cell = nbformat.v4.new_code_cell("check.double(double)", outputs=[output])
    cell.metadata["nbgrader"] = {
        "grade": True,
        "solution": False,
        "points": 3,
        "grade_id": "double_check",
        "locked": True,
        "schema_version": 3,
        "task": False,
    }
    assert determine_grade(cell) == (points, 3)
    assert data["text/html"] == f"<b>{points} of 3 points</b>"
