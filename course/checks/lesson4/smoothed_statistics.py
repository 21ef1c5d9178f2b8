"""Exercise 4.1: smoothing statistics along the bins, each bin by its samples."""

import numpy as np
from scipy.ndimage import correlate1d

from course.checks.exercise import Exercise, Part, Wrong
from dirlib.kernels import kernel_window, smooth_bins

rng = np.random.default_rng(41)


def _smoothed(values, count, window):
    return _ratio(smooth_bins(_mass(values, count), window), smooth_bins(count, window))


def _mass(values, count):
    return count[:, None] * values


def _ratio(mass, total):
    """mass / total, and 0 where the total is 0."""
    total = np.reshape(total, (-1, 1))
    return np.divide(mass, total, out=np.zeros_like(mass), where=total != 0)


def _own_windows(smooth):
    """Smooth in another way, both the statistics times counts and the counts."""
    return lambda v, c, w: _ratio(smooth(_mass(v, c), w), smooth(c, w))


def _padded(mode):
    return lambda values, window: correlate1d(
        np.asarray(values, float), window, axis=0, mode=mode
    )


def _whole_sums(values, window):
    """Smooth as scipy.ndimage does: the result has the type of what is smoothed."""
    return correlate1d(values, window, axis=0, mode="constant")


def _negative_index(values, window):
    """Skip what raises an IndexError: -1 doesn't, it is the last bin."""
    n, half = len(values), len(window) // 2
    out = np.zeros(np.shape(values))
    for b in range(n):
        for d in range(-half, half + 1):
            if b + d < n:
                out[b] += window[d + half] * values[b + d]
    return out


