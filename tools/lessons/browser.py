"""Find the browser for ``make test-browser``, and install it where there is none."""

import os
import shutil
import subprocess
import sys

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
CURE = (
    "There is no browser to test with. Install Chromium and run this again: "
    "'apt-get install chromium' as root on Debian, "
    "'.venv/bin/python -m playwright install --with-deps chromium' elsewhere."
)
APT = (
    ["apt-get", "update"],
    ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
)
PLAYWRIGHT = ([sys.executable, "-m", "playwright", "install", "chromium"],)


def find_browser() -> str | None:
    """The path of a Chromium that starts: the computer's own, or playwright's."""
    from playwright.sync_api import sync_playwright

    for path in filter(None, map(shutil.which, PROGRAMS)):
        if _starts(path):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if _starts(path) else None


def _starts(path: str) -> bool:
    # Ubuntu has a chromium-browser that only says where to find the real one.
    try:
        ran = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0


def _run_all(commands) -> None:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in commands:
        print(" ".join(command), flush=True)
        if subprocess.call(command, env=env, stdout=sys.stderr) != 0:
            break


def main() -> int:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    ways = [APT] if is_root and shutil.which("apt-get") else []
    for commands in [*ways, PLAYWRIGHT]:
        if find_browser():
            break
        _run_all(commands)
    path = find_browser()
    print(f"browser: {path}" if path else CURE)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
