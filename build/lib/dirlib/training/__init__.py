"""Train a network on samples, and predict with it: the one loop, and what it needs."""

from dirlib.training.loop import extract_features, fit, predict
from dirlib.training.samples import ImageArray, Rows

__all__ = ["ImageArray", "Rows", "extract_features", "fit", "predict"]
