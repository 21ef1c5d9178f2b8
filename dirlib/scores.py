"""Metrics by bin and by shot region, each with a bootstrap interval.

The intervals say how much a score owes to the draw of the *test samples*. They don't
say how it varies from one training run to the next: train with several seeds, and use
:func:`dirlib.paired_comparison`, for that.
"""

from dataclasses import dataclass

import numpy as np

from dirlib.metrics import check_confidence, gm, indexed_errors, mae, sample_losses

# The bootstrap draws at most this many samples at once, so that memory stays bounded.
BLOCK = 1 << 20


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
        if self.low is None:
            return f"{self.value:.2f} (n={self.n})"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}] (n={self.n})"


def region_errors(y, y_hat, bins, regions):
    """Return a model's scores in short: the MAE by shot region, and the GM.

    Parameters
    ----------
    y, y_hat : array-like of shape [N]
    bins : LabelBins
        Labels outside its range count in the nearest bin.
    regions : ShotRegions

    Returns
    -------
    dict of str to float
        `all`, the MAE of all samples; `many`, `medium` and `few`, that of each region,
        NaN for one without samples; and `GM`, the geometric mean of all errors.
    """
    y, y_hat = np.asarray(y, float), np.asarray(y_hat, float)
    index, error = bins.index(y, "clip"), np.abs(y - y_hat)
    found = {"all": mae(y, y_hat)}
    for region in ("many", "medium", "few"):
        inside = getattr(regions, region)[index]
        found[region] = float(error[inside].mean()) if inside.any() else np.nan
    return found | {"GM": gm(y, y_hat)}


def by_bin(y, y_hat, bins, metric=mae, *, n_bootstrap=1000, confidence=0.95, seed=0):
    """Return the :class:`Score` of each bin, a list of length B.

    Parameters, intervals and errors are those of :func:`by_region`.
    """
    index, losses, finish = _indexed_losses(y, y_hat, bins, metric)
    ends = np.cumsum(np.bincount(index, minlength=bins.n_bins))[:-1]
    groups = np.split(losses[np.argsort(index, kind="stable")], ends)
    return [_score(g, finish, n_bootstrap, confidence, seed) for g in groups]


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
        Labels and predictions, in label units.
    bins : LabelBins
        The bin of a sample is that of its label.
    regions : ShotRegions
        From :func:`dirlib.shot_regions`, on the counts of the *training* labels.
    metric : {mae, mse, gm}
        One of these three functions.
    n_bootstrap : int
        How many times to draw; 0 leaves the intervals out.
    confidence : float
        Between 0 and 1.
    seed : int
        Where the draws start.

    Returns
    -------
    dict of str to Score
        With the keys "all", "many", "medium", "few" and "zero".

    Raises
    ------
    ValueError
        If labels or predictions are refused, as in :func:`dirlib.error_by_bin`; if the
        regions belong to other bins, the metric is none of the three, or a setting is
        out of its range.
    """
    index, losses, finish = _indexed_losses(y, y_hat, bins, metric)
    scores = {"all": _score(losses, finish, n_bootstrap, confidence, seed)}
    for name, mask in regions._asdict().items():
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != (bins.n_bins,):
            raise ValueError(
                f"regions.{name} must have shape [{bins.n_bins}], one per bin, but "
                f"got {list(mask.shape)}: count the training labels with these bins"
            )
        chosen = losses[mask[index]]
        scores[name] = _score(chosen, finish, n_bootstrap, confidence, seed)
    return scores


def _score(losses, finish, n_bootstrap, confidence, seed):
    if not isinstance(n_bootstrap, int | np.integer) or n_bootstrap < 0:
        raise ValueError(
            f"n_bootstrap must be a whole number, 0 or more, but got {n_bootstrap!r}"
        )
    check_confidence(confidence)
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


def _indexed_losses(y, y_hat, bins, metric):
    index, error = indexed_errors(y, y_hat, bins)
    return index, *sample_losses(metric, error)
