"""Run a program between walls of Linux's own making: no root and no installation.

    python -I -S enter.py WALLS PROGRAM ARGUMENT ...

WALLS is JSON: paths that the program may read (``shown``), paths below these that stay
hidden (``hidden``), and the bytes of its temporary folder (``scratch``). All else of
the computer is out of its sight: it gets a root of its own, without network, with its
own processes only, and without any right that a user could gain. Root is given up
first: the kernel doesn't count the processes of root.

The calls are those of Linux's manual: unshare(2), mount(2), mount_setattr(2),
pivot_root(2), prctl(2). Nothing of the project is imported here.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_USER, NEW_MOUNTS, NEW_PROCESSES = 0x10000000, 0x00020000, 0x20000000
NEW_NETWORK, NEW_IPC, NEW_HOST = 0x40000000, 0x08000000, 0x04000000
WALLS = NEW_MOUNTS | NEW_PROCESSES | NEW_NETWORK | NEW_IPC | NEW_HOST
BIND, PRIVATE, RECURSIVE = 0x1000, 0x40000, 0x4000
NO_SETUID, NO_DEVICES = 2, 4
DETACH = 2
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
SET_DEATH_SIGNAL, SET_DUMPABLE, DROP_BOUND, NO_NEW_PRIVILEGES = 1, 4, 24, 38
# Of /etc what fonts and shared libraries need; no accounts, no secrets.
ETC = "ld.so.cache ld.so.conf ld.so.conf.d alternatives fonts".split()
SYSTEM = "usr bin sbin lib lib32 lib64 libx32 nix/store".split()
DEVICES = "null zero full random urandom".split()


class MountAttributes(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user")
    ]


def call(name: str, *arguments) -> None:
    if getattr(LIBC, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source, place, kind=None, flags=0, options=None) -> None:
    coded = [text and os.fsencode(text) for text in (source, place, kind, options)]
    call("mount", *coded[:3], ctypes.c_ulong(flags), coded[3])


def read_only(place: str, below=AT_RECURSIVE) -> None:
    attributes = MountAttributes(1 | NO_SETUID | NO_DEVICES, 0, 0, 0)
    rest = (AT_FDCWD, os.fsencode(place), below, ctypes.byref(attributes))
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    call("syscall", ctypes.c_long(MOUNT_SETATTR), *rest, size)


def give_up_root() -> None:
    """Become a user whom nobody else is, if this is root and there is such a user."""
    if os.geteuid() == 0 and (user := other_user()):
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        call("prctl", SET_DUMPABLE, 1, 0, 0, 0)


def other_user() -> int | None:
    """One of the ids that this computer, or this container, has; None if it has one."""
    with open("/proc/self/uid_map") as file:
        ranges = [[int(n) for n in line.split()] for line in file]
    first, _, count = max(ranges, key=lambda r: r[2])
    if count < 1000:
        return None
    return first + min(count, 2**30) - 2 - os.getpid() % (count // 2)


def leave() -> bool:
    """Leave the computer's namespaces; whether this process is still root."""
    try:
        if os.geteuid() == 0 and other_user():
            call("unshare", WALLS)
            return True
    except PermissionError:  # root in a container that may not do this
        give_up_root()
    user, group = os.geteuid(), os.getegid()
    call("unshare", NEW_USER | WALLS)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return False


def new_root(shown, hidden, scratch: int) -> None:
    """Make a root with what is shown, and leave the old one."""
    shown = [(os.path.realpath(path), path) for path in shown]
    system = [f"/{name}" for name in SYSTEM if os.path.lexists(f"/{name}")]
    os.umask(0o022)
    mount(None, "/", None, RECURSIVE | PRIVATE)
    mount("tmpfs", "/tmp", "tmpfs", NO_SETUID | NO_DEVICES, "mode=755")
    os.makedirs("/tmp/old")
    os.makedirs("/tmp/new")
    pivot("/tmp", "/tmp/old")
    os.chdir("/")
    mount("tmpfs", "/new", "tmpfs", NO_SETUID | NO_DEVICES, "mode=755,size=1m")
    for path in system:
        if os.path.islink(f"/old{path}"):
            os.symlink(os.readlink(f"/old{path}"), f"/new{path}")
        else:
            show(path)
    for name in ETC:
        if os.path.exists(f"/old/etc/{name}"):
            show(f"/etc/{name}")
    if os.path.isdir("/old/sys/devices/system/cpu"):
        show("/sys/devices/system/cpu")
    for name in DEVICES:
        bind(f"/old/dev/{name}", f"/new/dev/{name}")
    os.symlink("/proc/self/fd", "/new/dev/fd")
    room = f"mode=1777,size={scratch},nr_inodes=20000"
    for name in ("tmp", "dev/shm"):
        os.makedirs(f"/new/{name}")
        mount("tmpfs", f"/new/{name}", "tmpfs", NO_SETUID | NO_DEVICES, room)
    for path in hidden:
        if os.path.isdir(f"/new{path}"):
            mount("tmpfs", f"/new{path}", "tmpfs", NO_SETUID | NO_DEVICES, "size=1m")
    for source, path in shown:
        show(source, path)
    os.makedirs("/new/proc")
    mount("proc", "/new/proc", "proc", NO_SETUID | NO_DEVICES)
    os.chdir("/new")
    pivot(".", ".")
    call("umount2", b".", DETACH)
    os.chdir("/")
    read_only("/", below=0)


def pivot(new: str, old: str) -> None:
    numbers = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203}
    number = ctypes.c_long(numbers[os.uname().machine])
    call("syscall", number, os.fsencode(new), os.fsencode(old))


def show(source: str, path: str | None = None) -> None:
    place = f"/new{path or source}"
    bind(f"/old{source}", place)
    read_only(place)


def bind(source: str, place: str) -> None:
    if os.path.isdir(source):
        os.makedirs(place, exist_ok=True)
    elif not os.path.exists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.close(os.open(place, os.O_CREAT))
    mount(source, place, None, BIND | RECURSIVE)


def talk_to_itself() -> None:
    """Set up 127.0.0.1, by which a notebook talks to its kernel: netdevice(7)."""
    flags = struct.pack("16sh", b"lo", 1)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, flags)


def no_rights() -> None:
    for right in range(64):
        LIBC.prctl(DROP_BOUND, right, 0, 0, 0)
    call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def first_process(walls: dict, root: bool, program: list[str]) -> None:
    """Build the root, then become the program: its end ends all that it started."""
    new_root(**walls)
    talk_to_itself()
    if root:
        no_rights()
        give_up_root()
    else:  # no further namespaces, in which there are rights again
        with open("/proc/sys/user/max_user_namespaces", "w") as file:
            file.write("0")
        no_rights()
    call("prctl", SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    os.execv(program[0], program)


def main() -> int:
    walls, program = json.loads(sys.argv[1]), sys.argv[2:]
    root = leave()
    child = os.fork()
    if child == 0:
        try:
            first_process(walls, root, program)
        except OSError as error:
            print(error, file=sys.stderr)
        os._exit(125)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(125)
