"""What a lesson's script must keep to; each rule with the line and the cure."""

import ast
import io
import re
import tokenize
from pathlib import Path

from tools.lessons.cells import (
    MARKER,
    Cell,
    Problems,
    region_text,
    with_stub,
    without_region,
)

ROLES = ("solution", "test", "manual", "solution-only", "student-only")
GRADED = ("solution", "test", "manual")
# Which marked regions a cell of a role may hold.
REGIONS = {
    "solution": ("SOLUTION", "STUB"),
    "test": ("HIDDEN TESTS",),
    "manual": ("SOLUTION", "MARK SCHEME"),
}
MARKER_WORDS = re.compile(r"\b(BEGIN|END) (SOLUTION|STUB|HIDDEN TESTS|MARK SCHEME)\b")
MAGIC = re.compile(r"\s*(?:# ?)?(?:%{1,2}[A-Za-z]\w*|![A-Za-z]\w*)(\s|$)")


def is_way_in(script: Path) -> bool:
    """Whether a script is ``00_...``, the way in: no lesson, it has no exercises."""
    return script.stem.startswith("00_")


def check_way_in(cells: list[Cell], problems: Problems) -> None:
    for cell in cells:
        if cell.role in GRADED:
            problems.add(
                cell.line,
                cell.name,
                "00_... is the way in and has no exercises; put it into a lesson",
            )


def check_cell(cell: Cell, problems: Problems) -> None:
    """Check one cell; the stub of a solution cell moves into ``cell.stub``."""
    _check_metadata(cell, problems)
    before = len(problems.found)
    _check_regions(cell, problems)
    balanced = len(problems.found) == before
    if cell.kind == "code":
        _check_code(cell, problems)
    if cell.role == "solution" and cell.kind == "code" and balanced:
        _take_stub(cell, problems)


def _check_metadata(cell: Cell, problems: Problems) -> None:
    def wrong(text):
        problems.add(cell.line, cell.name, text)

    if cell.role not in (None, *ROLES):
        wrong(f"unknown role {cell.role!r}; the roles are {', '.join(ROLES)}")
        return
    kind = {"solution": "code", "test": "code", "manual": "markdown"}.get(cell.role)
    if kind not in (None, cell.kind):
        wrong(f"role {cell.role!r} belongs on a {kind} cell, this is {cell.kind}")
    if cell.role in GRADED and not cell.grade_id:
        wrong(f'role {cell.role!r} needs a grade_id="..."')
    if cell.grade_id is not None and cell.role not in GRADED:
        wrong(f"a grade_id needs a role: one of {', '.join(GRADED)}")
    if cell.grade_id and not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", str(cell.grade_id)):
        wrong("a grade_id has letters, digits, _ and - only, and at most 60 of them")
    if cell.role in ("test", "manual"):
        if cell.points is None:
            wrong("points missing; write for example points=2")
        elif not isinstance(cell.points, int) or cell.points < 1:
            wrong(f"points={cell.points!r}; points are a whole number of at least 1")
    elif cell.points is not None:
        wrong('points belong on the check (role="test") or on a role="manual" cell')


def _check_regions(cell: Cell, problems: Problems) -> None:
    """Markers must come in pairs, unnested, and only where the role allows them."""
    allowed = REGIONS.get(cell.role, ())
    opened, counts = None, {}
    for i, text in enumerate(cell.source.splitlines()):
        match = MARKER.match(text)
        if not match:
            if MARKER_WORDS.search(text):
                problems.add(
                    cell.line + i,
                    cell.name,
                    f"{text.strip()!r} looks like a marker; a marker is a line of its "
                    "own, such as '### BEGIN SOLUTION'",
                )
            continue
        edge, region = match.groups()
        if region not in allowed:
            problem = f"a {region} marker does not belong in a {_role_name(cell)}"
        elif edge == "BEGIN" and opened:
            problem = f"BEGIN {region} inside {opened}; close it with END {opened}"
        elif edge == "END" and opened != region:
            problem = f"END {region} without its BEGIN {region}"
        else:
            opened = region if edge == "BEGIN" else None
            counts[region] = counts.get(region, 0) + (edge == "BEGIN")
            continue
        problems.add(cell.line + i, cell.name, problem)
        return
    if opened:
        problems.add(cell.line, cell.name, f"BEGIN {opened} has no END {opened}")
    for region, count in counts.items():
        if count > 1:
            problems.add(
                cell.line, cell.name, f"{count} {region} regions; one is allowed"
            )
    if cell.role == "solution" and "SOLUTION" not in counts:
        problems.add(
            cell.line,
            cell.name,
            "no solution region; put ### BEGIN SOLUTION and ### END SOLUTION round it",
        )
    if cell.role == "manual" and not counts:
        problems.add(
            cell.line,
            cell.name,
            "nothing to take out of the student's copy; put === BEGIN MARK SCHEME === "
            "and === END MARK SCHEME === round the expected answer",
        )


def _role_name(cell: Cell) -> str:
    return f"cell of role {cell.role!r}" if cell.role else "cell without a role"


