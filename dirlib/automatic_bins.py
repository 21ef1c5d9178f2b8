"""Bins for labels that nobody has binned before: by width, by quantiles, by a rule."""

import numpy as np

from dirlib.arguments import as_array, check_each
from dirlib.bins import LabelBins

FEWEST_BINS, MOST_BINS = 3, 10_000
MOST_STEPS = 200  # labels on a grid of so many steps get one bin for each
FEWEST_NICE, MOST_NICE = 20, 100
MOST_QUANTILES = 50
CENTRAL = 0.99
BY_HAND = "Choose otherwise with a width, or with a number of quantiles."
OF_QUANTILES = (
    "Quantile bins make counts even, but for equal labels, so many-, medium- and "
    "few-shot regions say little here; LDS counts samples per unit of label, so its "
    "weights follow the widths of the bins; LDS and FDS take all neighbouring bins as "
    "equally far."
)


def choose_bins(labels, *, width=None, quantiles=None):
    """Choose the bins of continuous labels, and say why.

    Without `width` and `quantiles` a rule decides, in this order:

    1. Whole numbers over a range of at most 200 get bins of width 1. So do labels on
       another grid (half stars, tens), with its step as the width, if more than half of
       its at most 200 steps occur.
    2. Bins of a width of 1, 2 or 5 times a power of ten: the smallest such width that
       cuts the middle 99 % of the labels into at most 100 bins (so into 40 or more), or
       into at most a tenth of the number of labels where that is less (but 20).
    3. If more than half of these bins are empty, as with a few very high prices:
       quantiles, as many as leave 20 labels in each, at least 10 and at most 50.
    4. If so many labels are equal that fewer than 3 of these remain: bins of a width as
       in 2, for all labels in place of the middle 99 %.

    Parameters
    ----------
    labels : array-like of shape [N]
        All labels that the bins shall hold: those of validation and test too.
    width : float, optional
        In label units. The edges are multiples of it, and the largest label lies below
        the last one.
    quantiles : int, optional
        Bins of equal numbers of labels (within one), whose inner edges are labels.
        Where equal labels make two edges equal, their bins become one.

    Returns
    -------
    bins : LabelBins
    explanation : str
        What was chosen, why, and how to choose otherwise.

    Raises
    ------
    ValueError
        If there are fewer than 3 bins, more than 10,000, or too fine ones for float32.

    Examples
    --------
    >>> bins, explanation = choose_bins([18, 30, 31, 35, 64])
    >>> bins
    LabelBins(18, 65, 1)
    """
    y = _as_numbers(labels)
    if width is not None and quantiles is not None:
        raise ValueError(
            f"choose bins by width or by quantiles, but got width={width} and "
            f"quantiles={quantiles}: leave one of them out"
        )
    if width is not None:
        if not 0 < width < np.inf:
            raise ValueError(f"width must be finite and positive, but got {width}")
        bins = _by_width(y, float(width))
        return bins, f"{_text(bins, width)}: the width that was asked for."
    if quantiles is not None:
        bins = _by_quantiles(y, quantiles)
        return bins, f"{_text(bins)}: as asked for. {OF_QUANTILES}"
    if y.min() == y.max():
        raise ValueError(
            f"all labels are {y[0]:g}, so that there is nothing to predict"
        )
    return _by_rule(y)


