"""Sliders above a picture: one module for each group of explorers."""

from course.explorers.features import anchors, recolouring
from course.explorers.labels import bins_and_regions, kernel_tuning, neighbourhoods
from course.explorers.runs import recorded_runs, run_name

__all__ = [
    "anchors",
    "bins_and_regions",
    "kernel_tuning",
    "neighbourhoods",
    "recolouring",
    "recorded_runs",
    "run_name",
]
