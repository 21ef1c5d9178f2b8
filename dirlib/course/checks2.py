"""The exercises of lesson 2, with their typical wrong answers."""

import numpy as np
import torch

from dirlib import losses
from dirlib.course.exercise import Exercise, Part, Wrong
from dirlib.kernels import kernel_window, smooth_bins
from dirlib.lds import density_weights

rng = np.random.default_rng(2)

# ------------------------------------------------------------------ 2.1 three windows

_d = {size: np.abs(np.arange(size) - size // 2) for size in (1, 3, 5, 7, 9, 15, 21)}


def _shape(kind, d, half, sigma):
    if kind == "gaussian":
        return np.exp(-(d**2) / (2 * sigma**2))
    if kind == "laplace":
        return np.exp(-d / sigma)
    return 1 - d / (half + 1)


def _window_by(shape, scale=np.sum):
    def answer(kind, size, sigma):
        w = shape(kind, _d[size], size // 2, sigma)
        return w / scale(w)

    return answer


def _but(kind, f):
    """The right shapes, except for one kind."""
    return lambda k, d, half, sigma: (
        f(d, half, sigma) if k == kind else _shape(k, d, half, sigma)
    )


window = Exercise(
    "2.1",
    "window",
    kernel_window,
    parts=[
        Part(
            f"the {kind} window",
            1,
            [(kind, 5, 2.0), (kind, 9, 1.0), (kind, 1, 2.0), (kind, 21, 7.5)],
        )
        for kind in ("gaussian", "laplace", "triangular")
    ],
    wrong=[
        Wrong(
            _window_by(_shape, np.max),
            "your window sums to more than 1: divide it by its sum (not by its "
            "maximum), so that smoothing keeps the number of samples",
        ),
        Wrong(
            _window_by(lambda k, d, h, s: _shape(k, d + h, h, s)[::-1]),
            "your window falls to one side: the distance is |position - h|, with the 0 "
            "in the middle",
        ),
        Wrong(
            _window_by(_but("gaussian", lambda d, h, s: np.exp(-(d**2) / s**2))),
            "the Gaussian's exponent is -d**2 / (2 * sigma**2): the 2 is missing",
        ),
        Wrong(
            _window_by(_but("gaussian", lambda d, h, s: np.exp(-(d**2) / (2 * s)))),
            "the Gaussian's exponent divides by sigma squared, not by sigma",
        ),
        Wrong(
            _window_by(_but("gaussian", lambda d, h, s: np.exp(-(d**2) / 2 * s**2))),
            "d**2 / 2 * sigma**2 multiplies by sigma**2: put 2 * sigma**2 in brackets",
        ),
        Wrong(
            _window_by(_but("laplace", lambda d, h, s: np.exp(-(d**2) / s))),
            "the Laplace window falls with the distance itself, not with its square",
        ),
        Wrong(
            _window_by(_but("triangular", lambda d, h, s: 1 - d / max(h, 1))),
            "your triangle is 0 at its two ends, so the window is two bins too narrow: "
            "divide the distance by h + 1",
        ),
    ],
)

# ---------------------------------------------------------------------- 2.2 KDE by hand


def _kde(grid, labels, sigma):
    u = (grid[:, None] - labels[None, :]) / sigma
    return np.exp(-0.5 * u**2).mean(1) / (np.sqrt(2 * np.pi) * sigma)


kde = Exercise(
    "2.2",
    "kde",
    _kde,
    parts=[
        Part(
            "one label",
            1,
            [(np.array([28.0, 30.0, 33.0]), np.array([30.0]), s) for s in (1.0, 2.5)],
        ),
        Part(
            "many labels, other grids",
            1,
            [
                (np.linspace(0, 100, 41), rng.normal(40, 15, 300), 3.0),
                (np.linspace(-2, 2, 9), rng.uniform(-1, 1, 9), 0.2),
                (np.array([5.0]), rng.uniform(0, 10, 50), 1.0),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda g, y, s: _kde(g, y, s) * len(y),
            "that is the sum over the labels: a density is their mean, so divide by N",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s) * np.sqrt(2 * np.pi) * s,
            "each bump must have the area 1: divide by sqrt(2 pi) * sigma",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s) * s,
            "a wider bump must be lower: divide by sigma too",
        ),
        Wrong(
            lambda g, y, s: (
                np.exp(-(((g[:, None] - y) / s) ** 2)).mean(1)
                / (np.sqrt(2 * np.pi) * s)
            ),
            "the exponent is -u**2 / 2: the half is missing",
        ),
        Wrong(
            lambda g, y, s: _kde(y, g, s),
            "you average over the grid: there must be one value per *grid point*, "
            "each a mean over the labels",
        ),
        Wrong(
            lambda g, y, s: _kde(g, y, s * y.std(ddof=1) if len(y) > 1 else s),
            "sigma is in label units here: only scipy's bw_method is a multiple of the "
            "labels' standard deviation",
        ),
    ],
)

# --------------------------------------------------------- 2.3 smoothing with two edges


def _roll(c, w):
    half = len(w) // 2
    return sum(w[d + half] * np.roll(c, -d) for d in range(-half, half + 1))


def _repeated(c, w):
    return np.convolve(np.pad(c, len(w) // 2, mode="edge"), w, mode="valid")


def _both(zero, renormalize):
    return lambda c, w, edges: (zero if edges == "zero" else renormalize)(c, w)


def _zero(c, w):
    return smooth_bins(c, w, "zero")


def _renormalize(c, w):
    return smooth_bins(c, w, "renormalize")


_flat, _spike = np.full(12, 7.0), np.eye(11)[0] * 10
_smooth_inputs = [
    (np.array([0.0, 0.0, 4.0, 0.0, 0.0]), np.array([0.25, 0.5, 0.25])),
    (_flat, kernel_window("gaussian", 5)),
    (_spike, kernel_window("laplace", 7)),
    (rng.integers(0, 99, 30).astype(float), kernel_window("triangular", 9)),
    (rng.integers(0, 99, 9).astype(float), kernel_window("gaussian", 9, 3.0)),
]
smooth = Exercise(
    "2.3",
    "smooth",
    smooth_bins,
    parts=[
        Part('edges="zero"', 1, [(*case, "zero") for case in _smooth_inputs]),
        Part(
            'edges="renormalize"',
            1,
            [(*case, "renormalize") for case in _smooth_inputs],
        ),
    ],
    wrong=[
        Wrong(
            _both(_roll, _roll),
            "np.roll goes round in a circle: age 100 leaks into age 0",
        ),
        Wrong(
            _both(_repeated, _repeated),
            "you repeat the value of the edge bin outside: nothing lies there",
        ),
        Wrong(
            lambda c, w, edges: np.convolve(c, w, mode="full"),
            'mode="full" gives more bins than there were: keep those in the middle',
        ),
        Wrong(
            lambda c, w, edges: np.convolve(c, w, mode="valid"),
            'mode="valid" drops the edge bins: every bin needs a value',
        ),
        Wrong(
            _both(_zero, _zero),
            "renormalize does nothing yet: divide each bin by the part of the window "
            "that lies inside",
        ),
        Wrong(
            _both(_renormalize, _renormalize),
            'edges="zero" means that nothing lies outside: don\'t rescale there',
        ),
        Wrong(
            _both(_zero, lambda c, w: _zero(c, w) * c.sum() / _zero(c, w).sum()),
            "you rescale all bins alike: only the bins near an edge lose weight, each "
            "its own share",
        ),
        Wrong(
            _both(lambda c, w: smooth_bins(c, w, "reflect"), _renormalize),
            'you mirror the counts at the edges: with edges="zero" nothing is there',
        ),
    ],
)

# -------------------------------------------------------------------------- 2.4 weights


def _weights(density, index, scheme):
    return density_weights(density[index], scheme)


def _raw(density, scheme):
    return 1 / density if scheme == "inverse" else 1 / np.sqrt(density)


def _weights_case(n_bins, n, scheme):
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
                _weights_case(10, 60, scheme),
                _weights_case(101, 3000, scheme),
            ],
        )
        for name, scheme in (("INV", "inverse"), ("SQINV", "sqrt_inverse"))
    ],
    wrong=[
        Wrong(
            lambda p, index, scheme: (_raw(p, scheme) / _raw(p, scheme).mean())[index],
            "you make the mean over the *bins* 1: it is the mean over the *samples* "
            "that must be 1",
        ),
        Wrong(
            lambda p, index, scheme: (
                _raw(p, scheme)[index] / _raw(p, scheme)[index].sum()
            ),
            "your weights sum to 1: their mean must be 1, so they sum to N",
        ),
        Wrong(
            lambda p, index, scheme: _raw(p, scheme)[index],
            "the weights are not scaled yet: divide by their mean over the samples",
        ),
        Wrong(
            lambda p, index, scheme: p[index] / p[index].mean(),
            "that gives common ages *more* weight: a weight falls with the density",
        ),
        Wrong(
            lambda p, index, scheme: density_weights(p[index], "inverse"),
            'for "sqrt_inverse" take the root of the density first',
        ),
        Wrong(
            lambda p, index, scheme: _weights(
                p, index, "sqrt_inverse" if scheme == "inverse" else "inverse"
            ),
            "the two schemes are the wrong way round: INV is 1/p, SQINV is 1/sqrt(p)",
        ),
    ],
)

