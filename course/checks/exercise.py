"""The checks of the exercises: they run a student's function and name what went wrong.

A check calls the function on many inputs, runs all of them, and compares with the
library's answer. When the results agree with a known wrong answer, it says its cause.
It prints to stdout only, never a traceback, and gives its points to nbgrader.
"""

import contextlib
import copy
import inspect
import io
import re
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

import dirlib
from course.checks.compare import difference, is_tensor, same, short
from course.checks.gradients import gradient_fault
from course.checks.origins import begun, from_a_library, last_line, other_function
from course.checks.slips import Slip
from course.checks.verdict import MIME, PartVerdict, Verdict


@dataclass(frozen=True)
class Part:
    """Some inputs that earn points together: all of them must be right."""

    title: str
    points: float
    inputs: list  # of tuples of arguments


@dataclass(frozen=True)
class Wrong:
    """A typical wrong answer, and the sentence that helps whoever wrote it."""

    answer: Callable
    cause: str


@dataclass(frozen=True)
class Outcome:
    """What one call gave.

    A value or an exception, whether it changed its input, what is wrong with its
    gradient, and what it printed.
    """

    value: object = None
    error: Exception | None = None
    mutated: bool = False
    gradient: str | None = None
    printed: str = ""


class Points(float):
    """Points as a number, which nbgrader reads; a sentence; and the verdict."""

    def __new__(cls, verdict):
        self = super().__new__(cls, verdict.points)
        self.verdict, self.full = verdict, verdict.full
        return self

    def _repr_mimebundle_(self, **kwargs):
        return {
            "text/plain": repr(float(self)),
            "text/html": f"<b>{self:g} of {self.full:g} points</b>",
            MIME: self.verdict.bundle(),
        }


