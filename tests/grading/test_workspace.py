"""Student code in its workspace: what it can do to the run, and what it can reach."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools.grading.outputs import points_or_none
from tools.grading.returned import Returned
from tools.grading.sandbox import Sandbox
from tools.grading.workspace import binding, run_file, run_returned, workspace_env
from tools.lessons.env import ROOT

CHECKS = "from course.lesson1 import check"


def check_cell(source):
    return new_code_cell(source, metadata={"nbgrader": {"grade": True}})


def task(workspace, *cells, cell_seconds=3, seconds=60):
    cells = [new_code_cell(c) if isinstance(c, str) else c for c in cells]
    return {
        "notebook": new_notebook(cells=cells),
        "before_checks": CHECKS,
        "lesson": "01_demo",
        "cell_seconds": cell_seconds,
        "seconds": seconds,
        "memory": 4 * 2**30,
        "processes": 4096,
        "env": workspace_env(workspace),
        "home": str(workspace / "home"),
    }


def run(workspace, *cells, **limits):
    """The outputs of each cell as text, and the cells that were given up."""
    done = subprocess.run(
        [sys.executable, str(workspace / "run_notebook.py")],
        input=json.dumps(task(workspace, *cells, **limits)).encode(),
        capture_output=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    told = ["".join(map(text_of, c["outputs"])) for c in answer["notebook"]["cells"]]
    return told, answer["given_up"]


def text_of(output):
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    return output.get("text") or output["data"]["text/plain"]


def test_leaving_ends_the_cell_and_nothing_else(workspace):
    cells = ["x = 5\nexit()", "quit()", "import sys\nsys.exit(3)", "x"]
    told, given_up = run(workspace, *cells)
    assert [t.split(":")[0] for t in told[:2]] == ["SystemExit", "SystemExit"]
    assert told[3] == "5" and given_up == {}


def test_a_cell_that_ends_the_kernel_is_left_out(workspace):
    cells = "x = 5", "import os\nos._exit(0)", "x", "y = 6", "y"
    told, given_up = run(workspace, *cells)
    assert told == ["", "NotRun: this cell ends the kernel", "5", "", "6"]
    assert given_up == {"1": "this cell ends the kernel"}


def test_a_loop_without_end_is_interrupted(workspace):
    told, given_up = run(workspace, "x = 5", "while True:\n    x += 1", "x > 5")
    assert told[1].startswith("KeyboardInterrupt") and told[2] == "True"
    assert given_up == {}


def test_a_loop_that_cannot_be_interrupted_is_left_out(workspace):
    stubborn = "import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True: pass"
    told, given_up = run(workspace, "x = 5", stubborn, "x")
    assert told[1].startswith("NotRun") and told[2] == "5"
    assert list(given_up) == ["1"]


def test_the_time_of_the_notebook_has_an_end(workspace):
    told, _ = run(workspace, *["import time\ntime.sleep(2)"] * 9, "1", seconds=8)
    assert told[-1] == "NotRun: the notebook took longer than 8 s"


def test_too_many_bad_cells_end_the_run_and_earn_nothing(workspace):
    told, given_up = run(workspace, "x = 5", *["import os; os._exit(0)"] * 7, "x")
    assert told[0] == "" and len(given_up) == 5
    assert told[-1] == "NotRun: too many cells before this one ended the kernel"


def test_prints_are_cut_and_what_follows_is_shown(workspace):
    many = "for i in range(10**5):\n    print('x' * 1000)"
    told, given_up = run(workspace, many, "1")
    assert 100_000 <= len(told[0]) < 101_000
    assert told[0].endswith("the rest of what this cell prints is left out\n")
    assert told[1] == "1" and given_up == {}


def test_a_huge_value_is_not_kept(workspace):
    told, _ = run(workspace, "'x' * 10_000_000", "1")
    assert told == ["", "1"]


def test_too_much_memory_is_refused_to_the_cell(workspace):
    told, _ = run(workspace, "[0] * 10**10", "1")
    assert told[0].startswith("MemoryError") and told[1] == "1"


def test_what_a_cell_starts_ends_with_the_run(workspace):
    start = "import subprocess; print(subprocess.Popen(['sleep', '61.25']).pid)"
    (told,), _ = run(workspace, start)
    place = Path(f"/proc/{int(told)}/stat")
    for _ in range(50):  # a killed process is gone as soon as somebody waits for it
        if not place.exists() or place.read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the process goes on")


def test_nobody_answers_an_input(workspace):
    told, _ = run(workspace, "input('your name?')", "1")
    assert told[0].startswith("StdinNotImplementedError") and told[1] == "1"


def test_the_checks_are_bound_anew_before_each_check(workspace):
    mine = "check = lambda f: 2.0"
    told, _ = run(workspace, mine, check_cell("check.__name__"), "check.__name__")
    assert told == ["", "'course.checks.lesson1'", "'course.checks.lesson1'"]


def test_killing_the_program_that_runs_it_is_reported(workspace, tmp_path):
    kill = new_notebook(cells=[new_code_cell("import os; os.kill(os.getppid(), 9)")])
    problem, remarks = run_returned(
        Returned("Ana", "x", "01_demo", kill),
        {"01_demo": new_notebook()},
        tmp_path,
        Sandbox("none", workspace),
        {"cell_seconds": 3, "seconds": 30, "memory": 4 * 2**30},
    )
    assert problem == "not graded: its code ended the program that ran it"
    assert remarks == [] and not run_file(tmp_path / "ran", "Ana", "01_demo").exists()


def test_a_command_may_stand_before_the_program(workspace, tmp_path):
    """As ``sudo -n -u NAME`` does; ``env`` shows that it is used."""
    notebook = new_notebook(cells=[new_code_cell("1 + 1")])
    said = tmp_path / "said"
    script = f'echo ran > {said}; exec "$@"'
    problem, _ = run_returned(
        Returned("Ana", "x", "01_demo", notebook),
        {"01_demo": new_notebook()},
        tmp_path,
        Sandbox("none", workspace, run_as=("sh", "-c", script, "sh")),
        {"cell_seconds": 3, "seconds": 30, "memory": 4 * 2**30},
    )
    assert problem is None and said.read_text() == "ran\n"
    assert run_file(tmp_path / "ran", "Ana", "01_demo").is_file()


def test_the_workspace_has_no_solution_and_no_other_student_in_it(workspace):
    """From the folder in which code runs, up and down: nothing but what it needs."""
    look = """
