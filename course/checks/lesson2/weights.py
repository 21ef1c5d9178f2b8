"""Exercise 2.4: weights from an effective density."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.kernels import kernel_window, smooth_bins
from dirlib.lds import density_weights

rng = np.random.default_rng(24)


def _weights(density, index, scheme):
    return density_weights(density[index], scheme)


def _raw(density, scheme):
    return 1 / density if scheme == "inverse" else 1 / np.sqrt(density)


def _raw_over(scale):
    """The samples' raw weights over scale(raw weights of the bins, index)."""

    def answer(p, index, scheme):
        raw = _raw(p, scheme)
        return raw[index] / scale(raw, index)

    return answer


def _mean_one(raw):
    """Scale raw(density of the samples, scheme) to the mean 1."""

    def answer(p, index, scheme):
        w = raw(p[index], scheme)
        return w / w.mean()

    return answer


def _density_over(scale):
    """Scale the density, and leave the weights as they come out."""
    return lambda p, index, scheme: _raw(p / scale(p, index), scheme)[index]


def _one_minus(p, index, scheme):
    w = 1 - p[index] / p.sum()
    w = w if scheme == "inverse" else np.sqrt(w)
    return w / w.mean()


def _case(n_bins, n, scheme):
    index = rng.integers(0, n_bins, n)
    index = np.minimum(index, rng.integers(0, n_bins, n))
    counts = np.bincount(index, minlength=n_bins).astype(float)
    return smooth_bins(counts, kernel_window("gaussian", 3)), index, scheme


weights = Exercise(
    "2.4",
    "weights",
    _weights,
    parts=[
        Part(
            f"{name} ({scheme})",
            1,
            [
                (np.array([1.0, 2.0, 4.0]), np.array([0, 2, 2, 2]), scheme),
                (np.array([2.0, 0.0, 1.0]), np.array([0, 0, 2]), scheme),
                _case(10, 60, scheme),
                _case(101, 3000, scheme),
            ],
        )
        for name, scheme in (("INV", "inverse"), ("SQINV", "sqrt_inverse"))
    ],
    wrong=[
        Wrong(
            _raw_over(lambda raw, index: raw.mean()),
            "you make the mean over the *bins* 1: it is the mean over the *samples* "
            "that must be 1",
        ),
        Wrong(
            _raw_over(lambda raw, index: raw[np.unique(index)].mean()),
            "you take the mean over the bins that occur: take it over the samples, so "
            "that a full bin counts more",
        ),
        Wrong(
            _raw_over(lambda raw, index: raw[index].sum()),
            "your weights sum to 1: their mean must be 1, so they sum to N",
        ),
        Wrong(
            _raw_over(lambda raw, index: 1.0),
            "the weights are not scaled yet: divide by their mean over the samples",
        ),
        Wrong(
            _density_over(lambda p, index: p[index].mean()),
            "you scale the density to the mean 1: scale the weights, after the inverse",
        ),
        Wrong(
            _density_over(lambda p, index: p.mean()),
            "you scale the density over the bins: scale the weights over the samples, "
            "after the inverse",
        ),
        Wrong(
            _density_over(lambda p, index: p.sum()),
            "you scale the density to the sum 1: it is the weights that must have the "
            "mean 1, so divide them by their mean",
        ),
        Wrong(
            _raw_over(lambda raw, index: raw[index].max()),
            "the largest of your weights is 1: it is their mean that must be 1",
        ),
        Wrong(
            lambda p, index, scheme: _raw(p, scheme) / _raw(p, scheme)[index].mean(),
            "you give one weight per bin: w[index] gives each sample that of its bin",
        ),
        Wrong(
            lambda p, index, scheme: _raw(p, scheme) / _raw(p, scheme).mean(),
            "index plays no part yet: w[index] gives each sample the weight of its bin",
        ),
        Wrong(
            _mean_one(lambda p, scheme: p),
            "that gives common ages *more* weight: a weight falls with the density",
        ),
        Wrong(
            _mean_one(lambda p, scheme: 1 / _raw(p, scheme)),
            "common ages get *more* weight: take 1 / density, or 1 / its root",
        ),
        Wrong(
            _mean_one(lambda p, scheme: 1 / p),
            'for "sqrt_inverse" take the root of the density first',
        ),
        Wrong(
            _mean_one(lambda p, scheme: 1 / p ** (1 if scheme == "inverse" else 2)),
            'for "sqrt_inverse" you square the density: take its *root*, 1 / sqrt(p)',
        ),
        Wrong(
            _mean_one(lambda p, scheme: 1 / np.sqrt(p)),
            'you take the root for "inverse" too: compare scheme',
        ),
        Wrong(
            _mean_one(
                lambda p, scheme: 1 / np.sqrt(p) if scheme == "inverse" else 1 / p
            ),
            "the two schemes are the wrong way round: INV is 1/p, SQINV is 1/sqrt(p)",
        ),
        Wrong(
            _mean_one(lambda p, scheme: 1 / p if scheme == "inverse" else np.sqrt(p)),
            'for "sqrt_inverse" you take the root, but not its inverse',
        ),
        Wrong(
            lambda p, index, scheme: (
                _weights(p, index, "inverse") ** (1 if scheme == "inverse" else 0.5)
            ),
            "after the root the mean is no longer 1: take the root first, scale last",
        ),
        Wrong(
            lambda p, index, scheme: _weights(
                np.bincount(index, minlength=len(p)), index, scheme
            ),
            "you count the samples again, so the smoothing is lost: use density",
        ),
        Wrong(
            _mean_one(lambda p, scheme: _raw(p + 1, scheme)),
            "you add 1 to the density: no sample's bin is empty, so nothing divides by "
            "0",
        ),
        Wrong(_one_minus, "that is 1 minus the density: INV is 1 divided by it"),
    ],
)
