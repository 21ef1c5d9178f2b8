"""The figures of the lessons, by name: `style` is what they share."""

from course.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "anchors": "anchor_bars chance_curve draw_similarity mean_by_age"
        " neighbour_margins similarity_by_seed two_arrows",
        "calibration": "lines_by_age momentum_curves moved_bump",
        "comparison": "forest ladder",
        "density": "bumps densities density_and_error weights_by_bin who_gains",
        "diagram": "layer_diagram",
        "errors": "error_changes errors_by_region",
        "faces": "faces_with_guesses",
        "features": "clouds covariance_images draw_ellipse partly_recoloured spectra",
        "labels": "density_against_error error_by_bin image_grid methods_by_region"
        " predictions_over_gaps three_label_counts windows",
        "maps": "feature_map",
        "mysteries": "mystery_curves",
        "style": "draw_bars make_axes region_legend shade_regions",
        "tables": "errors_by_group labels_in_bins scores_beside",
        "training": "epochs",
    },
)
