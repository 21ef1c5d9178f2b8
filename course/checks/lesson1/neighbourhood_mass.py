"""Exercise 1.5: the number of samples in a bin and its neighbours."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.slips import Slip

rng = np.random.default_rng(13)


def _neighbourhood_mass(counts, radius):
    mass = []
    for b in range(len(counts)):
        near = counts[max(0, b - radius) : b + radius + 1]
        mass.append(near.sum())
    return np.array(mass)


_near = "max(0, b - radius) : b + radius + 1"
_around = "np.arange(b - radius, b + radius + 1)"
_inside = "radius <= b < len(counts) - radius"
# fmt: off
PARTS = [
    # Around the ends all bins are empty: what is done there plays no part.
    Part("inside the range", 1, [
        (np.array([0, 0, 4, 0, 0]), 1),
        (np.array([0, 0, 4, 1, 2, 0, 0]), 1),
        (np.array([0, 3, 1, 2, 0]), 0),
        (np.pad(rng.integers(1, 50, 30), 6), 3),
    ]),
    Part("at both ends", 1, [
        (np.array([5, 1, 1, 1, 7]), 1),
        (np.array([5, 1, 1, 1, 7]), 2),
        (rng.integers(0, 50, 20), 4),
        (rng.integers(1, 9, 4), 10),
    ]),
]
WRONG = [
    Slip(("near.sum()", "near.sum() - counts[b]"),
         "the bin itself is missing: count b - radius to b + radius, b included"),
    Slip((" + 1]", "]"), "the last neighbour is missing: a slice stops before its "
         "end, so end at b + radius + 1"),
    Slip(("max(0, b - radius)", "b - radius"), "near the first bin, b - radius is "
         "negative, and Python counts it from the end: start at max(0, b - radius)"),
    Slip(("near.sum()",
          "counts[b - radius : b].sum() + counts[b : b + radius + 1].sum()"),
         "near the first bin your left slice begins at a negative number, and is "
         "empty then: start it at max(0, b - radius)"),
    Slip((_near, f"[k for k in {_around} if -len(counts) <= k < len(counts)]"),
         "a negative index is no IndexError, it counts from the end: skip k < 0, "
         "or start at max(0, b - radius)"),
    Slip((_near, f"{_around} % len(counts)"),
         "np.roll goes round in a circle: age 100 is no neighbour of age 0"),
    Slip(("sum", "mean"), "that is the mean of the neighbours: the mass is their sum"),
    Slip(("near.sum()", "near.sum() / (2 * radius + 1)"),
         "you divide by the number of bins: the mass is the sum"),
    Slip(("near.sum()", "near.sum() + counts[b]"), "the bin itself is counted "
         "twice: only one of your two slices may hold it"),
    Wrong(lambda c, r: np.convolve(c, np.ones(2 * r + 1, dtype=int), mode="same"),
          'mode="same" is as long as the longer of the two, here the window: pad '
          "the counts with np.pad, or use slices"),
    Slip((_near, f"np.clip({_around}, 0, len(counts) - 1)"), "you repeat the first "
         "and the last bin: outside the range there is nothing"),
    Slip(("mass = []", "counts = counts.copy()"),
         ("mass.append(near.sum())", "counts[b] = near.sum()"),
         ("(mass)", "(counts)"), "you read sums that you have just written: keep "
         "the counts, and write to a new array"),
    Slip((_near, "max(0, b - 1) : b + 2"),
         "you always add one bin on each side: go `radius` bins far"),
    Slip(("b + radius + 1", "b + 1"),
         "you look to the left only: the bins after b are neighbours too"),
    Slip(("near.sum()", f"near.sum() if {_inside} else 0"),
         "the bins near the two ends stay 0: they have fewer neighbours, not none"),
    Slip(("near.sum()", f"near.sum() if {_inside} else counts[b]"), "the bins near the "
         "two ends keep their own counts: they have fewer neighbours, not none"),
    Wrong(lambda c, r: np.convolve(c, np.ones(r, dtype=int), mode="same"),
          "`radius` bins on each side and the bin itself: how long is the window?"),
]
neighbourhood_mass = Exercise(
    "1.5", "neighbourhood_mass", _neighbourhood_mass, PARTS, WRONG
)
