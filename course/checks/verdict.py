"""What a check found, as data: it travels beside the text in the output of a cell.

`results.py` reads it back from a saved notebook. Nothing heavy is imported here, so
that a notebook can be read without torch.
"""

from dataclasses import asdict, dataclass

MIME = "application/vnd.imbalanced-regression.verdict+json"
VERSION = 1
TITLE = "Exercise {number} · {name}"
NOT_ATTEMPTED = "○ not attempted yet: the lesson goes on with the library's version"
ARROW = "→"


@dataclass(frozen=True)
class PartVerdict:
    """A part of an exercise, and whether it earned its points."""

    title: str
    points: float
    earned: bool


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer.

    Attributes
    ----------
    number, name : str
        The exercise: "1.1", "bin_index".
    full : float
        The points that can be earned.
    parts : tuple of PartVerdict
        Empty where nothing was run.
    attempted : bool
        False for a stub.
    cause : str or None
        The sentence that names what went wrong.
    """

    number: str
    name: str
    full: float
    parts: tuple[PartVerdict, ...] = ()
    attempted: bool = True
    cause: str | None = None

    @property
    def points(self) -> float:
        return sum(part.points for part in self.parts if part.earned)

    @property
    def state(self) -> str:
        """One of "solved", "partly", "wrong" and "not attempted"."""
        if not self.attempted:
            return "not attempted"
        if self.points >= self.full:
            return "solved"
        return "partly" if self.points else "wrong"

    def text(self) -> str:
        """The lines that a student reads."""
        lines = [TITLE.format(number=self.number, name=self.name)]
        if not self.attempted:
            lines.append(NOT_ATTEMPTED)
        for part in self.parts:
            unit = "point" if part.points == 1 else "points"
            mark = "✓" if part.earned else "✗"
            lines.append(f"{mark} {part.title} ({part.points:g} {unit})")
        if self.cause:
            lines.append(f"{ARROW if self.parts else '✗'} {self.cause}")
        return "\n  ".join(lines)

    def bundle(self) -> dict:
        """Plain JSON values, from which :func:`from_bundle` makes the verdict again."""
        return {"version": VERSION, "points": self.points, **asdict(self)}


def from_bundle(bundle) -> Verdict | None:
    """Read a verdict from JSON values, or return None where they are none.

    A notebook may hold anything: a form, a type or a number that no check writes is
    refused.
    """
    try:
        version, points = bundle["version"], bundle["points"]
        verdict = Verdict(
            number=bundle["number"],
            name=bundle["name"],
            full=bundle["full"],
            parts=tuple(PartVerdict(**part) for part in bundle["parts"]),
            attempted=bundle["attempted"],
            cause=bundle["cause"],
        )
        numbers = [points, verdict.full, *(part.points for part in verdict.parts)]
        right = (
            version == VERSION
            and all(isinstance(n, int | float) and 0 <= n < 1e6 for n in numbers)
            and all(isinstance(t, str) for t in (verdict.number, verdict.name))
            and all(isinstance(part.title, str) for part in verdict.parts)
            and all(isinstance(part.earned, bool) for part in verdict.parts)
            and isinstance(verdict.attempted, bool)
            and isinstance(verdict.cause, str | None)
            and verdict.points == points <= verdict.full
        )
    except (TypeError, KeyError, AttributeError, OverflowError):
        return None
    return verdict if right else None
