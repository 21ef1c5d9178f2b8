"""What the predictions of a run are judged by, and what to beware of in its weights."""

import math

import numpy as np

from dirlib.arguments import finite_labels
from dirlib.bins import shot_regions, shot_thresholds
from dirlib.lds import LDSWeights, effective_sample_size
from dirlib.metrics import Relevance, region_errors, region_samples, sera
from dirlib.trainer.folder import REGIONS, TAILS

SCORES = (*REGIONS, *TAILS, "RMSE", "R2", "bias", "SERA")
FEWEST = 10  # samples, from which on an error says something
PAPER = {"many": 100, "few": 20}  # thresholds of the recorded runs on faces


class Judge:
    """The regions, tails and relevance by which a run is judged.

    All of it is of the training labels. `many` and `few` are the thresholds of
    :func:`dirlib.shot_regions`; one alone makes the other five times, or a fifth of it.
    Without both, those of :func:`dirlib.shot_thresholds` hold for a table, 100 and 20
    for pictures.

    The tails are the outermost 5 % and 1 % of the labels on the side where the labels
    reach farther from the median: from the label of that quantile on, without it if
    others lie beyond, so that the zeros of many rows make no tail.

    The masks and `regions` go by `bins`; `thresholds` are `many` and `few`; `tails`
    says at which label each tail begins, and `side` is 1 for the highest labels, -1 for
    the lowest.
    """

    def __init__(self, labels, bins, many=None, few=None, is_table=True):
        y, counts = finite_labels(labels), bins.counts(labels)
        if many is None and few is None:
            many, few = shot_thresholds(counts) if is_table else PAPER.values()
        many, few = 5 * few if many is None else many, many / 5 if few is None else few
        self.thresholds = {"many": many, "few": few}
        self.bins, self.regions = bins, shot_regions(counts, many, few)
        low, median, high = np.quantile(y, [0.01, 0.5, 0.99])
        self.side = 1 if high - median >= median - low else -1
        self.tails = {}
        for name, share in TAILS.items():
            start = np.quantile(self.side * y, 1 - share)
            beyond = self.side * y[self.side * y > start]
            self.tails[name] = self.side * float(beyond.min() if beyond.size else start)
        try:
            self._relevance = Relevance.from_labels(y)
        except ValueError:  # no label is extreme by the box plot
            self._relevance = None

    def samples(self, y):
        """Return the mask, [N], of each region and tail, by name."""
        masks, y = region_samples(y, self.bins, self.regions), np.asarray(y, float)
        del masks["zero"]
        for name, start in self.tails.items():
            masks[name] = self.side * y >= self.side * start
        return masks

    def sizes(self, y):
        """Return how many samples each region and tail has, a dict of int."""
        return {name: int(mask.sum()) for name, mask in self.samples(y).items()}

    def scores(self, y, y_hat):
        """Return the errors by region, and in the tails; RMSE, R2, the bias, SERA.

        The bias is the mean of y_hat - y. A dict with the keys of `SCORES`, six
        significant digits, and None for what can't be computed: a region without
        samples, R2 of equal labels, SERA where no label is extreme.
        """
        scores = region_errors(y, y_hat, self.bins, self.regions)
        masks, y = self.samples(y), np.asarray(y, float)
        error, spread = np.asarray(y_hat, float) - y, y.var()
        for name in TAILS:
            chosen = np.abs(error[masks[name]])
            scores[name] = chosen.mean() if chosen.size else math.nan
        squares = np.square(error).mean()
        scores["RMSE"] = squares**0.5
        scores["R2"] = 1 - squares / spread if spread > 0 else math.nan
        scores["bias"] = error.mean()
        known = self._relevance is not None
        scores["SERA"] = sera(y, y_hat, self._relevance) if known else math.nan
        return {
            name: None if math.isnan(value) else float(f"{value:.6g}")
            for name, value in scores.items()
        }

    def text(self):
        """Return what the regions and the tails are."""
        many, few = self.thresholds.values()
        start, rare = self.tails.values()
        side, end = ("more", "highest") if self.side > 0 else ("less", "lowest")
        return (
            f"Many-shot bins have more than {many:,g} training samples, few-shot ones "
            f"fewer than {few:,g}; tail_5 and tail_1 are the labels of {start:.6g} and "
            f"of {rare:.6g} or {side}, the {end} 5 % and 1 % of the training labels."
        )


def sizes_text(sizes, split):
    """Return the samples of each region as text, with a warning where they are few."""
    text = f"{split} samples: " + ", ".join(f"{r} {n:,}" for r, n in sizes.items())
    small = ", ".join(region for region, n in sizes.items() if 0 < n < FEWEST)
    return text + (f"; fewer than {FEWEST} say little: {small}" if small else "")


def weight_warnings(name, weights, labels, bins, smoothed):
    """Return what to beware of in the weights, [N], of a method, one line each.

    `smoothed` is the scheme of :class:`dirlib.LDSWeights`, if LDS made the weights.
    """
    labels, n, lines = np.asarray(labels, float), len(weights), []
    counts, size = bins.counts(labels), effective_sample_size(weights)
    if smoothed:
        plain = LDSWeights(bins, kernel_size=1, scheme=smoothed).fit(labels)(labels)
        ratios = [w.max() / w.min() for w in (plain, weights)]
        spreads = [n / effective_sample_size(w) - 1 for w in (plain, weights)]
        if ratios[1] < ratios[0] ** 0.5 or spreads[1] < spreads[0] / 4:
            lines.append(
                f"{name}: LDS takes most of the re-weighting away. The largest weight "
                f"is {ratios[1]:.3g} times the smallest, {ratios[0]:.3g} times without "
                f"LDS, and the effective sample size {size:,.0f} of {n:,}, "
                f"{effective_sample_size(plain):,.0f} without: take a smaller sigma or "
                f"narrower bins, or leave LDS out."
            )
    if size < 0.1 * n:
        lines.append(
            f"{name}: few samples carry the weights, which are worth {size:,.0f} equal "
            f"ones of {n:,}: those of 'sqinv' are milder than those of 'inv'; compare "
            f"with 'vanilla'."
        )
    seen = counts[counts > 0]
    if seen.max() <= 2 * seen.min() and bins.widths.max() > 2 * bins.widths.min():
        lines.append(
            f"{name}: the bins have even counts, so the weights follow their widths, "
            f"{bins.widths.min():.3g} to {bins.widths.max():.3g}: take equal or "
            f"logarithmic bins."
        )
    return lines
