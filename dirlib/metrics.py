"""How far off predictions are: overall, by bin, by shot region; which method is better.

Labels come first, predictions second: ``mae(y, y_hat)``. Both are lists, arrays or CPU
tensors of shape [N], in label units. A ValueError refuses what is empty, of another
shape, not a number or not finite.
"""

from dataclasses import dataclass

import numpy as np

# The bootstrap draws at most this many samples at once, so that memory stays bounded.
BLOCK = 1 << 20


def mae(y, y_hat):
    """Return the mean absolute error, (1/N) * sum_i |y_i - y_hat_i|, in label units.

    Examples
    --------
    >>> mae([30, 40, 50], [31, 40, 45])
    2.0
    """
    return float(np.abs(_errors(y, y_hat)).mean())


def mse(y, y_hat):
    """Return the mean squared error, in squared label units."""
    return float(np.square(_errors(y, y_hat)).mean())


def gm(y, y_hat, eps=1e-3):
    """Return the geometric mean of the absolute errors, in label units.

    GM = (prod_i max(|y_i - y_hat_i|, eps))^(1/N), the paper's measure of how fairly a
    model treats the samples (Yang et al., 2021, arXiv:2102.09554, section 4).

    Parameters
    ----------
    y, y_hat : array-like of shape [N]
    eps : float
        Errors below this count as this, in label units. Without it, one prediction that
        is exactly right makes the GM 0. The smaller it is, the harder one lucky hit
        pulls: among 100 errors of 5, a hit lowers the GM by 8 % with eps = 1e-3 and by
        14 % with 1e-6. Keep it far below the width of a bin.
    """
    if not 0 < eps < np.inf:
        raise ValueError(f"eps must be above 0, in label units, but got {eps}")
    return float(np.exp(_log_errors(_errors(y, y_hat), eps).mean()))


def pearson(y, y_hat):
    """Return Pearson's correlation, from -1 to 1: how close the two are to a line.

    Serves for labels and predictions, and for the density and the error of each bin. A
    ValueError refuses a constant, which has no correlation.
    """
    from scipy import stats  # takes a second to import

    return float(stats.pearsonr(*_pair_that_varies(y, y_hat)).statistic)


def spearman(y, y_hat):
    """Return Spearman's correlation, which is :func:`pearson` of the ranks."""
    from scipy import stats

    return float(stats.spearmanr(*_pair_that_varies(y, y_hat)).statistic)


def error_by_bin(y, y_hat, bins):
    """Return the mean absolute error in each bin, [B], to plot and to correlate.

    The bin of a sample is that of its label, which must lie in the range of the bins.
    NaN where a bin has no sample: leave those bins out of a correlation.
    """
    error, index = np.abs(_errors(y, y_hat)), bins.index(y)
    counts = np.bincount(index, minlength=bins.n_bins)
    sums = np.bincount(index, weights=error, minlength=bins.n_bins)
    return np.divide(sums, counts, out=np.full(bins.n_bins, np.nan), where=counts > 0)


def region_samples(y, bins, regions, out_of_range="raise"):
    """Return the samples of each shot region, which all errors by region share.

    A dict of masks [N], bool, with the keys "all", "many", "medium", "few" and "zero".
    `y`, [N], are the labels as they came: one in float32 on an edge, converted to
    float64, can fall into the bin below. `out_of_range`, "raise" or "clip", is that of
    :meth:`dirlib.LabelBins.index`.
    """
    index = bins.index(y, out_of_range)
    samples = {"all": np.ones(index.size, dtype=bool)}
    for name, mask in regions._asdict().items():
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != (bins.n_bins,):
            raise ValueError(
                f"regions.{name} must have shape [{bins.n_bins}], one per bin, but "
                f"got {list(mask.shape)}: count the training labels with these bins"
            )
        samples[name] = mask[index]
    return samples


def region_errors(y, y_hat, bins, regions):
    """Return a model's scores in short, a dict of floats.

    `all`, the MAE of all samples; `many`, `medium` and `few`, that of each region, NaN
    for one without samples; and `GM`, the geometric mean of all errors. Labels outside
    the range of the bins count in the nearest one.
    """
    error = np.abs(_errors(y, y_hat))
    samples = region_samples(y, bins, regions, "clip")
    scores = {}
    for region in ("all", "many", "medium", "few"):
        chosen = error[samples[region]]
        scores[region] = float(chosen.mean()) if chosen.size else np.nan
    return scores | {"GM": gm(y, y_hat)}


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
        All labels must lie in their range.
    regions : ShotRegions
        From :func:`dirlib.shot_regions`, on the counts of the *training* labels.
    metric : {mae, mse, gm}
        One of these three functions.
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
    if not isinstance(n_bootstrap, int | np.integer) or n_bootstrap < 0:
        raise ValueError(
            f"n_bootstrap must be a whole number, 0 or more, but got {n_bootstrap!r}"
        )
    _check_confidence(confidence)
    loss, finish = _LOSSES[metric]
    losses = loss(_errors(y, y_hat))
    return {
        name: _score(losses[inside], finish, n_bootstrap, confidence, seed)
        for name, inside in region_samples(y, bins, regions).items()
    }


