"""Draw cartoon faces of a given age, many at once, with numpy.

Each shape is a signed distance: negative inside, positive outside, in the units of
`face_traits`. A shape is painted over the picture with the share of the pixel that it
covers, which gives smooth edges at any size. A chunk of faces is drawn together, small
enough to stay in the processor's cache, and only in the window where a shape can be.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dirlib.datasets.face_traits import draw_traits, uniforms

DRAWING_VERSION = 1  # raise it with every change that moves a pixel: cached sets go
MIN_SIZE = 16
_CHUNK_PIXELS = 2**16
_NOISE_STREAM = 2**16  # added to a stream's number: its pixel noise


def draw_faces(ages, seed, size=48, *, apparent_noise=8.0, stream=0, on_chunk=None):
    """Draw one face per age.

    Face i depends on `ages[i]`, `seed`, `stream`, `size` and i only: longer lists begin
    with the same faces. An empty list gives an empty array.

    Parameters
    ----------
    ages : array-like of int, shape [N], 0 to 100 years
    seed : int, 0 or more
    size : int, side of the square pictures in pixels, 16 or more
    apparent_noise : float, default 8
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

    Raises
    ------
    ValueError
        For ages that are not whole numbers from 0 to 100, or other values out of range.
    """
    ages = check_ages(ages)
    size = check_whole("size", size, MIN_SIZE)
    seed, stream = check_whole("seed", seed, 0), check_whole("stream", stream, 0)
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
        images[part] = _paint_faces({**personal, **ageing}, noise, size)
        return part.stop - first

    # numpy lets go of the interpreter's lock while it computes: threads are enough.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in pool.map(draw, range(0, len(ages), step)):
            if on_chunk is not None:
                on_chunk(done)
    return images


def check_ages(ages):
    """`ages` as int64 [N], or a ValueError that names the first age that can't be."""
    ages = np.asarray(ages)
    if ages.size == 0:
        return np.zeros(0, np.int64)
    if ages.ndim != 1 or ages.dtype.kind not in "iuf":
        raise ValueError(
            "ages must be a flat list of whole numbers, got an array of shape "
            f"{ages.shape} and type {ages.dtype}"
        )
    bad = ~((ages >= 0) & (ages <= 100) & (ages == np.floor(ages)))  # NaN is bad too
    if bad.any():
        where = int(np.argmax(bad))
        raise ValueError(
            "ages must be whole numbers from 0 to 100, but ages"
            f"[{where}] is {ages[where]}"
        )
    return ages.astype(np.int64)


def check_whole(name, value, low):
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ValueError(f"{name} must be a whole number, {low} or more, got {value!r}")
    return int(value)


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


class _Canvas:
    """Pictures of a chunk of faces, and where each pixel lies on the face."""

    def __init__(self, traits, size):
        self.size = size
        self.zoom = traits["zoom"] * size / 2  # pixels per unit
        self.cos, self.sin = np.cos(traits["tilt"]), np.sin(traits["tilt"])
        self.x0 = (1.0 + traits["shift_x"]) * size / 2
        self.y0 = (0.90 + traits["shift_y"]) * size / 2
        self.edge = self.zoom.astype(np.float32)
        pixels = np.arange(size, dtype=np.float32) + np.float32(0.5)
        px = (pixels[None, None, :] - self.x0).astype(np.float32)
        py = (pixels[None, :, None] - self.y0).astype(np.float32)
        cos, sin = (np.float32(t / self.zoom) for t in (self.cos, self.sin))
        self.u = cos * px + sin * py  # [n, size, size]
        self.v = cos * py - sin * px
        self.a = np.abs(self.u)  # left and right at once
        self.rgb = np.empty((3, *self.u.shape), np.float32)

    def window(self, left, top, right, bottom):
        """The pixels that hold a box of the face, in every picture of the chunk."""
        rows, columns = [], []
        for u, v in ((left, top), (right, top), (left, bottom), (right, bottom)):
            columns.append(self.x0 + self.zoom * (self.cos * u - self.sin * v))
            rows.append(self.y0 + self.zoom * (self.sin * u + self.cos * v))
        y0, y1 = np.min(rows) - 1, np.max(rows) + 2
        x0, x1 = np.min(columns) - 1, np.max(columns) + 2
        clip = [int(min(max(p, 0), self.size)) for p in (y0, y1, x0, x1)]
        return (..., slice(clip[0], clip[1]), slice(clip[2], clip[3]))

    def cover(self, distance):
        """The covered share of each pixel, from the distance to the shape's edge."""
        share = distance * -self.edge
        share += np.float32(0.5)
        return np.clip(share, 0.0, 1.0, out=share)

    def blend(self, box, share, colour):
        """Mix `colour` [3, n, 1, 1] into the pictures by `share`, where the box is."""
        part = self.rgb[box]
        change = colour - part
        change *= share
        part += change


