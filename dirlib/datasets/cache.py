"""Keep arrays that take a moment to make: written in one step, checked when read.

What goes wrong with a cache is said in one printed line, and the arrays are made anew:
a cache may cost time, never a result. The line goes to stdout. A student sees it beside
the cell that caused it; a log would hide it or turn it into a red block of stderr.
"""

import hashlib
import json
import os
import sys
import zipfile
from functools import partial
from pathlib import Path

import numpy as np

from dirlib.files import write_atomically


def cache_dir():
    """The folder for cached arrays; it need not exist yet.

    The environment variable DIRLIB_CACHE names it. Without one it is `data/cache` of
    the checkout that dirlib runs from, or else the user's folder for caches.
    """
    if named := os.environ.get("DIRLIB_CACHE"):
        return Path(named)
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "data").is_dir():
        return checkout / "data" / "cache"
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "dirlib"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/dirlib").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "dirlib"


def cached(name, key, make):
    """Return the arrays, a dict, that `make()` returns, from the cache if it has them.

    `name` begins the file's name, for people who look into the folder; `key`, a dict of
    plain JSON values, has everything that the arrays depend on.
    """
    text = json.dumps(key, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = cache_dir() / f"{name}-{digest}.npz"
    arrays = _read(path, text)
    if arrays is None:
        arrays = make()
        _write(path, text, arrays)
    return arrays


def _read(path, key):
    """The arrays of a file, or None where it is missing, damaged or another's."""
    if not path.exists():
        return None
    try:
        # The checksums first: numpy would parse a damaged header before it finds out.
        with zipfile.ZipFile(path) as file:
            damaged = file.testzip()
        if damaged is not None:
            raise ValueError(f"the checksum of {damaged} is wrong")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if str(arrays.pop("key")) != key:
            raise ValueError("it holds other data than its name says")
    # Whatever is wrong with a cached file, the cure is the same: make it anew.
    except Exception as error:
        print(f"dirlib: the cached file {path} is damaged ({error}); it is made anew.")
        return None
    return arrays


def _write(path, key, arrays):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, partial(np.savez, key=np.array(key), **arrays))
    except OSError as error:
        print(
            f"dirlib: nothing can be kept in the folder {path.parent} "
            f"({error.strerror or error}), so this is made anew each time; set the "
            "environment variable DIRLIB_CACHE to a folder that you can write to."
        )
