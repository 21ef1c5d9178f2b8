"""In CI a skipped test is a failure: a hole in the checks must be seen."""

import os
import subprocess
import sys

from tools.lessons.env import ROOT

SKIPS = {
    "test_a.py": "import pytest\ndef test_a():\n    pytest.skip('no reason')\n",
    "test_b.py": "import pytest\n@pytest.mark.skip\ndef test_b():\n    pass\n",
    "test_c.py": "import pytest\npytest.importorskip('no_such_module')\n",
}
ALLOWED = """
import pytest
def test_gpu():
    pytest.skip('needs a GPU: none here')
@pytest.mark.skipif(True, reason="this system has no /proc")
def test_system():
    pass
"""


def run(folder, ci):
    # No plugin of the environment is needed, and to load them all takes seconds.
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    flags = ["-p", "conftest", "--continue-on-collection-errors"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *flags, *sorted(os.listdir(folder))],
        cwd=folder,
        env={**os.environ, **alone, "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_skipped_tests_fail_in_ci_but_for_want_of_a_gpu_or_system(tmp_path):
    for name, text in SKIPS.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "test_allowed.py").write_text(ALLOWED)
    ran = run(tmp_path, ci="true")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    # The mark skips before the test, the missing module before there is a test.
    assert "1 failed, 2 skipped, 2 errors" in ran.stdout
    for name in SKIPS:
        assert f"{name}:" in ran.stdout
    ran = run(tmp_path, ci="")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 skipped" in ran.stdout
