"""Exercise 3.2: the cosine similarity of each bin to the anchor."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

rng = np.random.default_rng(32)


def _cosine_to_anchor(values, anchor):
    length = np.linalg.norm(values, axis=1)
    length = np.where(length > 0, length, np.nan)  # a division by 0 would warn
    cosine = values @ values[anchor] / (length * length[anchor])
    return cosine


def _anchored(values, anchor, vector):
    """Give the anchor a vector that is exact when divided by its length.

    Its similarity to itself is then exactly 1 on each way: np.arccos would make NaN of
    a little more, and 1e-8 of a little less.
    """
    values[anchor] = vector
    return values, anchor


_gaps = rng.normal(0.5, 1, (9, 4))
_gaps[[0, 4, 8]] = np.nan
_dead = np.maximum(rng.normal(0, 1, (7, 4)), 0) + np.eye(7, 4)
_dead[[2, 6]] = 0
_dead[3] = np.nan
_scaled = rng.normal(0, 1, (6, 4)) * 10.0 ** rng.integers(-2, 3, (6, 1))
_LENGTHS = "(length * length[anchor])"
# fmt: off
PARTS = [
    Part("every bin has a vector", 1, [
        (np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]), 0),
        _anchored(rng.normal(0, 1, (8, 5)), 3, [1, -1, 1, 2, 3]),
        _anchored(_scaled, 5, [8, 8, -8, 8]),
        _anchored(rng.gamma(2, 1, (20, 4)) + 5, 1, [6, 6, 6, 6]),
        (np.array([[2.0], [-3.0], [5.0]]), 0),
    ]),
    Part("NaN in bins without one, or of length 0", 1, [
        _anchored(_gaps, 2, [1, -1, 1, 1]),
        _anchored(_dead, 1, [2, 2, 2, 2]),
        (np.array([[np.nan], [-4.0], [0.0]]), 1),
    ]),
]
WRONG = [
    Slip((_LENGTHS, "length"), "divide by the length of the anchor's vector too"),
    Slip((_LENGTHS, "length[anchor]"),
         "divide by the length of each bin's own vector too"),
    Slip((_LENGTHS, "length[anchor] ** 2"), "you divide by the anchor's length "
         "twice: one of the two is the bin's own"),
    Slip((" / " + _LENGTHS, ""), "that is the dot product: divide it by both lengths"),
    Slip((_LENGTHS, "(length * length[anchor]) ** 2"),
         "you divide by the squared lengths: the root is missing"),
    Slip((_LENGTHS, "length * length[anchor]"),
         "x / y * z is (x / y) * z: put the product of the lengths in parentheses"),
    Slip(("return cosine", "return np.nan_to_num(cosine)"), "0 says that two vectors "
         "are at right angles: a bin without a vector has no angle, so leave NaN"),
    Slip(("length, np.nan)", "length, 1)"), "a vector of length 0 has no "
         "direction: give NaN, not 0, and add nothing tiny to the length"),
    Slip(("return cosine", "return cosine[~np.isnan(cosine)]"), "you leave unknown "
         "bins out, so the others move: keep their places, with NaN"),
    Slip(("return cosine", "return cosine[~np.isnan(values).any(1)]"),
         "you leave NaN bins out, so the others move: keep their places, with NaN"),
    Slip(("anchor):", "anchor):\n"
          "    values = values - np.nanmean(values, axis=1, keepdims=True)"),
         "that is Pearson's correlation of two vectors: a cosine subtracts no "
         "mean"),
    Slip(("anchor):", "anchor):\n"
          "    values = values - np.nanmean(values, axis=0, keepdims=True)"),
         "you subtract the mean over the bins: the cosine compares the vectors as "
         "they are"),
    Slip((_LENGTHS, "np.linalg.norm(values) ** 2"), "np.linalg.norm of the whole "
         "array is one number: use axis=1, a length for each bin"),
    Slip((_LENGTHS, "np.linalg.norm(values) / length[anchor]"), "the bins share "
         "one length, that of the whole array: use axis=1 in np.linalg.norm"),
    Slip(("axis=1", "axis=0"), ("* length[anchor]", "* np.linalg.norm(values[anchor])"),
         "you take the length of each *feature* over all bins: you need the length of "
         "each *bin's* vector, axis=1"),
    Slip(("axis=1", "axis=0"), "both lengths are those of a *feature* over all "
         "bins: you need the length of each *bin's* vector, axis=1"),
    Slip(("return cosine", "unit = values / np.linalg.norm(values, axis=0)\n"
          "    return unit @ unit[anchor]"), "axis=0 scales each column to length "
         "1: a bin is a row, so use axis=1 and keepdims=True"),
    Slip(("return cosine", "return 1 - cosine"),
         "that is the cosine *distance*: the similarity is 1 minus it"),
    Slip(("return cosine", "return np.abs(cosine)"),
         "keep the sign: vectors that point in opposite directions give -1"),
    Slip(("return cosine", "return np.maximum(cosine, 0)"), "you cut negative "
         "similarities off: vectors may point in opposite directions"),
    Slip(("return cosine", "return np.arccos(cosine)"),
         "that is the angle: the similarity is its cosine, without np.arccos"),
    Slip(("values @", "values *"), (_LENGTHS, _LENGTHS + "[:, None]"),
         "sum the products over the entries, axis=1: there is one value per bin"),
    Slip(("return cosine", "unit = values / length[:, None]\n    return unit @ unit.T"),
         "that compares each bin with each other: only the anchor's row is wanted"),
    Slip(("values @ values[anchor]", "(values * values[anchor]).mean(1)"),
         "a dot product is the sum of the products, not their mean"),
    Slip(("np.linalg.norm(values, axis=1)", "np.abs(values).sum(1)"), "a length is "
         "the root of the sum of squares, not the sum of absolute values"),
    Slip(("anchor):", "anchor):\n    anchor = 0"),
         "you compare with the first bin: use the argument anchor"),
]
cosine_to_anchor = Exercise("3.2", "cosine_to_anchor", _cosine_to_anchor, PARTS, WRONG)
