"""Exercise 2.4: a weighted L1 loss that refuses shapes that differ."""

import functools
import traceback

import torch

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip


def _weighted_l1(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("the shapes differ")
    return (w * (y_hat - y).abs()).mean()


def _with_its_gradient(answer):
    """Return an answer's loss, and the gradient of the predictions by value.

    Its own refusal of three equal shapes gets one text, to find its cause; a ValueError
    that comes from elsewhere keeps what it says.
    """

    @functools.wraps(answer)
    def loss(y_hat, y, w):
        equal = y_hat.shape == y.shape == w.shape
        try:
            value = answer(y_hat, y, w)
        except ValueError as error:
            line = traceback.extract_tb(error.__traceback__)[-1].line or ""
            if equal and "raise" in line:
                raise ValueError("three equal shapes are refused") from None
            raise
        if not equal or value is None:
            return value
        return value, {_GRADIENT: _gradient(value, y_hat)}

    return loss


def _gradient(value, y_hat):
    """The gradient, or None where the loss wasn't computed from y_hat."""
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        return "no tensor of one number has a gradient here"
    if not value.requires_grad:
        return None
    return torch.autograd.grad(value.sum(), y_hat, allow_unused=True)[0]


_GRADIENT = "the gradient of the loss by y_hat"


def _tensors(n, seed):
    g = torch.Generator().manual_seed(seed)
    y_hat = (torch.rand(n, generator=g) * 100).requires_grad_()
    return y_hat, torch.rand(n, generator=g) * 100, torch.rand(n, generator=g) * 2


_y_hat, _y, _w = _tensors(5, 0)
_column = _y_hat.detach()[:, None].requires_grad_()
_equal = "y_hat.shape == y.shape == w.shape"
# fmt: off
PARTS = [
    # None of the signed means is near 0, where float32's last digits would decide.
    Part("the loss, with a gradient", 1, [_tensors(n, n) for n in (1, 5, 65)]),
    Part("shapes that differ are refused with a ValueError", 1, [
        (_y_hat, _y[:1], _w), (_y_hat, _y, _w[:1]),
        (_column, _y, _w), (_y_hat, _y[:, None], _w), (_y_hat, _y, _w[:, None]),
    ]),
]
WRONG = [
    Slip((_equal, "True"), "[N] minus [N, 1] silently becomes [N, N]: compare the "
         "shapes first, and raise a ValueError when they differ"),
    Slip((_equal, "y_hat.ndim == y.ndim == w.ndim"), "you compare the number of "
         "dimensions: [5] against [1] still passes, so compare the whole shapes"),
    Slip((" == w.shape", ""),
         "the shape of w is not compared: [N] times [N, 1] is [N, N] too"),
    Slip(("y_hat.shape == ", ""), "the shape of y_hat is not compared: it is the "
         "one that networks get wrong"),
    Slip((f"not ({_equal})", "y_hat.shape != y.shape != w.shape"), "a != b != c is "
         "true only if both pairs differ: write `not (a == b == c)`"),
    Slip((f"not ({_equal})", "y_hat.shape != y.shape and y_hat.shape != w.shape"),
         "one shape that differs is enough: join the comparisons by `or`, not `and`"),
    Slip((_equal, "False"), "you refuse three tensors of the same shape: compare "
         ".shape with != (.size is a method, and `is not` asks for the same object)"),
    Slip(("    if", "    y_hat = y_hat.squeeze()\n    if"), "squeeze turns [1] "
         "into [], and hides a column [5, 1]: compare the shapes as they come"),
    Slip(("    if",
          "    y_hat, y, w = y_hat.squeeze(), y.squeeze(), w.squeeze()\n    if"),
         "squeeze makes [5, 1] look like [5]: the caller must know of it, so "
         "compare the shapes as they come"),
    Slip((_equal, "len(y_hat) == len(y) == len(w)"),
         "len() and numel() don't tell [5, 1] from [5]: compare the whole shapes"),
    Slip((_equal, "True"), ("return",
          "y_hat, y, w = y_hat.flatten(), y.flatten(), w.flatten()\n    return"),
         "you flatten other shapes silently: the caller must know of them, so "
         "raise a ValueError"),
    Slip(('raise ValueError("the shapes differ")', "return None"),
         "printing a message stops nobody: raise the ValueError"),
    Slip(("mean()", "sum() / w.sum()"), "dividing by the batch's own sum of "
         "weights undoes part of the weighting: divide by N"),
    Slip(("mean()", "sum()"), "that is the sum: take the mean over the batch"),
    Slip((".mean()", ""), "those are the losses of the samples: take their mean"),
    Slip((".abs()", ""), "errors above and below cancel: take the absolute value"),
    Slip(("(y_hat - y).abs()", "(y - y_hat)"),
         "errors below and above cancel: take the absolute value of each"),
    Slip((".abs()).mean()", ").mean().abs()"),
         "the absolute value comes too late: take it of each error, then the mean"),
    Slip(("(w *", "(w.mean() *"),
         "you multiply two means: each error needs its own weight before the mean"),
    Slip((".abs()).mean()", ".abs().mean())"), "the mean comes before the weights: "
         "multiply each error by its weight first"),
    Slip((".abs()", " ** 2"), "those are squared errors: L1 takes absolute values"),
    Slip(("w * ", ""), "the weights play no part yet"),
    Slip(("return (w * (y_hat - y).abs()).mean()", "value = (w * (y_hat - y).abs())"
          ".mean()\n    return torch.tensor(value.item(), requires_grad=True)"),
         "your result is a new tensor that knows nothing of y_hat, so no gradient "
         "reaches the network: return what torch has computed"),
    Slip(("w * (y_hat - y).abs()", "w * (y_hat.detach() - y).abs() + 0 * y_hat"),
         "detach cuts the gradient: no step would change the network"),
]
weighted_l1 = Exercise(
    "2.4", "weighted_l1", _weighted_l1, PARTS, WRONG, adapt=_with_its_gradient
)
