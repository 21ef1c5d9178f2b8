"""The room in which student code runs: a folder with dirlib and data, no solution.

The room lies in the computer's temporary folder, outside the repository, readable for
another user: give ``run_as="sudo -n -u NAME"`` to run student code as that user. What
student code can reach as the grader's own user is said in ``INSTRUCTORS.md``.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from lesson_cells import LessonError
from lesson_env import FIXED_ENV, ROOT
from returned import Returned


def run_file(folder, student: str, lesson: str) -> Path:
    """Where a notebook is kept that was run."""
    return Path(folder) / student / f"{lesson}.ipynb"


def make_room(room: Path) -> Path:
    """What student code needs and may read: a copy of dirlib and of its data."""
    room.chmod(0o755)
    skip = shutil.ignore_patterns("__pycache__", "cache")
    shutil.copytree(ROOT / "dirlib", room / "dirlib", ignore=skip)
    shutil.copytree(ROOT / "data", room / "data", ignore=skip)
    for program in ("run_notebook.py", "kernel_side.py"):
        shutil.copyfile(ROOT / "tools" / program, room / program)
    (room / "home").mkdir()
    env = room_env(room) | {"MPLCONFIGDIR": str(room / "home" / "matplotlib")}
    warm = "import matplotlib.font_manager, dirlib.__main__ as m; m.main(['prepare'])"
    done = subprocess.run(
        [sys.executable, "-c", warm], env=env, cwd=room, capture_output=True, text=True
    )
    if done.returncode:
        raise LessonError([f"the data for the lessons cannot be made:\n{done.stderr}"])
    return room


def room_env(room: Path) -> dict[str, str]:
    """The environment of student code: nothing of the grader's own."""
    fixed = {k: v for k, v in FIXED_ENV.items() if not k.endswith("DIR")}
    return fixed | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(room),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "DIRLIB_DATA": str(room / "data"),
        "DIRLIB_CACHE": str(room / "data" / "cache"),
    }


def run_returned(returned: Returned, releases, out, room, limits, run_as):
    """Run a notebook, unless it was run before: (why it can't be or None, remarks)."""
    task = limits | {
        "lesson": returned.lesson,
        "notebook": returned.notebook,
        "before_checks": binding(releases[returned.lesson]),
    }
    key = digest(json.dumps(task, sort_keys=True).encode(), room / "dirlib")
    path = run_file(out / "ran", returned.student, returned.lesson)
    if path.is_file() and (known := nbformat.read(path, 4)).metadata.get("ran") == key:
        return None, known.metadata.left_out
    task |= {"env": room_env(room), "home": str(room / "home")}
    process = subprocess.Popen(
        [*run_as, sys.executable, str(room / "run_notebook.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=room,
        start_new_session=True,
    )
    try:
        answer, _ = process.communicate(
            json.dumps(task).encode(), timeout=limits["seconds"] + 120
        )
        answer = json.loads(answer)
        notebook = nbformat.from_dict(answer["notebook"])
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "not graded: its run could not be ended", []
    except (ValueError, KeyError):
        return "not graded: its code ended the program that ran it", []
    left_out = [f"a cell was left out: {why}" for why in answer["given_up"].values()]
    notebook.metadata |= {"ran": key, "left_out": left_out}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return None, left_out


def binding(release) -> str:
    """The lesson's own import of its checks, which is made anew before each check.

    So ``check = ...`` in a student's cell, or another import, changes no marks.
    """
    code = "\n".join(c.source for c in release.cells if c.cell_type == "code")
    found = re.search(r"^from dirlib\.course import checks\d as check$", code, re.M)
    return found[0] if found else "pass"


def digest(task: bytes, folder: Path) -> str:
    found = hashlib.sha256(task)
    for path in sorted(folder.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
