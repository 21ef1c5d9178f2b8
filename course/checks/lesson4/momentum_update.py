"""Exercise 4.3: running statistics, updated once per epoch."""

import torch

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

generator = torch.Generator().manual_seed(45)


def _update(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    updated = torch.where(known[:, None], mixed, new)
    return torch.where(seen[:, None], updated, running)


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


_mix = "momentum * running + (1 - momentum) * new"
_result = "torch.where(seen[:, None], updated, running)"
# fmt: off
PARTS = [
    Part("bins with samples in this epoch", 1, [
        (torch.tensor([[1.0], [0.0]]), torch.tensor([[2.0], [3.0]]),
         torch.tensor([True, False]), torch.tensor([True, True]), 0.9),
        _case([1, 1, 0, 1], [1, 1, 1, 1], 3, 0.7),
        _case([0, 0, 0], [1, 1, 1], 2, 0.9),
    ]),
    Part("bins without samples, and a new tensor", 1, [
        _case([1, 0, 1, 0, 1], [1, 1, 0, 0, 0], 3, 0.9),
        _case([0, 1, 0, 1], [0, 0, 1, 1], 4, 0.6),
        _case([1, 1, 0], [0, 0, 0], 2, 0.5),
    ]),
]
WRONG = [
    Slip((_mix, "(1 - momentum) * running + momentum * new"), "alpha stands at the "
         "wrong one: the running statistics keep the share alpha, the new ones get "
         "the rest"),
    Slip(("mixed, new)", "mixed, mixed)"), "a bin seen for the first time is mixed "
         "with 0: it takes the new statistics whole"),
    Slip((_result, "updated"), "a bin that isn't seen becomes NaN: look at `seen`, "
         "too, and keep running there (a mask doesn't help, since 0 * NaN is NaN)"),
    Slip(("updated, running", "updated, 0 * running"), "a bin without samples in "
         "this epoch is forgotten: it keeps its running statistics"),
    Slip(("updated, running", "updated, momentum * running"), "a bin not seen "
         "shrinks towards 0: it keeps its running statistics as they are"),
    Slip(("updated, running", "mixed, new"), "only a bin that is known *and* seen "
         "is mixed: one seen for the first time takes new, and one not seen, where "
         "new is NaN, keeps running"),
    Slip((_result, "running.mul_(momentum).add_((1 - momentum) * new)"), "you "
         "write into `running`, in all bins: make a new tensor, and mix only bins "
         "that are known *and* seen"),
    Slip(("mixed, new)", "mixed, running)"), "a bin seen for the first time stays "
         "at its start: it takes the new statistics"),
    Slip((_mix, "new"),
         "the past plays no part: a known bin keeps the share alpha of it"),
    Slip((_result, "running.clone()"),
         "nothing is updated: a bin that is seen must change"),
    Slip(("(1 - momentum) * new", "new"),
         "the two shares sum to more than 1: new has the share 1 - alpha"),
    Slip(("momentum * running", "running"),
         "the past must fade: running has the share alpha"),
    Slip((_mix, "(running + new) / 2"), "you take the plain mean of the two: alpha "
         "says how much of the past stays"),
    Slip((_mix, "0.9 * running + 0.1 * new"),
         "you write 0.9 into the formula: use the argument momentum"),
    Slip(("mixed, new)", "new, mixed)"), "the two cases are exchanged: a known bin "
         "is mixed, a bin seen for the first time takes `new`"),
    Slip(("known[:, None]", "known"), ("seen[:, None]", "seen"), "seen [B] beside "
         "running [B, D] lines up with the features: make it [B, 1] with "
         "seen[:, None]"),
    Slip(("return ", "running[:] = "), ("updated, running)",
         "updated, running)\n    return running"), "the result is `running` "
         "itself, or you write into it: the caller still needs the old one, so "
         "make a new tensor"),
]
momentum_update = Exercise(
    "4.3", "momentum_update", _update, PARTS, WRONG, adapt=_new_tensor
)
