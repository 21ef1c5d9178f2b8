"""Train a network on samples, and predict with it: the one loop, and what it needs."""

from dirlib.training.inference import extract_features, predict
from dirlib.training.loop import fit
from dirlib.training.samples import ImageArray, Rows

__all__ = ["ImageArray", "Rows", "extract_features", "fit", "predict"]
