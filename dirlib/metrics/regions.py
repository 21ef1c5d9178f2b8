"""Errors by bin and by shot region, with intervals."""

from dataclasses import dataclass

import numpy as np

from dirlib.arguments import check_shape, whole_number
from dirlib.bins import ShotRegions, check_bins
from dirlib.metrics.errors import (
    SMALL,
    check_confidence,
    decimals,
    errors,
    gm,
    log_errors,
    mae,
    mse,
)

# The bootstrap draws at most this many samples at once, so that memory stays bounded.
BLOCK = 1 << 20


def error_by_bin(y, y_hat, bins):
    """Return the mean absolute error in each bin, [B], to plot and to correlate.

    The bin of a sample is that of its label, or the nearest one. NaN where a bin has no
    sample: leave those bins out of a correlation.
    """
    check_bins(bins)
    error, index = np.abs(errors(y, y_hat)), bins.index(y, "clip")
    counts = np.bincount(index, minlength=bins.n_bins)
    sums = np.bincount(index, weights=error, minlength=bins.n_bins)
    return np.divide(sums, counts, out=np.full(bins.n_bins, np.nan), where=counts > 0)


def region_samples(y, bins, regions):
    """Return the samples of each shot region, which all errors by region share.

    A dict of masks [N], bool, with the keys "all", "many", "medium", "few" and "zero".
    A label outside the bins, beyond those of the training, counts in the nearest one.
    `y`, [N], are the labels as they came: one in float32 on an edge, converted to
    float64, can fall into the bin below.
    """
    check_bins(bins)
    if not isinstance(regions, ShotRegions):
        raise ValueError(
            f"regions must be dirlib.ShotRegions, but got a {type(regions).__name__}: "
            f"dirlib.shot_regions(counts) makes them from the training labels' counts"
        )
    index = bins.index(y, "clip")
    samples = {"all": np.ones(index.size, dtype=bool)}
    for name, mask in regions._asdict().items():
        mask = np.asarray(mask, dtype=bool)
        check_shape(f"regions.{name}", mask, (bins.n_bins,), "one per training bin")
        samples[name] = mask[index]
    return samples


def region_errors(y, y_hat, bins, regions):
    """Return a model's scores in short, a dict of floats.

    `all`, the MAE of all samples; `many`, `medium` and `few`, that of each region, NaN
    for one without samples; and `GM`, the geometric mean of all errors, where one below
    a thousandth of a bin counts as that. Labels outside the range of the bins count in
    the nearest one.
    """
    error = np.abs(errors(y, y_hat))
    samples = region_samples(y, bins, regions)
    scores = {}
    for region in ("all", "many", "medium", "few"):
        chosen = error[samples[region]]
        scores[region] = float(chosen.mean()) if chosen.size else np.nan
    return scores | {"GM": gm(y, y_hat, _eps(bins))}


@dataclass(frozen=True)
class Score:
    """A metric on n samples with its interval: ``12.34 [11.80, 12.91] (n=120)``.

    Without samples, `value` is None and ``str(score)`` is ``no samples``. With a single
    one, `low` and `high` are None: it can't say how much it would vary.
    """

    n: int
    value: float | None
    low: float | None
    high: float | None

    def __str__(self):
        if self.value is None:
            return "no samples"
        d = decimals(self.value)
        if self.low is None:
            return f"{self.value:.{d}f} (n={self.n})"
        return f"{self.value:.{d}f} [{self.low:.{d}f}, {self.high:.{d}f}] (n={self.n})"


def by_region(
    y, y_hat, bins, regions, metric=mae, *, n_bootstrap=1000, confidence=0.95, seed=0
):
    """Return the :class:`Score` of all samples and of each shot region.

    The interval is a percentile bootstrap: draw n of the region's n samples with
    replacement, `n_bootstrap` times, and take the middle `confidence` of the results.
    It is too narrow below about 10 samples. Each region draws from `seed` anew, so that
    its interval depends on its own samples alone. Time grows with N * n_bootstrap.

    Parameters
    ----------
    y, y_hat : array-like of shape [N]
    bins : LabelBins
        Of the training labels. A label outside counts in the nearest bin.
    regions : ShotRegions
        From :func:`dirlib.shot_regions`, on the counts of the *training* labels.
    metric : {mae, mse, gm}
        One of these three functions. For `gm`, errors below a thousandth of a bin
        count as that.
    n_bootstrap : int
        How many times to draw; 0 leaves the intervals out.
    confidence : float
        Between 0 and 1.
    seed : int

    Returns
    -------
    dict of str to Score
        With the keys "all", "many", "medium", "few" and "zero".
    """
    if metric not in _LOSSES:
        raise ValueError(f"metric must be dirlib's mae, mse or gm, but got {metric!r}")
    whole_number("n_bootstrap", n_bootstrap, 0)
    check_confidence(confidence)
    loss, finish = _LOSSES[metric]
    losses = loss(errors(y, y_hat), _eps(bins))
    return {
        name: _score(losses[inside], finish, n_bootstrap, confidence, seed)
        for name, inside in region_samples(y, bins, regions).items()
    }


def _eps(bins):
    """What is small in label units depends on the bins."""
    return SMALL * float(np.median(bins.widths))


# The loss of each sample, and what turns the mean of the losses into the metric.
_LOSSES = {
    mae: (lambda error, eps: np.abs(error), np.asarray),
    mse: (lambda error, eps: np.square(error), np.asarray),
    gm: (log_errors, np.exp),
}


def _score(losses, finish, n_bootstrap, confidence, seed):
    n = losses.size
    if n == 0:
        return Score(0, None, None, None)
    value = float(finish(losses.mean()))
    if n == 1 or n_bootstrap == 0:
        return Score(n, value, None, None)
    rng = np.random.default_rng(seed)
    means = np.empty(n_bootstrap)
    rows = max(1, BLOCK // n)
    for start in range(0, n_bootstrap, rows):
        block = means[start : start + rows]  # a view: filling it fills `means`
        block[:] = losses[rng.integers(n, size=(block.size, n))].mean(axis=1)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(finish(means), tails)
    return Score(n, value, float(low), float(high))
