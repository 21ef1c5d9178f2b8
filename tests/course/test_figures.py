"""The figures draw what they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course.figures import labels as figures
from course.figures import style
from dirlib import LabelBins, kernel_window, shot_regions
from dirlib.datasets.published import label_counts

BINS = LabelBins(0, 5, 1)
COUNTS = np.array([150, 100, 20, 3, 0])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn_heights(ax):
    """The sum of all bars at each bin: regions are drawn as separate steps."""
    return np.sum([patch.get_data().values for patch in ax.patches], axis=0)


def test_bars_of_all_regions_together_are_the_counts():
    ax, below = figures.error_by_bin(BINS, COUNTS, np.ones((1, 5))).axes
    np.testing.assert_array_equal(drawn_heights(below), COUNTS)
    assert len(below.patches) == 3  # many, medium, few
    texts = [t.get_text() for t in below.get_legend().get_texts()]
    assert [t.split("-")[0] for t in texts] == ["many", "medium", "few"]
    assert below.get_xlabel() == "age (years)" and ax.get_ylabel()


def test_regions_differ_in_colour_and_in_hatching():
    styles = [style.REGIONS[name][:2] for name in ("many", "medium", "few")]
    assert len({color for color, _ in styles}) == 3
    assert len({hatch for _, hatch in styles}) == 3


def test_error_by_bin_shows_each_seed_and_their_mean():
    errors = np.arange(10.0).reshape(2, 5)
    top, bottom = figures.error_by_bin(BINS, COUNTS, errors).axes
    assert len(top.lines) == 3
    np.testing.assert_allclose(top.lines[-1].get_ydata(), errors.mean(0))
    np.testing.assert_array_equal(drawn_heights(bottom), COUNTS)


def test_every_other_figure_has_labelled_axes():
    window = kernel_window("gaussian", 3)
    gaps = [("gap", range(2, 4), "////")]
    y = np.arange(5)
    made = [
        figures.three_label_counts(
            {n: label_counts(n) for n in ("agedb-dir", "sts-b-dir")}
        ),
        figures.density_against_error({"one": (COUNTS, y, "images", "error")}),
        figures.predictions_over_gaps(y, {"vanilla": y[None] + 1.0}, gaps),
        figures.windows({"gaussian": window, "other": window}),
    ]
    for figure in made:
        figure.draw_without_rendering()
        for ax in figure.axes:
            assert ax.get_xlabel() or ax.get_ylabel()


def test_estimated_counts_are_called_so():
    tables = {n: label_counts(n) for n in ("agedb-dir", "imdb-wiki-dir")}
    titles = [ax.get_title() for ax in figures.three_label_counts(tables).axes]
    assert titles == ["agedb-dir", "imdb-wiki-dir (estimated)"]


def test_image_grid_has_a_caption_for_each_image():
    images = np.zeros((12, 4, 4, 3), np.uint8)
    captions = [str(i) for i in range(12)]
    axes = figures.image_grid(images, captions, n_cols=5).axes
    assert [ax.get_title() for ax in axes if ax.get_title()] == captions


def test_bars_without_regions_are_blue():
    fig, ax = plt.subplots()
    style.draw_bars(ax, BINS, COUNTS)
    assert len(ax.patches) == 1
    style.draw_bars(ax, BINS, COUNTS, shot_regions(COUNTS))
    assert len(ax.patches) == 4
