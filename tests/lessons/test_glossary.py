"""The glossary names what is there: in the library, the exercises and the lessons."""

import importlib
import pkgutil
import re

import pytest

from tools.lessons.env import ROOT
from tools.lessons.script import read_script

TEXT = (ROOT / "solutions/00_start/glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \*\*.*$", TEXT, re.MULTILINE)
ENTRIES = [[cell.strip() for cell in row.split("|")[1:-1]] for row in ROWS]
TERMS = [entry[0].strip("*") for entry in ENTRIES]
EXERCISE = re.compile(r"`(\w+)` \((\d\.\d)\)")
# Where a lesson uses the words of a term, but not one after the other.
WORDED = {
    "degrees of freedom": r"n - 1\$ degrees\s+of freedom",
    "edges": r"edges?\b",
    "mean of a bin": r"mean \$\\mu_b\$",
    "paired interval": r"paired_interval",
    "empirical density": r"\*\*empirical\*\*\s+density",
    "effective density": r"\*\*effective\*\*\s+density",
}


def flat(text):
    """Prose on one line: a term may be broken by the end of a line."""
    return " ".join(re.sub(r"^# ?", "", text, flags=re.MULTILINE).split())


@pytest.fixture(scope="module")
def lessons():
    scripts = sorted((ROOT / "solutions").glob("0[1-9]_*/*.py"))
    return {int(s.stem[:2]): flat(s.read_text(encoding="utf-8")) for s in scripts}


def occurs(term, text):
    pattern = WORDED.get(term, re.escape(term))
    return re.search(rf"(?<!\w){pattern}", text, re.IGNORECASE)


def test_it_is_a_table_of_all_its_rows():
    assert 40 <= len(ENTRIES) <= 80
    assert all(len(entry) == 5 for entry in ENTRIES), "a | in a cell: write \\lvert"
    after = TEXT.split("|---|---|---|---|---|\n")[1].strip().splitlines()
    assert after == ROWS


def test_terms_are_in_order_and_no_term_comes_twice():
    keys = [term.casefold() for term in TERMS]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("entry", ENTRIES, ids=TERMS)
def test_every_name_is_one_of_the_library_or_an_exercise(entry):
    code = EXERCISE.sub("", entry[2])
    for name in re.findall(r"`(.+?)`", code):
        assert name.startswith(("dirlib.", "course."))
        pkgutil.resolve_name(name)
    assert re.fullmatch(r"[`\w., ]*", code)


@pytest.mark.parametrize("entry", ENTRIES, ids=TERMS)
def test_every_exercise_has_the_number_it_says(entry):
    for name, number in EXERCISE.findall(entry[2]):
        checks = importlib.import_module(f"course.checks.lesson{number[0]}")
        assert name in checks.__all__ and getattr(checks, name).number == number


@pytest.mark.parametrize("entry", ENTRIES, ids=TERMS)
def test_a_term_is_met_in_the_lesson_it_names(entry, lessons):
    term, lesson = entry[0].strip("*"), int(entry[4])
    assert occurs(term, lessons[lesson]), f"{term} is not in lesson {lesson}"


def test_every_exercise_with_a_check_is_in_it():
    named = {name for entry in ENTRIES for name, _ in EXERCISE.findall(entry[2])}
    for script in sorted((ROOT / "solutions").glob("0[1-9]_*/*.py")):
        for cell in read_script(script):
            if cell.role == "solution":
                assert cell.grade_id in named


@pytest.mark.parametrize("entry", ENTRIES, ids=TERMS)
def test_the_meaning_is_one_or_two_plain_sentences(entry):
    meaning = entry[3]
    assert meaning.endswith(".") and len(meaning.split()) <= 30
    assert entry[1].count("$") % 2 == meaning.count("$") % 2 == 0
    assert not re.search(r"\b(simply|obviously)\b", TEXT, re.IGNORECASE)
