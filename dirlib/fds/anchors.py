"""What the feature statistics of the bins say about an anchor bin."""

import numpy as np
import torch

from dirlib.arguments import check_choice


def cosine_to_anchor(stats, anchor_bin, statistic="mean"):
    """Return the cosine similarity of each bin's statistic to the anchor's.

    Parameters
    ----------
    stats : BinStatistics
    anchor_bin : int
    statistic : {"mean", "variance"}

    Returns
    -------
    ndarray of shape [B], float64
        Between -1 and 1; 1 at the anchor. NaN where a bin has too few samples (none for
        the mean, fewer than two for the variance), or its statistic is all zero.

    Raises
    ------
    ValueError
        If there is no such bin or statistic, or the anchor's own is missing or zero.
    """
    check_choice("statistic", statistic, ("mean", "variance"))
    if statistic == "mean":
        empty = (stats.count == 0)[:, None]
        values = stats.mean.masked_fill(empty, torch.nan).cpu().numpy()
    else:
        values = stats.variance().cpu().numpy()
    if not 0 <= anchor_bin < len(values):
        raise ValueError(
            f"anchor_bin must be in 0..{len(values) - 1}, got {anchor_bin}"
        )
    length = np.linalg.norm(values, axis=1)
    length[length == 0] = np.nan
    if np.isnan(length[anchor_bin]):
        raise ValueError(
            f"bin {anchor_bin} has too few samples for a {statistic}: "
            f"choose another anchor"
        )
    return values @ values[anchor_bin] / (length * length[anchor_bin])


def neighbour_margin(similarity, anchor_bin, many, near=5):
    """Return how much more similar the anchor is to its neighbours than to the crowd.

    The mean similarity to the bins within `near` of the anchor (itself left out), minus
    the mean similarity to the many-shot bins outside that neighbourhood. Where features
    follow the label it is large. At 0 or below it shows the anomaly of the paper's
    figure on feature statistics: the crowd far away is as near as the neighbours.

    Parameters
    ----------
    similarity : array-like of shape [B]
        From :func:`cosine_to_anchor`; NaN bins are left out.
    anchor_bin : int
    many : array-like of shape [B], bool
        The many-shot bins, from :func:`dirlib.shot_regions`.
    near : int
        In bins.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If no near bin, or no many-shot bin, has a similarity.
    """
    similarity = np.asarray(similarity, dtype=np.float64)
    distance = np.abs(np.arange(len(similarity)) - anchor_bin)
    known = ~np.isnan(similarity)
    neighbours = known & (distance > 0) & (distance <= near)
    crowd = known & np.asarray(many, dtype=bool) & (distance > near)
    for name, mask in (("near", neighbours), ("many-shot", crowd)):
        if not mask.any():
            raise ValueError(
                f"no {name} bin has a similarity to the anchor {anchor_bin}: "
                f"choose another anchor or a larger `near` than {near}"
            )
    return float(similarity[neighbours].mean() - similarity[crowd].mean())


anomaly_gap = neighbour_margin  # its first name, for code that calls it so
