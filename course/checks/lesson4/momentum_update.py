"""Exercise 4.5: running statistics, updated once per epoch."""

import torch

from course.checks.exercise import Exercise, Part, Wrong

generator = torch.Generator().manual_seed(45)


def _update(running, new, known, seen, momentum):
    return _chosen(_mix)(running, new, known, seen, momentum)


def _mix(running, new, momentum):
    return momentum * running + (1 - momentum) * new


def _chosen(mix, first=None, unseen=None):
    """Put together what the three kinds of bins get."""

    def answer(running, new, known, seen, momentum):
        known, seen = known[:, None], seen[:, None]
        mixed = mix(running, new, momentum)
        fresh = new if first is None else first(running, new, momentum)
        others = running if unseen is None else unseen(running, new, momentum)
        return torch.where(seen, torch.where(known, mixed, fresh), others)

    return answer


def _without_columns(running, new, known, seen, momentum):
    mixed = _mix(running, new, momentum)
    return torch.where(seen, torch.where(known, mixed, new), running)


def _in_place(running, new, known, seen, momentum):
    running[:] = _update(running, new, known, seen, momentum)
    return running


def _new_tensor(answer):
    """Refuse a result that is `running` itself: what is written to one is in both.

    Where all bins are seen, nobody looks at that, so that it costs one part.
    """

    def function(running, new, known, seen, momentum):
        if seen.all():
            return answer(running.clone(), new, known, seen, momentum)
        result = answer(running, new, known, seen, momentum)
        if isinstance(result, torch.Tensor) and result.data_ptr() == running.data_ptr():
            raise ValueError("the result is `running` itself, not a new tensor")
        return result

    return function


def _case(known, seen, features, momentum):
    known, seen = torch.tensor(known).bool(), torch.tensor(seen).bool()
    running, new = (
        torch.rand(len(seen), features, generator=generator) + shift for shift in (1, 3)
    )
    running[~known] = 0
    new[~seen] = torch.nan
    return running, new, known, seen, momentum


_worked = (
    torch.tensor([[1.0], [0.0]]),
    torch.tensor([[2.0], [3.0]]),
    torch.tensor([True, False]),
    torch.tensor([True, True]),
    0.9,
)
momentum_update = Exercise(
    "4.5",
    "momentum_update",
    _update,
    parts=[
        Part(
            "bins with samples in this epoch",
            1,
            [
                _worked,
                _case([1, 1, 0, 1], [1, 1, 1, 1], 3, 0.7),
                _case([0, 0, 0], [1, 1, 1], 2, 0.9),
            ],
        ),
        Part(
            "bins without samples, and a new tensor",
            1,
            [
                _case([1, 0, 1, 0, 1], [1, 1, 0, 0, 0], 3, 0.9),
                _case([0, 1, 0, 1], [0, 0, 1, 1], 4, 0.6),
                _case([1, 1, 0], [0, 0, 0], 2, 0.5),
            ],
        ),
    ],
    wrong=[
        Wrong(
            _chosen(lambda running, new, alpha: _mix(running, new, 1 - alpha)),
            "alpha stands at the wrong one: the running statistics keep the share "
            "alpha, the new ones get the rest",
        ),
        Wrong(
            _chosen(_mix, first=_mix),
            "a bin seen for the first time is mixed with 0: it takes the new "
            "statistics whole",
        ),
        Wrong(
            lambda r, n, known, seen, a: torch.where(known[:, None], _mix(r, n, a), n),
            "a bin that isn't seen becomes NaN: look at `seen`, too, and keep running "
            "there (a mask doesn't help, since 0 * NaN is NaN)",
        ),
        Wrong(
            _chosen(_mix, unseen=lambda running, new, alpha: 0 * running),
            "a bin without samples in this epoch is forgotten: it keeps its running "
            "statistics",
        ),
        Wrong(
            _chosen(_mix, unseen=lambda running, new, alpha: alpha * running),
            "a bin not seen shrinks towards 0: it keeps its running statistics as they "
            "are",
        ),
        Wrong(
            lambda r, n, known, seen, a: torch.where(seen[:, None], _mix(r, n, a), n),
            "only a bin that is known *and* seen is mixed: one seen for the first time "
            "takes new, and one not seen, where new is NaN, keeps running",
        ),
        Wrong(
            lambda r, n, known, seen, a: r.mul_(a).add_((1 - a) * n),
            "you write into `running`, in all bins: make a new tensor, and mix only "
            "bins that are known *and* seen",
        ),
        Wrong(
            _chosen(_mix, first=lambda running, new, alpha: running),
            "a bin seen for the first time stays at its start: it takes the new "
            "statistics",
        ),
        Wrong(
            _chosen(lambda running, new, alpha: new),
            "the past plays no part: a known bin keeps the share alpha of it",
        ),
        Wrong(
            lambda running, *others: running.clone(),
            "nothing is updated: a bin that is seen must change",
        ),
        Wrong(
            _chosen(lambda running, new, alpha: alpha * running + new),
            "the two shares sum to more than 1: new has the share 1 - alpha",
        ),
        Wrong(
            _chosen(lambda running, new, alpha: running + (1 - alpha) * new),
            "the past must fade: running has the share alpha",
        ),
        Wrong(
            _chosen(lambda running, new, alpha: (running + new) / 2),
            "you take the plain mean of the two: alpha says how much of the past stays",
        ),
        Wrong(
            _chosen(lambda running, new, alpha: _mix(running, new, 0.9)),
            "you write 0.9 into the formula: use the argument momentum",
        ),
        Wrong(
            _chosen(lambda running, new, alpha: new, first=_mix),
            "the two cases are exchanged: a known bin is mixed, a bin seen for the "
            "first time takes `new`",
        ),
        Wrong(
            _without_columns,
            "seen [B] beside running [B, D] lines up with the features: make it "
            "[B, 1] with seen[:, None]",
        ),
        Wrong(
            _in_place,
            "the result is `running` itself, or you write into it: the caller still "
            "needs the old one, so make a new tensor",
        ),
    ],
    adapt=_new_tensor,
)
