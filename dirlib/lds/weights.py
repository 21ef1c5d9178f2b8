"""LDS weights: of training labels in one call, and as an object for any labels."""

import numpy as np

from dirlib.arguments import as_counts, check_choice, whole_number
from dirlib.bins import check_bins
from dirlib.kernels import EDGES, check_window, kernel_window, smooth_bins
from dirlib.lds.density import SCHEMES, checked_clip, raw_weights, scaled

KERNEL_SIZE = 9
MOST_TO_SAMPLE = 2**24  # torch.multinomial takes no more


class LDSWeights:
    """Weights from the smoothed density of training labels, for any labels.

    Fit it on the training labels, at once or in parts; then call it with labels, of
    training, validation or a stream. Memory grows with the number of bins alone.

    w(y) = c / p~(y) or c / sqrt(p~(y)), with the smoothed density p~ and a constant c
    such that the *training* labels' weights have mean 1 (Yang et al., 2021,
    arXiv:2102.09554, section 3.1). Other labels' weights have another mean.

    A label in a bin without training samples gets what the formula gives, which is
    finite where the window reaches a sample; beyond, where p~ is 0, it gets the largest
    weight of all bins: nothing is rarer. Such weights can be above `largest`; `clip`
    bounds them too.

    Its arrays are read-only and its settings fixed, so that its weights are always
    those of its counts.

    Parameters
    ----------
    bins : LabelBins
    kernel : {"gaussian", "laplace", "triangular"}
        See :func:`dirlib.kernel_window`.
    kernel_size : int, optional
        The window, in bins; odd. Without it 9, or the most that fewer bins allow.
    sigma : float
        The scale of the kernel, in bins.
    scheme : {"inverse", "sqrt_inverse"}
        INV or SQINV.
    edges : {"zero", "reflect", "renormalize"}
        What lies beyond the ends, see :func:`dirlib.smooth_bins`.
    clip : (float, float), optional
        The smallest and the largest weight, see :func:`dirlib.density_weights`.
    out_of_range : {"raise", "clip"}
        What becomes of a label outside the bins, in fitting and in calling: a
        ValueError, or it counts in the nearest bin.

    Attributes
    ----------
    counts : ndarray of shape [B], int64 or float64
        Training samples of each bin. All that is learned: to join processes, add these
        up in :meth:`add_counts`, or use :meth:`merge`.
    density : ndarray of shape [B], float64
        p~, in samples' share per unit of label.
    bin_weights : ndarray of shape [B], float64
        The weight of a sample of each bin.
    largest : float
        The largest weight of a training sample.
    effective_sample_size : float
        Of the training samples, see :func:`dirlib.effective_sample_size`.

    Examples
    --------
    >>> from dirlib import LabelBins
    >>> weights = LDSWeights(LabelBins(0, 101, 1)).fit([30, 30, 30, 30, 31, 80])
    >>> weights([30, 79, 80, 100]).round(2).tolist()
    [0.83, 1.89, 1.84, 2.87]
    >>> round(weights.largest, 2), round(weights.effective_sample_size, 1)
    (1.84, 5.3)
    """

    def __init__(
        self, bins, kernel="gaussian", kernel_size=None, sigma=3.0,
        scheme="sqrt_inverse", edges="zero", clip=None, out_of_range="raise",
    ):  # fmt: skip
        check_bins(bins)
        if kernel_size is None:
            kernel_size = min(KERNEL_SIZE, bins.n_bins - 1 + bins.n_bins % 2)
        window = kernel_window(kernel, kernel_size, sigma)
        check_window(window, bins.n_bins)
        check_choice("scheme", scheme, SCHEMES)
        check_choice("edges", edges, EDGES)
        check_choice("out_of_range", out_of_range, ("raise", "clip"))
        self.bins, self.window, self.scheme = bins, _read_only(window), scheme
        self.edges, self.clip = edges, checked_clip(clip)
        self.out_of_range = out_of_range
        self._counts, self._bin_weights = np.zeros(bins.n_bins, np.int64), None

    def __setattr__(self, name, value):
        if name[0] != "_" and name in vars(self):
            raise AttributeError(
                f"{name} is fixed: make another LDSWeights, and add these counts to it"
            )
        super().__setattr__(name, value)

    def fit(self, labels):
        """Learn from the training labels, [N], and forget others; returns itself."""
        counts = self.bins.counts(labels, self.out_of_range)
        self._counts, self._bin_weights = counts, None
        return self

    def partial_fit(self, labels):
        """Learn from a part of the training labels, [n], too; returns itself."""
        return self.add_counts(self.bins.counts(labels, self.out_of_range))

    def add_counts(self, counts):
        """Learn from labels that were counted elsewhere, [B]; returns itself."""
        counts = as_counts("counts", counts, self.bins.n_bins)
        self._counts, self._bin_weights = self._counts + counts, None
        return self

    def merge(self, other):
        """Learn what `other`, of equal bins, learned in another process too."""
        if not isinstance(other, LDSWeights):
            raise ValueError(
                f"only LDSWeights can be merged, but got a {type(other).__name__}: "
                f"counts go into add_counts(counts)"
            )
        if self.bins != other.bins:
            raise ValueError(
                f"weights of {other.bins} can't be merged into those of {self.bins}: "
                f"fit both with the same bins"
            )
        return self.add_counts(other.counts)

    @property
    def counts(self):
        return _read_only(self._counts)

    @property
    def density(self):
        return _read_only(self._smoothed() / self._fitted().sum())

    @property
    def bin_weights(self):
        if self._bin_weights is None:
            counts = self._fitted()
            with np.errstate(divide="ignore", over="ignore"):
                raw = raw_weights(self._smoothed(), self.scheme)
            raw[~np.isfinite(raw)] = raw[np.isfinite(raw)].max()
            seen = counts > 0
            self._bin_weights = scaled(raw, raw[seen], counts[seen], self.clip)
        return _read_only(self._bin_weights)

    @property
    def largest(self):
        return float(self.bin_weights[self.counts > 0].max())

    @property
    def effective_sample_size(self):
        n, w = self.counts, self.bin_weights
        return float((n @ w) ** 2 / (n @ w**2))

    def _fitted(self):
        if not self.counts.any():
            raise ValueError("no labels were counted yet: call fit(labels) first")
        return self.counts

    def _smoothed(self):
        return smooth_bins(self._fitted() / self.bins.widths, self.window, self.edges)

    def __call__(self, labels):
        """Return the weight of each label, [N], float64."""
        return self.bin_weights[self.bins.index(labels, self.out_of_range)]

    def sampler(self, labels, num_samples=None, generator=None):
        """Return a torch ``WeightedRandomSampler`` that draws rare labels more often.

        For a DataLoader, in place of weights in the loss: both would count twice.
        `labels`, [N], are those of the data set's samples, in its order; N is at most
        2**24. An epoch draws `num_samples`, with replacement; N without it.
        """
        from torch.utils.data import WeightedRandomSampler

        weights = self(labels)
        if weights.size > MOST_TO_SAMPLE:
            raise ValueError(
                f"torch draws from {MOST_TO_SAMPLE:,} samples at most, but got "
                f"{weights.size:,}: use the weights in the loss"
            )
        number = weights.size if num_samples is None else num_samples
        number = whole_number("num_samples", number, 1)
        return WeightedRandomSampler(weights, number, generator=generator)


