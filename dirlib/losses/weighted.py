"""The losses of one sample alone, and what all losses share; see `dirlib.losses`."""

import math

import numpy as np
import torch

from dirlib.arguments import as_array


def l1_loss(prediction, target, weights=None, *, reduction="mean"):
    """Return the weighted absolute error, l_i = |prediction_i - target_i|.

    Parameters
    ----------
    prediction : Tensor[...], floating
        What the model says, in label units.
    target : Tensor[...] or array-like, floating or integer
        The labels, in the shape of `prediction`.
    weights : Tensor[...] or array-like, optional
        One weight per element, in the shape of `prediction`, zero or more, with mean 1
        over the training set. None stands for weights that are all 1.
    reduction : {"mean", "sum", "none"}
        (1/N) * sum_i w_i * l_i, with N the number of elements; sum_i w_i * l_i; or
        w_i * l_i for each.

    Returns
    -------
    Tensor[] or, with ``reduction="none"``, Tensor[...]
        In the prediction's dtype; float32 if that is a half precision.

    Raises
    ------
    ValueError
        If the shapes are not equal, the prediction is not floating, a weight on the CPU
        is negative or not finite, the batch is empty and `reduction` is "mean", or
        `reduction` is none of the three.

    Examples
    --------
    >>> prediction, target = torch.tensor([30.0, 64.0]), torch.tensor([28, 70])
    >>> l1_loss(prediction, target)
    tensor(4.)
    >>> l1_loss(prediction, target, torch.tensor([0.5, 1.5]))
    tensor(5.)
    """
    error = _error(prediction, target)
    return weight_and_reduce(error.abs(), weights, reduction)


def mse_loss(prediction, target, weights=None, *, reduction="mean"):
    """Return the weighted squared error, l_i = (prediction_i - target_i)^2.

    Parameters, returns and errors are those of `l1_loss`; the loss is in squared label
    units.
    """
    error = _error(prediction, target)
    return weight_and_reduce(error * error, weights, reduction)


def huber_loss(prediction, target, weights=None, *, reduction="mean", delta=1.0):
    """Return the weighted Huber loss: a parabola for small errors, a line beyond.

    l_i = e_i^2 / 2 where |e_i| <= delta, and delta * (|e_i| - delta / 2) beyond, with
    e_i = prediction_i - target_i. Value and slope have no jump at delta.

    Parameters, returns and errors are those of `l1_loss`, and besides:

    Parameters
    ----------
    delta : float
        Where the parabola ends, in label units; above 0.

    Notes
    -----
    Some code divides by delta ("smooth L1", with beta in place of delta). At delta = 1
    both are the same.
    """
    if not 0 < delta < math.inf:
        raise ValueError(f"delta is {delta}: give a number above 0, in label units.")
    error = _error(prediction, target).abs()
    # Both pieces in one expression, since |e| is cut off at delta: e * (e - e / 2) in
    # the parabola, delta * (e - delta / 2) on the line.
    cut = error.clamp(max=delta)
    return weight_and_reduce(cut * (error - 0.5 * cut), weights, reduction)


def focal_r_loss(
    prediction, target, weights=None, *, reduction="mean", beta=0.2, gamma=1.0
):
    """Return the weighted Focal-R loss: an absolute error that counts less while small.

    l_i = s(beta * |e_i|)^gamma * |e_i| with s(a) = 2 * sigmoid(a) - 1, which maps
    [0, inf) to [0, 1), and e_i = prediction_i - target_i.

    Parameters, returns and errors are those of `l1_loss`, and besides:

    Parameters
    ----------
    beta : float
        How fast an error comes to count in full, per label unit; above 0. With 0.2,
        an error of 5 counts 0.46 of its size and an error of 20 counts 0.96.
    gamma : float
        How strongly small errors are held down; 0 or more. 0 gives `l1_loss`.

    Notes
    -----
    Yang et al., 2021, arXiv:2102.09554: L = (1/n) * sum_i sigma(|beta e_i|)^gamma e_i,
    with e_i the L1 error and sigma a function that maps to [0, 1). A plain sigmoid
    starts at 1/2; the published code takes 2 * sigmoid(beta |e|) - 1, and so do we.
    """
    if not 0 < beta < math.inf:
        raise ValueError(f"beta is {beta}: give a number above 0, per label unit.")
    if not 0 <= gamma < math.inf:
        raise ValueError(f"gamma is {gamma}: give 0 (plain L1) or a number above 0.")
    error = _error(prediction, target).abs()
    # 2 * sigmoid(a) - 1 = tanh(a / 2), without the loss of digits near a = 0.
    focus = torch.tanh(0.5 * beta * error)
    # For gamma < 1 the slope of focus^gamma is infinite at 0, and infinity times an
    # error of 0 is NaN. The true slope of the product is 0: the clamp gives that.
    focus = focus.clamp(min=torch.finfo(focus.dtype).tiny)
    return weight_and_reduce(focus**gamma * error, weights, reduction)


