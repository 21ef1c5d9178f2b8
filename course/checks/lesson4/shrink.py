"""Exercise 4.7: covariances drawn towards a target, by their counts."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.lesson3.second_mistake import with_and_without
from course.checks.slips import Slip

rng = np.random.default_rng(36)


def _shrink(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    mixed = (n * covariance + strength * target) / (n + strength)
    return np.where((count >= 2)[:, None, None], mixed, target)


def _sphere(matrices):
    """Multiples of the identity with the same trace."""
    dim = matrices.shape[1]
    return np.trace(matrices, axis1=1, axis2=2)[:, None, None] / dim * np.eye(dim)


def _case(counts, dim, strength):
    draws = rng.normal(0, 2, (2, len(counts), 9, dim))
    draws -= draws.mean(2, keepdims=True)
    covariance, target = draws.swapaxes(2, 3) @ draws / 8
    counts = np.array(counts)
    covariance[counts < 2] = np.nan
    return covariance, counts, target, strength


_EVERYWHERE = ("np.where((count >= 2)[:, None, None], mixed, target)", "mixed")
_twice = with_and_without(
    _EVERYWHERE, "give bins with fewer than two samples the target itself"
)
_KNOWN = ("* covariance", "* np.nan_to_num(covariance)")
_ZEROED = [("(count - 1)", "np.maximum(count - 1, 0)"), _EVERYWHERE]
_EXCHANGED = [
    ("n * covariance", "n * target"),
    ("strength * target", "strength * covariance"),
]
_SUM = "(n * covariance + strength * target)"
# fmt: off
PARTS = [
    Part("two samples or more in each bin", 1, [
        (np.array([[[4.0]]]), np.array([31]), np.array([[[1.0]]]), 10.0),
        _case([2, 3, 10, 50, 2000], 3, 10.0),
        _case([4, 25], 4, 0.3),
        _case([7, 2, 90], 1, 40.0),
    ]),
    Part("fewer samples give the target itself", 1, [
        _case([5, 1, 0, 2], 3, 10.0), _case([0, 1, 1, 30, 2], 2, 0.5),
    ]),
]
WRONG = [
    Slip(_EVERYWHERE, "0 * NaN is NaN: give the bins with fewer than two samples "
         "the target, with np.where or a mask"),
    *_twice(("count - 1", "count"), "the weight of a bin is n = count - 1, not "
            "count: one sample is spent on the mean"),
    Slip(("count - 1", "count"), _KNOWN, _EVERYWHERE,
         "with the weight count a bin of one sample is drawn to 0: use count - 1, "
         "and the target where count is below 2"),
    Slip(_KNOWN, _EVERYWHERE,
         "an empty bin has n = -1 and gives no average: give it the target itself"),
    Slip((">= 2", ">= 1"),
         "a bin of one sample is still NaN: it gets the target, like an empty one"),
    Slip((">= 2", ">= 3"), "a bin of two samples has a covariance: only bins with "
         "fewer get the target itself"),
    *_twice(*_EXCHANGED, "covariance and target are exchanged: the more samples a "
            "bin has, the more its own covariance counts"),
    *_twice((" / (n + strength)", ""),
            "the two weights must sum to 1: divide by n + strength"),
    Slip(*_EXCHANGED, _KNOWN, *_ZEROED, "covariance and target are exchanged: n "
         "weighs the bin's own covariance, strength the target"),
    Slip((" / (n + strength)", ""), _KNOWN, *_ZEROED, "that is a sum, not a mean: "
         "divide by the sum of the weights, n + strength"),
    *_twice(("(n + strength)", "n"), "you divide by n alone: the weights are n and "
            "strength, so divide by their sum"),
    *_twice(("strength * target", "target"),
            "the target counts `strength` times: multiply it by strength"),
    *_twice((_SUM, _SUM[1:-1]),
            "a + b / c divides only b: put the whole sum in parentheses"),
    *_twice(("(n + strength)", "n + strength"), "a / n + strength is (a / n) + "
            "strength: put n + strength in parentheses"),
    *_twice(("n + strength", "n + 1 + strength"), "you divide by count + strength: "
            "the weights are n and strength, with n = count - 1"),
    *_twice(("n * cov", "(1 - strength) * cov"), (" / (n + strength)", ""),
            "strength is no share between 0 and 1: the target's share is strength "
            "/ (n + strength)"),
    *_twice(("n * cov", "cov"), ("n + strength", "1 + strength"),
            "the bin's own covariance counts n times: multiply it by n"),
    *_twice(("strength * target", "target"), ("n + strength", "n + 1"),
            "you leave strength out: the target counts `strength` times"),
    *_twice((_SUM, "(covariance + target)"), ("(n + strength)", "2"),
            "your weights are 1/2 in each bin: they are n and strength"),
    *_twice(("(count - 1)[:, None, None]", "(count - 1).sum()"),
            "you use the number of all samples: each bin has its own n"),
    *_twice(("strength * target", "strength * target * np.eye(target.shape[1])"),
            "you use the target's diagonal alone: take the whole matrix"),
    *_twice(("strength * target", "strength * _sphere(covariance)"), "you draw "
            "each bin to a multiple of the identity: draw it to the target"),
    Slip(("    n =", "    target = target[:1]\n    n ="),
         "all bins get the first one's target: each bin has its own, target[b]"),
    Slip(("mixed, target)", "mixed, 0)"),
         "a bin with fewer than two samples is not 0: it gets the target itself"),
    Slip(("mixed, target)", "mixed, target.mean(0))"),
         "each small bin gets its *own* target, not the mean of all"),
    Slip(("mixed, target)", "target, target)"),
         "that is the target alone: mix it with the bin's own covariance"),
    Slip(("(count - 1)[:, None, None]", "count - 1"), "count has shape [B], the "
         "matrices [B, D, D]: give it two more axes, [:, None, None]"),
    Slip(("(count - 1)[:, None, None]", "(count - 1)[:, None]"),
         "count[:, None] has shape [B, 1], which stands beside [D, D]: it needs "
         "two more axes, [:, None, None]"),
]
shrink = Exercise("4.7", "shrink", _shrink, PARTS, WRONG)
