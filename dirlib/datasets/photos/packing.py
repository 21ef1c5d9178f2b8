"""Pack the pictures of an age folder into one memory-mapped file.

Reading a packed picture takes no decoding and no resizing. The pack is two files:
``PATH`` is a numpy array, uint8 [N, size, size, 3], in the order of the meta-file, and
``PATH.json`` says what is in it. It stays good where ages or splits are corrected: it
depends on the list of pictures only.
"""

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np

from dirlib.arguments import whole_number
from dirlib.datasets.photos.images import ImageFiles, each_picture, read_picture
from dirlib.files import write_atomically, write_json
from dirlib.progress import progress_bar

VERSION = 1  # raise it with every change of how pictures are read: old packs go


class PackedImages(ImageFiles):
    """Samples from a pack: the same as :class:`ImageFiles` gives, read faster.

    `images` is what :func:`open_pack` returned, and `rows`, [N], says where in it each
    sample lies. No file in `paths` is opened.
    """

    def __init__(self, images, rows, paths, labels, size, augment=None, folder=""):
        super().__init__(paths, labels, size, augment, folder)
        self.images, self.rows = images, rows

    def pixels(self, index):
        return self.images[self.rows[index]]

    # A process that gets these samples opens the file: the pack may not fit in memory.
    def __getstate__(self):
        return self.__dict__ | {"images": self.images.filename}

    def __setstate__(self, state):
        images = np.load(state["images"], mmap_mode="r")
        self.__dict__.update(state, images=images)


def pack_images(table, size, path, jobs=1, progress=True):
    """Read every picture of an age folder once, `jobs` at a time, and pack them.

    `table` is an AgeTable, `size` the side of the square pictures in pixels. The pack
    takes N size^2 3 bytes on the disk, and appears under its name, such as
    ``agedb-112.npy``, when it is whole. A ValueError says that a picture is missing or
    damaged, or that the disk has too little room; an OSError that the pack can't be
    written. No part of it stays then.
    """
    path, size = Path(path), whole_number("size", size, 1)
    jobs, paths = whole_number("jobs", jobs, 1), list(table.table["path"])
    note = {"version": VERSION, "size": size, "pictures": _fingerprint(paths)}
    files = [table.folder / name for name in paths]
    # Without its note a pack is refused: the old note never meets the new pack.
    drop_note = partial(_note(path).unlink, missing_ok=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _check_room(path, len(paths) * size**2 * 3)
        with progress_bar(len(paths), "Packing pictures", "image", progress) as bar:
            write = partial(_write_pictures, files, size, jobs, bar)
            write_atomically(path, write, before=drop_note)
        write_json(_note(path), note)
    except OSError as error:
        raise OSError(
            f"the pack {path} can't be written ({error.strerror or error}): mend "
            "that, or name a file in another folder"
        ) from error


def open_pack(path, table, size):
    """Open a pack as a memory map, [N, size, size, 3], uint8, in the table's order.

    A ValueError refuses a pack that is missing, unfinished or cut off, or that holds
    other pictures than `table`, or another size.
    """
    path, again = Path(path), "pack the pictures again"
    if not path.is_file():
        raise ValueError(f"there is no pack {path}: pack the pictures first")
    paths = list(table.table["path"])
    shape = (len(paths), size, size, 3)
    try:
        note = json.loads(_note(path).read_bytes())
        version, packed, pictures = note["version"], note["size"], note["pictures"]
    except FileNotFoundError:
        raise ValueError(
            f"the pack {path} was not finished, for its note {_note(path)} is missing: "
            f"{again}"
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"the note {_note(path)} of a pack can't be read: {again}"
        ) from error
    if version != VERSION:
        what = f"has version {version}, but this is version {VERSION}: {again}"
    elif packed != size:
        what = f"holds pictures of {packed} pixels, but {size} are asked for: use size "
        what += f"{packed}, or {again}"
    elif pictures != _fingerprint(paths):
        what = f"holds other pictures than the meta-file lists: {again}"
    else:
        try:
            images = np.load(path, mmap_mode="r")
        except (ValueError, EOFError, OSError) as error:
            raise ValueError(
                f"the pack {path} is damaged or cut off: {again}"
            ) from error
        if images.shape == shape and images.dtype == np.uint8:
            return images
        what = f"holds {images.dtype} of shape {list(images.shape)}, not uint8 of "
        what += f"shape {list(shape)}: {again}"
    raise ValueError(f"the pack {path} {what}")


def _note(path):
    return path.with_name(f"{path.name}.json")


def _fingerprint(paths):
    return hashlib.sha256("\n".join(paths).encode()).hexdigest()


def _write_pictures(files, size, jobs, bar, out):
    shape = (len(files), size, size, 3)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    read = partial(read_picture, size=size)
    # Not through a memory map: on a full disk that ends the process.
    np.lib.format.write_array_header_1_0(out, header)
    for image in each_picture(read, files, jobs):
        out.write(image.tobytes())
        bar.update()


def _check_room(path, need):
    free = shutil.disk_usage(path.parent).free
    if free < need:
        raise ValueError(
            f"the pack {path} needs {need / 1e9:.1f} GB, but the disk has "
            f"{free / 1e9:.1f} GB: make room, choose a smaller size, or name a file on "
            "another disk"
        )
