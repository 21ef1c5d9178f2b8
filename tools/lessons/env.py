"""The one place that says in which environment a lesson's kernel runs.

The builder executes lessons in it and ``tests/conftest.py`` sets it for nbval, so that
the same cell prints the same text in both. Nothing of the user's own Jupyter, IPython
or matplotlib settings takes part, and nothing is written to their home.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"

# It catches what hangs: a training takes under 30 s, and much longer on a busy machine.
CELL_TIMEOUT = 1800

# The last digits of a sum depend on the number of threads: one, but where a test of
# just that asks for another number by this variable.
THREADS = "LESSON_THREADS"
# Tests train for two epochs, see tests/two_epochs.py, unless this variable is set.
FULL = "LESSON_FULL"
FIXED_ENV = {
    "OMP_NUM_THREADS": os.environ.get(THREADS, "1"),
    "MKL_NUM_THREADS": os.environ.get(THREADS, "1"),
    "OPENBLAS_NUM_THREADS": os.environ.get(THREADS, "1"),
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    # A bar shows its speed, and none where the data is cached.
    "TQDM_DISABLE": "1",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "JUPYTER_CONFIG_DIR": str(CACHE / "jupyter" / "config"),
    "JUPYTER_DATA_DIR": str(CACHE / "jupyter" / "data"),
    "JUPYTER_RUNTIME_DIR": str(CACHE / "jupyter" / "runtime"),
    "IPYTHONDIR": str(CACHE / "ipython"),
    "MPLCONFIGDIR": str(CACHE / "matplotlib"),
}

PROJECTS = "COURSE_PROJECTS"  # where `course.own_table` puts a project

# Set by a user or by a test runner, these change what a cell prints or draws.
REMOVED_ENV = (
    "MPLBACKEND",
    "MATPLOTLIBRC",
    "PYTHONSTARTUP",
    "PYTHONWARNINGS",
    "FORCE_COLOR",
    "NO_COLOR",
)


def use_lesson_env() -> None:
    """Set the environment of this process, which its kernels inherit."""
    for name in REMOVED_ENV:
        os.environ.pop(name, None)
    os.environ.update(FIXED_ENV)
    for name, value in FIXED_ENV.items():
        if name.endswith("DIR"):
            Path(value).mkdir(parents=True, exist_ok=True)
    # Lesson 6 keeps its runs: those of a build or a test are gone with the process.
    if PROJECTS not in os.environ:
        os.environ[PROJECTS] = tempfile.mkdtemp(prefix="course-projects-")
        atexit.register(shutil.rmtree, os.environ[PROJECTS], ignore_errors=True)
    # ipykernel warns on stderr when a debugger meets Python's frozen modules.
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"


def warm_font_cache() -> None:
    """Let matplotlib list the fonts now: in a lesson it would say so on stderr."""
    import matplotlib.font_manager  # noqa: F401
