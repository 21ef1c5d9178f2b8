"""Arguments that several data sets take, and what they may be."""

import numpy as np

SPLITS = ("train", "val", "test")


def check_split(split):
    """Refuse a split that does not exist."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")


def whole_number(name, value, low):
    """Return `value` as an int, or refuse it under its `name`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < low:
        raise ValueError(f"{name} must be a whole number, {low} or more, got {value!r}")
    return int(value)
