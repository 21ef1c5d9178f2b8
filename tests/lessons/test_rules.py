"""The rules every lesson keeps, beyond what the builder refuses."""

import itertools
import re

import nbformat
import pytest

from tools.lessons.cells import without_region
from tools.lessons.env import ROOT
from tools.lessons.rules import MARKER_WORDS
from tools.lessons.run import NOTEBOOK_METADATA
from tools.lessons.script import read_script

MOST_CELLS = 72  # of the core
MOST_LINES = 12
MOST_COLUMNS = 88
MOST_BYTES = 2_000_000  # figures for a sharp screen; GitHub still shows it
FENCE = re.compile(r"^```.*?^```\s*$", re.MULTILINE | re.DOTALL)
POINTS = re.compile(r"\b(\d+) points?\b")


@pytest.fixture
def cells(lesson):
    return read_script(lesson)


@pytest.fixture
def prose(cells):
    """(line, text without code blocks) of each markdown cell."""
    return [(c.line, FENCE.sub("", c.source)) for c in cells if c.kind == "markdown"]


@pytest.fixture
def solution(lesson):
    return nbformat.read(lesson.with_suffix(".ipynb"), as_version=4)


@pytest.fixture
def student(lesson):
    path = ROOT / "lessons" / lesson.stem / f"{lesson.stem}.ipynb"
    return nbformat.read(path, as_version=4)


def code(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


# ------------------------------------------------------------------ the script


def test_code_cells_are_short(cells, lesson):
    for cell in cells:
        lines = [line for line in cell.source.splitlines() if line.strip()]
        free = cell.role in ("solution", "test") or cell.kind != "code"
        place = f"{lesson.name}:{cell.line}"
        assert free or len(lines) <= MOST_LINES, f"{place}: {len(lines)} lines of code"
        wide = [line for line in lines if len(line) > MOST_COLUMNS]
        assert cell.kind != "code" or not wide, f"{place}: a long line: {wide[:1]}"


def test_the_core_is_not_too_long(student):
    in_core, own = True, 0
    for cell in student.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("## "):
                in_core = not line.startswith("## Deep ·")
        own += in_core and cell.id != "colab"  # a folded line
    assert own <= MOST_CELLS


def test_headings_are_in_order(prose, lesson):
    found = [
        (line, len(mark))
        for line, text in prose
        for mark in re.findall(r"^(#{1,6}) ", text, re.MULTILINE)
    ]
    levels = [level for _, level in found]
    assert levels[:1] == [1] and levels.count(1) == 1, "one title, and it comes first"
    for (_, before), (line, level) in itertools.pairwise(found):
        place = f"{lesson.name}:{line}"
        assert level <= before + 1, f"{place}: heading {level} follows heading {before}"


def test_images_have_alternative_text(prose, lesson):
    for line, text in prose:
        place = f"{lesson.name}:{line}"
        for alt in re.findall(r"!\[([^\]]*)\]\(", text):
            assert len(alt.strip()) > 10, f"{place}: an image without alternative text"
        for tag in re.findall(r"<img\b[^>]*>", text):
            assert re.search(r'\balt="[^"]{10,}"', tag), f"{place}: {tag} without alt"


def test_local_links_lead_somewhere(prose, lesson):
    for line, text in prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:|#", target):
                continue
            for folder in (lesson.parent, ROOT / "lessons" / lesson.stem):
                path = folder / target.split("#")[0]
                assert path.exists(), f"{lesson.name}:{line}: {target} does not exist"


def test_wording(prose, lesson):
    for line, text in prose:
        place = f"{lesson.name}:{line}"
        assert "\\$" not in text, f"{place}: write the currency's name instead of \\$"
        word = re.search(r"\b(simply|obviously)\b", text, re.IGNORECASE)
        assert not word, f"{place}: leave out {word[0]!r}"


def exercises(cells):
    """(grade_id, index of its cell, points) of each exercise."""
    for i, cell in enumerate(cells):
        if cell.role == "manual":
            yield cell.grade_id, i, cell.points
        if cell.role == "solution":
            name = f"{cell.grade_id}_check"
            checks = [c for c in cells if (c.grade_id or "").startswith(name)]
            yield cell.grade_id, i, sum(check.points for check in checks)


@pytest.mark.usefixtures("not_the_way_in")
def test_cards_tell_the_points(cells):
    found = list(exercises(cells))
    assert found, "the lesson has no exercise"
    used = set()
    for name, i, points in found:
        texts = {
            k: without_region(cells[k].source, "MARK SCHEME")
            for k in range(i + 1)
            if cells[k].kind == "markdown"
        }
        cards = [k for k, text in texts.items() if POINTS.search(text)]
        assert cards, f"{name}: no card with its points before it"
        told = int(POINTS.search(texts[cards[-1]])[1])
        assert told == points, f"{name}: the card says {told} points, it gives {points}"
        assert cards[-1] not in used, f"{name}: shares its card with another exercise"
        used.add(cards[-1])


# ------------------------------------------------------------- the two notebooks


def test_solution_is_executed_in_order_without_complaint(solution):
    counts = [cell.execution_count for cell in code(solution)]
    assert counts == list(range(1, len(counts) + 1))
    for cell in code(solution):
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", f"{cell.id}: {output.text}"


def test_solution_gets_all_points(solution):
    for cell in code(solution):
        if cell.metadata.get("nbgrader", {}).get("grade"):
            values = [
                float(o.data["text/plain"])
                for o in cell.outputs
                if o.output_type == "execute_result"
            ]
            # An assert leaves no value; nbgrader gives it full points.
            assert values in ([], [cell.metadata.nbgrader.points]), cell.id


def test_solution_is_small_and_has_no_widget_state(solution, lesson):
    text = lesson.with_suffix(".ipynb").read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert "widgets" not in solution.metadata
    assert "widget-view+json" not in text


def test_both_name_the_same_plain_kernel(solution, student):
    for nb in (solution, student):
        found = {key: nb.metadata[key] for key in NOTEBOOK_METADATA}
        assert found == NOTEBOOK_METADATA
    assert dict(student.metadata) == NOTEBOOK_METADATA


def test_student_copy_has_no_output_and_no_solution(student):
    for cell in student.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None, cell.id
        assert not MARKER_WORDS.search(cell.source), cell.id
        assert not {"stub", "role", "jupytext"} & set(cell.metadata), cell.id


def test_opening_a_lesson_pairs_it_with_nothing(student):
    assert "jupytext" not in student.metadata
    for name in ("jupytext.toml", ".jupytext", "jupytext.yml", "jupytext.json"):
        assert not (ROOT / name).exists()