def _ellipse(u, v, rx, ry):
    """Distance to an ellipse around 0: exact for circles, close for others."""
    pu, pv = u / rx, v / ry
    near = np.sqrt(pu * pu + pv * pv)
    pu /= rx
    pv /= ry
    slope = np.sqrt(pu * pu + pv * pv) + np.float32(1e-6)
    return (near - 1.0) * near / slope


def _soft(u, v, rx, ry):
    """A soft spot: 1 in the middle, 0 from the ellipse outward."""
    pu, pv = u / rx, v / ry
    spot = 1.0 - pu * pu - pv * pv
    np.maximum(spot, 0.0, out=spot)
    return spot * spot


def _stroke(u, v, half, bend, thick):
    """Distance to a brush stroke along u: |u| < half, sagging by `bend` at its ends."""
    q = u / half
    q *= q
    rise = np.abs(v - bend * q)
    np.minimum(q, 1.0, out=q)
    # The brush is thickest in the middle; beyond the ends it is below nothing.
    return np.maximum(rise - thick * (1.0 - q), np.abs(u) - half)


def _paint_faces(traits, noise, size):
    """Pictures [n, size, size, 3] uint8 from traits [n] or [n, 3]."""
    tall = {k: t[:, None, None] for k, t in traits.items() if t.ndim == 1}
    canvas = _Canvas(tall, size)
    t = {k: x.astype(np.float32) for k, x in tall.items()}
    for name, colour in traits.items():
        if colour.ndim == 2:
            t[name] = colour.T[:, :, None, None].astype(np.float32)
    for layer in _LAYERS:
        layer(canvas, t)
    rgb = canvas.rgb
    rgb *= t["gain"] + t["light_x"] * canvas.u + t["light_y"] * canvas.v
    rgb *= 255.0
    rgb += noise * t["grain"]
    rgb += 0.5
    np.clip(rgb, 0.0, 255.0, out=rgb)
    return rgb.astype(np.uint8).transpose(1, 2, 3, 0)


def _background(c, t):
    ramp = np.cos(t["back_turn"]) * c.u + np.sin(t["back_turn"]) * c.v
    ramp *= 0.4
    ramp += 0.5
    np.clip(ramp, 0.0, 1.0, out=ramp)
    np.multiply(t["back_end"] - t["back"], ramp, out=c.rgb)
    c.rgb += t["back"]


def _curls(u, v, t, depth):
    return depth * t["curl"] * np.sin(17 * u + 3 * t["parting"]) * np.sin(17 * v)


def _hair_behind(c, t):
    long = np.maximum(t["length"] - 0.45, 0.0) / 0.55 * t["full"]
    drop = long * 0.62
    rx = t["half_width"] + 0.03 + 0.10 * t["volume"] * long + 0.05 * t["curl"]
    ry = t["half_height"] * 0.85 + drop * 0.5
    box = c.window(-rx - 0.1, drop * 0.5 - ry - 0.1, rx + 0.1, drop * 0.5 + ry + 0.1)
    u, v = c.u[box], c.v[box]
    shape = _ellipse(u, v - drop * 0.5 + 0.05, rx, ry) + _curls(u, v, t, 0.03)
    c.blend(box, c.cover(shape) * np.minimum(long * 8, 1.0), t["hair_now"] * 0.82)


