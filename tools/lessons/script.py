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

import json
import re
from pathlib import Path

from tools.lessons.cells import Cell, LessonError, Problems
from tools.lessons.rules import check_cell, check_ids, check_way_in, is_way_in

KEYS = ("role", "grade_id", "points", "tags")
HEADER = re.compile(r"# %%(?:\s+(?P<rest>.*))?$")


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
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [_cell(start, body, problems) for start, body in _split(lines, problems)]
    for cell in cells:
        check_cell(cell, problems)
    check_ids(cells, problems)
    if is_way_in(path):
        check_way_in(cells, problems)
    if problems.found:
        raise LessonError(problems.found)
    return cells


def _split(lines, problems):
    """Pairs (line number of the header, lines from the header on) of each cell."""
    first = 0
    if lines[:1] == ["# ---"] and "# ---" in lines[1:]:
        first = lines.index("# ---", 1) + 1  # jupytext's own header
    starts = [i for i, line in enumerate(lines) if i >= first and HEADER.match(line)]
    before = lines[first : starts[0]] if starts else lines[first:]
    if any(line.strip() for line in before) or not starts:
        problems.add(
            first + 1,
            "script",
            "there is text before the first cell; begin with `# %% [markdown]`",
        )
    # With no cell at all there is one pair less, and the problem is told already.
    pairs = zip(starts, [*starts[1:], len(lines)], strict=False)
    return [(start + 1, lines[start:end]) for start, end in pairs]


def _cell(number: int, block: list[str], problems: Problems) -> Cell:
    rest = HEADER.match(block[0])["rest"] or ""
    kind = "markdown" if rest.startswith("[markdown]") else "code"
    options = _options(rest.removeprefix("[markdown]"), number, problems)
    first, last = 1, len(block)
    while first < last and not block[first].strip():
        first += 1
    while last > first and not block[last - 1].strip():
        last -= 1
    body = block[first:last]
    line = number + first
    if kind == "markdown":
        for i, text in enumerate(body):
            if text.strip() and not re.match(r"#( |$)", text):
                problems.add(
                    line + i,
                    "markdown cell",
                    f"{text.strip()[:40]!r} is not a comment; begin the line with '# '",
                )
        body = [text[2:] if text.strip() else "" for text in body]
    return Cell(kind, "\n".join(body), line, **options)


def _options(text: str, line: int, problems: Problems) -> dict:
    """Read ``key=json key=json ...`` of a cell's header line."""
    options, text = {}, text.strip()
    while text:
        match = re.match(r"([\w-]+)=", text)
        try:
            value, end = json.JSONDecoder().raw_decode(text, match.end())
        except (AttributeError, ValueError):
            problems.add(
                line,
                "header",
                f"cannot read {text!r}; write key=value with strings in double quotes",
            )
            break
        if match[1] not in KEYS:
            problems.add(
                line,
                "header",
                f"unknown key {match[1]!r}; the keys are {', '.join(KEYS)}",
            )
        elif match[1] in options:
            problems.add(line, "header", f"the key {match[1]!r} occurs twice")
        else:
            options[match[1]] = value
        text = text[end:].strip()
    return options
