"""The lesson builder: what it makes, what it refuses, and that it repeats itself."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from tools.lessons import build as build_lessons
from tools.lessons.build import Lesson, main
from tools.lessons.cells import LessonError, shown
from tools.lessons.colab import colab_link
from tools.lessons.env import ROOT
from tools.lessons.script import read_script

GOOD = '''\
# %% [markdown]
# # A title
#
# - a point

# %%
import matplotlib.pyplot as plt
import numpy as np

# %%
fig, ax = plt.subplots(figsize=(2, 1))
ax.plot([1, 3, 2])
plt.show()
print("drawn", flush=True)

# %% tags=["nbval-ignore-output"]
from ipywidgets import Image, IntSlider, VBox


class Explorer(VBox):
    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        picture = {"text/plain": "<Explorer>", "image/png": "aGVsbG8="}
        return {**bundle, **picture}


Explorer([IntSlider(), Image()])

# %% grade_id="bin_index" role="solution"
def bin_index(age, width):
    """Return the bin of age."""
    ### BEGIN SOLUTION
    index = np.floor(age / width)
    if index < 0:
        raise ValueError(age)
    return int(index)
    ### END SOLUTION
    ### BEGIN STUB
    # index = np.floor(...)
    #
    # # what about a negative age?
    # if ...:
    #     raise ...
    # return int(index)
    ### END STUB


# %%
def check(function, points):
    try:
        function(7, 2)
    except NotImplementedError as error:
        print(error)
        return 0.0
    return points


# %% grade_id="bin_index_check" points=2 role="test"
### BEGIN HIDDEN TESTS
assert bin_index(7, 2) == 3
### END HIDDEN TESTS
check(bin_index, 2.0)

# %% grade_id="double" role="solution"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% grade_id="double_check" points=1 role="test"
check(lambda *numbers: double(1), 1.0)

# %% [markdown] grade_id="why" points=3 role="manual"
# **Why?**
#
# === BEGIN SOLUTION ===
# The secret answer.
# === END SOLUTION ===
#
# === BEGIN MARK SCHEME ===
# The secret scheme.
# === END MARK SCHEME ===

# %% [markdown] grade_id="how" points=1 role="manual"
# **How?**
#
# === BEGIN MARK SCHEME ===
# The secret scheme.
# === END MARK SCHEME ===

# %% [markdown] role="solution-only"
# For who reads the solution.

# %% [markdown] role="student-only"
# For who solves it.

# %%
1 + 1

# %%
1 + 1
'''


def make(root: Path, text: str = GOOD, name: str = "01_demo") -> Path:
    script = root / "solutions" / name / f"{name}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(text, encoding="utf-8")
    return script


def build(root: Path, *args: str) -> int:
    return main(["--root", str(root), *args])


def notebooks(root: Path) -> dict[str, bytes]:
    paths = root.rglob("*.ipynb")
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in paths}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the good lesson, built; tests copy it before they change it."""
    root = tmp_path_factory.mktemp("built")
    make(root)
    assert build(root) == 0
    return root


@pytest.fixture
def root(built, tmp_path):
    return Path(shutil.copytree(built, tmp_path / "course"))


def cells(root, folder):
    nb = nbformat.read(root / folder / "01_demo" / "01_demo.ipynb", as_version=4)
    return {cell.id: cell for cell in nb.cells}


# ------------------------------------------------------------------ what it makes


def test_stub_replaces_the_solution(built):
    source = cells(built, "lessons")["01-bin_index"].source
    assert source == (
        "def bin_index(age, width):\n"
        '    """Return the bin of age."""\n'
        "    # Delete the next line when you start.\n"
        '    raise NotImplementedError("not attempted yet: bin_index")\n'
        "    index = np.floor(...)\n"
        "\n"
        "    # what about a negative age?\n"
        "    if ...:\n"
        "        raise ...\n"
        "    return int(index)"
    )


def test_default_stub(built):
    source = cells(built, "lessons")["01-double"].source
    assert source == (
        "def double(x):\n"
        "    # YOUR CODE HERE\n"
        '    raise NotImplementedError("not attempted yet: double")'
    )


