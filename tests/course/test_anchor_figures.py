"""The figures of lesson 3 draw what they are given, in bins of any width."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from course import figures
from course.figures.style import BLUE, RED
from dirlib import LabelBins

BINS = LabelBins(0, 12, 2)
COUNTS = np.array([150, 40, 3, 0, 30, 2])
rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_two_arrows_end_where_they_point_and_show_their_cosine():
    fig = figures.two_arrows({"apart": ([3, 0], [1, 1]), "alike": ([1, 1], [2, 2])})
    assert [ax.get_title() for ax in fig.axes] == [
        "apart\ncosine 0.71",
        "alike\ncosine 1.00",
    ]
    tips = [text.xy for text in fig.axes[1].texts]
    assert [tuple(tip) for tip in tips] == [(2, 2), (1, 1)]  # the shorter one on top
    cosines = [ax.get_title().split()[-1] for ax in figures.two_arrows().axes]
    assert cosines[0] == "1.00" > cosines[1] > cosines[2] == "0.00"


def test_similarity_by_seed_draws_each_seed_and_their_mean():
    rows = rng.uniform(0.2, 1, (5, 6))
    rows[:, 3] = np.nan  # an empty bin
    rows[0, 2] = np.nan
    panels = {"one": rows, "two": rows[:2], "three": rows}
    fig = figures.similarity_by_seed(panels, BINS, COUNTS, anchor=1)
    shown = [ax for ax in fig.axes if ax.get_visible()]
    assert [ax.get_title() for ax in shown] == list(panels)
    *seeds, mean, mark = shown[0].lines
    assert len(seeds) == 5
    np.testing.assert_array_equal([line.get_ydata() for line in seeds], rows)
    known = [0, 1, 2, 4, 5]
    np.testing.assert_array_equal(mean.get_xdata(), BINS.centers[known])
    np.testing.assert_allclose(mean.get_ydata(), np.nanmean(rows[:, known], 0))
    assert mark.get_xdata() == BINS.centers[1]
    low, high = shown[0].get_ylim()
    assert low <= np.nanmin(rows) and high > 1


def test_mean_by_age_shows_what_there_is():
    training, held_out, smoothed = rng.normal(0, 1, (3, 6))
    ax = figures.mean_by_age(BINS, COUNTS, training, held_out).axes[0]
    dots = ax.collections[-1]
    np.testing.assert_array_equal(dots.get_offsets()[:, 1], training)
    assert (np.argsort(dots.get_sizes()) == np.argsort(COUNTS)).all()
    assert len(ax.lines) == 1
    ax = figures.mean_by_age(
        BINS, COUNTS, training, held_out, smoothed, name="it"
    ).axes[0]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), smoothed)
    assert ax.get_ylabel() == "it"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "training",
        "held-out",
        "smoothed",
    ]


def test_the_chance_curve_names_what_stands_out():
    counts, far = np.array([2, 5, 9, 150]), np.array([4.0, 1.5, 3.5, 0.2])
    ax = figures.chance_curve({2: 3.0, 3: 2.5, 10: 1.0}, counts, far, [2]).axes[0]
    blue, red, chance = ax.lines
    assert [to_hex(line.get_color()) for line in (blue, red)] == [BLUE, RED]
    np.testing.assert_array_equal(blue.get_ydata(), far[:2])  # few-shot ages only
    assert red.get_xdata() == [9] and ax.texts[0].get_text() == "age 2"
    np.testing.assert_array_equal(chance.get_xdata(), [2, 3, 10])
    np.testing.assert_array_equal(chance.get_ydata(), [3.0, 2.5, 1.0])
    assert ax.get_xscale() == "log" and ax.get_ylim()[0] == 0


def test_neighbour_margins_are_drawn_as_they_are():
    rows = {"sick": np.array([-0.1, -0.2, 0.0]), "healthy": np.array([0.3, 0.4, 0.2])}
    ax = figures.neighbour_margins(rows, xlabel="it").axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == list(rows)
    assert ax.get_xlabel() == "it"
    dots = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 3]
    np.testing.assert_array_equal(dots, list(rows.values()))
