"""Exercise 1.4: how much larger the error of some ages became, seed by seed."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.slips import Slip

rng = np.random.default_rng(16)


def _extra_error(y, before, after, ages):
    here = np.isin(y, ages)
    was = np.abs(before - y)[:, here].mean(1)
    now = np.abs(after - y)[:, here].mean(1)
    return now - was


def _case(n_seeds, ages, moved):
    """Labels of 20 to 59, some more often than others, and two rows of guesses."""
    y = rng.choice(np.arange(20, 60), 150, p=np.arange(1, 41) / 820).astype(float)
    before = y + rng.normal(-4, 6, (n_seeds, len(y)))
    return y, before, before + rng.normal(moved, 3, before.shape), ages


_was, _now = "np.abs(before - y)[:, here].mean(1)", "np.abs(after - y)[:, here].mean(1)"


def _both(old, new):
    """A change in the line of `was` and in that of `now`."""
    return tuple((line, line.replace(old, new)) for line in (_was, _now))


_y = np.array([30.0, 80.0, 80.0])
# fmt: off
PARTS = [
    Part("one age", 1, [
        (_y, np.array([[32.0, 70.0, 84.0]]), np.array([[40.0, 60.0, 82.0]]), [80]),
        (_y, np.array([[32.0, 70.0, 84.0], [31.0, 71.0, 85.0]]),
         np.array([[40.0, 60.0, 82.0], [30.0, 78.0, 81.0]]), [80]),
        _case(5, [55], -2),
    ]),
    Part("several ages", 1, [
        (np.array([40.0, 50.0, 50.0, 60.0]), np.array([[41.0, 54.0, 52.0, 53.0]]),
         np.array([[45.0, 51.0, 44.0, 50.0]]), [40, 60]),
        _case(3, [50, 51, 57, 58], -3),
        _case(4, [42], 2),
        _case(2, list(range(45, 56)), 1),
    ]),
]
WRONG = [
    Slip(("now - was", "was - now"), "the sign is the wrong way round: a larger error "
         "afterwards must give a positive number"),
    Slip(*_both("mean(1)", "mean()"), "one number comes out for all seeds: return "
         "a difference for each, so average over the samples alone, with mean(axis=1)"),
    Slip(*_both("mean(1)", "mean(0)"), "mean(0) averages over the seeds: average over "
         "the samples of each seed, with mean(axis=1)"),
    Slip(("np.isin(y, ages)", "y > -1"),
         "you average over all samples: take those whose label is in `ages`"),
    Slip(("np.isin(y, ages)", "~np.isin(y, ages)"),
         "those are all the other samples: take those whose label is in `ages`"),
    Slip(*_both("np.abs", ""),
         "that is which way the guesses moved: guesses too high and too low cancel, so "
         "take the absolute value of each error"),
    Slip((_was, "np.abs((before - y)[:, here].mean(1))"),
         (_now, "np.abs((after - y)[:, here].mean(1))"),
         "the absolute value comes too late: take it of each error, then the mean"),
    Slip(("now - was", "np.abs(after - before)[:, here].mean(1)"), "that is how far "
         "the guesses moved: a guess can move and be no worse, so compare the errors"),
    Slip(("now - was", "np.abs(now - was)"),
         "keep the sign: an age can also gain, and then the number is negative"),
    Slip(("now - was", "now"),
         "that is the error afterwards: subtract the error before"),
    Slip(("now - was", "was"), "that is the error before: you return it alone"),
    Slip(("now - was", "now / was"),
         "that is a ratio: the card asks for years, so subtract"),
    Slip(("now - was", "(now - was) / was"),
         "that is a share: the card asks for years, so don't divide"),
    Slip(("now - was", "100 * (now - was) / was"),
         "those are percent: the card asks for years, so don't divide"),
    Slip((_was, "((before - y) ** 2)[:, here].mean(1)"),
         (_now, "((after - y) ** 2)[:, here].mean(1)"),
         "those are squared errors: take absolute values"),
    Slip((_was, "np.median(np.abs(before - y)[:, here], axis=1)"),
         (_now, "np.median(np.abs(after - y)[:, here], axis=1)"),
         "that is the median of the errors: take their mean"),
    Slip(*_both("mean(1)", "sum(1)"),
         "that is the sum of the errors: divide by the number of these samples"),
    Slip(*_both("[:, here].mean(1)", "[:, here].sum(1) / len(y)"),
         "you divide by all samples: divide by the number of those in `ages`"),
    Slip(("np.isin(y, ages)", "y == ages[0]"),
         "you look at the first age alone: np.isin(y, ages) finds all of them"),
    Slip(("np.isin(y, ages)", "y == ages"), "y == ages compares two lists position by "
         "position: np.isin(y, ages) asks whether each label is in the list"),
    Slip(("np.isin(y, ages)", "(y >= min(ages)) & (y <= max(ages))"), "you take all "
         "labels between the smallest and the largest age: take those in the list"),
    Slip(("np.isin(y, ages)", "(y >= min(ages)) & (y < max(ages))"), "the largest age "
         "is left out, and what lies between counts: use np.isin(y, ages)"),
    Slip(("np.isin(y, ages)", "list(ages)"), "you use the ages as positions: find the "
         "samples whose label y is in `ages`"),
    Slip(*_both("mean(1)", "mean(1, keepdims=True)"),
         "your result has a column too many: one number per seed has shape [S]"),
    Slip(("now - was", "(now - was)[0]"),
         "you return the first seed alone: return one difference per seed"),
    Wrong(lambda y, before, after, ages: np.mean(
        [_extra_error(y, before, after, [a]) for a in ages if (y == a).any()], axis=0),
        "you average the means of the ages: each sample counts alike, so take one mean "
        "over all of them"),
]
extra_error = Exercise("1.4", "extra_error", _extra_error, PARTS, WRONG)
