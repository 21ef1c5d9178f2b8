"""The guide for authors is followed word by word: its exercise builds, and holds."""

import re
import sys
import types
from importlib.util import module_from_spec, spec_from_file_location

import numpy as np
import pytest

from course.checks.exercise import Exercise
from tools.lessons import build as build_lessons
from tools.lessons.env import ROOT

PRELUDE = """# %% [markdown]
# # Lesson

# %%
import numpy as np

from course.lesson1 import check

"""


@pytest.fixture(scope="module")
def blocks():
    """The three blocks of the guide: the script, the check, the answers."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(found) == 3
    return found


@pytest.fixture(scope="module")
def exercise(blocks, tmp_path_factory):
    """The exercise, from a module in a file: a slip changes the text of a file."""
    path = tmp_path_factory.mktemp("guide") / "share_of_few.py"
    path.write_text(blocks[1], encoding="utf-8")
    spec = spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.share_of_few
    del sys.modules[path.stem]


def test_the_builder_takes_the_cells(blocks, tmp_path, monkeypatch):
    monkeypatch.setattr(build_lessons, "execute", lambda nb, script: None)
    script = tmp_path / "solutions" / "01_guide" / "01_guide.py"
    script.parent.mkdir(parents=True)
    script.write_text(PRELUDE + blocks[0], encoding="utf-8")
    assert build_lessons.main(["--root", str(tmp_path)]) == 0
    lesson = (tmp_path / "lessons/01_guide/01_guide.ipynb").read_text(encoding="utf-8")
    assert "counts.sum()" not in lesson and "raise NotImplementedError" in lesson


def test_the_solution_and_its_worked_number_are_right(blocks, exercise, capsys):
    names = {"np": np, "check": types.SimpleNamespace(share_of_few=exercise)}
    exec(blocks[0], names)
    assert names["share_of_few"](np.array([1, 3, 16]), 5) == pytest.approx(0.2)
    assert exercise(names["share_of_few"]) == exercise.points == 2


def test_the_answers_prove_the_check(blocks, exercise, capsys):
    assert isinstance(exercise, Exercise)
    tests = ROOT / "tests" / "checks"
    sys.path.insert(0, str(tests))
    try:
        from answers import Answers
    finally:
        sys.path.remove(str(tests))
    table = Answers(
        types.SimpleNamespace(share_of_few=exercise, __all__=[exercise.name])
    )
    exec(blocks[2], {"np": np, "right": table.right, "wrong": table.wrong})
    assert len(table.right_cases) >= 3 and len(table.wrong_cases) >= 5
    for case in table.right_cases:
        assert exercise(case.answer) == exercise.points
    capsys.readouterr()
    known = [(wrong.answer, wrong.cause) for wrong in exercise.wrong]
    for answer, message in [(c.answer, c.message) for c in table.wrong_cases] + known:
        assert exercise(answer) < exercise.points
        assert message in capsys.readouterr().out
