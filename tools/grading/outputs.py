"""What may leave the sandbox: text, PNG, and the verdict of a locked check.

Outputs and Markdown of a student are shown in the teacher's browser, in Formgrader with
the teacher's rights. So nothing of them may be HTML, a link or a command of MathJax:
what is here keeps what can only be read.
"""

import ast
import base64
import binascii
import math
import re

from nbformat import NotebookNode
from nbformat.v4 import new_output

from course.checks.verdict import MIME, Verdict, from_bundle

MAX_TEXT = 200_000  # characters of one output
MAX_PNG = 2_000_000  # bytes of one figure
MAX_CELL = 3_000_000  # of all that a cell shows
PNG = b"\x89PNG\r\n\x1a\n"
NUMBER = re.compile(r"-?\d+(\.\d*)?(e[+-]?\d+)?")
COURSE_CHECK = re.compile(r"check\.\w+\(")
MATH_COMMAND = re.compile(
    r"\\(?=(href|url|require|class|cssId|style|data|html|mmlToken|unicode)\b)", re.I
)


def clean_outputs(outputs, locked: bool, full: float = 0) -> list[NotebookNode]:
    """The outputs of a code cell that can be shown anywhere.

    Parameters
    ----------
    outputs : anything
        As it came back: made by code that nobody knows.
    locked : bool
        Whether the cell is a check that the grader put there. Only its verdict is one.
    full : float
        Points that it can give.
    """
    kept, room = [], MAX_CELL
    for output in outputs if isinstance(outputs, list) else []:
        made = _clean(output, locked, full)
        if made is not None and (room := room - _size(made)) > 0:
            kept.append(made)
    return kept


def _clean(output, locked: bool, full: float) -> NotebookNode | None:
    if not isinstance(output, dict):
        return None
    kind, name = output.get("output_type"), output.get("name")
    if kind == "stream" and name in ("stdout", "stderr"):
        return new_output("stream", name=name, text=text_of(output.get("text")))
    if kind == "error":
        ename, evalue = (text_of(output.get(k))[:2000] for k in ("ename", "evalue"))
        lines = output.get("traceback")
        lines = [text_of(t) for t in lines[-50:]] if isinstance(lines, list) else []
        return new_output("error", ename=ename, evalue=evalue, traceback=lines)
    if kind not in ("execute_result", "display_data"):
        return None
    data = output.get("data")
    made = _clean_data(data if isinstance(data, dict) else {}, locked, full)
    if not made:
        return None
    if kind == "display_data":
        return new_output(kind, data=made)
    return new_output(kind, data=made, execution_count=1)


def _clean_data(data: dict, locked: bool, full: float) -> dict:
    made = {}
    if "text/plain" in data:
        made["text/plain"] = text_of(data["text/plain"])
    if png := _png(data.get("image/png")):
        made["image/png"] = png
    if locked and (verdict := verdict_of(data.get(MIME), full)):
        made[MIME] = verdict.bundle()
        made["text/html"] = f"<b>{verdict.points:g} of {verdict.full:g} points</b>"
    return made


def verdict_of(bundle, full: float) -> Verdict | None:
    """The verdict in an output, if it has the form of one and the cell's points."""
    verdict = from_bundle(bundle)
    if verdict is None or verdict.full != full:
        return None
    texts = [verdict.number, verdict.name, *(part.title for part in verdict.parts)]
    short = all(len(text) < 300 for text in [*texts, verdict.cause or ""])
    return verdict if short and len(verdict.parts) < 50 else None


def impossible_points(outputs, full: float) -> str | None:
    """What is wrong with the points that a check shows, or None.

    nbgrader gives all points for NaN, and for a number below 0.
    """
    results = [o for o in outputs if o.output_type == "execute_result"]
    texts = [o.get("data", {}).get("text/plain", "").strip() for o in results]
    numbers = [float(text) for text in texts if NUMBER.fullmatch(text)]
    if any(text.lower() in ("nan", "inf", "-inf") for text in texts):
        return f"{texts[-1][:20]} for points"
    if any(not math.isfinite(n) or not 0 <= n <= full for n in numbers):
        return f"{numbers[-1]:g} points of {full:g}"
    if len(results) != len(numbers):
        return "something that is no number of points"
    verdicts = [o.data[MIME] for o in results if MIME in o.data]
    if any(v["points"] != n for v, n in zip(verdicts, numbers, strict=False)):
        return f"{numbers[-1]:g} points beside a verdict of {verdicts[-1]['points']:g}"
    if numbers and any(o.output_type == "error" for o in outputs):
        return f"an error beside {numbers[-1]:g} points"
    return None


def points_or_none(source: str, outputs: list, full: float) -> tuple[list, str | None]:
    """The outputs that nbgrader may read, and what was odd about the points, or None.

    A check that ends in a value and shows none earns nothing: nbgrader would give it
    all points. One of the course's checks earns nothing without its verdict. What
    stands on stderr is not the check's: it prints to stdout only.
    """
    kept = [o for o in outputs if o.get("name") != "stderr"]
    why = impossible_points(kept, full)
    last = ast.parse(source).body[-1]
    ended = [o for o in kept if o.output_type in ("error", "execute_result")]
    if why is None and COURSE_CHECK.match(ast.unparse(last)):
        results = [o for o in ended if o.output_type == "execute_result"]
        if results and not all(MIME in o.data for o in results):
            why = "points without the verdict of its check"
    if why is None and (ended or not isinstance(last, ast.Expr)):
        return kept, None
    reason = why or "no points came from this check"
    lost = [f"NoPoints: {reason}"]
    error = new_output("error", ename="NoPoints", evalue=reason, traceback=lost)
    return [error, *(o for o in kept if o.output_type != "execute_result")], why


def text_of(value) -> str:
    """A text of a notebook: a string or a list of them, without half characters."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    text = value if isinstance(value, str) else ""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode()


def _png(value) -> str | None:
    lines = value if isinstance(value, list) else [value]
    text = "".join("".join(line.split()) for line in lines if isinstance(line, str))
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not content.startswith(PNG) or len(content) > MAX_PNG:
        return None
    return base64.b64encode(content).decode()


def _size(output) -> int:
    data = output.get("data", {})
    texts = [output.get("text", ""), *output.get("traceback", [])]
    return sum(
        map(len, [*texts, data.get("text/plain", ""), data.get("image/png", "")])
    )


def clean_markdown(source: str) -> str:
    """A student's text in which nothing can run: no HTML, link, picture or diagram.

    It reads as it did: a space keeps a sign from meaning more than itself.
    """
    source = re.sub(r"<(?=[a-zA-Z/!?])", "< ", text_of(source))
    source = re.sub(r"&(?=#?\w+;)", "& ", source)
    source = re.sub(r"\](?=[(:\[])", "] ", source)
    source = re.sub(r"(?i)([`~]{3}\s*)mermaid", r"\1", source)
    return MATH_COMMAND.sub("", source)
