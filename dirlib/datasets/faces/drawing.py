"""Draw cartoon faces of a given age, many at once, with numpy.

`traits` says what a face looks like, `layers` paints it on a `canvas`. Here the work is
cut into chunks, small enough to stay in the processor's cache.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dirlib.arguments import check_each, whole_number
from dirlib.datasets.faces.layers import paint_faces
from dirlib.datasets.faces.traits import draw_traits, uniforms

DRAWING_VERSION = 1  # raise it with every change that moves a pixel: cached sets go
MIN_SIZE = 16
_CHUNK_PIXELS = 2**16
_NOISE_STREAM = 2**16  # added to a stream's number: its pixel noise


def draw_faces(ages, seed, size=48, *, apparent_noise=16.0, stream=0, on_chunk=None):
    """Draw one face per age.

    Face i depends on `ages[i]`, `seed`, `stream`, `size` and i only: longer lists begin
    with the same faces. An empty list gives an empty array.

    Parameters
    ----------
    ages : array-like of int, shape [N], 0 to 100 years
    seed : int, 0 or more
    size : int, side of the square pictures in pixels, 16 or more
    apparent_noise : float, default 16
        People age differently: the drawing shows an apparent age, which is the age plus
        normal noise. This is the noise's standard deviation at age 50, in years; it
        grows in proportion to the age, from a tenth of this value at birth.
    stream : int, default 0
        Other streams of the same seed give other faces.
    on_chunk : callable, optional
        Called with the number of faces done since the last call.

    Returns
    -------
    ndarray of shape [N, size, size, 3], uint8 RGB
        The same on every machine up to one grey level.
    """
    ages = check_ages(ages)
    size = whole_number("size", size, MIN_SIZE)
    seed, stream = whole_number("seed", seed, 0), whole_number("stream", stream, 0)
    if not (np.isfinite(apparent_noise) and apparent_noise >= 0):
        raise ValueError(
            f"apparent_noise must be a number of years, 0 or more, got {apparent_noise}"
        )
    images = np.empty((len(ages), size, size, 3), np.uint8)
    step = max(1, _CHUNK_PIXELS // size**2)

    def draw(first):
        part = slice(first, min(first + step, len(ages)))
        personal, ageing = draw_traits(
            ages[part], seed, stream=stream, first=first, apparent_noise=apparent_noise
        )
        noise = _pixel_noise(seed, stream, first, part.stop - first, size)
        images[part] = paint_faces({**personal, **ageing}, noise, size)
        return part.stop - first

    # numpy lets go of the interpreter's lock while it computes: threads are enough.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in pool.map(draw, range(0, len(ages), step)):
            if on_chunk is not None:
                on_chunk(done)
    return images


def check_ages(ages, name="ages"):
    """`ages` as int64 [N], or a ValueError that names the first age that can't be."""
    ages = np.asarray(ages)
    if ages.ndim == 1 and ages.size == 0:
        return np.zeros(0, np.int64)
    if ages.ndim != 1 or ages.dtype.kind not in "iuf":
        raise ValueError(
            f"{name} must be a flat list of whole numbers from 0 to 100, "
            f"got an array of shape {list(ages.shape)} and type {ages.dtype}"
        )
    good = (ages >= 0) & (ages <= 100) & (ages == np.floor(ages))  # NaN isn't
    check_each(name, ages, good, "whole numbers from 0 to 100")
    return ages.astype(np.int64)


def _pixel_noise(seed, stream, first, count, size):
    """Noise of mean 0 and deviation 1 as float32 [3, count, size, size].

    One uniform number holds 53 random bits; 48 of them make three noise values, each
    the sum of two bytes, which is close enough to a normal and much cheaper.
    """
    table = uniforms(seed, stream + _NOISE_STREAM, first, count, size * size)
    bits = (table * 2.0**53).astype(np.uint64).reshape(count, size, size)
    noise = np.empty((3, count, size, size), np.float32)
    for channel in range(3):
        pair = (bits >> np.uint64(5 + 16 * channel)).astype(np.uint16)
        noise[channel] = (pair & np.uint16(255)) + (pair >> np.uint16(8))
    noise -= 255.0
    noise *= np.float32(1.0 / 104.5)
    return noise
