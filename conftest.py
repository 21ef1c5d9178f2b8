"""How pytest runs here, be it unit tests or the solutions under nbval."""

import os
from pathlib import Path

import matplotlib
import pytest

from dirlib.files import write_atomically
from tools.lessons.env import CACHE, FULL, use_lesson_env, warm_font_cache

# Before any kernel starts: they inherit it, and print what the builder's kernels print.
use_lesson_env()
if FULL not in os.environ:
    os.environ["IPYTHONDIR"] = str(CACHE / "ipython-short")
    startup = CACHE / "ipython-short" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    short = Path(__file__).parent / "tests" / "two_epochs.py"
    write_atomically(startup / short.name, short.read_text(encoding="utf-8"))
# In this process only: a kernel with this setting would lose its inline figures.
matplotlib.use("Agg")
warm_font_cache()

# The students' notebooks: unsolved, and what was handed in, are not solutions. Tests of
# frameworks need packages of their own, others a browser: `make test-integrations`,
# `make test-browser` and `make test-site` name their folder, and what is named runs.
collect_ignore = ["lessons", "grading"]
collect_ignore += ["tests/integrations", "tests/browser", "tests/site"]

# What takes a minute or more begins first, in this order: so two processes, with
# xdist's ``--dist loadfile --no-loadscope-reorder``, end at about the same time.
SLOWEST = (
    "test_class", "test_unsolved", "test_jitter", "test_proven", "05_", "test_exchange",
    "04_", "06_", "02_",
)  # fmt: skip

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
# What counts in CI too; such a test says "needs a GPU: ...", where namespaces are
# restricted or Docker is missing "needs a sandbox of docker: ...", and on Windows or
# macOS "this system has no ...".
ALLOWED_SKIP = (
    "Skipped: needs a GPU",
    "Skipped: needs a sandbox of ",
    "Skipped: this system has no ",
)


def _fail_skipped(report) -> None:
    """In CI a test that does not run is a hole that nobody sees: make it fail."""
    if not IN_CI or not report.skipped or hasattr(report, "wasxfail"):
        return
    place = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, "")
    if not str(place[2]).startswith(ALLOWED_SKIP):
        report.outcome = "failed"
        where = f"{place[0]}:{place[1]}"
        report.longrepr = f"{where}: no test may be skipped in CI: {place[2]}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Order the tests, see `SLOWEST`."""

    def rank(item):
        name = item.path.name
        slow = [i for i, start in enumerate(SLOWEST) if name.startswith(start)]
        return (slow or [len(SLOWEST)])[0]

    items.sort(key=rank)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    _fail_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _fail_skipped(report)
    return report
