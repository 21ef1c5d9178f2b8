"""Exercise 5.2: the end of an epoch."""

import functools
import math

import torch

from course.checks.exercise import Exercise, Part
from course.checks.lesson4.epochs import Scenario
from course.checks.lesson5 import small_parts as small
from course.checks.slips import Slip

_random = functools.partial(small.uniform, torch.Generator().manual_seed(52))


def _end_of_epoch(model, fds, x_val, y_val):
    distance = math.nan
    if fds is not None:
        fds.end_epoch()
        apart = fds.mean - fds.smoothed_mean
        distance = apart[fds.active].abs().mean().item()
    model.eval()
    with torch.no_grad():
        error = model(x_val) - y_val
    model.train()
    return {"distance": distance, "val_mae": error.abs().mean().item()}


def _through_ends(answer):
    """Turn an epoch's end into a function that says what it returned and left behind.

    It looks at all about FDS, at the validation error, or at the model.
    """

    @small.one_thread()
    def function(scenario):
        model, look = small.Network(normalised=True), scenario["look"]
        model(scenario["x"])  # gives BatchNorm its running statistics
        model.notes.last_call = "is not called"
        fds = small.fds_after(scenario["epochs"])
        result, gradients_on = small.call(answer, model, fds, *scenario["validation"])
        if look == "model":
            return _left_behind(model, result, gradients_on)
        if result is None:
            return None
        seen = {"the result": result, "the kind of the result": small.kind(result)}
        # A key that is missing fails in the part that looks at it.
        if isinstance(result, dict):
            seen["the result"] = {n: v for n, v in result.items() if n == look}
            seen["the kind of the result"] = small.kind(result.get(look))
        if fds is not None and look == "distance":
            seen |= {"fds.mean": fds.mean, "fds.smoothed_mean": fds.smoothed_mean}
            seen["the samples left in the epoch of fds"] = fds.epoch.count
            seen["fds is left in"] = small.mode(fds)
        return seen

    return function


def _left_behind(model, result, gradients_on):
    norm = model.layers[1]
    returned = result.values() if isinstance(result, dict) else [result]
    graph = any(isinstance(v, torch.Tensor) and v.requires_grad for v in returned)
    held = any(p.grad is not None for p in model.parameters())
    learns = gradients_on and all(p.requires_grad for p in model.parameters())
    return {
        "the model": model.notes.last_call,
        "the model is left in": small.mode(model),
        "the statistics of BatchNorm": torch.cat([norm.running_mean, norm.running_var]),
        "the parameters": model.weights(),
        "the result keeps": "a gradient" if graph else "no gradient",
        "the parameters hold": "gradients" if held else "no gradients",
        "the next epoch": "can learn" if learns else "can't learn: gradients are off",
    }


def _features(n, shift=0.0):
    """Features that follow the labels, and the labels, which leave bins empty."""
    labels = _random(0.5, 6.5, n)
    slopes = torch.tensor([0.4, -0.7])
    return shift + labels[:, None] * slopes + _random(-2, 2, n, 2), labels


def _second():
    return [[_features(14), _features(9)], [_features(6, 0.5), _features(5, 0.5)]]


def _scenario(look, title, n, epochs, low=-1.5, high=1.5):
    data = {"validation": (_random(-3, 3, n, 3), _random(low, high, n))}
    data |= {"x": _random(-1, 3, 8, 3), "epochs": epochs}
    return (Scenario(title=title, look=look, **data),)


