"""Exercise 1.3: the mean absolute error of each shot region."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

rng = np.random.default_rng(14)

_NAMES = ("many", "medium", "few", "zero")


def _mae_by_region(y, y_hat, region):
    error = np.abs(y - y_hat)
    scores = {}
    for name in _NAMES:
        here = region == name
        scores[name] = error[here].mean() if here.any() else None
    return scores


def _case(n, names):
    y = rng.integers(0, 101, n).astype(float)
    return y, y + rng.normal(2, 8, n), rng.choice(names, n)


# fmt: off
PARTS = [
    Part("all four regions", 1, [
        (np.array([30.0, 31.0, 80.0, 9.0, 50.0]),
         np.array([32.0, 31.0, 70.0, 9.0, 44.0]),
         np.array(["many", "many", "few", "zero", "medium"])),
        _case(40, _NAMES),
        _case(200, _NAMES),
    ]),
    Part("the means, and None for a region without samples", 1, [
        (np.array([30.0, 31.0, 80.0]), np.array([32.0, 31.0, 70.0]),
         np.array(["many", "many", "few"])),
        _case(20, ["medium"]),
    ]),
]
WRONG = [
    Slip(("np.abs(y - y_hat)", "y_hat - y"),
         "errors above and below cancel: take the absolute value before the mean"),
    Slip(("np.abs(y - y_hat)", "y - y_hat"),
         "positive and negative errors cancel: take np.abs before the mean"),
    Slip(("np.abs(y - y_hat)", "y_hat - y"),
         ("error[here].mean()", "abs(error[here].mean())"),
         "the absolute value comes too late: take it of each error, then the mean"),
    Slip((" if here.any() else None", ""),
         "the mean of nothing is NaN: an empty region must give None"),
    Slip(("None", "0.0"),
         "0 would be a perfect score: an empty region has none, so give None"),
    Slip(("here.any()", "error[here].any()"), "an error of 0 is a perfect score, "
         "not an empty region: ask whether the region has samples"),
    Slip(("np.abs(y - y_hat)", "(y - y_hat) ** 2"),
         "that is the mean of the squared errors: MAE takes absolute values"),
    Slip(("mean() if here.any() else None", "sum() / len(y)"),
         "you divide by all samples: divide by the number of the region's own"),
    Slip(("mean()", "sum() / len(y)"),
         "you divide by the number of all samples: divide by that of the region"),
    Slip(("mean()", "sum()"), "that is the sum of the errors: divide by the number "
         "of the region's samples"),
    Slip(("np.abs(y - y_hat)", "(y - y_hat) ** 2"),
         ("error[here].mean()", "np.sqrt(error[here].mean())"),
         "that is the root of the mean square: MAE takes absolute values"),
    Slip(("error[here].mean()", "np.median(error[here])"),
         "that is the median of the errors: MAE is their mean"),
    Slip(("error[here].mean()",
          "np.mean([error[here & (y == a)].mean() for a in np.unique(y[here])])"),
         "you average the means of the labels: each sample counts alike, so take "
         "one mean over all samples of the region"),
    Slip(("return scores", 'return scores | {"all": error.mean()}'),
         "one entry is too many: return the four regions, and nothing else"),
    Slip(("error[here].mean() if here.any() else None",
          "error[here].mean() if here.any() else None\n        return scores"),
         "your return stands inside the loop, so it ends after the first region: move "
         "it to the left"),
]
mae_by_region = Exercise("1.3", "mae_by_region", _mae_by_region, PARTS, WRONG)
