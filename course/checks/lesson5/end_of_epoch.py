"""Exercise 5.2: the end of an epoch."""

import math

import torch

from course.checks.exercise import Exercise, Wrong
from course.checks.lesson5.epoch_ends import PARTS, through_epoch_ends


def _fold(fds):
    if fds is not None:
        fds.end_epoch()


def _of_active(distance):
    """A distance of the means of the active bins, [A, D]; NaN without fds."""
    return _of_fds(lambda fds: distance((fds.mean - fds.smoothed_mean)[fds.active]))


def _of_fds(distance):
    return lambda fds: math.nan if fds is None else distance(fds)


def _item(value):
    return value.item() if isinstance(value, torch.Tensor) else value


right_distance = _of_active(lambda d: d.abs().mean())


def _in_eval(model, fds, x, y):
    model.eval()
    with torch.no_grad():
        prediction = model(x)
    model.train()
    return prediction


def _end(
    fold=_fold,
    distance=right_distance,
    predict=_in_eval,
    error=lambda prediction, y: (prediction - y).abs().mean(),
    numbers=(_item, _item),
):
    """The end of an epoch, in which something may be done in another way."""

    def answer(model, fds, x_val, y_val):
        fold(fds)
        found = distance(fds)
        value = error(predict(model, fds, x_val, y_val), y_val)
        return {"distance": numbers[0](found), "val_mae": numbers[1](value)}

    return answer


def _same(value):
    return value


def _fold_twice(fds):
    _fold(fds)
    _fold(fds)


def _distance_first(model, fds, x_val, y_val):
    early = right_distance(fds)
    return right(model, fds, x_val, y_val) | {"distance": _item(early)}


def _in_train(model, fds, x, y):
    with torch.no_grad():
        return model(x)


def _left_in_eval(model, fds, x, y):
    model.eval()
    return _in_train(model, fds, x, y)


def _through_fds(model, fds, x, y):
    model.eval()
    with torch.no_grad():
        z = model.features(x)
        prediction = model.regressor(z if fds is None else fds(z, y)).squeeze(-1)
    model.train()
    return prediction


def _validated_first(model, fds, x_val, y_val):
    """Validation data goes through fds, and then its epoch ends."""
    prediction = _through_fds(model, fds, x_val, y_val)
    return _end(predict=lambda *_: prediction)(model, fds, x_val, y_val)


def _fds_in_eval(model, fds, x, y):
    if fds is not None:
        fds.eval()
    return _in_eval(model, fds, x, y)


def _with_a_gradient(model, fds, x, y):
    model.eval()
    prediction = model(x)
    model.train()
    return prediction


def _backward(model, fds, x, y):
    prediction = _with_a_gradient(model, fds, x, y)
    (prediction - y).abs().mean().backward()
    return prediction


def _nothing_without_fds(model, fds, *others):
    if fds is None:
        return {"distance": math.nan, "val_mae": math.nan}
    return right(model, fds, *others)


def _column(prediction, y):
    return (prediction[:, None] - y).abs().mean()


right = _end()

