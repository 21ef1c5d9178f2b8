"""Whether the gradient of an answer is the slope of its own values.

A gradient that merely exists proves little: ``torch.tensor(loss.item(),
requires_grad=True)`` has one, and a straight-through estimator has another's.
"""

import copy

STEP = 1e-5  # of a float64 input


def gradient_fault(function, args):
    """Say what is wrong with the gradient of ``function(*args)``, or return None.

    The inputs that want a gradient are moved a little in a fixed direction, in float64:
    the result must change by the gradient times that move. So wrong values are no
    fault here, as long as the gradient is theirs.
    """
    import torch

    doubles = [_double(copy.deepcopy(arg)) for arg in args]
    moved = [a for a in doubles if isinstance(a, torch.Tensor) and a.requires_grad]
    result = function(*doubles)
    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        return "none arrives"
    weights = torch.linspace(1, 2, result.numel(), dtype=torch.float64)

    def total(value):
        return (weights.reshape(value.shape) * value.double()).sum()

    gradients = torch.autograd.grad(total(result), moved, allow_unused=True)
    if any(g is None for g in gradients):
        return "none arrives"
    if not all(g.isfinite().all() for g in gradients):
        return "not finite"
    if not any(g.any() for g in gradients):
        return "0 everywhere"
    generator = torch.Generator().manual_seed(0)
    ways = [torch.randn(a.shape, generator=generator, dtype=a.dtype) for a in moved]
    steps = [g * way for g, way in zip(gradients, ways, strict=True)]
    with torch.no_grad():
        ends = []
        for move in (STEP, -2 * STEP):
            for tensor, way in zip(moved, ways, strict=True):
                tensor.add_(move * way)
            ends.append(total(function(*doubles)))
    slope = (ends[0] - ends[1]) / (2 * STEP)
    if (slope - sum(s.sum() for s in steps)).abs() > 1e-3 * sum(
        s.abs().sum() for s in steps
    ):
        return "not the slope of your own result"
    return None


def _double(value):
    import torch

    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        return value
    return value.detach().double().requires_grad_(value.requires_grad)
