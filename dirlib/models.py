"""Networks for images and for tables.

Each has `features`, `regressor` and `feature_dim`, which is what FDS needs.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """Two 3 x 3 convolutions with a shortcut (He et al., 2016, arXiv:1512.03385)."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


class Network(nn.Module):
    """A backbone and a last layer: y_hat = g(z), z = f(x)."""

    def forward(self, x):
        """Return the prediction: [N] in label units, or [N, n_outputs] class scores."""
        return self.regressor(self.features(x)).squeeze(-1)


class SmallResNet(Network):
    """A residual network of about 80,000 weights.

    Parameters
    ----------
    n_outputs : int
        1 for regression; the number of classes for classification.
    feature_dim : int
        D, the length of the feature vector z in front of the last layer.
    output_bias : float
        Where the outputs start, in label units: the mean training label saves epochs.
    seed : int
        Fixes the initial weights; the global random state is left alone.
    """

    def __init__(self, n_outputs=1, feature_dim=64, output_bias=0.0, seed=0):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.stem = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
            self.bn = nn.BatchNorm2d(16)
            self.stages = nn.Sequential(
                Block(16, 16, 2), Block(16, 32, 2), Block(32, feature_dim, 2)
            )
            self.regressor = nn.Linear(feature_dim, n_outputs)
        self.feature_dim = feature_dim
        nn.init.constant_(self.regressor.bias, output_bias)

    def features(self, x):
        """Return z = f(x), [N, D], of images x, [N, 3, H, W], float."""
        x = F.relu(self.bn(self.stem(x)))
        return self.stages(x).mean(dim=(2, 3))


# 11 to 60 million weights: for larger pictures, and for a GPU.
RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")


class ResNet(Network):
    """A ResNet of torchvision for regression, with random initial weights.

    Parameters
    ----------
    name : str
        One of `RESNETS`.
    output_bias, seed
        As for :class:`SmallResNet`.
    """

    def __init__(self, name, output_bias=0.0, seed=0):
        super().__init__()
        # Loaded here: `import dirlib.models` stays light without it.
        from torchvision.models import get_model

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.backbone = get_model(name, weights=None)
            self.feature_dim = self.backbone.fc.in_features
            self.backbone.fc = nn.Identity()
            self.regressor = nn.Linear(self.feature_dim, 1)
        nn.init.constant_(self.regressor.bias, output_bias)

    def features(self, x):
        """Return z = f(x), [N, D], of images x, [N, 3, H, W], float."""
        return self.backbone(x)


class ScaledLinear(nn.Linear):
    """A linear layer whose outputs are shifted and scaled: (W z + b) scale + mean.

    Mean and scale are buffers: saved with the weights, and not learned.
    """

    def __init__(self, in_features, mean, scale):
        super().__init__(in_features, 1)
        self.register_buffer("mean", torch.tensor(float(mean)))
        self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, z):
        return super().forward(z) * self.scale + self.mean


class MLP(Network):
    """A multilayer perceptron for rows of numbers.

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
    """

    def __init__(
        self, n_inputs, hidden=(128, 64), feature_dim=32, output_mean=0.0,
        output_scale=1.0, seed=0,
    ):  # fmt: skip
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
