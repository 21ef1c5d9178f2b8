"""Exercise 1.3: the number of samples in a bin and its neighbours."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong

rng = np.random.default_rng(13)


def _neighbourhood_mass(counts, radius):
    n = len(counts)
    return np.array(
        [counts[max(0, b - radius) : b + radius + 1].sum() for b in range(n)]
    )


def _mass_by(near):
    """The mass by another rule for one bin b."""
    return lambda c, r: np.array([near(c, b, r) for b in range(len(c))])


def _mass_of(position):
    """Sum counts[position(k, n)] over the neighbours k; None leaves k out."""

    def near(c, b, r):
        places = [position(k, len(c)) for k in range(b - r, b + r + 1)]
        return sum(c[k] for k in places if k is not None)

    return _mass_by(near)


def _running_mass(c, r):
    c = c.copy()
    for b in range(len(c)):
        c[b] = c[max(0, b - r) : b + r + 1].sum()
    return c


neighbourhood_mass = Exercise(
    "1.3",
    "neighbourhood_mass",
    _neighbourhood_mass,
    parts=[
        Part(
            # Around the ends all bins are empty: what is done there plays no part.
            "inside the range",
            1,
            [
                (np.array([0, 0, 4, 0, 0]), 1),
                (np.array([0, 0, 4, 1, 2, 0, 0]), 1),
                (np.array([0, 3, 1, 2, 0]), 0),
                (np.r_[np.zeros(6, int), rng.integers(1, 50, 30), np.zeros(6, int)], 3),
            ],
        ),
        Part(
            "at both ends",
            1,
            [
                (np.array([5, 1, 1, 1, 7]), 1),
                (np.array([5, 1, 1, 1, 7]), 2),
                (rng.integers(0, 50, 20), 4),
                (rng.integers(1, 9, 4), 10),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda c, r: _neighbourhood_mass(c, r) - c,
            "the bin itself is missing: count b - radius to b + radius, b included",
        ),
        Wrong(
            _mass_by(lambda c, b, r: c[max(0, b - r) : b + r].sum()),
            "the last neighbour is missing: a slice stops before its end, so end at "
            "b + radius + 1",
        ),
        Wrong(
            _mass_by(lambda c, b, r: c[b - r : b + r + 1].sum()),
            "near the first bin, b - radius is negative, and Python counts it from the "
            "end: start at max(0, b - radius)",
        ),
        Wrong(
            _mass_by(lambda c, b, r: c[b - r : b].sum() + c[b : b + r + 1].sum()),
            "near the first bin your left slice begins at a negative number, and is "
            "empty then: start it at max(0, b - radius)",
        ),
        Wrong(
            _mass_of(lambda k, n: k if -n <= k < n else None),
            "a negative index is no IndexError, it counts from the end: skip k < 0, "
            "or start at max(0, b - radius)",
        ),
        Wrong(
            lambda c, r: sum(np.roll(c, d) for d in range(-r, r + 1)),
            "np.roll goes round in a circle: age 100 is no neighbour of age 0",
        ),
        Wrong(
            _mass_by(lambda c, b, r: c[max(0, b - r) : b + r + 1].mean()),
            "that is the mean of the neighbours: the mass is their sum",
        ),
        Wrong(
            lambda c, r: _neighbourhood_mass(c, r) / (2 * r + 1),
            "you divide by the number of bins: the mass is the sum",
        ),
        Wrong(
            lambda c, r: _neighbourhood_mass(c, r) + c,
            "the bin itself is counted twice: only one of your two slices may hold it",
        ),
        Wrong(
            lambda c, r: np.convolve(c, np.ones(2 * r + 1, dtype=int), mode="same"),
            'mode="same" is as long as the longer of the two, here the window: pad the '
            "counts with np.pad, or use slices",
        ),
        Wrong(
            _mass_of(lambda k, n: min(max(k, 0), n - 1)),
            "you repeat the first and the last bin: outside the range there is nothing",
        ),
        Wrong(
            _running_mass,
            "you read sums that you have just written: keep the counts, and write to a "
            "new array",
        ),
        Wrong(
            lambda c, r: _neighbourhood_mass(c, 1),
            "you always add one bin on each side: go `radius` bins far",
        ),
        Wrong(
            _mass_by(lambda c, b, r: c[max(0, b - r) : b + 1].sum()),
            "you look to the left only: the bins after b are neighbours too",
        ),
        Wrong(
            _mass_by(
                lambda c, b, r: c[b - r : b + r + 1].sum() if r <= b < len(c) - r else 0
            ),
            "the bins near the two ends stay 0: they have fewer neighbours, not none",
        ),
        Wrong(
            _mass_by(
                lambda c, b, r: (
                    c[b - r : b + r + 1].sum() if r <= b < len(c) - r else c[b]
                )
            ),
            "the bins near the two ends keep their own counts: they have fewer "
            "neighbours, not none",
        ),
        Wrong(
            lambda c, r: np.convolve(c, np.ones(r, dtype=int), mode="same"),
            "`radius` bins on each side and the bin itself: how long is the window?",
        ),
    ],
)
