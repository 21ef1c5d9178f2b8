"""Exercise 3.3: the gap between the neighbours' similarity and the crowd's."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.fds import anchors

rng = np.random.default_rng(33)


def _neighbours(d, many, near):
    return (d != 0) & (np.abs(d) <= near)


def _near_or_self(d, many, near):
    return np.abs(d) <= near


def _crowd(d, many, near):
    return many & (np.abs(d) > near)


def _means(combine, neighbours=_neighbours, crowd=_crowd, mean=np.nanmean):
    """Combine the means of two groups of bins: by distance, `many` and `near`."""

    def answer(similarity, anchor, many, near):
        d = np.arange(len(similarity)) - anchor
        return combine(
            mean(similarity[neighbours(d, many, near)]),
            mean(similarity[crowd(d, many, near)]),
        )

    return answer


def _gap(**rules):
    return _means(lambda near, far: near - far, **rules)


def _twice(cause, **rules):
    """A wrong rule, with unknown bins left out and with unknown bins left in."""
    both = cause + "; and leave NaN bins out of both means"
    return [
        Wrong(_gap(**rules), cause),
        Wrong(_gap(mean=np.mean, **rules), both),
    ]


def _mean_or_zero(x):
    return np.nan_to_num(x).mean()


def _dropped_first(similarity, anchor, many, near):
    known = ~np.isnan(similarity)
    d = np.arange(known.sum()) - anchor
    s, many = similarity[known], many[known]
    return s[_neighbours(d, many, near)].mean() - s[_crowd(d, many, near)].mean()


def _masked(similarity, anchor, many, near):
    """Zeros in place of the bins that don't belong to a group."""
    d = np.arange(len(similarity)) - anchor
    groups = _neighbours(d, many, near), _crowd(d, many, near)
    close, far = ((similarity * group).mean() for group in groups)
    return close - far