end_of_epoch = Exercise(
    "5.2",
    "end_of_epoch",
    right,
    parts=PARTS,
    wrong=[
        Wrong(
            _end(fold=lambda fds: None),
            "the epoch of fds never ends: call its end_epoch(), or nothing is folded "
            "in",
        ),
        Wrong(
            _end(fold=_fold_twice),
            "end_epoch() is called twice: the second time no sample is there",
        ),
        Wrong(
            _distance_first,
            "the distance is the one before end_epoch(): ask for it afterwards",
        ),
        Wrong(
            _end(
                distance=_of_fds(
                    lambda fds: (fds.mean - fds.smoothed_mean).abs().mean()
                )
            ),
            "bins without samples count too: take only those in fds.active",
        ),
        Wrong(
            _end(
                distance=_of_fds(
                    lambda fds: (
                        (fds.mean - fds.smoothed_mean).abs() * fds.active[:, None]
                    ).mean()
                )
            ),
            "bins without samples count as zeros, which lower the mean: pick the rows "
            "of the bins in fds.active, and then take the mean",
        ),
        Wrong(
            _end(distance=_of_active(torch.mean)),
            "differences of both signs cancel: take their absolute values",
        ),
        Wrong(
            _end(distance=_of_active(lambda d: (d**2).mean())),
            "the distance is squared: take absolute values",
        ),
        Wrong(
            _end(distance=_of_active(lambda d: (d**2).mean().sqrt())),
            "the distance is the root of a mean square: take the mean of absolute "
            "values",
        ),
        Wrong(
            _end(distance=_of_active(lambda d: d.abs().sum())),
            "the distance is a sum, which grows with the bins: take the mean",
        ),
        Wrong(
            _end(distance=_of_active(lambda d: d.abs().sum(1).mean())),
            "the distance is summed over the features: take the mean over them, too",
        ),
        Wrong(
            _end(distance=_of_active(lambda d: d.norm(dim=1).mean())),
            "this is the length of each bin's difference: take the mean of absolute "
            "values, feature by feature",
        ),
        Wrong(
            _end(distance=_of_active(lambda d: d.mean().abs())),
            "the absolute value comes after the mean, when differences have cancelled: "
            "take it before",
        ),
        Wrong(
            _end(distance=_of_fds(lambda fds: fds.distances()["distance_variance"])),
            "this is the distance of the variances: compare the means",
        ),
        Wrong(
            _end(
                distance=_of_fds(
                    lambda fds: (
                        (fds.epoch.mean - fds.smoothed_mean)[fds.active].abs().mean()
                    )
                )
            ),
            "epoch.mean is empty after end_epoch(): the running mean is fds.mean",
        ),
        Wrong(
            _end(fold=lambda fds: fds.end_epoch()),
            "fds may be None: then there is no epoch to end, and the distance is NaN",
        ),
        Wrong(
            _end(distance=lambda fds: 0.0 if fds is None else right_distance(fds)),
            "without fds the distance is 0, which reads like a measurement: NaN says "
            "that there is none",
        ),
        Wrong(
            _end(distance=lambda fds: None if fds is None else right_distance(fds)),
            "without fds the distance is None: it must be a float, NaN",
        ),
        Wrong(
            _nothing_without_fds,
            "without fds the model is judged all the same: only the distance is NaN",
        ),
        Wrong(
            _end(predict=_in_train),
            "the model predicts in train() mode: BatchNorm must not see validation "
            "data, so call model.eval() before, with its parentheses",
        ),
        Wrong(
            _end(predict=_left_in_eval),
            "the model stays in eval(), and the next epoch would train so: call "
            "model.train() at the end",
        ),
        Wrong(
            _end(predict=_through_fds),
            "validation data goes through fds, which calibrates and collects it: "
            "predict with the model alone",
        ),
        Wrong(
            _validated_first,
            "validation data goes through fds before end_epoch(), and gets into the "
            "statistics: predict with the model alone",
        ),
        Wrong(
            _end(predict=_fds_in_eval),
            "fds stays in eval(), and would do nothing in the next epoch: leave its "
            "mode alone",
        ),
        Wrong(
            _end(error=lambda prediction, y: ((prediction - y) ** 2).mean()),
            "val_mae is squared: take the mean of absolute errors",
        ),
        Wrong(
            _end(error=lambda prediction, y: ((prediction - y) ** 2).mean().sqrt()),
            "val_mae is the root of a mean square: take the mean of absolute errors",
        ),
        Wrong(
            _end(error=lambda prediction, y: (prediction - y).mean()),
            "errors of both signs cancel: take the absolute value of each",
        ),
        Wrong(
            _end(error=lambda prediction, y: (prediction - y).mean().abs()),
            "you take the absolute value of the mean: errors have cancelled before it",
        ),
        Wrong(
            _end(error=lambda prediction, y: (prediction - y).abs().sum()),
            "val_mae is a sum, which grows with the samples: take the mean",
        ),
        Wrong(
            _end(error=_column),
            "the prediction is [M, 1] and y_val is [M], so their difference is [M, M]: "
            "take the prediction's last axis away",
        ),
        Wrong(
            _end(numbers=(_item, _same)),
            "val_mae is still a tensor: return it as a Python float",
        ),
        Wrong(
            _end(numbers=(_same, _item)),
            "distance is still a tensor: return it as a Python float",
        ),
        Wrong(
            _end(numbers=(_same, _same)),
            "distance and val_mae are still tensors: return them as Python floats",
        ),
        Wrong(
            _end(predict=_with_a_gradient, numbers=(_item, _same)),
            "val_mae is a tensor that keeps the graph of its gradient: predict under "
            "no_grad(), and return a Python float",
        ),
        Wrong(
            _end(predict=_with_a_gradient, numbers=(_same, _same)),
            "both are tensors, and val_mae keeps the graph of its gradient: predict "
            "under no_grad(), and return Python floats",
        ),
        Wrong(
            _end(predict=_backward),
            "validation leaves gradients in the model: no backward() here",
        ),
    ],
    rtol=1e-4,
    adapt=through_epoch_ends,
)
