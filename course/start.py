"""What the way into the course shows: faces, its map, and how far the student is."""

import html
import json
from dataclasses import dataclass
from pathlib import Path

from matplotlib.patches import FancyBboxPatch

from course.checks.results import ANSWER_HERE, Result, results
from course.figures.style import BLUE, DARK, make_axes
from course.first_look import guessed_faces

LESSONS = {
    "01_imbalance": "Imbalance in regression",
    "02_lds": "Kernel density estimation and LDS",
    "03_statistics": "Feature statistics and the age-0 anomaly",
    "04_fds": "Building FDS",
    "05_training": "Full training",
    "06_capstone": "Your own rare numbers",
}
DONE = ("solved", "answered")
__all__ = ["course_map", "guessed_faces", "progress"]
# A state is told by a symbol and by words, never by a colour.
WORDS = {
    "solved": "✓ solved",
    "partly": "◐ partly right",
    "wrong": "✗ not right yet",
    "not attempted": "○ not attempted",
    "not run": "– not run",
    "error": "! error",
    "answered": "✓ answered",
    "empty": "○ no answer yet",
}
ADVICE = {
    "not run": "run the check, then save the lesson",
    "error": "the check did not come to its end: run the lesson from its top",
    "answered": "its points are given by hand",
    "empty": f"write your answer in place of “{ANSWER_HERE.strip('*')}”",
}


@dataclass(frozen=True)
class LessonProgress:
    """One lesson: its results, or the reason why there are none."""

    name: str
    results: list[Result]
    problem: str | None = None

    @property
    def title(self):
        return f"Lesson {int(self.name[:2])} · {LESSONS[self.name]}"

    @property
    def done(self):
        return sum(r.state in DONE for r in self.results)

    @property
    def exercises(self):
        """How many exercises are done."""
        return f"{self.done} of {len(self.results)}"

    @property
    def points(self):
        return _points(self.results)


class Progress:
    """All lessons as a page for the notebook; printed, as plain text.

    Parameters
    ----------
    lessons : list of LessonProgress
    folder : str
        The folder of the lessons, as links write it.
    """

    def __init__(self, lessons, folder):
        self.lessons = lessons
        self.folder = folder

    def next(self):
        """The first lesson and exercise that is open, or None."""
        open_ones = ((s, r) for s in self.lessons for r in s.results)
        return next(((s, r) for s, r in open_ones if r.state not in DONE), None)

    def summary(self):
        """Points and exercises of the whole course in a sentence."""
        found = [r for lesson in self.lessons for r in lesson.results]
        done = sum(lesson.done for lesson in self.lessons)
        return f"{done} of {len(found)} exercises are done; points: {_points(found)}"

    def __repr__(self):
        lines = [self.summary(), f"Next: {self._next_text()}"]
        for lesson in self.lessons:
            lines += ["", lesson.title]
            if lesson.problem:
                lines.append(f"  {lesson.problem}")
                continue
            lines.append(f"  exercises {lesson.exercises}, points {lesson.points}")
            lines += [f"  {_line(result)}" for result in lesson.results]
        return "\n".join(lines)

    def _repr_html_(self):
        lesson, _ = self.next() or (None, None)
        where = html.escape(self._next_text())
        if lesson:
            where = self._link(lesson, where)
        rows = [self._row(each) for each in self.lessons]
        heads = _row("th", "lesson", "done", "exercises", "points")
        return "\n".join(
            [
                f"<p><b>{self.summary()}</b><br>Next: {where}</p>",
                f"<table>\n<thead>{heads}</thead>\n<tbody>",
                *rows,
                "</tbody>\n</table>",
                *(_details(each, each is lesson) for each in self.lessons),
            ]
        )

    def _next_text(self):
        found = self.next()
        if found:
            lesson, result = found
            return f"exercise {_name(result)}, in lesson {int(lesson.name[:2])}"
        if any(lesson.problem for lesson in self.lessons):
            return "see the lines on the lessons below"
        return "nothing is open. The last part of each lesson says how to go further"

    def _row(self, lesson):
        title = html.escape(lesson.title)
        if lesson.problem:
            told = html.escape(lesson.problem)
            return (
                f'<tr><td {_LEFT}>{title}</td><td {_LEFT} colspan="3">{told}</td></tr>'
            )
        bar = (
            f'<progress value="{lesson.done}" max="{len(lesson.results)}" '
            f'aria-label="{title}: {lesson.exercises} exercises done"></progress>'
        )
        return _row(
            "td", self._link(lesson, title), bar, lesson.exercises, lesson.points
        )

    def _link(self, lesson, text):
        return f'<a href="{self.folder}/{lesson.name}/{lesson.name}.ipynb">{text}</a>'


def progress(folder="..") -> Progress:
    """Read the saved lessons and show how far they are.

    Nothing is run, and a lesson that is missing or damaged gets a line that says so.

    Parameters
    ----------
    folder : str
        Where the folders of the lessons lie.
    """
    return Progress([read_lesson(Path(folder), n) for n in LESSONS], str(folder))


