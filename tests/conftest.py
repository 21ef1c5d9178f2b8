"""What the tests share."""

import os
from pathlib import Path

import pytest

from tools.lessons.env import ROOT
from tools.lessons.rules import is_way_in

OFFLINE = Path(__file__).parent / "offline"


def pytest_generate_tests(metafunc):
    """Run a test that takes ``lesson`` once per lesson's script.

    With no lesson at all such a test is an error, not a pass (pyproject.toml). The way
    in, ``00_...``, is among them, but for tests that use ``not_the_way_in``.
    """
    if "lesson" in metafunc.fixturenames:
        scripts = sorted((ROOT / "solutions").glob("[0-9][0-9]_*/[0-9][0-9]_*.py"))
        if "not_the_way_in" in metafunc.fixturenames:
            scripts = [script for script in scripts if not is_way_in(script)]
        metafunc.parametrize(
            "lesson", scripts, ids=[s.stem for s in scripts], scope="session"
        )


@pytest.fixture
def not_the_way_in():
    """Used by tests of what a lesson has and the way in has not: exercises, minutes."""


@pytest.fixture(scope="module")
def offline_env():
    """Python processes started from here, kernels too, reach only this computer."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), before]))
    yield
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
