"""Exercise 1.4: the mean absolute error of each shot region."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from dirlib import metrics

rng = np.random.default_rng(14)

_NAMES = ("many", "medium", "few", "zero")


def _by_region(score):
    """A score of each region, None if it is empty."""

    def answer(y, y_hat, region):
        scores = {}
        for name in _NAMES:
            here = region == name
            scores[name] = float(score(y[here], y_hat[here])) if here.any() else None
        return scores

    return answer


_mae_by_region = _by_region(metrics.mae)


def _empty_too(score):
    """A score of each region from all absolute errors and a mask, empty or not."""

    def answer(y, y_hat, region):
        error = np.abs(y - y_hat)
        return {name: score(error, region == name) for name in _NAMES}

    return answer


def _mean_of_ages(y, y_hat):
    return np.mean([metrics.mae(y[y == age], y_hat[y == age]) for age in np.unique(y)])


def _then(change):
    """The right scores, each of them changed."""
    return lambda *args: {
        name: change(score) for name, score in _mae_by_region(*args).items()
    }


def _case(n, names):
    y = rng.integers(0, 101, n).astype(float)
    return y, y + rng.normal(2, 8, n), rng.choice(names, n)


mae_by_region = Exercise(
    "1.4",
    "mae_by_region",
    _mae_by_region,
    parts=[
        Part(
            "all four regions",
            1,
            [
                (
                    np.array([30.0, 31.0, 80.0, 9.0, 50.0]),
                    np.array([32.0, 31.0, 70.0, 9.0, 44.0]),
                    np.array(["many", "many", "few", "zero", "medium"]),
                ),
                _case(40, _NAMES),
                _case(200, _NAMES),
            ],
        ),
        Part(
            "the means, and None for a region without samples",
            1,
            [
                (
                    np.array([30.0, 31.0, 80.0]),
                    np.array([32.0, 31.0, 70.0]),
                    np.array(["many", "many", "few"]),
                ),
                _case(20, ["medium"]),
            ],
        ),
    ],
    wrong=[
        Wrong(
            _by_region(lambda y, y_hat: (y_hat - y).mean()),
            "errors above and below cancel: take the absolute value before the mean",
        ),
        Wrong(
            _by_region(lambda y, y_hat: (y - y_hat).mean()),
            "positive and negative errors cancel: take np.abs before the mean",
        ),
        Wrong(
            _by_region(lambda y, y_hat: abs((y_hat - y).mean())),
            "the absolute value comes too late: take it of each error, then the mean",
        ),
        Wrong(
            _empty_too(lambda error, here: error[here].mean()),
            "the mean of nothing is NaN: an empty region must give None",
        ),
        Wrong(
            _then(lambda score: 0.0 if score is None else score),
            "0 would be a perfect score: an empty region has none, so give None",
        ),
        Wrong(
            _then(lambda score: score or None),
            "an error of 0 is a perfect score, not an empty region: ask whether the "
            "region has samples",
        ),
        Wrong(
            _by_region(metrics.mse),
            "that is the mean of the squared errors: MAE takes absolute values",
        ),
        Wrong(
            _empty_too(lambda error, here: error[here].sum() / len(error)),
            "you divide by all samples: divide by the number of the region's own",
        ),
        Wrong(
            _empty_too(
                lambda error, here: (
                    error[here].sum() / len(error) if here.any() else None
                )
            ),
            "you divide by the number of all samples: divide by that of the region",
        ),
        Wrong(
            _by_region(lambda y, y_hat: np.abs(y - y_hat).sum()),
            "that is the sum of the errors: divide by the number of the region's "
            "samples",
        ),
        Wrong(
            _by_region(lambda y, y_hat: np.sqrt(((y - y_hat) ** 2).mean())),
            "that is the root of the mean square: MAE takes absolute values",
        ),
        Wrong(
            _by_region(lambda y, y_hat: np.median(np.abs(y - y_hat))),
            "that is the median of the errors: MAE is their mean",
        ),
        Wrong(
            _by_region(_mean_of_ages),
            "you average the means of the labels: each sample counts alike, so take "
            "one mean over all samples of the region",
        ),
    ],
)
