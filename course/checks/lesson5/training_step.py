"""Exercise 5.1: one step of a training."""

import functools

import torch

from course.checks.exercise import Exercise, Part
from course.checks.lesson4.epochs import Scenario
from course.checks.lesson5 import small_parts as small
from course.checks.slips import Slip
from dirlib.losses import l1_loss

_random = functools.partial(small.uniform, torch.Generator().manual_seed(51))


def _training_step(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        z = fds(z, y)
    prediction = model.regressor(z).squeeze(-1)
    error = (prediction - y).abs()
    loss = (weights * error).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def _loss(model, fds, x, y, weights):
    return l1_loss(small.predict(model, fds, x, y), y, weights)


def _take_steps(answer):
    """Turn a training step into a function that takes some, and says what they did.

    It looks at the losses; at the parameters; or at both, with what the FDS layer got.
    So one slip costs one part where that is possible.
    """

    @small.one_thread()
    def function(scenario):
        model = small.Network(**scenario["model"])
        fds = small.fds_after(scenario["epochs"])
        optimizer = small.NotingSGD(model.parameters())
        look, seen = scenario["look"], {}
        for i, batch in enumerate(scenario["batches"], 1):
            loss, _ = small.call(answer, model, fds, optimizer, *batch)
            if look == "step":
                seen[f"in call {i}, the optimizer steps"] = optimizer.last_step()
            else:
                seen[f"loss of step {i}"] = loss
        if look == "loss":
            return None if loss is None else {**seen, "the loss is": small.kind(loss)}
        if fds is not None:
            seen["the features that fds got"] = fds.got_features
            seen["the labels that fds got"] = fds.got_labels
            seen["fds is left in"] = small.mode(fds)
            seen["the samples in the epoch of fds"] = fds.epoch.count
        return {**seen, "the parameters afterwards": model.weights()}

    return function


def _batch(n, low=0.0, high=10.0):
    """x, y between low and high, and weights that don't have mean 1."""
    ranges = ((-2, 2), (n, 3)), ((low, high), (n,)), ((0.2, 3), (n,))
    return tuple(_random(*limits, *shape) for limits, shape in ranges)


def _features(n):
    """Features and labels of a batch that came before."""
    return _random(-1, 1, n, 2), _random(0.5, 6.5, n)


def _scenario(look, title, *batches, epochs=None, **model):
    data = {"batches": batches, "epochs": epochs, "model": model}
    return (Scenario(title=title, look=look, **data),)


_worked = _random(-2, 2, 2, 3), *torch.tensor([[3.0, 2.0], [0.5, 1.5]]).double()
# fmt: off
PARTS = [
    Part("the loss", 1, [
        _scenario("loss", "predictions of 1.0", _worked, answers=1.0),
        _scenario("loss", "five samples", _batch(5, -3.0, 4.0)),
        _scenario("loss", "six samples and BatchNorm", _batch(6), normalised=True),
    ]),
    Part("the step", 1, [
        _scenario("step", "two steps", _batch(5), _batch(5)),
        _scenario("step", "two steps with BatchNorm", _batch(4), _batch(6),
                  normalised=True),
    ]),
    Part("through FDS", 1, [
        _scenario("fds", "two steps in FDS's first epoch", _batch(5), _batch(4),
                  epochs=[[]]),
        _scenario("fds", "two steps in FDS's second epoch", _batch(5, 0.5, 6.5),
                  _batch(6, 0.5, 6.5), epochs=[[_features(12), _features(9)], []]),
    ]),
]
WRONG = [
    Slip(("optimizer.zero_grad()", "pass"), "the gradients of the batches add up: call "
         "optimizer.zero_grad() before backward(), with its parentheses"),
    Slip(("    optimizer.zero_grad()\n", ""),
         ("optimizer.step()", "optimizer.zero_grad()\n    optimizer.step()"),
         "zero_grad() comes between backward() and step(), and clears what step() "
         "needs: clear before backward()"),
    Slip(("loss.backward()", "pass"),
         "the step has no gradient: call backward() of the loss, with its parentheses"),
    Slip(("optimizer.step()", "pass"),
         "the parameters don't move: call optimizer.step(), with its parentheses"),
    Slip(("    loss.backward()\n", ""),
         ("optimizer.step()", "optimizer.step()\n    loss.backward()"), "step() comes "
         "before backward(), when there is no gradient yet: exchange them"),
    Slip(("    optimizer.step()\n", ""),
         ("optimizer.zero_grad()", "optimizer.step()\n    optimizer.zero_grad()"),
         "step() comes first and takes the gradient of the batch before: call it after "
         "backward()"),
    Slip(("weights * error", "error"),
         "the weights play no part: multiply each error by its own"),
    Slip(("weights * error", "weights / weights.mean() * error"),
         "you divide by the sum of the batch's weights, or by their mean, which undoes "
         "them: take the weights as they are, and divide by the number of samples"),
    Slip((".mean()", ".sum()"),
         "the loss is a sum, which grows with the batch: take the mean"),
    Slip((".abs()", ".square()"), "the error is squared: take its absolute value"),
    Slip((".abs()", ""),
         "errors of both signs cancel: take the absolute value of each"),
    Slip((".squeeze(-1)", ""), "the prediction is [N, 1] and y is [N], so their "
         "difference is [N, N]: take the prediction's last axis away"),
    Slip(("weights * error", "weights.mean() * error"),
         "every error gets the mean weight: weights and errors must both be [N], and "
         "are multiplied before the mean"),
    Slip(("z = fds(z, y)", "pass"), "fds plays no part: where there is one, the "
         "features go through it on their way to the regressor"),
    Slip(("if fds is not None", "if True"),
         "fds may be None: use it only where it isn't"),
    Slip(("is not None", "is None"), "you call fds where it is None, and leave it out "
         "where it is a layer: turn the condition round"),
    Slip(("fds(z, y)", "fds(z)"),
         "fds needs the labels beside the features: it calibrates by their bins"),
    Slip(("fds(z, y)", "fds(z, weights)"), "fds gets the weights in the place of the "
         "labels: it calibrates by the bins of y"),
    Slip(("fds(z, y)", "fds(model.regressor(z), y)"), "fds stands between "
         "model.features and model.regressor: it takes neither x nor the prediction"),
    Slip(("z = fds(z, y)", "fds(z, y)"),
         "what fds returns is not used: the regressor gets the calibrated features"),
    Slip(("model.features(x)", "model.features(x).detach()"),
         "no gradient reaches the layers before z: leave out detach() and no_grad()"),
    Slip(("fds(z, y)", "fds(z.detach(), y)"), "with fds, no gradient reaches the "
         "layers before it: give it z itself, it detaches what it collects"),
    Slip(("loss.item()", "_loss(model, fds, x, y, weights).item()"),
         "this is the loss after the step: return the one that you stepped along"),
    Slip(("loss.item()", "_loss(model, None, x, y, weights).item()"),
         "you predict again after the step: return the loss that you stepped along"),
    Slip(("loss.item()", "loss"), "the loss is still a tensor, and holds the graph of "
         "the step: return it as a Python float"),
    Slip(("loss.item()", "loss.detach()"),
         "the loss is a detached tensor: return it as a Python float, with .item()"),
    Slip(("loss.item()", "error.mean().item()"), "you return the error without "
         "weights: return the loss that you stepped along"),
    Slip(("loss.item()", "loss.item() * len(y)"),
         "you return the loss times the number of samples: return the mean"),
    Slip(("return", "fds and fds.end_epoch()\n    return"),
         "end_epoch() is called at every batch: it belongs to the end of the epoch"),
    Slip(("model.features(x)", "model.eval().features(x)"), "model.eval() makes "
         "BatchNorm use its running statistics: a training step runs in train() mode"),
    Slip(("fds(z, y)", "fds.eval()(z, y)"), "fds is put into eval() mode, in which it "
         "neither calibrates nor collects: leave its mode alone"),
    Slip((".squeeze(-1)", ".squeeze(-1).detach()"), "no gradient is recorded: the loss "
         "must not stand under no_grad(), nor its prediction be detached"),
    Slip((".mean()", ".mean().item()"), ".item() makes a number without a gradient: "
         "call backward() on the tensor, and .item() at the end"),
    Slip(("model.regressor(z)", "model.regressor(x)"),
         "the regressor takes the features, model.features(x), not x"),
]
training_step = Exercise(
    "5.1", "training_step", _training_step, PARTS, WRONG, rtol=1e-4, adapt=_take_steps
)
