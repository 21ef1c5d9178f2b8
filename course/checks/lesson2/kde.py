"""Exercise 2.5: a kernel density estimate by hand."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.slips import Slip

rng = np.random.default_rng(22)


def _kde(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    bumps = np.exp(-(d**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    return bumps.mean(axis=1)


def _scipy_kde(grid, labels, sigma):
    from scipy import stats  # takes a second to import

    return stats.gaussian_kde(labels, bw_method=sigma)(grid)


# fmt: off
PARTS = [
    Part("one label", 1, [
        (np.array([28.0, 30.0, 33.0]), np.array([30.0]), s) for s in (1.0, 2.5)
    ]),
    Part("many labels, other grids", 1, [
        # Ages are whole years, so many of them occur more than once.
        (np.array([28.0, 30.0]), np.array([30.0, 30.0, 33.0]), 1.5),
        (np.linspace(0, 100, 41), rng.normal(40, 15, 300).round(), 3.0),
        (np.linspace(-2, 2, 9), rng.uniform(-1, 1, 9), 0.2),
        (np.array([5.0]), rng.uniform(0, 10, 50), 1.0),
    ]),
]
WRONG = [
    Slip(("labels[None, :]", "np.unique(labels)[None, :]"), "np.unique keeps one of "
         "equal labels: each label has a bump of its own"),
    Slip(("mean", "sum"), "that is the sum over the labels: a density is their "
         "mean, so divide by N"),
    Slip((" / (np.sqrt(2 * np.pi) * sigma)", ""),
         "each bump must have the area 1: divide by sqrt(2 pi) * sigma"),
    Slip((" * sigma)", ")"), "a wider bump must be lower: divide by sigma too"),
    Slip(("(2 * sigma**2)", "sigma**2"),
         "the exponent is -u**2 / 2: the half is missing"),
    Slip(("-(d**2)", "(-d) ** 2"), "your bumps grow with the distance: the "
         "exponent is negative, and the minus belongs outside the square"),
    Slip(("(d**2)", "d"),
         "the difference is not squared: the exponent is -d**2 / (2 * sigma**2)"),
    Slip(("(d**2) / (2 * sigma**2)", "d / sigma / 2"),
         "u = difference / sigma is not squared: the exponent is -u**2 / 2"),
    Slip(("axis=1", "axis=0"), "you average over the grid: there must be one value "
         "per *grid point*, each a mean over the labels"),
    Wrong(_scipy_kde,
          "scipy's bw_method is a multiple of the labels' standard deviation, and "
          "needs two labels: write the formula, with sigma in label units"),
    Slip(("(np.sqrt(2 * np.pi) * sigma)", "np.sqrt(2 * np.pi) * sigma"),
         "1 / a * b is (1 / a) * b: put sqrt(2 pi) * sigma in parentheses"),
    Slip(("(2 * sigma**2)", "2 * sigma**2"),
         "x / 2 * s is (x / 2) * s: put 2 * sigma**2 in parentheses"),
    Slip(("np.pi) * sigma", "np.pi * sigma)"),
         "sigma stands inside your root: divide by sqrt(2 pi) * sigma"),
    Slip(("mean(axis=1)", "sum(axis=1) / len(grid)"),
         "you divide by the number of grid points: the mean is over the labels"),
    Slip(("mean(axis=1)", "sum(axis=1) / bumps.sum()"), "your values sum to 1 over "
         "the grid: it is the area of each bump that is 1"),
    Slip(("mean(axis=1)", "mean(axis=1).cumsum()"),
         "your sum goes on from one grid point to the next: set it to 0 for each"),
    Slip(("bumps.mean(axis=1)", "bumps[:, -1] / len(labels)"),
         "only the last label is left: add the bumps with +="),
]
kde = Exercise("2.5", "kde", _kde, PARTS, WRONG)
