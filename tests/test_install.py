"""``tools/install.py`` takes the small PyTorch where it can, and says so."""

import http.server
import threading

import pytest

from tools import install


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
