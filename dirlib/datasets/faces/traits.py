"""What a drawn face looks like, in numbers: what age changes, and what it must not.

`draw_traits` turns ages and a seed into one number per face and trait. Two functions
share the work. `_personal` never sees an age, so that skin, hair colour, background,
light or pose *cannot* depend on it. `_ageing` sees an apparent age: the true age plus
a noise that grows with it, because people age differently.

Lengths are in half canvases: x and y run from -1 to 1, y points down, and the origin
is the middle of the head. All numbers are drawn as float64 uniforms of PCG64, and the
few normal ones are made from them here, so that they are the same everywhere.
"""

import numpy as np

N_UNIFORMS = 64  # per face; the unused ones leave room for more traits
_N_NORMALS = 8

# Light to deep, as RGB in 0..1; a face lies anywhere on the line between them.
_SKIN = np.array([
    [0.99, 0.87, 0.77], [0.96, 0.79, 0.66], [0.89, 0.69, 0.53],
    [0.77, 0.56, 0.40], [0.61, 0.42, 0.29], [0.45, 0.30, 0.21],
])  # fmt: skip
_HAIR = np.array([
    [0.12, 0.10, 0.11], [0.20, 0.13, 0.10], [0.36, 0.22, 0.13], [0.52, 0.32, 0.17],
    [0.63, 0.27, 0.12], [0.80, 0.60, 0.30], [0.90, 0.76, 0.47],
])  # fmt: skip
_IRIS = np.array([
    [0.22, 0.13, 0.08], [0.40, 0.25, 0.12], [0.33, 0.45, 0.25], [0.25, 0.48, 0.65],
])  # fmt: skip
_GREY_HAIR = np.array([0.88, 0.88, 0.90])


def uniforms(seed, stream, first, count, width):
    """Rows `first` to `first + count` of an endless table of uniform numbers.

    [count, width], float64 in [0, 1). Row i depends on (seed, stream, i) only: the
    generator jumps to it.
    """
    bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(stream,)))
    bits.advance(first * width)
    return np.random.Generator(bits).random((count, width))


def draw_traits(ages, seed, *, stream=0, first=0, apparent_noise):
    """The traits of faces `first`, `first + 1`, ... of a seed's stream.

    Parameters
    ----------
    ages : ndarray of shape [N], years
    seed, stream, first : int
        Face i of the result depends on its age and (seed, stream, first + i) only.
    apparent_noise : float
        Standard deviation of the apparent age at age 50, in years. It grows in
        proportion to the age, from a tenth of this value at birth.

    Returns
    -------
    personal : dict of ndarray [N] or [N, 3] (colours), independent of age
    ageing : dict of ndarray [N] or [N, 3], dependent on age
    """
    table = uniforms(seed, stream, first, len(ages), N_UNIFORMS)
    normals = _normals(table[:, :_N_NORMALS])
    rest = iter(table[:, _N_NORMALS:].T)
    personal = _personal(rest)
    apparent = ages + normals[0] * apparent_noise * (0.1 + 0.9 * ages / 50)
    # A newborn can't look younger than that: reflected at 0.
    apparent = np.minimum(np.abs(apparent), 112.0)
    return personal, _ageing(apparent, personal, normals[1:], rest)


def _normals(table):
    """Standard normal numbers [K, N] from uniform ones [N, K] (Box and Muller)."""
    half = table.shape[1] // 2
    radius = np.sqrt(-2.0 * np.log1p(-table[:, :half]))
    angle = 2.0 * np.pi * table[:, half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1).T


def _between(u, low, high):
    return low + (high - low) * u


def _palette(colours, position):
    """Colours [N, 3] at `position` in 0..1 along a palette [K, 3]."""
    stops = np.linspace(0.0, 1.0, len(colours))
    return np.stack([np.interp(position, stops, c) for c in colours.T], axis=1)


def _pastel(hue, saturation, value):
    """HSV to RGB [N, 3]."""
    offset = np.array([0.0, 2 / 3, 1 / 3])
    wheel = np.abs((hue[:, None] + offset) % 1.0 * 6.0 - 3.0) - 1.0
    pure = np.clip(wheel, 0.0, 1.0)
    return value[:, None] * (1.0 + saturation[:, None] * (pure - 1.0))


def _personal(u):
    """Traits that age must not touch; `u` yields uniform numbers [N]."""

    def shade(hue, saturation, value):
        return _pastel(hue, _between(next(u), *saturation), _between(next(u), *value))

    tint = _between(next(u), -0.025, 0.025)[:, None] * np.array([1.0, 0.0, -1.0])
    hue = next(u)
    return {
        "skin": np.clip(_palette(_SKIN, next(u)) + tint, 0.0, 1.0),
        "hair": _palette(_HAIR, next(u)) * _between(next(u), 0.85, 1.1)[:, None],
        "iris": _palette(_IRIS, next(u)),
        "back": shade(hue, (0.15, 0.55), (0.7, 1)),
        "back_end": shade(hue + _between(next(u), -0.08, 0.08), (0.15, 0.55), (0.6, 1)),
        "back_turn": 2 * np.pi * next(u),
        "shirt": shade(next(u), (0.1, 0.7), (0.4, 1)),
        "frame": shade(next(u), (0, 0.8), (0.1, 0.45)),
        "gain": _between(next(u), 0.84, 1.06),
        "light_x": _between(next(u), -0.15, 0.15),
        "light_y": _between(next(u), -0.10, 0.10),
        "grain": _between(next(u), 1.0, 5.0),  # grey levels
        "shift_x": _between(next(u), -0.07, 0.07),
        "shift_y": _between(next(u), -0.05, 0.05),
        "zoom": _between(next(u), 1.10, 1.28),
        "tilt": _between(next(u), -0.16, 0.16),  # radians
        "smile": _between(next(u), -0.2, 1.0),
        "breadth": _between(next(u), 0.95, 1.05),
        "jaw": _between(next(u), -0.10, 0.10),
        "eye_size": _between(next(u), 0.92, 1.08),
        "eye_gap": _between(next(u), 0.94, 1.06),
        "brow_lift": _between(next(u), -0.02, 0.02),
        "nose": _between(next(u), 0.85, 1.15),
        "length": next(u),  # of the hair: short below 0.5, to the shoulders at 1
        "curl": np.clip(next(u) * 3.0 - 2.0, 0.0, 1.0),
        "parting": _between(next(u), -1.0, 1.0),
        "fringe": next(u),
        "volume": next(u),
    }


