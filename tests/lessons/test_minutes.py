"""The time table of a lesson is what the rule gives, and its core is short enough."""

import re

import pytest

from tools.lessons.cells import Cell
from tools.lessons.minutes import (
    exercise_minutes,
    part_minutes,
    text_minutes,
    time_table,
)
from tools.lessons.script import read_script

pytestmark = pytest.mark.usefixtures("not_the_way_in")


def test_the_time_table_is_what_the_rule_gives(lesson):
    cells = read_script(lesson)
    table = re.search(r"^\| part \| minutes \|\n(?:\|.*\n?)+", cells[0].source, re.M)
    assert table and table[0].strip() == time_table(cells)


def test_the_core_fits_into_an_afternoon(lesson):
    cells = read_script(lesson)
    minutes = re.search(r"core, together\*\* \| \*\*(\d+)", time_table(cells))[1]
    # After 90 minutes nobody learns much more.
    assert 60 <= int(minutes) <= 90


def test_words_that_are_folded_cost_nothing():
    assert text_minutes("a word " * 25) == 1
    assert text_minutes("<details>" + "a word " * 500 + "</details>") == 0
    card = "*About 9 minutes · 2 points*"
    assert text_minutes(card) == pytest.approx(9 + 6 / 50)


def test_the_model_answer_of_a_free_answer_costs_nothing():
    hidden = "=== BEGIN {0} ===\n" + "word " * 500 + "\n=== END {0} ===\n"
    source = "## 1. One\n" + hidden.format("SOLUTION") + hidden.format("MARK SCHEME")
    asked = "*About 12 minutes · 4 points*\n" + "word " * 94
    cells = [Cell("markdown", source + asked, 1, role="manual")]
    assert part_minutes(cells)["1. One"] == 14


def test_parts_and_deep_parts_are_told_apart():
    cells = [
        Cell("markdown", "# Lesson\n" + "word " * 98, 1),
        Cell("markdown", "## 1. One\n*About 7 minutes · 1 point*", 2),
        Cell("code", "explorers.anchors(1)\nguess.number('1.1', 'how many?')", 3),
        Cell("markdown", "## Deep · Two\n*About 5 minutes*", 4),
        Cell("code", "train()", 5, tags=["wait-120"]),
    ]
    assert part_minutes(cells) == {"Opening": 2, "1. One": 13, "Deep · Two": 8}
    assert exercise_minutes(cells) == (7, 5)
    assert "| **core, together** | **15** |\n| Deep · Two | 8 |" in time_table(cells)
