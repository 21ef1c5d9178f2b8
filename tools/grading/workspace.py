"""The folder in which student code runs: dirlib, the course and data, no solution.

It lies in the computer's temporary folder, outside the repository, readable for
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

from dirlib.datasets.cache import cache_dir
from tools.grading.returned import Returned
from tools.lessons.cells import LessonError
from tools.lessons.env import FIXED_ENV, ROOT


def run_file(folder, student: str, lesson: str) -> Path:
    """Where a notebook is kept that was run."""
    return Path(folder) / student / f"{lesson}.ipynb"


def make_workspace(workspace: Path) -> Path:
    """Copy what student code needs and may read: dirlib, the course, the data."""
    workspace.chmod(0o755)
    skip = shutil.ignore_patterns("__pycache__", "cache")
    for name in ("dirlib", "course", "data"):
        shutil.copytree(ROOT / name, workspace / name, ignore=skip)
    for program in ("run_notebook.py", "kernel_limits.py"):
        shutil.copyfile(Path(__file__).parent / program, workspace / program)
    (workspace / "home").mkdir()
    env = workspace_env(workspace)
    if cache_dir().is_dir():  # what is drawn already; `prepare` draws what is missing
        shutil.copytree(cache_dir(), env["DIRLIB_CACHE"])
    env |= {"MPLCONFIGDIR": str(workspace / "home" / "matplotlib")}
    warm = "import matplotlib.font_manager, course.__main__ as m; m.main(['prepare'])"
    command = [sys.executable, "-c", warm]
    done = subprocess.run(
        command, env=env, cwd=workspace, capture_output=True, text=True
    )
    if done.returncode:
        raise LessonError([f"the data for the lessons cannot be made:\n{done.stderr}"])
    return workspace


def workspace_env(workspace: Path) -> dict[str, str]:
    """The environment of student code: nothing of the grader's own."""
    fixed = {k: v for k, v in FIXED_ENV.items() if not k.endswith("DIR")}
    return fixed | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(workspace),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "COURSE_DATA": str(workspace / "data"),
        "DIRLIB_CACHE": str(workspace / "data" / "cache"),
    }


def run_returned(returned: Returned, releases, out, workspace, limits, run_as):
    """Run a notebook, unless it was run before: (why it can't be or None, remarks)."""
    task = limits | {
        "lesson": returned.lesson,
        "notebook": returned.notebook,
        "before_checks": binding(releases[returned.lesson]),
    }
    key = digest(json.dumps(task, sort_keys=True).encode(), workspace)
    path = run_file(out / "ran", returned.student, returned.lesson)
    if path.is_file() and (known := nbformat.read(path, 4)).metadata.get("ran") == key:
        return None, known.metadata.left_out
    task |= {"env": workspace_env(workspace), "home": str(workspace / "home")}
    process = subprocess.Popen(
        [*run_as, sys.executable, str(workspace / "run_notebook.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=workspace,
        start_new_session=True,
    )
    try:
        answer, _ = process.communicate(
            json.dumps(task).encode(), timeout=limits["seconds"] + 600
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
    found = re.search(r"^from course\.lesson(\d) import", code, re.M)
    return f"from course.lesson{found[1]} import check" if found else "pass"


def digest(task: bytes, folder: Path) -> str:
    found = hashlib.sha256(task)
    for path in sorted(folder.rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
