"""A student's copy runs from top to bottom with nothing solved, and offline.

Deep parts may be left out, from a heading "## Deep · ..." to the next of its level
that isn't deep.

Trainings are short here, of fewer faces, some ages many-shot and some few-shot: every
cell runs, and what it prints is compared with nothing. `make test-kernels` runs the
solutions with their trainings in full.
"""

import re
import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from tools.lessons.env import CELL_TIMEOUT, ROOT

SHORT = """\
from functools import partial
import dirlib.datasets.faces as home
home.faces = partial(home.faces, n_total=1500, cache=False)
from course.records.methods import train_ages
train_ages.__kwdefaults__["epochs"] = 2
del home, partial, train_ages
"""
SHORT_PROJECT = "import course.project\ncourse.project.EPOCHS = 1"
# Nobody waits for torch where nothing is trained: it takes seconds to load.
LIGHT = ("00_start",)
NO_TORCH = "import sys\nassert 'torch' not in sys.modules"


@pytest.fixture(scope="module")
def unsolved(lesson, tmp_path_factory, offline_env):
    """The student's copy of a lesson after Run All, in a folder of its own."""
    nb, folder = copied(lesson, tmp_path_factory)
    return run_all(nb, folder)


def copied(lesson, tmp_path_factory):
    """The notebook of the student's copy of a lesson, and the new folder it lies in."""
    folder = tmp_path_factory.mktemp("student") / lesson.stem
    shutil.copytree(ROOT / "lessons" / lesson.stem, folder)
    return nbformat.read(folder / f"{lesson.stem}.ipynb", as_version=4), folder


def run_all(nb, folder):
    """The code cells of a notebook after Run All, and one before or after them."""
    cells = nb.cells
    if folder.name in LIGHT:
        nb.cells = [*cells, nbformat.v4.new_code_cell(NO_TORCH)]
    elif any("train_ages(" in cell.source for cell in cells):
        nb.cells = [nbformat.v4.new_code_cell(SHORT), *cells]
    elif any("open_project(" in cell.source for cell in cells):
        nb.cells = [nbformat.v4.new_code_cell(SHORT_PROJECT), *cells]
    NotebookClient(
        nb,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        allow_errors=True,  # so that a failure names every cell, not the first
        coalesce_streams=True,
    ).execute()
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def checks(cells):
    return [c for c in cells if c.metadata.get("nbgrader", {}).get("grade")]


def text_of(cell, stream):
    return "".join(
        o.text for o in cell.outputs if o.output_type == "stream" and o.name == stream
    )


def failures(cells):
    return [
        f"{cell.id}: {output.ename}: {output.evalue}"
        for cell in cells
        for output in cell.outputs
        if output.output_type == "error"
    ]


def deep_cells(nb):
    """The code cells of the deep parts."""
    found, deep = [], False
    for cell in nb.cells:
        if cell.cell_type == "code" and deep:
            found.append(cell)
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if re.match(r"##? ", line):
                    deep = line.startswith("## Deep ·")
    return found


def test_no_cell_fails(unsolved):
    failed = failures(unsolved)
    assert not failed, "\n".join(failed)
    assert all(cell.execution_count for cell in unsolved)


def test_no_cell_needs_a_deep_one(lesson, tmp_path_factory, offline_env):
    nb, folder = copied(lesson, tmp_path_factory)
    deep = deep_cells(nb)
    if not deep:  # then it is the lesson that the other tests run
        return
    nb.cells = [cell for cell in nb.cells if cell not in deep]
    failed = failures(run_all(nb, folder))
    assert not failed, "\n".join(failed)


def test_no_cell_complains(unsolved):
    said = {cell.id: text_of(cell, "stderr") for cell in unsolved}
    assert not any(said.values()), {k: v for k, v in said.items() if v}


@pytest.mark.usefixtures("not_the_way_in")
def test_checks_say_not_attempted_and_give_no_points(unsolved):
    assert checks(unsolved), "the lesson has no check"
    for cell in checks(unsolved):
        assert "not attempted" in text_of(cell, "stdout").lower(), cell.id
        values = [
            o.data["text/plain"]
            for o in cell.outputs
            if o.output_type == "execute_result"
        ]
        assert len(values) == 1, f"{cell.id} gives {len(values)} values, not its points"
        assert float(values[0]) == 0.0, cell.id
