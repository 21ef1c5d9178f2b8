"""A network for tables: linear layers, and a last one in the units of the label."""

import math

import torch
from torch import nn


class ScaledLinear(nn.Linear):
    """A linear layer whose outputs are shifted and scaled: (W z + b) scale + mean.

    Parameters
    ----------
    in_features : int
    mean, scale : float
        Kept as buffers: saved with the weights, and not learned.
    """

    def __init__(self, in_features, mean, scale):
        super().__init__(in_features, 1)
        self.register_buffer("mean", torch.tensor(float(mean)))
        self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, z):
        return super().forward(z) * self.scale + self.mean


class MLP(nn.Module):
    """A multilayer perceptron for rows of numbers: y_hat = g(z), z = f(x).

    It has no BatchNorm and no dropout: the prediction for a row depends on that row
    alone, in training too, and two processes train as one.

    Parameters
    ----------
    n_inputs : int
        F, the numbers of a row.
    hidden : sequence of int
        The widths of the layers in front of z; may be empty.
    feature_dim : int
        D, the length of the feature vector z.
    output_mean, output_scale : float
        The mean and the standard deviation of the training labels, in label units.
        With them, Adam learns labels of any size with the same learning rate: labels
        1000 times as large give predictions 1000 times as large. What differs comes
        from Adam's epsilon, 1e-8, which has no scale; labels far smaller than 1 learn
        better in a smaller unit, with larger numbers.
    seed : int
        Fixes the initial weights; the global random state is left alone.

    Raises
    ------
    ValueError
        If a width is not positive, the mean not finite or the scale not positive.
    """

    def __init__(
        self,
        n_inputs,
        hidden=(128, 64),
        feature_dim=32,
        output_mean=0.0,
        output_scale=1.0,
        seed=0,
    ):
        super().__init__()
        widths = [n_inputs, *hidden, feature_dim]
        if min(widths) < 1:
            raise ValueError(
                f"n_inputs, hidden and feature_dim must be 1 or more, but got {widths}"
            )
        if not math.isfinite(output_mean):
            raise ValueError(f"output_mean must be finite, but got {output_mean}")
        if not (math.isfinite(output_scale) and output_scale > 0):
            raise ValueError(
                f"output_scale must be finite and positive, but got {output_scale}: "
                f"use the standard deviation of the training labels"
            )
        self.feature_dim = feature_dim
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers = []
            for n, m in zip(widths, widths[1:], strict=False):
                layers += [nn.Linear(n, m), nn.ReLU()]
            self.layers = nn.Sequential(*layers)
            self.regressor = ScaledLinear(feature_dim, output_mean, output_scale)

    def features(self, x):
        """Return z = f(x), [N, D], 0 or more, of rows x, [N, F], float."""
        return self.layers(x)

    def forward(self, x):
        """Return the prediction, [N], in label units."""
        return self.regressor(self.features(x)).squeeze(-1)
