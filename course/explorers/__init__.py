"""Sliders above a picture: one module for each group of explorers."""

from course.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "features": "anchors recolouring",
        "labels": "bins_and_regions kernel_tuning neighbourhoods",
    },
)
