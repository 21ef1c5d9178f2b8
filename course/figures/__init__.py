"""The figures of the lessons, by name: `style` is what they share."""

from course.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "features": "anchor_bars clouds covariance_images draw_ellipse draw_similarity"
        " partly_recoloured smoothed_lines smoothed_means spectra",
        "labels": "class_counts density_against_error density_lines error_by_bin"
        " image_grid label_counts methods_by_region paired_bars predictions_over_gaps"
        " three_label_counts windows",
        "style": "draw_bars make_axes region_legend shade_regions",
        "training": "epochs",
    },
)
