"""Exercise 2.2: smoothing counts, with two kinds of edges."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.slips import Slip
from dirlib.kernels import kernel_window

rng = np.random.default_rng(23)


def _smooth(values, window, edges):
    n, h = len(values), len(window) // 2
    out = np.zeros(n)
    for b in range(n):
        inside = 0
        for d in range(-h, h + 1):
            if 0 <= b + d < n:
                k = window[d + h]
                out[b] += k * values[b + d]
                inside += k
        if edges == "renormalize":
            out[b] /= inside
    return out


def _added_to_whole_numbers(values, window, edges):
    """np.zeros_like(values), and each product added to it at once."""
    smoothed = np.zeros_like(values)
    share, h = np.zeros(len(values)), len(window) // 2
    padded, inside = np.pad(values, h), np.pad(np.ones(len(values)), h)
    for d, k in enumerate(window):
        smoothed += k * padded[d : d + len(values)]
        share += k * inside[d : d + len(values)]
    return smoothed / share if edges == "renormalize" else smoothed


def _continued(mode, where="True"):
    """Changes that continue the values outside by np.pad, for all edges or for some."""
    padded = f'np.pad(values, h, "{mode}")[b + d + h]'
    return ("0 <= b + d < n", where), ("values[b + d]", padded)


_inputs = [
    (np.array([0.0, 0.0, 4.0, 0.0, 0.0]), np.array([0.25, 0.5, 0.25])),
    (np.full(12, 7.0), kernel_window("gaussian", 5)),
    (np.eye(11)[0] * 10, kernel_window("laplace", 7)),
    (rng.integers(0, 99, 30).astype(float), kernel_window("triangular", 9)),
    (rng.integers(0, 99, 9).astype(float), kernel_window("gaussian", 9, 3.0)),
    # Whole numbers: only at the edges does their type show in the result.
    (np.full(12, 7), np.array([0.25, 0.5, 0.25])),
]
# fmt: off
PARTS = [
    Part(f'edges="{edges}"', 1, [(*case, edges) for case in _inputs])
    for edges in ("zero", "renormalize")
]
WRONG = [
    Slip(*_continued("wrap"),
         "np.roll goes round in a circle: age 100 leaks into age 0"),
    Slip(*_continued("edge"),
         "you repeat the value of the edge bin outside: nothing lies there"),
    Wrong(lambda values, window, edges: np.convolve(values, window, mode="full"),
          'mode="full" gives more bins than there were: keep those in the middle'),
    Wrong(lambda values, window, edges: np.convolve(values, window, mode="valid"),
          'mode="valid" drops the edge bins: every bin needs a value'),
    Slip(("/= inside", "/= 1"), "renormalize does nothing yet: divide each bin by "
         "the part of the window that lies inside"),
    Slip(('edges == "renormalize"', "True"),
         "edges=\"zero\" means that nothing lies outside: don't rescale there"),
    Slip(("==", "!="), 'the two kinds of edges are the wrong way round: "zero" '
         "doesn't rescale"),
    Slip(("        if edges", "    if edges"), ("            out[b] /= inside",
          "        out *= values.sum() / out.sum()"), "you rescale all bins alike: "
         "only the bins near an edge lose weight, each its own share"),
    Slip(("0 <= b + d < n", "b + d < n"), "a negative index is no IndexError, it "
         "counts from the end: skip it, or pad with zeros"),
    Slip(("0 <= b + d < n", "b + d < n"),
         ("inside += k", "inside += k * (b + d >= 0)"), "b + d below 0 counts from "
         "the end, so the last bins leak into the first ones: leave such bins out"),
    Slip(("0 <= b + d < n", "b + d < n"), ("/= inside", "/= 1"),
         "b + d below 0 counts from the end: leave such bins out, and for "
         '"renormalize" divide by what lies inside'),
    Slip(("[d + h]", "[d + min(h, b)]"), "near the first bins you cut the window at "
         "its end: it is its beginning that lies outside, so keep window[h - b:]"),
    Slip(("[d + h]", "[d + max(h, 2 * h + b + 1 - n)]"), "near the last bins you "
         "cut the window at its beginning: it is its end that lies outside"),
    Slip(("return out", "return out.astype(values.dtype)"),
         "your result holds whole numbers when values does: write to "
         "np.zeros(len(values)), not to values or np.zeros_like(values)"),
    Slip(("np.zeros(n)", "np.zeros_like(values)"), "np.zeros_like(values) holds whole "
         "numbers when values does, so each term is cut: use np.zeros(len(values))"),
    Wrong(_added_to_whole_numbers, "np.zeros_like(values) holds whole numbers when "
          "values does, and parts can't be added to them: use np.zeros(len(values))"),
    Slip(*_continued("symmetric"), "scipy.ndimage mirrors the bins if you don't "
         'say mode="constant": nothing lies outside'),
    Slip(*_continued("symmetric", '0 <= b + d < n or edges == "zero"'),
         'you mirror the counts at the edges: with edges="zero" nothing is there'),
    Slip(*_continued("edge", '0 <= b + d < n or edges == "renormalize"'), "you repeat "
         'the first and the last bin: for "renormalize" nothing lies outside either'),
    Slip(("        if edges", "    if edges"),
         ("            out[b] /= inside", "        out /= out.sum()"), "you scale "
         "the result to the sum 1: scale the window's part inside, bin by bin"),
    Slip(("/= inside", "*= inside"),
         "you multiply by the part of the window inside: divide by it"),
    Slip(("inside += k", "inside += 1 / len(window)"), "you divide by the share of "
         "*bins* inside: add up the window's values there"),
    Slip(("h + 1", "h"),
         "the window's last value plays no part: range(-h, h) stops before h"),
    Slip(("* values[b + d]", "* (out if d < 0 else values)[b + d]"),
         "you read values that you have just smoothed: write to a new array"),
    Slip(("return out",
          "out[:h], out[n - h :] = values[:h], values[n - h :]\n    return out"),
         "the bins near the two ends are not smoothed yet"),
]
smooth = Exercise("2.2", "smooth", _smooth, PARTS, WRONG)
