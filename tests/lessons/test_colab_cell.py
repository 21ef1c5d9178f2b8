"""A student's copy opens in Colab, and fetches the course only where it is missing."""

import os
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest

from tools.lessons.colab import colab_cell, colab_link
from tools.lessons.env import ROOT
from tools.publication import read_publication

# pip is not asked: what it would install is 3 GB.
WITHOUT_PIP = """
import subprocess
real = subprocess.run
def run(args, **kwargs):
    print("pip" if "pip" in args else args[0], [a for a in args if "/" in a][1:])
    return None if "pip" in args else real(args, **kwargs)
subprocess.run = run
"""


def run(code, folder, *flags, **env):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, *flags, "-c", code], cwd=folder, env=kept | env,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize("path", sorted((ROOT / "lessons").glob("*/*.ipynb")))
def test_it_is_the_first_code_cell_of_each_copy(path):
    cells = nbformat.read(path, as_version=4).cells
    first = next(cell for cell in cells if cell.cell_type == "code")
    assert (first.id, first.source) == ("colab", colab_cell().source)


@pytest.mark.parametrize("path", sorted((ROOT / "lessons").glob("*/*.ipynb")))
def test_a_link_stands_below_the_title_of_each_copy(path):
    first = nbformat.read(path, as_version=4).cells[0]
    title, space, link, *_ = first.source.split("\n")
    assert (title[:2], space, link) == ("# ", "", colab_link(path.stem))


def test_the_link_follows_the_address_that_the_owner_fills_in():
    filled = replace(read_publication(), repository="https://github.com/Ada/dir")
    assert colab_link("02_lds", filled) == (
        "[Open in Colab](https://colab.research.google.com/github/Ada/dir/blob/main/"
        "lessons/02_lds/02_lds.ipynb)"
    )


def test_where_the_course_is_installed_it_does_nothing(tmp_path):
    code = WITHOUT_PIP + colab_cell("/nowhere").source
    ran = run(code, tmp_path, PYTHONPATH=str(ROOT))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_elsewhere_it_fetches_the_source_that_it_is_told(tmp_path):
    # Without site-packages there is no course; a repository of two files is the source.
    source = tmp_path / "source"
    (source / "course").mkdir(parents=True)
    (source / "course" / "__init__.py").write_text("FOUND = True\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for args in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *args], cwd=source, check=True)
    place = tmp_path / "place"
    place.mkdir()
    code = WITHOUT_PIP + colab_cell().source + "\nimport course\nprint(course.FOUND)"
    for _ in range(2):  # the second time the folder is there
        ran = run(code, place, "-S", COURSE_SOURCE=source.as_uri())
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.endswith("True\n")
        assert "pip" in ran.stdout
