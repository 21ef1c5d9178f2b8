"""How far a student is: read from what the checks said in a saved notebook.

Only outputs are read; no code of the student runs here. A check leaves its verdict as
data in its cell's output. Notebooks of the first version have text alone: a line for
the exercise, one for each part, and a sentence after an arrow.
"""

import math
import re
from dataclasses import dataclass

from course.checks.verdict import ARROW, MIME, NOT_ATTEMPTED, Verdict, from_bundle

# In the student's copy this line stands where a free answer belongs.
ANSWER_HERE = "*Write your answer here.*"

_NUMBER = re.compile(r"Exercise (\d+\.\d+) · ")
_POINTS = re.compile(r"\d+(\.\d*)?(e[+-]?\d+)?")


@dataclass(frozen=True)
class Result:
    """What the saved output of one check, or one free answer, says.

    Attributes
    ----------
    grade_id : str
        The cell's name for nbgrader, "bin_index_check".
    name : str
        The exercise, "bin_index"; that of a free answer is its `grade_id`.
    number : str or None
        "1.1", where the output or the card above the cell says it.
    points : float
        Points earned, 0 to `full`; those of a free answer are given by hand, so 0 here.
    full : float
        Points that can be earned, from the cell's metadata.
    state : str
        A check is "solved", "partly", "wrong", "not attempted", "not run", or "error":
        an exception, or nothing readable in place of points. A free answer is
        "answered" or "empty".
    message : str or None
        The sentence that names what went wrong.
    """

    grade_id: str
    name: str
    number: str | None
    points: float
    full: float
    state: str
    message: str | None


def results(notebook: dict) -> list[Result]:
    """Read the graded cells of a notebook, in its order.

    Parameters
    ----------
    notebook : dict
        As `json.load` or nbformat gives it. A graded cell without a name in its
        metadata is left out; whatever else is odd in a cell gives the state "error".

    Raises
    ------
    ValueError
        If it is no notebook: no dict, or one without a list of cells.
    """
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError(
            f"a notebook is a dict with a list of cells, got {type(notebook).__name__}"
            f" {str(notebook)[:60]!r}: read its file with json.load"
        )
    found, number = [], None
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        source = _text(cell.get("source"))
        if cell.get("cell_type") == "markdown":
            headings = re.findall(r"^#.*$", source, re.MULTILINE)
            if headings:  # that of another part ends the card
                match = _NUMBER.search(headings[-1])
                number = match[1] if match else None
        graded = _dict(_dict(cell.get("metadata")).get("nbgrader"))
        name = graded.get("grade_id")
        if graded.get("grade") is True and isinstance(name, str) and name:
            by_hand = graded.get("solution") is True
            read = _answer if by_hand else _check
            found.append(read(cell, source, name, number, _full(graded)))
    return found


def _answer(cell, source, name, number, full) -> Result:
    """A free answer: whether the cell still ends as it was handed out."""
    empty = not source.strip() or source.rstrip().endswith(ANSWER_HERE)
    state = "empty" if empty else "answered"
    return Result(name, name, number, 0.0, full, state, None)


def _check(cell, source, grade_id, number, full) -> Result:
    outputs = cell.get("outputs")
    outputs = [o for o in outputs if isinstance(o, dict)] if _is_list(outputs) else []
    points = _earned(outputs, full)
    if verdict := _verdict(outputs):
        shown, attempted, cause = verdict.number, verdict.attempted, verdict.cause
        if (verdict.points, verdict.full) != (points, full):  # no check writes that
            points = None
    else:
        shown, attempted, cause = _from_text(outputs)
    if points is None:
        ran = outputs or cell.get("execution_count") is not None
        state = "error" if ran else "not run"
    elif points >= full:
        state = "solved"
    elif points > 0:
        state = "partly"
    else:
        state = "wrong" if attempted else "not attempted"
    name = re.sub(r"_check\w*$", "", grade_id) or grade_id
    return Result(grade_id, name, shown or number, points or 0.0, full, state, cause)


def _verdict(outputs) -> Verdict | None:
    """The verdict that a check left as data."""
    bundles = (_dict(o.get("data")).get(MIME) for o in outputs)
    return next(filter(None, map(from_bundle, bundles)), None)


def _from_text(outputs):
    """Number, whether attempted, and cause, as the first version printed them."""
    text = "".join(
        _text(o.get("text"))
        for o in outputs
        if o.get("output_type") == "stream" and o.get("name") == "stdout"
    )
    match = _NUMBER.search(text)
    lines = [line.strip() for line in text.splitlines()]
    causes = [line.removeprefix(ARROW).strip() for line in lines if line[:1] == ARROW]
    cause = next(iter(causes), None) or None
    return match[1] if match else None, NOT_ATTEMPTED not in text, cause


def _earned(outputs, full) -> float | None:
    """The points that a check gave, or None when it gave no number, or an error."""
    points = None
    for output in outputs:
        if output.get("output_type") == "error":
            return None
        if output.get("output_type") == "execute_result":
            text = _text(_dict(output.get("data")).get("text/plain")).strip()
            points = float(text) if _POINTS.fullmatch(text) else None
    return points if points is not None and full > 0 and points <= full else None


def _full(graded) -> float:
    """The points of a cell; 0 when its metadata holds no such number."""
    full = graded.get("points")
    if isinstance(full, bool) or not isinstance(full, int | float):
        return 0.0
    return float(full) if 0 < full < 1e6 and math.isfinite(full) else 0.0


def _text(value) -> str:
    """A text of a notebook, which is a string or a list of lines."""
    if isinstance(value, str):
        return value
    if _is_list(value):
        return "".join(line for line in value if isinstance(line, str))
    return ""


def _dict(value) -> dict:
    return value if isinstance(value, dict) else {}


def _is_list(value) -> bool:
    return isinstance(value, list | tuple)
