"""SERA: squared errors by how much a label matters to the user.

Ribeiro and Moniz, "Imbalanced regression and extreme value prediction", Machine
Learning 109, 2020.
"""

import numpy as np

from dirlib.arguments import check_each, check_shape, finite_labels
from dirlib.metrics.errors import pair


class Relevance:
    """The relevance phi of a label, from 0 (common, of no interest) to 1 (extreme).

    Control points say the relevance of some labels; between them runs a piecewise cubic
    Hermite interpolation, whose slopes (those of PCHIP, and 0 at both ends) keep it
    monotone from each point to the next; beyond the ends it is constant.

    Parameters
    ----------
    points : array-like of shape [K, 2], K >= 2
        Pairs of a label and its relevance, 0 to 1, by ascending label.

    Examples
    --------
    >>> phi = Relevance([(0, 1), (30, 0), (90, 1)])
    >>> phi([-5, 0, 30, 60, 90]).round(6).tolist()
    [1.0, 1.0, 0.0, 0.5, 1.0]
    """

    def __init__(self, points):
        from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

        points = np.asarray(points, dtype=np.float64)
        if points.ndim != 2 or points.shape[0] < 2 or points.shape[1] != 2:
            raise ValueError(
                f"points must be two or more pairs (label, relevance), but got shape "
                f"{list(points.shape)}"
            )
        y, phi = points.T
        if not (np.isfinite(y).all() and (np.diff(y) > 0).all()):
            raise ValueError(f"the labels of points must ascend, but got {y.tolist()}")
        check_each("relevance", phi, (phi >= 0) & (phi <= 1), "from 0 to 1")
        slopes = PchipInterpolator(y, phi).derivative()(y)
        slopes[[0, -1]] = 0
        self.points, self._phi = points, CubicHermiteSpline(y, phi, slopes)

    @classmethod
    def from_labels(cls, labels, coef=1.5):
        """Make the relevance from the box plot of the training labels, [N].

        The median has the relevance 0. The lower and the upper adjacent value, the last
        labels within `coef` interquartile ranges of the box, have 1, as all labels
        beyond them. On a side where there are none, nothing is extreme: the relevance
        is 0 there. For skewed labels the adjusted box plot of Hubert and Vandervieren
        (2008) may suit better: give its adjacent values as points.

        A ValueError refuses labels without extremes on either side.
        """
        if not 0 <= coef < np.inf:
            raise ValueError(f"coef must be 0 or more, but got {coef}")
        y = finite_labels(labels)
        q1, median, q3 = np.quantile(y, [0.25, 0.5, 0.75])
        reach = coef * (q3 - q1)
        inside = y[(y >= q1 - reach) & (y <= q3 + reach)]
        low, high = inside.min(), inside.max()
        points = [(median, 0.0)]
        if y.min() < low < median:
            points.insert(0, (low, 1.0))
        if y.max() > high > median:
            points.append((high, 1.0))
        if len(points) == 1:
            why = (
                f"half of the labels or more are {median:g}, so the box has no height"
                if q1 == q3
                else f"no label lies beyond the whiskers of the box plot, {low:g} and "
                f"{high:g}, so none is extreme"
            )
            raise ValueError(f"{why}: give points, Relevance([(label, phi), ...])")
        return cls(points)

    def __call__(self, labels):
        """Return the relevance of each label, [N], float64."""
        y = finite_labels(labels)
        phi = self._phi(np.clip(y, self.points[0, 0], self.points[-1, 0]))
        return np.clip(phi, 0, 1)  # the last bits


def sera(y, y_hat, relevance):
    """Return the squared error-relevance area, in squared label units.

    SERA = integral from 0 to 1 of SER_t dt, where SER_t is the sum of the squared
    errors of the samples with phi(y_i) >= t (Ribeiro and Moniz, 2020). A
    sample is in SER_t for t up to phi(y_i), so the integral is
    sum_i phi(y_i) (y_i - y_hat_i)^2. It grows with the number of samples.

    Parameters
    ----------
    y, y_hat : array-like of shape [N]
    relevance : Relevance or callable
        Made from the *training* labels; maps labels, [N], to [0, 1].

    Examples
    --------
    >>> round(sera([30, 60, 90], [31, 58, 85], Relevance([(30, 0), (90, 1)])), 6)
    27.0
    """
    y, y_hat = pair(y, y_hat)
    if not callable(relevance):
        raise ValueError(
            f"relevance must be a function of the labels, but got a "
            f"{type(relevance).__name__}: from points, make Relevance(points)"
        )
    phi = np.asarray(relevance(y), dtype=np.float64)
    check_shape("relevance", phi, y.shape, "one number per label")
    check_each("relevance", phi, (phi >= 0) & (phi <= 1), "from 0 to 1 for each label")
    return float(phi @ np.square(y - y_hat))