def _sliced(ends):
    """The neighbours by slices, with ends that may be negative."""

    def answer(similarity, anchor, many, near):
        d = np.arange(len(similarity)) - anchor
        slices = [similarity[a:b] for a, b in ends(anchor, near)]
        return np.nanmean(np.concatenate(slices)) - np.nanmean(
            similarity[_crowd(d, many, near)]
        )

    return answer


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
anomaly_gap = Exercise(
    "3.3",
    "anomaly_gap",
    anchors.anomaly_gap,
    parts=[
        Part(
            "every bin has a similarity",
            1,
            [
                (_similarity, 0, _many, 2),
                _case(30, 12, 3, 0.6),
                _case(30, 29, 5, 0.5),
                _case(20, 2, 4, 0.7),
                _case(40, 20, 1, 0.3),
                (_similarity, 4, ~_many, 1),
            ],
        ),
        Part(
            "bins without a similarity are left out",
            1,
            [
                (_gappy, 3, np.array([1, 1, 1, 1, 0, 0, 1, 1, 1], dtype=bool), 2),
                _case(30, 14, 5, 0.6, known=0.5),
                _case(60, 0, 10, 0.5, known=0.7),
            ],
        ),
    ],
    wrong=[
        Wrong(
            _gap(mean=np.mean),
            "one NaN makes the mean NaN: leave unknown bins out, with np.nanmean or a "
            "mask",
        ),
        Wrong(
            _means(lambda near, far: far - near),
            "the gap is the wrong way round: the neighbours' mean minus the crowd's",
        ),
        Wrong(
            _means(lambda near, far: far - near, mean=np.mean),
            "turn the gap round, the neighbours' mean minus the crowd's, and leave NaN "
            "bins out",
        ),
        *_twice(
            "the anchor counts as its own neighbour, with similarity 1: leave it out",
            neighbours=_near_or_self,
        ),
        *_twice(
            "your crowd holds many-shot bins near the anchor: take only those farther "
            "away than `near`",
            crowd=lambda d, many, near: many,
        ),
        *_twice(
            "leave the anchor out of its neighbours, and all bins near it out of the "
            "crowd",
            neighbours=_near_or_self,
            crowd=lambda d, many, near: many,
        ),
        *_twice(
            "the anchor's neighbours are in your crowd too: a bin of the crowd is "
            "farther away than `near`",
            crowd=lambda d, many, near: many & (d != 0),
        ),
        *_twice(
            "the crowd is made of many-shot bins only: use `many` too",
            crowd=lambda d, many, near: np.abs(d) > near,
        ),
        *_twice(
            "the crowd is made of the many-shot bins, not of the others",
            crowd=lambda d, many, near: ~many & (np.abs(d) > near),
        ),
        *_twice(
            "the crowd is made of the many-shot bins, and of those far away only",
            crowd=lambda d, many, near: ~many,
        ),
        Wrong(
            _masked,
            "similarity * mask leaves zeros, which count in the mean: choose bins with "
            "similarity[mask], and leave NaN out",
        ),
        Wrong(
            lambda s, *others: _masked(np.nan_to_num(s), *others),
            "the bins outside a group count as 0 in its mean: choose those inside with "
            "similarity[mask]",
        ),
        *_twice(
            "your neighbours are many-shot bins only: all bins near the anchor count",
            neighbours=lambda d, many, near: many & _neighbours(d, many, near),
        ),
        Wrong(
            _gap(mean=np.nansum),
            "those are sums: the two groups differ in size, so take means",
        ),
        Wrong(
            _dropped_first,
            "you drop NaN bins first, so the others move: measure the distances before",
        ),
        Wrong(
            _gap(mean=_mean_or_zero),
            "an unknown bin counts as 0 in your means: leave it out",
        ),
        *_twice(
            "you look at the bins after the anchor only: those before it are "
            "neighbours too",
            neighbours=lambda d, many, near: (d > 0) & (d <= near),
        ),
        *_twice(
            "you look at the bins before the anchor only: those after it are "
            "neighbours too",
            neighbours=lambda d, many, near: (d < 0) & (d >= -near),
        ),
        *_twice(
            "your distances have a sign, so only bins after the anchor count: use "
            "np.abs",
            neighbours=lambda d, many, near: (d > 0) & (d <= near),
            crowd=lambda d, many, near: many & (d > near),
        ),
        *_twice(
            "a bin far before the anchor has a negative distance, and you count it as "
            "near: use np.abs",
            neighbours=lambda d, many, near: (d != 0) & (d <= near),
            crowd=lambda d, many, near: many & (d > near),
        ),
        *_twice(
            "your crowd lies after the anchor only: use the absolute distance",
            crowd=lambda d, many, near: many & (d > near),
        ),
        *_twice(
            "a bin at a distance of exactly `near` is a neighbour: use <=",
            neighbours=lambda d, many, near: (d != 0) & (np.abs(d) < near),
        ),
        *_twice(
            "a bin at a distance of exactly `near` is a neighbour, not crowd: use <= "
            "for the neighbours and > for the crowd",
            neighbours=lambda d, many, near: (d != 0) & (np.abs(d) < near),
            crowd=lambda d, many, near: many & (np.abs(d) >= near),
        ),
        *_twice(
            "all bins up to the distance `near` are neighbours, not only those at it",
            neighbours=lambda d, many, near: np.abs(d) == near,
        ),
        *_twice(
            "a bin at a distance of exactly `near` is no crowd, it is a neighbour: "
            "use >",
            crowd=lambda d, many, near: many & (np.abs(d) >= near),
        ),
        Wrong(
            _sliced(lambda a, near: [(a - near, a), (a + 1, a + near + 1)]),
            "anchor - near may be negative, and Python counts it from the end: start "
            "at max(0, anchor - near)",
        ),
        Wrong(
            _sliced(lambda a, near: [(a - near, a + near + 1)]),
            "near the first bin your slice begins at a negative place, which Python "
            "counts from the end: start at max(0, ...), and leave the anchor out",
        ),
        Wrong(
            _sliced(lambda a, near: [(max(0, a - near), a), (a + 1, a + near)]),
            "the last neighbour is missing: a slice stops before its end, so end at "
            "anchor + near + 1",
        ),
        Wrong(
            lambda *args: abs(anchors.anomaly_gap(*args)),
            "keep the sign: a negative gap is the anomaly",
        ),
        Wrong(
            _means(lambda near, far: near / far),
            "that is the ratio of the two means: subtract them",
        ),
        Wrong(
            _means(lambda near, far: near),
            "that is the neighbours' mean alone: subtract the crowd's",
        ),
        *_twice(
            "you compare the anchor itself with the crowd: take its neighbours",
            neighbours=lambda d, many, near: d == 0,
        ),
        Wrong(
            lambda s, anchor, many, near: _gap()(s, anchor, many, 2),
            "your distance is fixed: use the argument near",
        ),
    ],
)
