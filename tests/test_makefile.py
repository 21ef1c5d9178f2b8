"""Each target of the Makefile is a line of Python in docs/RELEASING.md, too."""

import re

import pytest

from tools.lessons.env import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
RULE = re.compile(r"^([\w./-]+):([^#=\n]*)(?:##.*)?\n((?:\t.*\n?)*)", re.M)
RULES = {
    name: (needs.split(), recipe) for name, needs, recipe in RULE.findall(MAKEFILE)
}
TARGETS = set(re.findall(r"^([\w-]+):.*##", MAKEFILE, re.M))
INSTALLED = {name for name in RULES if name.startswith(".venv/")}

PAGE = (ROOT / "docs/RELEASING.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Without make\n")[2].partition("\n## ")[0]
ROW = re.compile(r"^\| `(?:make )?([\w./-]+)`[^|]*\| (.*) \|$", re.M)
ROWS = {name: re.findall("`([^`]+)`", line) for name, line in ROW.findall(TABLE)}


def commands(target):
    """What a target runs, after the targets that it needs, without its options."""
    needs, recipe = RULES[target]
    lines = [line for name in needs if name in TARGETS for line in commands(name)]
    for line in recipe.splitlines():
        line = re.sub(r"\$\(or \$\(\w+\),([^)]*)\)", r"\1", line)  # the default
        line = line.replace("$(PIP)", "python -m pip install")
        line = re.sub(r"\$\((BIN|PYTHON)\)", "python", line)
        line = line.replace("$(firstword $(wildcard python) python)", "python")
        words = re.sub(r"\$\(\w+\)", "", line).split()
        if not words[0].startswith("@"):  # for make alone
            lines.append(" ".join(words))
    return lines


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_says_what_the_target_runs(name):
    assert ROWS[name] == commands(name)


def test_each_target_has_its_row_and_is_no_file():
    assert set(ROWS) == TARGETS - {"clean"} | INSTALLED
    declared = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", MAKEFILE, re.M)[1]
    assert set(declared.replace("\\\n", " ").split()) == TARGETS
