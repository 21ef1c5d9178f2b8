# The types of all public names: they load lazily, so no type checker would find them.
# `make test-types` compares each signature with the real one.
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, Literal, NamedTuple, Self, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from dirlib import datasets as datasets
from dirlib import trainer as trainer
from dirlib import training as training
from dirlib.trainer.prediction import TrainedRun

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Values: TypeAlias = ArrayLike | Tensor
Clip: TypeAlias = tuple[float, float] | None
Kernel: TypeAlias = Literal["gaussian", "laplace", "triangular"]
Edges: TypeAlias = Literal["zero", "reflect", "renormalize"]
Scheme: TypeAlias = Literal["inverse", "sqrt_inverse"]
OutOfRange: TypeAlias = Literal["raise", "clamp", "drop"]
Covariance: TypeAlias = Literal["diagonal", "full", "low_rank"]
Reduction: TypeAlias = Literal["mean", "sum", "none"]
Samples: TypeAlias = ImageArray | Rows | Any
Folder: TypeAlias = str | PathLike[str]

# Bins and regions

class LabelBins:
    edges: Floats
    def __init__(self, start: float, stop: float, width: float) -> None: ...
    @classmethod
    def from_edges(cls, edges: ArrayLike) -> Self: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def centers(self) -> Floats: ...
    @property
    def widths(self) -> Floats: ...
    def index(self, labels: Values, out_of_range: OutOfRange = ...) -> Ints: ...
    def counts(self, labels: Values, out_of_range: OutOfRange = ...) -> Ints: ...

class ShotRegions(NamedTuple):
    many: NDArray[np.bool_]
    medium: NDArray[np.bool_]
    few: NDArray[np.bool_]
    zero: NDArray[np.bool_]

def shot_regions(
    train_counts: ArrayLike, many: int = ..., few: int = ...
) -> ShotRegions: ...
def shot_thresholds(train_counts: ArrayLike) -> tuple[int, int]: ...
def choose_bins(
    labels: Values,
    kind: str = ...,
    *,
    width: float | None = ...,
    quantiles: int | None = ...,
) -> tuple[LabelBins, str]: ...

# Kernels, densities and weights

def kernel_window(kind: Kernel, size: int, sigma: float = ...) -> Floats: ...
def smooth_bins(values: ArrayLike, window: ArrayLike, edges: Edges = ...) -> Floats: ...
def empirical_density(labels: Values, bins: LabelBins) -> Floats: ...
def effective_density(
    labels: Values, bins: LabelBins, window: ArrayLike, edges: Edges = ...
) -> Floats: ...
def density_weights(
    density_at_samples: ArrayLike, scheme: Scheme = ..., clip: Clip = ...
) -> Floats: ...
def effective_sample_size(weights: ArrayLike) -> float: ...
def lds_weights(
    labels: Values,
    bins: LabelBins,
    kernel: Kernel | ArrayLike = ...,
    kernel_size: int | None = ...,
    sigma: float = ...,
    scheme: Scheme = ...,
    edges: Edges = ...,
    clip: Clip = ...,
    out_of_range: OutOfRange = ...,
) -> Floats: ...

class LDSWeights:
    bins: LabelBins
    window: Floats
    def __init__(
        self,
        bins: LabelBins,
        kernel: Kernel | ArrayLike = ...,
        kernel_size: int | None = ...,
        sigma: float = ...,
        scheme: Scheme = ...,
        edges: Edges = ...,
        clip: Clip = ...,
        out_of_range: OutOfRange = ...,
    ) -> None: ...
    def fit(self, labels: Values) -> Self: ...
    def partial_fit(self, labels: Values) -> Self: ...
    def add_counts(self, counts: ArrayLike) -> Self: ...
    def merge(self, other: LDSWeights) -> Self: ...
    @property
    def counts(self) -> Ints: ...
    @property
    def density(self) -> Floats: ...
    @property
    def bin_weights(self) -> Floats: ...
    @property
    def largest(self) -> float: ...
    @property
    def effective_sample_size(self) -> float: ...
    def __call__(self, labels: Values) -> Floats: ...
    def sampler(
        self,
        labels: Values,
        num_samples: int | None = ...,
        generator: torch.Generator | None = ...,
    ) -> torch.utils.data.WeightedRandomSampler: ...

