"""Exercise 6.2: which method is chosen, by validation errors alone."""

import numpy as np

import dirlib
from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip


def _my_choice(errors):
    baseline = next(iter(errors))
    best = min(errors, key=lambda method: np.mean(errors[method]))
    if best == baseline:
        return baseline
    difference = dirlib.paired_comparison(errors[baseline], errors[best])
    return best if difference.high < 0 else baseline


def _errors(*rows):
    names = ("vanilla", "sqinv", "sqinv+lds", "sqinv+lds+fds")
    return {name: np.array(row, float) for name, row in zip(names, rows, strict=False)}


CLEAR = _errors([45, 47, 46], [44, 45.9, 45], [41, 43, 42.2], [43, 44, 44])
LAST = _errors([45, 47, 46], [44, 46, 45], [43.5, 45, 44.5], [40, 42.1, 41])
# The seeds of the two lie apart, but each seed is lower: only pairs show it.
PAIRED = _errors([40, 50, 60], [38.9, 49, 58.9], [39.5, 49.8, 59.5])
# The lowest mean, but the seeds don't agree.
NOISE = _errors([45, 47, 46], [44, 45, 46])
# One lucky seed: the minimum of one method is the lowest of all, its mean isn't.
LUCKY = _errors([45, 47, 46], [30, 52, 53], [43, 45.1, 44])
# One unlucky seed: the median of one method is the lowest of all, its mean isn't.
UNLUCKY = _errors([45, 47, 46], [43.5, 43.6, 60], [43, 45.1, 44])
# Lower on each seed, and yet not beyond chance.
UNEVEN = _errors([45, 47, 46], [44.9, 44, 45.8])
# Higher than the first method on each seed.
HARM = _errors([45, 47, 46], [48, 50.1, 49])
ALONE = _errors([45, 47, 46])
FIVE = _errors([9, 8, 9.5, 9.1, 8.7], [8.1, 7.3, 8.4, 8.2, 7.6])
INTERVAL, BELOW = "best if difference.high < 0 else baseline", "difference.high < 0"
MEAN = "np.mean(errors[method])"
PARTS = [
    Part("a method that is lower beyond chance", 1, [(CLEAR,), (LAST,), (FIVE,)]),
    Part("only pairs, and means, can show it", 1, [(PAIRED,), (LUCKY,), (UNLUCKY,)]),
    Part(
        "the first method where nothing is shown",
        1,
        [(NOISE,), (UNEVEN,), (HARM,), (ALONE,)],
    ),
]
WRONG = [
    Slip(
        (INTERVAL, "best"),
        "the lowest mean may be luck: compare it with the first method, pair by pair, "
        "and stay with the first unless the whole interval lies below 0",
    ),
    Slip(
        (INTERVAL, "baseline"),
        "your function never leaves the first method: look for the lowest mean, and "
        "mind the order, dirlib.paired_comparison(baseline, method)",
    ),
    Slip(
        (BELOW, "difference.wins == len(errors[best])"),
        "lower on each of three seeds happens by chance once in eight: ask the "
        "interval",
    ),
    Slip(
        (BELOW, "max(errors[best]) < min(errors[baseline])"),
        "this compares one seed with another: compare each seed with itself",
    ),
    Slip(
        (MEAN, "np.min(errors[method])"),
        "this takes the luckiest seed: compare the means over the seeds",
    ),
    Slip(
        (MEAN, "np.median(errors[method])"),
        "this compares medians: take the means, as the interval does",
    ),
]
my_choice = Exercise("6.2", "my_choice", _my_choice, PARTS, WRONG)
