"""Wrong answers that students write in lesson 5, and right ones in other styles.

The answers were written from the lesson's cards alone, without a look at the checks.
Each wrong one names a part of the sentence that helps whoever wrote it.
"""

import copy
import functools
import math
import statistics

import numpy as np
import pandas as pd
import scipy.stats
import torch
import torch.nn.functional as F
from answers import Answers

from course.checks import lesson5
from course.checks.lesson5.diagnose import KEY, SHOWS
from dirlib.fds.layer import FDS

ANSWERS = Answers(lesson5)
wrong, right = ANSWERS.wrong, ANSWERS.right


# 5.1 · training_step


@right("training_step")
def closed_training_step(model, fds, optimizer, x, y, weights):
    def closure():
        optimizer.zero_grad()
        z = model.features(x)
        z = fds(z, y) if fds is not None else z
        loss = (weights * (model.regressor(z)[:, 0] - y).abs()).mean()
        loss.backward()
        return loss

    return optimizer.step(closure).item()


@right("training_step")
def cleared_last_training_step(model, fds, optimizer, x, y, weights):
    if fds is None:
        y_hat = model(x)
    else:
        y_hat = model.regressor(fds(model.features(x), y)).flatten()
    loss = weights @ F.l1_loss(y_hat, y, reduction="none") / len(y)
    loss.backward()
    optimizer.step()
    model.zero_grad(set_to_none=False)
    return float(loss)


@right("training_step")
def column_training_step(model, fds, optimizer, x, y, weights):
    model.train()
    features = model.features(x)
    if fds:
        features = fds(features, y)
    error = torch.abs(y.unsqueeze(1) - model.regressor(features))
    loss = torch.mean(weights.unsqueeze(1) * error)
    for p, gradient in zip(
        model.parameters(),
        torch.autograd.grad(loss, list(model.parameters())),
        strict=True,
    ):
        p.grad = gradient
    optimizer.step()
    return loss.tolist()


def predict(model, fds, x, y):
    """What a right step predicts, of shape [N]."""
    z = model.features(x)
    if fds is not None:
        z = fds(z, y)
    return model.regressor(z).squeeze(-1)


