"""The progress bar of everything that takes more than a moment."""

import os

DELAY = 0.5  # seconds before a bar shows


def progress_bar(total, what, unit, show=True, done=0):
    """Return a tqdm bar that waits a moment before it shows, and leaves no trace.

    tqdm's own variable TQDM_DISABLE hides it, in notebooks too. Where outputs are
    compared it must be set, for what is quick or cached on one day shows no bar. `done`
    is how much was finished before.
    """
    from tqdm.auto import tqdm  # loads widgets: only where something takes time

    return tqdm(
        total=total,
        initial=done,
        desc=what,
        unit=unit,
        leave=False,
        delay=DELAY,
        disable=not show or bool(os.environ.get("TQDM_DISABLE")),
    )
