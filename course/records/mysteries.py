"""Lesson 5's mystery runs: trainings that went wrong, each by one mistake."""

from functools import partial

from course.records.methods import FDS_SETTINGS, WATCHED, WEIGHTS, train_and_keep
from dirlib.bins import LabelBins
from dirlib.losses import l1_loss


def ten_years_too_high(y_hat, y, weights):
    """The L1 loss of labels that are shifted by ten years."""
    return l1_loss(y_hat, y + 10, weights)


# The mistakes of lesson 5's mystery runs, by cause: what differs from sqinv+lds+fds.
MISTAKES = {
    "window": {"fds": FDS_SETTINGS["fds too wide"]},
    "momentum": {"fds": {"momentum": 0.999}},
    # A tenth of a year: ages are whole years, so no bin has a neighbour in reach.
    "bins": {"fds": {"bins": LabelBins(0, 101, 0.1)}},
    # In the loss: weights and statistics would be the same, under other names.
    "labels": {"loss": ten_years_too_high},
}


def mysteries_experiment():
    """Lesson 5's trainings that went wrong, by letter; one seed is enough.

    Each is sqinv+lds+fds with one of `MISTAKES`. The check's key says which is which.
    """
    from course.checks.lesson5.diagnose import KEY  # the checks load all exercises

    usual = {"weights_of": WEIGHTS["sqinv+lds"], "fds": {}, "keep": WATCHED}
    methods = {
        letter: partial(train_and_keep, **(usual | MISTAKES[cause]))
        for letter, cause in KEY.items()
    }
    return methods, "test", 0
