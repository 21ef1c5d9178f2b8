"""The linter's rules of pyproject.toml hold everywhere."""

import subprocess
import sys

from tools.lessons.env import ROOT


def test_ruff_has_no_complaint():
    flags = ["check", "--no-cache", "--output-format=concise"]
    ran = subprocess.run(
        [sys.executable, "-m", "ruff", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
