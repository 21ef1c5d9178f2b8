"""End an epoch on small data: what exercise 5.2 compares."""

import torch

from course.checks.exercise import Part
from course.checks.lesson4.epochs import Scenario
from course.checks.lesson5.small_parts import (
    SmallNetwork,
    call,
    fds_after,
    kind,
    mode,
    one_thread,
)

generator = torch.Generator().manual_seed(52)


def through_epoch_ends(answer):
    """Turn an epoch's end into a function that says what it returned and left behind.

    What it says depends on the part: all about FDS, the validation error, or the model.
    """

    @one_thread()
    def function(scenario):
        model = SmallNetwork(normalised=True)
        model(scenario["x"])  # gives BatchNorm its running statistics
        model.notes.last_call = "is not called"
        fds = fds_after(scenario["epochs of fds"])
        result, gradients_on = call(answer, model, fds, *scenario["validation"])
        look = scenario["look"]
        if look == "model":
            return _left_behind(model, result, gradients_on)
        if result is None:
            return None
        found = {"the result": result, "the kind of the result": kind(result)}
        # A key that is missing fails in the part that looks at it.
        if isinstance(result, dict):
            found["the result"] = {n: v for n, v in result.items() if n == look}
            found["the kind of the result"] = kind(result.get(look))
        if fds is not None and look == "distance":
            found["fds.mean"] = fds.mean
            found["fds.smoothed_mean"] = fds.smoothed_mean
            found["the samples left in the epoch of fds"] = fds.epoch.count
            found["fds is left in"] = mode(fds)
        return found

    return function


def _left_behind(model, result, gradients_on):
    norm = model.layers[1]
    returned = result.values() if isinstance(result, dict) else [result]
    graph = any(isinstance(v, torch.Tensor) and v.requires_grad for v in returned)
    held = any(p.grad is not None for p in model.parameters())
    learns = gradients_on and all(p.requires_grad for p in model.parameters())
    return {
        "the model": model.notes.last_call,
        "the model is left in": mode(model),
        "the statistics of BatchNorm": torch.cat([norm.running_mean, norm.running_var]),
        "the parameters": model.weights(),
        "the result keeps": "a gradient" if graph else "no gradient",
        "the parameters hold": "gradients" if held else "no gradients",
        "the next epoch": "can learn" if learns else "can't learn: gradients are off",
    }


def _random(low, high, *shape):
    return low + (high - low) * torch.rand(shape, generator=generator)


def _features(n, shift=0.0):
    """Features that follow the labels, and the labels, which leave bins empty."""
    labels = _random(0.5, 6.5, n)
    slope = torch.tensor([0.4, -0.7])
    return shift + labels[:, None] * slope + _random(-2, 2, n, 2), labels


def _scenario(title, look, n, epochs, labels=(-1.5, 1.5)):
    validation = _random(-3, 3, n, 3), _random(*labels, n)
    return (
        Scenario(
            {
                "title": title,
                "look": look,
                "x": _random(-1, 3, 8, 3),
                "validation": validation,
                "epochs of fds": epochs,
            }
        ),
    )


def _second():
    return [[_features(14), _features(9)], [_features(6, 0.5), _features(5, 0.5)]]


PARTS = [
    Part(
        "FDS and the distance",
        1,
        [
            _scenario("FDS's first epoch", "distance", 6, [[_features(12)]]),
            _scenario("FDS's second epoch", "distance", 5, _second()),
            _scenario("no FDS", "distance", 4, None),
        ],
    ),
    Part(
        "the validation error",
        1,
        [
            _scenario("six validation samples, with FDS", "val_mae", 6, _second()),
            _scenario("five validation samples, no FDS", "val_mae", 5, None, (0, 4)),
        ],
    ),
    Part(
        "the model as it must be afterwards",
        1,
        [
            _scenario("what is left behind, with FDS", "model", 7, _second()),
            _scenario("what is left behind, no FDS", "model", 4, None),
        ],
    ),
]