def _by_rule(y):
    if step := _grid_step(y):
        bins, why = _by_width(y, step), f"the labels lie on steps of {step:g}"
        return bins, f"{_text(bins, step)}: {why}. {BY_HAND}"
    low, high = np.quantile(y, [(1 - CENTRAL) / 2, (1 + CENTRAL) / 2])
    if high > low:
        width = _nice_width(high - low, y.size)
        index = np.unique(np.floor(y / width))
        empty = 1 - index.size / (index[-1] - index[0] + 1)
        if empty <= 0.5:
            bins = _by_width(y, width)
            why = f"a round width that suits the middle 99 % ({low:.4g} to {high:.4g})"
            return bins, f"{_text(bins, width)}: {why}. {BY_HAND}"
        why = f"of bins of equal width, {width:g}, {100 * empty:.0f} % would be empty"
    else:
        why = f"99 % of the labels are {low:g}"
    edges = _quantile_edges(y, int(np.clip(y.size // 20, 10, MOST_QUANTILES)))
    if edges.size > FEWEST_BINS:
        bins = LabelBins.from_edges(edges)
        return bins, f"{_text(bins)}: {why}. {BY_HAND} {OF_QUANTILES}"
    width = _nice_width(y.max() - y.min(), y.size)
    bins = _by_width(y, width)
    why += ", and too many labels are equal for quantiles"
    return bins, f"{_text(bins, width)}: {why}. {BY_HAND}"


def _as_numbers(labels):
    """Labels as float64, [N], refused if no bins can hold them."""
    y = as_array("labels", labels)
    if y.ndim != 1 or y.size == 0 or y.dtype.kind not in "iuf":
        raise ValueError(
            f"labels must be numbers of shape [N], N > 0, but got {y.dtype} of shape "
            f"{list(y.shape)}: convert them, numpy.asarray(labels, dtype=float).ravel()"
        )
    y = y.astype(np.float64)
    good = np.abs(y) <= np.finfo(np.float32).max
    check_each("labels", y, good, "finite in float32")
    return y


def _grid_step(y):
    """The step of a grid with few places that all labels lie on, or None."""
    values = np.unique(y)
    # Nine digits: of 0.3 and 0.4 the difference is 0.10000000000000003.
    for step in (float(f"{np.diff(values).min():.9g}"), 1.0):
        if values[-1] - values[0] > MOST_STEPS * step:
            continue
        places = (values - values[0]) / step
        many = values.size > places[-1] / 2 or step == 1
        # Edges are multiples of the step: whole numbers need whole edges.
        on_grid = np.abs(places - places.round()).max() < 1e-6
        if many and on_grid and (step != 1 or (values == values.round()).all()):
            return step
    return None


def _nice_width(span, n_labels):
    """The smallest of ..., 0.5, 1, 2, 5, 10, 20, ... that makes few enough bins."""
    least = span / np.clip(n_labels / 10, FEWEST_NICE, MOST_NICE)
    power = int(np.floor(np.log10(least)))
    widths = [float(f"{m}e{power + p}") for p in (0, 1) for m in (1, 2, 5)]
    return next(width for width in widths if width >= least * (1 - 1e-9))


def _by_width(y, width):
    largest = np.float32(np.abs(y).max())
    if width < np.spacing(largest):
        raise ValueError(
            f"labels of size {largest:g} can't tell bins of width {width:g} apart, "
            f"since networks train in float32: subtract a constant from the labels, or "
            f"choose wider bins"
        )
    first, last = _multiple_below(y.min(), width), _multiple_below(y.max(), width) + 1
    n_bins = last - first
    if not FEWEST_BINS <= n_bins <= MOST_BINS:
        raise ValueError(
            f"the labels from {y.min():g} to {y.max():g} make {n_bins} bins of width "
            f"{width:g}, but {FEWEST_BINS} to {MOST_BINS} are possible: choose a "
            f"{'smaller' if n_bins < FEWEST_BINS else 'larger'} width"
        )
    return LabelBins(_edge(first, width), _edge(last, width), width)


def _multiple_below(value, width):
    """The largest whole k with k * width <= value, for edges as they are written."""
    k = round(value / width)
    return k if _edge(k, width) <= value else k - 1


def _edge(k, width):
    return float(f"{k * width:.14g}")  # 3 * 0.1 is 0.3


def _by_quantiles(y, quantiles):
    if quantiles != int(quantiles) or not FEWEST_BINS <= quantiles <= y.size:
        raise ValueError(
            f"quantiles must be a whole number from {FEWEST_BINS} to the number of "
            f"labels, {y.size}, but got {quantiles}"
        )
    edges = _quantile_edges(y, int(quantiles))
    if edges.size <= FEWEST_BINS:
        raise ValueError(
            f"of {quantiles} quantiles only {edges.size - 1} bins remain, since many "
            f"labels are equal, but {FEWEST_BINS} are needed: choose a width instead"
        )
    return LabelBins.from_edges(edges)


def _quantile_edges(y, quantiles):
    y = np.sort(y)
    place = y.size * np.arange(quantiles + 1) // quantiles
    edges = y[np.minimum(place, y.size - 1)]
    # Networks train in float32, and bins must stay apart in it.
    edges = edges[np.unique(edges.astype(np.float32), return_index=True)[1]]
    edges[-1] = y[-1]
    return edges


def _text(bins, width=None):
    kind = "quantile bins" if width is None else f"bins of width {width:g}"
    return f"{bins.n_bins} {kind} from {bins.edges[0]:.6g} to {bins.edges[-1]:.6g}"
