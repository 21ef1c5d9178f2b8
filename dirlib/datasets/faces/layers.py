"""The layers of a drawn face, from the background to the glasses.

A layer paints on a canvas `c` from the traits `t`: float32 [n, 1, 1], or [3, n, 1, 1]
for colours. Lengths are in half canvases, from the middle of the head; y points down.
"""

import numpy as np

from dirlib.datasets.faces.canvas import Canvas, ellipse, rgb, soft, stroke


def paint_faces(traits, noise, size):
    """Pictures [n, size, size, 3] uint8 from traits [n] or [n, 3]."""
    tall = {k: t[:, None, None] for k, t in traits.items() if t.ndim == 1}
    canvas = Canvas(tall, size)
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
    shape = ellipse(u, v - drop * 0.5 + 0.05, rx, ry) + _curls(u, v, t, 0.03)
    c.blend(box, c.cover(shape) * np.minimum(long * 8, 1.0), t["hair_now"] * 0.82)


def _body(c, t):
    chin, neck = t["half_height"], t["neck"]
    top = chin + 0.72 - t["lift"]  # the middle of the torso
    wide = t["shoulders"]
    box = c.window(-neck, chin - 0.2, neck, chin + 0.4)
    share = c.cover(np.maximum(c.a[box] - neck, np.abs(c.v[box] - chin - 0.1) - 0.28))
    under = soft(c.u[box], c.v[box] - chin + 0.02, 0.36, 0.22)  # the chin's shadow
    under *= -0.36
    under += 0.86
    c.blend(box, share, t["skin"] * under)
    box = c.window(-wide, chin - 0.02, wide, chin + 1.0)
    torso = ellipse(c.u[box], c.v[box] - top, wide, 0.56)
    c.blend(box, c.cover(torso), t["shirt"])
    box = c.window(-neck - 0.06, chin - 0.02, neck + 0.06, chin + 0.3)
    u, v = c.u[box], c.v[box]
    collar = ellipse(u, v - top + 0.56, neck * 1.05, 0.12)
    share = c.cover(np.maximum(collar, ellipse(u, v - top, wide, 0.56)))
    c.blend(box, share, t["skin"] * 0.86)


def _jaw_line(u, v, t):
    """Distance to the head's outline: an ellipse whose jaw narrows."""
    h = t["half_height"]
    below = v / h
    np.clip(below, 0.0, 1.0, out=below)
    below *= t["taper"] * below * (1.6 - 0.6 * below)
    below += 1.0
    below *= u
    return ellipse(below, v, t["half_width"], h)


def _head(c, t):
    w, h, ear, y = t["half_width"], t["half_height"], t["ear"], t["eye_y"] + 0.06
    box = c.window(-w - ear, y - 1.3 * ear, w + ear, y + 1.3 * ear)
    du, dv = c.a[box] - w - 0.01, c.v[box] - y
    c.blend(box, c.cover(ellipse(du, dv, ear * 0.75, ear * 1.2)), t["skin"] * 0.93)
    inner = ellipse(du - 0.02, dv, ear * 0.35, ear * 0.7)
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
    cheeks = soft(c.a[box] - w * 0.56, c.v[box] - y, 0.15, 0.115)
    warm = t["skin"] * np.float32(0.55) + rgb(0.42, 0.12, 0.12)
    c.blend(box, cheeks * t["blush"], warm)