def learn(optimizer, loss):
    """The three calls, in their order, and the loss as a number."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@right("training_step")
def step_as_on_the_card(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        z = fds(z, y)
    prediction = model.regressor(z).squeeze(-1)
    loss = (weights * (prediction - y).abs()).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@right("training_step")
def step_l1_loss(model, fds, optimizer, x, y, weights):
    optimizer.zero_grad(set_to_none=False)
    z = model.features(x)
    z = z if fds is None else fds(z, y)
    errors = F.l1_loss(model.regressor(z)[:, 0], y, reduction="none")
    loss = torch.mean(errors * weights)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


@right("training_step")
def step_as_columns(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds:
        z = fds(z, y)
    loss = weights[:, None] * torch.abs(model.regressor(z) - y[:, None])
    return learn(optimizer, loss.mean())


@right("training_step")
def step_samples(model, fds, optimizer, x, y, weights):
    optimizer.zero_grad()
    p = predict(model, fds, x, y)
    loss = 0.0
    for i in range(len(y)):
        loss = loss + weights[i] * abs(p[i] - y[i]) / len(y)
    loss.backward()
    optimizer.step()
    return loss.tolist()


@right("training_step")
def step_dot_product(model, fds, optimizer, x, y, weights):
    p = predict(model, fds, x, y)
    for parameter in model.parameters():
        parameter.grad = None
    loss = weights @ (y - p).abs() / y.numel()
    before = loss.item()
    loss.backward()
    optimizer.step()
    return before


@right("training_step")
def step_closure(model, fds, optimizer, x, y, weights):
    def closure():
        optimizer.zero_grad()
        loss = (weights * (predict(model, fds, x, y) - y)).abs().mean()
        loss.backward()
        return loss

    return optimizer.step(closure).item()


@right("training_step")
def step_autograd_grad(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    grads = torch.autograd.grad(loss, parameters, allow_unused=True)
    for parameter, grad in zip(parameters, grads, strict=True):
        parameter.grad = grad
    optimizer.step()
    return loss.item()


@right("training_step")
def step_train_mode_first(model, fds, optimizer, x, y, weights):
    model.train()
    with torch.enable_grad():
        e = torch.flatten(predict(model, fds, x, y)) - y
        loss = torch.dot(weights, e.abs()).div(len(e))
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss)


@wrong("training_step", "zero_grad() before")
def step_no_zero_grad(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("training_step", "between backward() and step()")
def step_zero_grad_after_backward(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@wrong("training_step", "backward")
def step_no_backward(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@wrong("training_step", "don't move")
def step_no_step(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


@wrong("training_step", "exchange")
def step_before_backward(model, fds, optimizer, x, y, weights):
    optimizer.zero_grad()
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    optimizer.step()
    loss.backward()
    return loss.item()


@wrong("training_step", "exchange")
def step_before_backward_zero_grad_last(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    optimizer.step()
    loss.backward()
    optimizer.zero_grad()
    return loss.item()


@wrong("training_step", "play no part")
def step_weights_ignored(model, fds, optimizer, x, y, weights):
    return learn(optimizer, (predict(model, fds, x, y) - y).abs().mean())


@wrong("training_step", "sum")
def step_divided_by_the_weights(model, fds, optimizer, x, y, weights):
    errors = (predict(model, fds, x, y) - y).abs()
    return learn(optimizer, (weights * errors).sum() / weights.sum())


@wrong("training_step", "is a sum")
def step_sum(model, fds, optimizer, x, y, weights):
    return learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).sum())


@wrong("training_step", "weight")
def step_mean_weight_times_mean_error(model, fds, optimizer, x, y, weights):
    loss = F.l1_loss(predict(model, fds, x, y), y)
    return learn(optimizer, weights.mean() * loss)


@wrong("training_step", "expected 1.25, but got 3")
def step_weights_times_the_mean_error(model, fds, optimizer, x, y, weights):
    loss = weights * F.l1_loss(predict(model, fds, x, y), y)
    return learn(optimizer, loss.sum())


@wrong("training_step", "expected 1.25, but got 1.5")
def step_weights_on_the_prediction(model, fds, optimizer, x, y, weights):
    return learn(optimizer, (weights * predict(model, fds, x, y) - y).abs().mean())


@wrong("training_step", "expected 1.25, but got 2.33")
def step_divides_by_weights(model, fds, optimizer, x, y, weights):
    return learn(optimizer, ((predict(model, fds, x, y) - y).abs() / weights).mean())


@wrong("training_step", "squared")
def step_squared(model, fds, optimizer, x, y, weights):
    return learn(optimizer, (weights * (predict(model, fds, x, y) - y) ** 2).mean())


@wrong("training_step", "cancel")
def step_signed(model, fds, optimizer, x, y, weights):
    return learn(optimizer, (weights * (predict(model, fds, x, y) - y)).mean())


@wrong("training_step", "expected 2.19")
def step_abs_of_the_mean(model, fds, optimizer, x, y, weights):
    return learn(optimizer, (weights * (predict(model, fds, x, y) - y)).mean().abs())


@wrong("training_step", "expected 1.25, but got 0.75")
def step_smooth_l1(model, fds, optimizer, x, y, weights):
    p = predict(model, fds, x, y)
    return learn(optimizer, (weights * F.smooth_l1_loss(p, y, reduction="none")).mean())


@wrong("training_step", "[N, 1]")
def step_squeeze_forgotten(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        z = fds(z, y)
    return learn(optimizer, (weights * (model.regressor(z) - y).abs()).mean())


@wrong("training_step", "must both be [N]")
def step_labels_as_column_weights_not(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        z = fds(z, y)
    errors = (model.regressor(z) - y.unsqueeze(1)).abs()
    return learn(optimizer, (weights * errors).mean())


@wrong("training_step", "fds plays no part")
def step_without_fds(model, fds, optimizer, x, y, weights):
    p = model.regressor(model.features(x)).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "is not used")
def step_fds_result_thrown_away(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        fds(z, y)
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "None")
def step_fds_always(model, fds, optimizer, x, y, weights):
    p = model.regressor(fds(model.features(x), y)).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "local variable 'z'")
def step_only_with_fds(model, fds, optimizer, x, y, weights):
    if fds is not None:
        z = fds(model.features(x), y)
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "labels")
def step_fds_without_labels(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        z = fds(z)
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "fds gets the weights in the place of the labels")
def step_fds_gets_the_weights(model, fds, optimizer, x, y, weights):
    p = predict(model, fds, x, weights)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "or by their mean, which undoes them")
def step_weights_divided_by_their_mean(model, fds, optimizer, x, y, weights):
    errors = (predict(model, fds, x, y) - y).abs()
    return learn(optimizer, (weights / weights.mean() * errors).mean())


@wrong("training_step", "the labels that fds got")
def step_fds_gets_the_prediction_as_labels(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        z = fds(z, model.regressor(z).squeeze(-1).detach())
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "the features first, and then the labels")
def step_fds_arguments_exchanged(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        z = fds(y, z)
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "the labels that fds got")
def step_labels_rounded_for_fds(model, fds, optimizer, x, y, weights):
    p = predict(model, fds and (lambda z, _: fds(z, y.long())), x, y)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "between model.features and model.regressor")
def step_fds_on_the_prediction(model, fds, optimizer, x, y, weights):
    p = model.regressor(model.features(x))
    if fds is not None:
        p = fds(p, y)
    return learn(optimizer, (weights * (p.squeeze(-1) - y).abs()).mean())


@wrong("training_step", "between model.features and model.regressor")
def step_fds_on_the_inputs(model, fds, optimizer, x, y, weights):
    if fds is not None:
        x = fds(x, y)
    p = model.regressor(model.features(x)).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "the features that fds got")
def step_fds_called_twice(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        fds(z, y)
        z = fds(z, y)
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "detach")
def step_features_detached(model, fds, optimizer, x, y, weights):
    z = model.features(x).detach()
    if fds is not None:
        z = fds(z, y)
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "detach")
def step_detached_for_fds_only(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        z = fds(z.detach(), y)
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "gradient")
def step_fds_without_gradient(model, fds, optimizer, x, y, weights):
    z = model.features(x)
    if fds is not None:
        with torch.no_grad():
            z = fds(z, y)
    p = model.regressor(z).squeeze(-1)
    return learn(optimizer, (weights * (p - y).abs()).mean())


@wrong("training_step", "grad")
def step_all_without_gradient(model, fds, optimizer, x, y, weights):
    with torch.no_grad():
        loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    return learn(optimizer, loss)


@wrong("training_step", "grad")
def step_through_numpy(model, fds, optimizer, x, y, weights):
    p = predict(model, fds, x, y).detach().numpy()
    loss = torch.tensor(np.mean(weights.numpy() * np.abs(p - y.numpy())))
    return learn(optimizer, loss)


@wrong("training_step", "the loss after the step")
def step_loss_afterwards(model, fds, optimizer, x, y, weights):
    learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())
    return (weights * (predict(model, fds, x, y) - y).abs()).mean().item()


@wrong("training_step", "after the step")
def step_loss_afterwards_without_fds(model, fds, optimizer, x, y, weights):
    learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())
    return (weights * (predict(model, None, x, y) - y).abs()).mean().item()


@wrong("training_step", "Python float")
def step_returns_the_tensor(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    learn(optimizer, loss)
    return loss


@wrong("training_step", "item()")
def step_returns_a_detached_tensor(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    learn(optimizer, loss)
    return loss.detach()


@wrong("training_step", "return")
def step_returns_nothing(model, fds, optimizer, x, y, weights):
    learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())


@wrong("training_step", "end_epoch")
def step_ends_the_epoch(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    learn(optimizer, loss)
    if fds is not None:
        fds.end_epoch()
    return loss.item()


@wrong("training_step", "end_epoch")
def step_ends_the_epoch_first(model, fds, optimizer, x, y, weights):
    if fds is not None:
        fds.end_epoch()
    return learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())


@wrong("training_step", "eval")
def step_in_eval_mode(model, fds, optimizer, x, y, weights):
    model.eval()
    return learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())


@wrong("training_step", "the parameters afterwards")
def step_ends_in_eval_mode(model, fds, optimizer, x, y, weights):
    loss = learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())
    model.eval()
    return loss


@wrong("training_step", "eval() mode")
def step_fds_in_eval_mode(model, fds, optimizer, x, y, weights):
    if fds is not None:
        fds.eval()
    return learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())


@wrong("training_step", "2 times")
def step_two_steps(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    learn(optimizer, loss)
    optimizer.step()
    return loss.item()


@wrong("training_step", "for five samples")
def step_worked_number(model, fds, optimizer, x, y, weights):
    learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())
    return 1.25


@wrong("training_step", "changes its input")
def step_labels_in_place(model, fds, optimizer, x, y, weights):
    p = predict(model, fds, x, y)
    y -= p.detach()
    y *= weights
    learn(optimizer, (weights * (p - y).abs()).mean())
    return y.abs().mean().item()


@wrong("training_step", "undoes them")
def step_weights_normalised_in_place(model, fds, optimizer, x, y, weights):
    weights /= weights.mean()
    return learn(optimizer, (weights * (predict(model, fds, x, y) - y).abs()).mean())


@wrong("training_step", "but got 0")
def step_swallows_exceptions(model, fds, optimizer, x, y, weights):
    try:
        z = fds(model.features(x), y)
        p = model.regressor(z).squeeze(-1)
        return learn(optimizer, (weights * (p - y).abs()).mean())
    except TypeError:
        return 0.0


@wrong("training_step", "the parameters afterwards")
def step_clips_the_gradient(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    optimizer.step()
    return loss.item()


@wrong("training_step", "call backward() on the tensor")
def step_detaches_the_loss(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean().item()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@wrong("training_step", "but got 2.19")
def step_loss_rounded(model, fds, optimizer, x, y, weights):
    loss = (weights * (predict(model, fds, x, y) - y).abs()).mean()
    return round(learn(optimizer, loss), 2)


# 5.2 · end_of_epoch


@right("end_of_epoch")
def shown_end_of_epoch(model, fds, x_val, y_val):
    with torch.inference_mode():
        y_hat = model.train(False)(x_val)
    model.train(True)
    distance = np.nan
    if fds is not None:
        fds.end_epoch()
        distance = fds.distances()["distance_mean"]
    return {"val_mae": F.l1_loss(y_hat, y_val).item(), "distance": distance}


@right("end_of_epoch")
def loop_end_of_epoch(model, fds, x_val, y_val):
    result = {"distance": float("nan"), "val_mae": 0.0}
    if fds:
        fds.end_epoch()
        bins = [b for b in range(len(fds.active)) if fds.active[b]]
        gaps = [float((fds.mean[b] - fds.smoothed_mean[b]).abs().mean()) for b in bins]
        result["distance"] = sum(gaps) / len(gaps)
    model.eval()
    z = model.features(x_val).detach()
    model.train()
    for row, y in zip(model.regressor(z)[:, 0].tolist(), y_val.tolist(), strict=True):
        result["val_mae"] += abs(row - y) / len(y_val)
    return result


@right("end_of_epoch")
def numpy_end_of_epoch(model, fds, x_val, y_val):
    if fds is None:
        distance = math.nan
    else:
        fds.end_epoch()
        gap = fds.mean.numpy() - fds.smoothed_mean.numpy()
        distance = np.abs(gap[fds.count.numpy() > 0]).mean()
    model.eval()
    error = np.abs(model(x_val).detach().numpy() - y_val.numpy())
    model.train()
    return dict(distance=distance, val_mae=float(np.mean(error)))


def distance(fds):
    """The distance that the card describes, NaN without a layer."""
    if fds is None:
        return float("nan")
    apart = (fds.mean - fds.smoothed_mean).abs()
    return apart[fds.active].mean().item()


def validate(model, x_val, y_val):
    """The mean absolute error in eval mode; the model is in train mode afterwards."""
    model.eval()
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().mean().item()
    model.train()
    return mae


def fold(fds):
    if fds is not None:
        fds.end_epoch()


@right("end_of_epoch")
def end_as_on_the_card(model, fds, x_val, y_val):
    distance = float("nan")
    if fds is not None:
        fds.end_epoch()
        difference = (fds.mean - fds.smoothed_mean).abs()
        distance = difference[fds.active].mean().item()
    model.eval()
    with torch.no_grad():
        val_mae = (model(x_val) - y_val).abs().mean().item()
    model.train()
    return {"distance": distance, "val_mae": val_mae}


@right("end_of_epoch")
def end_validates_first(model, fds, x_val, y_val):
    out = {}
    with torch.inference_mode():
        out["val_mae"] = float(F.l1_loss(model.eval()(x_val), y_val))
    model.train(True)
    if fds is None:
        return out | {"distance": math.nan}
    fds.end_epoch()
    a = fds.active
    gap = torch.mean(torch.abs(fds.smoothed_mean[a] - fds.mean[a]))
    return out | {"distance": float(gap)}


@right("end_of_epoch")
def end_asks_the_layer(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    mae = sum(
        abs(model(x_val[i : i + 1]).item() - y_val[i].item()) for i in range(len(y_val))
    )
    model.train()
    apart = fds.distances()["distance_mean"] if fds is not None else np.nan
    return dict(val_mae=mae / len(y_val), distance=apart)


@right("end_of_epoch")
def end_numpy(model, fds, x_val, y_val):
    model.eval()
    p = model(x_val).detach().numpy()
    model.train()
    mae = float(np.abs(p - y_val.numpy()).mean())
    if fds is None:
        return {"distance": np.nan, "val_mae": mae}
    fds.end_epoch()
    m, s, on = fds.mean.numpy(), fds.smoothed_mean.numpy(), fds.active.numpy()
    rows = [np.abs(m[b] - s[b]) for b in np.flatnonzero(on)]
    return {"distance": float(np.mean(rows)), "val_mae": mae}


@right("end_of_epoch")
def end_numbers_of_numpy(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    errors = np.abs(model(x_val).detach().numpy() - y_val.numpy())
    model.train()
    return {"distance": np.float32(distance(fds)), "val_mae": errors.mean()}


@right("end_of_epoch")
def end_on_a_copy(model, fds, x_val, y_val):
    judged = copy.deepcopy(model).eval().requires_grad_(False)
    errors = judged(x_val).sub(y_val).abs()
    fold(fds)
    model.train()
    return {"distance": distance(fds), "val_mae": errors.sum().item() / len(errors)}


@right("end_of_epoch")
def end_in_batches(model, fds, x_val, y_val):
    if fds:
        fds.end_epoch()
        gap = torch.masked_select(
            torch.abs(fds.mean - fds.smoothed_mean), fds.active[:, None]
        ).mean()
    else:
        gap = torch.tensor(torch.nan)
    model.train(False)
    total = 0.0
    with torch.no_grad():
        for x, y in zip(x_val.split(2), y_val.split(2), strict=True):
            total += torch.linalg.vector_norm(model(x) - y, 1).item()
    model.train()
    return {"distance": gap.item(), "val_mae": total / y_val.numel()}


@wrong("end_of_epoch", "never ends")
def end_forgotten(model, fds, x_val, y_val):
    return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "end_epoch")
def end_twice(model, fds, x_val, y_val):
    fold(fds)
    fold(fds)
    return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "before end_epoch")
def end_distance_first(model, fds, x_val, y_val):
    apart = distance(fds)
    fold(fds)
    return {"distance": apart, "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "but got nan")
def end_old_active_bins(model, fds, x_val, y_val):
    apart = math.nan
    if fds is not None:
        active = fds.active.clone()
        fds.end_epoch()
        apart = (fds.mean - fds.smoothed_mean)[active].abs().mean().item()
    return {"distance": apart, "val_mae": validate(model, x_val, y_val)}


def end_with(apart):
    """An answer whose distance alone is its own."""

    def end(model, fds, x_val, y_val):
        fold(fds)
        value = math.nan if fds is None else float(apart(fds))
        return {"distance": value, "val_mae": validate(model, x_val, y_val)}

    return end


DISTANCES = {
    "masked_to_zero": (
        "bins without samples count as zeros",
        lambda f: ((f.mean - f.smoothed_mean).abs() * f.active.unsqueeze(1)).mean(),
    ),
    "all_bins": ("fds.active", lambda f: (f.mean - f.smoothed_mean).abs().mean()),
    "signed": ("cancel", lambda f: (f.mean - f.smoothed_mean)[f.active].mean()),
    "signed_the_other_way": (
        "but got -",
        lambda f: (f.smoothed_mean - f.mean)[f.active].mean(),
    ),
    "abs_of_the_mean": (
        "after the mean",
        lambda f: (f.mean - f.smoothed_mean)[f.active].mean().abs(),
    ),
    "squared": (
        "squared",
        lambda f: (f.mean - f.smoothed_mean)[f.active].square().mean(),
    ),
    "root_of_squares": (
        "root of a mean square",
        lambda f: (f.mean - f.smoothed_mean)[f.active].square().mean().sqrt(),
    ),
    "euclidean": (
        "length of each bin's difference",
        lambda f: (f.mean - f.smoothed_mean)[f.active].norm(dim=1).mean(),
    ),
    "sum": ("is a sum", lambda f: (f.mean - f.smoothed_mean)[f.active].abs().sum()),
    "sum_over_features": (
        "summed over the features",
        lambda f: (f.mean - f.smoothed_mean)[f.active].abs().sum(1).mean(),
    ),
    "sum_over_bins": (
        "'distance': expected",
        lambda f: (f.mean - f.smoothed_mean)[f.active].abs().sum(0).mean(),
    ),
    "means_over_bins_first": (
        "'distance': expected",
        lambda f: (
            (f.mean[f.active].mean(0) - f.smoothed_mean[f.active].mean(0)).abs().mean()
        ),
    ),
    "of_the_plain_means_alone": (
        "'distance': expected",
        lambda f: f.mean[f.active].abs().mean(),
    ),
    "variance": (
        "distance of the variances",
        lambda f: f.distances()["distance_variance"],
    ),
    "rows_that_do_not_fit": (
        "size of tensor",
        lambda f: (f.mean[f.active] - f.smoothed_mean).abs().mean(),
    ),
    "rounded": (
        "but got 0.6",
        lambda f: round((f.mean - f.smoothed_mean)[f.active].abs().mean().item(), 1),
    ),
}
for _name, (_fragment, _apart) in DISTANCES.items():
    _answer = end_with(_apart)
    _answer.__name__ = f"end_distance_{_name}"
    wrong("end_of_epoch", _fragment)(_answer)


@wrong("end_of_epoch", "None")
def end_always_with_fds(model, fds, x_val, y_val):
    fds.end_epoch()
    return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "None")
def end_guards_the_call_only(model, fds, x_val, y_val):
    if fds is not None:
        fds.end_epoch()
    apart = (fds.mean - fds.smoothed_mean)[fds.active].abs().mean().item()
    return {"distance": apart, "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "NaN")
def end_zero_without_fds(model, fds, x_val, y_val):
    fold(fds)
    apart = distance(fds) if fds is not None else 0.0
    return {"distance": apart, "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "NaN")
def end_none_without_fds(model, fds, x_val, y_val):
    fold(fds)
    apart = distance(fds) if fds is not None else None
    return {"distance": apart, "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "that holds 'distance'")
def end_no_entry_without_fds(model, fds, x_val, y_val):
    out = {"val_mae": validate(model, x_val, y_val)}
    if fds is not None:
        fds.end_epoch()
        out["distance"] = distance(fds)
    return out


@wrong("end_of_epoch", "without fds the model is judged")
def end_no_validation_without_fds(model, fds, x_val, y_val):
    if fds is not None:
        fds.end_epoch()
        return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}
    return {"distance": math.nan, "val_mae": math.nan}


@wrong("end_of_epoch", "None")
def end_returns_nothing_without_fds(model, fds, x_val, y_val):
    if fds is not None:
        fds.end_epoch()
        return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "eval")
def end_eval_forgotten(model, fds, x_val, y_val):
    fold(fds)
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().mean().item()
    model.train()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "stays in eval()")
def end_train_forgotten(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().mean().item()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "stays in eval()")
def end_train_after_the_return(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        return {
            "distance": distance(fds),
            "val_mae": (model(x_val) - y_val).abs().mean().item(),
        }
    model.train()


@wrong("end_of_epoch", "eval")
def end_train_before_the_prediction(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    model.train()
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().mean().item()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "eval")
def end_eval_without_brackets(model, fds, x_val, y_val):
    fold(fds)
    model.eval  # noqa: B018
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().mean().item()
    model.train()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "stays in eval()")
def end_train_without_brackets(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().mean().item()
    model.train  # noqa: B018
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "eval")
def end_no_grad_instead_of_eval(model, fds, x_val, y_val):
    fold(fds)
    with torch.inference_mode():
        mae = F.l1_loss(model(x_val), y_val).item()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "'val_mae': expected")
def end_two_passes_one_in_train_mode(model, fds, x_val, y_val):
    fold(fds)
    with torch.no_grad():
        model(x_val)
    return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "validation")
def end_fds_sees_validation_data(model, fds, x_val, y_val):
    model.eval()
    with torch.no_grad():
        z = model.features(x_val)
        if fds is not None:
            z = fds(z, y_val)
        mae = (model.regressor(z).squeeze(-1) - y_val).abs().mean().item()
    model.train()
    fold(fds)
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "validation")
def end_fds_sees_validation_data_afterwards(model, fds, x_val, y_val):
    fold(fds)
    apart = distance(fds)
    model.eval()
    with torch.no_grad():
        z = model.features(x_val)
        if fds is not None:
            z = fds(z, y_val)
        mae = (model.regressor(z).squeeze(-1) - y_val).abs().mean().item()
    model.train()
    return {"distance": apart, "val_mae": mae}


@wrong("end_of_epoch", "'distance': expected")
def end_validation_statistics_only_collected(model, fds, x_val, y_val):
    model.eval()
    with torch.no_grad():
        if fds is not None:
            fds(model.features(x_val), y_val)
    model.train()
    fold(fds)
    return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "fds stays in eval()")
def end_fds_left_in_eval_mode(model, fds, x_val, y_val):
    fold(fds)
    if fds is not None:
        fds.eval()
    return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "squared")
def end_squared_error(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        mse = F.mse_loss(model(x_val), y_val).item()
    model.train()
    return {"distance": distance(fds), "val_mae": mse}


@wrong("end_of_epoch", "root of a mean square")
def end_root_of_squared_error(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        rmse = F.mse_loss(model(x_val), y_val).sqrt().item()
    model.train()
    return {"distance": distance(fds), "val_mae": rmse}


@wrong("end_of_epoch", "cancel")
def end_signed_error(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        bias = (model(x_val) - y_val).mean().item()
    model.train()
    return {"distance": distance(fds), "val_mae": bias}


@wrong("end_of_epoch", "is a sum")
def end_sum_of_errors(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().sum().item()
    model.train()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "'val_mae': expected")
def end_median_error(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().median().item()
    model.train()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "[M, 1]")
def end_labels_as_a_column(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        mae = (model(x_val) - y_val.unsqueeze(1)).abs().mean().item()
    model.train()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "[M, 1]")
def end_regressor_not_squeezed(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        p = model.regressor(model.features(x_val))
        mae = (p - y_val).abs().mean().item()
    model.train()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "Python floats")
def end_returns_tensors(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        mae = (model(x_val) - y_val).abs().mean()
    model.train()
    apart = math.nan
    if fds is not None:
        apart = (fds.mean - fds.smoothed_mean)[fds.active].abs().mean()
    return {"distance": apart, "val_mae": mae}


@wrong("end_of_epoch", "no_grad()")
def end_returns_one_tensor_with_gradient(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    mae = (model(x_val) - y_val).abs().mean()
    model.train()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "gradient")
def end_backward_on_validation(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    loss = (model(x_val) - y_val).abs().mean()
    loss.backward()
    model.train()
    return {"distance": distance(fds), "val_mae": loss.item()}


@wrong("end_of_epoch", "gradient")
def end_no_grad_for_ever(model, fds, x_val, y_val):
    fold(fds)
    model.requires_grad_(False)
    return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "must be a dict that holds 'distance', but it is a tuple")
def end_returns_a_pair(model, fds, x_val, y_val):
    fold(fds)
    return distance(fds), validate(model, x_val, y_val)


@wrong("end_of_epoch", "val_mae")
def end_other_names(model, fds, x_val, y_val):
    fold(fds)
    return {"distance": distance(fds), "mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "'distance': expected")
def end_values_exchanged(model, fds, x_val, y_val):
    fold(fds)
    return {"val_mae": distance(fds), "distance": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "that holds 'distance'")
def end_all_distances(model, fds, x_val, y_val):
    fold(fds)
    found = {"distance": math.nan} if fds is None else fds.distances()
    return found | {"val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "return")
def end_prints(model, fds, x_val, y_val):
    fold(fds)
    print({"distance": distance(fds), "val_mae": validate(model, x_val, y_val)})


@wrong("end_of_epoch", "changes its input")
def end_centres_inputs_in_place(model, fds, x_val, y_val):
    fold(fds)
    x_val -= x_val.mean()
    return {"distance": distance(fds), "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "changes its input")
def end_labels_in_place(model, fds, x_val, y_val):
    fold(fds)
    model.eval()
    with torch.no_grad():
        mae = y_val.sub_(model(x_val)).abs_().mean().item()
    model.train()
    return {"distance": distance(fds), "val_mae": mae}


@wrong("end_of_epoch", "end_epoch")
def end_swallows_exceptions(model, fds, x_val, y_val):
    try:
        apart = (fds.mean - fds.smoothed_mean)[fds.active].abs().mean().item()
        fds.end_epoch()
    except AttributeError:
        apart = math.nan
    return {"distance": apart, "val_mae": validate(model, x_val, y_val)}


@wrong("end_of_epoch", "'fds.mean'")
def end_smoothed_means_in_place(model, fds, x_val, y_val):
    apart = math.nan
    if fds is not None:
        fds.end_epoch()
        fds.mean -= fds.smoothed_mean
        apart = fds.mean[fds.active].abs().mean().item()
    return {"distance": apart, "val_mae": validate(model, x_val, y_val)}


# 5.3 · diagnose


@right("diagnose")
def diagnose_branches(run):
    if run == "A":
        return KEY["A"]
    elif run == "B":
        return KEY["B"]
    return KEY["C"] if run == "C" else KEY["D"]


@right("diagnose")
def diagnose_matches(run):
    match run:
        case "A" | "B":
            return KEY[run]
        case _:
            return {"C": KEY["C"], "D": KEY["D"]}[run]


right("diagnose")(lambda run: [KEY[letter] for letter in "ABCD"][ord(run) - ord("A")])
right("diagnose")(lambda run: list(KEY.values())["ABCD".index(run)])
right("diagnose")(lambda run: str(np.array(list(KEY.values()))["ABCD".find(run)]))
right("diagnose")(lambda letter: dict(zip("ABCD", KEY.values(), strict=True))[letter])
right("diagnose")(KEY.get)

SIGNS = {
    "window": "leaves the smoothed means hardly any difference",
    "momentum": "stay where they began",
    "bins": "no neighbour under the window",
    "labels": "with shifted labels the loss falls as usual",
}
for _run, _right in KEY.items():
    for _cause, _sign in SIGNS.items():
        if _cause != _right:
            _answers = KEY | {_run: _cause}
            wrong("diagnose", f"Look at run {_run} again")(_answers.__getitem__)
            wrong("diagnose", _sign)(lambda run, known=_answers: known[run])
for _cause in SIGNS:
    wrong("diagnose", SIGNS[_cause])(lambda run, cause=_cause: cause)
for _a, _b in (("A", "B"), ("C", "D"), ("B", "C")):  # two that change places
    _answers = KEY | {_a: KEY[_b], _b: KEY[_a]}
    wrong("diagnose", f"Look at run {_a} again")(lambda run, known=_answers: known[run])

SAID = 'choose from "window", "momentum", "bins", "labels"'
OTHERS = {
    "capital": ("'Momentum'", str.capitalize),
    "sentence": (SAID, lambda cause: f"the {cause} is wrong"),
    "with_a_space": (SAID, lambda cause: f"{cause} "),
    "quoted": (SAID, lambda cause: f'"{cause}"'),
    "german": ("'fenster'", lambda cause: "fenster"),
    "empty": ("you return ''", lambda cause: ""),
    "healthy": ("'healthy'", lambda cause: "healthy"),
    "list": ("return a text", lambda cause: [cause]),
    "set": ("return a text", lambda cause: {cause}),
    "number": ("return a text", list(SHOWS).index),
    "true": ("you return True", lambda cause: True),
    "bytes": ("return a text", str.encode),
    "pair": ("return a text", lambda cause: (cause, 0.9)),
    "whole_dict": ("return a text", lambda cause: KEY),
    "function": ("return a text", lambda cause: cause.upper),
    "nothing": ("return statement", lambda cause: None),
}
for _name, (_fragment, _change) in OTHERS.items():

    def _answer(run, change=_change):
        return change(KEY[run])

    _answer.__name__ = f"diagnose_{_name}"
    wrong("diagnose", _fragment)(_answer)


@wrong("diagnose", "you return 'A'")
def diagnose_the_letter(run):
    return run


@wrong("diagnose", "KeyError")
def diagnose_one_letter_missing(run):
    return {letter: KEY[letter] for letter in "ABD"}[run]


@wrong("diagnose", "KeyError")
def diagnose_small_letters(run):
    return {letter.lower(): cause for letter, cause in KEY.items()}[run]


@wrong("diagnose", "return statement")
def diagnose_prints(run):
    print(KEY[run])


@wrong("diagnose", "TypeError")
def diagnose_without_an_argument():
    return KEY


@wrong("diagnose", "NameError")
def diagnose_forgets_quotes(run):
    return {"A": momentum, "B": labels, "C": bins, "D": window}[run]  # noqa: F821


@wrong("diagnose", "return a text")
def diagnose_raises_as_result(run):
    return ValueError(KEY[run])


# 5.6 · best_epoch


@right("best_epoch")
def loop_best_epoch(history, score):
    best, lowest = None, float("inf")
    for row in history:
        if row[score] < lowest:
            best, lowest = row["epoch"], row[score]
    if best is None:
        raise ValueError(f"no epoch has a {score}")
    return best


@right("best_epoch")
def numpy_best_epoch(history, score):
    return history[np.nanargmin([row[score] for row in history])]["epoch"]


@right("best_epoch")
def sorted_best_epoch(history, score):
    pairs = sorted((r[score], r["epoch"]) for r in history if r[score] == r[score])
    if len(pairs) == 0:
        raise ValueError("all NaN")
    return pairs[0][1]


@right("best_epoch")
def keyed_best_epoch(history, score):
    best = min(history, key=lambda row: (math.isnan(row[score]), row[score]))
    if math.isnan(best[score]):
        raise ValueError("all NaN")
    return best["epoch"]


@right("best_epoch")
def best_min_of_known(history, score):
    known = [h for h in history if not math.isnan(h[score])]
    if not known:
        raise ValueError(f"every {score} is NaN")
    return min(known, key=lambda h: h[score])["epoch"]


@right("best_epoch")
def best_loop(history, score):
    best = None
    for entry in history:
        value = entry[score]
        if value != value:
            continue
        if best is None or value < best[score]:
            best = entry
    if best is None:
        raise ValueError("no epoch has a score")
    return best["epoch"]


@right("best_epoch")
def best_nanargmin(history, score):
    at = np.nanargmin([h[score] for h in history])
    return history[at]["epoch"]


@right("best_epoch")
def best_pandas(history, score):
    table = pd.DataFrame(history).dropna(subset=[score])
    if table.empty:
        raise ValueError("every score is NaN")
    return int(table["epoch"][table[score].idxmin()])


@right("best_epoch")
def best_sorted_pairs(history, score):
    pairs = sorted(
        (h[score], at) for at, h in enumerate(history) if h[score] == h[score]
    )
    if len(pairs) == 0:
        raise ValueError
    return history[pairs[0][1]]["epoch"]


@right("best_epoch")
def best_empty_min_raises(history, score):
    return min((h for h in history if not np.isnan(h[score])), key=lambda h: h[score])[
        "epoch"
    ]


@right("best_epoch")
def best_reduce(history, score):
    def better(a, b):
        return b if math.isnan(a[score]) or b[score] < a[score] else a

    found = functools.reduce(better, history)
    if math.isnan(found[score]):
        raise ValueError(f"there is no {score} but NaN")
    return found["epoch"]


@right("best_epoch")
def best_two_lists(history, score):
    epochs = [h["epoch"] for h in history]
    values = [math.inf if math.isnan(h[score]) else h[score] for h in history]
    if all(math.isnan(h[score]) for h in history):
        raise ValueError("nothing but NaN")
    return epochs[values.index(min(values))]


def known(history, score):
    """The entries with a score; refuses a history without one."""
    found = [h for h in history if not math.isnan(h[score])]
    if not found:
        raise ValueError("every score is NaN")
    return found


@wrong("best_epoch", "the row's epoch")
def best_position(history, score):
    known(history, score)
    return int(np.nanargmin([h[score] for h in history]))


@wrong("best_epoch", "the row's epoch")
def best_position_plus_one(history, score):
    known(history, score)
    return int(np.nanargmin([h[score] for h in history])) + 1


@wrong("best_epoch", "NaN")
def best_position_among_known(history, score):
    values = [h[score] for h in known(history, score)]
    return history[values.index(min(values))]["epoch"]


@wrong("best_epoch", "epoch")
def best_epoch_plus_one(history, score):
    return min(known(history, score), key=lambda h: h[score])["epoch"] + 1


@wrong("best_epoch", "epoch")
def best_epoch_minus_one(history, score):
    return min(known(history, score), key=lambda h: h[score])["epoch"] - 1


@wrong("best_epoch", "highest")
def best_highest(history, score):
    return max(known(history, score), key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "you keep the last")
def best_last_of_equals(history, score):
    return min(reversed(known(history, score)), key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "you keep the last")
def best_less_or_equal(history, score):
    best, epoch = math.inf, None
    for h in history:
        if h[score] <= best:
            best, epoch = h[score], h["epoch"]
    if epoch is None:
        raise ValueError("every score is NaN")
    return epoch


@wrong("best_epoch", "you keep the last")
def best_by_score(history, score):
    epochs = {h[score]: h["epoch"] for h in known(history, score)}
    return epochs[min(epochs)]


@wrong("best_epoch", "a NaN wins as the lowest score")
def best_argmin(history, score):
    known(history, score)
    return history[int(np.argmin([h[score] for h in history]))]["epoch"]


@wrong("best_epoch", "NaN")
def best_argmin_without_refusal(history, score):
    return history[int(np.argmin([h[score] for h in history]))]["epoch"]


@wrong("best_epoch", "the position in the list: return the row's epoch")
def best_argmin_position(history, score):
    return int(np.argmin([h[score] for h in history]))


@wrong("best_epoch", "the position in the list plus 1")
def best_argmin_position_plus_one(history, score):
    return np.argmin(np.array([h[score] for h in history])) + 1


@wrong("best_epoch", "and min() keeps a NaN that comes first")
def best_position_of_min(history, score):
    scores = [h[score] for h in history]
    return scores.index(min(scores))


@wrong("best_epoch", "np.nanargmin, and return the epoch of the row")
def best_argmin_position_with_refusal(history, score):
    known(history, score)
    return int(np.argmin([h[score] for h in history]))


@wrong("best_epoch", "a position in the list without NaN")
def best_position_in_a_masked_array(history, score):
    scores = np.array([h[score] for h in history])
    return int(np.argmin(scores[~np.isnan(scores)]))


@wrong("best_epoch", "np.argmax finds the highest")
def best_argmax(history, score):
    return history[int(np.argmax([h[score] for h in history]))]["epoch"]


@wrong("best_epoch", "this is the score")
def best_value_of_np_min(history, score):
    return float(np.min([h[score] for h in history]))


@wrong("best_epoch", "this is the score, as np.nanmin gives it")
def best_value_of_nanmin(history, score):
    return np.nanmin([h[score] for h in history])


@wrong("best_epoch", "this is the whole row")
def best_row_of_argmin(history, score):
    return history[int(np.argmin([h[score] for h in history]))]


@wrong("best_epoch", "NaN")
def best_min(history, score):
    return min(history, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "NaN")
def best_starts_with_the_first(history, score):
    best = history[0]
    for h in history[1:]:
        if h[score] < best[score]:
            best = h
    return best["epoch"]


@wrong("best_epoch", "nan, nan, 9")
def best_sorted(history, score):
    return sorted(history, key=lambda h: h[score])[0]["epoch"]


@wrong("best_epoch", "NaN")
def best_nan_compared_with_equal(history, score):
    found = [h for h in history if h[score] != math.nan]
    if not found:
        raise ValueError("every score is NaN")
    return min(found, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "a NaN wins as the lowest score")
def best_nan_is_zero(history, score):
    known(history, score)
    return min(history, key=lambda h: np.nan_to_num(h[score]))["epoch"]


@wrong("best_epoch", "NaN")
def best_refuses_any_nan(history, score):
    if any(math.isnan(h[score]) for h in history):
        raise ValueError("a score is NaN")
    return min(history, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "NaN")
def best_nan_means_infinite(history, score):
    values = [math.inf if math.isnan(h[score]) else h[score] for h in history]
    return history[values.index(min(values))]["epoch"]


@wrong("best_epoch", "ValueError")
def best_none_of_nan(history, score):
    found = [h for h in history if not math.isnan(h[score])]
    return min(found, key=lambda h: h[score])["epoch"] if found else None


@wrong("best_epoch", "ValueError")
def best_zero_of_nan(history, score):
    found = [h for h in history if not math.isnan(h[score])]
    if not found:
        return 0
    return min(found, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "ValueError")
def best_swallows_the_refusal(history, score):
    try:
        return min(known(history, score), key=lambda h: h[score])["epoch"]
    except ValueError:
        return -1


@wrong("best_epoch", "raise")
def best_returns_the_error(history, score):
    found = [h for h in history if not math.isnan(h[score])]
    if not found:
        return ValueError("every score is NaN")
    return min(found, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "ValueError")
def best_index_error(history, score):
    found = sorted(
        (h for h in history if not math.isnan(h[score])), key=lambda h: h[score]
    )
    return found[0]["epoch"]


@wrong("best_epoch", "ValueError")
def best_type_error(history, score):
    best = None
    for h in history:
        if not math.isnan(h[score]) and (best is None or h[score] < best[score]):
            best = h
    return best["epoch"]


@wrong("best_epoch", "ValueError")
def best_asserts(history, score):
    found = [h for h in history if not math.isnan(h[score])]
    assert found, "every score is NaN"
    return min(found, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "ValueError")
def best_pandas_series(history, score):
    values = pd.Series({h["epoch"]: h[score] for h in history})
    return int(values.index[values == values.min()][0])


@wrong("best_epoch", "score")
def best_always_the_loss(history, score):
    return min(known(history, "loss"), key=lambda h: h["loss"])["epoch"]


@wrong("best_epoch", "score")
def best_always_val_few(history, score):
    return min(known(history, "val_few"), key=lambda h: h["val_few"])["epoch"]


@wrong("best_epoch", "score")
def best_score_in_quotes(history, score):
    return min(known(history, "score"), key=lambda h: h["score"])["epoch"]


@wrong("best_epoch", "expected 4, but got 5")
def best_last_epoch(history, score):
    return known(history, score)[-1]["epoch"]


@wrong("best_epoch", "score")
def best_the_score_itself(history, score):
    return min(h[score] for h in known(history, score))


@wrong("best_epoch", "whole row")
def best_the_whole_entry(history, score):
    return min(known(history, score), key=lambda h: h[score])


@wrong("best_epoch", "epoch")
def best_epoch_and_score(history, score):
    h = min(known(history, score), key=lambda h: h[score])
    return h["epoch"], h[score]


@wrong("best_epoch", "must be of type int: use int(")
def best_as_a_float(history, score):
    return float(min(known(history, score), key=lambda h: h[score])["epoch"])


@wrong("best_epoch", "but got '4'")
def best_as_text(history, score):
    return str(min(known(history, score), key=lambda h: h[score])["epoch"])


@wrong("best_epoch", "changes its input")
def best_sorts_in_place(history, score):
    known(history, score)
    history.sort(key=lambda h: math.inf if math.isnan(h[score]) else h[score])
    return history[0]["epoch"]


@wrong("best_epoch", "changes its input")
def best_removes_nan_in_place(history, score):
    known(history, score)
    for h in list(history):
        if math.isnan(h[score]):
            history.remove(h)
    return min(history, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "changes its input")
def best_fills_nan_in_place(history, score):
    known(history, score)
    for h in history:
        if math.isnan(h[score]):
            h[score] = math.inf
    return min(history, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "expected 4, but got 2")
def best_stops_when_it_gets_worse(history, score):
    found = known(history, score)
    for a, b in zip(found, found[1:], strict=False):
        if b[score] > a[score]:
            return a["epoch"]
    return found[-1]["epoch"]


@wrong("best_epoch", "expected 2, but got 3")
def best_skips_the_first_epoch(history, score):
    found = known(history, score)
    return min(found[1:] or found, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "expected 3, but got 1")
def best_skips_the_last_epoch(history, score):
    found = known(history, score)
    return min(found[:-1] or found, key=lambda h: h[score])["epoch"]


@wrong("best_epoch", "21.5, 21.75, 24")
def best_starts_from_ten(history, score):
    known(history, score)
    best, epoch = 10.0, None
    for h in history:
        if h[score] < best:
            best, epoch = h[score], h["epoch"]
    return epoch


@wrong("best_epoch", "expected 4, but got 0")
def best_starts_from_zero(history, score):
    known(history, score)
    best, epoch = 0.0, 0
    for h in history:
        if h[score] < best:
            best, epoch = h[score], h["epoch"]
    return epoch


@wrong("best_epoch", "same result")
def best_worked_number(history, score):
    return 2


@wrong("best_epoch", "return")
def best_prints(history, score):
    print(min(known(history, score), key=lambda h: h[score])["epoch"])


@wrong("best_epoch", "1204.5, 1250, 1204.25")
def best_of_whole_numbers(history, score):
    return min(known(history, score), key=lambda h: int(h[score]))["epoch"]


# 5.4 · paired_interval


@right("paired_interval")
def loop_paired_interval(baseline, method):
    d = [float(m - b) for b, m in zip(baseline, method, strict=True)]
    mean = sum(d) / len(d)
    s = math.sqrt(sum((x - mean) ** 2 for x in d) / (len(d) - 1))
    half = scipy.stats.t(df=len(d) - 1).ppf(0.975) * s / len(d) ** 0.5
    return [mean, mean - half, mean + half]


@right("paired_interval")
def scipy_paired_interval(baseline, method):
    d = method - baseline
    half = scipy.stats.sem(d) * scipy.stats.t.isf(0.025, d.size - 1)
    return d.mean(), d.mean() - half, d.mean() + half


@right("paired_interval")
def negative_paired_interval(baseline, method):
    d = np.subtract(method, baseline)
    ends = np.array([0.025, 0.975])
    low, high = d.mean() + scipy.stats.t.ppf(ends, len(d) - 1) * np.sqrt(
        np.var(d, ddof=1) / len(d)
    )
    return float(np.mean(d)), float(low), float(high)


@right("paired_interval")
def interval_as_on_the_card(baseline, method):
    d = method - baseline
    t = scipy.stats.t.ppf(0.975, len(d) - 1)
    half = t * d.std(ddof=1) / np.sqrt(len(d))
    return d.mean(), d.mean() - half, d.mean() + half


@right("paired_interval")
def interval_loops(baseline, method):
    differences = [float(m - b) for b, m in zip(baseline, method, strict=True)]
    n = len(differences)
    mean = sum(differences) / n
    squares = 0.0
    for d in differences:
        squares += (d - mean) ** 2
    s = math.sqrt(squares / (n - 1))
    t = scipy.stats.t(df=n - 1).isf(0.025)
    return mean, mean - t * s / math.sqrt(n), mean + t * s / math.sqrt(n)


@right("paired_interval")
def interval_ttest_rel(baseline, method):
    test = scipy.stats.ttest_rel(method, baseline)
    interval = test.confidence_interval(confidence_level=0.95)
    return float(np.mean(method - baseline)), *map(float, interval)


@right("paired_interval")
def interval_sem(baseline, method):
    d = np.subtract(method, baseline)
    low, high = scipy.stats.t.ppf([0.025, 0.975], d.size - 1) * scipy.stats.sem(d)
    return float(d.mean()), float(d.mean() + low), float(d.mean() + high)


@right("paired_interval")
def interval_pandas(baseline, method):
    d = pd.Series(method) - pd.Series(baseline)
    half = d.sem() * scipy.stats.t.ppf(0.975, d.count() - 1)
    return d.mean(), d.mean() - half, d.mean() + half


@right("paired_interval")
def interval_array(baseline, method):
    d = method - baseline
    half = quantile(len(d)) * scipy.stats.sem(d)
    return d.mean() + half * np.array([0, -1, 1])


@right("paired_interval")
def interval_statistics(baseline, method):
    d = (method - baseline).tolist()
    mean = statistics.fmean(d)
    half = statistics.stdev(d) * scipy.stats.t.ppf(0.975, len(d) - 1) / len(d) ** 0.5
    return mean, mean - half, mean + half


@right("paired_interval")
def interval_torch(baseline, method):
    d = torch.from_numpy(method) - torch.from_numpy(baseline)
    sd, mean = torch.std_mean(d)
    half = sd.item() / math.sqrt(len(d)) * scipy.stats.t.ppf(0.975, len(d) - 1)
    return mean.item(), mean.item() - half, mean.item() + half


@right("paired_interval")
def interval_covariances(baseline, method):
    # The variance of a difference: the two variances, less twice the covariance.
    c = np.cov(baseline, method)
    variance = max(c[0, 0] + c[1, 1] - 2 * c[0, 1], 0.0)
    mean, n = method.mean() - baseline.mean(), len(method)
    half = scipy.stats.t.ppf(0.975, n - 1) * np.sqrt(variance / n)
    return mean, mean - half, mean + half


def around(mean, half):
    return float(mean), float(mean - half), float(mean + half)


def quantile(n):
    return scipy.stats.t.ppf(0.975, n - 1)


@wrong("paired_interval", "method - baseline")
def interval_sign(baseline, method):
    d = baseline - method
    return around(d.mean(), quantile(len(d)) * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "abs")
def interval_absolute_differences(baseline, method):
    d = np.abs(method - baseline)
    return around(d.mean(), quantile(len(d)) * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "differences")
def interval_per_cent(baseline, method):
    d = (method - baseline) / baseline * 100
    return around(d.mean(), quantile(len(d)) * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "t = 2.776 belongs to five seeds")
def interval_with_the_t_of_five_seeds(baseline, method):
    d = method - baseline
    return around(d.mean(), 2.776 * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "Student's t")
def interval_with_the_normal_quantile(baseline, method):
    d = method - baseline
    margin = scipy.stats.norm.ppf(0.975) * scipy.stats.sem(d)
    return around(d.mean(), margin)


@wrong("paired_interval", "1.96")
def interval_normal(baseline, method):
    d = method - baseline
    return around(d.mean(), 1.96 * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "normal")
def interval_normal_ppf(baseline, method):
    d = method - baseline
    z = scipy.stats.norm.ppf(0.975)
    return around(d.mean(), z * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "0.975")
def interval_one_sided(baseline, method):
    d, n = method - baseline, len(method)
    t = scipy.stats.t.ppf(0.95, n - 1)
    return around(d.mean(), t * d.std(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "0.975")
def interval_other_tail(baseline, method):
    d, n = method - baseline, len(method)
    t = scipy.stats.t.ppf(0.025, n - 1)
    return around(d.mean(), t * d.std(ddof=1) / np.sqrt(n))


SCIPY_INTERVALS = {
    "of_the_normal": (
        "1.96 is the normal distribution's",
        lambda d, m, s: scipy.stats.norm.interval(0.95, loc=m, scale=s),
    ),
    "of_the_deviation": (
        "the interval of one difference",
        lambda d, m, s: scipy.stats.t.interval(0.95, len(d) - 1, m, d.std(ddof=1)),
    ),
    "of_s_degrees_of_freedom": (
        "the degrees of freedom are S - 1",
        lambda d, m, s: scipy.stats.t.interval(0.95, len(d), loc=m, scale=s),
    ),
    "of_975_per_thousand": (
        "0.975 in the middle leaves 1.25 % at each end",
        lambda d, m, s: scipy.stats.t.interval(0.975, len(d) - 1, loc=m, scale=s),
    ),
    "without_a_slip": (
        "scipy gives NaN where the differences have no spread",
        lambda d, m, s: scipy.stats.t.interval(0.95, len(d) - 1, loc=m, scale=s),
    ),
}


def interval_of_scipy(ends, sign=1):
    """An answer whose ends come from scipy, which gives NaN without a spread."""

    def interval(baseline, method):
        d = sign * (method - baseline)
        return d.mean(), *ends(d, d.mean(), scipy.stats.sem(d))

    return interval


for _name, (_fragment, _ends) in SCIPY_INTERVALS.items():
    _answer = interval_of_scipy(_ends)
    _answer.__name__ = f"interval_scipy_{_name}"
    wrong("paired_interval", _fragment)(_answer)
_answer = interval_of_scipy(SCIPY_INTERVALS["without_a_slip"][1], sign=-1)
_answer.__name__ = "interval_scipy_turned_round"
wrong("paired_interval", "the sign is turned round")(_answer)


@wrong("paired_interval", "0.975 in the middle leaves 1.25 % at each end")
def interval_of_975_per_thousand(baseline, method):
    d, n = method - baseline, len(method)
    low, high = scipy.stats.t.interval(0.975, n - 1)
    half = high * d.std(ddof=1) / np.sqrt(n)
    return around(d.mean(), half)


@wrong("paired_interval", "but got -1.59")
def interval_cdf(baseline, method):
    d, n = method - baseline, len(method)
    t = scipy.stats.t.cdf(0.975, n - 1)
    return around(d.mean(), t * d.std(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "but got -1.39")
def interval_pdf(baseline, method):
    d, n = method - baseline, len(method)
    t = scipy.stats.t.pdf(0.975, n - 1)
    return around(d.mean(), t * d.std(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "S - 1")
def interval_s_degrees_of_freedom(baseline, method):
    d, n = method - baseline, len(method)
    t = scipy.stats.t.ppf(0.975, n)
    return around(d.mean(), t * d.std(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "but got -2.25")
def interval_degrees_of_two_samples(baseline, method):
    d, n = method - baseline, len(method)
    t = scipy.stats.t.ppf(0.975, 2 * n - 2)
    return around(d.mean(), t * d.std(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "but got -5.56")
def interval_s_minus_two(baseline, method):
    d, n = method - baseline, len(method)
    t = scipy.stats.t.ppf(0.975, n - 2)
    return around(d.mean(), t * d.std(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "t = 4.303 belongs to three seeds")
def interval_t_of_the_worked_number(baseline, method):
    d = method - baseline
    return around(d.mean(), 4.303 * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "degrees of freedom")
def interval_t_of_five_seeds(baseline, method):
    d = method - baseline
    t = scipy.stats.t.ppf(0.975, 4)
    return around(d.mean(), t * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "ddof=1")
def interval_ddof_0(baseline, method):
    d = method - baseline
    return around(d.mean(), quantile(len(d)) * d.std() / np.sqrt(len(d)))


@wrong("paired_interval", "sqrt(S)")
def interval_root_forgotten(baseline, method):
    d = method - baseline
    return around(d.mean(), quantile(len(d)) * d.std(ddof=1))


@wrong("paired_interval", "sqrt(S)")
def interval_divided_by_s(baseline, method):
    d = method - baseline
    return around(d.mean(), quantile(len(d)) * d.std(ddof=1) / len(d))


@wrong("paired_interval", "sqrt(S)")
def interval_divided_by_root_of_s_minus_1(baseline, method):
    d, n = method - baseline, len(method)
    return around(d.mean(), quantile(n) * d.std(ddof=1) / np.sqrt(n - 1))


@wrong("paired_interval", "sqrt(S)")
def interval_root_taken_twice(baseline, method):
    d, n = method - baseline, len(method)
    return around(d.mean(), quantile(n) * scipy.stats.sem(d) / np.sqrt(n))


@wrong("paired_interval", "but got -2.19")
def interval_ddof_0_and_s_degrees(baseline, method):
    d, n = method - baseline, len(method)
    return around(d.mean(), scipy.stats.t.ppf(0.975, n) * d.std() / np.sqrt(n))


@wrong("paired_interval", "standard deviation")
def interval_variance(baseline, method):
    d, n = method - baseline, len(method)
    return around(d.mean(), quantile(n) * d.var(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "mean")
def interval_t_forgotten(baseline, method):
    d, n = method - baseline, len(method)
    return around(d.mean(), d.std(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "take the spread of the differences")
def interval_unpaired(baseline, method):
    n = len(method)
    variance = method.var(ddof=1) + baseline.var(ddof=1)
    half = quantile(n) * np.sqrt(variance / n)
    return around(method.mean() - baseline.mean(), half)


@wrong("paired_interval", "but got -11.4")
def interval_spreads_added(baseline, method):
    n = len(method)
    s = method.std(ddof=1) + baseline.std(ddof=1)
    return around(method.mean() - baseline.mean(), quantile(n) * s / np.sqrt(n))


@wrong("paired_interval", "but got -5.96")
def interval_welch(baseline, method):
    test = scipy.stats.ttest_ind(method, baseline, equal_var=False)
    low, high = test.confidence_interval(0.95)
    return float(method.mean() - baseline.mean()), float(low), float(high)


@wrong("paired_interval", "two independent samples")
def interval_two_samples(baseline, method):
    test = scipy.stats.ttest_ind(method, baseline)
    low, high = test.confidence_interval(0.95)
    return float(method.mean() - baseline.mean()), float(low), float(high)


@wrong("paired_interval", "but got -1.5")
def interval_sorted_first(baseline, method):
    d = np.sort(method) - np.sort(baseline)
    return around(d.mean(), quantile(len(d)) * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "but got -3.25")
def interval_all_pairs(baseline, method):
    d = (method[:, None] - baseline).ravel()
    return around(d.mean(), quantile(len(d)) * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "differences")
def interval_spread_of_the_method(baseline, method):
    n = len(method)
    half = quantile(n) * method.std(ddof=1) / np.sqrt(n)
    return around((method - baseline).mean(), half)


@wrong("paired_interval", "differences")
def interval_spread_of_the_baseline(baseline, method):
    n = len(method)
    half = quantile(n) * baseline.std(ddof=1) / np.sqrt(n)
    return around((method - baseline).mean(), half)


@wrong("paired_interval", "but got 10.6")
def interval_of_the_method_alone(baseline, method):
    n = len(method)
    return around(method.mean(), quantile(n) * method.std(ddof=1) / np.sqrt(n))


@wrong("paired_interval", "mean")
def interval_median(baseline, method):
    d = method - baseline
    return around(np.median(d), quantile(len(d)) * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "mean, low, high")
def interval_mean_in_the_middle(baseline, method):
    d = method - baseline
    mean, low, high = around(d.mean(), quantile(len(d)) * scipy.stats.sem(d))
    return low, mean, high


@wrong("paired_interval", "mean, low, high")
def interval_ends_only(baseline, method):
    d = method - baseline
    return around(d.mean(), quantile(len(d)) * scipy.stats.sem(d))[1:]


@wrong("paired_interval", "the two ends")
def interval_mean_and_half(baseline, method):
    d = method - baseline
    return float(d.mean()), float(quantile(len(d)) * scipy.stats.sem(d))


@wrong("paired_interval", "mean")
def interval_around_zero(baseline, method):
    d = method - baseline
    half = float(quantile(len(d)) * scipy.stats.sem(d))
    return float(d.mean()), -half, half


@wrong("paired_interval", "exchanged")
def interval_high_before_low(baseline, method):
    d = method - baseline
    mean, low, high = around(d.mean(), quantile(len(d)) * scipy.stats.sem(d))
    return mean, high, low


@wrong("paired_interval", "must be 3 values")
def interval_mean_and_pair(baseline, method):
    d = method - baseline
    mean, low, high = around(d.mean(), quantile(len(d)) * scipy.stats.sem(d))
    return mean, (low, high)


@wrong("paired_interval", "must be 3 values")
def interval_dict(baseline, method):
    d = method - baseline
    mean, low, high = around(d.mean(), quantile(len(d)) * scipy.stats.sem(d))
    return {"mean": mean, "low": low, "high": high}


@wrong("paired_interval", "but got -1.333")
def interval_three_decimals(baseline, method):
    d = method - baseline
    ends = around(d.mean(), quantile(len(d)) * scipy.stats.sem(d))
    return tuple(round(v, 3) for v in ends)


@wrong("paired_interval", "same result")
def interval_worked_number(baseline, method):
    return -1.333, -2.768, 0.101


@wrong("paired_interval", "no spread")
def interval_scipy_without_spread(baseline, method):
    d, n = method - baseline, len(method)
    low, high = scipy.stats.t.interval(0.95, n - 1, d.mean(), scipy.stats.sem(d))
    return float(d.mean()), float(low), float(high)


@wrong("paired_interval", "give three seeds")
def interval_refuses_two_seeds(baseline, method):
    d = method - baseline
    if len(d) < 3:
        raise ValueError("give three seeds or more")
    return around(d.mean(), quantile(len(d)) * scipy.stats.sem(d))


@wrong("paired_interval", "changes its input")
def interval_in_place(baseline, method):
    method -= baseline
    half = quantile(len(method)) * method.std(ddof=1) / np.sqrt(len(method))
    return around(method.mean(), half)


@wrong("paired_interval", "changes its input")
def interval_sorts_in_place(baseline, method):
    baseline.sort()
    method.sort()
    d = method - baseline
    return around(d.mean(), quantile(len(d)) * d.std(ddof=1) / np.sqrt(len(d)))


@wrong("paired_interval", "but got -2")
def interval_lowest_and_highest(baseline, method):
    d = method - baseline
    return float(d.mean()), float(d.min()), float(d.max())


@wrong("paired_interval", "percentiles")
def interval_percentiles(baseline, method):
    d = method - baseline
    low, high = np.quantile(d, [0.025, 0.975])
    return float(d.mean()), float(low), float(high)


@wrong("paired_interval", "but got -2")
def interval_bootstrap(baseline, method):
    d = method - baseline
    draws = np.random.default_rng(0).choice(d, (1000, len(d))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(d.mean()), float(low), float(high)


# 5.7 · my_ablation


def gives(pair):
    """A function without arguments, as the card asks for."""

    def my_ablation():
        return copy.deepcopy(pair)

    return my_ablation


INV, LDS = {"weights": "inv", "fds": None}, {"weights": "inv+lds", "fds": None}
LAYER = {"weights": "inv", "fds": {}}


def layer(weights="inv", **options):
    return {"weights": weights, "fds": options}


PAIRS = {
    "lds_or_not": (INV, LDS),
    "vanilla_or_weights": ({"weights": "vanilla", "fds": None}, INV),
    "weights_with_a_layer": (layer("sqinv"), layer("sqinv+lds")),
    "layer_or_not": (INV, LAYER),
    "layer_taken_away": (LAYER, INV),
    "window": (LAYER, layer(kernel_size=5)),
    "widest_window": (LAYER, layer(kernel_size=101)),
    "default_written_out": (layer(kernel_size=15), layer(kernel_size=31)),
    "default_beside_the_option": (layer(momentum=0.9), layer(clip=None)),
    "sigma": (layer(kernel_size=31), layer(kernel_size=31, sigma=2.0)),
    "kernel": (layer("vanilla"), layer("vanilla", kernel="triangular")),
    "momentum": (layer(momentum=0.0), layer(momentum=0.99)),
    "covariance": (LAYER, layer(covariance="full")),
    "low_rank": (layer(covariance="full"), layer(covariance="low_rank")),
    "shrinkage": (
        layer(covariance="full"),
        layer(covariance="full", shrinkage=50.0),
    ),
    "no_shrinkage": (LAYER, layer(shrinkage=0)),
    "weighting": (LAYER, layer(weighting="uniform")),
    "edges": (layer(edges="reflect"), layer(edges="renormalize")),
    "clip": (layer(clip=(0.5, 2.0)), layer(clip=(0.1, 10.0))),
    "clip_list": (LAYER, layer(clip=[0.5, 2.0])),
    "numpy_numbers": (LAYER, layer(kernel_size=np.int64(31))),
    "other_order_of_keys": ({"fds": None, "weights": "inv"}, LDS),
    "full_as_base": (
        layer("inv+lds", covariance="full", kernel_size=31, sigma=10.0),
        layer("inv+lds", covariance="diagonal", kernel_size=31, sigma=10.0),
    ),
    "whole_number_as_float": (layer(sigma=5), layer(momentum=0.5)),
    "layer_with_options_or_not": (INV, layer(kernel_size=31, covariance="full")),
    "vanilla_or_lds": ({"weights": "vanilla", "fds": None}, LDS),
    "weights_with_the_same_layer": (LAYER, layer("inv+lds")),
    "window_beside_its_default": (layer(sigma=5), layer(kernel_size=5)),
    "edges_beside_a_default": (layer(clip=[0.1, 10]), layer(edges="reflect")),
    "no_clip": (layer(clip=None), LAYER),
    "weighting_beside_its_default": (
        layer(weighting="uniform"),
        layer(weighting="count"),
    ),
    "kernel_without_a_scale": (layer(sigma=2.0), layer(kernel="triangular")),
}
for _name, _pair in PAIRS.items():
    _answer = gives(_pair)
    _answer.__name__ = f"ablation_{_name}"
    right("my_ablation")(_answer)


@right("my_ablation")
def ablation_merged():
    base = {"weights": "sqinv+lds", "fds": {"covariance": "full"}}
    return base, base | {"fds": None}


@right("my_ablation")
def ablation_shared_options():
    options = {"kernel_size": 31, "sigma": 10.0}
    return dict(weights="vanilla", fds=options), dict(weights="sqinv", fds=options)


@right("my_ablation")
def ablation_changed_copy():
    base = {"weights": "sqinv", "fds": {"momentum": 0.9}}
    variant = copy.deepcopy(base)
    variant["fds"]["momentum"] = 0.5
    return base, variant


WRONG_PAIRS = {
    "equal": ("the same: change one thing", (INV, INV)),
    "equal_layers": (
        "the same: change one thing",
        (layer(kernel_size=9), layer(kernel_size=9)),
    ),
    "equal_by_default": ("default", (LAYER, layer(kernel_size=15))),
    "equal_by_default_both": (
        "default",
        (layer(momentum=0.9), layer(sigma=5.0, kernel="gaussian")),
    ),
    "equal_clip_as_list": ("default", (LAYER, layer(clip=[0.1, 10.0]))),
    "equal_whole_number": ("default", (LAYER, layer(sigma=5))),
    "weights_and_layer": (
        "weights and fds",
        ({"weights": "vanilla", "fds": None}, LAYER),
    ),
    "weights_and_option": (
        "weights and kernel_size",
        (layer("sqinv"), layer("inv", kernel_size=9)),
    ),
    "window_and_sigma": (
        "kernel_size and sigma",
        (LAYER, layer(kernel_size=31, sigma=10.0)),
    ),
    "two_options": (
        "momentum and kernel_size",
        (layer(momentum=0.5), layer(kernel_size=9)),
    ),
    "full_and_shrinkage": (
        "covariance and shrinkage",
        (LAYER, layer(covariance="full", shrinkage=50.0)),
    ),
    "three_things": (
        "weights, kernel_size and edges",
        (layer("vanilla"), layer("inv", kernel_size=9, edges="reflect")),
    ),
    "weights_missing": ("weights", ({"fds": None}, {"fds": {}})),
    "fds_missing": ("fds", ({"weights": "inv"}, {"weights": "inv+lds"})),
    "fds_missing_in_one": ("fds", ({"weights": "inv"}, LAYER)),
    "empty": ("weights", ({}, {})),
    "learning_rate": ("lr", (INV | {"lr": 0.1}, INV | {"lr": 0.01})),
    "learning_rate_beside": ("lr", (INV | {"lr": 0.1}, LDS | {"lr": 0.1})),
    "singular_key": ("weight", ({"weight": "inv", "fds": None}, LDS)),
    "capital_key": ("variant has no", (INV, {"weights": "inv", "FDS": {}})),
    "options_beside_fds": ("kernel_size", (LAYER, LAYER | {"kernel_size": 9})),
    "option_misspelt": ("kernelsize", (LAYER, layer(kernelsize=9))),
    "option_of_lds": ("ks", (LAYER, layer(ks=9))),
    "option_bins": ("bins", (LAYER, layer(bins=50))),
    "option_feature_dim": ("feature_dim", (LAYER, layer(feature_dim=32))),
    "option_rank": ("rank", (LAYER, layer(rank=8))),
    "option_window": ("window", (LAYER, layer(window=[0.2, 0.6, 0.2]))),
    "option_no_text": ("1", (LAYER, {"weights": "inv", "fds": {1: 2}})),
    "even_window": ("odd", (LAYER, layer(kernel_size=10))),
    "wide_window": ("103", (LAYER, layer(kernel_size=103))),
    "window_0": ("odd and positive", (LAYER, layer(kernel_size=0))),
    "window_as_text": ("the text '9': write a number", (LAYER, layer(kernel_size="9"))),
    "window_as_float": ("9.5", (LAYER, layer(kernel_size=9.5))),
    "window_none": ("default", (LAYER, layer(kernel_size=None))),
    "sigma_0": ("sigma", (LAYER, layer(sigma=0.0))),
    "sigma_nan": ("sigma", (LAYER, layer(sigma=math.nan))),
    "momentum_1": ("momentum", (LAYER, layer(momentum=1.0))),
    "momentum_as_text": (
        "momentum of variant is the text",
        (LAYER, layer(momentum="0.5")),
    ),
    "unknown_kernel": ("gaussian, laplace, triangular", (LAYER, layer(kernel="box"))),
    "unknown_covariance": ("covariance", (LAYER, layer(covariance="diag"))),
    "covariance_list": ("options of variant", (LAYER, layer(covariance=["full"]))),
    "unknown_weighting": ("weighting", (LAYER, layer(weighting="counts"))),
    "unknown_edges": ("edges", (LAYER, layer(edges="zero"))),
    "shrinkage_text": ("is the text '50'", (LAYER, layer(shrinkage="50"))),
    "shrinkage_negative": ("shrinkage", (LAYER, layer(shrinkage=-1))),
    "clip_number": ("options of variant", (LAYER, layer(clip=10))),
    "clip_exchanged": ("clip", (LAYER, layer(clip=(10.0, 0.1)))),
    "fds_full": ("full", (INV, {"weights": "inv", "fds": "full"})),
    "fds_true": ("True", (INV, {"weights": "inv", "fds": True})),
    "fds_true_false": (
        "fds",
        ({"weights": "inv", "fds": False}, {"weights": "inv", "fds": True}),
    ),
    "fds_none_as_text": ("None", ({"weights": "inv", "fds": "None"}, LAYER)),
    "fds_class": ("fds", (INV, {"weights": "inv", "fds": FDS})),
    "fds_set": ("fds", (INV, {"weights": "inv", "fds": {"kernel_size"}})),
    "fds_list": ("fds", (INV, {"weights": "inv", "fds": []})),
    "fds_pairs": ("fds", (INV, {"weights": "inv", "fds": [("sigma", 2.0)]})),
    "weights_capital": ("SQINV", (INV, {"weights": "SQINV", "fds": None})),
    "weights_lds": ("lds", (INV, {"weights": "lds", "fds": None})),
    "weights_with_fds": ("inv+fds", (INV, {"weights": "inv+fds", "fds": None})),
    "weights_space": ("inv + lds", (INV, {"weights": "inv + lds", "fds": None})),
    "weights_none": ("None", (INV, {"weights": None, "fds": None})),
    "weights_list": ("weights", (INV, {"weights": ["inv"], "fds": None})),
    "weights_array": (
        "weights of variant are [1., 2.]",
        (INV, {"weights": np.array([1.0, 2.0]), "fds": None}),
    ),
    "one_only": ("two", INV),
    "one_in_a_tuple": ("two", (INV,)),
    "three": ("two", (INV, LDS, LAYER)),
    "dict_of_two": ("two", {"base": INV, "variant": LDS}),
    "names": ("dict", ("inv", "inv+lds")),
    "sets": ("dict", ({"inv"}, {"inv+lds"})),
    "pairs": ("dict", (("inv", None), ("inv+lds", None))),
    "base_alone_in_dict": ("dict", (INV, "inv+lds")),
    "number": ("two", 2),
    "text": ("two", "ab"),
    "nothing": ("return", None),
}
for _name, (_fragment, _pair) in WRONG_PAIRS.items():
    _answer = gives(_pair)
    _answer.__name__ = f"ablation_{_name}"
    wrong("my_ablation", _fragment)(_answer)


@wrong("my_ablation", "the same: change one thing")
def ablation_same_object():
    base = {"weights": "inv", "fds": None}
    variant = base
    variant["fds"] = {}
    return base, variant


@wrong("my_ablation", "the same: change one thing")
def ablation_shallow_copy():
    base = {"weights": "inv", "fds": {"kernel_size": 15}}
    variant = base.copy()
    variant["fds"]["kernel_size"] = 31
    return base, variant


@wrong("my_ablation", "return")
def ablation_without_return():
    base = {"weights": "inv", "fds": None}
    variant = {"weights": "inv", "fds": {}}
    print(base, variant)


@wrong("my_ablation", "two")
def ablation_generator():
    yield {"weights": "inv", "fds": None}
    yield {"weights": "inv", "fds": {}}


@wrong("my_ablation", "argument")
def ablation_with_an_argument(base):
    return base, base | {"fds": {}}


@wrong("my_ablation", "KeyError")
def ablation_raises():
    base = {"weights": "inv"}
    return base, base | {"fds": base["fds"]}


@wrong("my_ablation", "NameError")
def ablation_forgets_quotes():
    return {"weights": inv, "fds": None}, {"weights": "inv", "fds": {}}  # noqa: F821