def read_lesson(folder: Path, name: str) -> LessonProgress:
    """The progress of the lesson `name`, which lies in a folder of its own name."""
    path = folder / name / f"{name}.ipynb"
    shown = f"{name}/{name}.ipynb"
    try:
        found = results(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        told = f"the file {shown} is not here: you get it later, or it has moved"
        return LessonProgress(name, [], told)
    except OSError as error:
        told = f"the file {shown} does not open: {error.strerror}"
        return LessonProgress(name, [], told)
    except (ValueError, RecursionError):
        told = f"the file {shown} is damaged: keep it, and put a new copy in its place"
        return LessonProgress(name, [], told)
    if not found:
        told = f"the file {shown} holds no exercise: put a new copy in its place"
        return LessonProgress(name, [], told)
    best = {}  # a cell may have been copied: the copy that earned the most counts
    for result in found:
        if result.grade_id not in best or result.points > best[result.grade_id].points:
            best[result.grade_id] = result
    return LessonProgress(name, list(best.values()))


def course_map():
    """Draw what becomes of labels and images, and which lesson builds which part."""
    fig, ax = make_axes(height=2.9)
    ax.set(xlim=(-0.55, 4.55), ylim=(-0.95, 1.75))
    ax.axis("off")
    labels = ["labels $y$", "bins, regions", "smoothed\ncounts: LDS", "weights", "loss"]
    images = ["images $x$", "features $z$", "statistics\nof each bin"]
    images += ["calibration:\nFDS", "predictions $\\hat{y}$"]
    for texts, y, lessons in ((labels, 1, "-1222"), (images, 0, "--34-")):
        for x, (text, lesson) in enumerate(zip(texts, lessons, strict=True)):
            _box(ax, x, y, text, lesson)
            if x:
                _arrow(ax, (x - 0.57, y), (x - 0.41, y))
    _arrow(ax, (4, 0.31), (4, 0.69))
    frame = FancyBboxPatch(
        (-0.48, -0.4), 4.96, 2.02, boxstyle="round,pad=0.05", fill=False, ls="--"
    )
    ax.add_patch(frame)
    told = "lesson 5 trains all of it on faces, lesson 6 on a table of your own"
    ax.text(2, -0.72, told, **_MID)
    return fig


_MID = {"ha": "center", "va": "center", "color": DARK}
_LEFT = 'style="text-align:left"'
_NARROW = 'style="text-align:left; white-space:nowrap"'


def _box(ax, x, y, text, lesson):
    ours = lesson != "-"
    box = FancyBboxPatch(
        (x - 0.36, y - 0.25),
        0.72,
        0.5,
        boxstyle="round,pad=0.04",
        facecolor="white",
        edgecolor=BLUE if ours else DARK,
        linewidth=2 if ours else 0.8,
    )
    ax.add_patch(box)
    ax.text(x, y, text, fontsize=9, **_MID)
    if ours:
        ax.text(x, y + 0.42, f"lesson {lesson}", fontsize=8, weight="bold", **_MID)


def _arrow(ax, start, end):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": DARK})


def _points(found):
    """Points earned, of all; and how many of them no check can give."""
    told = f"{sum(r.points for r in found):g} of {sum(r.full for r in found):g}"
    by_hand = sum(r.full for r in found if r.state in ("answered", "empty"))
    return f"{told} ({by_hand:g} by hand)" if by_hand else told


def _name(result):
    return " ".join(filter(None, [result.number, result.name]))


def _said(result):
    return ADVICE.get(result.state) or result.message or ""


def _line(result):
    told = f"{WORDS[result.state]}  {_name(result)}, points: {_of(result)}"
    return f"{told}; {_said(result)}" if _said(result) else told


def _of(result):
    """The points of one exercise."""
    if result.state in ("answered", "empty"):
        return f"{result.full:g} by hand"
    return f"{result.points:g} of {result.full:g}"


def _row(tag, *cells, last=_NARROW):
    styles = [_NARROW] * (len(cells) - 1) + [last]
    pairs = zip(styles, cells, strict=True)
    return f"<tr>{''.join(f'<{tag} {s}>{c}</{tag}>' for s, c in pairs)}</tr>"


def _details(lesson, unfolded):
    """The exercises of a lesson, folded in unless it is the one to go on with."""
    if lesson.problem:
        return ""
    rows = [
        _row(
            "td",
            html.escape(_name(r)),
            WORDS[r.state],
            _of(r),
            html.escape(_said(r)),
            last=_LEFT,
        )
        for r in lesson.results
    ]
    heads = _row("th", "exercise", "state", "points", "what the check said last")
    return "\n".join(
        [
            f"<details{' open' if unfolded else ''}>"
            f"<summary>{html.escape(lesson.title)}: exercises</summary>",
            f"<table>\n<thead>{heads}</thead>\n<tbody>",
            *rows,
            "</tbody>\n</table>\n</details>",
        ]
    )
