"""nbgrader's exchange, as on a JupyterHub: hand out, submit, collect, give back."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
from class_of_30 import LESSON, RIGHT, cell

from tools.grading import grade, report
from tools.lessons.env import ROOT

LIMITS = {"cell_seconds": 20, "seconds": 120, "memory": 4 * 2**30}


def nbgrader(exchange: Path, folder: Path, *args) -> None:
    """Run a command of nbgrader in a folder, with a home of its own."""
    home = folder / ".home"
    home.mkdir(exist_ok=True)
    folders = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    env = os.environ | dict.fromkeys(folders, str(home))
    # As in an activated environment: nbgrader starts alembic by its name.
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *args]
    command.append(f"--Exchange.root={exchange}")
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_from_the_teacher_to_the_student_and_back(tmp_path):
    exchange, teacher, student = (tmp_path / n for n in ("exchange", "teacher", "ana"))
    for folder in (exchange, teacher, student):
        folder.mkdir()
    exchange.chmod(0o777)
    shutil.copy(ROOT / "nbgrader_config.py", teacher)
    for name in ("tools", f"lessons/{LESSON}", f"solutions/{LESSON}"):
        shutil.copytree(ROOT / name, teacher / name)

    nbgrader(exchange, teacher, "release_assignment", LESSON)
    nbgrader(exchange, student, "fetch_assignment", LESSON, "--course=dir")
    path = student / LESSON / f"{LESSON}.ipynb"
    assert path.read_bytes() == (ROOT / "lessons" / LESSON / path.name).read_bytes()
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell(notebook, "bin_index")["source"] = RIGHT["bin_index"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    nbgrader(exchange, student, "submit", LESSON, "--course=dir")
    nbgrader(exchange, teacher, "collect", LESSON)

    out = teacher / "grading" / "course"
    found = grade.grade(teacher / "grading" / "submitted", out, LIMITS, root=teacher)
    report.write_report(out)
    assert [each.problem for each in found] == [None], "nothing but the notebook counts"
    assert pd.read_csv(out / "marks.csv").points.tolist() == [2]

    nbgrader(exchange, out, "release_feedback", LESSON)
    nbgrader(exchange, student, "fetch_feedback", LESSON, "--course=dir")
    (page,) = (student / LESSON / "feedback").glob(f"*/{LESSON}.html")
    assert "2 of 2 points" in page.read_text(encoding="utf-8")
