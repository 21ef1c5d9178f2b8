"""The figures of lesson 5's finale: the ladder, and the curves of the mystery runs."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from course import figures
from course.figures import style


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


SCORES = {"vanilla": [10.0, 12.0], "sqinv": [7.0, 8.0], "sqinv+lds+fds": [6.0, 7.0],
          "yours": [6.0]}  # fmt: skip


def test_the_ladder_shows_each_seed_and_the_mean():
    fig = figures.ladder({"few-shot": SCORES, "many-shot": SCORES})
    assert [ax.get_title() for ax in fig.axes] == ["few-shot", "many-shot"]
    marks = [line for line in fig.axes[0].lines if line.get_linestyle() == "None"]
    assert [line.get_ydata().tolist() for line in marks] == list(SCORES.values())
    assert [line.get_color() for line in marks] == [
        style.of(name).color for name in SCORES
    ]
    bars = [line for line in fig.axes[0].lines if line.get_linewidth() == 3]
    assert [line.get_ydata()[0] for line in bars] == [11.0, 7.5, 6.5, 6.0]
    names = [label.get_text() for label in fig.axes[0].get_xticklabels()]
    assert names == ["vanilla", "sqinv", "sqinv\n+ lds\n+ fds", "yours"]


def test_the_arrow_says_how_much_of_the_way_a_step_takes():
    share = ("vanilla", "sqinv", "sqinv+lds+fds")
    fig = figures.ladder({"few-shot": SCORES}, share=share)
    told = [text.get_text() for text in fig.axes[0].texts if text.get_text()]
    assert told == ["78 % of the way"]  # 3.5 of 4.5 years
    same = dict.fromkeys(SCORES, [5.0, 5.0])
    fig = figures.ladder({"few-shot": same}, share=share)
    assert not any(text.get_text() for text in fig.axes[0].texts)


def test_mystery_curves_lie_over_the_healthy_ones():
    healthy = pd.DataFrame({"epoch": [1, 2, 3], "loss": [9.0, 5.0, 4.0]})
    ill = healthy.assign(loss=[90.0, 80.0, 70.0])
    columns = {"loss": lambda h: h["loss"], "half": lambda h: h["loss"] / 2}
    fig = figures.mystery_curves(healthy, {"A": healthy, "B": ill}, columns)
    assert len(fig.axes) == 4
    for ax, run in zip(fig.axes[::2], (healthy, ill), strict=True):
        dashed, line = ax.lines
        assert dashed.get_linestyle() == "--" and line.get_linestyle() == "-"
        np.testing.assert_array_equal(dashed.get_ydata(), healthy.loss)
        np.testing.assert_array_equal(line.get_ydata(), run.loss)
    # One scale for a column, from just below 0, in which the highest row fits.
    assert fig.axes[0].get_ylim() == fig.axes[2].get_ylim()
    low, high = fig.axes[0].get_ylim()
    assert -9 < low < 0 and high >= 90
    assert [ax.get_ylabel() for ax in fig.axes[::2]] == ["run A", "run B"]
    assert [t.get_text() for t in fig.legends[0].get_texts()][0] == "healthy"
