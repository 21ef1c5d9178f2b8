"""Read a returned file, whatever is in it, or say in a sentence why it can't be."""

import json
import re
from pathlib import Path

import nbformat

MAX_BYTES = 200_000_000
MAX_OUTPUTS = 100_000  # characters of a check's saved outputs
# The beginnings of what students hand in instead of a notebook.
KINDS = (
    (b"PK\x03\x04", "a zip (or a Word document): unpack it and grade again"),
    (b"%PDF", "a PDF: the notebook itself, the .ipynb, is needed"),
    (b"\xff\xfe", "text in UTF-16: save it again as UTF-8"),
    (b"\xfe\xff", "text in UTF-16: save it again as UTF-8"),
    (b"\x1f\x8b", "packed by gzip: unpack it and grade again"),
    (b"Rar!", "packed by RAR: unpack it and grade again"),
    (b"7z\xbc\xaf", "packed by 7-Zip: unpack it and grade again"),
)
CONFLICT = re.compile(r"^(<{7}|>{7})( |$)", re.M)
SCRIPT = re.compile(r"^# (%%|---|\+)|^(import|from|def) \w", re.M)


class NotReadable(Exception):
    """A file that is no notebook of this course, and why."""


def read_cells(path: Path) -> tuple[list, str]:
    """The cells of a notebook file, whatever its name, and the kernel it asks for.

    Raises
    ------
    NotReadable
        With the sentence that its student, or the teacher, can mend it by.
    """
    content = content_of(path)
    for start, sentence in KINDS:
        if content.startswith(start):
            raise NotReadable(sentence)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        wide = content[1:200:2].count(0) > 50 or content[0:200:2].count(0) > 50
        raise NotReadable(KINDS[2][1] if wide else "not a Jupyter notebook") from None
    try:
        return cells_of(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotReadable(what_it_is(text, error, path.suffix)) from None


def content_of(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise NotReadable("a link or something else that is not a file")
    size = path.stat().st_size
    if size == 0:
        raise NotReadable("an empty file")
    if size > MAX_BYTES:
        raise NotReadable(f"{size / 1e6:,.0f} MB: too large to be read")
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotReadable(f"cannot be read: {error.strerror}") from None


def cells_of(content: dict) -> tuple[list, str]:
    version = content.get("nbformat")
    if isinstance(version, int) and version < 4:
        raise NotReadable(
            f"a notebook of an old format, nbformat {version}: open it in JupyterLab "
            "and save it"
        )
    cells = content["cells"]
    if version != 4 or not isinstance(cells, list):
        raise ValueError
    cells = [nbformat.from_dict(readable(cell)) for cell in cells]
    kernel = content.get("metadata", {}).get("kernelspec", {}).get("name")
    return cells, one_line(str(kernel))


def what_it_is(text: str, error: Exception, suffix: str) -> str:
    """What a text is that is no notebook, and what to do about it."""
    if isinstance(error, NotReadable):
        return str(error)
    start = text.lstrip()[:1000]
    if CONFLICT.search(text):
        return "git's conflict markers (<<<<<<<) stand in it: settle the conflict first"
    if start.lower().startswith(("<!doctype html", "<html")):
        return "a web page of a notebook: the notebook itself, the .ipynb, is needed"
    if suffix == ".py" or (start[:1] != "{" and SCRIPT.search(text)):
        return "a script (.py): `jupytext --to ipynb` makes a notebook of it"
    if start.startswith("{") and '"cells"' in text and isinstance(error, ValueError):
        return "a notebook that is cut off or damaged: it must be handed in again"
    return "not a Jupyter notebook"


def readable(cell: dict) -> dict:
    """Of a cell, what grading needs; the rest can be anything and is left behind."""
    source = cell["source"]
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    marks = marks if isinstance(marks, dict) else {}
    outputs = cell.get("outputs") if isinstance(cell.get("outputs"), list) else []
    small = len(json.dumps(outputs)) < MAX_OUTPUTS
    return {
        "cell_type": str(cell["cell_type"]),
        "id": str(cell.get("id")),
        # Half a character, as damaged files have it, could not be written again.
        "source": whole("".join(source)),
        "grade_id": one_line(str(marks.get("grade_id") or "")),
        "checksum": str(marks.get("checksum") or ""),
        "run": bool(cell.get("execution_count") or outputs),
        "outputs": outputs if small else [],
    }


def whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def one_line(text: str) -> str:
    """A short text for the report, whatever somebody wrote."""
    return " ".join(whole(text).split())[:100]
