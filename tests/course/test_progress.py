"""What a check says is read back from the saved notebook, whatever else is in it."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from course import start
from course.checks import lesson1
from course.checks.exercise import Exercise, Part, Wrong
from course.checks.results import ANSWER_HERE, Result, results
from course.checks.verdict import MIME, from_bundle
from tools.lessons.build import find_scripts
from tools.lessons.env import ROOT
from tools.lessons.rules import is_way_in

STUCK = "the larger numbers stay as they are: double them, <b> & all"
DOUBLE = Exercise(
    "9.9",
    "double",
    lambda x: 2 * x,
    parts=[Part("small", 1, [(1.0,)]), Part("large", 2, [(100.0,)])],
    wrong=[Wrong(lambda x: 2 * x if x < 10 else x, STUCK)],
)


def unsolved(*args):
    raise NotImplementedError


def started(*args):
    print(args)
    raise NotImplementedError


LEFT = (
    "your code runs into the line `raise NotImplementedError`: delete it, and return "
    "your result"
)


def cell_of(exercise, answer, full=3):
    """A check's cell after a run, as Jupyter makes it."""
    shell = InteractiveShell.instance()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        data, metadata = shell.display_formatter.format(exercise(answer))
    outputs = [
        nbformat.v4.new_output("stream", name="stdout", text=said.getvalue()),
        nbformat.v4.new_output(
            "execute_result", data=data, metadata=metadata, execution_count=1
        ),
    ]
    cell = nbformat.v4.new_code_cell(
        "check.double(double)", outputs=outputs, execution_count=1
    )
    cell.metadata["nbgrader"] = graded("double_check", full)
    return cell


def graded(name, full, solution=False):
    return {"grade": True, "grade_id": name, "points": full, "solution": solution}


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def only(*cells) -> Result:
    [result] = results({"cells": list(cells)})  # nbformat would refuse odd ones
    return result


# ----------------------------------------------------------------- what a check says


@pytest.mark.parametrize(
    ("answer", "points", "state", "message"),
    [
        (lambda x: 2 * x, 3, "solved", None),
        (lambda x: 2 * x if x < 10 else x, 1, "partly", STUCK),
        (unsolved, 0, "not attempted", None),
        (started, 0, "wrong", LEFT),
        (7, 0, "wrong", "this is no function but 7: pass double itself"),
    ],
)
def test_what_a_check_says_is_read(answer, points, state, message):
    cell = cell_of(DOUBLE, answer)
    want = Result("double_check", "double", "9.9", points, 3, state, message)
    assert only(cell) == want
    # A notebook of the first version has the text alone; there, 7 had no arrow.
    del cell.outputs[1].data[MIME]
    assert only(cell) == (want if answer != 7 else replace(want, message=None))


HOSTILE = [
    None, [], {}, "x", 3, {"version": 1}, {"points": True}, {"points": float("nan")},
    {"points": 9}, {"full": 10**400}, {"full": "3"}, {"number": 9.9}, {"cause": ["x"]},
    {"parts": [{"title": "a"}]}, {"parts": 7}, {"attempted": "yes"}, {"version": 2},
]  # fmt: skip


@pytest.mark.parametrize("spoiled", HOSTILE, ids=str)
def test_what_is_no_verdict_is_not_taken_for_one(spoiled):
    good = DOUBLE.verdict(lambda x: 2 * x)
    assert from_bundle(json.loads(json.dumps(good.bundle()))) == good
    bad = good.bundle() | spoiled if spoiled and isinstance(spoiled, dict) else spoiled
    if spoiled == {"version": 1}:
        bad = spoiled
    assert from_bundle(bad) is None


def test_points_that_the_verdict_does_not_say_are_an_error():
    cell = cell_of(DOUBLE, lambda x: 2 * x if x < 10 else x)
    cell.outputs[1].data["text/plain"] = "3.0"
    assert (only(cell).state, only(cell).points) == ("error", 0)


def test_a_wrong_answer_without_a_known_cause_has_a_message():
    found = only(cell_of(DOUBLE, lambda x: x + 99.0))
    assert (found.state, found.points) == ("wrong", 0)
    assert found.message.startswith("for x = 1: ")


@pytest.mark.parametrize("name", lesson1.__all__)
def test_the_checks_of_a_lesson_are_read(name):
    exercise = getattr(lesson1, name)
    full = exercise.points
    right = only(cell_of(exercise, exercise.reference, full))
    assert (right.state, right.points, right.number) == (
        "solved",
        full,
        exercise.number,
    )
    assert only(cell_of(exercise, unsolved, full)).state == "not attempted"
    for wrong in exercise.wrong:
        found = only(cell_of(exercise, wrong.answer, full))
        assert found.state in ("wrong", "partly")
        assert found.message == wrong.cause


