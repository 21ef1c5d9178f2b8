"""A student's copy runs from top to bottom with nothing solved, and offline."""

import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from lesson_env import CELL_TIMEOUT, ROOT


@pytest.fixture(scope="module")
def unsolved(lesson, tmp_path_factory, offline_env):
    """The student's copy of a lesson after Run All, in a folder of its own."""
    folder = tmp_path_factory.mktemp("student") / lesson.stem
    shutil.copytree(ROOT / "lessons" / lesson.stem, folder)
    nb = nbformat.read(folder / f"{lesson.stem}.ipynb", as_version=4)
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


def test_no_cell_fails(unsolved):
    failed = [
        f"{cell.id}: {output.ename}: {output.evalue}"
        for cell in unsolved
        for output in cell.outputs
        if output.output_type == "error"
    ]
    assert not failed, "\n".join(failed)
    assert all(cell.execution_count for cell in unsolved)


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