def _wrinkles(c, t):
    ink = t["skin"] * np.float32(0.56)
    eye_x, eye_y, lines = t["eye_x"], t["eye_y"], t["lines"]
    for k in range(3):  # across the forehead
        y, half = t["brow_y"] - 0.085 - 0.06 * k, 0.25 - 0.04 * k
        box = c.window(-half, y - 0.02, half, y + 0.03)
        line = stroke(c.u[box], c.v[box] - y, half, 0.012, 0.013)
        c.blend(box, c.cover(line) * np.clip(lines * 1.5 - 0.25 * k, 0, 0.8), ink)
    x = eye_x + 0.145  # beside the eyes
    box = c.window(-x - 0.06, eye_y - 0.08, x + 0.06, eye_y + 0.08)
    du, dv = c.a[box] - x, c.v[box] - eye_y
    for rise in (-0.035, 0.03):
        line = stroke(du, dv - rise * (1.15 + 6 * du), 0.05, 0.0, 0.011)
        c.blend(box, c.cover(line) * lines * 0.7, ink)
    y = eye_y + t["eye_r"] + 0.035  # under the eyes
    box = c.window(-eye_x - 0.1, y - 0.05, eye_x + 0.1, y + 0.02)
    bag = stroke(c.a[box] - eye_x, c.v[box] - y, 0.085, -0.03, 0.014)
    c.blend(box, c.cover(bag) * t["bags"] * 0.75, ink)
    # From the nose to the corners of the mouth, and from there down: u and v swap.
    x, y = t["mouth_w"] + 0.045, (t["nose_y"] + t["mouth_y"]) / 2 + 0.03
    box = c.window(-x - 0.06, y - 0.11, x + 0.06, t["mouth_y"] + 0.15)
    a, v = c.a[box], c.v[box]
    fold = stroke(v - y, a - x - 0.3 * (v - y), 0.105, -0.02, 0.014)
    c.blend(box, c.cover(fold) * np.clip(1.2 * lines, 0, 0.7), ink)
    down = stroke(v - t["mouth_y"] - 0.085, a - x + 0.025, 0.055, -0.01, 0.012)
    c.blend(box, c.cover(down) * np.clip(1.5 * lines - 0.5, 0, 0.7), ink)


def _beard(c, t):
    w, h = t["half_width"] - 0.005, t["half_height"]
    box = c.window(-w, t["eye_y"], w, h + 0.02)
    a, v = c.a[box], c.v[box]
    line = t["mouth_y"] - 0.06 - 1.3 * np.maximum(a - t["mouth_w"] - 0.03, 0.0)
    np.maximum(line, t["eye_y"], out=line)
    share = c.cover(np.maximum(_jaw_line(a, v, t), line - v))
    c.blend(box, share * t["beard"], t["hair_now"])


def _mouth(c, t):
    w, y = t["mouth_w"], t["mouth_y"]
    box = c.window(-w - 0.03, y - 0.1, w + 0.03, y + 0.12)
    u, v = c.u[box], c.v[box]
    lip = t["skin"] * np.float32(0.62) + rgb(0.20, 0.02, 0.04)
    bend = -0.07 * t["smile"]
    sag = v - y + bend * 0.5
    c.blend(box, c.cover(stroke(u, sag - 0.012, w * 0.92, bend, t["lips"] * 1.5)), lip)
    dark = t["skin"] * np.float32(0.32) + rgb(0.10, 0.0, 0.01)
    c.blend(box, c.cover(stroke(u, sag, w, bend, 0.014)), dark)


def _nose(c, t):
    w, y = t["nose_w"], t["nose_y"]
    box = c.window(-w - 0.05, t["eye_y"] - 0.02, w + 0.05, y + 0.06)
    u, v, a = c.u[box], c.v[box], c.a[box]
    bridge = soft(u, v - y + 0.05, w * 0.7, 0.12) * 0.35
    c.blend(box, bridge, t["skin"] * 0.5 + np.float32(0.5))
    tip = stroke(u, v - y - 0.012, w, -0.030, 0.017)
    c.blend(box, c.cover(tip) * 0.85, t["skin"] * np.float32(0.58))
    side = ellipse(a - w * 0.62, v - y - 0.004, w * 0.22, 0.012)
    c.blend(box, c.cover(side) * 0.5, t["skin"] * np.float32(0.4))


