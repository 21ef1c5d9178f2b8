"""Exercise 2.5: a weighted L1 loss that refuses shapes that differ."""

import functools
import traceback

import torch

from course.checks.exercise import Exercise, Part, Wrong
from dirlib import losses


def _tensors(n, seed):
    g = torch.Generator().manual_seed(seed)
    y_hat = (torch.rand(n, generator=g) * 100).requires_grad_()
    return y_hat, torch.rand(n, generator=g) * 100, torch.rand(n, generator=g) * 2


def _column(y_hat):
    return y_hat.detach()[:, None].requires_grad_()


def _l1(y_hat, y, w):
    return (w * (y_hat - y).abs()).mean()


def _refusing(answer):
    """Refuse shapes as the exercise wants it, then do something else."""

    def refuse(y_hat, y, w):
        losses.l1_loss(y_hat, y, w)
        return answer(y_hat, y, w)

    return refuse


def _with_one_refusal(answer):
    """Give an answer's own refusal of three equal shapes one text, to find its cause.

    A ValueError that comes from elsewhere keeps what it says.
    """

    @functools.wraps(answer)
    def loss(y_hat, y, w):
        try:
            return answer(y_hat, y, w)
        except ValueError as error:
            line = traceback.extract_tb(error.__traceback__)[-1].line or ""
            if y_hat.shape == y.shape == w.shape and "raise" in line:
                raise ValueError("three equal shapes are refused") from None
            raise

    return loss


def _squeezing(*which):
    """Squeeze some of the tensors, then compare the shapes."""

    def answer(*tensors):
        tensors = [t.squeeze() if i in which else t for i, t in enumerate(tensors)]
        return _refusing(_l1)(*tensors)

    return answer


def _refused_if(differ):
    """Compare the shapes in another way, then take the loss."""

    def answer(y_hat, y, w):
        if differ(y_hat, y, w):
            raise ValueError("the shapes differ")
        return _l1(y_hat, y, w)

    return answer


weighted_l1 = Exercise(
    "2.5",
    "weighted_l1",
    losses.l1_loss,
    adapt=_with_one_refusal,
    parts=[
        Part("the loss, with a gradient", 1, [_tensors(n, n) for n in (1, 5, 64)]),
        Part(
            "shapes that differ are refused with a ValueError",
            1,
            [
                (_tensors(5, 0)[0], _tensors(5, 0)[1][:1], _tensors(5, 0)[2]),
                (*_tensors(5, 0)[:2], _tensors(5, 0)[2][:1]),
                (_column(_tensors(5, 0)[0]), *_tensors(5, 0)[1:]),
                (_tensors(5, 0)[0], _tensors(5, 0)[1][:, None], _tensors(5, 0)[2]),
                (*_tensors(5, 0)[:2], _tensors(5, 0)[2][:, None]),
            ],
        ),
    ],
    wrong=[
        Wrong(
            _l1,
            "[N] minus [N, 1] silently becomes [N, N]: compare the shapes first, and "
            "raise a ValueError when they differ",
        ),
        Wrong(
            _refused_if(lambda y_hat, y, w: not y_hat.ndim == y.ndim == w.ndim),
            "you compare the number of dimensions: [5] against [1] still passes, so "
            "compare the whole shapes",
        ),
        Wrong(
            _refused_if(lambda y_hat, y, w: y_hat.shape != y.shape),
            "the shape of w is not compared: [N] times [N, 1] is [N, N] too",
        ),
        Wrong(
            _refused_if(lambda y_hat, y, w: y.shape != w.shape),
            "the shape of y_hat is not compared: it is the one that networks get wrong",
        ),
        Wrong(
            _refused_if(lambda y_hat, y, w: y_hat.shape != y.shape != w.shape),
            "a != b != c is true only if both pairs differ: write `not (a == b == c)`",
        ),
        Wrong(
            _refused_if(
                lambda y_hat, y, w: y_hat.shape != y.shape and y_hat.shape != w.shape
            ),
            "one shape that differs is enough: join the comparisons by `or`, not `and`",
        ),
        Wrong(
            _refused_if(lambda y_hat, y, w: True),
            "you refuse three tensors of the same shape: compare .shape with != "
            "(.size is a method, and `is not` asks for the same object)",
        ),
        Wrong(
            _squeezing(0),
            "squeeze turns [1] into [], and hides a column [5, 1]: compare the shapes "
            "as they come",
        ),
        Wrong(
            _squeezing(0, 1, 2),
            "squeeze makes [5, 1] look like [5]: the caller must know of it, so "
            "compare the shapes as they come",
        ),
        Wrong(
            _refused_if(lambda y_hat, y, w: not len(y_hat) == len(y) == len(w)),
            "len() and numel() don't tell [5, 1] from [5]: compare the whole shapes",
        ),
        Wrong(
            lambda y_hat, y, w: _l1(y_hat.flatten(), y.flatten(), w.flatten()),
            "you flatten other shapes silently: the caller must know of them, so "
            "raise a ValueError",
        ),
        Wrong(
            lambda y_hat, y, w: (
                _l1(y_hat, y, w) if y_hat.shape == y.shape == w.shape else None
            ),
            "printing a message stops nobody: raise the ValueError",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: (w * (y_hat - y).abs()).sum() / w.sum()),
            "dividing by the batch's own sum of weights undoes part of the weighting: "
            "divide by N",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: (w * (y_hat - y).abs()).sum()),
            "that is the sum: take the mean over the batch",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: w * (y_hat - y).abs()),
            "those are the losses of the samples: take their mean",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: (w * (y_hat - y)).mean()),
            "errors above and below cancel: take the absolute value",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: (w * (y - y_hat)).mean()),
            "errors below and above cancel: take the absolute value of each",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: (w * (y - y_hat)).mean().abs()),
            "the absolute value comes too late: take it of each error, then the mean",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: w.mean() * (y_hat - y).abs().mean()),
            "you multiply two means: each error needs its own weight before the mean",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: w * (y_hat - y).abs().mean()),
            "the mean comes before the weights: multiply each error by its weight "
            "first",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: (w * (y_hat - y) ** 2).mean()),
            "those are squared errors: L1 takes absolute values",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: (y_hat - y).abs().mean()),
            "the weights play no part yet",
        ),
    ],
)
