"""Exercise 2.3: weights from an effective density."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip
from dirlib.kernels import kernel_window, smooth_bins

rng = np.random.default_rng(24)


def _weights(density, index, scheme):
    p = density[index]
    w = 1 / p if scheme == "inverse" else 1 / np.sqrt(p)
    return w / w.mean()


def _case(n_bins, n, scheme):
    index = rng.integers(0, n_bins, n)
    index = np.minimum(index, rng.integers(0, n_bins, n))
    counts = np.bincount(index, minlength=n_bins).astype(float)
    return smooth_bins(counts, kernel_window("gaussian", 3)), index, scheme


_bins = ("density[index]", "density")  # then the weights are those of the bins
_unscaled = ("w / w.mean()", "w")
# fmt: off
PARTS = [
    Part(f"{name} ({scheme})", 1, [
        (np.array([1.0, 2.0, 4.0]), np.array([0, 2, 2, 2]), scheme),
        (np.array([2.0, 0.0, 1.0]), np.array([0, 0, 2]), scheme),
        _case(10, 60, scheme),
        _case(101, 3000, scheme),
    ])
    for name, scheme in (("INV", "inverse"), ("SQINV", "sqrt_inverse"))
]
WRONG = [
    Slip(_bins, ("w /", "w[index] /"), "you make the mean over the *bins* 1: it is "
         "the mean over the *samples* that must be 1"),
    Slip(_bins, ("w / w.mean()", "w[index] / w[np.unique(index)].mean()"),
         "you take the mean over the bins that occur: take it over the samples, so "
         "that a full bin counts more"),
    Slip(("mean", "sum"),
         "your weights sum to 1: their mean must be 1, so they sum to N"),
    Slip(_unscaled,
         "the weights are not scaled yet: divide by their mean over the samples"),
    Slip(("density[index]", "density[index] / density[index].mean()"), _unscaled, "you "
         "scale the density to the mean 1: scale the weights, after the inverse"),
    Slip(("density[index]", "(density / density.mean())[index]"), _unscaled,
         "you scale the density over the bins: scale the weights over the samples, "
         "after the inverse"),
    Slip(("density[index]", "(density / density.sum())[index]"), _unscaled,
         "you scale the density to the sum 1: it is the weights that must have the "
         "mean 1, so divide them by their mean"),
    Slip(("mean", "max"),
         "the largest of your weights is 1: it is their mean that must be 1"),
    Slip(_bins, ("w.mean()", "w[index].mean()"),
         "you give one weight per bin: w[index] gives each sample that of its bin"),
    Slip(_bins, "index plays no part yet: w[index] gives each sample the weight of "
         "its bin"),
    Slip(("1 / p", "p"), ("1 / np.sqrt(p)", "p"),
         "that gives common ages *more* weight: a weight falls with the density"),
    Slip(("1 / p", "p"), ("1 / np", "np"),
         "common ages get *more* weight: take 1 / density, or 1 / its root"),
    Slip(("np.sqrt(p)", "p"), 'for "sqrt_inverse" you return what "inverse" gives: '
         "take the root of the density, and compare `scheme` with the card's word"),
    Slip(("np.sqrt(p)", "p**2"),
         'for "sqrt_inverse" you square the density: take its *root*, 1 / sqrt(p)'),
    Slip(("1 / p", "1 / np.sqrt(p)"),
         'you take the root for "inverse" too: compare `scheme` with the card\'s word'),
    Slip(("==", "!="),
         "the two schemes are the wrong way round: INV is 1/p, SQINV is 1/sqrt(p)"),
    Slip(("1 / np", "np"), 'for "sqrt_inverse" you take the root, but not its inverse'),
    Slip(("np.sqrt(p)", "p"), ("return w / w.mean()",
          'w = w / w.mean()\n    return w if scheme == "inverse" else np.sqrt(w)'),
         "after the root the mean is no longer 1: take the root first, scale last"),
    Slip(("density[index]", "np.bincount(index)[index]"),
         "you count the samples again, so the smoothing is lost: use density"),
    Slip(("density[index]", "density[index] + 1"), "you add 1 to the density: no "
         "sample's bin is empty, so nothing divides by 0"),
    Slip(("1 / p", "1 - p / density.sum()"),
         ("1 / np.sqrt(p)", "np.sqrt(1 - p / density.sum())"),
         "that is 1 minus the density: INV is 1 divided by it"),
]
weights = Exercise("2.3", "weights", _weights, PARTS, WRONG)