@dataclass(frozen=True)
class Exercise:
    """One exercise: call it with the student's function to check that function.

    Parameters
    ----------
    number, name : str
        "1.1" and the function's name.
    reference : callable
        A right answer; it may raise an exception, and then the student's must too.
    parts : list of Part
    wrong : list of Wrong or Slip
        Typical wrong answers, the most typical first. A slip changes `reference`, which
        must then be a function or a class of the module.
    rtol : float
        Relative tolerance of numbers.
    adapt : callable, optional
        Turns an answer into a function of the inputs: to run a class, or to ask for a
        gradient beside the value.
    """

    number: str
    name: str
    reference: Callable
    parts: list[Part]
    wrong: list[Wrong] = field(default_factory=list)
    rtol: float = 1e-5
    adapt: Callable | None = None
    _ran: dict = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self):
        wrong = [
            Wrong(each.answer(self.reference), each.cause)
            if isinstance(each, Slip)
            else each
            for each in self.wrong
        ]
        object.__setattr__(self, "wrong", wrong)

    @property
    def points(self):
        return sum(part.points for part in self.parts)

    def __call__(self, answer):
        """Check `answer`, print what was found, and return the points."""
        verdict, printed = self._examine(answer)
        print(verdict.text())
        if printed and verdict.state != "solved":
            # Its own marks would look like the check's.
            lines = re.sub(r"[✓✗○→]", "·", printed).strip().splitlines()
            more = " ..." if len(lines) > PRINTED_LINES else ""
            said = " / ".join(lines[:PRINTED_LINES])[:PRINTED]
            print(f"  your function printed: {said}{more}")
        return Points(verdict)

    def or_library(self, answer):
        """Return the answer if it is right, and the library's if not.

        One line says so where an answer was written.
        """
        verdict = self.verdict(answer)
        if verdict.state == "solved":
            return answer
        if verdict.attempted:
            print(
                f"{self.name}: the library's function is used here, since yours is not "
                "right yet"
            )
        return self.reference

    def verdict(self, answer):
        """Check `answer` and return what was found, a `Verdict`."""
        return self._examine(answer)[0]

    def _examine(self, answer):
        """The verdict, and what was printed for the first input that went wrong."""
        about = {"number": self.number, "name": self.name, "full": self.points}
        if not callable(answer):
            cause = f"this is no function but {short(answer)}: pass {self.name} itself"
            return Verdict(**about, cause=cause), ""
        inputs = self._inputs()
        got = list(self._outcomes(answer))
        stopped = all(
            isinstance(o.error, NotImplementedError)
            and not from_a_library(answer, o.error)
            for o in got
        )
        unwritten = _unwritten(answer, got)
        if stopped and not unwritten and not begun(answer):
            return Verdict(**about, attempted=False), ""
        want = list(self._known_outcomes(self.reference))
        problems = [
            problem(g, w, self.rtol, _place(answer, g.error))
            for g, w in zip(got, want, strict=True)
        ]
        parts, start = [], 0
        for part in self.parts:
            end = start + len(part.inputs)
            earned = not any(problems[start:end])
            parts.append(PartVerdict(part.title, part.points, earned))
            start = end
        cause = None
        if any(problems):
            cause = unwritten or (_RAISE_LEFT if stopped else self.cause(got, want))
            if not cause:
                before = _CONSTANT if _constant(got, want, self.rtol) else ""
                cause = before + _first(answer, inputs, problems)
        pairs = zip(got, problems, strict=True)
        printed = next((outcome.printed for outcome, text in pairs if text), "")
        return Verdict(**about, parts=tuple(parts), cause=cause), printed

    def _inputs(self):
        return [args for part in self.parts for args in part.inputs]

    def _outcomes(self, answer):
        """What each input gives, one at a time."""
        function = self.adapt(answer) if self.adapt else answer
        inputs = self._inputs()
        for i, args in enumerate(inputs, start=1):
            with _patience(f"{self.name}: input {i} of {len(inputs)}"):
                outcome = run(function, args)
            yield outcome

    def _known_outcomes(self, answer):
        """The same of an answer of ours: each input is run once, when it is asked for.

        An interrupt, at any time, loses nothing that was run.
        """
        function = self.adapt(answer) if self.adapt else answer
        ran = self._ran.setdefault(answer, [])
        for i, args in enumerate(self._inputs()):
            if i == len(ran):
                ran.append(run(function, args))
            yield ran[i]

    def cause(self, got, want):
        """The cause of a known wrong answer that behaves as `got` does, or None."""
        if _alike(got, want, want, self.rtol):  # wrong in its type, say, not its values
            return None
        for wrong in self.wrong:
            # Most wrong answers differ at the first inputs: the others aren't run.
            if _alike(self._known_outcomes(wrong.answer), got, want, self.rtol):
                return wrong.cause
        return None


_RAISE_LEFT = (
    "your code runs into the line `raise NotImplementedError`: delete it, and return "
    "your result"
)


def _unwritten(answer, outcomes):
    """Say which function of another exercise isn't written yet, or return None."""
    errors = [o.error for o in outcomes if isinstance(o.error, NotImplementedError)]
    name = next(filter(None, (other_function(answer, e) for e in errors)), None)
    if name is None:
        return None
    known = hasattr(dirlib, name)
    instead = f"dirlib.{name}" if known else "the library's function (see the hints)"
    return (
        f"your function calls `{name}`, which isn't written yet: solve that exercise "
        f"first, or use {instead}"
    )


def _place(answer, error):
    name = other_function(answer, error)
    line = last_line(answer, error)
    at = f", at `{line}`" if line and not name else ""
    return f"`{name}`, which your function calls" if name else f"your function{at}"


def _alike(some, others, want, rtol):
    """Whether two lists of outcomes agree: values, and kinds of exception.

    An exception that isn't wanted has the same message, too, or it has another cause.
    """
    return all(
        type(a.error) is type(b.error)
        and (w.error is not None or _message(a.error) == _message(b.error))
        and same(a.value, b.value, rtol)
        for a, b, w in zip(some, others, want, strict=True)
    )


_CONSTANT = "your function gives the same result for every input: use its arguments; "


