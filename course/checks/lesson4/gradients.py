"""Ask an answer for its gradient, and see whether it writes into the features."""

import copy

import torch

# How far a slope may be from the gradient: calibrations are straight lines in z, so
# only float32 and curved wrong answers need it.
TOLERANCE = 0.02
STEP = 0.05
ENTRIES = 8  # of z, whose slopes are compared


def with_gradient(answer):
    """Turn a function of z into one that asks for a gradient, if z wants one.

    Then it tells of the gradient alone, and z shows what the function writes into it:
    wrong values cost their own parts, and so do a missing gradient and writing.
    """

    def function(z, *others):
        if not z.requires_grad:
            return answer(z.clone(), *others)
        before, kept = z.detach().clone(), copy.deepcopy(others)
        result, gradient = result_and_gradient(lambda mine: answer(mine, *others), z)
        if result is None:
            return None

        def again(near):
            return answer(near, *copy.deepcopy(kept))

        return {"gradient of z": arrives(gradient, again, before, z)}

    return function


def arrives(gradient, function, z, after):
    """Say in a few words whether a gradient is one to learn from.

    It must be the slope of what `function` itself returns, right or wrong: a gradient
    that goes round the formula isn't. `after` is z after the call: what is written to
    has no slope, and writing costs the part anyway.
    """
    if gradient is None:
        return "none arrives"
    if not gradient.isfinite().all():
        return "not finite"
    if not gradient.any():
        return "0 everywhere"
    if not torch.equal(z, after.detach()):
        return "arrives"
    for i in torch.linspace(0, z.numel() - 1, ENTRIES).long().unique():
        step = torch.zeros_like(z)
        step.view(-1)[i] = STEP
        with torch.no_grad():
            rise = function(z + step) - function(z - step)
        slope = (_weights(rise) * rise).sum() / (2 * STEP)
        wanted = gradient.reshape(-1)[i]
        if not (slope - wanted).abs() <= TOLERANCE * wanted.abs().clamp(min=0.1):
            return "not the slope of your result"
    return "arrives"


def _weights(result):
    weights = torch.linspace(1, 2, result.numel(), dtype=result.dtype)
    return weights.reshape(result.shape)


def result_and_gradient(function, z):
    """Return function(z), and the gradient of a fixed weighted sum of it.

    The function gets a copy of z, as if layers stood before it: torch refuses to write
    into z itself, but not into what layers give. What it writes appears in z.
    The gradient is None where none reaches z.
    """
    mine = z.detach().clone().requires_grad_()
    features = mine.clone()
    result = function(features)
    with torch.no_grad():
        z.copy_(features)
    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        return result, None
    total = (_weights(result) * result).sum()
    return result, torch.autograd.grad(total, mine, allow_unused=True)[0]
