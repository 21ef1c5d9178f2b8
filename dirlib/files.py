"""The one way in which this package writes a file: whole, or not at all.

And the lock of a folder that one process at a time may write into.
"""

import json
import os
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    fcntl = None


def write_atomically(path, content, before=None):
    """Write a file so that a reader sees the old one or the new one, whole.

    `content` is a text, written in UTF-8, bytes, or ``content(file)``, which writes to
    the open binary file. ``before()`` is called when the new file is whole and on the
    disk, just before it takes its place: to move away what must not stay beside it. An
    OSError leaves the old file, if any, and nothing else.
    """
    path = Path(path)
    # A name of its own for every writer; `os.replace` then settles who was last.
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            before()
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path, content):
    """Write plain JSON values, as :func:`write_atomically` does."""
    write_atomically(path, json.dumps(content, indent=1))


def write_csv(path, table, **options):
    """Write a DataFrame without its index, with the options of ``to_csv``."""
    text = table.to_csv(index=False, lineterminator="\n", **options)
    write_atomically(path, text)


@contextmanager
def locked(folder):
    """Keep a folder to this process; a ValueError says that another one has it.

    The system holds the lock, on an empty file `.lock`, and lets go of it when the
    process ends, however it ends.
    """
    with open(Path(folder) / ".lock", "a") as file:
        try:
            if fcntl is None:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            raise ValueError(
                f"another process is at work in {folder}: wait for its end, or choose "
                f"another folder"
            ) from error
        except OSError:
            pass  # a file system without locks
        try:
            yield
        finally:
            if fcntl is not None:  # children that read pictures have the lock too
                with suppress(OSError):
                    fcntl.flock(file, fcntl.LOCK_UN)
