"""dirlib: label and feature distribution smoothing for deep imbalanced regression.

Everything that a user needs is here, by name, and loads when it is first asked for: the
label side (bins, densities, weights, metrics) works without torch. What can't be right
is refused with a ValueError, which shows the value received and a cure.
"""

from importlib import import_module

_NAMES = {
    "automatic_bins": "choose_bins",
    "bins": "LabelBins ShotRegions shot_regions shot_thresholds",
    "fds": "BinStatistics FDS anomaly_gap bin_statistics calibrate cosine_to_anchor"
    " matrix_sqrt neighbour_margin",
    "kernels": "kernel_window smooth_bins",
    "lds": "DenseWeights LDSWeights density_weights effective_density"
    " effective_sample_size empirical_density lds_weights",
    "losses": "BalancedMSE balanced_mse_loss focal_r_loss huber_loss l1_loss mse_loss",
    "metrics": "PairedComparison Relevance Score by_region error_by_bin gm mae mse"
    " paired_comparison pearson region_errors sera spearman",
    "models": "MLP ResNet SmallResNet",
    "trainer.prediction": "load_run",
    "training": "ImageArray Rows extract_features fit predict",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}
_PACKAGES = ("datasets", "trainer", "training")
__all__ = sorted([*_HOME, *_PACKAGES])


def __getattr__(name):
    if name in _PACKAGES or name in _NAMES:
        return import_module(f"dirlib.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'dirlib' has no attribute {name!r}")
    value = getattr(import_module(f"dirlib.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({name for name in globals() if name.startswith("__")} | {*__all__})