def test_a_file_and_a_notebook_node_say_the_same():
    cell = cell_of(DOUBLE, lambda x: 2 * x if x < 10 else x)
    made = notebook(cell)
    saved = json.loads(nbformat.writes(made))
    assert isinstance(saved["cells"][0]["outputs"][0]["text"], list)
    assert results(saved) == results(made)


def test_a_check_that_never_ran():
    cell = cell_of(DOUBLE, unsolved)
    cell.outputs, cell.execution_count = [], None
    card = nbformat.v4.new_markdown_cell("### Exercise 9.9 · Twice\n\n*3 points*")
    assert only(cell) == Result("double_check", "double", None, 0, 3, "not run", None)
    assert only(card, cell).number == "9.9"
    other = nbformat.v4.new_markdown_cell("## 2. Another part")
    assert only(card, other, cell).number is None


def spoiled(change):
    cell = cell_of(DOUBLE, lambda x: 2 * x)
    change(cell.outputs)
    return only(cell)


def text_plain(text):
    return lambda outputs: outputs[1].data.update({"text/plain": text})


ERROR = nbformat.v4.new_output("error", ename="E", evalue="e", traceback=[])


@pytest.mark.parametrize(
    "change",
    [
        lambda outputs: outputs.append(ERROR),
        lambda outputs: outputs.clear(),
        lambda outputs: outputs.pop(),
        text_plain("'3.0'"),
        text_plain("nan"),
        text_plain("inf"),
        text_plain("-1.0"),
        text_plain("3.5"),
        text_plain("9" * 5000),
        text_plain("1e999"),
        text_plain(""),
        text_plain(None),
        lambda outputs: outputs[1].pop("data"),
    ],
)
def test_a_check_without_readable_points_is_an_error(change):
    found = spoiled(change)
    assert (found.state, found.points) == ("error", 0)


@pytest.mark.parametrize("full", [None, "3", True, 0, -1, float("nan"), 10**400, [3]])
def test_points_that_are_no_number_count_nothing(full):
    found = only(cell_of(DOUBLE, lambda x: 2 * x, full))
    assert (found.state, found.points, found.full) == ("error", 0, 0)


def test_cells_that_are_not_graded_are_left_out():
    cell = cell_of(DOUBLE, lambda x: 2 * x)
    cell.metadata.nbgrader.grade = False
    plain = nbformat.v4.new_code_cell("1 + 1")
    nameless = cell_of(DOUBLE, unsolved)
    nameless.metadata.nbgrader.grade_id = None
    assert results(notebook(cell, plain, nameless)) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "cell_type source metadata nbgrader grade grade_id points solution "
                "outputs output_type name text data text/plain stream stdout "
                "execute_result markdown".split()
            ),
            values,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(
    cells=st.lists(JSON, max_size=3),
    nbgrader=st.fixed_dictionaries(
        {"grade": st.just(True), "grade_id": st.just("x_check") | JSON},
        optional={"points": JSON, "solution": JSON},
    ),
    parts=st.dictionaries(
        st.sampled_from(["cell_type", "source", "outputs", "execution_count"]), JSON
    ),
)
@settings(max_examples=200, deadline=None)
def test_nothing_in_a_cell_raises(cells, nbgrader, parts):
    graded_cell = {"metadata": {"nbgrader": nbgrader}, **parts}
    for found in results({"cells": [*cells, graded_cell]}):
        assert found.state in start.WORDS
        assert 0 <= found.points <= found.full


@pytest.mark.parametrize(
    "value", [None, [], "{}", {}, {"cells": None}, {"cells": {"a": 1}}, 7]
)
def test_what_is_no_notebook_is_refused_in_one_sentence(value):
    with pytest.raises(ValueError, match="a notebook is a dict with a list of cells"):
        results(value)


# ------------------------------------------------------------------- a free answer


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (f"### Exercise 9.8 · Why\n\nWhy?\n\n{ANSWER_HERE}", "empty"),
        (f"### Exercise 9.8 · Why\n\nWhy?\n\n{ANSWER_HERE}\n\n \n", "empty"),
        ("", "empty"),
        ("### Exercise 9.8 · Why\n\nWhy?\n\nBecause.", "answered"),
        (f"### Exercise 9.8 · Why\n\n{ANSWER_HERE}\n\nBecause.", "answered"),
    ],
)
def test_a_free_answer(text, state):
    cell = nbformat.v4.new_markdown_cell(text)
    cell.metadata["nbgrader"] = graded("why", 4, solution=True)
    number = "9.8" if text else None
    assert only(cell) == Result("why", "why", number, 0, 4, state, None)


# --------------------------------------------------------------- the lessons as a page


