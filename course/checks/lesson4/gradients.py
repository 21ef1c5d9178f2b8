"""Ask an answer for its gradient, and see whether it writes into the features."""

import torch


def with_gradient(answer):
    """Turn a function of z into one that asks for a gradient, if z wants one.

    Then it tells of the gradient alone, and z shows what the function writes into it:
    wrong values cost their own parts, and so do a missing gradient and writing.
    """

    def function(z, *others):
        if not z.requires_grad:
            return answer(z.clone(), *others)
        result, gradient = result_and_gradient(lambda mine: answer(mine, *others), z)
        if result is None:
            return None
        return {"gradient of z": arrives(gradient)}

    return function


def arrives(gradient):
    """Say in a word or two whether a gradient is one to learn from."""
    if gradient is None:
        return "none arrives"
    if not gradient.isfinite().all():
        return "not finite"
    return "arrives" if gradient.any() else "0 everywhere"


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
    weights = torch.linspace(1, 2, result.numel(), dtype=result.dtype)
    total = (weights.reshape(result.shape) * result).sum()
    return result, torch.autograd.grad(total, mine, allow_unused=True)[0]
