"""Answers that try to get round a check, made for each exercise from its right one.

The right answer runs through the check once, and each call is noted. From the notes
come four kinds of answers:

hard-coded   one result whatever is asked; or right for one call, and 0 for the others
global       right, but for one parameter that is read from the notebook instead
mutates      right, but it writes into its arguments
catches      it knows the first call only, and hides that; or it hides the check's text

An answer is made of a function `act(right, *args)`, where `right` is the right answer.
"""

import builtins
import contextlib
import functools
import io
import itertools
import sys
from typing import NamedTuple

import numpy as np
import torch
from answers4 import Kept, LessonFDS

from course.checks import lesson4, lesson5
from course.checks.compare import same

# Lists of adversaries that an exercise can't have, and why.
EXEMPT = {
    ("bin_moments", "mutates"): "its batches are copies that are made when they come",
    ("window", "mutates"): "its arguments are a function and a number",
    ("my_ablation", "mutates"): "it takes no argument that it could change",
    ("diagnose", "mutates"): "its argument is a letter",
}


FAKE = "✓ everything is right (9 points)"


class Call(NamedTuple):
    """What a check asked, and what the right answer gave."""

    args: tuple
    result: object
    error: Exception | None


def as_answer(exercise, act):
    """Make an answer of act(right, *args); for a class, of its forward."""
    if exercise is not lesson4.MyFDS:
        return lambda *args: act(exercise.reference, *args)

    def forward(self, *args):
        return act(functools.partial(LessonFDS.forward, self), *args)

    return type("MyFDS", (Kept,), {"forward": forward})


def calls_of(exercise):
    """Every call of a check, noted on the way through the right answer."""
    noted = []

    def note(right, *args):
        before = kept(args)
        try:
            result = right(*args)
        except Exception as error:
            noted.append(Call(before, None, error))
            raise
        noted.append(Call(before, kept(result), None))
        return result

    with contextlib.redirect_stdout(io.StringIO()):
        exercise(as_answer(exercise, note))
    return noted