def _read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


def lds_weights(
    labels, bins, kernel="gaussian", kernel_size=None, sigma=3.0, scheme="sqrt_inverse",
    edges="zero", clip=None, out_of_range="raise",
):  # fmt: skip
    """Return one weight per sample from the smoothed label density: LDS in one call.

    Counts are smoothed first; the root, if any, is taken afterwards, as in the paper:
    w_i = c / p~(y_i) or c / sqrt(p~(y_i)) (Yang et al., 2021, arXiv:2102.09554, section
    3.1). The weights go into a loss of `dirlib`, or into the ``sample_weight`` of a
    scikit-learn estimator. :class:`LDSWeights` weighs other labels than these.

    Parameters
    ----------
    labels : array-like of shape [N]
        The training labels, integers or floats.
    bins : LabelBins
    kernel, kernel_size, sigma, scheme, edges, clip, out_of_range
        See :class:`LDSWeights`. The window's default, a Gaussian of 9 bins with sigma
        3, is that of the command line and of every recorded run; the paper's is
        ``kernel_size=5, sigma=2``.

    Returns
    -------
    ndarray of shape [N], float64
        Positive, with mean 1.
    """
    how = (kernel, kernel_size, sigma, scheme, edges, clip, out_of_range)
    weights, index = LDSWeights(bins, *how), bins.index(labels, how[-1])
    weights.add_counts(np.bincount(index, minlength=bins.n_bins))
    return weights.bin_weights[index]
