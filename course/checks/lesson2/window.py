"""Exercise 2.1: three windows."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.kernels import kernel_window


def _shape(kind, d, half, sigma):
    if kind == "gaussian":
        return np.exp(-(d**2) / (2 * sigma**2))
    if kind == "laplace":
        return np.exp(-d / sigma)
    return 1 - d / (half + 1)


def _distances(size):
    return np.abs(np.arange(size) - size // 2)


def _window_by(shape, scale=np.sum):
    def answer(kind, size, sigma):
        w = shape(kind, _distances(size), size // 2, sigma)
        return w / scale(w)

    return answer


def _but(kind, f):
    """The right windows, except for the shape of one kind."""
    return _window_by(
        lambda k, d, half, sigma: (
            f(d, half, sigma) if k == kind else _shape(k, d, half, sigma)
        )
    )


def _positions(first):
    """The right shapes of wrong distances: from `first(half)` upwards, with signs."""

    def answer(kind, size, sigma):
        w = _shape(kind, np.arange(size) + first(size // 2), size // 2, sigma)
        return w / w.sum()

    return answer


def _without_last(kind, size, sigma):
    w = _shape(kind, np.abs(np.arange(-(size // 2), size // 2)), size // 2, sigma)
    return w / w.sum()


def _triangle_not_scaled(kind, size, sigma):
    if kind == "triangular":
        return _shape(kind, _distances(size), size // 2, sigma)
    return kernel_window(kind, size, sigma)


def _density(kind, size, sigma):
    w = _shape(kind, _distances(size), size // 2, sigma)
    area = {"gaussian": np.sqrt(2 * np.pi) * sigma, "laplace": 2 * sigma}
    return w / area.get(kind, w.sum())


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
            _without_last,
            "range(-h, h) and np.arange(-h, h) stop before h, so the window's last "
            "place is missing: write h + 1",
        ),
        Wrong(
            _triangle_not_scaled,
            "the triangular window is not scaled: divide all three by their sum",
        ),
        Wrong(
            _positions(lambda half: 0),
            "your window falls from its left end: the distance is |position - h|, with "
            "the 0 in the middle",
        ),
        Wrong(
            _positions(lambda half: -half),
            "your distances have a sign, so the window is not symmetric: take np.abs",
        ),
        Wrong(
            _but("gaussian", lambda d, h, s: np.exp(-(d**2) / s**2)),
            "the Gaussian's exponent is -d**2 / (2 * sigma**2): the 2 is missing",
        ),
        Wrong(
            _but("gaussian", lambda d, h, s: np.exp(-(d**2) / (2 * s))),
            "the Gaussian's exponent divides by sigma squared, not by sigma",
        ),
        Wrong(
            _but("gaussian", lambda d, h, s: np.exp(-(d**2) / 2 * s**2)),
            "d**2 / 2 * sigma**2 multiplies by sigma**2: put 2 * sigma**2 in brackets",
        ),
        Wrong(
            _but("gaussian", lambda d, h, s: np.exp(d**2 / (2 * s**2))),
            "your Gaussian grows with the distance: the minus belongs outside the "
            "square, -(d**2)",
        ),
        Wrong(
            _but("gaussian", lambda d, h, s: np.exp(-(d ^ 2) / (2 * s**2))),
            "d^2 is no square in Python: write d**2",
        ),
        Wrong(
            _but("gaussian", lambda d, h, s: np.exp(-(d ^ 2) / (2 * s ^ 2))),
            "s^2 is no square in Python, and a float has no ^: write sigma**2",
        ),
        Wrong(
            _but("gaussian", lambda d, h, s: np.exp(-(d * 1.0 ^ 2) / (2 * s**2))),
            "^ is no power in Python, and fails for an array of floats: write **",
        ),
        Wrong(
            _but("laplace", lambda d, h, s: np.exp(-(d**2) / s)),
            "the Laplace window falls with the distance itself, not with its square",
        ),
        Wrong(
            _but("laplace", lambda d, h, s: np.exp(-d / (2 * s))),
            "the Laplace window's exponent is -d / sigma: the 2 is the Gaussian's",
        ),
        Wrong(
            _but("triangular", lambda d, h, s: 1 - d / h),
            "your triangle is 0 at its two ends, and divides by 0 for size 1: divide "
            "the distance by h + 1",
        ),
        Wrong(
            _but("triangular", lambda d, h, s: 1 - d / max(h, 1)),
            "your triangle is 0 at its two ends, so the window is two bins too narrow: "
            "divide the distance by h + 1",
        ),
        Wrong(
            _but("triangular", lambda d, h, s: 1 - d / h + 1),
            "1 - d / h + 1 is 2 - d / h: put h + 1 in brackets",
        ),
        Wrong(
            _but("triangular", lambda d, h, s: np.maximum(0, 1 - d / (s + 1))),
            "the triangle's width is its size: sigma plays no part",
        ),
        Wrong(
            _density,
            "a curve of area 1 has no values that sum to 1: divide by the sum at the "
            "end",
        ),
        Wrong(
            _window_by(lambda k, d, h, s: _shape("gaussian", d, h, s)),
            'every kind gives you a Gaussian: kind == "a" or "b" is always true, '
            "compare each time",
        ),
        Wrong(
            _window_by(lambda k, d, h, s: _shape(k, d / max(h, 1), 1, s)),
            "your distances run from -1 to 1: count them in bins, from -h to h",
        ),
        Wrong(
            _but("gaussian", lambda d, h, s: gaussian_filter1d((d == 0) * 1.0, s)),
            "a filtered spike is flatter than a Gaussian: use the formula",
        ),
    ],
)
