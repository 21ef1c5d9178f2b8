"""Guess before you see the result: a line to type into, kept beside the lesson.

``guess.number("2.1", "How much closer?", unit="years", low=0, high=50)`` or
``guess.choice("2.2", "Which one?", ["A", "B"])`` shows it, as the last line of a cell;
``guess.compare("2.1", value)`` shows the guess beside the result. A guess is kept
through Run All, a new kernel and opening the lesson again. Nothing here fails for a
student.
"""

import html
import math
from pathlib import Path
from statistics import median

from course.guess_file import GuessFile
from course.guess_question import Question

_questions = {}  # those that this kernel asked, by key


def number(key, question, *, unit="", low=None, high=None):
    """Ask for a number.

    Parameters
    ----------
    key : str
        The lesson and the number of the question in it, "2.1".
    question : str
    unit : str
    low, high : float, optional
        The ends of the scale: a guess lies between them.
    """
    ends = [None if end is None else float(end) for end in (low, high)]
    return _ask(Question(key, question, unit, *ends))


def choice(key, question, options):
    """Ask to choose one of two or more options, a list of texts.

    The other arguments are those of :func:`number`.
    """
    if not options or isinstance(options, str):
        raise ValueError(f"options must be a list of texts, got {options!r}")
    return _ask(Question(key, question, options=tuple(options)))


def compare(key, result):
    """Show the guess of a question beside its result, in one line.

    Parameters
    ----------
    key : str
    result : float or str
        A number, or one of the options.
    """
    from IPython.display import display

    display(Comparison(key, result))


def score(folder=".."):
    """Show how good the guesses of all lessons were.

    Parameters
    ----------
    folder : str
        Where the folders of the lessons lie.
    """
    return Score(folder)


class Asked:
    """A question with a line to type into, or with a button for each option."""

    def __init__(self, question, file):
        from course.guess_widget import make_widget

        self.question = question
        self.box = make_widget(question, file)

    def __repr__(self):
        question = self.question
        answers = " / ".join(question.options) or question.scale
        told = f"Predict {question.key} · {question.text}"
        return f"{told} ({answers})" if answers else told

    def _repr_mimebundle_(self, **kwargs):
        # What is stored of it is the question alone.
        return self.box._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}


class Comparison:
    """A guess and the result, beside each other."""

    def __init__(self, key, result):
        result = _plain(result)
        entry = _file.read().get(key)
        self.question = _questions.get(key) or Question.of(key, entry or {})
        self.guess, self.result = None, result
        if entry and self.question and self.question.fits(entry["guess"]):
            self.guess = entry["guess"]
            if result is not None:
                _file.write(key, entry | {"result": result})

    def __repr__(self):
        if self.result is None:
            return "There is no result to compare with yet."
        if self.guess is None:
            return f"The result is {self._shown()}; you made no guess."
        return self.question.compared(self.guess, self.result)

    def _shown(self):
        return self.question.shown(self.result) if self.question else str(self.result)

    def _repr_html_(self):
        drawn = ""
        if None not in (self.guess, self.result):
            drawn = self.question.drawing(self.guess, self.result)
        return f"<div>{html.escape(repr(self))}</div>{drawn}"


class Score:
    """The guesses of all lessons and their results."""

    def __init__(self, folder):
        self.problems, self.rows = [], []
        for path in sorted(Path(folder).glob("[0-9][0-9]_*")):
            file = GuessFile(path)
            for key, entry in sorted(
                file.read().items(), key=lambda item: _order(item[0])
            ):
                if question := Question.of(key, entry):
                    self.rows.append((question, entry["guess"], entry.get("result")))
            if file.problem:
                self.problems.append(f"{path.name}: {file.problem}")

    def __repr__(self):
        if not self.rows:
            told = "No guesses yet: look for “Predict” in the lessons."
            return "\n".join([told, *self.problems])
        known = [row for row in self.rows if row[2] is not None]
        parts = [f"{len(self.rows)} guesses, {len(known)} of them with a result."]
        if len(self.rows) == 1:
            parts = [f"1 guess, {'with' if known else 'still without'} a result."]
        chosen = [g == r for _, g, r in known if isinstance(g, str)]
        if chosen:
            parts.append(f"Of your choices, {sum(chosen)} of {len(chosen)} came out.")
        far = [(q.distance(g, r), q) for q, g, r in known]
        far = [(d, q) for d, q in far if d is not None]
        if far:
            off = median(d for d, _ in far)
            parts.append(f"Half of your numbers were within {off:.0%} of the scale.")
            worst, question = max(far, key=lambda pair: pair[0])
            if worst > 0.2:
                parts.append(f"Your greatest surprise was question {question.key}.")
        return "\n".join([" ".join(parts), *self.problems])

    def _repr_html_(self):
        lines = "".join(
            f"<p>{html.escape(line)}</p>" for line in repr(self).splitlines()
        )
        if not self.rows:
            return lines
        body = "".join(_row("td", *_cells(*row)) for row in self.rows)
        heads = _row("th", "", "question", "you guessed", "the result")
        return f"{lines}<table><thead>{heads}</thead><tbody>{body}</tbody></table>"


def _ask(question):
    _questions[question.key] = question
    return Asked(question, _file)


def _plain(result):
    """A result as a text or a finite number; None where a student computed neither."""
    if isinstance(result, str):
        return result
    try:
        value = float(result)
    except Exception:  # no number
        return None
    return value if math.isfinite(value) else None


def _order(key):
    return [int(part) for part in key.split(".") if part.isdigit()]


def _cells(question, guess, result):
    result = "not run yet" if result is None else question.shown(result)
    return question.key, question.text, question.shown(guess), result


def _row(tag, *cells):
    style = 'style="text-align:left"'
    return (
        f"<tr>{''.join(f'<{tag} {style}>{html.escape(c)}</{tag}>' for c in cells)}</tr>"
    )


def _folder():
    try:
        return Path.cwd()
    except OSError:  # it was deleted
        return Path()


_file = GuessFile(_folder())  # a lesson runs in its own folder
