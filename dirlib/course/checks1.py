"""The exercises of lesson 1, with their typical wrong answers."""

import numpy as np

from dirlib import metrics
from dirlib.bins import shot_regions
from dirlib.course.exercise import Exercise, Part, Wrong

rng = np.random.default_rng(1)

# ---------------------------------------------------------------- 1.1 binning floats


def _bin_index(labels, start, width):
    return np.floor((labels - start) / width).astype(int)


bin_index = Exercise(
    "1.1",
    "bin_index",
    _bin_index,
    parts=[
        Part(
            "ages, whole and broken",
            1,
            [
                (np.array([0.0, 0.4, 0.9, 1.0, 30.9, 100.0]), 0.0, 1.0),
                (rng.uniform(0, 101, 200), 0.0, 1.0),
                (rng.uniform(20, 70, 50), 20.0, 5.0),
                (np.array([62.5]), 60.0, 1.0),
                (np.array([0.5, 1.2, 1.6, 9.4]), 0.5, 1.0),
            ],
        ),
        Part(
            "negative labels and narrow bins",
            1,
            [
                (np.array([-1.5, -0.5, 0.5]), -2.0, 1.0),
                (rng.uniform(-40, 40, 200), -40.0, 2.5),
                (rng.uniform(-1, 1, 50), -1.0, 0.25),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda y, start, width: ((y.astype(int) - start) / width).astype(int),
            "int() cuts towards zero, so -0.5 and 0.5 land together: subtract the "
            "start first, then use np.floor",
        ),
        Wrong(
            lambda y, start, width: np.round((y - start) / width).astype(int),
            "rounding sends 30.9 to the bin of 31: a bin holds [30, 31), so round down",
        ),
        Wrong(
            lambda y, start, width: np.floor(y / width).astype(int),
            "the first bin begins at `start`, not at 0: subtract it",
        ),
        Wrong(
            lambda y, start, width: np.floor(y - start).astype(int),
            "a bin is `width` wide, not 1: divide by it",
        ),
        Wrong(
            lambda y, start, width: np.floor((y - start) / width).astype(int) + 1,
            "your first bin has the number 1: bins are counted from 0",
        ),
        Wrong(
            lambda y, start, width: np.ceil((y - start) / width).astype(int) - 1,
            "a label on an edge belongs to the bin that begins there: round down, "
            "not up minus one",
        ),
    ],
)

# ------------------------------------------------------- 1.2 counts and shot regions


def _count_regions(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    regions = np.full(n_bins, "zero", dtype="U6")
    for name in ("many", "medium", "few"):
        regions[getattr(shot_regions(counts, many, few), name)] = name
    return counts, regions


def _regions_by(rule):
    def answer(index, n_bins, many, few):
        counts = np.bincount(index, minlength=n_bins)
        return counts, np.array([rule(n, many, few) for n in counts])

    return answer


def _name(n, many, few):
    return "many" if n > many else "medium" if n >= few else "few" if n else "zero"


_index = np.repeat([0, 1, 3, 4, 6], [3, 101, 100, 20, 19])
count_regions = Exercise(
    "1.2",
    "count_regions",
    _count_regions,
    parts=[
        Part(
            "every bin is counted, the empty ones too",
            1,
            [
                (np.array([0, 0, 2]), 3, 100, 20),
                (rng.integers(0, 6, 900), 9, 150, 100),
                (rng.integers(3, 8, 500), 8, 100, 20),
            ],
        ),
        Part(
            "the thresholds themselves fall on the right side",
            1,
            [(_index, 8, 100, 20), (_index, 7, 101, 19), (_index, 9, 20, 3)],
        ),
    ],
    wrong=[
        Wrong(
            lambda index, n_bins, many, few: _regions_by(_name)(
                index, index.max() + 1, many, few
            ),
            "the bins after the largest label are missing: np.bincount needs "
            "minlength=n_bins",
        ),
        Wrong(
            lambda index, n_bins, many, few: (
                counts := np.unique(index, return_counts=True)[1],
                np.array([_name(n, many, few) for n in counts]),
            ),
            "np.unique leaves the empty bins out, so the counts shift: use np.bincount "
            "with minlength=n_bins",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: "many" if n >= many else _name(n, many, few)
            ),
            "exactly `many` samples is still medium: many-shot is *more* than 100",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: "few" if 0 < n <= few else _name(n, many, few)
            ),
            "exactly `few` samples is already medium: few-shot is *fewer* than 20",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: _name(n, many, few).replace("zero", "few")
            ),
            "a bin without any sample is zero-shot, not few-shot: the network has "
            "never seen such a label",
        ),
        Wrong(
            _regions_by(
                lambda n, many, few: "many" if n > few else "few" if n else "zero"
            ),
            "the medium region is missing: from `few` to `many` samples, both included",
        ),
    ],
)