class DenseWeights:
    largest: float
    effective_sample_size: float
    def __init__(
        self, alpha: float = ..., bandwidth: float | str = ..., eps: float = ...
    ) -> None: ...
    def fit(self, labels: Values) -> Self: ...
    def __call__(self, labels: Values) -> Floats: ...

# Losses

def l1_loss(
    prediction: Tensor,
    target: Values,
    weights: Values | None = ...,
    *,
    reduction: Reduction = ...,
) -> Tensor: ...
def mse_loss(
    prediction: Tensor,
    target: Values,
    weights: Values | None = ...,
    *,
    reduction: Reduction = ...,
) -> Tensor: ...
def huber_loss(
    prediction: Tensor,
    target: Values,
    weights: Values | None = ...,
    *,
    reduction: Reduction = ...,
    delta: float = ...,
) -> Tensor: ...
def focal_r_loss(
    prediction: Tensor,
    target: Values,
    weights: Values | None = ...,
    *,
    reduction: Reduction = ...,
    beta: float = ...,
    gamma: float = ...,
) -> Tensor: ...
def balanced_mse_loss(
    prediction: Tensor,
    target: Values,
    weights: Values | None = ...,
    *,
    noise_sigma: float | Tensor,
    centers: Values | None = ...,
    counts: Values | None = ...,
    reduction: Reduction = ...,
) -> Tensor: ...

class BalancedMSE(nn.Module):
    def __init__(
        self,
        noise_sigma: float,
        bins: LabelBins | None = ...,
        counts: ArrayLike | None = ...,
    ) -> None: ...
    @property
    def noise_sigma(self) -> Tensor: ...
    def forward(
        self, prediction: Tensor, target: Values, weights: Values | None = ...
    ) -> Tensor: ...

# Feature statistics and FDS

class BinStatistics(nn.Module):
    def __init__(
        self,
        n_bins: int,
        feature_dim: int,
        covariance: Covariance = ...,
        rank: int = ...,
        device: torch.device | str | None = ...,
    ) -> None: ...
    @property
    def count(self) -> Tensor: ...
    @property
    def mean(self) -> Tensor: ...
    def update(self, features: Tensor, index: Tensor) -> None: ...
    def merge(self, other: BinStatistics) -> BinStatistics: ...
    def all_reduce(self) -> BinStatistics: ...
    def check_overflow(self) -> None: ...
    def variance(self) -> Tensor: ...
    def covariance(self) -> Tensor: ...

class FDS(nn.Module):
    bins: LabelBins
    def __init__(
        self,
        feature_dim: int,
        bins: LabelBins,
        kernel: Kernel = ...,
        kernel_size: int | None = ...,
        sigma: float = ...,
        window: ArrayLike | None = ...,
        momentum: float | None = ...,
        covariance: Covariance = ...,
        rank: int = ...,
        weighting: str = ...,
        edges: Edges = ...,
        shrinkage: float = ...,
        clip: Clip = ...,
        check: bool = ...,
    ) -> None: ...
    def forward(self, z: Tensor, labels: Values | None = ...) -> Tensor: ...
    def end_epoch(self, statistics: BinStatistics | None = ...) -> None: ...
    def distances(self) -> dict[str, float]: ...

def bin_statistics(
    features: Values,
    labels: Values,
    bins: LabelBins,
    covariance: Covariance = ...,
    rank: int = ...,
) -> BinStatistics: ...
def calibrate(
    z: Tensor,
    index: Tensor,
    mean: Tensor,
    cov: Tensor,
    smoothed_mean: Tensor,
    smoothed_cov: Tensor,
    *,
    clip: Clip = ...,
) -> Tensor: ...
def matrix_sqrt(matrix: Tensor) -> Tensor: ...
def cosine_to_anchor(
    stats: BinStatistics, anchor_bin: int, statistic: str = ...
) -> Floats: ...
def neighbour_margin(
    similarity: ArrayLike, anchor_bin: int, many: ArrayLike, near: int = ...
) -> float: ...
def anomaly_gap(
    similarity: ArrayLike, anchor_bin: int, many: ArrayLike, near: int = ...
) -> float: ...

