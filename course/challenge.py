"""The open challenge of a lesson: a number to beat, and never points.

``challenge.report("1", value, to_beat=9.8, unit="years")`` says in one line how the
student's number compares. It leaves the number as data in the cell's output, from which
a list of a class's numbers can be made.
"""

import math
from dataclasses import asdict, dataclass

MIME = "application/vnd.imbalanced-regression.challenge+json"
VERSION = 1


@dataclass(frozen=True)
class Report:
    """A student's number in a challenge; shown as a line, and kept as data.

    Attributes
    ----------
    lesson : str
        "1" to "6".
    value : float or None
        None where there is no finite number yet.
    to_beat : float or None
    unit : str
    higher : bool
        Whether a higher number is better; otherwise a lower one is.
    """

    lesson: str
    value: float | None
    to_beat: float | None = None
    unit: str = ""
    higher: bool = False

    @property
    def beaten(self):
        """Whether it is better than the number to beat; None if one is missing."""
        if self.value is None or self.to_beat is None:
            return None
        if self.higher:
            return self.value > self.to_beat
        return self.value < self.to_beat

    def __repr__(self):
        goal = ""
        if self.to_beat is not None:
            goal = f"the number to beat is {self._shown(self.to_beat)}"
        if self.value is None:
            told = "○ no number yet"
            return f"Challenge {self.lesson} · {'; '.join(filter(None, [told, goal]))}"
        mark = {True: "★ beaten: ", False: "", None: ""}[self.beaten]
        told = f"{mark}yours is {self._shown(self.value)}"
        return f"Challenge {self.lesson} · {'; '.join(filter(None, [told, goal]))}"

    def _shown(self, value):
        return f"{value:.4g} {self.unit}".strip()

    def _repr_mimebundle_(self, **kwargs):
        return {"text/plain": repr(self), MIME: self.bundle()}

    def bundle(self):
        """Plain JSON values, from which :func:`from_bundle` makes the report again."""
        return {"version": VERSION, **asdict(self)}


def report(lesson, value, *, to_beat=None, unit="", higher=False):
    """Say how a number compares with the one to beat.

    Parameters
    ----------
    lesson : str
    value : float
        On validation data. What isn't a finite number counts as none yet.
    to_beat : float, optional
    unit : str
    higher : bool
        Whether a higher number is better.

    Returns
    -------
    Report
        Shown when it is the last line of a cell.
    """
    to_beat = None if to_beat is None else _rounded(to_beat)
    return Report(str(lesson), _rounded(value), to_beat, unit, bool(higher))


def from_bundle(bundle):
    """Read a report from JSON values, or return None where they are none.

    A notebook may hold anything: a form, a type or a number that `report` doesn't write
    is refused.
    """
    try:
        fields = dict(bundle)
        version = fields.pop("version")
        found = Report(**fields)
        right = (
            version == VERSION
            and isinstance(found.lesson, str)
            and isinstance(found.unit, str)
            and isinstance(found.higher, bool)
            and all(_is_number(v) for v in (found.value, found.to_beat))
        )
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
        return None
    return found if right else None


def _is_number(value):
    if value is None:
        return True
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


def _rounded(value):
    """Four digits: the last ones differ from processor to processor."""
    try:
        value = float(value)
    except Exception:  # whatever a student computed: no number
        return None
    return float(f"{value:.4g}") if math.isfinite(value) else None