def _body(c, t):
    chin, neck = t["half_height"], t["neck"]
    top = chin + 0.72 - t["lift"]  # the middle of the torso
    wide = t["shoulders"]
    box = c.window(-neck, chin - 0.2, neck, chin + 0.4)
    share = c.cover(np.maximum(c.a[box] - neck, c.v[box] - chin - 0.35))
    under = _soft(c.u[box], c.v[box] - chin + 0.02, 0.36, 0.22)  # the chin's shadow
    under *= -0.36
    under += 0.86
    c.blend(box, share, t["skin"] * under)
    box = c.window(-wide, chin - 0.02, wide, chin + 1.0)
    torso = _ellipse(c.u[box], c.v[box] - top, wide, 0.56)
    c.blend(box, c.cover(torso), t["shirt"])
    box = c.window(-neck - 0.06, chin - 0.02, neck + 0.06, chin + 0.3)
    u, v = c.u[box], c.v[box]
    collar = _ellipse(u, v - top + 0.56, neck * 1.05, 0.12)
    share = c.cover(np.maximum(collar, _ellipse(u, v - top, wide, 0.56)))
    c.blend(box, share, t["skin"] * 0.86)


def _jaw_line(u, v, t):
    """Distance to the head's outline: an ellipse whose jaw narrows."""
    h = t["half_height"]
    below = v / h
    np.clip(below, 0.0, 1.0, out=below)
    below *= t["taper"] * below * (1.6 - 0.6 * below)
    below += 1.0
    below *= u
    return _ellipse(below, v, t["half_width"], h)


def _head(c, t):
    w, h, ear, y = t["half_width"], t["half_height"], t["ear"], t["eye_y"] + 0.06
    box = c.window(-w - ear, y - 1.3 * ear, w + ear, y + 1.3 * ear)
    du, dv = c.a[box] - w - 0.01, c.v[box] - y
    c.blend(box, c.cover(_ellipse(du, dv, ear * 0.75, ear * 1.2)), t["skin"] * 0.93)
    inner = _ellipse(du - 0.02, dv, ear * 0.35, ear * 0.7)
    c.blend(box, c.cover(inner), t["skin"] * 0.76)
    box = c.window(-w - 0.03, -h - 0.02, w + 0.03, h + 0.02)
    u, v = c.u[box], c.v[box]
    # The side that is turned from the light is a little darker.
    side = u * t["light_x"]
    side *= 3.0
    np.clip(side, -0.22, 0.0, out=side)
    side = 1.0 + side
    c.blend(box, c.cover(_jaw_line(u, v, t)), t["skin"] * side)
    y = t["nose_y"] + 0.02
    box = c.window(-w, y - 0.12, w, y + 0.12)
    cheeks = _soft(c.a[box] - w * 0.56, c.v[box] - y, 0.15, 0.115)
    warm = t["skin"] * np.float32(0.55) + _rgb(0.42, 0.12, 0.12)
    c.blend(box, cheeks * t["blush"], warm)


def _rgb(*levels):
    return np.array(levels, np.float32)[:, None, None, None]