def test_solutions_are_done_and_new_copies_are_not():
    solved = start.progress(ROOT / "solutions")
    fresh = start.progress(ROOT / "lessons")
    scripts = [s for s in find_scripts(ROOT) if not is_way_in(s)]
    assert [each.name for each in solved.lessons] == [s.stem for s in scripts]
    for done, new in zip(solved.lessons, fresh.lessons, strict=True):
        assert done.problem is new.problem is None
        assert [r.grade_id for r in done.results] == [r.grade_id for r in new.results]
        # The card says the number as long as no check does.
        assert [r.number for r in done.results] == [r.number for r in new.results]
        assert {r.state for r in done.results} <= {"solved", "answered"}
        assert {r.state for r in new.results} <= {"not run", "empty"}
    assert solved.next() is None
    lesson, result = fresh.next()
    assert (lesson.name, result.number) == ("01_imbalance", "1.1")


@pytest.fixture
def lessons(tmp_path):
    return shutil.copytree(ROOT / "lessons", tmp_path / "lessons")


def put(lessons, name, *cells):
    path = lessons / name / f"{name}.ipynb"
    path.write_text(nbformat.writes(notebook(*cells)), encoding="utf-8")


class Page(HTMLParser):
    """Collects the tags of a page, and sees that each is closed in its turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags = [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_page_shows_what_the_text_shows(lessons):
    put(lessons, "02_lds", cell_of(DOUBLE, lambda x: 2 * x if x < 10 else x))
    shutil.copytree(
        ROOT / "solutions/01_imbalance", lessons / "01_imbalance", dirs_exist_ok=True
    )
    shown = start.progress(lessons)
    text, page = repr(shown), shown._repr_html_()
    assert "◐ partly right  9.9 double, points: 1 of 3; " + STUCK in text
    assert "Next: exercise 9.9 double, in lesson 2" in text
    assert "&lt;b&gt; &amp; all" in page and STUCK not in page
    tags = Page(page)
    bars = tags.all("progress")
    assert [(b["value"], b["max"]) for b in bars[:2]] == [("6", "6"), ("0", "1")]
    assert "1 · Imbalance in regression: 6 of 6" in bars[0]["aria-label"]
    links = [a["href"] for a in tags.all("a")]
    assert links[0] == f"{lessons}/02_lds/02_lds.ipynb", "the next exercise"
    assert len(links) == 1 + len(start.LESSONS)
    unfolded = ["open" in attrs for attrs in tags.all("details")]
    assert unfolded == [False, True] + [False] * (len(start.LESSONS) - 2)


def test_a_copied_check_counts_once_and_the_better_one(lessons):
    cells = [cell_of(DOUBLE, f) for f in (unsolved, lambda x: 2 * x, unsolved)]
    put(lessons, "02_lds", *cells)
    [result] = start.progress(lessons).lessons[1].results
    assert (result.state, result.points) == ("solved", 3)


def remove(path):
    path.unlink()


def fill(content):
    return lambda path: path.write_bytes(content)


def make_a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (remove, "is not here"),
        (make_a_folder, "does not open"),
        (fill(b""), "is damaged"),
        (fill(b'{"cells": [{"cell_type"'), "is damaged"),
        (fill(b"\xff\xfe\x00"), "is damaged"),
        (fill(b"[" * 200_000), "is damaged"),
        (fill(b"[1, 2]"), "is damaged"),
        (fill(b'{"cells": []}'), "holds no exercise"),
    ],
)
def test_a_lesson_that_cannot_be_read_gets_a_line(lessons, spoil, told):
    spoil(lessons / "02_lds" / "02_lds.ipynb")
    shown = start.progress(lessons)
    problem = shown.lessons[1].problem
    assert told in problem and "02_lds/02_lds.ipynb" in problem
    assert problem in repr(shown) and problem in shown._repr_html_()
    there = sum(len(lesson.results) for lesson in shown.lessons)
    assert there and f"0 of {there} exercises" in repr(shown), "the others are there"
    Page(shown._repr_html_())


def test_without_any_lesson_it_says_so(tmp_path):
    shown = start.progress(tmp_path)
    assert repr(shown).count("is not here") == len(start.LESSONS)
    assert "see the lines on the lessons below" in repr(shown)
    Page(shown._repr_html_())


def test_every_state_has_words_and_a_symbol_of_its_own_or_the_same_meaning():
    assert len(set(start.WORDS.values())) == len(start.WORDS)
    assert set(start.ADVICE) | set(start.DONE) <= set(start.WORDS)


def test_the_map_names_every_lesson():
    fig = start.course_map()
    said = " ".join(text.get_text() for text in fig.axes[0].texts)
    for number in range(1, 1 + len(start.LESSONS)):
        assert f"lesson {number}" in said


def test_reading_needs_none_of_the_library():
    code = f"""
import runpy, sys
runpy.run_path({str(ROOT / "course/checks/results.py")!r})
print([m for m in ("torch", "numpy", "dirlib") if m in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "[]\n", run.stderr
