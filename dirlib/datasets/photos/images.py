"""Picture files: reading one, and samples that are read while a training runs."""

import io
import math
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from dirlib.arguments import check_shape, whole_number
from dirlib.training.samples import ImageArray

# No other decoder of Pillow sees a foreign file: some of them start other programs.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
CURE = (
    "copy it anew, or take its line out of the meta-file; "
    "python -m dirlib check lists every such picture"
)
_CHUNK = 256  # pictures at a time


class ImageFiles:
    """Samples whose pictures are read from their files, each time anew.

    Nothing is read before the first batch, which refuses a picture that is missing or
    damaged by a ValueError. `paths` and `labels` have the length N; `size` is the side
    of the square that each picture is resized to, in pixels. `augment` is that of
    :class:`dirlib.ImageArray`: without it, pictures are mirrored with a probability of
    one half. The paths start from `folder`; the checksum leaves it out, so that a
    training goes on where the folder was moved.
    """

    def __init__(self, paths, labels, size, augment=None, folder=""):
        self.paths, self.labels = [str(path) for path in paths], np.asarray(labels)
        check_shape("labels", self.labels, (len(self.paths),), "one per path")
        self.size, self.augment = whole_number("size", size, 1), augment
        self.folder = Path(folder)

    def __len__(self):
        return len(self.paths)

    @property
    def checksum(self):
        start = zlib.crc32("\n".join(self.paths).encode(), self.size)
        return zlib.crc32(np.ascontiguousarray(self.labels), start)

    def batch(self, index, u=None):
        index = np.asarray(index)
        pictures = ImageArray(self.pixels(index), self.labels[index], self.augment)
        return pictures.batch(np.arange(len(index)), u)

    def pixels(self, index):
        """Return the pictures of `index`, [n], as uint8 [n, size, size, 3]."""
        images = np.empty((len(index), self.size, self.size, 3), np.uint8)
        for i, sample in enumerate(index):
            images[i] = read_picture(self.folder / self.paths[sample], self.size)
        return images


def read_picture(path, size):
    """Read a picture as RGB, and resize the whole of it to a square.

    The file is a JPEG, PNG, WebP, BMP, GIF or TIFF; a ValueError says why it can't be
    read. Its note on how the camera was held is not looked at. The resizing is
    bilinear, over all pixels. Returns uint8, [size, size, 3].
    """
    return decode_picture(picture_bytes(path), path, size)


def picture_bytes(path):
    """Read a picture file; a ValueError says why it can't be read."""
    path = Path(path)
    if path.is_fifo() or path.is_socket() or path.is_char_device():
        raise ValueError(  # to read it may never end
            f"the picture {path} can't be read: it is a pipe or a device, not a file"
        )
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"the picture {path} is missing: {CURE}") from None
    except OSError as error:
        raise ValueError(
            f"the picture {path} can't be read ({error.strerror}): "
            "it must be a file that you may read"
        ) from error
    if not data:
        raise ValueError(f"the picture {path} is empty (0 bytes): {CURE}")
    return data


def decode_picture(data, path, size):
    """Decode the bytes of a picture; see :func:`read_picture`. `path` is for errors."""
    limit = Image.MAX_IMAGE_PIXELS or math.inf  # None switches it off
    too_large = ValueError(
        f"the picture {path} has more than {limit:,} pixels, which can fill the "
        "memory: make it smaller, or take its line out of the meta-file"
    )
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise too_large from None
    except Image.UnidentifiedImageError:
        raise ValueError(
            f"the file {path} is no picture in a format that is read "
            f"({', '.join(FORMATS)}): {CURE}"
        ) from None
    except Exception as error:  # Pillow has no class of its own for a damaged file
        raise _damaged(path, error) from error
    if image.width * image.height > limit:
        raise too_large
    if image.mode.startswith(("I", "F")):
        raise ValueError(
            f"the picture {path} has more than 8 bits per colour (Pillow's mode "
            f"{image.mode}): save it with 8 bits"
        )
    try:
        small = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    except Exception as error:
        raise _damaged(path, error) from error
    return np.array(small)


def _damaged(path, error):
    return ValueError(f"the picture {path} is damaged ({error}): {CURE}")


def each_picture(function, files, jobs):
    """Yield ``function(file)`` of each file in order, from `jobs` threads.

    Threads are enough, for Pillow lets go of the interpreter's lock while it decodes.
    The chunks bound the memory, and what an interrupt has to wait for.
    """
    with ThreadPoolExecutor(jobs) as pool:
        for start in range(0, len(files), _CHUNK):
            yield from pool.map(function, files[start : start + _CHUNK])
