"""What the tests of grading share."""

import pytest

from tools.grading import grade
from tools.grading.workspace import make_workspace


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """The folder in which student code runs, made once for all tests."""
    return make_workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def shared_workspace(workspace):
    """``grade`` called from a test takes that one; the commands make their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "make_workspace", lambda _folder: workspace)
        yield
