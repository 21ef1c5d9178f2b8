"""Exercise 2.1: from a bump to a window."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip


class _Bump:
    """A function of the distance that a message can show."""

    def __init__(self, text, function):
        self.text, self.function = text, function

    def __call__(self, d):
        return self.function(d)

    def __repr__(self):
        return self.text


def _window(bump, size):
    half = size // 2
    d = np.abs(np.arange(-half, half + 1))
    k = bump(d)
    return k / k.sum()


_gaussian = _Bump("exp(-d**2 / 4.5)", lambda d: np.exp(-(d**2) / 4.5))
_laplace = _Bump("exp(-d / 2)", lambda d: np.exp(-d / 2))
_root = _Bump("exp(-sqrt(d))", lambda d: np.exp(-np.sqrt(d)))
_low = _Bump("0.1 / (1 + d**2)", lambda d: 0.1 / (1 + d**2))
_high = _Bump("20 * exp(-d**2 / 18)", lambda d: 20 * np.exp(-(d**2) / 18))
_flat = _Bump("1 + 0 * d", lambda d: 1 + 0 * d)
# fmt: off
PARTS = [
    Part("a Gaussian bump", 1, [(_gaussian, size) for size in (5, 9, 1)]),
    Part("bumps that know no negative distance", 1, [
        (_laplace, 5), (_root, 7), (_laplace, 21),
    ]),
    Part("bumps of any height", 1, [(_low, 5), (_high, 9), (_flat, 3)]),
]
WRONG = [
    Slip(("k.sum()", "k.max()"), "your window is 1 in the middle, so it sums to more "
         "than 1: divide by its sum, so that smoothing keeps the number of images"),
    Slip(("k / k.sum()", "k"), "the window is not scaled yet: divide it by its sum"),
    Slip(("k / k.sum()", "k / size"),
         "you divide by the number of bins: divide by the sum of the values"),
    Slip(("k / k.sum()", "k / np.sqrt((k**2).sum())"),
         "the squares of your window sum to 1: it is the values that must"),
    Slip(("k / k.sum()", "np.exp(k) / np.exp(k).sum()"),
         "that is a softmax, and flatter than the bump: divide the values themselves"),
    Slip(("np.abs(np.arange(-half, half + 1))", "np.arange(-half, half + 1)"),
         "your distances have a sign, but 27 is as far from 30 as 33 is: take np.abs"),
    Slip(("np.abs(np.arange(-half, half + 1))", "np.arange(size)"), "your window falls "
         "from its left end: the distance 0 belongs in the middle"),
    Slip(("half + 1)", "half)"), "range and np.arange stop before their end, so the "
         "window's last place is missing: write half + 1"),
    Slip(("size // 2", "size"), "`size` is the whole window, not one side of it: on "
         "each side of the middle stand (size - 1) / 2 bins"),
    Slip(("size // 2", "size / 2"),
         "size / 2 is no whole number for an odd size: use size // 2"),
    Slip(("np.arange(-half, half + 1)", "np.linspace(-1, 1, size)"),
         "your distances run from -1 to 1: count them in bins"),
    Slip(("bump(d)", "bump(half - d)"), "your window is turned inside out: the "
         "distance is 0 in the middle and grows towards the ends"),
    Slip(("bump(d)", "bump(d + 1)"),
         "your middle bin is at the distance 1: its distance is 0"),
    Slip(("bump(d)", "bump(d**2)"),
         "you square the distance: a bump takes the distance itself"),
    Slip(("bump(d)", "np.exp(-(d**2) / 8)"),
         "`bump` plays no part: your window is a Gaussian of sigma 2 whatever it is"),
    Slip(("bump(d)", "np.exp(-(d**2) / 18)"),
         "`bump` plays no part: your window is a Gaussian of sigma 3 whatever it is"),
    Slip(("bump(d)", "1 / (1 + d)"),
         "`bump` plays no part: your window falls like 1 / (1 + d) whatever it is"),
    Slip(("np.abs(np.arange(-half, half + 1))", "np.maximum(np.arange(-half, half + 1),"
          " 0)"), "on the left your window is as high as in the middle: "
         "there the distance grows, too"),
]
window = Exercise("2.1", "window", _window, PARTS, WRONG)
