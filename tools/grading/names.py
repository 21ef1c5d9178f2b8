"""Whose file it is: read from folders and names, as learning platforms make them.

Canvas  ``lindqvistada_LATE_4711_901234_01_imbalance-1.ipynb``: the name, the student's
        number, that of the submission, the file; ``-1`` is the first one repeated.
Moodle  ``Ada Lindqvist_4711_assignsubmission_file_/01_imbalance.ipynb``: the number is
        that of the submission, "Participant 4711" in Moodle's grading worksheet.
"""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePath

CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<number>\d+)_(?P<submission>\d+)_(?P<file>.+)"
)
MOODLE = re.compile(
    r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(file|onlinetext)_?(?P<file>.*)"
)
ATTEMPT = re.compile(r"(?:-(\d+)| \((\d+)\))?(?:\.\w+)*$")
MAX_BYTES = 120  # of a name: it becomes that of a folder


@dataclass(frozen=True)
class Sender:
    """Who handed in a file, and how.

    Attributes
    ----------
    student : str
        A name that file systems and nbgrader can bear; of each student another one.
    platform : str
        "canvas", "moodle" or "".
    number : str
        The number that the platform asks for when marks come back.
    attempt : tuple of int
        The larger one is the later.
    late : bool
        Whether the platform calls it late.
    """

    student: str
    platform: str = ""
    number: str = ""
    attempt: tuple = (0, 0)
    late: bool = False


def sender_of(name: PurePath, releases) -> Sender:
    """Who handed in the file of this name, below the folder of all that came back."""
    folders = [p for p in name.parts[:-1] if p not in releases]
    top = folders[0] if folders else name.name
    if match := MOODLE.fullmatch(top):
        student = student_name(f"{match['name']} {match['number']}")
        return Sender(student, "moodle", match["number"], (0, repeated(name.name)))
    if match := CANVAS.fullmatch(name.name):
        return Sender(
            student_name(f"{match['name']} {match['number']}"),
            "canvas",
            match["number"],
            (int(match["submission"][:18]), repeated(name.name)),
            bool(match["late"]),
        )
    if folders:
        return Sender(student_name(top))
    text = name.name.split(".")[0]
    for lesson in releases:
        text = text.replace(lesson, "")
    text = re.sub(r"( \(\d+\)|-\d+)$", "", text)
    return Sender(student_name(text.strip(" ._-")))


def repeated(file: str) -> int:
    match = ATTEMPT.search(file)
    return int((match[1] or match[2] or "0")[:9])


def student_name(raw: str) -> str:
    """A name in any script, as it is; whatever must be changed is told apart.

    Composed and decomposed letters are one name. Signs that a path or a page can't
    bear become ``_``, with a few letters behind that only this name gives.
    """
    text = unicodedata.normalize("NFC", readable_name(raw))
    kept = "".join(c if _can_stand(c) else "_" for c in text).strip(" .")
    while len(kept.encode()) > MAX_BYTES:
        kept = kept[:-1]
    if kept == text:
        return kept
    told = hashlib.sha1(os.fsencode(raw)).hexdigest()[:4]
    return f"{kept}-{told}" if kept.strip(" ._-") else f"without a name-{told}"


def _can_stand(sign: str) -> bool:
    # Letters, marks and numbers of any script, and the joiners between them.
    return unicodedata.category(sign)[0] in "LMN" or sign in " .,@'-_\u200c\u200d"


def readable_name(raw: str) -> str:
    """A name of a file as text, also where its bytes are no UTF-8."""
    try:
        return os.fsencode(raw).decode()
    except UnicodeDecodeError:
        return os.fsencode(raw).decode("cp437")  # as Windows packs a zip


def without_wrapping(folder: Path, files: list[Path], releases) -> Path:
    """The folder in which the students are: below one that only wraps them all."""
    while True:
        below = {path.relative_to(folder).parts[0] for path in files}
        if len(below) != 1 or (inner := folder / below.pop()).name in releases:
            return folder
        if not inner.is_dir() or inner.is_symlink():
            return folder
        names = [path.relative_to(inner) for path in files]
        if not _holds_students(names, releases):
            return folder
        folder = inner


def _holds_students(names: list[PurePath], releases) -> bool:
    """Whether these are the files of several students, and not of one."""
    folders = {n.parts[0] for n in names if len(n.parts) > 1} - set(releases)
    if len(folders) > 1:
        return True
    if any(MOODLE.fullmatch(p) for n in names for p in n.parts[:1]):
        return True
    if all(CANVAS.fullmatch(n.name) for n in names):
        return True
    if folders:  # one more folder that wraps them
        inner = [PurePath(*n.parts[1:]) for n in names if len(n.parts) > 1]
        return len(inner) == len(names) and _holds_students(inner, releases)
    starts = {n.name.split(lesson)[0] for n in names for lesson in releases}
    named = all(any(n.name.find(lesson) > 0 for lesson in releases) for n in names)
    return named and len(starts) > 1
