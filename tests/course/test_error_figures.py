"""The figures of errors draw what they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from course import figures
from dirlib import LabelBins

BINS = LabelBins(0, 5, 1)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_errors_by_region_shows_means_and_each_seed_and_leaves_empty_regions_out():
    seeds = [{"many": 4.0, "medium": None, "few": 20.0, "zero": None}] * 2
    mine = [{"many": 6.0, "medium": None, "few": None, "zero": None}]
    ax = figures.errors_by_region({"recorded": seeds, "yours": mine}).axes[0]
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    np.testing.assert_array_equal(heights, [[4, 20], [6, np.nan]])
    assert [t.get_text()[:3] for t in ax.get_xticklabels()] == ["man", "few"]
    dots = [len(line.get_xdata()) for line in ax.lines]
    assert dots == [2, 2, 1, 0] and "years" in ax.get_ylabel()


def test_error_changes_shade_what_is_gone_on_one_scale():
    change = np.arange(10.0).reshape(2, 5) - 4
    gone = {"inside": range(1, 3), "both sides": [0, 1, 4]}
    fig = figures.error_changes(BINS, {name: (change, g) for name, g in gone.items()})
    first, second = fig.axes
    for ax, shades in ((first, [(1, 3)]), (second, [(0, 2), (4, 5)])):
        spans = [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches]
        assert spans == shades
        np.testing.assert_allclose(ax.lines[-1].get_ydata(), change.mean(0))
    assert first.get_ylim() == second.get_ylim() and second.get_xlabel()


def test_one_change_without_seeds_is_one_panel():
    fig = figures.error_changes(BINS, {"hole": (np.ones(5), [2])})
    assert len(fig.axes) == 1
