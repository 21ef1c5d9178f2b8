"""Gather the site's pages from the repository, in the same folders, so that links hold.

A link to a file that is no page takes the file along; one to a folder leads to the
repository.
"""

import os
import re
import shutil
from pathlib import Path

import nbformat

from tools.lessons.build import find_scripts
from tools.publication import read_publication
from tools.site.api import api_pages
from tools.site.explorers import data_files
from tools.site.notebooks import read_lesson

# Written for the site, and those that also stand alone.
OWN = "docs"
GUIDES = (
    "README.md", "INSTRUCTORS.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md",
    "CHANGELOG.md", "LICENSE-CONTENT.md", "dirlib/README.md",
    "dirlib/integrations/README.md", "data/README.md", "data/RESULTS.md",
    "data/FACES.md",
)  # fmt: skip
LINK = re.compile(r"(\]\()(?!\w+:|#|<)([^)\s#]+)")


def gather(root: Path, to: Path, solved: bool = True) -> None:
    """Fill the folder `to` with pages for Sphinx; not `solved`: exercises are open."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    sources = _sources(root)
    for page, source in sources.items():
        if source.suffix != ".ipynb":
            text = source.read_text(encoding="utf-8")
            _write(to / page, _links(text, source, page, root, to, sources))
            continue
        student = root / "lessons" / source.parent.name / source.name
        nb = read_lesson(source, student, solved, read_publication(root))
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = _links(cell.source, source, page, root, to, sources)
        _write(to / page, nbformat.writes(nb))
        copy = to / "download" / source.name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(student, copy)
    for page, text in api_pages().items():
        _write(to / page, text)
    for name, text in data_files().items():
        _write(to / "_static" / name, text)


def _sources(root: Path) -> dict[str, Path]:
    """Each page of the site, and the file that it is made from."""
    own = {p.relative_to(root / OWN): p for p in sorted((root / OWN).rglob("*.md"))}
    pages = {path.as_posix(): source for path, source in own.items()}
    pages |= {name: root / name for name in GUIDES}
    for script in find_scripts(root):
        folder = f"lessons/{script.stem}"
        pages[f"{folder}/{script.stem}.ipynb"] = script.with_suffix(".ipynb")
        for extra in script.parent.glob("*.md"):
            pages[f"{folder}/{extra.name}"] = extra
    return pages


def _links(text, source, page, root, to, sources) -> str:
    """The text, with each relative link leading to a page, a file or the repository."""
    pages_of = {path.resolve(): name for name, path in sources.items()}
    pages_of |= {
        (root / name).resolve(): name for name in sources if name.startswith("lessons/")
    }

    def target(found):
        path = Path(os.path.normpath(source.parent / found[2]))
        if not path.exists():
            # A page that is made here, as that of an explorer: Sphinx checks it.
            return found[0]
        if path in pages_of:
            place = pages_of[path]
        elif path.is_dir() or not path.is_relative_to(root):
            place = path.relative_to(root).as_posix()
            return f"{found[1]}{read_publication(root).repository}/tree/main/{place}"
        else:
            place = path.relative_to(root).as_posix()
            (to / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to / place)
        return found[1] + os.path.relpath(place, Path(page).parent).replace(os.sep, "/")

    return LINK.sub(target, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
