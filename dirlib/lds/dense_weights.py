"""DenseWeight: weights from a kernel density estimate, without bins."""

from numbers import Real

import numpy as np
from scipy.ndimage import gaussian_filter1d

from dirlib.arguments import finite_labels

# The density is computed on a grid, with so many steps to a bandwidth: its error is
# then below this part of its largest value.
STEPS, ERROR = 32, 1e-3
REACH = 5  # bandwidths beyond the outermost labels
MOST_STEPS = 1 << 24


class DenseWeights:
    """Weights that fall with the density of the labels, in a straight line.

    f(y) = max(1 - alpha p'(y), eps), divided by its mean over the training labels, with
    the density p' scaled to [0, 1]: p' = (p - min p) / (max p - min p), minimum and
    maximum over the training labels, and p a Gaussian kernel density estimate
    (Steininger, Kobs, Davidson, Krause and Hotho, "Density-based weighting for
    imbalanced regression", Machine Learning 110, 2021).

    Parameters
    ----------
    alpha : float
        0 or more. 0 gives equal weights; at 1 the commonest label has the weight eps,
        and above 1 more labels have it.
    bandwidth : {"silverman", "scott"} or float
        Of the kernel: (3 N / 4)^(-1/5) or N^(-1/5) times the standard deviation of the
        labels; or a number, in label units.
    eps : float
        The least weight before the division by the mean; above 0.

    Attributes
    ----------
    h : float
        The bandwidth that was taken, in label units.
    largest, effective_sample_size : float
        Of the training weights, see :func:`dirlib.effective_sample_size`.

    Examples
    --------
    >>> ages = [30, 30, 30, 30, 31, 80]
    >>> DenseWeights(alpha=0.9).fit(ages)(ages).round(2).tolist()
    [0.4, 0.4, 0.4, 0.4, 0.4, 4.0]
    """

    def __init__(self, alpha=1.0, bandwidth="silverman", eps=1e-6):
        if not 0 <= alpha < np.inf:
            raise ValueError(f"alpha must be 0 or more, but got {alpha}")
        if not 0 < eps <= 1:
            raise ValueError(f"eps must be above 0 and at most 1, but got {eps}")
        self.alpha, self.bandwidth, self.eps = alpha, bandwidth, eps

    def __getattr__(self, name):  # what `fit` has not set yet
        if name in ("h", "largest", "effective_sample_size", "_start"):
            raise ValueError("no labels were seen yet: call fit(labels) first")
        raise AttributeError(f"DenseWeights has no {name!r}")

    def fit(self, labels):
        """Learn from the training labels, [N], and return itself."""
        y = finite_labels(labels)
        h = _bandwidth(y, self.bandwidth)
        with np.errstate(over="ignore"):
            low, high = y.min() - REACH * h, y.max() + REACH * h
            steps = np.ceil((high - low) / h * STEPS)
        if not steps <= MOST_STEPS or h < np.spacing(np.abs(y).max()):
            raise ValueError(
                f"the bandwidth {h:g} is too small for labels from {y.min():g} to "
                f"{y.max():g}: give a larger one, in label units"
            )
        n_steps = int(steps)
        self.h, self._start, self._step = h, low, (high - low) / n_steps
        # Each label is shared by the two points of the grid that it lies between.
        place = (y - low) / self._step
        left = place.astype(np.int64)
        share = place - left
        mass = np.bincount(left, 1 - share, minlength=n_steps + 1)
        mass += np.bincount(left + 1, share, minlength=n_steps + 1)
        sigma = self.h / self._step
        self._density = gaussian_filter1d(mass, sigma, mode="constant", truncate=REACH)
        at_labels = self._estimate(y)
        self._low, self._high = at_labels.min(), at_labels.max()
        weights = self._unscaled(at_labels)
        self._mean = weights.mean()
        weights /= self._mean
        self.largest = float(weights.max())
        self.effective_sample_size = float(y.size**2 / (weights**2).sum())
        return self

    def __call__(self, labels):
        """Return the weight of each label, [N], float64.

        Where the density is below, or above, that of every training label, the weight
        is that of the rarest, or of the commonest, of these.
        """
        return self._unscaled(self._estimate(finite_labels(labels))) / self._mean

    def _unscaled(self, density):
        spread = self._high - self._low
        if spread < ERROR * self._high:  # all are equally common: their p' is 0
            spread = np.inf
        scaled = np.clip((density - self._low) / spread, 0, 1)
        return np.maximum(1 - self.alpha * scaled, self.eps)

    def _estimate(self, y):
        grid = self._start + self._step * np.arange(self._density.size)
        return np.interp(y, grid, self._density, left=0, right=0)


def _bandwidth(y, bandwidth):
    factors = {"silverman": (0.75 * y.size) ** -0.2, "scott": y.size**-0.2}
    if isinstance(bandwidth, str) and bandwidth in factors:
        with np.errstate(over="ignore", invalid="ignore"):
            spread = y.std(ddof=1) if y.size > 1 else 0.0
        if not 0 < spread < np.inf:
            why = f"the labels' standard deviation is {spread:g} in floating point"
            if np.all(y == y[0]):
                why = f"all labels are {y[0]:g}"
            raise ValueError(f"{why}: give the bandwidth as a number, in label units")
        return float(factors[bandwidth] * spread)
    if not (isinstance(bandwidth, Real) and 0 < bandwidth < np.inf):
        raise ValueError(
            f"bandwidth must be 'silverman', 'scott' or a number above 0, in label "
            f"units, but got {bandwidth!r}"
        )
    return float(bandwidth)
