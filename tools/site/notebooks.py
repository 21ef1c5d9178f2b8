"""A solved notebook as a page to read: marked as solved, with alternative texts."""

import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell

from tools.lessons.cells import MARKER, without_region
from tools.lessons.rules import is_way_in

EXPLORER = re.compile(r"<Explorer: (.*)>")
# A figure's description is the first paragraph of the text below it, in italics.
DESCRIPTION = re.compile(r"\*(?!\*)([^*]+(?:\*\*[^*]+\*\*[^*]*)*)\*(?:\n\n|$)")
NOTEBOOK = re.compile(r'(href="[^":]*)\.ipynb(?=["#])')
LIVE = {"kernel tuning": "kernel", "whitening and re-colouring": "colours"}

SOLVED = """\
```{{note}}
A **solved lesson**, with what its cells show. To learn, take {download}
and solve it yourself: [install the course](../../README.md) first.{colab}
```
"""
OPEN = """\
```{{note}}
What the lesson's cells show; **the exercises are yours**. Take {download}:
[install the course](../../README.md) first.{colab}
```
"""
WAY_IN = """\
```{{note}}
This is the page that the course opens with. [Install it](../../README.md), or read the
lessons here.
```
"""
EXPLORER_NOTE = """\
```{{tip}}
A picture of an explorer: in the notebook you move its controls
([install the course](../../README.md)).{live}
```
"""


def read_lesson(solved_path: Path, student_path: Path, solved: bool, publication):
    """The page of a lesson, as a notebook that nothing executes."""
    nb = nbformat.read(solved_path, as_version=4)
    student = nbformat.read(student_path, as_version=4)
    name = solved_path.name
    if not solved:
        nb.cells = _unsolved(nb.cells, student.cells)
    for cell in nb.cells:
        cell.source = _without_marks(cell.source)
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):  # links between the lessons
                data = output.data
                data["text/html"] = NOTEBOOK.sub(r"\1.html", data["text/html"])
    _describe(nb.cells)
    nb.cells = [part for cell in nb.cells for part in _with_note(cell)]
    colab = ""
    if not publication.is_placeholder:
        address = publication.colab(f"lessons/{student_path.parent.name}/{name}")
        colab = f" Or [open it in Colab]({address})."
    download = f"{{download}}`your copy <../../download/{name}>`"
    note = SOLVED if solved else OPEN
    note = WAY_IN if is_way_in(solved_path) else note
    title, _, rest = nb.cells[0].source.partition("\n")
    note = note.format(download=download, colab=colab)
    nb.cells[0].source = f"{title}\n\n{note}{rest}"
    return nb


def _unsolved(solved: list, student: list) -> list:
    """The student's cells; with what the solved ones show, but for the checks."""
    student[0] = solved[0]  # the note on the page has the links
    known = {cell.id: cell for cell in solved}
    for cell in student:
        twin = known.get(cell.id)
        graded = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and twin is not None and not graded:
            cell.outputs, cell.execution_count = twin.outputs, twin.execution_count
    return student


def _without_marks(source: str) -> str:
    """The source without the lines that the tools read, and without commented stubs."""
    for region in ("STUB", "HIDDEN TESTS"):
        source = without_region(source, region)
    source = source.replace("=== BEGIN MARK SCHEME ===", "**How it is marked**")
    lines = [line for line in source.split("\n") if not MARKER.match(line)]
    return "\n".join(lines).rstrip()


def _describe(cells: list) -> None:
    """Give each figure the text below it as its alternative text."""
    for cell, below in zip(cells, [*cells[1:], None], strict=True):
        if cell.cell_type != "code" or not any(map(_has_picture, cell.outputs)):
            continue
        text = "A figure, drawn by the code above"
        name = _explorer(cell)
        if name:
            text = f"The explorer '{name}': its picture at the start"
        elif below is not None and below.cell_type == "markdown":
            found = DESCRIPTION.match(below.source)
            text = " ".join(found[1].split()).replace("$", "") if found else text
        cell.metadata["mystnb"] = {"image": {"alt": text}}


def _has_picture(output) -> bool:
    return "image/png" in output.get("data", {})


def _explorer(cell) -> str | None:
    """The name of the explorer that a cell shows."""
    for output in cell.get("outputs", []):
        found = EXPLORER.match(output.get("data", {}).get("text/plain", ""))
        if found:
            return found[1]
    return None


def _with_note(cell):
    yield cell
    name = _explorer(cell)
    if name:
        page = LIVE.get(name)
        live = f" Or [play with it here](../../explorers/{page}.md)." if page else ""
        yield new_markdown_cell(EXPLORER_NOTE.format(live=live))