def _eyes(c, t):
    x, y, r = t["eye_x"], t["eye_y"], t["eye_r"]
    box = c.window(-x - 0.16, y - 0.16, x + 0.16, y + 0.16)
    u, v, a = c.u[box], c.v[box], c.a[box]
    du, dv = a - x, v - y
    lid = r * 0.78 * (1.0 - 0.25 * t["lids"])
    white = c.cover(ellipse(du, dv, r, lid))
    c.blend(box, white, rgb(0.97, 0.97, 0.96))
    c.blend(box, c.cover(ellipse(du, dv, r * 0.62, r * 0.62)) * white, t["iris"])
    pupil = c.cover(ellipse(du, dv, r * 0.33, r * 0.33))
    c.blend(box, pupil * white, rgb(0.05, 0.04, 0.05))
    gleam = ellipse(np.abs(u + r * 0.22) - x, dv + r * 0.24, r * 0.17, r * 0.17)
    c.blend(box, c.cover(gleam) * white, rgb(1.0, 1.0, 1.0))
    # A tired upper lid comes down over the eye with age.
    droop = dv + lid * (1.0 - 0.75 * t["lids"]) - 0.35 * t["lids"] * np.maximum(du, 0.0)
    c.blend(box, white * c.cover(droop), t["skin"] * 0.88)
    top = lid * (1.0 - 0.55 * t["lids"])
    lash = stroke(du, dv + top, r * 1.08, top * 0.9, 0.020)
    c.blend(box, c.cover(lash) * 0.9, t["skin"] * 0.22)


def _brows(c, t):
    x, y = t["eye_x"], t["brow_y"]
    box = c.window(-x - 0.15, y - 0.07, x + 0.15, y + 0.09)
    du, dv = c.a[box] - x, c.v[box] - y
    brow = stroke(du + 0.005, dv - 0.05 * du, 0.115, 0.035, 0.026)
    c.blend(box, c.cover(brow) * t["brow"], t["brow_now"])


def _hair(c, t):
    w, h, bald, full = t["half_width"], t["half_height"], t["bald"], t["full"]
    keep = 1.0 - bald
    rise = (0.03 + 0.07 * t["volume"] + 0.05 * t["curl"]) * full * (0.35 + 0.65 * keep)
    side = (0.015 + 0.05 * t["volume"] + 0.05 * t["curl"]) * full
    sides = t["eye_y"] + np.float32(0.02)
    sides = sides + 0.25 * np.maximum(t["length"] - 0.3, 0.0) * full
    box = c.window(-w - 0.2, -h - 0.24, w + 0.2, sides + 0.05)
    u, v, a = c.u[box], c.v[box], c.a[box]
    outline = ellipse(u, v, w + side, h + rise) + _curls(u, v, t, 0.022 * full)
    # The hairline: low in the middle for a fringe, up and back where hair is lost.
    top = t["brow_y"] - 0.20 + 0.10 * t["fringe"] * full * keep - 0.33 * bald
    top = top - 0.14 * (1.0 - full)
    q = a / (w * np.float32(0.97))
    q2 = q * q
    arch = (sides - top) * (1.0 - 0.25 * (1.0 - full))
    line = top + arch * q2 * q2 * q2 + 0.10 * t["parting"] * u * (1.0 + keep)
    line += 0.012 * t["fringe"] * full * np.sin(40 * u)
    slope = 6.0 * arch / w * q2 * q2 * q
    gap = np.maximum((v - line) / np.sqrt(1.0 + slope * slope), v - sides)
    share = c.cover(np.maximum(outline, gap))
    share *= np.minimum(0.15 + 0.9 * full, 1.0)
    c.blend(box, share, t["hair_now"])
    shine = soft(u + 0.12, v + h * 0.86, 0.30, 0.13)
    c.blend(box, shine * share * 0.35, t["hair_now"] * 0.6 + np.float32(0.4))


def _glasses(c, t):
    x, y = t["eye_x"], t["eye_y"] + np.float32(0.012)
    box = c.window(-x - 0.3, y - 0.18, x + 0.3, y + 0.18)
    a, v = c.a[box], c.v[box]
    lens = ellipse(a - x, v - y, 0.148, 0.128)
    c.blend(box, c.cover(lens) * t["glasses"] * 0.14, rgb(1.0, 1.0, 1.0))
    c.blend(box, c.cover(np.abs(lens) - 0.015) * t["glasses"], t["frame"])
    bridge = np.maximum(np.abs(v - y + 0.02) - 0.013, a - x + 0.148)
    along = np.maximum(x + 0.148 - a, a - 0.43)
    temple = np.maximum(np.abs(v - y + 0.03) - 0.013, along)
    c.blend(box, c.cover(np.minimum(bridge, temple)) * t["glasses"], t["frame"])


# From back to front.
_LAYERS = (
    _background, _hair_behind, _body, _head, _wrinkles, _beard, _mouth, _nose, _eyes,
    _brows, _hair, _glasses,
)  # fmt: skip
