"""Exercise 5.6: which epoch to keep."""

import math
from itertools import pairwise

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from course.checks.slips import Slip

nan = math.nan


def _best_epoch(history, score):
    known = [row for row in history if not math.isnan(row[score])]
    if not known:
        raise ValueError(f"every {score} is NaN")
    best = min(known, key=lambda row: row[score])
    return best["epoch"]


def _argmin(history, score, sign=1):
    """The row that np.argmin finds; that of np.argmax with the sign -1."""
    return history[np.argmin([sign * row[score] for row in history])]


def _before_the_first_rise(history, score):
    rises = (row for row, later in pairwise(history) if later[score] >= row[score])
    return next(rises, history[-1])["epoch"]


def _last_improvement(history, score):
    falls = [later for row, later in pairwise(history) if later[score] < row[score]]
    return [history[0], *falls][-1]["epoch"]


class History(list):
    """The rows of a training, shown by the score that matters."""

    def __repr__(self):
        if not self:
            return "[]"
        texts = (
            f"{name} " + ", ".join(f"{row[name]:g}" for row in self)
            for name in self[0]
            if name not in ("epoch", "loss")
        )
        first, last = self[0]["epoch"], self[-1]["epoch"]
        return f"epochs {first} to {last}, {'; '.join(texts)}"


def _history(score, values, first=1):
    """Rows whose training loss falls, whatever the score does."""
    rows = ({"epoch": i, "loss": 6 / i, score: v} for i, v in enumerate(values, first))
    return History(rows), score


_worked = History({"epoch": i, "val_few": v} for i, v in ((1, 9.0), (2, 7.0), (3, 7.0)))
# NaN stays in, and the search has to do with it.
WITH_NAN = (" if not math.isnan(row[score])", "")
LOWEST = "min(known, key=lambda row: row[score])"
ARGMIN = (LOWEST, "_argmin(history, score)")
RESULT, REFUSAL = 'best["epoch"]', 'raise ValueError(f"every {score} is NaN")'

# Two mistakes in one: another result, of a search that NaN leads astray.
SEARCHES = {
    "np.argmin and np.min take a NaN for the lowest": [WITH_NAN, ARGMIN],
    "min() keeps a NaN that comes first": [WITH_NAN],
}
RESULTS = {
    "this is the position in the list": "history.index(best)",
    "this is the position in the list plus 1": "history.index(best) + 1",
    "this is the score": "best[score]",
    "this is the whole row": "best",
}
# fmt: off
PARTS = [
    Part("the lowest score", 1, [
        _history("val_few", [9.5, 8.5, 9.0, 7.5, 8.0]),
        _history("val_mae", [8.0, 6.5, 7.0, 7.5], first=6),
        _history("log_gm", [-0.5, 0.25, -1.5, -1.0, 0.5], first=3),
        # The best row is the first; the last, of scores above any guess.
        _history("val_few", [21.5, 21.75, 24.0], first=2),
        _history("val_mse", [1204.5, 1250.0, 1204.25]),
    ]),
    Part("equals and NaN", 1, [
        (_worked, "val_few"),
        _history("val_few", [8.0, 7.5, 8.0, 7.5, 7.5, 9.0], first=4),
        _history("val_few", [nan, nan, 9.0, 8.0, 8.5]),
        _history("val_mae", [9.0, nan, 7.0, 8.0, nan], first=2),
        _history("val_few", [nan, nan, nan]),
    ]),
]
WRONG = [
    Slip((RESULT, "history.index(best)"),
         "this is the position in the list, counted from 0: return the row's epoch"),
    Slip((RESULT, "history.index(best) + 1"), "position + 1 is the epoch only if the "
         "history starts at epoch 1: return the row's epoch"),
    Slip(("min(known", "max(known"),
         "this is the highest score: an error is better when it is lower"),
    Slip(WITH_NAN, ("min(known", "max(known"),
         "max() finds the highest score: an error is better when it is lower"),
    Slip(("min(known", "min(known[::-1]"),
         "of equal scores you keep the last: a later one must be lower to win"),
    Slip(WITH_NAN, ARGMIN, "a NaN is taken for the lowest score, as np.argmin does: "
         "leave these rows out"),
    Slip(WITH_NAN, "a NaN in the first row stays the best, since no comparison with "
         "NaN is true: leave the rows with NaN out"),
    Slip(ARGMIN, "a NaN wins as the lowest score, as it does in np.argmin: leave NaN "
         "out, or take np.nanargmin"),
    Slip(("min(known", "min(history"),
         "min() keeps a NaN that comes first: leave the rows with NaN out before"),
    Slip(ARGMIN, (RESULT, "history.index(best)"),
         "np.argmin gives a position, and takes a NaN for the lowest: use "
         "np.nanargmin, and return the epoch of the row at its position"),
    Slip(WITH_NAN, (LOWEST, "_argmin(history, score, -1)"),
         "np.argmax finds the highest score: an error is better when it is lower"),
    *(Slip(*changes, (RESULT, result),
           f"{cause}: return the row's epoch; and {astray}: leave NaN out")
      for astray, changes in SEARCHES.items() for cause, result in RESULTS.items()),
    Slip(("known =", 'score = "loss"\n    known ='),
         'you always look at "loss": the name of the score is an argument'),
    Slip(("known =", 'score = "val_few"\n    known ='),
         'you always look at "val_few": the name of the score is an argument'),
    Slip(("known =", 'score = "score"\n    known ='), 'row["score"] looks for a score '
         'of that name: write row[score], without quotes'),
    Wrong(lambda history, score: history[-1]["epoch"],
          "this is the last epoch: look for the one with the lowest score"),
    Wrong(lambda history, score: history[0]["epoch"],
          "this is the first epoch: look for the one with the lowest score"),
    Slip((REFUSAL, "return math.nan"), (RESULT, "best[score]"),
         "this is the score, as np.nanmin gives it: return the epoch that has it"),
    Slip((RESULT, "best[score]"), "this is the score: return the epoch that has it"),
    Slip((RESULT, "best"), "this is the whole row: return its epoch"),
    Slip(WITH_NAN, ("min(known", 'min([{"epoch": None, score: 0}, *history]'),
         "a search that starts at 0 finds no error below it: start at the first score, "
         "or at infinity"),
    Slip((RESULT, 'history[known.index(best)]["epoch"]'), "without the rows that hold "
         "NaN the positions move: keep each score beside its epoch"),
    Slip((RESULT, "known.index(best)"), "this is a position in the list without NaN: "
         "keep each score beside its epoch, and return that"),
    Slip((RESULT, "known.index(best) + 1"),
         "position + 1 is not the epoch, and without NaN the positions move: keep each "
         "score beside its epoch, and return that"),
    Slip(WITH_NAN, ("row: row[score]", "row: min(math.inf, row[score])"),
         "a history in which every score is NaN gets an answer: NaN is not a large "
         "score, so refuse it with a ValueError"),
    Slip((REFUSAL, "return None"),
         "a history in which every score is NaN gives None: raise a ValueError"),
    Slip(("ValueError", "RuntimeError"),
         "the error is of another kind: raise a ValueError"),
    Wrong(_before_the_first_rise,
          "you stop where the score rises for the first time: it may fall again"),
    Wrong(_last_improvement, "you compare each epoch with the one before: compare it "
          "with the best so far"),
]
best_epoch = Exercise("5.6", "best_epoch", _best_epoch, PARTS, WRONG)
