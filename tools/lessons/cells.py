"""The cells of a lesson's script, and the marked regions inside a cell."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

MARKER = re.compile(
    r"\s*(?:###|===) (BEGIN|END) (SOLUTION|STUB|HIDDEN TESTS|MARK SCHEME)(?: ===)?\s*$"
)


class LessonError(Exception):
    """A script that cannot be built; says every problem found, a line each."""

    def __init__(self, problems):
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass
class Cell:
    """One cell of a script; ``line`` is that of the first line of ``source``."""

    kind: str
    source: str
    line: int
    role: str | None = None
    grade_id: str | None = None
    points: float | None = None
    tags: list[str] = field(default_factory=list)
    stub: str | None = None

    @property
    def name(self) -> str:
        return f"exercise {self.grade_id}" if self.grade_id else f"{self.kind} cell"


def shown(path: Path) -> str:
    """The path as seen from here."""
    try:
        return os.path.relpath(path)
    except ValueError:  # on another drive of Windows
        return str(path)


class Problems:
    """Collects problems, each with its file, line and exercise."""

    def __init__(self, path: Path):
        self.path = shown(path)
        self.found: list[str] = []

    def add(self, line: int, name: str, text: str) -> None:
        self.found.append(f"{self.path}:{line}: {name}: {text}")


def without_region(source: str, region: str, replacement: str | None = None) -> str:
    """Take a marked region out; ``replacement`` goes in its place."""
    kept, inside = [], False
    for line in source.split("\n"):
        match = MARKER.match(line)
        if match and match[2] == region:
            inside = match[1] == "BEGIN"
            if inside and replacement is not None:
                kept.append(replacement)
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def region_text(source: str, region: str) -> list[str]:
    """The lines of a marked region, without its markers."""
    found, inside = [], False
    for line in source.split("\n"):
        match = MARKER.match(line)
        if match and match[2] == region:
            inside = match[1] == "BEGIN"
        elif inside:
            found.append(line)
    return found


def with_stub(source: str, stub: str) -> str:
    """The student's cell: the stub, indented like the solution, in its place."""
    begin = next(t for t in source.split("\n") if "BEGIN SOLUTION" in t)
    indent = begin[: len(begin) - len(begin.lstrip())]
    lines = [indent + t if t else "" for t in stub.split("\n")]
    return without_region(source, "SOLUTION", "\n".join(lines))
