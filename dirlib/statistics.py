"""Feature statistics of each label bin, in one pass, and what they say about an anchor.

mu_b is the mean of the features z in bin b, and Sigma_b = 1/(N_b - 1) * the sum of
(z - mu_b)(z - mu_b)^T (Yang et al., 2021, arXiv:2102.09554, section 3.2).
"""

import numpy as np
import torch
import torch.distributed as dist

COVARIANCES = ("diagonal", "full")
# A batch of full covariances is summed in blocks of about this many numbers.
BLOCK = 1 << 22


class BinStatistics:
    """Count, mean and variance or covariance of features per bin, gathered in batches.

    The sums are kept in float64 about the running mean (Chan, Golub and LeVeque, 1983),
    so that they are right for features far from 0 and for any split into batches.

    Parameters
    ----------
    n_bins : int
        B, the number of label bins.
    feature_dim : int
        D, the length of a feature vector.
    covariance : {"diagonal", "full"}
        Keep the variance of each feature, or the covariance matrix.

    Attributes
    ----------
    count : Tensor of shape [B], float64
    mean : Tensor of shape [B, D], float64
        0 in an empty bin: look at `count`.

    Raises
    ------
    ValueError
        If a size is not positive or `covariance` is unknown.
    """

    def __init__(self, n_bins, feature_dim, covariance="diagonal", device=None):
        if covariance not in COVARIANCES:
            raise ValueError(
                f"covariance must be one of {', '.join(COVARIANCES)}, "
                f"but got {covariance!r}"
            )
        if n_bins < 1 or feature_dim < 1:
            raise ValueError(
                f"n_bins and feature_dim must be positive, "
                f"but got {n_bins} and {feature_dim}"
            )
        self.covariance_kind = covariance
        shape = (n_bins, feature_dim)
        squares = shape if covariance == "diagonal" else (*shape, feature_dim)
        kept = {"dtype": torch.float64, "device": device}
        self.count = torch.zeros(n_bins, **kept)
        self.mean = torch.zeros(shape, **kept)
        # The sum of squared deviations from the mean, or of their outer products.
        self._scatter = torch.zeros(squares, **kept)

    def state(self):
        """Return the three tensors that hold everything, by name, not copied."""
        return {"count": self.count, "mean": self.mean, "scatter": self._scatter}

    @classmethod
    def from_state(cls, count, mean, scatter):
        """Make statistics of the tensors of :meth:`state`, shared, not copied."""
        stats = cls.__new__(cls)
        stats.covariance_kind = COVARIANCES[scatter.ndim - 2]
        stats.count, stats.mean, stats._scatter = count, mean, scatter
        return stats

    @torch.no_grad()
    def update(self, features, index):
        """Take a batch in.

        Parameters
        ----------
        features : Tensor of shape [N, D]
            Floating point, of any precision. No gradient is kept.
        index : Tensor or array-like of shape [N], integer
            The bin of each sample, from :meth:`dirlib.LabelBins.index`.

        Raises
        ------
        ValueError
            If shapes don't fit, an index is out of range, or a feature isn't finite.
        """
        index = torch.as_tensor(index, device=self.count.device)
        self._check(features, index)
        z = features.to(self.mean)
        batch = BinStatistics(*self.mean.shape, self.covariance_kind, self.mean.device)
        batch.count.index_add_(0, index, torch.ones_like(z[:, 0]))
        batch.mean.index_add_(0, index, z)
        batch.mean /= batch.count.clamp(min=1)[:, None]
        deviation = z - batch.mean[index]
        if self.covariance_kind == "diagonal":
            batch._scatter.index_add_(0, index, deviation**2)
        else:
            step = max(1, BLOCK // z.shape[1] ** 2)
            for d, i in zip(deviation.split(step), index.split(step), strict=True):
                batch._scatter.index_add_(0, i, d[:, :, None] * d[:, None, :])
        self._take(batch)

    def merge(self, other):
        """Return the statistics of both sets of samples together; neither changes.

        Raises
        ------
        ValueError
            If the two differ in bins, features or kind.
        """
        if other._scatter.shape != self._scatter.shape:
            raise ValueError(
                f"statistics of shapes {list(self._scatter.shape)} and "
                f"{list(other._scatter.shape)} can't be merged"
            )
        both = BinStatistics(*self.mean.shape, self.covariance_kind, self.mean.device)
        both._take(self)
        both._take(other)
        return both

    @torch.no_grad()
    def all_reduce(self):
        """Return the statistics of the samples of all processes, the same in each.

        Without an initialised process group they are these.
        """
        total = BinStatistics(*self.mean.shape, self.covariance_kind, self.mean.device)
        total._take(self)
        if not (dist.is_available() and dist.is_initialized()):
            return total
        sums = total.mean * total.count[:, None]
        dist.all_reduce(total.count)
        dist.all_reduce(sums)
        total.mean = sums / total.count.clamp(min=1)[:, None]
        # Each process moves its deviations to the common mean before they are added.
        total._scatter += self._shifted(self.count, self.mean - total.mean)
        dist.all_reduce(total._scatter)
        return total

    def variance(self):
        """Return the unbiased variance of each feature, [B, D]; NaN where N_b < 2."""
        full = self.covariance_kind == "full"
        scatter = self._scatter.diagonal(dim1=1, dim2=2) if full else self._scatter
        return self._divided(scatter)

    def covariance(self):
        """Return Sigma_b, [B, D, D]; NaN where N_b < 2.

        Raises
        ------
        ValueError
            If only variances were kept.
        """
        if self.covariance_kind != "full":
            raise ValueError(
                'only variances were kept: make the statistics with covariance="full"'
            )
        return self._divided(self._scatter)

    def _divided(self, scatter):
        freedom = (self.count - 1).reshape(-1, *[1] * (scatter.ndim - 1))
        return torch.where(freedom > 0, scatter / freedom.clamp(min=1), torch.nan)

    def _shifted(self, weight, delta):
        """weight_b * delta_b delta_b^T, or its diagonal: what a shifted mean adds."""
        if self.covariance_kind == "diagonal":
            return weight[:, None] * delta**2
        return weight[:, None, None] * delta[:, :, None] * delta[:, None, :]

    def _take(self, other):
        """Add the samples of `other`, in place."""
        total = self.count + other.count
        share = other.count / total.clamp(min=1)
        delta = other.mean - self.mean
        self._scatter += other._scatter
        self._scatter += self._shifted(self.count * share, delta)
        self.mean += share[:, None] * delta
        self.count.copy_(total)

    def _check(self, features, index):
        n_bins, feature_dim = self.mean.shape
        if features.ndim != 2 or features.shape[1] != feature_dim:
            raise ValueError(
                f"features must have shape [N, {feature_dim}], "
                f"but got {list(features.shape)}"
            )
        if index.shape != features.shape[:1] or index.is_floating_point():
            raise ValueError(
                f"index must hold {len(features)} integers, one per sample, "
                f"but got {index.dtype} of shape {list(index.shape)}"
            )
        if len(index) and not (0 <= index.min() and index.max() < n_bins):
            raise ValueError(
                f"index must lie in 0..{n_bins - 1}, "
                f"but got {index.min().item()}..{index.max().item()}"
            )
        if not torch.isfinite(features).all():
            row = int((~torch.isfinite(features)).any(1).nonzero()[0])
            raise ValueError(
                f"features must be finite, but those of sample {row} aren't"
            )


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
    if statistic not in ("mean", "variance"):
        raise ValueError(
            f'statistic must be "mean" or "variance", but got {statistic!r}'
        )
    if statistic == "mean":
        empty = (stats.count == 0)[:, None]
        values = stats.mean.masked_fill(empty, torch.nan).cpu().numpy()
    else:
        values = stats.variance().cpu().numpy()
    if not 0 <= anchor_bin < len(values):
        raise ValueError(
            f"anchor_bin must lie in 0..{len(values) - 1}, but got {anchor_bin}"
        )
    length = np.linalg.norm(values, axis=1)
    length[length == 0] = np.nan
    if np.isnan(length[anchor_bin]):
        raise ValueError(
            f"bin {anchor_bin} has too few samples for a {statistic}: "
            f"choose another anchor"
        )
    return values @ values[anchor_bin] / (length * length[anchor_bin])


def anomaly_gap(similarity, anchor_bin, many, near=5):
    """Return how much nearer the anchor is to its neighbours than to the crowd.

    The mean similarity to the bins within `near` of the anchor (itself left out), minus
    the mean similarity to the many-shot bins outside that neighbourhood. Where features
    follow the label it is positive; a negative gap is the anomaly of the paper's figure
    on feature statistics: the crowd far away is nearer than the neighbours.

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
