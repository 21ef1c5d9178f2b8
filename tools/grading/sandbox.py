"""The walls around student code, and which of them this computer can build.

``namespaces``  Linux's own, by ``enter.py``: no installation, no root
``bubblewrap``  the same walls, built by the program ``bwrap``
``docker``      a container of the image that ``tools/grading/Dockerfile`` makes
``none``        no walls: student code runs as you, with your files and the network

Behind each of the first three a notebook sees ``dirlib``, ``course``, the data and the
packages, and can change none of them. It has no network, processes and a temporary
folder of its own, and no rights. ``choose`` tries them: only walls that stood count.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.grading.enter import ETC, SYSTEM, other_user
from tools.lessons.cells import LessonError
from tools.lessons.env import ROOT

KINDS = ("namespaces", "bubblewrap", "docker")
IMAGE = "dir-grading"
SCRATCH = 2**29  # bytes of the temporary folder, which is memory
PROCESSES = 256  # and threads
EXCHANGE = Path("/usr/local/share/nbgrader")  # what others have submitted
RESTRICTED = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
CURE = (
    "On Ubuntu: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0. Elsewhere: "
    "install bubblewrap, or Docker and the image of tools/grading/Dockerfile, see "
    "INSTRUCTORS.md. `--sandbox none` goes on without: for a class that you trust"
)


@dataclass(frozen=True)
class Sandbox:
    """One kind of walls around programs that read a workspace.

    Attributes
    ----------
    kind : str
        One of `KINDS`, or "none".
    workspace : Path
        The folder that is shown, as the grader sees it.
    hidden : tuple of Path
        Folders that must not be seen, wherever they lie.
    run_as : tuple of str
        Put before a program that runs without walls.
    """

    kind: str
    workspace: Path
    hidden: tuple[Path, ...] = ()
    run_as: tuple[str, ...] = ()

    @property
    def place(self) -> PurePosixPath | Path:
        """The workspace, as the program sees it."""
        inside = PurePosixPath("/workspace")
        return inside if self.kind == "docker" else self.workspace

    def command(self, *arguments: str, memory=2**32, seconds=3600) -> list[str]:
        """What starts Python with these arguments behind the walls."""
        if self.kind == "docker":
            return [*_docker(self.workspace, memory, seconds), *arguments]
        program = [sys.executable, *arguments]
        if self.kind == "none":
            return [*self.run_as, *program]
        shown = [*map(str, packages()), str(self.workspace)]
        hidden = [str(path) for path in (*self.hidden, ROOT, EXCHANGE) if path.is_dir()]
        if self.kind == "bubblewrap":
            return [*_bubblewrap(shown, hidden), *program]
        walls = {"shown": shown, "hidden": hidden, "scratch": SCRATCH}
        enter = Path(__file__).with_name("enter.py")
        return [sys.executable, "-I", "-S", str(enter), json.dumps(walls), *program]

    def fault(self) -> str | None:
        """Why these walls don't stand on this computer, or None."""
        if self.kind == "namespaces" and platform.system() != "Linux":
            return "only Linux has them"
        tool = {"bubblewrap": "bwrap", "docker": "docker"}.get(self.kind)
        if tool and not shutil.which(tool):
            return f"there is no program `{tool}` here"
        hidden = [str(p) for p in (*self.hidden, ROOT / "solutions", ROOT / ".git")]
        question = json.dumps([str(self.place), hidden])
        try:
            done = subprocess.run(
                self.command("-c", TRIAL, question),
                env=clean_env(),
                capture_output=True,
                text=True,
                timeout=60,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        told = (done.stdout + done.stderr).strip().split("\n")[-1]
        if done.returncode or told != "all walls stand":
            return told or f"it ends with status {done.returncode}"
        return None


# What the trial tries behind the walls; the tests in tests/grading try more.
TRIAL = """
import json, os, sys
place, hidden = json.loads(sys.argv[1])
seen = [path for path in hidden if os.path.isdir(path) and os.listdir(path)]
if seen:
    sys.exit(f"it sees {seen[0]}")
for path in (place, "/usr", os.path.dirname(os.__file__)):
    try:
        open(os.path.join(path, "trial"), "w").close()
    except OSError:
        continue
    sys.exit(f"it can write into {path}")
with open("/proc/net/dev") as file:
    names = [line.split(":")[0].strip() for line in file if ":" in line]
if names != ["lo"] * len(names):
    sys.exit(f"it has a network: {names}")
if sum(name.isdigit() for name in os.listdir("/proc")) > 3:
    sys.exit("it sees processes of others")
if not os.path.isdir(os.path.join(place, "dirlib")):
    sys.exit(f"it does not see {place}")
print("all walls stand")
"""


def choose(wanted: str, workspace: Path, hidden=(), run_as=()) -> Sandbox:
    """The sandbox of that kind; with "auto" the first of `KINDS` whose walls stand.

    Raises
    ------
    LessonError
        If they don't, with what was tried and the cure.
    """
    hidden = tuple(Path(path).absolute() for path in hidden)
    if wanted == "none":
        return Sandbox("none", workspace, hidden, tuple(run_as))
    tried = []
    for kind in KINDS if wanted == "auto" else (wanted,):
        sandbox = Sandbox(kind, workspace, hidden)
        fault = sandbox.fault()
        if fault is None:
            return sandbox
        tried.append(f"  {kind}: {fault}")
    if RESTRICTED.is_file() and RESTRICTED.read_text().strip() == "1":
        tried.append(f"  this system restricts namespaces: {RESTRICTED} is 1")
    first = "no sandbox works here, and student code would run as you:"
    raise LessonError([first, *tried, CURE])


def packages() -> list[Path]:
    """Python and its packages: what a notebook imports, beside dirlib and course."""
    paths = {Path(sys.prefix), Path(sys.base_prefix)}
    paths.add(Path(sys.executable).resolve().parents[1])
    paths |= {Path(p) for p in sys.path if p.endswith(("site-packages", "-packages"))}
    return sorted(p for p in paths if p.is_dir() and p != Path("/"))


def clean_env() -> dict[str, str]:
    """Nothing of the grader's own environment, which might hold a secret."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"} | {
        name: os.environ[name]
        for name in ("SYSTEMROOT", "TEMP", "DOCKER_HOST")
        if name in os.environ
    }


def _bubblewrap(shown: list[str], hidden: list[str]) -> list[str]:
    command = [
        shutil.which("bwrap") or "bwrap",
        "--die-with-parent",
        "--as-pid-1",
        "--new-session",
    ]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--cap-drop", "ALL"]
    for path in (f"/{name}" for name in SYSTEM):
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        else:
            command += ["--ro-bind-try", path, path]
    for path in [f"/etc/{name}" for name in ETC] + ["/sys/devices/system/cpu"]:
        command += ["--ro-bind-try", path, path]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for path in ("/tmp", "/dev/shm"):
        command += ["--perms", "1777", "--size", str(SCRATCH), "--tmpfs", path]
    for path in hidden:
        if path.startswith(("/usr/", *(f"{p}/" for p in shown))):
            command += ["--tmpfs", path]
    for path in shown:
        for parent in reversed(PurePosixPath(path).parents[:-1]):
            command += ["--perms", "0755", "--dir", str(parent)]
        command += ["--ro-bind", os.path.realpath(path), path]
    command += ["--remount-ro", "/"]
    if os.geteuid() != 0:
        return [*command, "--unshare-user", "--disable-userns"]
    for right in ("SETUID", "SETGID", "SETPCAP"):
        command += ["--cap-add", f"CAP_{right}"]
    user = str(other_user() or 65534)
    command += ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
    return [*command, "--bounding-set=-all", "--no-new-privs"]


def _docker(workspace: Path, memory: int, seconds: float) -> list[str]:
    command = [
        shutil.which("docker") or "docker",
        "run",
        "--rm",
        "--interactive",
        "--network=none",
    ]
    command += ["--read-only", f"--tmpfs=/tmp:size={SCRATCH},mode=1777,exec"]
    command += ["--cap-drop=ALL", "--security-opt=no-new-privileges"]
    command += ["--user=65534:65534", f"--pids-limit={PROCESSES}"]
    command += [f"--memory={memory + SCRATCH}", f"--memory-swap={memory + SCRATCH}"]
    command += [f"--volume={workspace}:/workspace:ro", "--workdir=/tmp", IMAGE]
    return [*command, "timeout", "--kill-after=5", f"{seconds:.0f}", "python3"]
