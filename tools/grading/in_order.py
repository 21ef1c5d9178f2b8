"""A returned notebook as it was handed out, with the student's answers in it.

Cells come back deleted, copied, moved, merged, split, or without their marks.
``put_in_order`` makes of them the notebook of the release, in which each answer stands
before its check, and says what it had to mend.
"""

import copy
import hashlib
import re
from collections import defaultdict

import nbformat

from course.checks.results import ANSWER_HERE, results
from tools.grading.code import bound, helpers, part_that_binds
from tools.grading.homes import (
    functions_of,
    graded,
    homes_of,
    is_free_answer,
    is_locked,
    plain,
)
from tools.grading.outputs import clean_markdown, clean_outputs

# What the first version's notebooks import from places that are no more. Their import
# cell has the first of these.
FIRST_VERSION = re.compile(r"^from dirlib\.course\b", re.M)
MOVED = re.compile(
    r"^from dirlib\.(course|runs|experiments|datasets\.(faces|samples|label_counts))\b"
    r".* import (\([^)]*\)|.*)\n?",
    re.M,
)


def put_in_order(cells: list, release) -> tuple[nbformat.NotebookNode, list[str]]:
    """The notebook that was handed out, with the student's answers and own cells.

    Checks are those of the release. A student's own cell stays behind the cell that it
    followed. Of several answers all run, and the last one counts, but for untouched
    stubs beside an answer: they are left out. What an answer uses from further below is
    put before it, too.
    """
    first_version = any(FIRST_VERSION.search(cell.source) for cell in cells)
    cells = [renewed(cell, release) for cell in cells]
    homes = homes_of(cells, release)
    own, mine, last = defaultdict(list), defaultdict(list), None
    for cell, home in zip(cells, homes, strict=True):
        if home is not None:
            mine[home].append(cell)
            last = home
        elif cell.source.strip() and not untouched(cell):
            own[last].append(cell)
    asked = {place: name for name, place in functions_of(release).items()}
    ordered, known = [own_cell(cell) for cell in own[None]], set()
    for place, cell in enumerate(release.cells):
        *copies, answer = answers(cell, mine[place]) or [None]
        text = cell.source if answer is None else answer.source
        if is_free_answer(cell):
            text = free_answer(cell, text, own[place])
        stub = plain(text) == plain(cell.source)
        if place in asked and (stub or asked[place] not in bound(text)):
            elsewhere = answer_elsewhere(asked[place], cells, cell)
            if elsewhere and not stub:
                copies.append(answer)
            text = elsewhere or text
        if place in asked:
            later = [c.source for p in range(place, len(release.cells)) for c in own[p]]
            later = [source for source in later if asked[place] not in bound(source)]
            needs = "\n".join([*(c.source for c in copies), text])
            if before := helpers(needs, later, known):
                ordered.append(own_cell(nbformat.v4.new_code_cell(before)))
        ordered += [own_cell(each) for each in copies]
        kept = copy.deepcopy(cell)
        kept.source = text
        ordered += [kept, *(own_cell(extra) for extra in own[place])]
        for each in (text, *(c.source for c in own[place])):
            known |= bound(each) if cell.cell_type == "code" else set()
    for place, cell in enumerate(ordered):
        if "id" not in cell:
            cell.id = f"own-{place}"
    notebook = nbformat.from_dict({**copy.deepcopy(release), "cells": ordered})
    odd = ["from the course's first version: its imports are replaced"] * first_version
    return notebook, odd + remarks(cells, homes, mine, release, notebook)


def renewed(cell, release):
    """The cell without imports of the first version from places that are no more.

    In the import cell, those of the release are put before what stays: answers use the
    names of both.
    """
    has_imports = not cell.grade_id and FIRST_VERSION.search(cell.source)
    if untouched(cell) and not has_imports:
        return cell
    source = MOVED.sub("", cell.source)
    now = [c for c in release.cells if "from course.lesson" in c.source]
    if not has_imports or not now:
        return nbformat.from_dict({**cell, "source": source})
    source = f"{now[0].source}\n{source}"
    return nbformat.from_dict({**cell, "source": source, "id": now[0].id})


