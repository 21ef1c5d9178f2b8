"""Exercise 5.3: which epoch to keep."""

import math

from course.checks.exercise import Exercise, Wrong
from course.checks.lesson5.histories import PARTS

nan = math.nan


def _best(history, score):
    known = [row for row in history if not math.isnan(row[score])]
    if not known:
        raise ValueError(f"every {score} is NaN")
    return min(known, key=lambda row: row[score])["epoch"]


def _where_all_is_nan(instead):
    """Right but for a history in which every score is NaN."""

    def answer(history, score):
        if all(math.isnan(row[score]) for row in history):
            return instead(history)
        return _best(history, score)

    return answer


def _wrong_kind_of_error(history):
    raise RuntimeError("every score is NaN")


def _position(history, score):
    return [row["epoch"] for row in history].index(_best(history, score))


def _scores(history, score):
    return [row[score] for row in history]


def _nan_is_lowest(scores):
    """The position that np.argmin gives."""
    unknown = [i for i, value in enumerate(scores) if math.isnan(value)]
    return unknown[0] if unknown else scores.index(min(scores))


def _nan_at_first_stays(scores):
    """The position of what min() gives: nothing is below a NaN."""
    return min(range(len(scores)), key=scores.__getitem__)


def _at(find, result=lambda row, i, score: row["epoch"]):
    """Find a position in the scores, and return something of it."""

    def answer(history, score):
        i = find(_scores(history, score))
        return result(history[i], i, score)

    return answer


def _refused(answer):
    """The same answer, which refuses a history in which every score is NaN."""
    return lambda *args: _best(*args) and answer(*args)


def _at_with_nan():
    """Two mistakes in one: another result, of a search that NaN leads astray."""
    for find, astray in (
        (_nan_is_lowest, "np.argmin and np.min take a NaN for the lowest"),
        (_nan_at_first_stays, "min() keeps a NaN that comes first"),
    ):
        for result, cause in (
            (lambda row, i, score: i, "this is the position in the list"),
            (lambda row, i, score: i + 1, "this is the position in the list plus 1"),
            (lambda row, i, score: row[score], "this is the score"),
            (lambda row, i, score: row, "this is the whole row"),
        ):
            cure = f"{cause}: return the row's epoch; and {astray}: leave NaN out"
            yield Wrong(_at(find, result), cure)


def _last_of_equals(history, score):
    lowest = min(_known(history, score))
    return next(row["epoch"] for row in history[::-1] if row[score] == lowest)


def _known(history, score):
    return [value for value in _scores(history, score) if not math.isnan(value)]


def _from_zero(history, score):
    best, lowest = None, 0
    for row in history:
        if row[score] < lowest:
            best, lowest = row["epoch"], row[score]
    return best


def _place_among_known(history, score):
    known = _known(history, score)
    return known.index(min(known))


def _row_among_known(history, score):
    return history[_place_among_known(history, score)]["epoch"]


def _nan_as_infinity(history, score):
    filled = ({**row, score: min(math.inf, row[score])} for row in history)
    return _best(list(filled), score)


def _first_rise(history, score):
    best = history[0]
    for row in history[1:]:
        if row[score] >= best[score]:
            break
        best = row
    return best["epoch"]


def _last_improvement(history, score):
    best = history[0]
    for before, row in zip(history, history[1:], strict=False):
        if row[score] < before[score]:
            best = row
    return best["epoch"]


def _of(name):
    """One score, whatever is asked for."""
    return lambda history, score: _best(history, name)


