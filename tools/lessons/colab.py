"""How a student's copy opens in Colab: a link, and a cell that fetches the course."""

from nbformat.v4 import new_code_cell

from tools.publication import read_publication

CODE = """\
#@title Only in Colab: fetch the course (elsewhere this cell does nothing)
import importlib.util, os, subprocess, sys

if importlib.util.find_spec("course") is None:
    source = os.environ.get("COURSE_SOURCE", "{source}")
    folder = os.path.abspath("course-repository")
    if not os.path.isdir(folder):
        subprocess.run(["git", "clone", "--depth=1", source, folder], check=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "-e", folder, "-e", f"{{folder}}/course"], check=True)
    sys.path.insert(0, folder)  # this kernel began before the installation"""


def colab_link(name: str, publication=None) -> str:
    """The line below a lesson's title: text, as a badge's picture needs a network."""
    publication = publication or read_publication()
    return f"[Open in Colab]({publication.colab(f'lessons/{name}/{name}.ipynb')})"


def colab_cell(source: str | None = None):
    """The cell, folded; `source` is what git clones, by default the repository."""
    source = source or read_publication().repository
    return new_code_cell(
        CODE.format(source=source),
        id="colab",
        metadata={"cellView": "form", "jupyter": {"source_hidden": True}},
    )
