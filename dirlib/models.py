"""Networks for images: a small one that a laptop trains in seconds, and torchvision's.

Each has `features`, `regressor` and `feature_dim`, which is what FDS needs.
"""

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


class SmallResNet(nn.Module):
    """A residual network of about 80,000 weights: y_hat = g(z), z = f(x).

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

    def forward(self, x):
        """Return the prediction: [N] in label units, or [N, n_outputs] class scores."""
        y_hat = self.regressor(self.features(x))
        return y_hat.squeeze(-1) if y_hat.shape[-1] == 1 else y_hat


# 11 to 60 million weights: for larger pictures, and for a GPU.
RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")


class ResNet(nn.Module):
    """A ResNet of torchvision for regression, with random initial weights.

    Parameters
    ----------
    name : str
        One of `RESNETS`.
    output_bias : float
        What the untrained network answers on average, in label units.
    seed : int
        Fixes the initial weights; the global random state is left alone.
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

    def forward(self, x):
        """Return the prediction, [N], in label units."""
        return self.regressor(self.features(x)).squeeze(-1)
