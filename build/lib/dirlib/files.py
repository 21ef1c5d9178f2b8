"""The one way in which this package writes a file: whole, or not at all."""

import os
from pathlib import Path


def write_atomically(path, content):
    """Write a file so that a reader sees the old one or the new one, whole.

    Parameters
    ----------
    path : path-like
        Its folder must exist.
    content : str, bytes or callable
        Text is written in UTF-8; ``content(file)`` writes to the open binary file.

    Raises
    ------
    OSError
        If the file can't be written; the old one, if any, stays, and nothing else.
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
