"""nbgrader's exchange, as on a JupyterHub: hand out, submit, collect, give back."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from class_of_30 import LESSON, RIGHT, cell
from jupyter_core.application import NoStart
from nbgrader.apps import NbGraderApp

from tools.grading import grade, report
from tools.lessons.env import ROOT

LIMITS = {"cell_seconds": 100, "seconds": 3600, "memory": 4 * 2**30}


def environment(folder: Path) -> dict[str, str]:
    """A home of its own for who works in this folder, and an activated environment."""
    home = folder / ".home"
    home.mkdir(exist_ok=True)
    folders = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    # nbgrader starts alembic by its name.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return dict.fromkeys(folders, str(home)) | {"PATH": path}


def nbgrader(exchange: Path, folder: Path, *args) -> None:
    """Run a command of nbgrader in a folder, as its program would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in environment(folder).items():
            patch.setenv(name, value)
        app = NbGraderApp()
        app.initialize([*args, f"--Exchange.root={exchange}"])
        with pytest.raises(NoStart):  # it raises this when the command has ended well
            app.start()
        for each in (app.subapp, app):
            each.clear_instance()


def nbgrader_program(exchange: Path, folder: Path, *args) -> None:
    """Run a command of nbgrader in a folder, in a process of its own."""
    command = [sys.executable, "-m", "nbgrader", *args, f"--Exchange.root={exchange}"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment(folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_from_the_teacher_to_the_student_and_back(tmp_path, shared_workspace):
    exchange, teacher, student = (tmp_path / n for n in ("exchange", "teacher", "ana"))
    for folder in (exchange, teacher, student):
        folder.mkdir()
    exchange.chmod(0o777)
    shutil.copy(ROOT / "nbgrader_config.py", teacher)
    for name in ("tools", f"lessons/{LESSON}", f"solutions/{LESSON}"):
        shutil.copytree(ROOT / name, teacher / name)

    nbgrader_program(exchange, teacher, "release_assignment", LESSON)
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
