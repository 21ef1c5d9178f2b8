"""Exercise 5.1: one step of a training."""

import torch

from course.checks.exercise import Exercise, Wrong
from course.checks.lesson5.steps import PARTS, through_steps
from dirlib.losses import l1_loss


def _calibrated(model, fds, x, y):
    z = model.features(x)
    return z if fds is None else fds(z, y)


def _step(
    loss=l1_loss,
    z=_calibrated,
    order=("zero_grad", "backward", "step"),
    result=lambda loss, error: loss.item(),
    predict=lambda model, z: model.regressor(z).squeeze(-1),
):
    """A step in which something may be done in another way."""

    def answer(model, fds, optimizer, x, y, weights):
        prediction = predict(model, z(model, fds, x, y))
        value = loss(prediction, y, weights)
        do = {
            "zero_grad": optimizer.zero_grad,
            "backward": value.backward,
            "step": optimizer.step,
        }
        for name in order:
            do[name]()
        return result(value, (prediction - y).abs())

    return answer


def _through_none(model, fds, x, y):
    return fds(model.features(x), y)


def _if_none(model, fds, x, y):
    z = model.features(x)
    return fds(z, y) if fds is None else z


def _without_labels(model, fds, x, y):
    z = model.features(x)
    return z if fds is None else fds(z)


def _weights_as_labels(model, fds, optimizer, x, y, weights):
    z = _calibrated(model, fds, x, weights)
    return _step(z=lambda *_: z)(model, fds, optimizer, x, y, weights)


def _unused(model, fds, x, y):
    z = model.features(x)
    if fds is not None:
        fds(z, y)
    return z


def _fds_gets_no_gradient(model, fds, x, y):
    z = model.features(x)
    return z if fds is None else fds(z.detach(), y)


def _on_the_prediction(model, fds, optimizer, x, y, weights):
    prediction = model.regressor(model.features(x))
    if fds is not None:
        prediction = fds(prediction, y)
    return _step(predict=lambda *_: prediction.squeeze(-1), z=lambda *_: None)(
        model, fds, optimizer, x, y, weights
    )


def _loss_afterwards(model, fds, optimizer, x, y, weights):
    right(model, fds, optimizer, x, y, weights)
    prediction = model.regressor(_calibrated(model, fds, x, y)).squeeze(-1)
    return l1_loss(prediction, y, weights).item()


def _loss_afterwards_past_fds(model, fds, optimizer, x, y, weights):
    right(model, fds, optimizer, x, y, weights)
    return l1_loss(model(x), y, weights).item()


def _ends_the_epoch(model, fds, *others):
    value = right(model, fds, *others)
    if fds is not None:
        fds.end_epoch()
    return value


def _in_eval(model, *others):
    model.eval()
    return right(model, *others)


def _fds_in_eval(model, fds, *others):
    if fds is not None:
        fds.eval()
    return right(model, fds, *others)


def _without_gradients(model, fds, optimizer, x, y, weights):
    with torch.no_grad():
        return right(model, fds, optimizer, x, y, weights)


def _float_too_early(model, fds, optimizer, x, y, weights):
    z = _calibrated(model, fds, x, y)
    loss = l1_loss(model.regressor(z).squeeze(-1), y, weights).item()
    optimizer.zero_grad()
    loss.backward()


right = _step()

