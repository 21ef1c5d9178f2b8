"""Exercise 3.3: how much more similar the neighbours are than the crowd."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.lesson3.second_mistake import with_and_without
from course.checks.slips import Slip

rng = np.random.default_rng(33)


def _neighbour_margin(similarity, anchor, many, near):
    bins = np.arange(len(similarity))
    d = np.abs(bins - anchor)
    neighbours = similarity[(bins != anchor) & (d <= near)]
    crowd = similarity[many & (d > near)]
    return np.nanmean(neighbours) - np.nanmean(crowd)


def _case(n, anchor, near, share, known=1.0):
    """Similarities that fall with the distance, and then rise again for the crowd."""
    d = np.abs(np.arange(n) - anchor)
    similarity = np.cos(d / 4) + rng.normal(0, 0.2, n)
    unknown = rng.permutation(n)[: round(n * (1 - known))]
    similarity[unknown] = np.nan
    similarity[anchor] = 1
    return similarity, anchor, rng.random(n) < share, near


_similarity = np.array([1.0, 0.9, 0.7, 0.8, 0.6])
_many = np.array([False, False, False, True, True])
_gappy = np.array([0.2, np.nan, 0.8, 1.0, np.nan, 0.6, -0.4, np.nan, 0.5])
_MARGIN = "np.nanmean(neighbours) - np.nanmean(crowd)"
_OF_ALL = "np.mean(neighbours) - np.mean(crowd)"
_twice = with_and_without((_MARGIN, _OF_ALL), "leave NaN bins out of both means")
_NEAR = "(bins != anchor) & (d <= near)"
_FAR = "many & (d > near)"
_SIGNED = ("np.abs(bins - anchor)", "bins - anchor")
_ZEROS = ("near):", "near):\n    similarity = np.nan_to_num(similarity)")
_MASKED = [(f"[{_NEAR}]", f" * ({_NEAR})"), (f"[{_FAR}]", f" * ({_FAR})")]
# fmt: off
PARTS = [
    Part("every bin has a similarity", 1, [
        (_similarity, 0, _many, 2),
        _case(30, 12, 3, 0.6),
        _case(30, 29, 5, 0.5),
        _case(20, 2, 4, 0.7),
        _case(40, 20, 1, 0.3),
        (_similarity, 4, ~_many, 1),
    ]),
    Part("bins without a similarity are left out", 1, [
        (_gappy, 3, np.array([1, 1, 1, 1, 0, 0, 1, 1, 1], dtype=bool), 2),
        _case(30, 14, 5, 0.6, known=0.5),
        _case(60, 0, 10, 0.5, known=0.7),
    ]),
]
WRONG = [
    Slip((_MARGIN, _OF_ALL), "one NaN makes the mean NaN: leave unknown bins out, "
         "with np.nanmean or a mask"),
    Slip((_MARGIN, "np.nanmean(crowd) - np.nanmean(neighbours)"),
         "the margin is the wrong way round: the neighbours' mean minus the crowd's"),
    Slip((_MARGIN, "np.mean(crowd) - np.mean(neighbours)"), "turn the margin round, "
         "the neighbours' mean minus the crowd's, and leave NaN bins out"),
    *_twice(("(bins != anchor) & ", ""), "the anchor counts as its own neighbour, "
            "with similarity 1: leave it out"),
    *_twice((_FAR, "many"), "your crowd holds many-shot bins near the anchor: take "
            "only those farther away than `near`"),
    *_twice(("(bins != anchor) & ", ""), (_FAR, "many"), "leave the anchor out of "
            "its neighbours, and all bins near it out of the crowd"),
    *_twice(("d > near", "d > 0"), "the anchor's neighbours are in your crowd too: "
            "a bin of the crowd is farther away than `near`"),
    *_twice(("many & (d", "(d"),
            "the crowd is made of many-shot bins only: use `many` too"),
    *_twice(("many & (d", "~many & (d"),
            "the crowd is made of the many-shot bins, not of the others"),
    *_twice((_FAR, "~many"),
            "the crowd is made of the many-shot bins, and of those far away only"),
    Slip((_MARGIN, _OF_ALL), *_MASKED, "similarity * mask leaves zeros, which count "
         "in the mean: choose bins with similarity[mask], and leave NaN out"),
    Slip(_ZEROS, *_MASKED, "the bins outside a group count as 0 in its mean: "
         "choose those inside with similarity[mask]"),
    *_twice((_NEAR, "many & " + _NEAR), "your neighbours are many-shot bins only: "
            "all bins near the anchor count"),
    Slip((_MARGIN, "np.nansum(neighbours) - np.nansum(crowd)"),
         "those are sums: the two groups differ in size, so take means"),
    Slip(("near):", "near):\n    known = ~np.isnan(similarity)\n"
          "    similarity, many = similarity[known], many[known]"), "you drop NaN "
         "bins first, so the others move: measure the distances before"),
    Slip(_ZEROS, "an unknown bin counts as 0 in your means: leave it out"),
    *_twice(("!=", ">"), "you look at the bins after the anchor only: those before "
            "it are neighbours too"),
    *_twice(("!=", "<"), "you look at the bins before the anchor only: those after "
            "it are neighbours too"),
    *_twice(_SIGNED, ("!=", ">"), "your distances have a sign, so only bins after "
            "the anchor count: use np.abs"),
    *_twice(_SIGNED, "a bin far before the anchor has a negative distance, and you "
            "count it as near: use np.abs"),
    *_twice(("d > near", "bins - anchor > near"),
            "your crowd lies after the anchor only: use the absolute distance"),
    *_twice(("<=", "<"),
            "a bin at a distance of exactly `near` is a neighbour: use <="),
    *_twice(("<=", "<"), ("d > near", "d >= near"),
            "a bin at a distance of exactly `near` is a neighbour, not crowd: use "
            "<= for the neighbours and > for the crowd"),
    *_twice((_NEAR, "d == near"), "all bins up to the distance `near` are "
            "neighbours, not only those at it"),
    *_twice(("d > near", "d >= near"), "a bin at a distance of exactly `near` is "
            "no crowd, it is a neighbour: use >"),
    Slip((f"similarity[{_NEAR}]", "np.append(similarity[anchor - near : anchor], "
          "similarity[anchor + 1 : anchor + near + 1])"),
         "anchor - near may be negative, and Python counts it from the end: start "
         "at max(0, anchor - near)"),
    Slip((_NEAR, "anchor - near : anchor + near + 1"),
         "near the first bin your slice begins at a negative place, which Python "
         "counts from the end: start at max(0, ...), and leave the anchor out"),
    Slip((_NEAR, _NEAR + " & (bins < anchor + near)"), "the last neighbour is "
         "missing: a slice stops before its end, so end at anchor + near + 1"),
    Slip((_MARGIN, f"abs({_MARGIN})"),
         "keep the sign: a negative margin is the anomaly"),
    Slip((") - np", ") / np"), "that is the ratio of the two means: subtract them"),
    Slip((" - np.nanmean(crowd)", ""),
         "that is the neighbours' mean alone: subtract the crowd's"),
    *_twice((_NEAR, "bins == anchor"),
            "you compare the anchor itself with the crowd: take its neighbours"),
    Slip(("near):", "near):\n    near = 2"),
         "your distance is fixed: use the argument near"),
]
neighbour_margin = Exercise("3.3", "neighbour_margin", _neighbour_margin, PARTS, WRONG)
