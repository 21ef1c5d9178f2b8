"""Run a training step on small batches: what exercise 5.1 compares."""

import torch

from course.checks.exercise import Part
from course.checks.lesson4.epochs import Scenario
from course.checks.lesson5.small_parts import (
    NotingSGD,
    SmallNetwork,
    call,
    fds_after,
    kind,
    mode,
    one_thread,
)

generator = torch.Generator().manual_seed(51)


def through_steps(answer):
    """Turn a training step into a function that takes some, and says what they did.

    What it says depends on the part: the losses; the parameters; or both, with what
    the FDS layer got. So one slip costs one part where that is possible.
    """

    @one_thread()
    def function(scenario):
        model = SmallNetwork(**scenario["model"])
        optimizer = NotingSGD(model.parameters())
        fds = fds_after(scenario["epochs of fds"])
        look, found = scenario["look"], {}
        for i, batch in enumerate(scenario["batches"], 1):
            loss, _ = call(answer, model, fds, optimizer, *batch)
            if look != "step":
                found[f"loss of step {i}"] = loss
            if look == "loss":
                found["the loss is"] = kind(loss)
            if look == "step":
                found[f"in call {i}, the optimizer steps"] = optimizer.last_step()
        if loss is None and look == "loss":
            return None
        if fds is not None:
            found["the features that fds got"] = fds.got_features
            found["the labels that fds got"] = fds.got_labels
            found["fds is left in"] = mode(fds)
            found["the samples in the epoch of fds"] = fds.epoch.count
        if look != "loss":
            found["the parameters afterwards"] = model.weights()
        return found

    return function


def _random(low, high, *shape):
    return low + (high - low) * torch.rand(shape, generator=generator)


def _batch(n, labels=(0.0, 10.0)):
    """x, y and weights that don't have mean 1."""
    return _random(-2, 2, n, 3), _random(*labels, n), _random(0.2, 3, n)


def _features(n):
    """Features and labels of a batch that came before."""
    return _random(-1, 1, n, 2), _random(0.5, 6.5, n)


def _scenario(title, look, batches, epochs=None, **model):
    return (
        Scenario(
            {
                "title": title,
                "look": look,
                "batches": batches,
                "epochs of fds": epochs,
                "model": model,
            }
        ),
    )


_worked = (
    _random(-2, 2, 2, 3),
    torch.tensor([3.0, 2.0]),
    torch.tensor([0.5, 1.5]),
)

PARTS = [
    Part(
        "the loss",
        1,
        [
            _scenario("predictions of 1.0", "loss", [_worked], answers=1.0),
            _scenario("five samples", "loss", [_batch(5, (-3.0, 4.0))]),
            _scenario(
                "six samples and BatchNorm", "loss", [_batch(6)], normalised=True
            ),
        ],
    ),
    Part(
        "the step",
        1,
        [
            _scenario("two steps", "step", [_batch(5), _batch(5)]),
            _scenario(
                "two steps with BatchNorm",
                "step",
                [_batch(4), _batch(6)],
                normalised=True,
            ),
        ],
    ),
    Part(
        "through FDS",
        1,
        [
            _scenario(
                "two steps in FDS's first epoch", "fds", [_batch(5), _batch(4)], [[]]
            ),
            _scenario(
                "two steps in FDS's second epoch",
                "fds",
                [_batch(5, (0.5, 6.5)), _batch(6, (0.5, 6.5))],
                [[_features(12), _features(9)], []],
            ),
        ],
    ),
]
