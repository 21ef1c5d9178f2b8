"""`import dirlib` stays light, and the library does not lean on the course."""

import json
import subprocess
import sys
from pathlib import Path

import dirlib

HEAVY = (
    "matplotlib",
    "torchvision",
    "ipywidgets",
    "IPython",
    "sklearn",
    "pandas",
)


def test_plotting_and_widgets_load_only_when_asked_for():
    loaded = f"[name for name in {HEAVY!r} if name in sys.modules]"
    code = f"import dirlib, json, sys; print(json.dumps({loaded}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
    assert done.stderr == ""


def test_every_public_name_exists_and_says_what_it_does():
    for name in dirlib.__all__:
        assert getattr(dirlib, name).__doc__, name
    assert dirlib.__all__ == sorted(dirlib.__all__)


def test_the_library_does_not_import_the_course():
    folder = Path(dirlib.__file__).parent
    command_line = folder / "__main__.py"  # draws the results figure with it
    for path in folder.rglob("*.py"):
        if path != command_line and "course" not in path.parts:
            assert "dirlib.course" not in path.read_text(encoding="utf-8"), path