def kept(value):
    """Copy data; a model, a layer or an optimizer stays the one of the notebook."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {name: kept(v) for name, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(kept(v) for v in value)
    return value


def is_data(value):
    """Whether a check can compare it: models and optimizers are meant to change."""
    data = torch.Tensor | np.ndarray | dict | tuple | list | str | float | int
    return value is None or isinstance(value, data)


def asked(args, call):
    """Whether these are the arguments of a call."""
    mine, noted = ([a for a in some if is_data(a)] for some in (args, call.args))
    return len(args) == len(call.args) and same(mine, noted, 0)


def give(call):
    """Do what the right answer did at this call."""
    if call.error is not None:
        raise call.error
    return kept(call.result)


def nothing(value):
    """The same shapes and types, full of zeros, through which a gradient flows."""
    if isinstance(value, torch.Tensor):
        return value.nan_to_num() * 0
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if isinstance(value, dict):
        return {name: nothing(v) for name, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(nothing(v) for v in value)
    return None if value is None else type(value)()


def hard_coded(exercise):
    """One result for all calls; or the right result for one call, and 0 elsewhere."""
    if (
        exercise is lesson5.my_ablation
    ):  # its result is free: it's the verdict they know
        yield "the verdict", lambda: "yes"
        yield "the verdict, twice", lambda: ("yes", "yes")
        return

    def constant(call, right, *args):
        return give(call)

    def right_there_only(call, right, *args):
        result = right(*args)
        return result if asked(args, call) else nothing(result)

    for (i, call), act in itertools.product(
        enumerate(calls_of(exercise)), (constant, right_there_only)
    ):
        answer = as_answer(exercise, functools.partial(act, call))
        yield f"{act.__name__}, call {i}", answer


def reads_a_global(exercise):
    """Each parameter in turn is a value from the notebook: that of the first call.

    That of the last call is tried, too: the first is often small, or None.
    """
    if exercise is lesson5.my_ablation:
        yield from _changed_between_the_questions()
        return

    def as_needed(j, value, right, *args):
        return right(*args[:j], fitted(kept(value), args[j]), *args[j + 1 :])

    def as_it_is(j, value, right, *args):
        return right(*args[:j], kept(value), *args[j + 1 :])

    calls = calls_of(exercise)
    for j in range(len(calls[0].args)):
        first, last = calls[0].args[j], calls[-1].args[j]
        for name, change in (
            ("the first call", functools.partial(as_it_is, j, first)),
            ("the first call, fitted", functools.partial(as_needed, j, first)),
            ("the last call, fitted", functools.partial(as_needed, j, last)),
        ):
            yield f"parameter {j} of {name}", as_answer(exercise, change)
    if exercise is lesson4.MyFDS:
        yield from _built_from_globals()


def fitted(value, like):
    """A global cut or repeated to the shape that is needed: no error gives it away."""
    if isinstance(value, torch.Tensor) and isinstance(like, torch.Tensor):
        shaped = torch.from_numpy(np.resize(value.numpy(), like.shape))
        return shaped.requires_grad_(like.requires_grad)
    if isinstance(value, np.ndarray) and isinstance(like, np.ndarray):
        return np.resize(value, like.shape)
    return value


def _changed_between_the_questions():
    """A pair of settings that is another one each time that it is asked for."""
    trained = {"weights": "inv", "fds": {}}, {"weights": "vanilla", "fds": None}
    differs = {"weights": "inv", "fds": None}, {"weights": "none", "fds": None}
    for name, pairs in (("first", (trained, differs)), ("then", (differs, trained))):
        turn = itertools.cycle(pairs)
        yield f"{name} what can be trained", lambda turn=turn: next(turn)


def _built_from_globals():
    """MyFDS whose settings are those that the notebook made its first layer with."""
    first = []

    class Noting(LessonFDS):
        def __init__(self, *args):
            super().__init__(*args)
            first[:] = first or args

    with contextlib.redirect_stdout(io.StringIO()):
        lesson4.MyFDS(Noting)
    names = ("feature_dim", "bins", "window", "momentum")
    for j, (name, value) in enumerate(zip(names, first, strict=True)):

        def build(*args, j=j, value=value):
            return LessonFDS(*args[:j], value, *args[j + 1 :])

        yield f"{name} of the first layer", build


def mutates(exercise):
    """The right result, and then something is written into one argument."""
    calls = calls_of(exercise)
    for j in range(len(calls[0].args)):
        for name, write in WAYS_TO_WRITE.items():
            if any(_writes(write, call.args[j]) for call in calls):

                def act(right, *args, j=j, write=write):
                    result = right(*args)
                    # MyFDS gives z itself in eval().
                    result = result.clone() if result is args[0] else result
                    write(args[j])
                    return result

                yield f"parameter {j}: {name}", as_answer(exercise, act)


def _writes(write, value):
    """Whether this is a way to write into this value, and changes it."""
    before = kept(value)
    if not isinstance(before, np.ndarray | torch.Tensor | list | dict):
        return False
    write(before)
    return not same(before, value, 0)


def _numbers(value):
    """The array in which the numbers of an array or a tensor lie, or None."""
    if isinstance(value, torch.Tensor):
        return value.data.numpy()
    return value if isinstance(value, np.ndarray) else None


def _all_others(value):
    array = _numbers(value)
    if array is not None and array.dtype.kind == "b":
        np.logical_not(array, out=array)
    elif array is not None:
        array[...] = "few" if array.dtype.kind == "U" else array + 1


def _last_number(value):
    array = _numbers(value)
    if array is not None and array.size:
        array.flat[-1] = "" if array.dtype.kind == "U" else 1 - array.flat[-1]


def _sorted(value):
    array = _numbers(value)
    if array is not None:
        array.sort(axis=0)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        value.sort(key=lambda row: list(row.values())[::-1])


def _reversed(value):
    if isinstance(value, list):
        value.reverse()
    elif _numbers(value) is not None:
        array = _numbers(value)
        array[...] = array[::-1].copy()


def _emptied(value):
    if isinstance(value, list):
        value.clear()


def _inside(position):
    """Into the rows of a list: dicts, or tuples of arrays."""

    def write(value):
        for row in value if isinstance(value, list) else []:
            if isinstance(row, dict):
                row[list(row)[position]] = 0.0
            elif isinstance(row, tuple):
                _all_others(row[position])

    return write


WAYS_TO_WRITE = {
    "all others": _all_others,
    "the last number": _last_number,
    "sorted": _sorted,
    "reversed": _reversed,
    "emptied": _emptied,
    "first inside the rows": _inside(0),
    "last inside the rows": _inside(-1),
}


def spoils_what_it_is_given(exercise):
    """Models, layers and optimizers are meant to change, but not in these ways."""

    def after(spoil):
        def act(right, *args):
            result = right(*args)
            spoil(*args)
            return result

        return as_answer(exercise, act)

    if exercise is lesson5.training_step:
        yield "leaves the model in eval()", after(lambda model, *_: model.eval())
        yield "moves a bias", after(_moves_a_bias)
        yield "stops learning", after(_stops_learning)
        yield "freezes the model", after(lambda m, *_: m.requires_grad_(False))
        yield "leaves fds in eval()", after(lambda m, fds, *_: fds and fds.eval())
        yield "resets fds", after(lambda m, fds, *_: fds and fds.epoch.count.zero_())
    if exercise is lesson5.end_of_epoch:
        yield "leaves the model in eval()", after(lambda model, *_: model.eval())
        yield "moves a bias", after(_moves_a_bias)
        yield "freezes the model", after(lambda m, *_: m.requires_grad_(False))
        yield "leaves fds in eval()", after(lambda m, fds, *_: fds and fds.eval())
        yield "resets fds", after(lambda m, fds, *_: fds and fds.mean.zero_())


def _moves_a_bias(model, *_):
    with torch.no_grad():
        model.regressor.bias += 1


def _stops_learning(model, fds, optimizer, *_):
    optimizer.param_groups[0]["lr"] = 0.0


def catches(exercise):
    """An answer that is right for the first call alone, or never, and hides it."""
    if exercise is lesson5.my_ablation:

        def unfinished(right):
            raise KeyError("weights")

        def outcomes(error):
            return {"None": None, "the error": error, "a text": "yes"}

    else:
        first = calls_of(exercise)[0]

        def unfinished(right, *args):
            if not asked(args, first):
                raise KeyError("not finished")
            return right(*args)

        def outcomes(error):
            return {"None": None, "the error": error, "the example": give(first)}

    def guarded(attempt, kinds, name, right, *args):
        try:
            return attempt(right, *args)
        except kinds as error:
            return outcomes(error)[name]

    for kinds, name in itertools.product(
        (Exception, BaseException), outcomes(ValueError())
    ):
        act = functools.partial(guarded, unfinished, kinds, name)
        yield f"{kinds.__name__} gives {name}", as_answer(exercise, act)
        if any(call.error for call in calls_of(exercise)):  # hides refusals alone
            act = functools.partial(guarded, lambda f, *a: f(*a), kinds, name)
            yield f"a refusal gives {name}", as_answer(exercise, act)
    for act in (exits, exits_with_a_tick, hides_the_text, hides_what_is_printed):
        yield act.__name__, as_answer(exercise, act)


def exits(right, *args):
    sys.exit(0)


def exits_with_a_tick(right, *args):
    print(FAKE)
    raise SystemExit


def hides_the_text(right, *args):
    sys.stdout = sys.stderr = io.StringIO()
    return "✓"


def hides_what_is_printed(right, *args):
    builtins.print = lambda *args, **kwargs: None
    return "✓"


ADVERSARIES = {
    "hard-coded": hard_coded,
    "global": reads_a_global,
    "mutates": mutates,
    "catches": catches,
}
