"""How far off predictions are: overall, by bin, by shot region; which method is better.

Labels come first, predictions second: ``mae(y, y_hat)``. Both are lists, arrays or CPU
tensors of shape [N], in label units. A ValueError refuses what is empty, of another
shape, not a number or not finite.
"""

from dirlib.metrics.errors import gm, mae, mse, pearson, spearman
from dirlib.metrics.paired import PairedComparison, paired_comparison
from dirlib.metrics.regions import (
    Score,
    by_region,
    error_by_bin,
    region_errors,
    region_samples,
)
from dirlib.metrics.relevance import Relevance, sera

__all__ = [
    "PairedComparison", "Relevance", "Score", "by_region", "error_by_bin", "gm", "mae",
    "mse", "paired_comparison", "pearson", "region_errors", "region_samples", "sera",
    "spearman",
]  # fmt: skip
