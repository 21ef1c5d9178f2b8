"""Run a layer through epochs, as a training does: what exercise 4.4 compares."""

import copy
from collections import Counter

import torch
from torch import nn

from course.checks.compare import same
from course.checks.exercise import Part
from course.checks.lesson4.gradients import arrives, result_and_gradient
from dirlib import FDS, LabelBins, kernel_window

generator = torch.Generator().manual_seed(46)


class Scenario(dict):
    """The arguments of a layer and what happens to it, shown by a title."""

    def __repr__(self):
        return self["title"]


def through_epochs(answer):
    """Turn a class into a function that runs it and gives what its layer returned.

    Where a scenario looks at eval(), at gradients or at the state, only these are
    returned: wrong values while training cost the part that is about them.
    """

    def function(scenario):
        if isinstance(answer, nn.Module):
            raise TypeError("pass the class itself, not a layer that it made")
        if "saved" in scenario:
            return _after_loading(answer, scenario)
        calm = [s for s in copy.deepcopy(scenario["steps"]) if s[0] != "eval"]
        found = _run(answer, scenario, scenario["steps"])
        if found is None:
            return None
        gradients = {name: v for name, v in found.items() if name.endswith(_GRADIENT)}
        shown = {name: z for name, z in found.items() if name.startswith("eval")}
        if gradients or not shown:
            return gradients or found
        trained = {name: z for name, z in found.items() if name not in shown}
        unmoved = same(trained, _run(answer, scenario, calm), 1e-4)
        shown["training after eval()"] = "as without it" if unmoved else "changed by it"
        return shown

    return function


_GRADIENT = ", gradient of z"


def _made(answer, scenario, features):
    """A new layer of the answer, or None where the answer returns nothing."""
    bins = LabelBins(*scenario["bins"])
    layer = answer(features, bins, scenario["window"], scenario["momentum"])
    if layer is not None and not isinstance(layer, nn.Module):
        raise TypeError("MyFDS must be a class: class MyFDS(nn.Module)")
    if layer is not None and any(isinstance(part, FDS) for part in layer.modules()):
        raise TypeError("this is dirlib's layer, not one of your own")
    return layer


def _run(answer, scenario, steps):
    """Make a layer and take it through the steps: what it returned, by step."""
    layer = _made(answer, scenario, steps[0][1].shape[1])
    return None if layer is None else _taken_through(layer, steps)


def _after_loading(answer, scenario):
    """Whether a new layer that loads the state of another goes on as that one does."""
    before, after = (copy.deepcopy(scenario[name]) for name in ("saved", "steps"))
    layers = [_made(answer, scenario, before[0][1].shape[1]) for _ in range(2)]
    if layers[0] is None:
        return None
    saved, loaded = layers
    learnt = sum(p.numel() for p in saved.parameters())
    _taken_through(saved, before)
    loaded.load_state_dict(copy.deepcopy(saved.state_dict()))
    found = {"numbers that an optimizer would change": learnt}
    ways = [_taken_through(each, copy.deepcopy(after)) for each in (saved, loaded)]
    for name, wanted in ways[0].items():
        got = ways[1][name]
        alike = same(got, wanted, 1e-4)
        found[name] = "as the saved layer" if alike else "not as the saved layer"
    return found


def _taken_through(layer, steps):
    """Take a layer through the steps: what it returned, by step."""
    found, epoch, batch = {}, 1, Counter()
    for mode, z, labels in steps:
        if mode == "end":
            found[f"end of epoch {epoch}"] = _end_epoch(layer)
            epoch, batch = epoch + 1, Counter()
            continue
        layer.train(mode == "train")
        batch[mode] += 1
        name = f"{mode}, epoch {epoch}, batch {batch[mode]}"
        before, start = copy.deepcopy(layer), z.detach().clone()
        same_labels = labels.clone()
        result, gradient = _forward(layer, z, labels)
        if z.requires_grad and result is not None:

            def again(near, before=before, same=same_labels):
                return copy.deepcopy(before)(near, same.clone())

            found[name + _GRADIENT] = arrives(gradient, again, start, z)
        else:
            found[name] = result
    return found


