"""dirlib: label and feature distribution smoothing for deep imbalanced regression."""

from dirlib.anchors import anomaly_gap, cosine_to_anchor
from dirlib.bins import LabelBins, ShotRegions, shot_regions
from dirlib.calibration import calibrate, matrix_sqrt
from dirlib.fds import FDS
from dirlib.kernels import kernel_window, smooth_bins
from dirlib.lds import (
    density_weights,
    effective_density,
    effective_sample_size,
    empirical_density,
    lds_weights,
)
from dirlib.losses import focal_r_loss, huber_loss, l1_loss, mse_loss
from dirlib.metrics import (
    PairedComparison,
    balanced_mae,
    error_by_bin,
    gm,
    mae,
    mse,
    paired_comparison,
    pearson,
    spearman,
)
from dirlib.scores import Score, by_bin, by_region
from dirlib.statistics import BinStatistics, bin_statistics

__all__ = [
    "BinStatistics",
    "FDS",
    "LabelBins",
    "PairedComparison",
    "Score",
    "ShotRegions",
    "anomaly_gap",
    "balanced_mae",
    "bin_statistics",
    "by_bin",
    "by_region",
    "calibrate",
    "cosine_to_anchor",
    "density_weights",
    "effective_density",
    "effective_sample_size",
    "empirical_density",
    "error_by_bin",
    "focal_r_loss",
    "gm",
    "huber_loss",
    "kernel_window",
    "l1_loss",
    "lds_weights",
    "mae",
    "matrix_sqrt",
    "mse",
    "mse_loss",
    "paired_comparison",
    "pearson",
    "shot_regions",
    "smooth_bins",
    "spearman",
]
