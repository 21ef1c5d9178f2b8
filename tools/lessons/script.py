"""Read a lesson's percent script into cells, and refuse what is wrong in it.

A script is plain Python in the percent format: ``# %%`` opens a code cell and
``# %% [markdown]`` a text cell, with ``key=value`` pairs (JSON values) on that line::

    # %% grade_id="bin_index" role="solution"
    def bin_index(age, width):
        \"\"\"Number of the bin that holds ``age``.\"\"\"
        ### BEGIN SOLUTION
        number = age // width
        return number
        ### END SOLUTION
        ### BEGIN STUB
        # number = ...
        # return number
        ### END STUB

CONTRIBUTING.md describes the keys, the roles and the markers.
"""

import re
from pathlib import Path

import jupytext
from nbformat.validator import NotebookValidationError

from tools.lessons.cells import Cell, LessonError, Problems
from tools.lessons.rules import check_cell, check_ids, check_way_in, is_way_in

KEYS = ("role", "grade_id", "points", "tags")
HEADER = re.compile(r"# %%(\s|$)")
KEY = re.compile(r"([\w-]+)=")


def read_script(path: Path) -> list[Cell]:
    """Read the cells of a percent script.

    Stubs are taken out of the source and put into ``Cell.stub``; the other markers
    stay, because nbgrader reads them.

    Raises
    ------
    LessonError
        With every problem found, as ``file:line: exercise: what is wrong; the cure``.
    """
    problems = Problems(path)
    cells = _cells(path.read_text(encoding="utf-8"), problems)
    for cell in cells:
        check_cell(cell, problems)
    check_ids(cells, problems)
    if is_way_in(path):
        check_way_in(cells, problems)
    if problems.found:
        raise LessonError(problems.found)
    return cells


def _cells(text, problems):
    """The cells as jupytext reads them, each with the line that it begins in."""
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if HEADER.match(line)]
    try:
        read = jupytext.reads(text, fmt="py:percent").cells
    except NotebookValidationError as error:  # says what is wrong, but not where
        odd = [i for i in starts if re.search(r"\btags=(?!\[)", lines[i])]
        line = odd[0] + 1 if odd else 1
        problems.add(line, "header", f'{error.message}: write for example tags=["x"]')
        return []
    if len(read) != len(starts):
        problems.add(
            1,
            "script",
            "there is text before the first cell, or `# %%` inside a cell; begin with "
            "`# %% [markdown]`",
        )
        return []
    cells = []
    for cell, start, end in zip(read, starts, [*starts[1:], len(lines)], strict=True):
        first = next((i for i in range(start + 1, end) if lines[i].strip()), start + 1)
        if cell.cell_type == "markdown":
            _check_comments(lines[first:end], first + 1, problems)
        options = _options(cell, lines[start], start + 1, problems)
        # Blank lines around the text of a cell are layout of the script.
        source = "\n".join(cell.source.splitlines()).strip("\n")
        cells.append(Cell(cell.cell_type, source, first + 1, **options))
    return cells


def _check_comments(lines, number, problems):
    for i, text in enumerate(lines):
        if text.strip() and not re.match(r"#( |$)", text):
            problems.add(
                number + i,
                "markdown cell",
                f"{text.strip()[:40]!r} is not a comment; begin the line with '# '",
            )


def _options(cell, header, line, problems):
    """The ``key=value`` pairs of a cell's header line."""
    read = {k: v for k, v in cell.metadata.items() if k != "lines_to_next_cell"}
    for odd in ("title", "incorrectly_encoded_metadata"):
        if odd in read:
            problems.add(
                line,
                "header",
                f"cannot read {read.pop(odd)!r}; write key=value with strings in "
                f"double quotes",
            )
    keys = KEY.findall(header)
    for key in sorted({*read, *keys}):
        if key not in KEYS:
            problems.add(
                line, "header", f"unknown key {key!r}; the keys are {', '.join(KEYS)}"
            )
            read.pop(key, None)
        elif keys.count(key) > 1:
            problems.add(line, "header", f"the key {key!r} occurs twice")
    return read
