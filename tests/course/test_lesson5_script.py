"""Lesson 5's own cells: what a student writes there is what trains."""

from functools import partial
from unittest.mock import MagicMock

import numpy as np
import pytest

from course import own_training
from course.own_answers import OwnAnswers
from dirlib.datasets.faces import faces
from tools.lessons.env import ROOT
from tools.lessons.script import read_script

CELLS = [
    cell
    for cell in read_script(ROOT / "solutions/05_training/05_training.py")
    if cell.kind == "code"
]
ONES = np.ones(101, int)


class Started(Exception):
    """Raised where the lesson would start its trainings."""


@pytest.fixture
def started():
    """The function and the jobs of the lesson, and the marks of what it calls."""
    names, marked = {"__name__": "lesson"}, set()

    def mark(function):
        def copy(*args):
            marked.add(function.__name__)
            return function(*args)

        return copy

    def start(function, jobs, *, instead):
        raise Started(function, jobs, instead)

    for cell in CELLS:
        try:
            exec(compile(cell.source, f"line {cell.line}", "exec"), names)
        except Started as stop:
            marked.clear()  # what the checks called
            return (*stop.args, marked)
        if cell is CELLS[0]:
            names |= dict.fromkeys(("figures", "guess", "load_runs"), MagicMock())
            names["faces"] = MagicMock()
            names["background"] = MagicMock(start=start)
            names["OwnAnswers"] = lambda folder: OwnAnswers(ROOT / "solutions")
            names["np"] = np
        if cell.role == "solution":
            names[cell.grade_id] = mark(names[cell.grade_id])
    pytest.fail("no cell starts trainings")


def test_the_students_step_and_epoch_end_train_all_networks(started, monkeypatch):
    train, jobs, _ = started[:3]
    marked = started[-1]
    assert {job["seed"] for job in jobs.values()} == {0, 1, 2} and len(jobs) == 6
    monkeypatch.setattr(own_training, "faces", partial(faces, counts=ONES))
    monkeypatch.setenv(own_training.SHORT, "1")
    layers = []
    layer = OwnAnswers.layer
    monkeypatch.setattr(
        OwnAnswers, "layer", lambda self: layers.append(layer(self)) or layers[-1]
    )
    for name in ("vanilla, seed 0", "yours, seed 0"):
        marked.clear()
        found = train(**jobs[name])
        assert marked == {"training_step", "end_of_epoch"}
        assert np.isfinite(found["predictions"]).all()
        (row,) = found["history"]
        assert np.isnan(row["distance"]) == name.startswith("vanilla")
    (mine,) = layers
    assert mine.active.sum() > 50  # it has seen the faces, and ended its epoch


def test_recorded_runs_stand_in_for_each_job(started):
    _, jobs, instead, _ = started
    assert instead is own_training.recorded
    assert {name.partition(",")[0] for name in jobs} == set(own_training.RECORDED)
