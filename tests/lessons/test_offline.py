"""After the installation nothing needs a network."""

import subprocess
import sys

import pytest

TRY = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
NAME = "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)"
HERE = """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname(), timeout=5)
client.close()
"""
LIBRARY = """
import sys
import dirlib
heavy = [m for m in ("matplotlib", "torchvision", "ipywidgets") if m in sys.modules]
assert not heavy, f"import dirlib loads {heavy}"
"""
FACES = """
from dirlib.datasets.faces import faces
train = faces("train", n_total=300, cache=False, progress=False)
assert len(train.images) == len(train.labels) > 0
"""


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=1800
    )


@pytest.mark.parametrize("code", [TRY, NAME])
def test_the_block_blocks(offline_env, code):
    run = python(code)
    assert run.returncode != 0
    assert "network access to" in run.stderr


def test_the_block_leaves_this_computer_to_itself(offline_env):
    run = python(HERE)
    assert run.returncode == 0, run.stderr


def test_library_is_light_and_needs_no_network(offline_env):
    run = python(LIBRARY)
    assert run.returncode == 0, run.stderr


def test_faces_are_drawn_without_network(offline_env):
    run = python(FACES)
    assert run.returncode == 0, run.stderr


# test_unsolved.py runs every lesson with the same block.
