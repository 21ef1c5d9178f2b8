"""The figures of lesson 2 draw what they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course import figures
from dirlib import LabelBins, effective_sample_size

BINS = LabelBins(0, 5, 1)
COUNTS = np.array([150, 100, 20, 3, 1])
ERROR = np.array([4.0, 5.0, 8.0, 20.0, 30.0])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


class Runs:
    """Two test samples at each age, and two seeds."""

    y = np.repeat(np.arange(5), 2)

    class regions:
        few = COUNTS < 20

    def predictions(self, method):
        shift = {"vanilla": 20, "sqinv": 10}[method]
        return self.y + shift * np.array([[1], [-1]])


def test_the_error_is_drawn_upside_down_beside_each_density():
    densities = {"counts": COUNTS, "half": COUNTS / 2}
    axes = figures.density_and_error(BINS, densities, ERROR).axes
    panels, twins = axes[:2], axes[2:]
    assert [ax.get_title() for ax in panels] == list(densities)
    assert all(ax.get_yscale() == "log" for ax in panels)
    for twin in twins:
        low, high = twin.get_ylim()
        assert low > ERROR.max() and high == 0
        np.testing.assert_array_equal(twin.lines[0].get_ydata(), ERROR)


def test_bumps_add_up_to_an_area_of_one():
    grid = np.linspace(-30, 60, 2000)
    (ax,) = figures.bumps([10, 12, 12], 2.0, grid).axes
    *each, total, labels = [line.get_ydata() for line in ax.lines]
    assert len(each) == len(labels) == 3
    np.testing.assert_allclose(np.sum(each, axis=0), total)
    assert np.trapezoid(total, grid) == pytest.approx(1)


def test_densities_stand_over_the_share_of_each_bin():
    grid = np.linspace(0, 5, 11)
    axes = figures.densities(BINS, COUNTS, grid, {"a": grid, "b": grid**2}).axes
    share = axes[0].patches[0].get_data().values
    assert share.sum() == pytest.approx(1)
    np.testing.assert_array_equal(axes[1].lines[0].get_ydata(), grid**2)


def test_weights_say_what_they_are_worth():
    (ax,) = figures.weights_by_bin(
        BINS, COUNTS, {"counts": COUNTS}, {"INV": "inverse"}
    ).axes
    drawn = ax.lines[0].get_ydata()
    np.testing.assert_allclose(drawn * COUNTS, COUNTS.sum() / 5)
    worth = effective_sample_size(np.repeat(drawn, COUNTS))
    assert f"worth {round(worth, -1):,.0f} of 274" in ax.lines[0].get_label()


def test_who_gains_shows_each_seed_and_your_run():
    yours = np.full(10, 2.0)
    left, right = figures.who_gains(Runs(), ["vanilla", "sqinv"], yours, width=1).axes
    names = [text.get_text() for text in left.get_legend().get_texts()]
    assert names == ["vanilla", "sqinv", "your run"]
    np.testing.assert_array_equal(left.lines[2].get_ydata(), [2, 1, 0, 1, 2])
    np.testing.assert_allclose(right.lines[0].get_ydata(), [20, 20])
    few = np.abs(yours - Runs.y)[Runs.regions.few[Runs.y]].mean()
    assert right.lines[-1].get_ydata() == pytest.approx([few])
    ticks = [text.get_text() for text in right.get_xticklabels()]
    assert ticks == ["vanilla", "sqinv", "your run"]


def test_the_methods_that_are_passed_stay_as_they_are():
    methods = ["vanilla", "sqinv"]
    figures.who_gains(Runs(), methods, np.zeros(10))
    assert methods == ["vanilla", "sqinv"]