def _end_epoch(layer):
    try:
        layer.end_epoch()
    except ValueError:
        return "no sample collected"
    except TypeError as error:
        if "as parameter" in str(error):
            raise TypeError("a table is a parameter") from error
        raise
    except AttributeError as error:
        raise _named(error) from error
    return "samples collected"


def _forward(layer, z, labels):
    """Call a layer; z is a copy, so that only a batch with a gradient shows writing."""
    try:
        if z.requires_grad:
            return result_and_gradient(lambda mine: layer(mine, labels), z)
        return layer(z.clone(), labels), None
    except TypeError as error:  # there are many ways to meet it, each with its words
        if "NoneType" in str(error):
            raise TypeError("None stands where statistics are needed") from error
        raise
    except AttributeError as error:
        raise _named(error) from error


def _named(error):
    """The error of a table that isn't there, without the name of the class."""
    names = ("pair", "running")
    missing = [name for name in names if f"attribute '{name}'" in str(error)]
    return AttributeError(f"there is no table {missing[0]}") if missing else error


def _batch(labels, mode="train", gradient=False, shift=0.0, slopes=(0.3, -0.2)):
    """Features that follow the labels, one for each slope."""
    labels, slopes = torch.tensor(labels), torch.tensor(slopes)
    noise = torch.rand(len(labels), len(slopes), generator=generator)
    z = 4 + shift + labels[:, None] * slopes + 3 * noise
    return mode, z.requires_grad_(gradient), labels


def _part(title, *scenarios):
    return Part(title, 1, [(scenario,) for scenario in scenarios])


_end = ("end", torch.zeros(0), torch.zeros(0))
_ages = {"bins": (0, 10, 1), "momentum": 0.9}
_ages["window"] = kernel_window("gaussian", 3, 1.0)
_signed = {"bins": (-5, 5, 0.5), "momentum": 0.6}
_signed["window"] = kernel_window("triangular", 5)
_three = 0.3, -0.2, 0.1
_near_zero = [-0.9, -0.8, -0.7, -0.3, -0.1, 0.2, 0.4, 0.6, 0.7]
# fmt: off
PARTS = [
    _part(
        "the values of the epochs",
        Scenario(title="whole labels, two epochs", **_ages, steps=[
            _batch([1, 1, 2, 3, 3, 3]),
            _batch([1, 2, 2, 3, 4, 4]),
            _end,
            _batch([2, 3, 1, 4, 1]),
        ]),
        Scenario(title="labels from -5 to 5, three epochs", **_signed, steps=[
            _batch([*_near_zero, -7.5, 6.0, -4.8]),
            _batch([4.9, 4.6, *_near_zero]),
            _end,
            _batch([*_near_zero, 1.2, 3.2, 5.5]),  # two bins never seen
            _batch([-4.9, -0.6, -0.2, 0.1, 0.3], shift=1.0),
            _end,
            _batch([*_near_zero, 1.4, 3.3, -9.0]),
        ]),
    ),
    _part(
        "the identity in eval(), which collects nothing",
        Scenario(title="eval() before and after an epoch", **_ages, steps=[
            _batch([1.5, 1.2, 2.5, 2.7], "eval", shift=20.0),
            _batch([1.2, 1.4, 1.9, 2.5, 2.1, 2.2, 3.5]),
            _batch([1.1, 2.5, 3.5], "eval", shift=20.0),
            _end,
            _batch([1.5, 2.9, 3.5], "eval"),
            _batch([2.5, 1.5, 1.1]),
        ]),
    ),
    _part(
        "the state: a new layer that loads it goes on as the saved one",
        Scenario(
            title="an epoch, then state_dict() and load_state_dict()", **_signed,
            saved=[_batch(_near_zero), _batch(_near_zero[::-1]), _end],
            steps=[
                _batch(_near_zero, shift=1.0),
                _end,
                _batch(_near_zero, shift=2.0),
            ],
        ),
    ),
    _part(
        "gradients, and nothing in place",
        Scenario(title="two epochs with gradients", **_signed, steps=[
            _batch(_near_zero, gradient=True, slopes=_three),
            _end,
            _batch(_near_zero[::-1], gradient=True, slopes=_three),
        ]),
    ),
]
