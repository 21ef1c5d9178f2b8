"""Each wall of the sandbox, by code that tries to cross it; no walls, no grading."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools.grading import sandbox as tool
from tools.grading.returned import Returned
from tools.grading.sandbox import Sandbox, choose, clean_env
from tools.grading.workspace import run_file, run_returned
from tools.lessons.cells import LessonError
from tools.lessons.env import ROOT

LIMITS = {"cell_seconds": 60, "seconds": 600, "memory": 2**30}
# One notebook that tries all of it: each cell prints one line.
TRIES = {
    "network": """
import socket
try:
    socket.create_connection(("93.184.215.14", 80), timeout=5)
except OSError:
    print("no network", [name for _, name in socket.if_nameindex()])""",
    "names": """
try:
    print(socket.gethostbyname("example.org"))
except OSError:
    print("no names")""",
    "project": """
import os
print([p for p in hidden if os.path.isdir(p) and os.listdir(p)])""",
    "writing": """
import numpy
from importlib.util import find_spec
folders = [os.path.dirname(find_spec(n).origin) for n in ("course", "dirlib", "numpy")]
folders.append(os.environ["COURSE_DATA"])
def written(folder):
    try:
        open(os.path.join(folder, "x"), "w").close()
        return folder
    except OSError:
        return None
print(list(filter(None, map(written, [*folders, "/", "/usr", "/etc"]))))""",
    "processes": """
import psutil
print(len(psutil.pids()) < 8)""",
    "answer": """
crossed = []
for place in ("fd/1", "mem", "environ"):
    try:
        crossed.append(open(f"/proc/{os.getppid()}/{place}", "rb").read(1))
    except OSError:
        pass
print(crossed)""",
    "kill": """
import signal
for number in (signal.SIGKILL, signal.SIGTERM):
    os.kill(os.getppid(), number)
print("sent")""",
    "rights": """
import re
status = open("/proc/self/status").read()
print(re.findall(r"Cap(?:Eff|Prm|Bnd):\\s0*(\\w)", status), os.getuid() != 0,
      re.findall(r"NoNewPrivs:\\s(\\d)", status))""",
    "environment": """
print([k for k in os.environ if "SECRET" in k])""",
    "temporary folder": """
import tempfile
print(os.listdir("/tmp") and tempfile.gettempdir() == "/tmp")""",
    "forks": """
import subprocess
made = []
try:
    for _ in range(2000):
        made.append(subprocess.Popen(["sleep", "600"]))
    print("no end")
except OSError:
    print(len(made) < 300)
for process in made:
    process.kill()
    process.wait()""",
    "files": """
try:
    with open("/tmp/big", "wb") as file:
        for _ in range(2000):
            file.write(bytes(10**6))
    print("no end")
except OSError as error:
    print("ended")
os.remove("/tmp/big")""",
    "detached": """
subprocess.Popen(["setsid", "sleep", "71.75"])
print("started")""",
    "memory": """
rows = []
while True:
    rows.append(numpy.ones(10**6))""",
    "after": "print('still here')",
}
STANDS = {
    "network": "no network ['lo']",
    "names": "no names",
    "project": "[]",
    "writing": "[]",
    "processes": "True",
    "answer": "[]",
    "kill": "sent",
    "rights": "['0', '0', '0'] True ['1']",
    "environment": "[]",
    "temporary folder": "True",
    "forks": "True",
    "files": "ended",
    "detached": "started",
    "memory": "NotRun",
    "after": "still here",
}


@pytest.fixture(scope="module", params=tool.KINDS)
def walls(request, workspace, tmp_path_factory):
    """What each try says behind these walls, where this computer can build them."""
    hidden = [tmp_path_factory.mktemp("returned")]
    (hidden[0] / "other_student.ipynb").write_text("{}")
    sandbox = Sandbox(request.param, workspace, tuple(hidden))
    if fault := sandbox.fault():
        pytest.skip(f"needs a sandbox of {request.param}: {fault}")
    seen = [
        str(p) for p in (*hidden, ROOT / "solutions", ROOT / "tests", ROOT / ".git")
    ]
    first = f"hidden = {json.dumps(seen)}"
    cells = [new_code_cell(source) for source in (first, *TRIES.values())]
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MY_SECRET", "x")
        problem, left_out = run_returned(
            Returned("Ana", "x", "01_demo", new_notebook(cells=cells)),
            {"01_demo": new_notebook()},
            out,
            sandbox,
            LIMITS,
        )
    assert problem is None
    assert left_out == [
        "a cell was left out: this cell takes more memory than there is for it"
    ]
    ran = json.loads(run_file(out / "ran", "Ana", "01_demo").read_text())
    told = [c["outputs"][0] if c["outputs"] else {} for c in ran["cells"][1:]]
    texts = ["".join(o.get("text") or o.get("ename", "nothing")) for o in told]
    return dict(zip(TRIES, texts, strict=True))


@pytest.mark.parametrize("wall", TRIES)
def test_the_wall_stands(walls, wall):
    assert walls[wall].strip() == STANDS[wall]


def test_what_was_started_behind_the_walls_ends_with_them(walls):
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True)
    assert "sleep 71.75" not in found.stdout


def test_the_grader_refuses_where_no_walls_stand(workspace, monkeypatch):
    monkeypatch.setattr(Sandbox, "fault", lambda self: f"no {self.kind} here")
    with pytest.raises(LessonError) as error:
        choose("auto", workspace)
    told = str(error.value)
    for kind in tool.KINDS:
        assert f"{kind}: no {kind} here" in told
    assert "--sandbox none" in told
    with pytest.raises(LessonError, match="docker"):
        choose("docker", workspace)
    assert choose("none", workspace).kind == "none"


def test_auto_takes_the_first_that_works(workspace, monkeypatch):
    works = {"namespaces": "no", "bubblewrap": None, "docker": None}
    monkeypatch.setattr(Sandbox, "fault", lambda self: works[self.kind])
    assert choose("auto", workspace).kind == "bubblewrap"


def test_walls_that_do_not_hold_are_not_called_walls(workspace, monkeypatch):
    """The trial is an honest one: without walls it says what it could do."""
    monkeypatch.setattr(
        Sandbox, "command", lambda self, *rest, **_: [sys.executable, *rest]
    )
    fault = Sandbox("namespaces", workspace, (ROOT / "tests",)).fault()
    assert fault == ("only Linux has them" if sys.platform != "linux" else fault)
    assert "it sees" in fault or "only Linux" in fault


def test_the_container_is_asked_for_the_same_walls(workspace):
    command = Sandbox("docker", workspace).command("x.py", memory=2**30, seconds=60)
    for flag in ("--network=none", "--read-only", "--cap-drop=ALL", "--rm"):
        assert flag in command
    assert f"--volume={workspace}:/workspace:ro" in command
    assert str(ROOT) not in " ".join(command)
    assert (Path(tool.__file__).parent / "Dockerfile").is_file()
    assert not {"HOME", "USER"} & set(clean_env()) and "PATH" in os.environ
