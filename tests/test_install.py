"""``tools/install.py`` takes the small PyTorch where it can, and says so."""

import http.server
import os
import shlex
import subprocess
import sys
import threading

import pytest

from tools import install
from tools.lessons.env import ROOT


@pytest.fixture
def index(tmp_path):
    """A stand-in for PyTorch's index: a folder `torch`, served here."""
    (tmp_path / "torch").mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=tmp_path)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_linux_without_a_gpu_takes_the_cpu_build(index):
    found, word = install.extra_index("linux", gpu=False, index=index)
    assert found == index and "the CPU build" in word


@pytest.mark.parametrize("platform, gpu", [("linux", True), ("darwin", False)])
def test_others_do_not_ask(platform, gpu):
    found, word = install.extra_index(platform, gpu, index="http://127.0.0.1:9")
    assert found is None and "the usual PyTorch" in word and "answer" not in word


@pytest.mark.parametrize("gone", ["http://127.0.0.1:9", "no address", "{index}/x"])
def test_without_the_index_it_falls_back_and_says_so(gone, index):
    found, word = install.extra_index("linux", False, gone.format(index=index))
    assert found is None and "does not answer" in word


@pytest.mark.parametrize("reached", [True, False])
def test_what_pip_is_told(reached, monkeypatch):
    calls = []
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.setattr(
        install.subprocess, "call", lambda args, cwd: calls.append(args)
    )
    monkeypatch.setattr(
        install, "extra_index", lambda: ("https://cpu" if reached else None, "it")
    )
    install.main(["--quiet"])
    assert (calls[0][-3:-1] == ["--extra-index-url", "https://cpu"]) is reached
    assert calls[0][-1] == "--quiet" and "constraints.txt" in calls[0]


# ------------------------------------------------ what Binder and the container run

# In place of every process that the script would start, pip above all: nothing that
# this test does may install, whatever postBuild or the script come to say.
INSTALL = """
import os, runpy, subprocess, sys
def tell(args, cwd):
    print("asked:", *args[1:], "in", cwd, flush=True)
    return int(os.environ["PIP_ENDS_WITH"])
subprocess.call, subprocess.Popen = tell, None
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# A module of ours is there and takes the arguments, but doesn't do its work.
PYTHON = """#!/bin/sh
case "$1" in
tools/install.py) exec {python} {install} "$@" ;;
-m) exec {python} "$@" --help ;;
esac
echo "no test knows: python $*" >&2
exit 99
"""


def post_build(folder, ends):
    """Run ``binder/postBuild`` with a `python` that only tells what pip is asked."""
    install = folder / "install.py"
    install.write_text(INSTALL)
    python = folder / "python"
    words = {
        "python": shlex.quote(sys.executable),
        "install": shlex.quote(str(install)),
    }
    python.write_text(PYTHON.format(**words))
    python.chmod(0o755)
    env = os.environ | {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PIP_ENDS_WITH": str(ends),
        "PIP_EXTRA_INDEX_URL": "http://127.0.0.1:9",  # no other index is asked
    }
    return subprocess.run(
        ["bash", str(ROOT / "binder" / "postBuild")],
        cwd=folder, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="this system has no bash for sure")
@pytest.mark.parametrize("ends", [0, 3])
def test_binder_installs_and_prepares_or_ends_where_pip_failed(tmp_path, ends):
    ran = post_build(tmp_path, ends)
    assert ran.returncode == ends, ran.stdout + ran.stderr
    [told] = [line for line in ran.stdout.splitlines() if line.startswith("asked: ")]
    assert told.startswith("asked: -m pip install ")
    options = "-r requirements.txt -c constraints.txt --quiet --no-cache-dir"
    assert told.endswith(f" {options} in {ROOT}")
    assert ("usage: python -m course prepare" in ran.stdout) is (ends == 0)
