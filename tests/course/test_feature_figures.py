"""The figures of feature statistics draw what they are given, also a user's own."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.patches import Ellipse

from course.figures import anchors, calibration
from course.figures import features as feature_figures
from course.figures.features import partly_recoloured
from course.figures.style import RED
from dirlib import LabelBins, bin_statistics, cosine_to_anchor

BINS = LabelBins(0, 12, 2)  # bins of two units: nothing may assume years
COUNTS = np.array([150, 40, 3, 0, 30, 2])
rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def stats():
    labels = np.repeat(BINS.edges[:-1], COUNTS)
    z = torch.from_numpy(rng.normal(1, 1, (len(labels), 3)) + labels[:, None])
    return bin_statistics(z, labels, BINS, covariance="full")


def test_anchor_bars_are_the_similarities_and_the_anchor_is_red(stats):
    fig = anchors.anchor_bars({"a": stats, "b": stats}, BINS, COUNTS, anchor=1)
    assert len(fig.axes) == 4
    for ax, statistic in zip(fig.axes[:2], ("mean", "variance"), strict=True):
        expected = np.nan_to_num(cosine_to_anchor(stats, 1, statistic))
        expected[1] = 0  # the anchor has a bar of its own
        heights = [p.get_data().values for p in ax.patches if hasattr(p, "get_data")]
        assert any(np.allclose(h, expected) for h in heights)
        bar = ax.containers[0][0]
        assert bar.get_facecolor() == plt.matplotlib.colors.to_rgba(RED)
        assert bar.get_x() <= BINS.centers[1] <= bar.get_x() + bar.get_width()
        assert statistic in ax.get_title()


def test_negative_similarities_are_not_cut_off():
    z = torch.tensor([[1.0, 0.1], [1.0, 0.0], [-1.0, 0.2], [-1.0, 0.1]]).double()
    stats = bin_statistics(z, [1.0, 1.5, 3.0, 3.5], BINS)
    ax = anchors.anchor_bars({"a": stats}, BINS, COUNTS, anchor=0).axes[0]
    assert ax.get_ylim()[0] < -0.9


def test_every_other_figure_has_labelled_axes(stats):
    cov = stats.covariance()[0].numpy()
    made = [
        feature_figures.covariance_images({"a": cov, "b": cov}),
        feature_figures.spectra({"a": np.linalg.eigvalsh(cov), "zero": np.zeros(3)}),
        feature_figures.clouds({"plain": rng.normal(size=(9, 2))}),
    ]
    for figure in made:
        figure.draw_without_rendering()
        for ax in figure.axes:
            assert ax.get_xlabel() or ax.get_ylabel() or ax.get_label() == "<colorbar>"


def test_the_floor_of_a_spectrum_is_written_as_0():
    fig = feature_figures.spectra({"a": [4.0, 0.0]})
    fig.draw_without_rendering()
    ticks = {
        t.get_text(): y
        for y, t in zip(
            fig.axes[0].get_yticks(), fig.axes[0].get_yticklabels(), strict=True
        )
    }
    assert ticks["0"] == fig.axes[0].lines[0].get_ydata()[1] > 0
    assert sorted(ticks.values())[1] >= 9.9 * ticks["0"]


def test_the_ellipse_is_two_standard_deviations_wide():
    _, ax = plt.subplots()
    feature_figures.draw_ellipse(ax, [1, 2], np.diag([4.0, 0.25]), color=RED)
    (ellipse,) = [p for p in ax.patches if isinstance(p, Ellipse)]
    box = ellipse.get_transform().transform_path(ellipse.get_path()).get_extents()
    (x0, y0), (x1, y1) = ax.transData.inverted().transform(box.get_points())
    np.testing.assert_allclose([x1 - x0, y1 - y0], [8, 2], rtol=1e-6)


def test_points_are_moved_in_three_steps():
    points = rng.normal(size=(500, 2)) @ np.array([[2.0, 0.0], [1.0, 0.5]]) + [3, 1]
    mean, cov = points.mean(0), np.cov(points.T)
    goal = np.array([[1.0, -0.4], [-0.4, 0.8]])
    moved = [
        partly_recoloured(points, mean, cov, [5.0, 5.0], goal, step)
        for step in (0, 1, 2, 3)
    ]
    np.testing.assert_allclose(moved[0], points)
    for step, expected in ((1, np.eye(2)), (2, goal), (3, goal)):
        np.testing.assert_allclose(np.cov(moved[step].T), expected, atol=1e-9)
    np.testing.assert_allclose(moved[2].mean(0), mean)
    np.testing.assert_allclose(moved[3].mean(0), [5, 5])


def test_a_goal_is_drawn_in_the_panels_that_have_one():
    panels = {name: rng.normal(size=(9, 2)) for name in ("a", "b")}
    axes = feature_figures.clouds(panels, goals={"b": np.eye(2)}).axes
    ellipses = [sum(isinstance(p, Ellipse) for p in ax.patches) for ax in axes]
    assert ellipses == [1, 2]


def test_the_figures_of_lesson_4_name_what_they_draw():
    lines = {"vanilla": rng.normal(size=(3, 6)), "held-out": rng.normal(size=6)}
    bump = calibration.moved_bump([0.0, 1.0], 0.5, 1.0, 1.5, 4.0, name="z")
    moving = calibration.momentum_curves({"rare": 1.0}, [0, 0.9], epochs=5)
    by_age = calibration.lines_by_age(
        {"panel": lines}, BINS, COUNTS, ylabel="error", mark=1, zero=True
    )
    for figure, words in (
        (bump, {"plain: its own", "smoothed: the goal"}),
        (moving, {"true", "seen in the epoch", "momentum 0", "momentum 0.9"}),
        (by_age, {"vanilla", "held-out"}),
    ):
        figure.draw_without_rendering()
        ax = figure.axes[0]
        assert set(ax.get_legend_handles_labels()[1]) == words and ax.get_xlabel()
    mean = by_age.axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(mean, lines["vanilla"].mean(0))
    true, seen, none, much = (line.get_ydata() for line in moving.axes[0].lines)
    np.testing.assert_array_equal(none, seen)
    np.testing.assert_allclose(much[1:], 0.9 * much[:-1] + 0.1 * seen[1:])
    assert true.tolist() == [0, 0.25, 0.5, 0.75, 1]
    # Each arrow ends where its sample does.
    ends = [text.xy[0] for text in bump.axes[0].texts]
    assert ends == [0.5, 2.5]
