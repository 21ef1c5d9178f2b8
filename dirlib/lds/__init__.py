"""Label distribution smoothing (LDS): effective density, weights, their diagnostics.

Yang, Zha, Chen, Wang and Katabi, "Delving into Deep Imbalanced Regression", ICML 2021,
arXiv:2102.09554, section 3.1: the counts of the bins, n_b, are smoothed by a symmetric
kernel k, p~_b = sum_b' k(b, b') n_b' / width_b', and a sample of bin b weighs c / p~_b
(INV) or c / sqrt(p~_b) (SQINV), with c such that the training weights have mean 1.
`DenseWeights` is another method, for comparison.
"""

from dirlib.lds.dense_weights import DenseWeights
from dirlib.lds.density import (
    SCHEMES,
    density_weights,
    effective_density,
    effective_sample_size,
    empirical_density,
)
from dirlib.lds.weights import LDSWeights, lds_weights

__all__ = [
    "SCHEMES", "DenseWeights", "LDSWeights", "density_weights", "effective_density",
    "effective_sample_size", "empirical_density", "lds_weights",
]  # fmt: skip
