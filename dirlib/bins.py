"""One binning of continuous labels, used by densities, statistics and metrics alike."""

from typing import NamedTuple

import numpy as np

from dirlib.arguments import as_counts, as_labels, check_choice

# Labels are indexed in blocks of this many, so that they stay in the cache.
BLOCK = 1 << 15
MOST_BINS = 10**7


class LabelBins:
    """Bins of equal width that cover the label range [start, stop].

    Bin ``b`` holds the labels ``edges[b] <= y < edges[b + 1]``; the last bin also holds
    ``y == stop``. The width is "the minimum resolution we care for" (Yang et al., 2021,
    arXiv:2102.09554, section 3): one year for ages, 0.1 for a score from 0 to 5.

    Parameters
    ----------
    start, stop : float
        The two ends of the label range, in label units. May be negative.
    width : float
        The width of a bin, in label units. ``stop - start`` must be a whole multiple.

    Attributes
    ----------
    n_bins : int
        The number of bins, B.
    edges : ndarray of shape [B + 1], float64
        Ascending.
    centers, widths : ndarray of shape [B], float64
        The middle and the width of each bin.

    Examples
    --------
    >>> ages = LabelBins(0, 101, 1)          # bin 30 holds every age in [30, 31)
    >>> ages.index([0, 30.9, 100]).tolist()
    [0, 30, 100]
    """

    def __init__(self, start, stop, width):
        start, stop, width = float(start), float(stop), float(width)
        if not np.isfinite([start, stop, width]).all() or width <= 0 or stop <= start:
            raise ValueError(
                f"bins need finite start < stop and width > 0, but got "
                f"start={start}, stop={stop}, width={width}"
            )
        if (stop - start) / width > MOST_BINS:
            raise ValueError(
                f"the range {start} to {stop} has {(stop - start) / width:.4g} bins of "
                f"width {width}, more than {MOST_BINS:,}: use wider bins"
            )
        n_bins = round((stop - start) / width)
        if n_bins < 1 or abs(n_bins * width - (stop - start)) > 1e-6 * width:
            raise ValueError(
                f"the range {start} to {stop} is not a whole number of bins of width "
                f"{width} ({(stop - start) / width:.4g} bins): change stop or width"
            )
        # 0.1 * 3 is 0.30000000000000004 in floating point, and a label 0.3 would fall
        # into the bin below. Rounding gives the edge that people write: 0.3.
        digits = 14 - int(np.ceil(np.log10(max(abs(start), abs(stop)))))
        edges = start + width * np.arange(n_bins + 1)
        self._set_edges(np.round(edges, max(digits, 0)), width)

    @classmethod
    def from_edges(cls, edges):
        """Make bins of unequal width from edges, [B + 1], finite and ascending."""
        edges = np.array(edges, dtype=np.float64)
        if edges.ndim != 1 or edges.size < 2:
            raise ValueError(
                f"edges must be a list of at least two numbers, "
                f"but got an array of shape {edges.shape}"
            )
        if not np.isfinite(edges).all() or not (np.diff(edges) > 0).all():
            raise ValueError(f"edges must be finite and ascending, but got {edges}")
        bins = cls.__new__(cls)
        bins._set_edges(edges, None)
        return bins

    def _set_edges(self, edges, width):
        edges.flags.writeable = False
        self.edges, self._width = edges, width
        self._largest = max(-edges[0], edges[-1])

    @property
    def n_bins(self):
        return self.edges.size - 1

    @property
    def centers(self):
        return (self.edges[:-1] + self.edges[1:]) / 2

    @property
    def widths(self):
        return np.diff(self.edges)

    def __eq__(self, other):
        return isinstance(other, LabelBins) and np.array_equal(self.edges, other.edges)

    def __hash__(self):
        return hash((self.n_bins, self.edges[0], self.edges[-1]))

    def __repr__(self):
        low, high = self.edges[0], self.edges[-1]
        if self._width is None:
            return f"LabelBins.from_edges({self.n_bins} bins from {low:g} to {high:g})"
        return f"LabelBins({low:g}, {high:g}, {self._width:g})"

    def index(self, labels, out_of_range="raise"):
        """Return the bin of each label.

        Parameters
        ----------
        labels : array-like of shape [N]
            Integers or floats, negative ones too. Nothing is rounded or truncated.
        out_of_range : {"raise", "clip", "drop"}
            What to do with a label outside [start, stop]: refuse it, count it in the
            nearest bin, or leave it out.

        Returns
        -------
        ndarray of shape [N], int64
            With "drop" it is shorter by the labels left out.

        Raises
        ------
        ValueError
            If a label is not a finite number, or outside while that is refused; or if
            the labels' dtype, such as float16, can't tell two edges apart.
        """
        check_choice("out_of_range", out_of_range, ("raise", "clip", "drop"))
        labels = as_labels(labels)
        edges = self._edges_in(labels.dtype)
        index = np.empty(labels.size, dtype=np.int64)
        for i in range(0, labels.size, BLOCK):
            block = labels[i : i + BLOCK]
            low, high = block.min(), block.max()  # NaN shows in both
            if not (np.isfinite(low) and np.isfinite(high)):
                j = int(np.flatnonzero(~np.isfinite(block))[0])
                raise ValueError(
                    f"labels must be finite, but labels[{i + j}] is {block[j]}"
                )
            inside = low >= edges[0] and high <= edges[-1]
            if not inside and out_of_range == "raise":
                j = int(np.flatnonzero((block < edges[0]) | (block > edges[-1]))[0])
                raise ValueError(
                    f"labels must lie in [{self.edges[0]:g}, {self.edges[-1]:g}], but "
                    f"labels[{i + j}] is {block[j]:g}: widen the bins, or leave such "
                    f'samples out; LDS weights also take out_of_range="clip"'
                )
            within = block if inside else np.clip(block, edges[0], edges[-1])
            b = self._search(within, edges)
            if not inside and out_of_range == "drop":
                b[(block < edges[0]) | (block > edges[-1])] = -1
            index[i : i + BLOCK] = b
        return index[index >= 0] if out_of_range == "drop" else index

    def _edges_in(self, dtype):
        """The edges as labels of this dtype see them.

        A label 0.7 stored in float32 is 0.69999999: compare it with the edge in its own
        precision, where the edge 0.7 is the same number.
        """
        if dtype.kind != "f":
            return self.edges
        with np.errstate(over="ignore"):
            edges = self.edges.astype(dtype)
        equal = np.flatnonzero(~(edges[1:] > edges[:-1]))
        if equal.size:
            low, high = self.edges[equal[0] : equal[0] + 2]
            raise ValueError(
                f"labels in {dtype} can't tell the edges {low} and {high} apart: use "
                f"wider bins, or labels that were never rounded to {dtype}"
            )
        return edges

    def _search(self, block, edges):
        """The bin of each label of a block, all of them in the range."""
        last, start, width = self.n_bins - 1, self.edges[0], self._width
        # How wrong a division can be about the bin: by the rounding of the labels, or
        # by that of the edges, which are written with 14 digits.
        off = max(4 * np.finfo(edges.dtype).eps, 1e-13) * self._largest
        if width is None or off > 0.1 * width:
            return np.minimum(np.searchsorted(edges, block, side="right") - 1, last)
        guess = block if start == 0 else block - start
        guess = guess if width == 1 else guess / width
        b = np.minimum(guess.astype(np.int64), last)
        if self._is_exact(block.dtype):
            return b
        # A look at the two edges puts right what lies next to one: several times faster
        # than a binary search, and as exact.
        near = np.abs(guess - b - 0.5) >= 0.5 - off / width
        near = np.flatnonzero(near)
        if near.size:
            if near.size > block.size // 4:
                near = slice(None)
            y, c = block[near], b[near]
            c -= y < edges[c]
            c += y >= edges[c + 1]
            b[near] = np.clip(c, 0, last)
        return b

    def _is_exact(self, dtype):
        """Whether the division is never wrong.

        Floats are divided by a power of two without rounding, and whole numbers below
        2**52 differ by more than the rounding.
        """
        start, width = self.edges[0], self._width
        if dtype.kind == "f":
            return start == 0 and width >= 1 and np.frexp(width)[0] == 0.5
        return start % 1 == 0 and width % 1 == 0 and self._largest < 2**52

    def counts(self, labels, out_of_range="raise"):
        """Count the labels of each bin, [B], int64; see :meth:`index`."""
        return np.bincount(self.index(labels, out_of_range), minlength=self.n_bins)