training_step = Exercise(
    "5.1",
    "training_step",
    right,
    parts=PARTS,
    wrong=[
        Wrong(
            _step(order=("backward", "step")),
            "the gradients of the batches add up: call optimizer.zero_grad() before "
            "backward(), with its parentheses",
        ),
        Wrong(
            _step(order=("backward", "zero_grad", "step")),
            "zero_grad() comes between backward() and step(), and clears what step() "
            "needs: clear before backward()",
        ),
        Wrong(
            _step(order=("zero_grad", "step")),
            "the step has no gradient: call backward() of the loss, with its "
            "parentheses",
        ),
        Wrong(
            _step(order=("zero_grad", "backward")),
            "the parameters don't move: call optimizer.step(), with its parentheses",
        ),
        Wrong(
            _step(order=("zero_grad", "step", "backward")),
            "step() comes before backward(), when there is no gradient yet: exchange "
            "them",
        ),
        Wrong(
            _step(order=("step", "zero_grad", "backward")),
            "step() comes first and takes the gradient of the batch before: call it "
            "after backward()",
        ),
        Wrong(
            _step(lambda p, y, w: (p - y).abs().mean()),
            "the weights play no part: multiply each error by its own",
        ),
        Wrong(
            _step(lambda p, y, w: (w * (p - y).abs()).sum() / w.sum()),
            "you divide by the sum of the batch's weights, or by their mean, which "
            "undoes them: take the weights as they are, and divide by the number of "
            "samples",
        ),
        Wrong(
            _step(lambda p, y, w: (w * (p - y).abs()).sum()),
            "the loss is a sum, which grows with the batch: take the mean",
        ),
        Wrong(
            _step(lambda p, y, w: (w * (p - y) ** 2).mean()),
            "the error is squared: take its absolute value",
        ),
        Wrong(
            _step(lambda p, y, w: (w * (p - y)).mean()),
            "errors of both signs cancel: take the absolute value of each",
        ),
        Wrong(
            _step(lambda p, y, w: (w * (p[:, None] - y).abs()).mean()),
            "the prediction is [N, 1] and y is [N], so their difference is [N, N]: "
            "take the prediction's last axis away",
        ),
        Wrong(
            _step(lambda p, y, w: (p - y).abs().mean() * w.mean()),
            "every error gets the mean weight: weights and errors must both be [N], "
            "and are multiplied before the mean",
        ),
        Wrong(
            _step(z=lambda model, fds, x, y: model.features(x)),
            "fds plays no part: where there is one, the features go through it on "
            "their way to the regressor",
        ),
        Wrong(
            _step(z=_through_none),
            "fds may be None: use it only where it isn't",
        ),
        Wrong(
            _step(z=_if_none),
            "you call fds where it is None, and leave it out where it is a layer: turn "
            "the condition round",
        ),
        Wrong(
            _step(z=_without_labels),
            "fds needs the labels beside the features: it calibrates by their bins",
        ),
        Wrong(
            _weights_as_labels,
            "fds gets the weights in the place of the labels: it calibrates by the "
            "bins of y",
        ),
        Wrong(
            _on_the_prediction,
            "fds stands between model.features and model.regressor: it takes neither "
            "x nor the prediction",
        ),
        Wrong(
            _step(z=_unused),
            "what fds returns is not used: the regressor gets the calibrated features",
        ),
        Wrong(
            _step(z=lambda *args: _calibrated(*args).detach()),
            "no gradient reaches the layers before z: leave out detach() and no_grad()",
        ),
        Wrong(
            _step(z=_fds_gets_no_gradient),
            "with fds, no gradient reaches the layers before it: give it z itself, it "
            "detaches what it collects",
        ),
        Wrong(
            _loss_afterwards,
            "this is the loss after the step: return the one that you stepped along",
        ),
        Wrong(
            _loss_afterwards_past_fds,
            "you predict again after the step: return the loss that you stepped along",
        ),
        Wrong(
            _step(result=lambda loss, error: loss),
            "the loss is still a tensor, and holds the graph of the step: return it as "
            "a Python float",
        ),
        Wrong(
            _step(result=lambda loss, error: loss.detach()),
            "the loss is a detached tensor: return it as a Python float, with .item()",
        ),
        Wrong(
            _step(result=lambda loss, error: error.mean().item()),
            "you return the error without weights: return the loss that you stepped "
            "along",
        ),
        Wrong(
            _step(result=lambda loss, error: loss.item() * len(error)),
            "you return the loss times the number of samples: return the mean",
        ),
        Wrong(
            _ends_the_epoch,
            "end_epoch() is called at every batch: it belongs to the end of the epoch",
        ),
        Wrong(
            _in_eval,
            "model.eval() makes BatchNorm use its running statistics: a training step "
            "runs in train() mode",
        ),
        Wrong(
            _fds_in_eval,
            "fds is put into eval() mode, in which it neither calibrates nor collects: "
            "leave its mode alone",
        ),
        Wrong(
            _without_gradients,
            "no gradient is recorded: the loss must not stand under no_grad(), nor its "
            "prediction be detached",
        ),
        Wrong(
            _float_too_early,
            ".item() makes a number without a gradient: call backward() on the tensor, "
            "and .item() at the end",
        ),
        Wrong(
            _step(z=lambda model, fds, x, y: x),
            "the regressor takes the features, model.features(x), not x",
        ),
    ],
    rtol=1e-4,
    adapt=through_steps,
)
