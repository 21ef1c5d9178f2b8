"""A canvas for many small pictures at once, and the shapes that are painted on it.

Each shape is a signed distance: negative inside, positive outside, in half canvases. It
is painted with the share of each pixel that it covers, which gives smooth edges at any
size, and only in the window where it can be.
"""

import numpy as np


class Canvas:
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


def ellipse(u, v, rx, ry):
    """Distance to an ellipse around 0: exact for circles, close for others."""
    pu, pv = u / rx, v / ry
    near = np.sqrt(pu * pu + pv * pv)
    pu /= rx
    pv /= ry
    slope = np.sqrt(pu * pu + pv * pv) + np.float32(1e-6)
    return (near - 1.0) * near / slope


def soft(u, v, rx, ry):
    """A soft spot: 1 in the middle, 0 from the ellipse outward."""
    pu, pv = u / rx, v / ry
    spot = 1.0 - pu * pu - pv * pv
    np.maximum(spot, 0.0, out=spot)
    return spot * spot


def stroke(u, v, half, bend, thick):
    """Distance to a brush stroke along u: |u| < half, sagging by `bend` at its ends."""
    q = u / half
    q *= q
    rise = np.abs(v - bend * q)
    np.minimum(q, 1.0, out=q)
    # The brush is thickest in the middle; beyond the ends it is below nothing.
    return np.maximum(rise - thick * (1.0 - q), np.abs(u) - half)


def rgb(*levels):
    """A colour that all faces share, as [3, 1, 1, 1]."""
    return np.array(levels, np.float32)[:, None, None, None]