NOTHING = {"distance": math.nan, "val_mae": math.nan}
DISTANCE, ERROR = "[fds.active].abs().mean()", "error.abs().mean()"
CALIBRATED = "small.predict(model.eval(), fds, x_val, y_val)"
# fmt: off
PARTS = [
    Part("FDS and the distance", 1, [
        _scenario("distance", "FDS's first epoch", 6, [[_features(12)]]),
        _scenario("distance", "FDS's second epoch", 5, _second()),
        _scenario("distance", "no FDS", 4, None),
    ]),
    Part("the validation error", 1, [
        _scenario("val_mae", "six validation samples, with FDS", 6, _second()),
        _scenario("val_mae", "five validation samples, no FDS", 5, None, 0, 4),
    ]),
    Part("the model as it must be afterwards", 1, [
        _scenario("model", "what is left behind, with FDS", 7, _second()),
        _scenario("model", "what is left behind, no FDS", 4, None),
    ]),
]
WRONG = [
    Slip(("fds.end_epoch()", "pass"),
         "the epoch of fds never ends: call its end_epoch(), or nothing is folded in"),
    Slip(("fds.end_epoch()", "fds.end_epoch(), fds.end_epoch()"),
         "end_epoch() is called twice: the second time no sample is there"),
    Slip(("        fds.end_epoch()\n", ""),
         ("    model.eval()", "        fds.end_epoch()\n    model.eval()"),
         "the distance is the one before end_epoch(): ask for it afterwards"),
    Slip(("[fds.active]", ""),
         "bins without samples count too: take only those in fds.active"),
    Slip(("apart[fds.active]", "(apart * fds.active[:, None])"),
         "bins without samples count as zeros, which lower the mean: pick the rows of "
         "the bins in fds.active, and then take the mean"),
    Slip((DISTANCE, "[fds.active].mean()"),
         "differences of both signs cancel: take their absolute values"),
    Slip((DISTANCE, "[fds.active].square().mean()"),
         "the distance is squared: take absolute values"),
    Slip((DISTANCE, "[fds.active].square().mean().sqrt()"),
         "the distance is the root of a mean square: take the mean of absolute values"),
    Slip((DISTANCE, "[fds.active].abs().sum()"),
         "the distance is a sum, which grows with the bins: take the mean"),
    Slip((DISTANCE, "[fds.active].abs().sum(1).mean()"),
         "the distance is summed over the features: take the mean over them, too"),
    Slip((DISTANCE, "[fds.active].norm(dim=1).mean()"), "this is the length of each "
         "bin's difference: take the mean of absolute values, feature by feature"),
    Slip((DISTANCE, "[fds.active].mean().abs()"), "the absolute value comes after the "
         "mean, when differences have cancelled: take it before"),
    Slip((f"apart{DISTANCE}.item()", "fds.distances()['distance_variance']"),
         "this is the distance of the variances: compare the means"),
    Slip(("fds.mean", "fds.epoch.mean"),
         "epoch.mean is empty after end_epoch(): the running mean is fds.mean"),
    Slip(("if fds is not None", "if True"),
         "fds may be None: then there is no epoch to end, and the distance is NaN"),
    Slip(("math.nan", "0.0"), "without fds the distance is 0, which reads like a "
         "measurement: NaN says that there is none"),
    Slip(("math.nan", "None"),
         "without fds the distance is None: it must be a float, NaN"),
    Slip(("fds is not None:", "fds is None:\n        return NOTHING\n    else:"),
         "without fds the model is judged all the same: only the distance is NaN"),
    Slip(("model.eval()", "pass"), "the model predicts in train() mode: BatchNorm must "
         "not see validation data, so call model.eval() before, with its parentheses"),
    Slip(("model.train()", "pass"), "the model stays in eval(), and the next epoch "
         "would train so: call model.train() at the end"),
    Slip(("model(x_val)", CALIBRATED), "validation data goes through fds, which "
         "calibrates and collects it: predict with the model alone"),
    Slip(("if fds is not", f"early = {CALIBRATED}\n    if fds is not"),
         ("model(x_val)", "early"), "validation data goes through fds before "
         "end_epoch(), and gets into the statistics: predict with the model alone"),
    Slip(("model.eval()", "model.eval(), fds and fds.eval()"), "fds stays in eval(), "
         "and would do nothing in the next epoch: leave its mode alone"),
    Slip(("error.abs()", "error.square()"),
         "val_mae is squared: take the mean of absolute errors"),
    Slip((ERROR, "error.square().mean().sqrt()"),
         "val_mae is the root of a mean square: take the mean of absolute errors"),
    Slip(("error.abs()", "error"),
         "errors of both signs cancel: take the absolute value of each"),
    Slip((ERROR, "error.mean().abs()"),
         "you take the absolute value of the mean: errors have cancelled before it"),
    Slip((ERROR, "error.abs().sum()"),
         "val_mae is a sum, which grows with the samples: take the mean"),
    Slip(("model(x_val)", "model(x_val)[:, None]"),
         "the prediction is [M, 1] and y_val is [M], so their difference is [M, M]: "
         "take the prediction's last axis away"),
    Slip((f"{ERROR}.item()", ERROR),
         "val_mae is still a tensor: return it as a Python float"),
    Slip((f"{DISTANCE}.item()", DISTANCE),
         "distance is still a tensor: return it as a Python float"),
    Slip((f"{DISTANCE}.item()", DISTANCE), (f"{ERROR}.item()", ERROR),
         "distance and val_mae are still tensors: return them as Python floats"),
    Slip(("torch.no_grad()", "torch.enable_grad()"), (f"{ERROR}.item()", ERROR),
         "val_mae is a tensor that keeps the graph of its gradient: predict under "
         "no_grad(), and return a Python float"),
    Slip(("torch.no_grad()", "torch.enable_grad()"), (f"{DISTANCE}.item()", DISTANCE),
         (f"{ERROR}.item()", ERROR), "both are tensors, and val_mae keeps the graph of "
         "its gradient: predict under no_grad(), and return Python floats"),
    Slip(("torch.no_grad()", "torch.enable_grad()"),
         ("model.train()", f"model.train(), {ERROR}.backward()"),
         "validation leaves gradients in the model: no backward() here"),
]
end_of_epoch = Exercise(
    "5.2", "end_of_epoch", _end_of_epoch, PARTS, WRONG, rtol=1e-4, adapt=_through_ends
)
