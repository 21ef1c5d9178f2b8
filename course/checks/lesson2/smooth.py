"""Exercise 2.3: smoothing counts, with two kinds of edges."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.kernels import kernel_window, smooth_bins

rng = np.random.default_rng(23)


def _both(zero, renormalize):
    return lambda c, w, edges: (zero if edges == "zero" else renormalize)(c, w)


def _zero(c, w):
    return smooth_bins(c, w, "zero")


def _renormalize(c, w):
    return smooth_bins(c, w, "renormalize")


def _inside(c, w):
    """The part of the window that lies inside, for each bin."""
    return _zero(np.ones(len(c)), w)


def _padded(mode):
    """Smooth with the counts continued outside by np.pad."""
    return lambda c, w: np.convolve(np.pad(c, len(w) // 2, mode), w, mode="valid")


def _negative_index(c, w, edges):
    """Skip what raises an IndexError: -1 doesn't, it is the last bin."""
    n, half = len(c), len(w) // 2
    out = np.zeros(n)
    for b in range(n):
        near = [d for d in range(-half, half + 1) if -n <= b + d < n]
        out[b] = sum(c[b + d] * w[d + half] for d in near)
        if edges == "renormalize":
            out[b] /= sum(w[d + half] for d in near)
    return out


def _wrapped_left(c, w):
    """At the left edge negative indices reach the last bins; on the right, nothing."""
    half = len(w) // 2
    return np.convolve(
        np.concatenate([c[len(c) - half :], c, np.zeros(half)]), w, "valid"
    )


def _cut(side):
    """At both edges cut the window at the same end, which is right at one of them."""

    def answer(c, w, edges):
        n, half = len(c), len(w) // 2
        out = np.zeros(n)
        for b in range(n):
            near = c[max(0, b - half) : b + half + 1]
            k = w[: len(near)] if side == "end" else w[len(w) - len(near) :]
            out[b] = (near * k).sum() / (1 if edges == "zero" else k.sum())
        return out

    return answer


def _whole(c, w, edges):
    """Write into an array of the type of the counts."""
    out = np.zeros_like(c)
    out[:] = smooth_bins(c, w, edges)
    return out


def _whole_term_by_term(c, w, edges):
    out, inside = np.zeros_like(c), np.zeros(len(c))
    half = len(w) // 2
    for b in range(len(c)):
        for d in range(-half, half + 1):
            if 0 <= b + d < len(c):
                out[b] += w[d + half] * c[b + d]
                inside[b] += w[d + half]
        if edges == "renormalize":
            out[b] /= inside[b]
    return out


def _without_last(c, w, edges):
    shorter = np.append(w[:-1], 0.0)
    out = np.correlate(np.pad(c, len(w) // 2), shorter, "valid")
    if edges == "renormalize":
        out /= np.correlate(np.pad(np.ones(len(c)), len(w) // 2), shorter, "valid")
    return out


def _running(c, w, edges):
    c = c.astype(float)
    inside = np.ones(len(c)) if edges == "zero" else _inside(c, w)
    for b in range(len(c)):
        near = np.pad(c, len(w) // 2)[b : b + len(w)]
        c[b] = (near * w).sum() / inside[b]
    return c


def _middle_only(c, w, edges):
    half = len(w) // 2
    out = _zero(c, w)
    out[:half], out[len(c) - half :] = c[:half], c[len(c) - half :]
    return out


_inputs = [
    (np.array([0.0, 0.0, 4.0, 0.0, 0.0]), np.array([0.25, 0.5, 0.25])),
    (np.full(12, 7.0), kernel_window("gaussian", 5)),
    (np.eye(11)[0] * 10, kernel_window("laplace", 7)),
    (rng.integers(0, 99, 30).astype(float), kernel_window("triangular", 9)),
    (rng.integers(0, 99, 9).astype(float), kernel_window("gaussian", 9, 3.0)),
    # Whole numbers: only at the edges does their type show in the result.
    (np.full(12, 7), np.array([0.25, 0.5, 0.25])),
]
smooth = Exercise(
    "2.3",
    "smooth",
    smooth_bins,
    parts=[
        Part(f'edges="{edges}"', 1, [(*case, edges) for case in _inputs])
        for edges in ("zero", "renormalize")
    ],
    wrong=[
        Wrong(
            _both(_padded("wrap"), _padded("wrap")),
            "np.roll goes round in a circle: age 100 leaks into age 0",
        ),
        Wrong(
            _both(_padded("edge"), _padded("edge")),
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
            _both(_renormalize, _zero),
            'the two kinds of edges are the wrong way round: "zero" doesn\'t rescale',
        ),
        Wrong(
            _both(_zero, lambda c, w: _zero(c, w) * c.sum() / _zero(c, w).sum()),
            "you rescale all bins alike: only the bins near an edge lose weight, each "
            "its own share",
        ),
        Wrong(
            _negative_index,
            "a negative index is no IndexError, it counts from the end: skip it, or "
            "pad with zeros",
        ),
        Wrong(
            _both(_wrapped_left, lambda c, w: _wrapped_left(c, w) / _inside(c, w)),
            "b + d below 0 counts from the end, so the last bins leak into the first "
            "ones: leave such bins out",
        ),
        Wrong(
            _both(_wrapped_left, _wrapped_left),
            "b + d below 0 counts from the end: leave such bins out, and for "
            '"renormalize" divide by what lies inside',
        ),
        Wrong(
            _cut("end"),
            "near the first bins you cut the window at its end: it is its beginning "
            "that lies outside, so keep window[h - b:]",
        ),
        Wrong(
            _cut("beginning"),
            "near the last bins you cut the window at its beginning: it is its end "
            "that lies outside",
        ),
        Wrong(
            _whole,
            "your result holds whole numbers when values does: write to "
            "np.zeros(len(values)), not to values or np.zeros_like(values)",
        ),
        Wrong(
            _whole_term_by_term,
            "np.zeros_like(values) holds whole numbers when values does, so each term "
            "is cut: use np.zeros(len(values))",
        ),
        Wrong(
            _both(_padded("symmetric"), _padded("symmetric")),
            'scipy.ndimage mirrors the bins if you don\'t say mode="constant": nothing '
            "lies outside",
        ),
        Wrong(
            _both(_padded("symmetric"), _renormalize),
            'you mirror the counts at the edges: with edges="zero" nothing is there',
        ),
        Wrong(
            _both(_zero, _padded("edge")),
            'you repeat the first and the last bin: for "renormalize" nothing lies '
            "outside either",
        ),
        Wrong(
            _both(_zero, lambda c, w: _zero(c, w) / _zero(c, w).sum()),
            "you scale the result to the sum 1: scale the window's part inside, bin by "
            "bin",
        ),
        Wrong(
            _both(_zero, lambda c, w: _zero(c, w) * _inside(c, w)),
            "you multiply by the part of the window inside: divide by it",
        ),
        Wrong(
            _both(
                _zero,
                lambda c, w: _zero(c, w) / _inside(c, np.full(len(w), 1 / len(w))),
            ),
            "you divide by the share of *bins* inside: add up the window's values "
            "there",
        ),
        Wrong(
            _without_last,
            "the window's last value plays no part: range(-h, h) stops before h",
        ),
        Wrong(
            _running,
            "you read values that you have just smoothed: write to a new array",
        ),
        Wrong(_middle_only, "the bins near the two ends are not smoothed yet"),
    ],
)
