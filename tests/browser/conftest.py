"""JupyterLab with a copy of the lessons, and the browser that opens them."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median

import pytest
from lab_page import TOKEN, end_kernels, open_notebook, run_all

from tools.lessons.browser import CURE, find_browser
from tools.lessons.copies import copy_lessons
from tools.lessons.env import ROOT

LIMIT_MS = 150
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update"
)
FOLDERS = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
)
# No question about news above the page, and no cell that is hidden until it is seen.
SETTINGS = {
    "apputils-extension/notification": '{"fetchNews": "false"}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}
times = pytest.StashKey()


def pytest_configure(config):
    config.stash[times] = {}


@pytest.fixture
def redraws(request):
    """Dict of explorer to the times of its redraws, in ms, for the summary."""
    return request.config.stash[times]


def pytest_terminal_summary(terminalreporter, config):
    say = terminalreporter.write_line
    if config.stash[times]:
        # Said, and no more: a busy computer must not make a test fail.
        terminalreporter.section("from key press to new picture")
    for name, ms in config.stash[times].items():
        over = f"  OVER {LIMIT_MS} ms" if median(ms) > LIMIT_MS else ""
        say(
            f"{name:44} median {median(ms):4.0f} ms, slowest {max(ms):5.0f} ms, "
            f"{len(ms):3} pictures{over}"
        )


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    path = find_browser()
    if path is None:
        pytest.exit(CURE, returncode=1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The address of a JupyterLab of our own, in a copy of ``lessons/``."""
    folder = tmp_path_factory.mktemp("lab")
    copy_lessons(ROOT / "lessons", folder / "lessons")
    # Lesson 5 trains six networks: here it is the page that is tried, not they.
    env = os.environ | {"LESSON_EPOCHS": "2"}
    for name in FOLDERS:
        env[name] = str(folder / name.lower())
    for name, text in SETTINGS.items():
        path = Path(env["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab", name)
        path.parent.mkdir(parents=True)
        path.with_suffix(".jupyterlab-settings").write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    args = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    args += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    args.append(f"--ServerApp.root_dir={folder / 'lessons'}")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *args],
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(server, f"{address}/api/status?token={TOKEN}", folder / "log")
        yield address
    finally:
        server.terminate()  # it ends its kernels, too
        server.wait(60)


def _wait_for(server, address, log):
    for _ in range(240):
        try:
            urllib.request.urlopen(address).close()
            return
        except urllib.error.URLError:
            if server.poll() is not None:
                break
            time.sleep(0.5)
    pytest.fail(f"JupyterLab does not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def page(browser, lab, lesson):
    """A lesson in JupyterLab on a small screen, after Run All."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    name = f"{lesson.stem}/{lesson.stem}.ipynb"
    open_notebook(page, lab, name)
    run_all(page)
    yield page
    page.close()
    end_kernels(lab)  # so that they take no time from the next lesson