def _ageing(age, person, normals, u):
    """Traits that show the apparent `age` [N], each with a deviation of its own."""

    def curve(*knots):
        years, values = zip(*knots, strict=True)
        return np.interp(age, years, values)

    def onset(at, width, deviation):
        """A smooth step from 0 to 1 around `at`, earlier for some, later for others."""
        return 1.0 / (1.0 + np.exp(-(age - at - deviation) / width))

    grey = onset(54, 5.0, 8.0 * normals[0])
    lines = onset(56, 11.0, 5.0 * normals[1])
    # Half of the people keep their hair.
    bald = onset(58, 9.0, 8.0 * normals[2]) * np.clip(2.2 * next(u) - 1.0, 0.0, 1.0)
    full = curve((0, 0.15), (1, 0.35), (3, 0.85), (5, 1.0), (60, 1.0), (100, 0.75))
    eye_y = curve((0, 0.115), (3, 0.09), (10, 0.045), (18, 0.0), (110, 0.0))
    beard_style, glasses, beard = next(u), next(u), next(u)
    bearded = (beard_style < 0.22) * onset(20, 1.5, 2.0 * normals[3])
    hair = person["hair"] + grey[:, None] * (_GREY_HAIR - person["hair"])
    brow_grey, dark = onset(66, 6.0, 8.0 * normals[0])[:, None], person["hair"] * 0.8
    brow = dark + brow_grey * (_GREY_HAIR * 0.9 - dark)
    # fmt: off
    return {
        "apparent_age": age,
        "half_width": person["breadth"]
        * curve((0, 0.445), (3, 0.44), (10, 0.425), (18, 0.405), (110, 0.40)),
        "half_height": curve(
            (0, 0.435), (3, 0.455), (10, 0.49), (18, 0.53), (70, 0.535), (110, 0.55)),
        "taper": person["jaw"] + curve(
            (0, -0.02), (4, 0.06), (12, 0.16), (20, 0.24), (50, 0.20), (100, 0.12)),
        "eye_y": eye_y,
        "eye_r": person["eye_size"] * curve(
            (0, 0.115), (3, 0.108), (10, 0.097), (18, 0.085), (50, 0.08), (100, 0.066)),
        "eye_x": curve((0, 0.195), (18, 0.18), (110, 0.178)) * person["eye_gap"],
        "brow_y": eye_y - curve((0, 0.185), (10, 0.17), (18, 0.155), (110, 0.14))
        - person["brow_lift"],
        "brow": curve((0, 0.25), (2, 0.5), (10, 0.75), (20, 1.0), (110, 1.0)),
        "nose_y": eye_y
        + curve((0, 0.125), (10, 0.155), (18, 0.19), (60, 0.21), (110, 0.225)),
        "nose_w": person["nose"]
        * curve((0, 0.042), (10, 0.054), (18, 0.066), (60, 0.078), (110, 0.092)),
        "mouth_y": eye_y + curve((0, 0.225), (10, 0.275), (18, 0.32), (110, 0.335)),
        "mouth_w": curve((0, 0.095), (5, 0.12), (18, 0.155), (110, 0.155)),
        "lips": curve((0, 0.024), (18, 0.030), (45, 0.026), (90, 0.012)),
        "blush": curve((0, 0.55), (6, 0.40), (16, 0.14), (110, 0.08)),
        "ear": curve((0, 0.085), (18, 0.10), (60, 0.11), (110, 0.135)),
        "neck": curve((0, 0.15), (10, 0.15), (18, 0.19), (60, 0.19), (110, 0.165)),
        "shoulders": curve(
            (0, 0.50), (3, 0.52), (10, 0.62), (18, 0.80), (60, 0.84), (110, 0.74)),
        "lift": curve((0, 0.14), (10, 0.08), (18, 0.0), (110, 0.0)),
        "lines": lines,
        "bags": onset(58, 10.0, 6.0 * normals[4]),
        "lids": onset(68, 9.0, 6.0 * normals[5]),
        "hair_now": hair,
        "brow_now": brow,
        "bald": bald,
        "full": full,
        "beard": bearded * _between(beard, 0.35, 0.95),
        "glasses": (glasses < curve(
            (0, 0.0), (4, 0.03), (20, 0.15), (45, 0.25), (70, 0.5), (110, 0.6)
        )).astype(float),
    }  # fmt: on
