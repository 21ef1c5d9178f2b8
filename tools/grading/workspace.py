"""The folder in which student code runs: dirlib, the course and data, no solution.

It lies in the computer's temporary folder, outside the repository, and is all of the
project that a sandbox shows (``sandbox.py``). What comes out of a run is kept only as
text, PNG and verdicts (``outputs.py``).
"""

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path, PurePath

import nbformat
import psutil

from dirlib.datasets.cache import cache_dir
from dirlib.files import write_atomically
from tools.grading.outputs import clean_outputs, points_or_none
from tools.grading.returned import Returned
from tools.grading.sandbox import PROCESSES, Sandbox, clean_env
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
    env = clean_env() | workspace_env(workspace)
    env["PATH"] = os.environ.get("PATH", os.defpath)
    if cache_dir().is_dir():  # what is drawn already; `prepare` draws what is missing
        shutil.copytree(cache_dir(), env["DIRLIB_CACHE"])
    env["MPLCONFIGDIR"] = str(workspace / "home" / "matplotlib")
    warm = "import matplotlib.font_manager, course.__main__ as m; m.main(['prepare'])"
    command = [sys.executable, "-c", warm]
    done = subprocess.run(
        command, env=env, cwd=workspace, capture_output=True, text=True
    )
    if done.returncode:
        raise LessonError([f"the data for the lessons cannot be made:\n{done.stderr}"])
    for path in workspace.rglob("*"):  # for the user to whom root is given up
        path.chmod(0o755 if path.is_dir() else 0o644)
    return workspace


def workspace_env(place: PurePath) -> dict[str, str]:
    """The environment of student code: nothing of the grader's own."""
    fixed = {k: v for k, v in FIXED_ENV.items() if not k.endswith("DIR")}
    return fixed | {
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(place),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "COURSE_GRADED": "1",  # lesson 5 starts no trainings of its own
        "COURSE_DATA": str(place / "data"),
        "DIRLIB_CACHE": str(place / "data" / "cache"),
    }


def run_returned(returned: Returned, releases, out: Path, sandbox: Sandbox, limits):
    """Run a notebook, unless it was run before: (why it can't be or None, remarks)."""
    task = limits | {
        "lesson": returned.lesson,
        "notebook": returned.notebook,
        "before_checks": binding(releases[returned.lesson]),
    }
    key = digest(json.dumps(task, sort_keys=True).encode(), sandbox.workspace)
    path = run_file(out / "ran", returned.student, returned.lesson)
    if (known := ran_before(path, key)) is not None:
        return None, known
    place = sandbox.place
    task |= {"env": workspace_env(place), "home": str(place / "home")}
    task["processes"] = PROCESSES + threads_of_user()
    try:
        answer = run_task(task, sandbox)
        given_up = dict(answer["given_up"])
        cells = answer["notebook"]["cells"]
        notebook = with_outputs(returned.notebook, cells)
        lost = [f"a cell was left out: {str(why)[:100]}" for why in given_up.values()]
    except subprocess.TimeoutExpired:
        return "not graded: its run could not be ended", []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "not graded: its code ended the program that ran it", []
    lost = sorted(set(lost))[:5]
    notebook.metadata |= {"ran": key, "left_out": lost}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, nbformat.writes(notebook))
    return None, lost


def ran_before(path: Path, key: str) -> list[str] | None:
    """What was left out of a notebook that was run already; None if it was not."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    except (OSError, ValueError):
        return None
    return known["left_out"] if known.get("ran") == key else None


def run_task(task: dict, sandbox: Sandbox) -> dict:
    """What ``run_notebook.py`` answers, from behind the walls."""
    seconds = task["seconds"] + 600
    program = str(sandbox.place / "run_notebook.py")
    command = sandbox.command(program, memory=task["memory"], seconds=seconds)
    # A file has an end: the limit on files holds for the answer, too.
    with tempfile.TemporaryFile() as answer:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            cwd=sandbox.workspace,
            env=clean_env(),
            start_new_session=True,
        )
        try:
            process.communicate(json.dumps(task).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        answer.seek(0)
        return json.loads(answer.read())


def with_outputs(notebook, cells: list):
    """The notebook that was sent, with what may be kept of the outputs."""
    made, refused = copy.deepcopy(notebook), []
    for cell, ran in zip(made.cells, cells, strict=True):
        if cell.cell_type != "code":
            continue
        marks = cell.metadata.get("nbgrader", {})
        check = bool(marks.get("grade") and marks.get("locked"))
        full = float(marks.get("points", 0)) if check else 0
        cell.outputs = clean_outputs(ran["outputs"], check, full)
        cell.execution_count = 1
        if check:
            cell.outputs, why = points_or_none(cell.source, cell.outputs, full)
            refused += [f"{marks['grade_id']} shows {why}"] if why else []
    made.metadata["refused"] = refused
    return made


def threads_of_user() -> int:
    """Older kernels count the processes of a user, not those of a namespace."""
    if os.name != "posix" or os.geteuid() == 0:
        return 0
    mine = 0
    for process in psutil.process_iter(["uids", "num_threads"]):
        uids, threads = process.info["uids"], process.info["num_threads"]
        mine += (threads or 1) * bool(uids and uids.real == os.getuid())
    return mine


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
