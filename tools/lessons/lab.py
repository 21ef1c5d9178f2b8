"""Open JupyterLab where the course starts (``make lab``).

It opens your own copies of the lessons, in ``my_lessons/`` or in the folder that is
named: ``python -m tools.lessons.lab FOLDER``. As root it allows root, and where there
is no screen it prints the address instead of opening a browser.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tools.lessons import copies
from tools.lessons.copies import FOLDER
from tools.lessons.env import FIXED_ENV, ROOT

FIRST = "00_start/00_start.ipynb"


def arguments(environ, platform: str, is_root: bool, folder: str = FOLDER) -> list[str]:
    """The command line that opens the way into the course here."""
    args = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--LabApp.default_url=/lab/tree/{folder}/{FIRST}",
    ]
    if is_root:
        args.append("--allow-root")
    screen = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if platform.startswith("linux") and not any(environ.get(name) for name in screen):
        args.append("--no-browser")
    return args


def home_is_writable() -> bool:
    """Whether Jupyter can keep its settings where it usually does."""
    from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir

    try:
        for folder in (jupyter_config_dir(), jupyter_runtime_dir()):
            Path(folder).mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                return False
    except OSError:
        return False
    return True


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    mine = ROOT / FOLDER
    parser.add_argument(
        "folder", nargs="?", type=Path, default=mine, help="your copies"
    )
    folder = parser.parse_args(argv).folder.absolute()
    if copies.main([str(folder)]):
        return 1
    environ = dict(os.environ, JUPYTER_PREFER_ENV_PATH="1")
    if not home_is_writable():
        environ.update({k: v for k, v in FIXED_ENV.items() if k.endswith("DIR")})
        print("Your home cannot be written to: Jupyter keeps its settings in .cache/")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    args = arguments(environ, sys.platform, is_root, folder.name)
    if "--no-browser" in args:
        print("No screen here: open the address below in a browser. Ctrl-C ends it.")
    sys.stdout.flush()
    if os.name == "posix":  # become Jupyter, so that whoever ends this ends that
        os.chdir(folder.parent)
        os.execve(args[0], args, environ)
    try:
        return subprocess.call(args, cwd=folder.parent, env=environ)
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