def test_a_stub_may_raise_by_itself(tmp_path):
    stub = (
        '    ### BEGIN STUB\n    # raise NotImplementedError("x")\n    ### END STUB\n'
    )
    text = GOOD.replace(
        "    return 2 * x\n    ### END SOLUTION\n",
        "    return 2 * x\n    ### END SOLUTION\n" + stub,
    )
    nb = Lesson(make(tmp_path, text), tmp_path).solution
    [cell] = [c for c in nb.cells if c.id == "01-double"]
    assert cell.metadata.stub == 'raise NotImplementedError("x")'


def test_written_answers_leave_the_question(built):
    student = cells(built, "lessons")
    assert student["01-why"].source == "**Why?**\n\n*Write your answer here.*"
    assert student["01-how"].source == "**How?**\n\n*Write your answer here.*"


def test_nothing_of_the_solution_reaches_the_student(built):
    text = (built / "lessons/01_demo/01_demo.ipynb").read_text(encoding="utf-8")
    for secret in ("secret", "ValueError(age)", "2 * x", "== 3", "BEGIN"):
        assert secret not in text
    assert "who reads the solution" not in text and "who solves it" in text


def test_the_title_stays_first_and_the_way_to_colab_follows(built):
    title = next(iter(cells(built, "lessons").values())).source.split("\n")
    assert title == ["# A title", "", colab_link("01_demo"), "", "- a point"]
    solved = next(iter(cells(built, "solutions").values()))
    assert solved.source == "# A title\n\n- a point"


def test_student_copy_is_locked_as_nbgrader_locks_it(built):
    student = cells(built, "lessons")
    assert student["01-bin_index"].metadata.deletable is False
    assert "editable" not in student["01-bin_index"].metadata
    assert student["01-bin_index_check"].metadata.editable is False
    assert student["01-bin_index_check"].metadata.nbgrader.points == 2


def test_solution_is_executed_and_frozen(built):
    solution = cells(built, "solutions")
    counts = [c.execution_count for c in solution.values() if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    text = (built / "solutions/01_demo/01_demo.ipynb").read_text(encoding="utf-8")
    assert "widget-view" not in text and '"widgets"' not in text
    assert '"image/png": "aGVsbG8="' in text and "<Explorer>" in text
    assert "iopub" not in text, "times of execution differ from run to run"
    assert "who reads the solution" in text
    assert "### BEGIN HIDDEN TESTS" in solution["01-bin_index_check"].source


def test_ids_come_from_the_exercise_or_the_text(built, tmp_path):
    before = set(cells(built, "solutions"))
    assert {"01-bin_index", "01-double_check", "01-why"} <= before
    make(tmp_path, GOOD.replace("# %%\n1 + 1\n", '# %%\n"new"\n\n# %%\n1 + 1\n', 1))
    nb = build_lessons.solution_notebook(tmp_path / "solutions/01_demo/01_demo.py")
    after = {cell.id for cell in nb.cells}
    assert before < after and len(after - before) == 1


def test_cells_are_those_that_jupytext_reads(tmp_path):
    script = make(tmp_path)
    theirs = jupytext.read(script, fmt="py:percent").cells
    ours = read_script(script)
    assert [c.cell_type for c in theirs] == [c.kind for c in ours]
    for their, our in zip(theirs, ours, strict=True):
        if our.role != "solution":  # the stub is taken out
            assert their.source == our.source


# ------------------------------------------------------------ again and again the same


def test_two_builds_give_the_same_bytes(built, tmp_path):
    make(tmp_path)
    assert build(tmp_path) == 0
    assert notebooks(tmp_path) == notebooks(built)
    assert len(notebooks(built)) == 2


def test_files_are_plain_utf8_with_unix_line_ends(built):
    for content in notebooks(built).values():
        assert b"\r" not in content and content.endswith(b"}\n")
        assert content.decode("utf-8").startswith('{\n "cells": [')


@pytest.fixture
def executions(monkeypatch):
    """The names of the lessons that are executed: numbered, not run in a kernel."""
    names = []

    def counted(nb, script):
        names.append(script.stem)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for number, cell in enumerate(code, start=1):
            cell.execution_count = number

    monkeypatch.setattr(build_lessons, "execute", counted)
    return names


def test_only_lessons_with_changed_code_are_executed(root, executions, capsys):
    second = '# %% [markdown]\n# # Two\n\n# %%\nprint("two")\n'
    make(root, second, "02_two")
    assert build(root) == 0
    assert executions == ["02_two"]
    before = notebooks(root)
    assert build(root) == 0
    assert executions == ["02_two"] and notebooks(root) == before
    make(root, GOOD.replace("# # A title", "# # Another title"))
    assert build(root) == 0
    assert executions == ["02_two"], "a change of the text needs no execution"
    assert b"Another title" in notebooks(root)["lessons/01_demo/01_demo.ipynb"]
    make(root, second.replace('"two"', '"deux"'), "02_two")
    assert build(root, "01_demo") == 0
    assert executions == ["02_two"], "only the lesson named is built"
    assert build(root) == 0
    assert executions == ["02_two", "02_two"]
    assert b"deux" in notebooks(root)["solutions/02_two/02_two.ipynb"]
    assert build(root, "02_two", "--force") == 0
    assert executions == ["02_two"] * 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda root: make(root, GOOD.replace("# # A title", "# # Another title")),
        lambda root: make(root, GOOD.replace("[1, 3, 2]", "[1, 3, 4]")),
        lambda root: edit(root / "lessons/01_demo/01_demo.ipynb", "A title", "B"),
        lambda root: edit(root / "solutions/01_demo/01_demo.ipynb", "A title", "B"),
        lambda root: edit(
            root / "solutions/01_demo/01_demo.ipynb",
            '"execution_count": 3,\n   "id"',
            '"execution_count": null,\n   "id"',
        ),
        lambda root: forget_outputs(root / "solutions/01_demo/01_demo.ipynb"),
        lambda root: (root / "lessons/01_demo/01_demo.ipynb").unlink(),
        lambda root: (root / "solutions/01_demo/01_demo.ipynb").write_text("{"),
        lambda root: shutil.copytree(root / "lessons/01_demo", root / "lessons/03_old"),
    ],
)
def test_check_names_what_is_stale_and_the_cure(root, spoil, capsys):
    assert build(root, "--check") == 0
    spoil(root)
    before = notebooks(root)
    capsys.readouterr()
    assert build(root, "--check") == 1
    said = capsys.readouterr().out
    assert "stale: " in said and said.rstrip().endswith("make lessons")
    assert notebooks(root) == before, "--check changes nothing"