# ---------------------------------------------------------- 1.3 neighbourhood mass


def _neighbourhood_mass(counts, radius):
    n = len(counts)
    return np.array(
        [counts[max(0, b - radius) : b + radius + 1].sum() for b in range(n)]
    )


neighbourhood_mass = Exercise(
    "1.3",
    "neighbourhood_mass",
    _neighbourhood_mass,
    parts=[
        Part(
            "inside the range",
            1,
            [
                (np.array([0, 0, 4, 0, 0]), 1),
                (np.r_[np.zeros(5, int), rng.integers(1, 50, 30), np.zeros(5, int)], 3),
                (np.array([3, 1, 2]), 0),
            ],
        ),
        Part(
            "at both ends",
            1,
            [
                (np.array([5, 1, 1, 1, 7]), 1),
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
            lambda c, r: np.array(
                [c[max(0, b - r) : b + r].sum() for b in range(len(c))]
            ),
            "the last neighbour is missing: a slice stops before its end, so end at "
            "b + radius + 1",
        ),
        Wrong(
            lambda c, r: np.array([c[b - r : b + r + 1].sum() for b in range(len(c))]),
            "near the first bin, b - radius is negative, and Python counts it from the "
            "end: start at max(0, b - radius)",
        ),
        Wrong(
            lambda c, r: sum(np.roll(c, d) for d in range(-r, r + 1)),
            "np.roll goes round in a circle: age 100 is no neighbour of age 0",
        ),
        Wrong(
            lambda c, r: np.array(
                [c[max(0, b - r) : b + r + 1].mean() for b in range(len(c))]
            ),
            "that is the mean of the neighbours: the mass is their sum",
        ),
    ],
)

# ------------------------------------------------------------------ 1.4 shot metrics

_NAMES = ("many", "medium", "few", "zero")


def _by_region(error):
    def answer(y, y_hat, region):
        scores = {}
        for name in _NAMES:
            here = region == name
            scores[name] = float(error(y[here], y_hat[here])) if here.any() else None
        return scores

    return answer


def _region_case(n, names):
    y = rng.integers(0, 101, n).astype(float)
    return y, y + rng.normal(2, 8, n), rng.choice(names, n)


mae_by_region = Exercise(
    "1.4",
    "mae_by_region",
    _by_region(metrics.mae),
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
                _region_case(40, _NAMES),
                _region_case(200, _NAMES),
            ],
        ),
        Part(
            "a region without samples gives None",
            1,
            [
                (
                    np.array([30.0, 31.0, 80.0]),
                    np.array([32.0, 31.0, 70.0]),
                    np.array(["many", "many", "few"]),
                ),
                _region_case(20, ["medium"]),
            ],
        ),
    ],
    wrong=[
        Wrong(
            _by_region(lambda y, y_hat: (y_hat - y).mean()),
            "errors above and below cancel: take the absolute value before the mean",
        ),
        Wrong(
            _by_region(lambda y, y_hat: abs((y_hat - y).mean())),
            "the absolute value comes too late: take it of each error, then the mean",
        ),
        Wrong(
            _by_region(metrics.mse),
            "that is the mean of the squared errors: MAE takes absolute values",
        ),
        Wrong(
            lambda y, y_hat, region: {
                name: float(np.abs(y - y_hat)[region == name].mean()) for name in _NAMES
            },
            "the mean of nothing is NaN: an empty region must give None",
        ),
        Wrong(
            lambda y, y_hat, region: {
                name: float(np.abs(y - y_hat)[region == name].sum() / len(y))
                for name in _NAMES
            },
            "you divide by all samples: divide by the number of the region's own",
        ),
        Wrong(
            lambda y, y_hat, region: {
                name: score if score is not None else 0.0
                for name, score in _by_region(metrics.mae)(y, y_hat, region).items()
            },
            "0 would be a perfect score: an empty region has none, so give None",
        ),
    ],
)