def _wrinkles(c, t):
    ink = t["skin"] * np.float32(0.56)
    eye_x, eye_y, lines = t["eye_x"], t["eye_y"], t["lines"]
    for k in range(3):  # across the forehead
        y, half = t["brow_y"] - 0.085 - 0.06 * k, 0.25 - 0.04 * k
        box = c.window(-half, y - 0.02, half, y + 0.03)
        line = _stroke(c.u[box], c.v[box] - y, half, 0.012, 0.013)
        c.blend(box, c.cover(line) * np.clip(lines * 1.5 - 0.25 * k, 0, 0.8), ink)
    x = eye_x + 0.145  # beside the eyes
    box = c.window(-x - 0.06, eye_y - 0.08, x + 0.06, eye_y + 0.08)
    du, dv = c.a[box] - x, c.v[box] - eye_y
    for rise in (-0.035, 0.03):
        line = _stroke(du, dv - rise * (1.15 + 6 * du), 0.05, 0.0, 0.011)
        c.blend(box, c.cover(line) * lines * 0.7, ink)
    y = eye_y + t["eye_r"] + 0.035  # under the eyes
    box = c.window(-eye_x - 0.1, y - 0.05, eye_x + 0.1, y + 0.02)
    bag = _stroke(c.a[box] - eye_x, c.v[box] - y, 0.085, -0.03, 0.014)
    c.blend(box, c.cover(bag) * t["bags"] * 0.75, ink)
    # From the nose to the corners of the mouth, and from there down: u and v swap.
    x, y = t["mouth_w"] + 0.045, (t["nose_y"] + t["mouth_y"]) / 2 + 0.03
    box = c.window(-x - 0.06, y - 0.11, x + 0.06, t["mouth_y"] + 0.15)
    a, v = c.a[box], c.v[box]
    fold = _stroke(v - y, a - x - 0.3 * (v - y), 0.105, -0.02, 0.014)
    c.blend(box, c.cover(fold) * np.clip(1.2 * lines, 0, 0.7), ink)
    down = _stroke(v - t["mouth_y"] - 0.085, a - x + 0.025, 0.055, -0.01, 0.012)
    c.blend(box, c.cover(down) * np.clip(1.5 * lines - 0.5, 0, 0.7), ink)


def _beard(c, t):
    w, h = t["half_width"] - 0.005, t["half_height"]
    box = c.window(-w, t["nose_y"] - 0.1, w, h + 0.02)
    a, v = c.a[box], c.v[box]
    line = t["mouth_y"] - 0.06 - 1.3 * np.maximum(a - t["mouth_w"] - 0.03, 0.0)
    share = c.cover(np.maximum(_jaw_line(a, v, t), line - v))
    c.blend(box, share * t["beard"], t["hair_now"])


def _mouth(c, t):
    w, y = t["mouth_w"], t["mouth_y"]
    box = c.window(-w - 0.03, y - 0.1, w + 0.03, y + 0.12)
    u, v = c.u[box], c.v[box]
    lip = t["skin"] * np.float32(0.62) + _rgb(0.20, 0.02, 0.04)
    bend = -0.07 * t["smile"]
    sag = v - y + bend * 0.5
    c.blend(box, c.cover(_stroke(u, sag - 0.012, w * 0.92, bend, t["lips"] * 1.5)), lip)
    dark = t["skin"] * np.float32(0.32) + _rgb(0.10, 0.0, 0.01)
    c.blend(box, c.cover(_stroke(u, sag, w, bend, 0.014)), dark)


def _nose(c, t):
    w, y = t["nose_w"], t["nose_y"]
    box = c.window(-w - 0.05, t["eye_y"] - 0.02, w + 0.05, y + 0.06)
    u, v, a = c.u[box], c.v[box], c.a[box]
    c.blend(box, _soft(u, v - y + 0.05, w * 0.7, 0.12) * 0.35,
            t["skin"] * 0.5 + np.float32(0.5))
    tip = _stroke(u, v - y - 0.012, w, -0.030, 0.017)
    c.blend(box, c.cover(tip) * 0.85, t["skin"] * np.float32(0.58))
    side = _ellipse(a - w * 0.62, v - y - 0.004, w * 0.22, 0.012)
    c.blend(box, c.cover(side) * 0.5, t["skin"] * np.float32(0.4))


def _eyes(c, t):
    x, y, r = t["eye_x"], t["eye_y"], t["eye_r"]
    box = c.window(-x - 0.16, y - 0.16, x + 0.16, y + 0.16)
    u, v, a = c.u[box], c.v[box], c.a[box]
    du, dv = a - x, v - y
    lid = r * 0.78 * (1.0 - 0.25 * t["lids"])
    white = c.cover(_ellipse(du, dv, r, lid))
    c.blend(box, white, _rgb(0.97, 0.97, 0.96))
    c.blend(box, c.cover(_ellipse(du, dv, r * 0.62, r * 0.62)) * white, t["iris"])
    c.blend(box, c.cover(_ellipse(du, dv, r * 0.33, r * 0.33)) * white,
            _rgb(0.05, 0.04, 0.05))
    gleam = _ellipse(np.abs(u + r * 0.22) - x, dv + r * 0.24, r * 0.17, r * 0.17)
    c.blend(box, c.cover(gleam) * white, _rgb(1.0, 1.0, 1.0))
    # A tired upper lid comes down over the eye with age.
    droop = dv + lid * (1.0 - 0.75 * t["lids"]) - 0.35 * t["lids"] * np.maximum(du, 0.0)
    c.blend(box, white * c.cover(droop), t["skin"] * 0.88)
    top = lid * (1.0 - 0.55 * t["lids"])
    lash = _stroke(du, dv + top, r * 1.08, top * 0.9, 0.020)
    c.blend(box, c.cover(lash) * 0.9, t["skin"] * 0.22)


