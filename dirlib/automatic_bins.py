"""Bins for labels that nobody has binned before: equal, logarithmic, by quantiles."""

import numpy as np

from dirlib.arguments import check_choice, check_each, finite_labels
from dirlib.bins import LabelBins

KINDS = ("auto", "equal", "log", "quantile")
FEWEST_BINS, MOST_BINS = 3, 10_000
MOST_STEPS = 200  # labels on a grid of so many steps get one bin for each
FEWEST_NICE, MOST_NICE = 20, 100
PER_DECADE = (100, 80, 50, 40, 20, 16, 10, 8, 5, 4, 2, 1)  # logarithmic bins
MASS = 0.1  # the share of equal labels from which on they get a bin of their own


def choose_bins(labels, kind="auto", *, width=None, quantiles=None):
    """Choose the bins of continuous labels, and say why.

    Give the *training* labels. A label of validation or test beyond them counts in the
    nearest bin wherever errors are computed.

    - "equal" bins have the step of the grid that the labels lie on: whole numbers over
      a range of at most 200, or another grid (half stars, tens) of which more than half
      of at most 200 steps occur. Other labels get a width of 1, 2 or 5 times a power of
      ten: the smallest that cuts their middle 99 % into at most 100 bins (so into 40 or
      more), or a tenth of the number of labels where that is less (but 20).
    - "log" bins are for skewed labels. Up to a round number near the median of the
      sizes |y| they have one width, beyond it one ratio: 1 to 100 bins to a factor of
      ten, as many as the limit above allows. So zeros and both signs
      fit. Labels far from 0 for their spread are taken from their median on.
    - "quantile" bins have equal numbers of labels, 20 or more, and are 50 at most. Shot
      regions say little of them, as counts are even.
    - "auto" takes equal bins; but where these are on no grid, and more than half of
      them would be empty, as with prices, logarithmic ones. A thin tail is few-shot in
      both.

    In "log" and "auto", a value off the grid that more than a tenth of the labels
    share, and that is the lowest or the highest of them (a spending of 0, a capped
    price), has a bin of its own and plays no part in the choice of the others.

    Parameters
    ----------
    labels : array-like of shape [N]
    kind : {"auto", "equal", "log", "quantile"}
    width : float, optional
        Of equal bins, in label units. The edges are multiples of it, and the largest
        label lies below the last one.
    quantiles : int, optional
        Bins of equal numbers of labels (within one), whose inner edges are labels.
        Where equal labels make two edges equal, their bins become one.

    Returns
    -------
    bins : LabelBins
    explanation : str
        One sentence: what was chosen, and why.

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
    y = finite_labels(labels)
    check_each("labels", y, np.abs(y) <= np.finfo(np.float32).max, "finite in float32")
    check_choice("kind", kind, KINDS)
    sizes = {"equal": width, "quantile": quantiles}
    wrong = [
        of for of, s in sizes.items() if s is not None and kind not in ("auto", of)
    ]
    if wrong or None not in sizes.values():
        raise ValueError(
            f"a width makes equal bins, quantiles make quantile bins, but got kind="
            f"{kind!r}, width={width} and quantiles={quantiles}: leave one of them out"
        )
    if width is not None:
        if not 0 < width < np.inf:
            raise ValueError(f"width must be finite and positive, but got {width}")
        bins = _by_width(y, float(width))
        return bins, f"{_text(bins, width)}, the width that was asked for."
    if quantiles is not None or kind == "quantile":
        most = min(max(y.size // 20, FEWEST_BINS), 50)
        bins = _by_quantiles(y, most if quantiles is None else quantiles)
        return bins, (
            f"{_text(bins, kind='quantile bins')}, as asked for: counts are even, so "
            f"that shot regions say little, and weights follow the widths."
        )
    if y.min() == y.max():
        raise ValueError(f"all labels are {y[0]:g}: there is nothing to predict")
    if kind != "log" and (step := _grid_step(y)):
        bins = _by_width(y, step)
        return bins, f"{_text(bins, step)}, since the labels lie on steps of {step:g}."
    return _by_rule(y, kind)


def _by_rule(y, kind):
    mass = None if kind == "equal" else _mass(y)
    rest = y if mass is None else y[y != mass]
    low, high = np.quantile(rest, [0.005, 0.995])
    if low == high:
        low, high = rest.min(), rest.max()
    most = np.clip(rest.size / 10, FEWEST_NICE, MOST_NICE)
    width = _round_up((high - low) / most)
    index = np.unique(np.floor(rest / width))
    empty = 1 - index.size / (index[-1] - index[0] + 1)
    if kind == "equal" or (kind == "auto" and empty <= 0.5):
        bins = _by_width(rest, width)
        text = f"{_text(bins, width)}, a round width that suits the middle 99 %"
    else:
        bins, text = _logarithmic(rest, most, width)
        if kind == "auto":
            text += f", since {100 * empty:.0f} % of equal bins would be empty"
    if mass is not None:
        bins = LabelBins.from_edges(_with_mass(bins.edges, rest, mass))
        share = 100 - 100 * rest.size / y.size
        text += f"; {mass:g}, the label of {share:.0f} %, has a bin of its own"
    return bins, f"{text}."


def _mass(y):
    """The lowest or the highest label, if so many share it, or None."""
    count, end = max((np.count_nonzero(y == end), end) for end in (y.min(), y.max()))
    return end if count > MASS * y.size and np.unique(y).size > FEWEST_BINS else None


def _with_mass(edges, rest, mass):
    """Edges with a bin for `mass` alone, about as wide as the one beside it."""
    above, widths = mass > rest.max(), np.diff(edges)
    width = max(widths[-1 if above else 0], 1e-6 * abs(mass))  # float32 sees that
    if above:
        inner = edges[1:][edges[1:] < mass - width / 2]
        return np.array([edges[0], *inner, mass, mass + width])
    first = rest.min()
    inner = edges[:-1][edges[:-1] > first + width / 2]
    low = mass if first - mass > width / 2 else mass - width
    return np.array([low, first, *inner, edges[-1]])


def _logarithmic(y, most, step):
    """Bins of equal ratios, of a width near 0, at most so many; and how they are."""
    origin = 0.0
    bins, unit, width, per_decade = _log_bins(y, most)
    if bins.counts(y).max() > y.size / 2:  # they are not fine enough so far from 0
        origin = _edge(round(np.median(y) / step), step)
        bins, unit, width, per_decade = _log_bins(y - origin, most)
        bins = LabelBins.from_edges(bins.edges + origin)
    if (np.diff(bins.edges.astype(np.float32)) <= 0).any():
        raise ValueError(_too_fine(y, np.diff(bins.edges).min()))
    text = _text(bins, kind="logarithmic bins")
    return bins, (
        f"{text}, of width {width:g} within {unit:g} of {origin:g} and {per_decade} to "
        f"a factor of ten beyond"
    )


def _log_bins(y, most):
    size = np.abs(y)
    unit = _round_up(np.median(size[size > 1e-12 * size.max()]))  # less is as good as 0
    decades = max(np.log10(size.max()) - np.log10(unit), 0)
    for per_decade in PER_DECADE:
        # So many bins of one width on each side that the next ones are as wide.
        width = unit / max(per_decade // 2, 1)
        powers = np.arange(1, np.ceil(decades * per_decade) + 2) / per_decade
        beyond = [float(f"{x:.3g}") for x in unit * 10**powers]
        linear = [_edge(k, width) for k in range(max(per_decade // 2, 1) + 1)]
        edges = np.array([*linear, *beyond])
        edges = np.append(-edges[:0:-1], edges)
        first, last = np.searchsorted(edges, [y.min(), y.max()], side="right")
        if last - first < most:
            break
    bins = LabelBins.from_edges(edges[first - 1 : last + 1])
    return bins, unit, width, per_decade


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


def _round_up(value):
    """The smallest of ..., 0.5, 1, 2, 5, 10, 20, ... that is not below."""
    power = int(np.floor(np.log10(value)))
    numbers = [float(f"{m}e{power + p}") for p in (0, 1) for m in (1, 2, 5)]
    return next(number for number in numbers if number >= value * (1 - 1e-9))


def _by_width(y, width):
    if width < np.spacing(np.float32(np.abs(y).max())):
        raise ValueError(_too_fine(y, width))
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
    y, n = np.sort(y), int(quantiles)
    edges = y[np.minimum(y.size * np.arange(n + 1) // n, y.size - 1)]
    # Networks train in float32, and bins must stay apart in it.
    edges = edges[np.unique(edges.astype(np.float32), return_index=True)[1]]
    edges[-1] = y[-1]
    if edges.size <= FEWEST_BINS:
        raise ValueError(
            f"of {quantiles} quantiles only {edges.size - 1} bins remain, since many "
            f"labels are equal, but {FEWEST_BINS} are needed: choose a width instead"
        )
    return LabelBins.from_edges(edges)


def _too_fine(y, width):
    return (
        f"labels of size {np.abs(y).max():g} can't tell bins of width {width:g} apart, "
        f"since networks train in float32: subtract a constant from the labels, or "
        f"choose wider bins"
    )


def _text(bins, width=0, kind="bins"):
    kind = f"bins of width {width:g}" if width else kind
    return f"{bins.n_bins} {kind} from {bins.edges[0]:.6g} to {bins.edges[-1]:.6g}"
