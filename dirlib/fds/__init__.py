"""Feature distribution smoothing: `layer` first, then what it is made of."""

from dirlib.fds.anchors import anomaly_gap, cosine_to_anchor, neighbour_margin
from dirlib.fds.calibration import calibrate, matrix_sqrt
from dirlib.fds.layer import FDS
from dirlib.fds.statistics import BinStatistics, bin_statistics

__all__ = [
    "BinStatistics", "FDS", "anomaly_gap", "bin_statistics", "calibrate",
    "cosine_to_anchor", "matrix_sqrt", "neighbour_margin",
]  # fmt: skip
