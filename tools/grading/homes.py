"""Which cell of the lesson a student's cell is: found whatever became of its marks."""

import difflib

from course.checks.results import ANSWER_HERE
from tools.grading.code import bound


def marks_of(cell) -> dict:
    return cell.metadata.get("nbgrader", {})


def is_locked(cell) -> bool:
    return bool(marks_of(cell).get("locked"))


def is_free_answer(cell) -> bool:
    marks = marks_of(cell)
    return bool(marks.get("grade") and marks.get("solution"))


def graded(notebook) -> dict:
    """The cells that nbgrader knows, by their grade_id."""
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }


def functions_of(release) -> dict[str, int]:
    """The functions and classes that the lesson asks for, and where."""
    return {
        name: place
        for place, cell in enumerate(release.cells)
        if marks_of(cell).get("solution") and cell.cell_type == "code"
        for name in bound(cell.source)
    }


def plain(source: str) -> str:
    """A text without what editors change: spaces at the ends, and empty lines."""
    return "\n".join(line.rstrip() for line in source.split("\n") if line.strip())


def homes_of(cells: list, release) -> list[int | None]:
    """For each cell the place of the release's cell that it is, or None.

    Known by its grade_id, its id, its text, or by the function that it defines.
    """
    by_grade_id, by_id, by_text = {}, {}, {}
    for place, cell in enumerate(release.cells):
        if "nbgrader" in cell.metadata:
            by_grade_id[cell.metadata.nbgrader.grade_id] = place
        by_id[cell.id] = place
        by_text.setdefault(plain(cell.source), place)
    functions = functions_of(release)
    homes = []
    for cell in cells:
        home = by_grade_id.get(cell.grade_id, by_id.get(cell.id))
        if home is None:
            home = by_text.get(plain(cell.source))
        if cell.cell_type == "code":
            home = _home_of_code(cell, home, release, functions)
        elif home is None:
            home = _home_of_text(cell, release)
        homes.append(home)
    return homes


def _home_of_code(cell, home, release, functions):
    places = {functions[n] for n in bound(cell.source) if n in functions}
    if not places or home in places:
        return home
    # An answer in a check's cell, in another answer's, or in a cell of its own. In one
    # of the lesson's other cells it stays where it is.
    if home is None or "nbgrader" in release.cells[home].metadata:
        return min(places)
    return home


def _home_of_text(cell, release):
    """The free answer whose question the text begins with, or nearly does."""
    start = plain(cell.source)[:300]
    for place, each in enumerate(release.cells):
        if is_free_answer(each) and start:
            question = plain(each.source.split(ANSWER_HERE)[0])[:300]
            alike = difflib.SequenceMatcher(None, start[: len(question)], question)
            if len(question) > 10 and alike.ratio() > 0.8:
                return place
    return None


def lesson_of(cells: list, name: str, releases: dict) -> str | None:
    """The lesson whose exercises the notebook holds, or which its name says."""
    mine = {cell.grade_id for cell in cells if cell.grade_id}
    shared = {n: len(mine & set(graded(release))) for n, release in releases.items()}
    best = max(shared, key=shared.get)
    if shared[best]:
        return best
    for lesson in releases:
        if lesson in name:
            return lesson
    names = {each for cell in cells for each in bound(cell.source)}
    texts = {plain(cell.source) for cell in cells}
    for lesson, release in releases.items():
        own = {plain(cell.source) for cell in release.cells if len(cell.source) > 20}
        shared[lesson] = len(names & set(functions_of(release))) + len(texts & own)
    best = max(shared, key=shared.get)
    return best if shared[best] else None
