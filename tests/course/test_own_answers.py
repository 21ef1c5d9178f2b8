"""What a student wrote in lessons 2 and 4 trains in lesson 5, where it is right."""

import json

import numpy as np
import pytest
import torch

from course import background
from course.own_answers import LESSONS, PARTS, OwnAnswers
from course.records.ages import AGES
from course.records.methods import WEIGHTS
from dirlib import FDS, kernel_window
from tools.lessons.cells import without_region
from tools.lessons.env import ROOT
from tools.lessons.script import read_script

NAMES = [*PARTS["lesson 2"], *PARTS["lesson 4"], "MyFDS"]
LABELS = np.array([30, 30, 31, 31, 31, 80])


def solved(lesson):
    """The answers of a solved lesson: source by name."""
    cells = read_script(ROOT / "solutions" / lesson / f"{lesson}.py")
    return {
        cell.grade_id: without_region(cell.source, "STUB")
        for cell in cells
        if cell.role == "solution"
    }


@pytest.fixture(scope="module")
def answers():
    return {lesson: solved(lesson) for lesson in LESSONS.values()}


@pytest.fixture
def write(tmp_path, answers):
    """Save notebooks with these answers, some of them replaced; return their folder."""

    def save(**replaced):
        for lesson, sources in answers.items():
            cells = [
                {
                    "cell_type": "code",
                    "metadata": {
                        "nbgrader": {"grade_id": name, "solution": True, "grade": False}
                    },
                    "source": replaced.get(name, source).splitlines(True),
                }
                for name, source in sources.items()
            ]
            folder = tmp_path / lesson
            folder.mkdir(exist_ok=True)
            text = json.dumps({"cells": [{"metadata": {}, "source": "x"}, *cells]})
            (folder / f"{lesson}.ipynb").write_text(text)
        return tmp_path

    return save


def marked(answers, name):
    """The right answer, which notes each call in a list of its own."""
    source = next(found[name] for found in answers.values() if name in found)
    call = "        if not self.training:" if name == "MyFDS" else "    ### BEGIN SOL"
    indent = " " * (8 if name == "MyFDS" else 4)
    assert source.count(call) == 1
    return "marks = []\n" + source.replace(call, f"{indent}marks.append(1)\n{call}")


def marks(answer):
    function = answer.forward if isinstance(answer, type) else answer
    return function.__globals__["marks"]


@pytest.mark.parametrize("name", NAMES)
def test_what_the_student_wrote_is_what_runs(name, write, answers):
    my = OwnAnswers(write(**{name: marked(answers, name)}))
    assert all(my.own.values()), my
    found = marks(my._functions[name])
    found.clear()
    my.weights(LABELS)
    layer = my.layer()
    for _ in range(2):
        layer(torch.rand(6, 64), torch.from_numpy(LABELS).float())
        layer.end_epoch()
    assert found, f"{name} was not called"


def test_a_solved_course_gives_the_weights_and_the_layer_of_the_record(write):
    my = OwnAnswers(write())
    assert list(my.own) == NAMES and all(my.own.values())
    assert "library" not in repr(my) and repr(my).count("yours") == 2
    np.testing.assert_allclose(my.weights(LABELS), WEIGHTS["sqinv+lds"](LABELS))
    mine = my.layer()
    theirs = FDS(64, AGES, window=kernel_window("gaussian", 15, 5.0), shrinkage=0.0)
    generator = torch.Generator().manual_seed(0)
    labels = torch.from_numpy(np.repeat(LABELS, 5)).float()
    for _ in range(3):
        z = torch.rand(len(labels), 64, generator=generator)
        pair = mine(z, labels), theirs(z, labels)
        torch.testing.assert_close(*pair, atol=1e-3, rtol=1e-3)
        mine.end_epoch(), theirs.end_epoch()
    assert torch.equal(mine.active, theirs.active)
    assert mine.count[mine.active].tolist() == theirs.count[theirs.active].tolist()
    apart = [each.distances()["distance_mean"] for each in (mine, theirs)]
    assert apart[0] == pytest.approx(apart[1], rel=1e-3)
    for name in ("mean", "smoothed_mean"):
        a, b = (getattr(each, name)[theirs.active] for each in (mine, theirs))
        torch.testing.assert_close(a.double(), b.double(), atol=1e-4, rtol=1e-4)


WRONG = {
    "not written": "def weights(*args):\n    raise NotImplementedError",
    "wrong": "def weights(density, index, scheme):\n    return density[index]",
    "no Python": "def weights(:",
    "another name": "def my_weights(density, index, scheme):\n    return 1",
    "fails at once": "1 / 0",
    "needs another cell": "def weights(density, index, scheme):\n    return helper()",
    "no function": "weights = 3",
}


@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG)
def test_what_is_not_right_is_the_librarys(source, write):
    my = OwnAnswers(write(weights=source))
    assert [name for name in NAMES if not my.own[name]] == ["weights"]
    assert "window, smooth: yours; weights: the library's" in repr(my)
    np.testing.assert_allclose(my.weights(LABELS), WEIGHTS["sqinv+lds"](LABELS))


def test_without_the_other_lessons_all_is_the_librarys(tmp_path, write):
    for text in (None, "{", "[]", '{"cells": [{}]}', '{"cells": 3}'):
        if text is not None:
            write()
            for lesson in LESSONS.values():
                (tmp_path / lesson / f"{lesson}.ipynb").write_text(text)
        my = OwnAnswers(tmp_path)
        assert not any(my.own.values()) and "yours" not in repr(my)
        assert my.layer()(torch.zeros(6, 64), torch.from_numpy(LABELS)).shape == (6, 64)


def test_it_travels_to_another_process(write):
    my = OwnAnswers(write())
    source = """
def work(seed):
    import torch
    layer, labels = my.layer(), torch.tensor([30.0, 31.0, 31.0, 80.0])
    for _ in range(2):
        layer(torch.ones(4, 64), labels)
        layer.end_epoch()
    return my.weights(labels.long().numpy()), layer.active.sum().item()
"""
    notebook = {"__name__": "no_module", "my": my}
    exec(source, notebook)
    runs = background.start(notebook["work"], {"one": {"seed": 0}})
    weights, active = runs.wait()["one"]
    expected = my.weights(np.array([30, 31, 31, 80]))
    np.testing.assert_allclose(weights, expected)
    assert active == 3