def _check_code(cell: Cell, problems: Problems) -> None:
    for i, text in enumerate(cell.source.splitlines()):
        if MAGIC.match(text):
            problems.add(
                cell.line + i,
                cell.name,
                f"{text.strip()!r} is a magic or a shell line; write plain Python",
            )
            return
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1) - 1
        problems.add(line, cell.name, f"Python cannot read this: {error.msg}")
        return
    line = _trailing_semicolon(cell.source)
    if line is not None:
        problems.add(
            cell.line + line - 1,
            cell.name,
            "the cell ends in ';', which nbval ignores; end with plt.show() or _ = ...",
        )
    if cell.role == "test":
        visible = ast.parse(without_region(cell.source, "HIDDEN TESTS"))
        for body in (tree.body, visible.body):
            if not body or not isinstance(body[-1], ast.Expr):
                continue
            if not _is_check_call(body[-1].value):
                problems.add(
                    cell.line + body[-1].lineno - 1,
                    cell.name,
                    "the grade cell ends in a value, which nbgrader reads as points; "
                    "end with a call of check... or with an assert",
                )
                return
        ends = [b and isinstance(b[-1], ast.Expr) for b in (tree.body, visible.body)]
        if ends == [False, True]:
            problems.add(
                cell.line,
                cell.name,
                "hidden tests after the call of check... hide its points from "
                "nbgrader; put them before it",
            )


def _trailing_semicolon(source: str) -> int | None:
    """The line of a ``;`` that ends the code, or None."""
    skipped = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    last = [token for token in tokens if token.type not in skipped][-1:]
    return last[0].start[0] if last and last[0].string == ";" else None


def _is_check_call(value: ast.expr) -> bool:
    """Whether it is ``check...(...)`` or ``check....name(...)``."""
    if not isinstance(value, ast.Call):
        return False
    root = value.func
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id.startswith("check")


def _take_stub(cell: Cell, problems: Problems) -> None:
    """Move the commented stub of a solution cell into ``cell.stub``, uncommented."""
    lines = region_text(cell.source, "STUB")
    solution = [line.strip() for line in region_text(cell.source, "SOLUTION")]
    offset = next(
        (i for i, t in enumerate(cell.source.split("\n")) if "BEGIN STUB" in t), 0
    )
    indent = min((len(t) - len(t.lstrip()) for t in lines if t.strip()), default=0)
    stub = []
    for i, line in enumerate(lines, start=1):
        text = line[indent:].rstrip()
        if text and not re.match(r"#( |$)", text):
            problems.add(
                cell.line + offset + i,
                cell.name,
                f"the stub line {text.strip()!r} is not a comment; write '# {text}'",
            )
            return
        text = text[2:]
        stub.append(text)
        if not _in_solution(text.strip(), solution):
            problems.add(
                cell.line + offset + i,
                cell.name,
                f"the stub line {text.strip()!r} is not in the solution; write a line "
                "of the solution, with ... for what the student fills in",
            )
    not_attempted = f'raise NotImplementedError("not attempted yet: {cell.grade_id}")'
    if not stub:
        stub = ["# YOUR CODE HERE", not_attempted]
    elif not any(text.strip().startswith("raise NotImplementedError") for text in stub):
        stub = ["# Delete the next line when you start.", not_attempted, *stub]
    cell.stub = "\n".join(stub)
    cell.source = without_region(cell.source, "STUB").rstrip()
    _check_student_code(cell, problems)


def _in_solution(text: str, solution: list[str]) -> bool:
    """Whether a stub line, with ``...`` for any text, is a line of the solution."""
    if not text or text.startswith(("#", "raise NotImplementedError")):
        return True  # guidance for the student, not code
    pattern = ".*".join(re.escape(part) for part in text.split("..."))
    return any(re.fullmatch(pattern, line) for line in solution)


def _check_student_code(cell: Cell, problems: Problems) -> None:
    try:
        ast.parse(with_stub(cell.source, cell.stub))
    except SyntaxError as error:
        problems.add(
            cell.line,
            cell.name,
            f"with its stub Python cannot read the cell: {error.msg}; "
            "is the stub indented as the solution is?",
        )


def check_ids(cells: list[Cell], problems: Problems) -> None:
    seen: dict[str, int] = {}
    for cell in cells:
        if cell.grade_id in seen:
            problems.add(
                cell.line,
                cell.name,
                f"the grade_id is used already on line {seen[cell.grade_id]}",
            )
        elif cell.grade_id:
            seen[cell.grade_id] = cell.line
    for i, cell in enumerate(cells):
        if cell.role != "solution" or not cell.grade_id:
            continue
        later = [c.grade_id or "" for c in cells[i + 1 :] if c.role == "test"]
        if not any(name.startswith(f"{cell.grade_id}_check") for name in later):
            problems.add(
                cell.line,
                cell.name,
                "no check follows; add a cell with "
                f'grade_id="{cell.grade_id}_check" points=... role="test"',
            )