def untouched(cell) -> bool:
    """Whether a cell is as some release had it: the lesson's, and not the student's.

    The builder makes the ids of ungraded cells from their text.
    """
    text = hashlib.sha1(cell.source.encode()).hexdigest()[:8]
    return bool(re.fullmatch(rf"\d\d-{text}(-\d+)?", cell.id))


def answers(cell, copies: list) -> list:
    """What the student wrote into a cell of the release; the last one counts.

    A text of the lesson is no answer, and neither is its code turned into text.
    """
    if is_locked(cell):
        return []
    if "nbgrader" not in cell.metadata:
        copies = [c for c in copies if c.cell_type == cell.cell_type == "code"]
    return [c for c in copies if plain(c.source) != plain(cell.source)] or copies[-1:]


def answer_elsewhere(name: str, cells: list, stub) -> str:
    """The part of another cell that defines this function; the last one counts."""
    for cell in reversed(cells):
        if cell.cell_type == "code" and plain(cell.source) != plain(stub.source):
            if part := part_that_binds(cell.source, {name}):
                return part if name in bound(part) else ""
    return ""


def free_answer(cell, text: str, behind: list) -> str:
    """A free answer, cleaned; what stands behind an empty one belongs to it."""
    if plain(text) == plain(cell.source):
        texts = [c.source for c in behind if c.cell_type != "code"]
        if not texts:
            return cell.source
        text = cell.source.replace(ANSWER_HERE, "") + "\n\n" + "\n\n".join(texts)
    question = cell.source.split(ANSWER_HERE)[0]
    if question and text.startswith(question):
        return question + clean_markdown(text[len(question) :])
    return clean_markdown(text)


def own_cell(cell):
    if cell.cell_type == "code":
        made = nbformat.v4.new_code_cell(cell.source)
    else:
        made = nbformat.v4.new_markdown_cell(clean_markdown(cell.source))
    del made["id"]
    return made


def saved_points(cells: list, release) -> dict[str, float]:
    """The points that the saved notebook shows, by check; none where it shows none."""
    notebook = copy.deepcopy(release)
    for cell, home in zip(cells, homes_of(cells, release), strict=True):
        if home is not None and is_locked(notebook.cells[home]) and cell.outputs:
            full = float(notebook.cells[home].metadata.nbgrader.get("points", 0))
            notebook.cells[home].outputs = clean_outputs(cell.outputs, True, full)
    shown = ("solved", "partly", "wrong", "not attempted")
    return {r.grade_id: r.points for r in results(notebook) if r.state in shown}


def remarks(cells, homes, mine, release, notebook) -> list[str]:
    """What is not as it was handed out, in sentences for the report."""
    marked = {
        place: cell.metadata.nbgrader.grade_id
        for place, cell in enumerate(release.cells)
        if "nbgrader" in cell.metadata
    }
    found = []

    def say(text, names):
        if names:
            found.append(text.format(", ".join(sorted(set(names)))))

    if not any(cell.run for cell in cells if cell.cell_type == "code"):
        found.append("was never run")
    known = [home for home in homes if home is not None]
    if known != sorted(known):
        found.append("cells out of order: put back")
    now = graded(notebook)
    missing = [p for p in marked if not mine[p]]
    taken = [marked[p] for p in missing if _answered(now[marked[p]], release.cells[p])]
    say("deleted, and put back: {}", {marked[p] for p in missing} - set(taken))
    say("answered in another cell: {}", taken)
    copied = [marked[p] for p in marked if len(mine[p]) > 1]
    say("there several times, the last answer counts: {}", copied)
    edited, older = [], []
    for place, name in marked.items():
        cell = release.cells[place]
        for each in mine[place]:
            if each.checksum and each.checksum != cell.metadata.nbgrader.checksum:
                older.append(name)
            elif is_locked(cell) and plain(each.source) != plain(cell.source):
                edited.append(name)
    say("checks edited, the original ones are used: {}", edited)
    say("from an older release, graded by this one; differs in: {}", older)
    strange = {c.grade_id for c in cells if c.grade_id} - set(graded(release))
    say("not in this release, so not graded: {}", strange)
    return found


def _answered(cell, handed_out) -> bool:
    return plain(cell.source) != plain(handed_out.source)