best_epoch = Exercise(
    "5.3",
    "best_epoch",
    _best,
    parts=PARTS,
    wrong=[
        Wrong(
            _position,
            "this is the position in the list, counted from 0: return the row's epoch",
        ),
        Wrong(
            lambda *args: _position(*args) + 1,
            "position + 1 is the epoch only if the history starts at epoch 1: return "
            "the row's epoch",
        ),
        Wrong(
            lambda history, score: _best(
                [row | {score: -row[score]} for row in history], score
            ),
            "this is the highest score: an error is better when it is lower",
        ),
        Wrong(
            lambda history, score: max(history, key=lambda row: row[score])["epoch"],
            "max() finds the highest score: an error is better when it is lower",
        ),
        Wrong(
            _last_of_equals,
            "of equal scores you keep the last: a later one must be lower to win",
        ),
        Wrong(
            _at(_nan_is_lowest),
            "a NaN is taken for the lowest score, as np.argmin does: leave these rows "
            "out",
        ),
        Wrong(
            _at(_nan_at_first_stays),
            "a NaN in the first row stays the best, since no comparison with NaN is "
            "true: leave the rows with NaN out",
        ),
        Wrong(
            _refused(_at(_nan_is_lowest)),
            "a NaN wins as the lowest score, as it does in np.argmin: leave NaN "
            "out, or take np.nanargmin",
        ),
        Wrong(
            _refused(_at(_nan_at_first_stays)),
            "min() keeps a NaN that comes first: leave the rows with NaN out before",
        ),
        Wrong(
            _refused(_at(_nan_is_lowest, lambda row, i, score: i)),
            "np.argmin gives a position, and takes a NaN for the lowest: use "
            "np.nanargmin, and return the epoch of the row at its position",
        ),
        Wrong(
            _at(lambda scores: _nan_is_lowest([-value for value in scores])),
            "np.argmax finds the highest score: an error is better when it is lower",
        ),
        *_at_with_nan(),
        Wrong(
            _of("loss"),
            'you always look at "loss": the name of the score is an argument',
        ),
        Wrong(
            _of("val_few"),
            'you always look at "val_few": the name of the score is an argument',
        ),
        Wrong(
            _of("score"),
            'row["score"] looks for a score of that name: write row[score], without '
            "quotes",
        ),
        Wrong(
            lambda history, score: history[-1]["epoch"],
            "this is the last epoch: look for the one with the lowest score",
        ),
        Wrong(
            lambda history, score: history[0]["epoch"],
            "this is the first epoch: look for the one with the lowest score",
        ),
        Wrong(
            lambda *args: min(_known(*args), default=nan),
            "this is the score, as np.nanmin gives it: return the epoch that has it",
        ),
        Wrong(
            lambda *args: min(_known(*args)),
            "this is the score: return the epoch that has it",
        ),
        Wrong(
            lambda history, score: next(
                row for row in history if row["epoch"] == _best(history, score)
            ),
            "this is the whole row: return its epoch",
        ),
        Wrong(
            _from_zero,
            "a search that starts at 0 finds no error below it: start at the first "
            "score, or at infinity",
        ),
        Wrong(
            _row_among_known,
            "without the rows that hold NaN the positions move: keep each score "
            "beside its epoch",
        ),
        Wrong(
            _place_among_known,
            "this is a position in the list without NaN: keep each score beside its "
            "epoch, and return that",
        ),
        Wrong(
            lambda *args: _place_among_known(*args) + 1,
            "position + 1 is not the epoch, and without NaN the positions move: keep "
            "each score beside its epoch, and return that",
        ),
        Wrong(
            _nan_as_infinity,
            "a history in which every score is NaN gets an answer: NaN is not a large "
            "score, so refuse it with a ValueError",
        ),
        Wrong(
            _where_all_is_nan(lambda history: None),
            "a history in which every score is NaN gives None: raise a ValueError",
        ),
        Wrong(
            _where_all_is_nan(_wrong_kind_of_error),
            "the error is of another kind: raise a ValueError",
        ),
        Wrong(
            _first_rise,
            "you stop where the score rises for the first time: it may fall again",
        ),
        Wrong(
            _last_improvement,
            "you compare each epoch with the one before: compare it with the best so "
            "far",
        ),
    ],
)
