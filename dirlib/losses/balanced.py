"""Balanced MSE: squared errors that know how the labels are distributed.

Ren, Zhang, Yu and Liu, "Balanced MSE for Imbalanced Visual Regression", CVPR 2022,
arXiv:2203.16427. A network that minimises the squared error answers common labels too
often. Here it models labels as if all were equally frequent, and the loss puts their
density back:

    L = -log N(y; y_hat, s^2) + log integral of p(y') N(y'; y_hat, s^2) dy'

with the noise s and the training labels' density p. The integral is a sum over the
other labels of the batch ("batch-based Monte Carlo"), or over bins ("bin-based
numerical integration").
"""

import math

import torch
from torch import nn

from dirlib.arguments import as_counts
from dirlib.bins import check_bins
from dirlib.losses.weighted import (
    as_tensor,
    at_least_float32,
    check_values,
    checked_prediction,
    like,
    weight_and_reduce,
)


def balanced_mse_loss(
    prediction, target, weights=None, *, noise_sigma, centers=None, counts=None,
    reduction="mean",
):  # fmt: skip
    """Return the balanced squared error, in squared label units.

    l_i = 2 s^2 (log sum_j m_j exp(-(y_hat_i - c_j)^2 / (2 s^2)) + (y_hat_i - y_i)^2 /
    (2 s^2)), where the c_j are the labels of the batch, each with m_j = 1 (Ren et al.,
    2022, arXiv:2203.16427: "BMC"); or, with `counts`, the centers of the bins, each
    with its share of the samples m_j ("BNI"). The factor 2 s^2 is a constant for the
    gradient: it gives the loss the scale of `mse_loss`, whatever s is.

    Parameters
    ----------
    prediction : Tensor of shape [N] or [N, 1], floating
    target, weights, reduction
        As for :func:`dirlib.l1_loss`. The weights are 1 unless two methods are to be
        joined: this loss is itself one against imbalance.
    noise_sigma : float or Tensor[]
        s, in label units, above 0: how far a good prediction is off. The value of a
        tensor is not checked.
    centers, counts : Tensor or array-like of shape [B], optional
        Of the bins, and their training samples; both or none. Without them, the batch
        must be large enough to stand for the training set. Values are checked on the
        CPU alone.

    Returns
    -------
    Tensor[] or, with ``reduction="none"``, of the shape of `prediction`

    Raises
    ------
    ValueError
        As `l1_loss`; for another shape; if `noise_sigma`, a float, is not above 0 or
        its square no float32; or if `centers` and `counts` don't fit together, are not
        finite, or a count is negative, or all are 0.
    """
    prediction = checked_prediction(prediction)
    target = like(prediction, "target", target)
    if prediction.ndim not in (1, 2) or prediction.shape[1:].numel() != 1:
        raise ValueError(
            f"prediction must have shape [N] or [N, 1], but got "
            f"{list(prediction.shape)}: sum this loss over several targets"
        )
    if not isinstance(noise_sigma, torch.Tensor):
        _check_noise(noise_sigma)
    elif noise_sigma.numel() != 1:
        raise ValueError(
            f"noise_sigma has shape {list(noise_sigma.shape)}: give one number."
        )
    else:
        noise_sigma = at_least_float32(noise_sigma.reshape(()))
    twice = 2 * noise_sigma**2
    if (centers is None) != (counts is None):
        raise ValueError("centers and counts belong together: give both, or none")
    if centers is None:
        centers, log_share = target.reshape(-1), 0.0
    else:
        centers, counts = (
            as_tensor(name, values).to(prediction.device, prediction.dtype)
            for name, values in (("centers", centers), ("counts", counts))
        )
        if centers.ndim != 1 or centers.shape != counts.shape or not len(centers):
            raise ValueError(
                f"centers and counts must have shape [B], one per bin, but got "
                f"{list(centers.shape)} and {list(counts.shape)}"
            )
        total, limits = counts.sum(), torch.finfo(counts.dtype)
        check_values("centers", centers, "finite", low=limits.min)
        check_values("counts", counts, "finite and not negative")
        check_values("the sum of counts", total, "above 0 and finite", low=limits.tiny)
        log_share = (counts / total).log()
    distance = (prediction.reshape(-1, 1) - centers).square()
    density = torch.logsumexp(log_share - distance / twice, dim=1)
    loss = density.reshape(prediction.shape) + (prediction - target).square() / twice
    scale = twice.detach() if isinstance(twice, torch.Tensor) else twice
    return weight_and_reduce(scale * loss, weights, reduction)


def _check_noise(noise_sigma):
    if not 1e-18 <= noise_sigma <= 1e18:  # as 2 s^2 must be a float32
        raise ValueError(
            f"noise_sigma is {noise_sigma}: give a number above 0, in label units, "
            f"from 1e-18 to 1e18."
        )


class BalancedMSE(nn.Module):
    """:func:`balanced_mse_loss` with a noise that is learned along with the network.

    The noise is a parameter: give ``loss.parameters()`` to the optimizer too, as
    :func:`dirlib.fit` does; ``loss.requires_grad_(False)`` keeps it as it is.

    Parameters
    ----------
    noise_sigma : float
        s at the start, in label units, which matters: choose it on validation data.
    bins : LabelBins, optional
        Takes the density of the labels from `counts`, and not from each batch.
    counts : array-like of shape [B], optional
        Training samples of each bin; smoothed ones, if you like.

    Examples
    --------
    >>> loss = BalancedMSE(noise_sigma=8.0)
    >>> prediction, target = torch.tensor([30.0, 50.0]), torch.tensor([30.0, 60.0])
    >>> loss(prediction, target).item() < 100
    True
    """

    def __init__(self, noise_sigma, bins=None, counts=None):
        super().__init__()
        _check_noise(noise_sigma)
        if (bins is None) != (counts is None):
            raise ValueError("bins and counts belong together: give both, or none")
        self.log_noise_sigma = nn.Parameter(torch.tensor(math.log(noise_sigma)))
        centers = None
        if bins is not None:
            check_bins(bins)
            counts = as_counts("counts", counts, bins.n_bins)
            if not counts.any():
                raise ValueError("counts must not all be 0: count the training labels.")
            centers = torch.as_tensor(bins.centers[counts > 0]).float()
            # At most 1, since 65504 is the largest number of a module in float16.
            counts = torch.as_tensor(counts[counts > 0] / counts.max()).float()
        self.register_buffer("centers", centers)
        self.register_buffer("counts", counts)

    @property
    def noise_sigma(self):
        """s, a tensor, in label units; in float32 or more."""
        return at_least_float32(self.log_noise_sigma).exp()

    def extra_repr(self):
        way = "batch" if self.centers is None else f"{len(self.centers)} bins"
        return f"noise_sigma={self.noise_sigma.item():.4g}, density of the {way}"

    def forward(self, prediction, target, weights=None):
        return balanced_mse_loss(
            prediction, target, weights, noise_sigma=self.noise_sigma,
            centers=self.centers, counts=self.counts,
        )  # fmt: skip