def check_bins(bins):
    """Refuse what are no bins."""
    if not isinstance(bins, LabelBins):
        raise ValueError(
            f"bins must be dirlib.LabelBins, such as LabelBins(0, 101, 1), but got a "
            f"{type(bins).__name__}"
        )


class ShotRegions(NamedTuple):
    """Four masks of shape [B], bool; each bin is in exactly one of them."""

    many: np.ndarray
    medium: np.ndarray
    few: np.ndarray
    zero: np.ndarray


def shot_regions(train_counts, many=100, few=20):
    """Split the bins by how many training samples they have, into ShotRegions.

    More than `many` samples is many-shot, fewer than `few` (but at least one) is
    few-shot, none is zero-shot, and what lies between is medium-shot (Yang et al.,
    2021, arXiv:2102.09554, section 4).

    Parameters
    ----------
    train_counts : array-like of shape [B]
        Training samples in each bin.
    many, few : float
        The two thresholds, in samples per bin; 0 <= few <= many. The defaults are the
        paper's; :func:`shot_thresholds` finds others.

    Examples
    --------
    >>> shot_regions([101, 100, 20, 19, 0]).medium.tolist()
    [False, True, True, False, False]
    """
    counts = as_counts("train_counts", train_counts)
    if not 0 <= few <= many:
        raise ValueError(
            f"few must be 0 or more and must not exceed many, but got few={few}, "
            f"many={many}"
        )
    return ShotRegions(
        many=counts > many,
        medium=(counts >= few) & (counts <= many) & (counts > 0),
        few=(counts < few) & (counts > 0),
        zero=counts == 0,
    )


def shot_thresholds(train_counts):
    """Return thresholds `many` and `few` that follow the number of samples.

    `many` is an even share: the samples over the bins that have any. `few` is a fifth
    of it. So common and rare keep their meaning with any number of rows; for AgeDB-DIR,
    where the paper takes 100 and 20, they are 122 and 24. Both are whole numbers, 2 or
    more, so that a bin with a single sample is few-shot.

    Parameters
    ----------
    train_counts : array-like of shape [B]
        Training samples in each bin.

    Examples
    --------
    >>> shot_thresholds([70000, 30000, 0, 5000, 1])
    (26250, 5250)
    """
    counts = as_counts("train_counts", train_counts)
    share = counts.sum() / max(np.count_nonzero(counts), 1)
    return max(round(share), 2), max(round(share / 5), 2)
