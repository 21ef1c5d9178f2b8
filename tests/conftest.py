"""What the tests share."""

import os
from pathlib import Path

import pytest

from lesson_env import ROOT

OFFLINE = Path(__file__).parent / "offline"


def pytest_generate_tests(metafunc):
    """Run a test that takes ``lesson`` once per lesson's script.

    With no lesson at all such a test is an error, not a pass (pyproject.toml).
    """
    if "lesson" in metafunc.fixturenames:
        scripts = sorted((ROOT / "solutions").glob("[0-9][0-9]_*/[0-9][0-9]_*.py"))
        metafunc.parametrize(
            "lesson", scripts, ids=[s.stem for s in scripts], scope="session"
        )


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