def _error(prediction, target):
    """prediction - target, once both fit together; at least float32."""
    prediction = checked_prediction(prediction)
    return prediction - like(prediction, "target", target)


def checked_prediction(prediction):
    """The prediction, a floating tensor, in float32 or more."""
    if not isinstance(prediction, torch.Tensor):
        raise ValueError(
            f"prediction is a {type(prediction).__name__}, which carries no gradient: "
            "give the network's output, a tensor."
        )
    if not prediction.is_floating_point():
        raise ValueError(
            f"prediction has dtype {prediction.dtype}, which carries no gradient: "
            "give a floating tensor, for example prediction.float()."
        )
    return at_least_float32(prediction)


def at_least_float32(x):
    """A tensor, but not in half precision: see dirlib/losses/__init__.py."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def like(prediction, name, values):
    """Labels, or what has their shape, on the prediction's device and in its dtype."""
    values = as_tensor(name, values)
    _check_shape("prediction", prediction, name, values)
    # Float64 weights, which numpy gives, must not turn the loss into float64.
    return values.to(prediction.device, prediction.dtype)


def as_tensor(name, values):
    """Real numbers as a tensor, with the dtype and device that a tensor has."""
    if not isinstance(values, torch.Tensor):
        array = as_array(name, values)
        if array.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} has dtype {array.dtype}: give real numbers, "
                f"numpy.asarray({name}, dtype=float)."
            )
        values = torch.from_numpy(array.astype(np.float64))
    if values.is_complex():
        raise ValueError(f"{name} has dtype {values.dtype}: give real numbers.")
    return values


def weight_and_reduce(losses, weights, reduction):
    """w_i * l_i, reduced. The one place where weights and reduction are decided."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f'reduction is {reduction!r}: choose "mean", "sum" or "none".')
    if weights is not None:
        weights = as_tensor("weights", weights)
        scale = like(losses, "weights", weights)
        what = "finite and zero or more, as those of dirlib.lds_weights are"
        check_values("weights", weights, what)
        losses = scale * losses
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if losses.numel() == 0:
        raise ValueError(
            f"the batch is empty (shape {list(losses.shape)}) and has no mean: "
            'leave it out, or use reduction="sum".'
        )
    return losses.mean()


def _check_shape(name, value, other_name, other):
    if value.shape == other.shape:
        return
    cure = "bring both to one shape"
    if value.shape == (*other.shape, 1):
        cure = f"use {name}.squeeze(-1)"
    elif other.shape == (*value.shape, 1):
        cure = f"use {other_name}.squeeze(-1)"
    raise ValueError(
        f"{name} has shape {list(value.shape)} but {other_name} has shape "
        f"{list(other.shape)}, and losses do not broadcast: {cure}."
    )


def check_values(name, values, what, low=0.0):
    """Refuse a tensor with values that are not finite, or below `low`."""
    # Only where the look costs nothing: see dirlib/losses/__init__.py.
    if not values.is_cpu or torch.compiler.is_compiling():
        return
    good = (values >= low) & (values < math.inf)  # NaN fails both
    if not good.all():
        position = (~good).nonzero()[0].tolist()
        raise ValueError(
            f"{name}{position or ''} is {values[tuple(position)].item()}: "
            f"{name} must be {what}."
        )
