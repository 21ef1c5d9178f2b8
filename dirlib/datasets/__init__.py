"""Data sets: drawn faces with an age, colour patterns, published label counts."""

from dirlib.datasets.cache import cache_dir
from dirlib.datasets.drawing import draw_faces
from dirlib.datasets.faces import FacesData, faces_label_counts, scale_counts
from dirlib.datasets.patterns import PatternsData

__all__ = [
    "FacesData",
    "PatternsData",
    "cache_dir",
    "draw_faces",
    "faces_label_counts",
    "scale_counts",
]
