"""Exercise 5.3: which epoch to keep."""

import math

from dirlib.course.exercise import Exercise, Part, Wrong

nan = math.nan


class History(list):
    """The rows of a training, shown by the score that matters."""

    def __repr__(self):
        if not self:
            return "[]"
        first, last = self[0], self[-1]
        texts = (
            f"{name} " + ", ".join(f"{row[name]:g}" for row in self)
            for name in first
            if name not in ("epoch", "loss")
        )
        return f"epochs {first['epoch']} to {last['epoch']}, {'; '.join(texts)}"


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


def _argmin(history, score):
    """What np.argmin does: a NaN is the lowest."""
    scores = _scores(history, score)
    unknown = [i for i, value in enumerate(scores) if math.isnan(value)]
    return history[unknown[0] if unknown else scores.index(min(scores))]["epoch"]


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


def _position_among_known(history, score):
    known = _known(history, score)
    return history[known.index(min(known))]["epoch"]


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


def _history(score, values, first=1):
    """Rows whose training loss falls, whatever the score does."""
    return (
        History(
            {"epoch": first + i, "loss": 6.0 / (i + 1), score: value}
            for i, value in enumerate(values)
        ),
        score,
    )


_worked = (
    History([{"epoch": i + 1, "val_few": v} for i, v in enumerate([9.0, 7.0, 7.0])]),
    "val_few",
)

best_epoch = Exercise(
    "5.3",
    "best_epoch",
    _best,
    parts=[
        Part(
            "the lowest score",
            1,
            [
                _history("val_few", [9.5, 8.5, 9.0, 7.5, 8.0]),
                _history("val_mae", [8.0, 6.5, 7.0, 7.5], first=6),
                _history("log_gm", [-0.5, 0.25, -1.5, -1.0, 0.5], first=3),
                # The best row is the first; the last, of scores above any guess.
                _history("val_few", [21.5, 21.75, 24.0], first=2),
                _history("val_mse", [1204.5, 1250.0, 1204.25]),
            ],
        ),
        Part(
            "equals and NaN",
            1,
            [
                _worked,
                _history("val_few", [8.0, 7.5, 8.0, 7.5, 7.5, 9.0], first=4),
                _history("val_few", [nan, nan, 9.0, 8.0, 8.5]),
                _history("val_mae", [9.0, nan, 7.0, 8.0, nan], first=2),
                _history("val_few", [nan, nan, nan]),
            ],
        ),
    ],
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
            _argmin,
            "a NaN is taken for the lowest score, as np.argmin does: leave these rows "
            "out",
        ),
        Wrong(
            lambda history, score: min(history, key=lambda row: row[score])["epoch"],
            "a NaN in the first row stays the best, since no comparison with NaN is "
            "true: leave the rows with NaN out",
        ),
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
            _position_among_known,
            "without the rows that hold NaN the positions move: keep each score "
            "beside its epoch",
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
