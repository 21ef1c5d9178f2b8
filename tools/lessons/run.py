"""Run a solution, and keep of its outputs what is the same on every run."""

import copy
import re
from pathlib import Path

import nbformat

from tools.lessons.cells import LessonError, shown
from tools.lessons.env import CELL_TIMEOUT
from tools.lessons.script import read_script

NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def execute(nb, script: Path) -> None:
    """Run a solution in its own folder and keep what it shows, frozen."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError
    from tqdm import tqdm

    lines = [c.line for c in read_script(script) if c.role != "student-only"]
    with tqdm(total=len(nb.cells), desc=script.stem, unit="cell") as bar:
        now = [0]

        def started(cell, cell_index):
            now[0] = cell_index
            bar.update(cell_index - bar.n)

        client = NotebookClient(
            nb,
            timeout=CELL_TIMEOUT,
            kernel_name="python3",
            resources={"metadata": {"path": str(script.parent)}},
            record_timing=False,
            coalesce_streams=True,
            on_cell_start=started,
        )
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError) as error:
            cell = nb.cells[now[0]]
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "code cell")
            place = f"{shown(script)}:{lines[now[0]]}: {name}"
            told = re.sub(r"\x1b\[[0-9;]*m", "", str(error))  # without colours
            raise LessonError([f"{place}: the cell fails:\n{told}"]) from None
        bar.update(len(nb.cells) - bar.n)
    freeze(nb)


def freeze(nb) -> None:
    """Drop what needs a live kernel or differs from run to run.

    A widget stays as its picture and its text.
    """
    nb.metadata = nbformat.from_dict(
        {k: v for k, v in nb.metadata.items() if k == "student_only"}
        | copy.deepcopy(NOTEBOOK_METADATA)
    )
    for cell in nb.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            for bundle in (output.get("data", {}), output.get("metadata", {})):
                bundle.pop("application/vnd.jupyter.widget-view+json", None)
        cell.outputs = [o for o in cell.outputs if o.get("data") != {}]


def carry_outputs(old, nb) -> bool:
    """Take the outputs of ``old`` when its code is the same; False when it is not."""
    if old is None or _code(old) != _code(nb):
        return False
    before = [c for c in old.cells if c.cell_type == "code"]
    after = [c for c in nb.cells if c.cell_type == "code"]
    counts = [c.execution_count for c in before]
    if counts != list(range(1, len(counts) + 1)):
        return False
    for source, target in zip(before, after, strict=True):
        target.outputs = source.outputs
        target.execution_count = source.execution_count
    return True


def _code(nb) -> list:
    return [
        (c.source, c.metadata.get("tags", []))
        for c in nb.cells
        if c.cell_type == "code"
    ]
