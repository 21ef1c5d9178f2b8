"""INSTRUCTORS.md names what the lessons hold: exercises, minutes, answers, numbers."""

import json
import re
from importlib import import_module

import pytest

from tools.lessons.cells import without_region
from tools.lessons.env import ROOT
from tools.lessons.script import read_script

pytestmark = pytest.mark.usefixtures("not_the_way_in")

GUIDE = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
DECIMAL = re.compile(r"-?\d+\.\d+")
MODES = {"alone", "pairs", "plenary"}


@pytest.fixture
def cells(lesson):
    return read_script(lesson)


@pytest.fixture
def section(lesson):
    """The guide's section on a lesson, without its heading."""
    return between(GUIDE, f"## Lesson {number(lesson)} · ", "## ")


def number(lesson):
    return int(lesson.stem[:2])


def between(text, heading, following):
    """What stands from a heading to the next one of its level."""
    start = re.search(f"^{heading}.*$", text, re.M)
    assert start, f"INSTRUCTORS.md has no {heading!r}"
    return re.split(f"^{following}", text[start.end() :], flags=re.M)[0]


def part(section, heading):
    return between(section, f"### {heading}", "### ")


def rows(text):
    """The cells of each row of the tables, without head and rule."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = [i for i, line in enumerate(lines) if set(line) <= set("|-")]
    heads = {i - 1 for i in rules} | set(rules)
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for i, line in enumerate(lines)
        if i not in heads
    ]


def exercises(cells):
    """(number and title, grade_id, points) of each exercise, from its card."""
    title, found = None, []
    for cell in cells:
        if cell.kind == "markdown":
            text = without_region(cell.source, "MARK SCHEME")
            for card in re.findall(r"^### Exercise (.+)$", text, re.M):
                title = card.replace(" · ", " ", 1)
        if cell.role in ("solution", "manual"):
            checks = (c for c in cells if c.grade_id == f"{cell.grade_id}_check")
            points = cell.points or sum(check.points for check in checks)
            found.append((title, cell.grade_id, points))
    return found


def printed(lesson):
    """The decimal numbers that the lesson prints, the same on every computer.

    The checks' own lines are left out, because an exercise's number looks like one.
    """
    notebook = json.loads(lesson.with_suffix(".ipynb").read_text(encoding="utf-8"))
    found = set()
    for cell in notebook["cells"]:
        if "nbval-ignore-output" in cell["metadata"].get("tags", []):
            continue
        for output in cell.get("outputs", []):
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            for line in "".join(text).splitlines():
                if not line.startswith("Exercise "):
                    found.update(DECIMAL.findall(line))
    return found


def test_the_course_at_a_glance(lesson, cells):
    link = f"lessons/{lesson.stem}/{lesson.stem}.ipynb"
    title = re.match("# Lesson (.+)", cells[0].source)[1]
    minutes = re.search(r"core, together\*\* \| \*\*(\d+)\*\*", cells[0].source)[1]
    found = exercises(cells)
    points = sum(points for *_, points in found)
    row = next(row for row in rows(GUIDE) if link in row[0])
    assert row[0] == f"[{title}]({link})" and f"## Lesson {title}\n" in GUIDE
    assert row[2:] == [minutes, f"{points:g}", str(len(found))]


def test_each_exercise_with_its_points(cells, section):
    for title, name, points in exercises(cells):
        assert f"{title}, `{name}`, {points:g} points" in section


def test_plan_for_90_minutes(section):
    plan = rows(part(section, "Plan for 90 minutes"))
    assert sum(int(row[0]) for row in plan) == 90
    cut = 0
    for minutes, _, where, mode, less in plan:
        assert mode in MODES, where
        if less:
            saved = int(re.match(r"\*\*-(\d+)\*\* \w", less)[1])
            assert saved <= int(minutes), where
            cut += saved
    assert cut >= 20


def test_each_exercise_is_done_in_class_or_at_home(cells, section):
    plan = part(section, "Plan for 90 minutes")
    in_class = " ".join(row[2] for row in rows(plan))
    before_and_after = section.split("### ")[0]
    for title, *_ in exercises(cells):
        assert re.search(rf"\b{title[:3]}\b", in_class + before_and_after), title


def test_numbers_of_the_answers_are_printed_by_the_lesson(lesson, section):
    headings = ["Expected answers", "Questions for the discussion"]
    headings += re.findall(r"^### (The rubric.*)$", section, re.M)
    known, used = printed(lesson), set()
    for heading in headings:
        without_code = re.sub(r"`.*?`", "", part(section, heading))
        used.update(DECIMAL.findall(without_code))
    assert used and not used - known, f"not printed: {sorted(used - known)}"


def test_quiz(cells, section):
    options = [
        option
        for cell in cells
        for option in re.findall(
            r"<summary>([A-Z])\. .*?</summary>\s*(\w+)", cell.source, re.S
        )
    ]
    question, right = 0, []
    for letter, answer in options:
        question += letter == "A"
        if answer == "Right":
            right.append((str(question), letter))
    answers = dict(row[:2] for row in rows(part(section, "Expected answers")))
    assert right and re.findall(r"(\d) ([A-Z]) \(", answers["Quiz"]) == right


def test_typical_mistakes_are_those_of_the_checks(lesson, cells, section):
    checks = import_module(f"course.checks.lesson{number(lesson)}")
    met, name = {}, None
    for first, says, _ in rows(part(section, "Typical mistakes")):
        name = re.search(r"`(\w+)`", first)[1] if first else name
        causes = [wrong.cause for wrong in getattr(checks, name).wrong]
        assert any(says in cause for cause in causes), f"{name}: {says}"
        met[name] = met.get(name, 0) + 1
    with_check = {c.grade_id for c in cells if c.role == "solution"}
    assert set(met) == with_check and min(met.values()) >= 2


def test_the_rubric_has_the_points_of_the_mark_scheme():
    """Its rows are numbered as the scheme is, and the examples earn 4, 2 and 0."""
    for script in sorted((ROOT / "solutions").glob("*/*.py")):
        for cell in read_script(script):
            if cell.role == "manual":
                section = between(GUIDE, f"## Lesson {number(script)} · ", "## ")
                rubric = rows(part(section, "The rubric of the free answer"))
                points = range(1, int(cell.points) + 1)
                found = [row[0][:2] for row in rubric if len(row) == 3]
                examples = [row[0] for row in rubric if len(row) == 2]
                assert found == [f"{n}." for n in points]
                assert examples == [f"{n} of {cell.points:g}" for n in (4, 2, 0)]
