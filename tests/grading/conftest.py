"""What the tests of grading share."""

import pytest

from tools.grading import grade
from tools.grading.sandbox import choose
from tools.grading.workspace import make_workspace
from tools.lessons.cells import LessonError


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """The folder in which student code runs, made once for all tests."""
    return make_workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="session")
def sandbox(workspace) -> str:
    """What ``--sandbox`` can be here: "none" where no walls stand, as on macOS."""
    try:
        return choose("auto", workspace).kind
    except LessonError:
        return "none"


@pytest.fixture(scope="module")
def shared_workspace(workspace, sandbox):
    """``grade`` called from a test takes that one; the commands make their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "make_workspace", lambda _folder: workspace)
        patch.setattr(grade, "choose", lambda _wanted, *rest: choose(sandbox, *rest))
        yield
