"""Drawn faces of a given age: an image set for imbalanced regression, from one seed."""

from dirlib.datasets.faces.counts import faces_label_counts, scale_counts
from dirlib.datasets.faces.dataset import FacesData, faces
from dirlib.datasets.faces.drawing import draw_faces

__all__ = ["FacesData", "draw_faces", "faces", "faces_label_counts", "scale_counts"]
