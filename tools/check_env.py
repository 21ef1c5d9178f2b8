"""Say whether this computer is ready for the lessons: one line per requirement.

    python tools/check_env.py        (or: make check-env)

Runs on any Python from 3.6 on with nothing installed. Each ``[FAIL]`` line ends in its
cure; the exit status is 1 when there is one.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
FREE_GB = 1.0
INSTALL = "python -m pip install -r requirements.txt -c constraints.txt"
COMPARE = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}
# Fails when the two were built for different versions of each other.
PAIR = (
    "import torch, torchvision; from torchvision.ops import nms; "
    "nms(torch.zeros(1, 4), torch.zeros(1), 0.5)"
)


def ok(text):
    return True, text


def fail(text, cure):
    return False, f"{text} - cure: {cure}"


def numbers(version):
    """``2.14.1+cpu`` as (2, 14, 1, 0): enough to compare release versions."""
    release = re.match(r"\d+(\.\d+)*", version)
    found = [int(n) for n in release.group().split(".")] if release else []
    return tuple((found + [0] * 4)[:4])


def requirements(text):
    """Pairs (name, ranges) of a requirements file, such as ("numpy", ">=2.0,<3")."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    found = [re.match(r"([A-Za-z0-9][\w.-]*)\s*([^;]*)", line) for line in lines]
    return [(m.group(1), m.group(2).replace(" ", "")) for m in found if m]


def in_ranges(version, ranges):
    for part in filter(None, ranges.split(",")):
        sign, limit = re.match(r"([<>=!]=?)(.*)", part).groups()
        if not COMPARE[sign](numbers(version), numbers(limit)):
            return False
    return True


def check_python(version=sys.version_info):
    text = "Python {}.{}.{}".format(*version[:3])
    if tuple(version[:2]) < OLDEST_PYTHON:
        return fail(text, "install Python {}.{} or later".format(*OLDEST_PYTHON))
    return ok(text)


def check_package(name, ranges):
    from importlib import metadata  # not in the oldest Pythons this must run on

    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return fail(f"{name}: not installed", INSTALL)
    if not in_ranges(version, ranges):
        return fail(f"{name} {version}: {ranges} is needed", INSTALL)
    return ok(f"{name} {version}")


def check_pair():
    try:
        run = subprocess.run(
            [sys.executable, "-c", PAIR], capture_output=True, text=True, timeout=300
        )
    except subprocess.TimeoutExpired:
        return fail("torch and torchvision do not load in 300 s", INSTALL)
    if run.returncode:
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        return fail("torch and torchvision do not work together: " + last, INSTALL)
    return ok("torch and torchvision work together")


def check_dirlib(root=ROOT):
    try:
        spec = importlib.util.find_spec("dirlib")
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.origin:
        return fail("dirlib: not installed", "python -m pip install -e .")
    folder = Path(spec.origin).resolve().parent.parent
    if folder != Path(root).resolve():
        text = f"dirlib: Python takes it from {folder}, not from here"
        return fail(text, "python -m pip install -e .")
    return ok("dirlib of this folder")


def check_data(root=ROOT):
    missing = not list((Path(root) / "data").glob("runs/*.json"))
    if missing:
        return fail("data/: the recorded runs are missing", "git checkout -- data")
    return ok("data/ has the recorded runs")


def check_cache(root=ROOT):
    folder = Path(root) / "data" / "cache"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=str(folder)):
            pass
    except OSError as error:
        cure = "let your user write there, or clone into a folder of your own"
        return fail(f"data/cache: cannot be written ({error.strerror})", cure)
    return ok("data/cache can be written")


def check_disk(root=ROOT, free=None):
    free = shutil.disk_usage(str(root)).free / 1e9 if free is None else free
    text = f"{free:.1f} GB of disk are free"
    if free < FREE_GB:
        return fail(text, f"free {FREE_GB:.0f} GB, or clone to another disk")
    return ok(text)


def results(root=ROOT):
    """(passed, text) of each requirement, one after the other."""
    result = check_python()
    yield result
    if not result[0]:
        return  # nothing else can be right
    listed = requirements((root / "requirements.txt").read_text(encoding="utf-8"))
    installed = set()
    for name, ranges in listed:
        result = check_package(name, ranges)
        if result[0]:
            installed.add(name)
        yield result
    if {"torch", "torchvision"} <= installed:
        yield check_pair()
    yield check_dirlib(root)
    yield check_data(root)
    yield check_cache(root)
    yield check_disk(root)


def main():
    print(f"{os.path.basename(sys.executable)} in {sys.prefix}")
    failed = 0
    for passed, text in results():
        print("[ OK ]" if passed else "[FAIL]", text, flush=True)
        failed += not passed
    if failed:
        print(f"{failed} of these need a cure before the lessons run.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
