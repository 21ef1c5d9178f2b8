"""Honest work gets its marks, in whatever style it comes back."""

import contextlib
import copy
import io
import json
import random

import nbformat
import pytest
from class_of_30 import EXERCISES, LESSON, RIGHT, answered, cell, code
from IPython.core.inputtransformer2 import TransformerManager
from styles import STYLES, in_style

from course.checks.verdict import MIME
from tools.grading.homes import lesson_of
from tools.grading.in_order import put_in_order, saved_points
from tools.grading.reading import read_cells
from tools.grading.signs import signs
from tools.grading.workspace import binding
from tools.lessons.env import ROOT


@pytest.fixture(scope="module")
def release():
    """Lesson 1 without its figures: what is graded, and the imports."""
    path = ROOT / "lessons" / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(path, 4)
    for each in notebook.cells:
        plain = each.cell_type == "code" and "nbgrader" not in each.metadata
        if plain and "from course.lesson" not in each.source:
            each.source = f"# {each.id}"
    return notebook


class Shell:
    """Of IPython what notebooks of these tests use."""

    def __init__(self, names):
        self.names = names

    def run_cell_magic(self, _name, _line, body):
        exec(body, self.names)

    def __getattr__(self, _name):
        return lambda *_: None


def points_of(notebook) -> float:
    """Run the cells here, for they are our own, and add up what the checks give."""
    names, total = {}, 0.0
    names["get_ipython"] = lambda: Shell(names)
    again = binding(notebook)
    for each in notebook.cells:
        if each.cell_type != "code":
            continue
        source = TransformerManager().transform_cell(each.source)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
            if each.metadata.get("nbgrader", {}).get("grade"):
                exec(again, names)
                total += eval(source, names)
            else:
                exec(source, names)
    return total


def read(notebook: dict, folder):
    path = folder / "notebook.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return read_cells(path)[0]


@pytest.mark.parametrize("style", STYLES)
def test_right_answers_have_full_marks_in_every_style(style, release, tmp_path):
    cells = read(in_style(style, release), tmp_path)
    assert lesson_of(cells, "homework.ipynb", {"x": release, LESSON: release}) == "x"
    notebook, said = put_in_order(cells, release)
    assert points_of(notebook) == 12
    assert signs(cells, release) == [], "honest work is not suspected"
    assert not [text for text in said if "deleted" in text and "_check" not in text]
    nbformat.validate(notebook)
    again, _ = put_in_order(read(notebook, tmp_path), release)
    assert points_of(again) == 12


@pytest.mark.parametrize("seed", range(4))
def test_styles_add_up(seed, release, tmp_path):
    """Two things at once that editors and students do to one notebook."""
    harmless = [
        *(
            "metadata_stripped",
            "new_ids",
            "shuffled",
            "checks_deleted",
            "notes_everywhere",
        ),
        *("other_line_ends", "reversed_order", "more_imports"),
    ]
    first = random.Random(seed).choice(list(STYLES))
    then = random.Random(seed).choice(harmless)
    notebook = in_style(first, release)
    if all("id" in each for each in notebook["cells"]):
        names = [c["metadata"].get("nbgrader", {}) for c in notebook["cells"]]
        if then != "checks_deleted" or any(n.get("locked") for n in names):
            with contextlib.suppress(StopIteration):  # its check cells are gone already
                STYLES[then](notebook, release)
    made, _ = put_in_order(read(notebook, tmp_path), release)
    assert points_of(made) == 12, (first, then)


def test_what_is_missing_earns_nothing(release, tmp_path):
    half = answered(release, EXERCISES[:3])
    cells = read(half, tmp_path)
    assert points_of(put_in_order(cells, release)[0]) == 6
    gone = [cell(half, name) for name in EXERCISES[:2]]
    half["cells"] = [c for c in half["cells"] if c not in gone]
    notebook, said = put_in_order(read(half, tmp_path), release)
    assert points_of(notebook) == 2
    assert "deleted, and put back: bin_index, region_of" in said


def test_where_an_answer_was_taken_from_is_said(release, tmp_path):
    cells = read(in_style("all_in_the_import_cell", release), tmp_path)
    said = put_in_order(cells, release)[1]
    assert f"answered in another cell: {', '.join(sorted(EXERCISES))}" in said


def test_a_free_answer_in_a_cell_behind_its_question_is_one(tmp_path):
    question = "### Why?\n\nSay it in two sentences.\n\n*Write your answer here.*"
    mark = {"grade": True, "solution": True, "grade_id": "why", "points": 2}
    asked = nbformat.v4.new_markdown_cell(question, metadata={"nbgrader": mark})
    release = nbformat.v4.new_notebook(cells=[asked, nbformat.v4.new_code_cell("1")])
    answer = {"cell_type": "markdown", "metadata": {}, "source": "Because <b>so</b>."}
    own = copy.deepcopy(release)
    own.cells.insert(1, nbformat.from_dict({**answer, "id": "a"}))
    stripped = copy.deepcopy(release)
    stripped.cells[0].metadata = {}
    stripped.cells[0].id = "b"
    stripped.cells[0].source = question.replace("*Write your answer here.*", "Because.")
    for notebook, text in ((own, "Because < b>so< /b>."), (stripped, "Because.")):
        made, _ = put_in_order(read(notebook, tmp_path), release)
        assert made.cells[0].source.startswith("### Why?")
        assert text in made.cells[0].source
        assert "Write your answer" not in made.cells[0].source
    untouched, _ = put_in_order(read(release, tmp_path), release)
    assert untouched.cells[0].source == question


def test_the_points_that_a_notebook_shows_are_read(release, tmp_path):
    notebook = in_style("metadata_and_ids_stripped", release)
    bundle = {
        **{"version": 1, "points": 1, "number": "1.1", "name": "bin_index", "full": 2},
        "parts": [
            {"title": "one", "points": 1, "earned": True},
            {"title": "two", "points": 1, "earned": False},
        ],
        **{"attempted": True, "cause": "rounding"},
    }
    for each in notebook["cells"]:
        if each["source"].startswith("check.bin_index("):
            data = {"text/plain": "1.0", MIME: bundle}
            each["outputs"] = [
                {"output_type": "execute_result", "data": data, "metadata": {}}
            ]
        if each["source"].startswith("check.region_of("):
            each["outputs"] = [{"output_type": "execute_result", "data": {}}]
    assert saved_points(read(notebook, tmp_path), release) == {"bin_index_check": 1}


def test_a_stub_left_behind_does_not_overwrite_the_answer(release, tmp_path):
    """Of two answers the last one counts, and a stub is none."""
    notebook = answered(release, ())
    wrong = "def bin_index(labels, start, width):\n    return labels"
    end = [code(wrong), code(RIGHT["bin_index"])]
    notebook["cells"] += end
    made, _ = put_in_order(read(notebook, tmp_path), release)
    assert points_of(made) == 2
