"""Data sets: drawn faces with an age, colour patterns, published label counts."""

from dirlib.datasets.cache import cache_dir
from dirlib.datasets.faces.drawing import draw_faces
from dirlib.datasets.faces.splits import FacesData, faces_label_counts, scale_counts
from dirlib.datasets.patterns import PatternsData

__all__ = [
    "FacesData",
    "PatternsData",
    "cache_dir",
    "draw_faces",
    "faces_label_counts",
    "scale_counts",
]