def _log_errors(error, eps=1e-3):
    return np.log(np.maximum(np.abs(error), eps))


# The loss of each sample, and what turns the mean of the losses into the metric.
_LOSSES = {
    mae: (np.abs, np.asarray),
    mse: (np.square, np.asarray),
    gm: (_log_errors, np.exp),
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


@dataclass(frozen=True)
class PairedComparison:
    """A mean difference and its interval: ``-0.81 [-1.02, -0.60], lower in 5 of 5``."""

    n: int
    mean_difference: float
    low: float
    high: float
    wins: int

    def __str__(self):
        interval = f"{self.mean_difference:.2f} [{self.low:.2f}, {self.high:.2f}]"
        return f"{interval}, lower in {self.wins} of {self.n}"


def paired_comparison(baseline, method, *, confidence=0.95):
    """Compare the errors of two methods that ran on the same seeds, pair by pair.

    The interval is Student's t for the mean of d_i = method_i - baseline_i, with n - 1
    degrees of freedom. What a seed does to both methods drops out of d_i.

    Parameters
    ----------
    baseline, method : array-like of shape [n], n >= 2
        An error of each run; entry i of both comes from the same seed.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    PairedComparison
        The mean of d_i, below 0 where the method's error is lower, and its interval;
        `wins` is the number of such pairs.

    Examples
    --------
    >>> print(paired_comparison([8.0, 9.0, 8.5], [7.0, 8.2, 7.3]))
    -1.00 [-1.50, -0.50], lower in 3 of 3
    """
    from scipy import stats

    _check_confidence(confidence)
    baseline, method = _pair(baseline, method, "baseline", "method")
    n = baseline.size
    if n < 2:
        raise ValueError("an interval needs at least 2 pairs, but got 1: add a seed")
    difference = method - baseline
    mean = float(difference.mean())
    quantile = stats.t.ppf((1 + confidence) / 2, n - 1)
    margin = float(quantile * difference.std(ddof=1) / np.sqrt(n))
    wins = int((difference < 0).sum())
    return PairedComparison(n, mean, mean - margin, mean + margin, wins)


def _check_confidence(confidence):
    if not 0 < confidence < 1:
        raise ValueError(
            f"confidence must lie between 0 and 1, such as 0.95, but got {confidence}"
        )


def _errors(y, y_hat):
    y, y_hat = _pair(y, y_hat)
    return y_hat - y


def _pair_that_varies(y, y_hat):
    pair = _pair(y, y_hat)
    for name, values in zip(("y", "y_hat"), pair, strict=True):
        if values.min() == values.max():
            raise ValueError(
                f"{name} must vary, but every value is {values[0]:g}: "
                f"the correlation with a constant is not defined"
            )
    return pair


def _pair(y, y_hat, name="y", other_name="y_hat"):
    """Two vectors, float64 and finite, of the same length."""
    y, y_hat = _vector(y, name), _vector(y_hat, other_name)
    if y.size != y_hat.size:
        raise ValueError(
            f"{name} and {other_name} must have one length, but got {y.size} and "
            f"{y_hat.size}: give one entry per sample in both"
        )
    return y, y_hat


def _vector(values, name):
    try:
        values = np.asarray(values)
        if values.dtype.kind not in "biufO":
            raise TypeError(f"dtype {values.dtype}")
        values = values.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{name} must be a list or array of numbers, or a tensor as "
            f"{name}.detach().cpu().float() gives it, but numpy refused it: {error}"
        ) from error
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have shape [N], but got {list(values.shape)}: "
            f"use numpy.ravel({name})"
        )
    if values.size == 0:
        raise ValueError(f"{name} must not be empty")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ValueError(
            f"{name} must be finite, but {name}[{bad[0]}] is {values[bad[0]]} "
            f"({bad.size} in all): leave those samples out, or find where they arise"
        )
    return values
