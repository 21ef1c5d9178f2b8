"""Lesson 2's own cells: what a student writes trains, and trying it breaks nothing."""

import ast
from unittest.mock import MagicMock

import numpy as np
import pytest

from tools.lessons.env import ROOT
from tools.lessons.script import read_script

CELLS = [
    cell
    for cell in read_script(ROOT / "solutions/02_lds/02_lds.py")
    if cell.kind == "code"
]
WRITTEN = [cell for cell in CELLS if cell.role == "solution"]


class Trained(Exception):
    """Raised where the lesson would train."""


@pytest.fixture
def training():
    """What the lesson trains with: its cells run up to there, without the figures."""
    names = {"__name__": "lesson"}
    marked = set()

    def mark(function):
        def copy(*args):
            marked.add(function.__name__)
            return function(*args)

        return copy

    def train_ages(weights, seed, loss):
        raise Trained(weights, loss)

    for cell in CELLS:
        try:
            exec(compile(cell.source, f"line {cell.line}", "exec"), names)
        except Trained as stop:
            marked.clear()  # what earlier cells called
            return (*stop.args, marked)
        if cell is CELLS[0]:
            names |= dict.fromkeys(("figures", "guess", "explorers"), MagicMock())
            names["train_ages"] = train_ages
        if cell in WRITTEN:
            names[cell.grade_id] = mark(names[cell.grade_id])
    pytest.fail("no cell trains")


def test_what_a_student_wrote_trains_the_network(training):
    weights, loss, marked = training
    w = weights(np.array([30, 30, 31, 80]))
    assert marked == {"smooth", "weights"}
    assert w.mean() == pytest.approx(1) and w[3] == w.max()
    import torch

    loss(torch.ones(4), torch.zeros(4), torch.from_numpy(w))
    assert marked == {"smooth", "weights", "weighted_l1"}


def test_trying_a_worked_number_breaks_no_later_cell():
    """A student writes ``window = np.array(...)`` to try `smooth`: nothing may miss it.

    No cell reads a name that a parameter of an exercise has, but what it makes itself.
    """
    parameters = set()
    for cell in CELLS:
        tree = ast.parse(cell.source)
        loaded = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        made = {
            n.id
            for n in ast.walk(tree)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        made |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
        assert not (loaded - made) & parameters, f"line {cell.line}"
        if cell in WRITTEN:
            [function] = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
            parameters |= {a.arg for a in function.args.args}
    assert {"labels", "density", "y_hat"} <= parameters
