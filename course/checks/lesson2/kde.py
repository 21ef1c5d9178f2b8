"""Exercise 2.2: a kernel density estimate by hand."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong

rng = np.random.default_rng(22)


def _kde(grid, labels, sigma):
    return _mean_of(lambda d, s: np.exp(-0.5 * (d / s) ** 2))(grid, labels, sigma)


def _mean_of(bump):
    """The mean of another bump over the labels, with the right factor in front."""

    def answer(grid, labels, sigma):
        bumps = bump(grid[:, None] - labels[None, :], sigma)
        return bumps.mean(1) / (np.sqrt(2 * np.pi) * sigma)

    return answer


def _scipy_kde(grid, labels, sigma):
    from scipy import stats  # takes a second to import

    return stats.gaussian_kde(labels, bw_method=sigma)(grid)


kde = Exercise(
    "2.2",
    "kde",
    _kde,
    parts=[
        Part(
            "one label",
            1,
            [(np.array([28.0, 30.0, 33.0]), np.array([30.0]), s) for s in (1.0, 2.5)],
        ),
        Part(
            "many labels, other grids",
            1,
            [
                (np.linspace(0, 100, 41), rng.normal(40, 15, 300), 3.0),
                (np.linspace(-2, 2, 9), rng.uniform(-1, 1, 9), 0.2),
                (np.array([5.0]), rng.uniform(0, 10, 50), 1.0),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda g, y, s: _kde(g, y, s) * len(y),
            "that is the sum over the labels: a density is their mean, so divide by N",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s) * np.sqrt(2 * np.pi) * s,
            "each bump must have the area 1: divide by sqrt(2 pi) * sigma",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s) * s,
            "a wider bump must be lower: divide by sigma too",
        ),
        Wrong(
            _mean_of(lambda d, s: np.exp(-((d / s) ** 2))),
            "the exponent is -u**2 / 2: the half is missing",
        ),
        Wrong(
            _mean_of(lambda d, s: np.exp((d / s) ** 2 / 2)),
            "your bumps grow with the distance: the exponent is negative, and the "
            "minus belongs outside the square",
        ),
        Wrong(
            _mean_of(lambda d, s: np.exp(-d / (2 * s**2))),
            "the difference is not squared: the exponent is -d**2 / (2 * sigma**2)",
        ),
        Wrong(
            _mean_of(lambda d, s: np.exp(-d / s / 2)),
            "u = difference / sigma is not squared: the exponent is -u**2 / 2",
        ),
        Wrong(
            lambda g, y, s: _kde(y, g, s),
            "you average over the grid: there must be one value per *grid point*, "
            "each a mean over the labels",
        ),
        Wrong(
            _scipy_kde,
            "scipy's bw_method is a multiple of the labels' standard deviation, and "
            "needs two labels: write the formula, with sigma in label units",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s) * s**2,
            "1 / a * b is (1 / a) * b: put sqrt(2 pi) * sigma in parentheses",
        ),
        Wrong(
            _mean_of(lambda d, s: np.exp(-(d**2) / 2 * s**2)),
            "x / 2 * s is (x / 2) * s: put 2 * sigma**2 in parentheses",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s) * np.sqrt(s),
            "sigma stands inside your root: divide by sqrt(2 pi) * sigma",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s) * len(y) / len(g),
            "you divide by the number of grid points: the mean is over the labels",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s) / _kde(g, y, s).sum(),
            "your values sum to 1 over the grid: it is the area of each bump that is 1",
        ),
        Wrong(
            lambda g, y, s: np.cumsum(_kde(g, y, s)),
            "your sum goes on from one grid point to the next: set it to 0 for each",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y[-1:], s) / len(y),
            "only the last label is left: add the bumps with +=",
        ),
    ],
)