def _constant(got, want, rtol):
    """Whether three or more results are all the same although they should differ."""
    pairs = [(g, w) for g, w in zip(got, want, strict=True) if w.error is None]
    if len(pairs) < 3 or pairs[0][0].value is None:
        return False
    first, wanted = pairs[0]
    return all(same(g.value, first.value, 0) for g, _ in pairs) and not all(
        same(w.value, wanted.value, rtol) for _, w in pairs
    )


PRINTED, PRINTED_LINES = 200, 4  # characters and lines of it that are shown


class _Silence(io.TextIOBase):
    """Keeps the first that is printed: a gigabyte of it would fill the memory."""

    text = ""

    def write(self, text):
        if len(self.text) <= PRINTED:
            self.text += text[: PRINTED + 1]
        return len(text)


@contextlib.contextmanager
def _patience(what, seconds=20):
    """Say that something takes long, once, on the page as it is outside a run."""
    page = sys.stdout

    def say():
        print(f"  {what} takes more than {seconds} s; stop it with ■", file=page)

    timer = threading.Timer(seconds, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def run(function, args):
    """Call a function on a copy of its arguments, in silence."""
    mine = copy.deepcopy(args)
    silence = _Silence()
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            value = function(*mine)
            mutated = not same(mine, args, 0)
            gradient = _gradient(function, args, value)
    except (Exception, SystemExit) as error:
        mutated = not same(mine, args, 0)
        return Outcome(error=error, mutated=mutated, printed=silence.text)
    return Outcome(value, None, mutated, gradient, silence.text)


def _gradient(function, args, value):
    """What is wrong with the gradient of a tensor, where an input wants one."""
    if not is_tensor(value) or not any(is_tensor(a) and a.requires_grad for a in args):
        return None
    try:
        return gradient_fault(function, args)
    except Exception:  # it may refuse float64: then only its gradient's being is known
        return None if value.requires_grad else "none arrives"


def problem(got, want, rtol, place="your function"):
    """Say in a sentence how an outcome differs from the wanted one, or return None.

    `place` is where an error came up.
    """
    if got.mutated and not want.mutated:
        return "your function changes its input: work on a copy, or on a new array"
    if want.error is not None:
        if isinstance(got.value, Exception):
            return "this input must be refused, but you return the error: raise it"
        if got.error is None:
            return f"this input must be refused with a {type(want.error).__name__}"
        if type(got.error) is not type(want.error):
            return (
                f"this input must be refused with a {type(want.error).__name__}, "
                f"but {_error(got.error)} came"
            )
        return None
    if got.error is not None:
        return f"{_error(got.error)} came up inside {place}"
    if got.value is None and want.value is not None:
        return "your function returns None: does it end with a return statement?"
    text = difference(got.value, want.value, rtol)
    if text is None and got.gradient and not want.gradient:
        return (
            f"the values are right, but the gradient is wrong: {got.gradient}. Stay "
            "with torch's operations from the inputs to the result"
        )
    return text


def _error(error):
    message = _message(error).strip() or "no message"
    return f"{type(error).__name__} ({message.splitlines()[0][:100]})"


def _message(error):
    try:
        return str(error)
    except Exception:  # a student's own class may fail to say what it is
        return ""


def _first(answer, inputs, problems):
    """The first input that went wrong, by the names of the student's parameters."""
    args, text = next((a, p) for a, p in zip(inputs, problems, strict=True) if p)
    shown = [short(a) for a in args]
    if "must be refused" in text:  # it is refused for its shapes, not for its values
        shown = [str(list(a.shape)) if hasattr(a, "shape") else short(a) for a in args]
    try:
        names = list(inspect.signature(answer).parameters)
    except (TypeError, ValueError):  # a function written in C has none to show
        names = []
    if len(names) == len(args):
        shown = [f"{name} = {value}" for name, value in zip(names, shown, strict=True)]
    return f"for {', '.join(shown)}: {text}"