from pathlib import Path
here = Path.cwd()
below = [str(p.relative_to(here.parent)) for p in here.parent.rglob("*")
         if "ipython" not in p.parts and "runtime" not in p.parts]
print(sorted(below), sorted(p.name for p in here.parents[1].glob("solutions*")))
import dirlib, os
print(Path(dirlib.__file__).parents[1], sorted(os.environ))
"""
    (told,), _ = run(workspace, look)
    where, rest = told.split("\n")[:2]
    assert "ipynb" not in where and where.endswith(" []")
    place, names = rest.split(" ", 1)
    assert place == str(workspace)
    allowed = set(workspace_env(workspace)) | {
        *("HOME", "IPYTHONDIR", "MPLCONFIGDIR", "JPY_PARENT_PID", "JPY_SESSION_NAME"),
        *("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"),
        *("CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "GIT_PAGER", "MPLBACKEND"),
        *("PAGER", "TERM", "PYDEVD_USE_FRAME_EVAL", "LC_CTYPE", "PATH"),
    }
    assert set(eval(names)) <= allowed


def test_no_lesson_and_no_solution_is_copied_into_the_workspace(workspace):
    """The checks know the right answers, of course; the lessons' own are not there."""
    names = [str(p.relative_to(workspace)) for p in workspace.rglob("*") if p.is_file()]
    assert "course/checks/exercise.py" in names
    assert not [n for n in names if n.endswith(".ipynb") or "solution" in n]
    text = "".join(p.read_text(encoding="utf-8") for p in workspace.rglob("*.py"))
    assert "BEGIN SOLUTION" not in text and "BEGIN MARK SCHEME" not in text


def test_the_binding_is_the_lessons_own_import(lesson, not_the_way_in):
    import nbformat

    path = ROOT / "lessons" / lesson.stem / f"{lesson.stem}.ipynb"
    line = binding(nbformat.read(path, 4))
    number = int(lesson.stem[:2])
    assert line == f"from course.lesson{number} import check"


def test_a_check_without_points_earns_none():
    from nbformat.v4 import new_output

    def kinds(*outputs, source="f.check(f)"):
        return [o.output_type for o in points_or_none(source, list(outputs), 2)[0]]

    points = new_output("execute_result", {"text/plain": "2.0"}, execution_count=1)
    printed = new_output("stream", name="stdout", text="✓")
    loud = new_output("stream", name="stderr", text="old")
    assert kinds() == ["error"]
    assert kinds(printed) == ["error", "stream"]
    assert kinds(loud, printed, points) == ["stream", "execute_result"]
    assert kinds(printed, source="assert f(1) == 2") == ["stream"]
