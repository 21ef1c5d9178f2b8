"""Say whether this computer is ready for the lessons: one line per requirement.

    python tools/check_env.py        (or: make check-env)

Runs on any Python from 3.6 on with nothing installed. Each ``[FAIL]`` line ends in its
cure; the exit status is 1 when there is one.
"""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
INSTALL_GB, FREE_GB = 8.0, 1.0  # of disk: for the installation, and after it
MEMORY_GB = 4.0  # what grading gives a lesson, too
INSTALL = "python tools/install.py"
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


def check_python(version=sys.version_info, largest=sys.maxsize):
    text = "Python {}.{}.{}".format(*version[:3])
    if tuple(version[:2]) < OLDEST_PYTHON:
        return fail(text, "install Python {}.{} or later".format(*OLDEST_PYTHON))
    if largest < 2**32:
        return fail(f"{text} of 32 bits; PyTorch needs 64", "install a 64-bit Python")
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


def check_build(cuda=None, gpu=None):
    """A build for GPUs works without one: a word about its size, not a failure."""
    cuda = importlib.util.find_spec("nvidia") is not None if cuda is None else cuda
    gpu = shutil.which("nvidia-smi") is not None if gpu is None else gpu
    if cuda and not gpu:
        return ok(
            "torch is a CUDA build: it works without a GPU, and takes 3 GB more; "
            f"to save them, make a new environment with {INSTALL}"
        )
    return ok("torch is a CUDA build" if cuda else "torch is a CPU build")


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


def check_writable(name, folder, cure):
    """`folder` need not exist: then it is made in the nearest one that does."""
    folder = Path(folder).absolute()
    place = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=str(place)):
            pass
    except OSError as error:
        return fail(f"{name}: cannot be written ({error.strerror})", cure)
    return ok(f"{name} can be written")


def check_cache(root=ROOT, environ=os.environ):
    name = environ.get("DIRLIB_CACHE") or "data/cache"
    cure = "let your user write there, or set DIRLIB_CACHE to a folder of your own"
    return check_writable(name, Path(root, name), cure)


def check_copies(root=ROOT):
    cure = "open the lessons with: python -m tools.lessons.lab A_FOLDER_OF_YOUR_OWN"
    return check_writable("my_lessons", Path(root, "my_lessons"), cure)


def memory(limit="/sys/fs/cgroup/memory.max"):
    """GB of memory of this computer, or of its container; None where nothing says."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # as on Windows
        return None
    try:
        found = min(found, int(Path(limit).read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        pass
    return found / 1e9


def check_memory(found=None):
    found = memory() if found is None else found
    if found is None:
        return ok(f"memory: not known here; {MEMORY_GB:.0f} GB are needed")
    text = f"{found:.1f} GB of memory"
    if found < 0.9 * MEMORY_GB:  # a part is kept by the system
        cure = f"give this machine or container {MEMORY_GB:.0f} GB, or take another"
        return fail(text, cure)
    return ok(text)


def check_disk(root=ROOT, installed=True, free=None):
    free = shutil.disk_usage(str(root)).free / 1e9 if free is None else free
    needed = FREE_GB if installed else INSTALL_GB
    text = f"{free:.1f} GB of disk are free"
    if free < needed:
        return fail(text, f"free {needed:.0f} GB, or clone to another disk")
    return ok(text)


def check_ports(new_socket=socket.socket):
    """JupyterLab and its kernels talk through ports that nobody else can reach."""
    try:
        with new_socket() as server, new_socket() as client:
            server.bind(("127.0.0.1", 0))
            server.listen(1)
            client.settimeout(5)
            client.connect(server.getsockname())
    except OSError as error:
        cure = "allow Python to listen at 127.0.0.1, in the firewall or the sandbox"
        return fail(f"ports: this computer can't reach itself ({error})", cure)
    return ok("ports of this computer can be used")


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
        yield check_build()
    yield check_dirlib(root)
    yield check_data(root)
    yield check_cache(root)
    yield check_copies(root)
    yield check_memory()
    yield check_disk(root, installed="torch" in installed)
    yield check_ports()


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