def _without(*places):
    """Smooth with some of the window's values left out."""

    def smooth(values, window):
        window = window.copy()
        window[[p if p is not None else len(window) // 2 for p in places]] = 0
        return correlate1d(np.asarray(values, float), window, axis=0, mode="constant")

    return smooth


def _one_column(values, count, window):
    """np.convolve takes one column, and here it gets all."""
    h, n = len(window) // 2, len(values)
    mass = np.convolve(count[:, None] * values, window)[h : h + n]
    return _ratio(mass, np.convolve(count, window)[h : h + n])


def _from_the_bin_on(values, window):
    """The window begins at the bin, and isn't centred on it."""
    half = len(window) // 2
    values = np.asarray(values, float)
    past = np.zeros((half, *values.shape[1:]))
    return smooth_bins(np.concatenate([values, past]), window)[half:]


def _along_features(v, c, w):
    masses = _mass(v, c), np.repeat(c[:, None], v.shape[1], 1)
    above, below = (
        correlate1d(m.astype(float), w, axis=1, mode="constant") for m in masses
    )
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def _case(count, size, features, sigma=1.0):
    count = np.array(count)
    values = rng.normal(5, 3, (len(count), features)) * (count > 0)[:, None]
    return values, count, kernel_window("gaussian", size, sigma)


smoothed_statistics = Exercise(
    "4.1",
    "smoothed_statistics",
    _smoothed,
    parts=[
        Part(
            "bins with samples",
            1,
            [
                (
                    np.array([[2.0], [2.0], [8.0]]),
                    np.array([3, 1, 2]),
                    np.array([0.25, 0.5, 0.25]),
                ),
                _case([900, 40, 3, 1, 7, 2, 60], 5, 2),
                _case([2, 1, 5, 1, 3, 8, 1, 1, 4], 3, 1),
            ],
        ),
        Part(
            "bins without samples",
            1,
            [
                (
                    np.array([[1.0], [4.0], [0.0]]),
                    np.array([1, 2, 0]),
                    np.array([0.25, 0.5, 0.25]),
                ),
                _case([0, 0, 0, 0, 9, 1, 0, 5, 0, 0, 0, 0], 5, 3),
                _case([0, 1, 0, 0, 0, 30, 2], 7, 2, 0.7),
            ],
        ),
    ],
    wrong=[
        Wrong(
            lambda v, c, w: smooth_bins(v, w, "renormalize"),
            "the counts play no part: a bin with one sample must count less than a "
            "crowded one, and an empty bin not at all",
        ),
        Wrong(
            lambda v, c, w: smooth_bins(v, w),
            "you add up window * values: multiply each by its bin's count, then divide "
            "by the sum of window * count",
        ),
        Wrong(
            lambda v, c, w: smooth_bins(_mass(v, c), w),
            "the sum is not a mean yet: divide it by the sum of window * count",
        ),
        Wrong(
            lambda v, c, w: smooth_bins(_mass(v, c), w) / smooth_bins(c, w)[:, None],
            "0 / 0 is NaN where no sample lies under the window: the result must be 0 "
            "there",
        ),
        Wrong(
            lambda v, c, w: _ratio(smooth_bins(v, w), smooth_bins(c, w)),
            "you divide by window * count, but your sum has no counts: multiply the "
            "values by them before you smooth",
        ),
        Wrong(
            lambda v, c, w: _ratio(
                smooth_bins(_mass(v, c), w), smooth_bins(np.ones(len(c)), w)
            ),
            "you divide by the window's part inside: divide by the sum of window * "
            "count, so that the weights sum to 1",
        ),
        Wrong(
            lambda v, c, w: _ratio(smooth_bins(v, w), smooth_bins(c > 0, w)),
            "you only ask whether a bin has samples: multiply by how many",
        ),
        Wrong(
            lambda v, c, w: (
                smooth_bins(_mass(v, c), w)
                / np.maximum(smooth_bins(c, w), 1.0)[:, None]
            ),
            "the sum of window * count may lie between 0 and 1: only an exact 0 needs "
            "care",
        ),
        Wrong(
            lambda v, c, w: _smoothed(v, c, w) * (c > 0)[:, None],
            "an empty bin takes its neighbours' statistics: the result is 0 only where "
            "no sample lies under the whole window",
        ),
        Wrong(
            lambda v, c, w: _ratio(smooth_bins(_mass(v, c), w), c),
            "you divide by the bin's own count: the neighbours' samples belong to the "
            "sum too, so divide by the sum of window * count",
        ),
        Wrong(
            lambda v, c, w: smooth_bins(_mass(v, c), w) / c[:, None],
            "you divide by the bin's own count, which may be 0: divide by the sum of "
            "window * count, to which the neighbours' samples belong",
        ),
        Wrong(
            lambda v, c, w: smooth_bins(_mass(v, c), w) / c.clip(1)[:, None],
            "you divide by the bin's own count, or 1: divide by the sum of window * "
            "count, to which the neighbours' samples belong",
        ),
        Wrong(
            _own_windows(_whole_sums),
            "your sum of window * count is rounded to whole numbers: make count a "
            "float first",
        ),
        Wrong(
            lambda v, c, w: _whole_sums(_mass(v, c), w) / _whole_sums(c, w)[:, None],
            "your sum of window * count is rounded to whole numbers, and may become 0: "
            "make count a float first",
        ),
        Wrong(
            _own_windows(_padded("mirror")),
            "beyond the first and the last bin lies nothing: you mirror the bins, as "
            "the published code does",
        ),
        Wrong(
            lambda v, c, w: smooth_bins(_mass(v, c), w) / c.sum(),
            "you divide by all samples: only those under the window count, each by "
            "its weight",
        ),
        Wrong(
            lambda v, c, w: _ratio(
                smooth_bins(_mass(v, c), w), smooth_bins(c, w, "renormalize")
            ),
            "the counts are rescaled at the two ends, but the statistics aren't: "
            "smooth both in the same way",
        ),
        Wrong(
            lambda v, c, w: _ratio(
                smooth_bins(v, w) * c[:, None], smooth_bins(np.ones(len(c)), w) * c
            ),
            "you multiply by count[b], the bin's own: each neighbour counts by "
            "count[b + d]",
        ),
        Wrong(
            _own_windows(_padded("reflect")),
            'scipy.ndimage mirrors the bins if you don\'t say mode="constant": nothing '
            "lies beyond the ends",
        ),
        Wrong(
            _own_windows(_padded("wrap")),
            "np.roll goes round in a circle: the last bin leaks into the first",
        ),
        Wrong(
            _own_windows(_padded("nearest")),
            "you repeat the first and the last bin: nothing lies beyond the ends",
        ),
        Wrong(
            _own_windows(_negative_index),
            "b + d = -1 is no IndexError, it is the last bin: leave it out",
        ),
        Wrong(
            _own_windows(_without(-1)),
            "the window's last value plays no part: range(-h, h) stops before h",
        ),
        Wrong(
            _own_windows(_without(None)),
            "the bin itself is left out: the middle of the window belongs to it",
        ),
        Wrong(
            _own_windows(_from_the_bin_on),
            "your window begins at the bin: its middle belongs to the bin, so d goes "
            "from -(K // 2) to K // 2",
        ),
        Wrong(
            _along_features,
            "you smooth from feature to feature: the bins are rows, so smooth along "
            "axis 0",
        ),
        Wrong(
            lambda v, c, w: _ratio(smooth_bins(c * v, w), smooth_bins(c, w)),
            "count [B] beside values [B, D] lines up with the features: make it [B, 1] "
            "with count[:, None]",
        ),
        Wrong(
            lambda v, c, w: _ratio(smooth_bins(v * c, w), smooth_bins(c, w)),
            "count [B] beside values [B, D] lines up with the features: make it a "
            "column with count[:, None]",
        ),
        Wrong(
            lambda v, c, w: _ratio(
                smooth_bins(_mass(v, c), w), smooth_bins(c, np.ones_like(w))
            ),
            "your divisor adds up the counts without the window: divide by the sum of "
            "window * count",
        ),
        Wrong(
            _one_column,
            "np.convolve takes one column at a time: loop over the features, or smooth "
            "along axis 0 with another function",
        ),
    ],
)