def test_the_way_in_is_made_last_and_anew_when_a_lesson_changed(root, executions):
    make(root, "# %% [markdown]\n# # Start\n\n# %%\n1 + 1\n", "00_start")
    assert build(root) == 0
    assert executions == ["00_start"]
    make(root, GOOD.replace("[1, 3, 2]", "[1, 3, 4]"))
    assert build(root) == 0
    assert executions == ["00_start", "01_demo", "00_start"]
    assert build(root) == 0
    assert len(executions) == 3


def test_pages_beside_a_script_go_to_the_student(root, capsys):
    page = root / "solutions/01_demo/words.md"
    page.write_text("# Wörter\n", encoding="utf-8")
    copy = root / "lessons/01_demo/words.md"
    assert build(root, "--check") == 1
    assert "words.md" in capsys.readouterr().out and not copy.exists()
    assert build(root) == 0
    assert copy.read_bytes() == page.read_bytes()
    assert build(root, "--check") == 0


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def forget_outputs(path):
    """As if the solution had never been executed."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    path.write_bytes(build_lessons.as_bytes(nb))


def test_list(root, capsys):
    assert build(root, "--list") == 0
    said = capsys.readouterr().out
    assert said == "01_demo: 14 cells, 4 exercises, 7 points, up to date\n"


def test_a_failing_cell_is_named_and_nothing_is_lost(root, capsys):
    before = notebooks(root)
    script = make(root, GOOD.replace("2 * x\n", "2 * nobody\n"))
    assert build(root) == 1
    said = capsys.readouterr().err
    line = GOOD.split('role="test"\ncheck(lambda')[0].count("\n") + 2
    assert f"{shown(script)}:{line}: double_check: the cell fails" in said
    assert "nobody" in said
    assert notebooks(root) == before


def test_unknown_lesson_is_refused(root, capsys):
    assert build(root, "09_none") == 1
    assert "09_none: no such lesson; there are 01_demo" in capsys.readouterr().err


# ------------------------------------------------------------- the same as nbgrader


def test_student_copy_equals_nbgrader_generate_assignment(built, tmp_path):
    shutil.copytree(built / "solutions", tmp_path / "solutions")
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    # Without its database, which takes seconds to make and is not looked at.
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "--no-db"]
    run = subprocess.run(
        [*command, "01_demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert run.returncode == 0, run.stderr
    released = [p.name for p in (tmp_path / "lessons/01_demo").iterdir()]
    assert released == ["01_demo.ipynb"], "the script stays here"
    theirs = json.loads((tmp_path / "lessons/01_demo/01_demo.ipynb").read_bytes())
    ours = json.loads((built / "lessons/01_demo/01_demo.ipynb").read_bytes())
    assert theirs == ours


# ------------------------------------------------------------------ what it refuses


HEAD = "# %% [markdown]\n# # T\n\n"  # three lines
SOLUTION = (
    '# %% grade_id="f" role="solution"\n'
    "def f(x):\n"
    "    ### BEGIN SOLUTION\n"
    "    return x + 1\n"
    "    ### END SOLUTION\n"
)
CHECK = '\n# %% grade_id="f_check" points=1 role="test"\ncheck.f(f)\n'
STUB = SOLUTION + "    ### BEGIN STUB\n    # {}\n    ### END STUB\n" + CHECK

WRONG = {
    "no end": (SOLUTION.replace("    ### END SOLUTION\n", "") + CHECK, 5,
               "exercise f", "BEGIN SOLUTION has no END SOLUTION"),
    "no begin": (SOLUTION.replace("    ### BEGIN SOLUTION\n", "") + CHECK, 7,
                 "exercise f", "END SOLUTION without its BEGIN SOLUTION"),
    "nested": (SOLUTION.replace("x + 1", "x + 1\n    ### BEGIN SOLUTION") + CHECK, 8,
               "exercise f", "BEGIN SOLUTION inside SOLUTION"),
    "two regions": (SOLUTION + SOLUTION.split("\n", 2)[2] + CHECK, 5,
                    "exercise f", "2 SOLUTION regions; one is allowed"),
    "no region": (SOLUTION.replace("    ### BEGIN SOLUTION\n", "").replace(
        "    ### END SOLUTION\n", "") + CHECK, 5, "exercise f", "no solution region"),
    "marker elsewhere": ("# %%\nx = 1\n### BEGIN SOLUTION\n### END SOLUTION\n", 6,
                         "code cell", "does not belong in a cell without a role"),
    "hidden tests elsewhere": (
        SOLUTION.replace("x + 1", "x + 1\n    ### BEGIN HIDDEN TESTS") + CHECK, 8,
        "exercise f", "does not belong in a cell of role 'solution'"),
    "a marker's words": ("# %%\nx = 1  # BEGIN SOLUTION\n", 5,
                         "code cell", "a marker is a line of its own"),
    "duplicate id": (SOLUTION + CHECK + CHECK, 14,
                     "exercise f_check", "used already on line 11"),
    "stub not in solution": (STUB.format("return x - 1"), 10, "exercise f",
                             "'return x - 1' is not in the solution"),
    "stub not commented": (STUB.replace("# {}", "return x + 1"), 10,
                           "exercise f", "is not a comment; write '# return x + 1'"),
    "stub indented wrongly": (STUB.format("    return ..."), 5, "exercise f",
                              "with its stub Python cannot read the cell"),
    "semicolon": ("# %%\nx = 1\nprint(x);  # hush\n\n", 6,
                  "code cell", "ends in ';'"),
    "value": (SOLUTION + CHECK.replace("check.f(f)", "x = f(1)\nx == 2"), 12,
              "exercise f_check", "ends in a value"),
    "other call": (SOLUTION + CHECK.replace("check.f", "print"), 11,
                   "exercise f_check", "ends in a value"),
    "value once hidden": (
        SOLUTION + CHECK.replace("check.f(f)", "f(1)\n### BEGIN HIDDEN TESTS\n"
                                 "assert f(1) == 2\n### END HIDDEN TESTS"), 11,
        "exercise f_check", "ends in a value"),
    "hidden after the call": (
        SOLUTION + CHECK.replace("check.f(f)", "check.f(f)\n### BEGIN HIDDEN TESTS\n"
                                 "assert f(1) == 2\n### END HIDDEN TESTS"), 11,
        "exercise f_check", "put them before it"),
    "no points": (SOLUTION + CHECK.replace("points=1 ", ""), 11,
                  "exercise f_check", "points missing; write for example points=2"),
    "odd points": (SOLUTION + CHECK.replace("points=1", "points=0"), 11,
                   "exercise f_check", "whole number of at least 1"),
    "points elsewhere": (SOLUTION.replace('role="', 'points=1 role="') + CHECK, 5,
                         "exercise f", "points belong on the check"),
    "unknown role": ('# %% role="answer"\nx = 1\n', 5, "code cell",
                     "unknown role 'answer'; the roles are solution,"),
    "unknown key": ('# %% point=1\nx = 1\n', 4, "header",
                    "unknown key 'point'; the keys are role,"),
    "key twice": ('# %% tags=["a"] tags=["b"]\nx = 1\n', 4, "header", "occurs twice"),
    "no quotes": ("# %% role=solution\nx = 1\n", 4, "header",
                  "write key=value with strings in double quotes"),
    "a title": ("# %% My cell\nx = 1\n", 4, "header", "cannot read 'My cell'"),
    "wrong kind": ('# %% [markdown] grade_id="f" role="solution"\n# text\n', 5,
                   "exercise f", "belongs on a code cell, this is markdown"),
    "no id": (CHECK.replace('grade_id="f_check" ', ""), 6, "code cell",
              "needs a grade_id"),
    "id without role": ('# %% grade_id="f"\nx = 1\n', 5, "exercise f", "needs a role"),
    "odd id": (CHECK.replace("f_check", "f check"), 6, "exercise f check",
               "letters, digits"),
    "tags": ('# %% tags="a"\nx = 1\n', 4, "header", "write for example tags=["),
    "no check": (SOLUTION, 5, "exercise f", 'add a cell with grade_id="f_check"'),
    "check before": (CHECK + SOLUTION, 8, "exercise f", "no check follows"),
    "magic": ("# %%\nx = 1\n%matplotlib inline\n", 6, "code cell", "is a magic"),
    "hidden magic": ("# %%\n# %matplotlib inline\n", 5, "code cell", "is a magic"),
    "shell": ("# %%\n!ls\n", 5, "code cell", "shell line; write plain Python"),
    "syntax": ("# %%\nx = 1\ny = = 2\n", 6, "code cell", "Python cannot read this"),
    "prose": ("# %% [markdown]\n# one\ntwo\n", 6, "markdown cell", "not a comment"),
    "written answer": (
        '# %% [markdown] grade_id="w" points=1 role="manual"\n# Why?\n', 5,
        "exercise w", "put === BEGIN MARK SCHEME ==="),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_an_error_names_file_line_exercise_and_cure(case, tmp_path):
    text, line, name, message = WRONG[case]
    script = make(tmp_path, HEAD + text)
    with pytest.raises(LessonError) as caught:
        read_script(script)
    place = f"{shown(script)}:{line}: {name}: "
    found = [p for p in caught.value.problems if p.startswith(place) and message in p]
    assert found, f"expected {place}...{message}, got:\n{caught.value}"


def test_an_exercise_in_the_way_in_is_refused(tmp_path):
    script = make(tmp_path, HEAD + SOLUTION + CHECK, "00_start")
    with pytest.raises(LessonError) as caught:
        read_script(script)
    for line, name in ((5, "f"), (11, "f_check")):
        place = f"{shown(script)}:{line}: exercise {name}: 00_... is the way in"
        assert any(p.startswith(place) for p in caught.value.problems)


def test_text_before_the_first_cell_is_refused(tmp_path):
    with pytest.raises(LessonError, match="text before the first cell"):
        read_script(make(tmp_path, "import numpy\n" + HEAD))


def test_the_right_forms_of_these_are_accepted(tmp_path):
    text = HEAD + STUB.format("return ... + 1")
    assert [cell.role for cell in read_script(make(tmp_path, text))] == [
        None,
        "solution",
        "test",
    ]


def test_every_error_is_told_at_once_and_nothing_is_built(root, capsys):
    make(root, GOOD.replace("points=2 ", "").replace("plt.show()", "plt.show() ;"))
    make(root, "x = 1\n", "02_two")
    before = notebooks(root)
    assert build(root) == 1
    said = capsys.readouterr().err
    assert "points missing" in said and "02_two.py:1: script" in said
    assert notebooks(root) == before


def test_a_folder_without_its_script_is_refused(root, capsys):
    (root / "solutions/02_two").mkdir()
    assert build(root) == 1
    assert "02_two.py: no such script" in capsys.readouterr().err
