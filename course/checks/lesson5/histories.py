"""Histories of trainings: what exercise 5.3 looks for the best epoch in."""

import math

from course.checks.exercise import Part

nan = math.nan


class History(list):
    """The rows of a training, shown by the score that matters."""

    def __repr__(self):
        if not self:
            return "[]"
        first, last = self[0], self[-1]
        texts = (
            f"{name} " + ", ".join(f"{row[name]:g}" for row in self)
            for name in first
            if name not in ("epoch", "loss")
        )
        return f"epochs {first['epoch']} to {last['epoch']}, {'; '.join(texts)}"


def _history(score, values, first=1):
    """Rows whose training loss falls, whatever the score does."""
    return (
        History(
            {"epoch": first + i, "loss": 6.0 / (i + 1), score: value}
            for i, value in enumerate(values)
        ),
        score,
    )


_worked = (
    History([{"epoch": i + 1, "val_few": v} for i, v in enumerate([9.0, 7.0, 7.0])]),
    "val_few",
)

PARTS = [
    Part(
        "the lowest score",
        1,
        [
            _history("val_few", [9.5, 8.5, 9.0, 7.5, 8.0]),
            _history("val_mae", [8.0, 6.5, 7.0, 7.5], first=6),
            _history("log_gm", [-0.5, 0.25, -1.5, -1.0, 0.5], first=3),
            # The best row is the first; the last, of scores above any guess.
            _history("val_few", [21.5, 21.75, 24.0], first=2),
            _history("val_mse", [1204.5, 1250.0, 1204.25]),
        ],
    ),
    Part(
        "equals and NaN",
        1,
        [
            _worked,
            _history("val_few", [8.0, 7.5, 8.0, 7.5, 7.5, 9.0], first=4),
            _history("val_few", [nan, nan, 9.0, 8.0, 8.5]),
            _history("val_mae", [9.0, nan, 7.0, 8.0, nan], first=2),
            _history("val_few", [nan, nan, nan]),
        ],
    ),
]