# -------------------------------------------------------------------- 2.5 weighted loss


def _tensors(n, seed):
    g = torch.Generator().manual_seed(seed)
    y_hat = (torch.rand(n, generator=g) * 100).requires_grad_()
    return y_hat, torch.rand(n, generator=g) * 100, torch.rand(n, generator=g) * 2


def _column(y_hat):
    return y_hat.detach()[:, None].requires_grad_()


def _mismatch():
    raise ValueError("the shapes differ")


def _refusing(answer):
    """Refuse shapes as the exercise wants it, then do something else."""

    def refuse(y_hat, y, w):
        losses.l1_loss(y_hat, y, w)
        return answer(y_hat, y, w)

    return refuse


weighted_l1 = Exercise(
    "2.5",
    "weighted_l1",
    losses.l1_loss,
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
            lambda y_hat, y, w: (w * (y_hat - y).abs()).mean(),
            "[N] minus [N, 1] silently becomes [N, N]: compare the shapes first, and "
            "raise a ValueError when they differ",
        ),
        Wrong(
            lambda y_hat, y, w: (
                (w * (y_hat - y).abs()).mean()
                if y_hat.ndim == y.ndim == w.ndim
                else _mismatch()
            ),
            "you compare the number of dimensions: [5] against [1] still passes, so "
            "compare the whole shapes",
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
            _refusing(lambda y_hat, y, w: (w * (y_hat - y)).mean()),
            "errors above and below cancel: take the absolute value",
        ),
        Wrong(
            _refusing(lambda y_hat, y, w: w.mean() * (y_hat - y).abs().mean()),
            "you multiply two means: each error needs its own weight before the mean",
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
