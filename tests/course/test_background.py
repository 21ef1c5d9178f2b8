"""What runs in the background: functions of a notebook, progress, errors, an end."""

import os
import time
from pathlib import PurePath

import pytest

from course import background
from tools.grading.workspace import workspace_env

SOURCE = """
import os
import threading
from course import background

FACTOR = 2

def helper(x):
    return FACTOR * x

def double(x):
    background.report(1.0)
    return helper(x)

def fails(x):
    if x == 1:
        raise ValueError("too small\\nsecond line")
    return x

def environment(x):
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return os.getpid(), [os.environ[name] for name in names]

def half(x):
    background.report(0.5)
    threading.Event().wait(600)
"""
JOBS = {"one": {"x": 1}, "two": {"x": 2}, "three": {"x": 3}}


@pytest.fixture
def notebook():
    """Functions that no module holds, as those of a notebook."""
    names = {"__name__": "no_module"}
    exec(SOURCE, names)
    yield names
    if background._running is not None:
        background._running.stop()


@pytest.fixture(autouse=True)
def with_bars(monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.delenv(background.GRADED, raising=False)


def test_functions_of_a_notebook_travel_with_what_they_use(notebook):
    runs = background.start(notebook["double"], JOBS)
    assert runs.wait() == {"one": 2, "two": 4, "three": 6}
    assert runs.problem is None and runs.share() == 1
    assert repr(runs) == "3 runs are done"
    assert runs.wait() == {"one": 2, "two": 4, "three": 6}  # once more


def test_each_runs_in_a_process_of_its_own_with_one_thread(notebook):
    runs = background.start(notebook["environment"], JOBS, workers=2)
    found = runs.wait().values()
    assert os.getpid() not in {process for process, _ in found}
    assert all(threads == ["1"] * 3 for _, threads in found)


def test_an_error_is_one_sentence_and_others_take_the_place(notebook, capsys):
    runs = background.start(
        notebook["fails"], JOBS, instead=lambda name: f"recorded {name}"
    )
    assert runs.wait() == {name: f"recorded {name}" for name in JOBS}
    said = (
        "Your runs are not whole, and the recorded ones take their place: one failed "
        "with ValueError (too small).\n"
    )
    assert capsys.readouterr().out == said
    assert "Traceback" not in repr(runs)


def test_without_anything_instead_there_is_none(notebook, capsys):
    runs = background.start(notebook["fails"], {"one": {"x": 1}})
    assert runs.wait() == {"one": None}
    assert "none is kept" in capsys.readouterr().out


def test_the_bar_fills_while_the_notebook_goes_on(notebook):
    runs = background.start(notebook["half"], {"one": {"x": 1}})
    box = runs._repr_mimebundle_()
    assert box["text/plain"] == "1 runs in the background: read on"
    end = time.monotonic() + 120  # catches what hangs
    bar, said = runs._box.children
    told = "0 of 1 runs are done; about"
    while not said.value.startswith(told) and time.monotonic() < end:
        time.sleep(0.05)
    assert bar.value == 0.5 == runs.share() and said.value.startswith(told)
    runs.stop()
    assert "not whole: they were stopped" in repr(runs)


def test_an_interrupt_stops_the_runs_and_the_lesson_goes_on(
    notebook, monkeypatch, capsys
):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    runs = background.start(notebook["half"], JOBS, instead=str.upper)
    monkeypatch.setattr(background, "wait", interrupted)
    assert runs.wait() == {"one": "ONE", "two": "TWO", "three": "THREE"}
    assert "you stopped them" in capsys.readouterr().out
    assert runs._executor is None


def test_a_new_start_stops_what_runs(notebook):
    first = background.start(notebook["half"], {"one": {"x": 1}})
    second = background.start(notebook["double"], JOBS)
    assert first.problem == "they were stopped" and first._executor is None
    assert second.wait()["three"] == 6


def test_nothing_is_trained_where_a_notebook_is_graded(notebook, monkeypatch, capsys):
    monkeypatch.setenv(background.GRADED, "1")
    runs = background.start(notebook["half"], JOBS, instead=str.upper)
    assert runs._executor is None and runs.share() == 0
    assert runs.wait()["one"] == "ONE"
    assert "graded" in capsys.readouterr().out
    runs.stop()


def test_the_grader_asks_for_that():
    assert workspace_env(PurePath("/place"))[background.GRADED] == "1"


def test_what_cannot_travel_is_a_sentence(notebook, capsys):
    runs = background.start(notebook["double"], {"one": {"x": (i for i in "ab")}})
    assert runs.wait() == {"one": None}
    assert capsys.readouterr().out.count("\n") == 1


def test_a_report_in_the_notebook_itself_does_nothing():
    background.report(0.5)