# Errors

class Score:
    n: int
    value: float | None
    low: float | None
    high: float | None
    def __init__(
        self, n: int, value: float | None, low: float | None, high: float | None
    ) -> None: ...

class PairedComparison:
    n: int
    mean_difference: float
    low: float
    high: float
    wins: int
    def __init__(
        self, n: int, mean_difference: float, low: float, high: float, wins: int
    ) -> None: ...

class Relevance:
    def __init__(self, points: ArrayLike) -> None: ...
    @classmethod
    def from_labels(cls, labels: Values, coef: float = ...) -> Self: ...
    def __call__(self, labels: Values) -> Floats: ...

def mae(y: Values, y_hat: Values) -> float: ...
def mse(y: Values, y_hat: Values) -> float: ...
def gm(y: Values, y_hat: Values, eps: float | None = ...) -> float: ...
def pearson(y: Values, y_hat: Values) -> float: ...
def spearman(y: Values, y_hat: Values) -> float: ...
def sera(y: Values, y_hat: Values, relevance: Relevance | ArrayLike) -> float: ...
def error_by_bin(y: Values, y_hat: Values, bins: LabelBins) -> Floats: ...
def by_region(
    y: Values,
    y_hat: Values,
    bins: LabelBins,
    regions: ShotRegions,
    metric: Callable[..., float] = ...,
    *,
    n_bootstrap: int = ...,
    confidence: float = ...,
    seed: int = ...,
) -> dict[str, Score]: ...
def region_errors(
    y: Values, y_hat: Values, bins: LabelBins, regions: ShotRegions
) -> dict[str, Any]: ...
def paired_comparison(
    baseline: ArrayLike, method: ArrayLike, *, confidence: float = ...
) -> PairedComparison: ...

# Networks, samples and the training

class MLP(nn.Module):
    feature_dim: int
    def __init__(
        self,
        n_inputs: int,
        hidden: tuple[int, ...] = ...,
        feature_dim: int = ...,
        output_mean: float | Tensor = ...,
        output_scale: float | Tensor = ...,
        seed: int = ...,
    ) -> None: ...
    def features(self, x: Tensor) -> Tensor: ...
    def forward(self, x: Tensor) -> Tensor: ...

class SmallResNet(nn.Module):
    feature_dim: int
    def __init__(
        self,
        n_outputs: int = ...,
        feature_dim: int = ...,
        output_bias: float = ...,
        seed: int = ...,
    ) -> None: ...
    def features(self, x: Tensor) -> Tensor: ...
    def forward(self, x: Tensor) -> Tensor: ...

class ResNet(nn.Module):
    feature_dim: int
    def __init__(
        self, name: str, output_bias: float = ..., seed: int = ...
    ) -> None: ...
    def features(self, x: Tensor) -> Tensor: ...
    def forward(self, x: Tensor) -> Tensor: ...

class ImageArray:
    def __init__(
        self, images: Values, labels: Values, augment: Any | None = ...
    ) -> None: ...
    def __len__(self) -> int: ...

class Rows:
    labels: Any
    def __init__(self, x: Values, labels: Values) -> None: ...
    def __len__(self) -> int: ...

def fit(
    model: nn.Module,
    samples: Samples,
    *,
    weights: Values | None = ...,
    loss: Callable[..., Tensor] = ...,
    fds: FDS | None = ...,
    fds_start: int = ...,
    epochs: int = ...,
    batch_size: int = ...,
    lr: float = ...,
    optimizer: str = ...,
    schedule: str = ...,
    seed: int = ...,
    validate: Callable[..., Mapping[str, float]] | None = ...,
    select: str | None = ...,
    patience: int | None = ...,
    workers: int = ...,
    checkpoint: Folder | None = ...,
    progress: bool = ...,
) -> list[dict[str, Any]]: ...
def predict(
    model: nn.Module, samples: Samples, batch_size: int = ..., workers: int = ...
) -> NDArray[np.float32]: ...
def extract_features(
    model: nn.Module, samples: Samples, batch_size: int = ..., workers: int = ...
) -> Any: ...
def load_run(folder: Folder) -> TrainedRun: ...