# --------------------------------------------------------------- 1.5 geometric mean


def _errors(n, scale):
    y = rng.integers(0, 101, n).astype(float)
    return y, y + scale * rng.standard_t(3, n)


geometric_mean = Exercise(
    "1.5",
    "geometric_mean",
    lambda y, y_hat, eps: metrics.gm(y, y_hat, eps=eps),
    parts=[
        Part(
            "a handful of errors",
            1,
            [
                (np.array([10.0, 20.0]), np.array([11.0, 24.0]), 1e-3),
                (*_errors(7, 5), 1e-3),
                (np.array([50.0]), np.array([42.0]), 1e-3),
            ],
        ),
        Part(
            "thousands of errors, and errors of exactly 0",
            1,
            [
                (*_errors(5000, 8), 1e-3),
                (np.array([10.0, 20.0, 30.0]), np.array([10.0, 21.0, 39.0]), 1e-3),
                (np.array([5.0, 5.0]), np.array([5.0, 5.0]), 1e-2),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda y, y_hat, eps: np.abs(y - y_hat).mean(),
            "that is the arithmetic mean: the geometric one is exp(mean(log(errors)))",
        ),
        Wrong(
            lambda y, y_hat, eps: (
                np.prod(np.maximum(np.abs(y - y_hat), eps)) ** (1 / len(y))
            ),
            "the product of thousands of errors overflows: sum their logarithms",
        ),
        Wrong(
            lambda y, y_hat, eps: np.exp(np.log(np.abs(y - y_hat)).mean()),
            "one error of exactly 0 makes the result 0: lift errors below eps to eps",
        ),
        Wrong(
            lambda y, y_hat, eps: np.exp(np.log(np.abs(y - y_hat) + eps).mean()),
            "adding eps changes every error: use np.maximum(error, eps), which touches "
            "only the tiny ones",
        ),
        Wrong(
            lambda y, y_hat, eps: np.log(np.maximum(np.abs(y - y_hat), eps)).mean(),
            "you return the mean of the logarithms: take np.exp of it at the end",
        ),
        Wrong(
            lambda y, y_hat, eps: np.exp(
                np.log10(np.maximum(np.abs(y - y_hat), eps)).mean()
            ),
            "np.log10 and np.exp don't undo each other: use np.log with np.exp",
        ),
    ],
)

# ------------------------------------------------------------------------ 1.6 Pearson

pearson_correlation = Exercise(
    "1.6",
    "pearson_correlation",
    metrics.pearson,
    parts=[
        Part(
            "short lists",
            1,
            [
                (np.array([1.0, 2.0, 3.0]), np.array([6.0, 4.0, 3.0])),
                (np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0, 8.0])),
            ],
        ),
        Part(
            "any length, mean and scale",
            1,
            [
                ((a := rng.normal(50, 9, 101)), 1000 - 3 * a + rng.normal(0, 20, 101)),
                (rng.gamma(1, 100, 60), rng.gamma(1, 1e-3, 60)),
                (rng.normal(0, 1, 500), rng.normal(0, 1, 500)),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda a, b: ((a - a.mean()) * (b - b.mean())).mean(),
            "that is the covariance: divide it by both standard deviations",
        ),
        Wrong(
            lambda a, b: (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()),
            "that is the cosine similarity: subtract each mean first",
        ),
        Wrong(
            lambda a, b: np.cov(a, b)[0, 1] / (a.std() * b.std()),
            "np.cov divides by n - 1 but .std() by n: use the same in both",
        ),
        Wrong(
            lambda a, b: metrics.pearson(a, b) ** 2,
            "that is the square: the sign, which way the error goes, is lost",
        ),
        Wrong(
            lambda a, b: abs(metrics.pearson(a, b)),
            "keep the sign: a negative value says that rare ages have larger errors",
        ),
        Wrong(
            metrics.spearman,
            "that is Spearman's, the correlation of the ranks: use the values",
        ),
        Wrong(
            lambda a, b: ((a - a.mean()) * (b - b.mean())).mean() / (a.var() * b.var()),
            "divide by the standard deviations, not by the variances",
        ),
    ],
)
