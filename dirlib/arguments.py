"""Checks of arguments that several modules take; each error names its argument."""

import numpy as np

SPLITS = ("train", "val", "test")


def check_split(split):
    """Refuse a split that does not exist."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")


def check_choice(name, value, choices):
    """Refuse a value that is none of the choices, which are texts."""
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(choices)}, but got {value!r}"
        )


def check_each(name, values, good, what):
    """Refuse an array, [N], for the first entry where the mask `good`, [N], is false.

    `what` says what the entries must be, such as "finite".
    """
    bad = np.flatnonzero(~good)
    if bad.size:
        raise ValueError(
            f"{name} must be {what}, but {name}[{bad[0]}] is {values[bad[0]]}"
        )


def whole_number(name, value, low):
    """Return `value` as an int, or refuse it under its `name`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < low:
        raise ValueError(f"{name} must be a whole number, {low} or more, got {value!r}")
    return int(value)
