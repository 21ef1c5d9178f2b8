"""The curves of lesson 5 show the means and ranges of the seeds."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from course.figures.training import epochs
from course.records.read import load_history


def history(distance):
    rows = [(seed, epoch, seed + epoch) for seed in (0, 2) for epoch in (1, 2, 3)]
    table = pd.DataFrame(rows, columns=["seed", "epoch", "loss"])
    return table.assign(distance=distance)


def test_lines_are_means_and_bands_are_ranges():
    histories = {"vanilla": history(np.nan), "sqinv+fds": history(1.0)}
    panels = {"loss": lambda h: h["loss"], "distance": lambda h: h["distance"]}
    fig = epochs(histories, panels)
    left, right = fig.axes
    assert [ax.get_title() for ax in fig.axes] == list(panels)
    for line in left.lines:
        assert line.get_xdata().tolist() == [1, 2, 3]
        assert line.get_ydata().tolist() == [2, 3, 4]  # of seeds 0 and 2
    band = left.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 1 and band[:, 1].max() == 5
    assert len(right.lines) == 1  # a method without FDS has no distance
    assert [t.get_text() for t in fig.legends[0].get_texts()] == list(histories)
    plt.close(fig)


def test_history_was_kept_of_the_methods_of_lesson_5():
    kept = ("vanilla", "sqinv", "sqinv+fds", "sqinv+lds+fds", "sqinv+fds too wide")
    for method in kept:
        assert set(load_history(method)["epoch"]) == set(range(1, 16))