def _brows(c, t):
    x, y = t["eye_x"], t["brow_y"]
    box = c.window(-x - 0.15, y - 0.07, x + 0.15, y + 0.09)
    du, dv = c.a[box] - x, c.v[box] - y
    brow = _stroke(du + 0.005, dv - 0.05 * du, 0.115, 0.035, 0.026)
    c.blend(box, c.cover(brow) * t["brow"], t["brow_now"])


def _hair(c, t):
    w, h, bald, full = t["half_width"], t["half_height"], t["bald"], t["full"]
    keep = 1.0 - bald
    rise = (0.03 + 0.07 * t["volume"] + 0.05 * t["curl"]) * full * (0.35 + 0.65 * keep)
    side = (0.015 + 0.05 * t["volume"] + 0.05 * t["curl"]) * full
    sides = t["eye_y"] + np.float32(0.02) + 0.25 * np.maximum(t["length"] - 0.3, 0.0) * full
    box = c.window(-w - 0.2, -h - 0.24, w + 0.2, sides + 0.05)
    u, v, a = c.u[box], c.v[box], c.a[box]
    outline = _ellipse(u, v, w + side, h + rise) + _curls(u, v, t, 0.022 * full)
    # The hairline: low in the middle for a fringe, up and back where hair is lost.
    top = t["brow_y"] - 0.20 + 0.10 * t["fringe"] * full * keep - 0.33 * bald
    top = top - 0.14 * (1.0 - full)
    q = a / (w * np.float32(0.97))
    q2 = q * q
    arch = (sides - top) * (1.0 - 0.25 * (1.0 - full))
    line = top + arch * q2 * q2 * q2 + 0.10 * t["parting"] * u * (1.0 + keep)
    line += 0.012 * t["fringe"] * full * np.sin(40 * u)
    slope = 6.0 * arch / w * q2 * q2 * q
    gap = (v - np.minimum(line, sides)) / np.sqrt(1.0 + slope * slope)
    share = c.cover(np.maximum(outline, gap))
    share *= np.minimum(0.15 + 0.9 * full, 1.0)
    c.blend(box, share, t["hair_now"])
    shine = _soft(u + 0.12, v + h * 0.86, 0.30, 0.13)
    c.blend(box, shine * share * 0.35, t["hair_now"] * 0.6 + np.float32(0.4))


def _glasses(c, t):
    x, y = t["eye_x"], t["eye_y"] + np.float32(0.012)
    box = c.window(-x - 0.3, y - 0.18, x + 0.3, y + 0.18)
    a, v = c.a[box], c.v[box]
    lens = _ellipse(a - x, v - y, 0.148, 0.128)
    c.blend(box, c.cover(lens) * t["glasses"] * 0.14, _rgb(1.0, 1.0, 1.0))
    c.blend(box, c.cover(np.abs(lens) - 0.015) * t["glasses"], t["frame"])
    bridge = np.maximum(np.abs(v - y + 0.02) - 0.013, a - x + 0.148)
    temple = np.maximum(np.abs(v - y + 0.03) - 0.013, np.maximum(x + 0.148 - a, a - 0.43))
    c.blend(box, c.cover(np.minimum(bridge, temple)) * t["glasses"], t["frame"])


# From back to front.
_LAYERS = (
    _background, _hair_behind, _body, _head, _wrinkles, _beard, _mouth, _nose, _eyes,
    _brows, _hair, _glasses,
)
