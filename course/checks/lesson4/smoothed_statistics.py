"""Exercise 4.1: smoothing statistics along the bins, each bin by its samples."""

import numpy as np
from scipy.ndimage import correlate1d

import dirlib
from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

rng = np.random.default_rng(41)


def _smoothed(values, count, window):
    weights = count[:, None].astype(float)
    options = {"axis": 0, "mode": "constant"}
    mass = correlate1d(weights * values, window, **options)
    total = correlate1d(weights, window, **options)
    return np.divide(mass, total, out=np.zeros_like(mass), where=total != 0)


def _negative_index(values, window, **options):
    """Skip what raises an IndexError: -1 doesn't, it is the last bin."""
    half = len(window) // 2
    return correlate1d(np.r_[values[-half:], values], window, **options)[half:]


def _case(count, size, features, sigma=1.0):
    count = np.array(count)
    values = rng.normal(5, 3, (len(count), features)) * (count > 0)[:, None]
    return values, count, dirlib.kernel_window("gaussian", size, sigma)


def _worked(values, count):
    return np.array(values)[:, None], np.array(count), np.array([0.25, 0.5, 0.25])


def _first(line, cause):
    """What goes wrong when the sums are prepared by this line, too."""
    return Slip(("    mass", f"    {line}\n    mass"), cause)


_mass = "correlate1d(weights * values, window, **options)"
_total = "correlate1d(weights, window, **options)"
_ratio = "np.divide(mass, total, out=np.zeros_like(mass), where=total != 0)"
# fmt: off
PARTS = [
    Part("bins with samples", 1, [
        _worked([2.0, 2.0, 8.0], [3, 1, 2]),
        _case([900, 40, 3, 1, 7, 2, 60], 5, 2),
        _case([2, 1, 5, 1, 3, 8, 1, 1, 4], 3, 1),
    ]),
    Part("bins without samples", 1, [
        _worked([1.0, 4.0, 0.0], [1, 2, 0]),
        _case([0, 0, 0, 0, 9, 1, 0, 5, 0, 0, 0, 0], 5, 3),
        _case([0, 1, 0, 0, 0, 30, 2], 7, 2, 0.7),
    ]),
]
WRONG = [
    Slip((_ratio, 'dirlib.smooth_bins(values, window, "renormalize")'),
         "the counts play no part: a bin with one sample must count less than a "
         "crowded one, and an empty bin not at all"),
    *(
        Slip((_ratio, f'correlate1d(values, window, axis=0, mode="{mode}")'), cause)
        for mode, cause in (
            ("mirror", "that is the published smoothing, mirrored at the ends and with "
             "every bin alike: weigh each by its count, with nothing beyond the ends"),
            ("reflect", "scipy mirrors the bins at the ends unless you say "
             'mode="constant", and every bin counts alike: weigh each by its count'),
            ("nearest", "you repeat the first and the last bin, and every bin counts "
             "alike: weigh each by its count, with nothing beyond the ends"),
        )
    ),
    Slip((_mass, "correlate1d(values, window, **options)"), (_ratio, "mass"),
         "you add up window * values: multiply each by its bin's count, then "
         "divide by the sum of window * count"),
    Slip((_ratio, "mass"),
         "the sum is not a mean yet: divide it by the sum of window * count"),
    Slip((_ratio, "mass / total"), "0 / 0 is NaN where no sample lies under the "
         "window: the result must be 0 there"),
    Slip(("weights * values", "values"), "you divide by window * count, but your "
         "sum has no counts: multiply the values by them before you smooth"),
    Slip(("(weights, window", "(np.ones_like(weights), window"), "you divide by "
         "the window's part inside: divide by the sum of window * count, so that "
         "the weights sum to 1"),
    Slip(("count[:, None]", "(count[:, None] > 0)"),
         "you only ask whether a bin has samples: multiply by how many"),
    Slip((_ratio, "mass / np.maximum(total, 1)"), "the sum of window * count may "
         "lie between 0 and 1: only an exact 0 needs care"),
    Slip((_ratio, f"{_ratio} * (weights > 0)"), "an empty bin takes its "
         "neighbours' statistics: the result is 0 only where no sample lies under "
         "the whole window"),
    Slip((_total, "weights"), "you divide by the bin's own count: the neighbours' "
         "samples belong to the sum too, so divide by the sum of window * count"),
    Slip((_ratio, "mass / weights"), "you divide by the bin's own count, which may "
         "be 0: divide by the sum of window * count, to which the neighbours' "
         "samples belong"),
    Slip((_ratio, "mass / weights.clip(1)"), "you divide by the bin's own count, "
         "or 1: divide by the sum of window * count, to which the neighbours' "
         "samples belong"),
    Slip((".astype(float)", ""), "your sum of window * count is rounded to whole "
         "numbers: make count a float first"),
    Slip((".astype(float)", ""), (_ratio, "mass / total"), "your sum of window * count "
         "is rounded to whole numbers, and may become 0: make count a float first"),
    Slip(("constant", "mirror"), "beyond the first and the last bin lies nothing: "
         "you mirror the bins, as the published code does"),
    Slip((_total, "weights.sum()"), "you divide by all samples: only those under "
         "the window count, each by its weight"),
    Slip((_total, 'dirlib.smooth_bins(weights, window, "renormalize")'),
         "the counts are rescaled at the two ends, but the statistics aren't: "
         "smooth both in the same way"),
    Slip((_mass, "correlate1d(values, window, **options) * weights"),
         (_total, "correlate1d(weights**0, window, **options) * weights"), "you "
         "multiply by count[b], the bin's own: each neighbour counts by count[b + d]"),
    Slip(("constant", "reflect"), "scipy.ndimage mirrors the bins if you don't say "
         'mode="constant": nothing lies beyond the ends'),
    Slip(("constant", "wrap"),
         "np.roll goes round in a circle: the last bin leaks into the first"),
    Slip(("constant", "nearest"),
         "you repeat the first and the last bin: nothing lies beyond the ends"),
    _first("correlate1d = _negative_index",
           "b + d = -1 is no IndexError, it is the last bin: leave it out"),
    _first("window = np.append(window[:-1], 0)",
           "the window's last value plays no part: range(-h, h) stops before h"),
    _first("window = window * (window < window.max())",
           "the bin itself is left out: the middle of the window belongs to it"),
    _first('options["origin"] = -(len(window) // 2)', "your window begins at the bin: "
           "its middle belongs to the bin, so d goes from -(K // 2) to K // 2"),
    Slip(("count[:, None]", "np.repeat(count[:, None], values.shape[1], 1)"),
         ('"axis": 0', '"axis": 1'), "you smooth from feature to feature: the bins "
         "are rows, so smooth along axis 0"),
    Slip(("weights * values", "count * values"), "count [B] beside values [B, D] "
         "lines up with the features: make it [B, 1] with count[:, None]"),
    Slip(("weights * values", "values * count"), "count [B] beside values [B, D] "
         "lines up with the features: make it a column with count[:, None]"),
    Slip(("(weights, window", "(weights, np.ones_like(window)"), "your divisor adds up "
         "the counts without the window: divide by the sum of window * count"),
    Slip((_mass, 'np.convolve(weights * values, window, "same")'), "np.convolve "
         "takes one column at a time: loop over the features, or smooth along axis "
         "0 with another function"),
]
smoothed_statistics = Exercise("4.1", "smoothed_statistics", _smoothed, PARTS, WRONG)
