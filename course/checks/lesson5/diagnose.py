"""Exercise 5.3: what went wrong in four trainings."""

from course.checks.compare import short
from course.checks.exercise import Exercise, Part, Wrong

# What went wrong in which run of the record "mysteries".
KEY = {"A": "momentum", "B": "labels", "C": "bins", "D": "window"}
# What each cause would show.
SHOWS = {
    "window": "a window over all ages leaves the smoothed means hardly any difference: "
    "the spread grows, and the distance is large beside it",
    "momentum": "a momentum so close to 1 keeps the statistics of the first epoch: "
    "distance and spread stay where they began",
    "bins": "bins that are too narrow have no neighbour under the window: smoothed "
    "and plain means are then the same",
    "labels": "with shifted labels the loss falls as usual, and the validation error "
    "of the ages that are learned best can't",
}
GOOD = "yes"


class _Judged(Exercise):
    """The verdict itself says what is wrong, and not what would be right."""

    def cause(self, got, want):
        verdicts = [o.value for o in got if isinstance(o.value, str)]
        return next((text for text in verdicts if text != GOOD), None)


def _diagnose(run):
    return KEY[run]


def _verdict(answer):
    """Turn an answer into a function that says GOOD, or why it can't be."""

    def function(run):
        cause = answer(run)
        if cause is None:
            return None
        known = ", ".join(f'"{name}"' for name in SHOWS)
        if not isinstance(cause, str):
            return f"for run {run} you return {short(cause)}: return a text, of {known}"
        if cause not in SHOWS:
            return f"for run {run} you return {short(cause)}: choose from {known}"
        if cause == KEY[run]:
            return GOOD
        return f"{SHOWS[cause]}. Look at run {run} again: does it show that?"

    return function


def _but_one(letter, cause):
    return lambda run: cause if run == letter else KEY[run]


PARTS = [Part(f"run {letter}", 1, [(letter,)]) for letter in KEY]
WRONG = [
    Wrong(
        _but_one(letter, cause),
        f"{shows}. Look at run {letter} again: does it show that?",
    )
    for letter, right in KEY.items()
    for cause, shows in SHOWS.items()
    if cause != right
]
diagnose = _Judged("5.3", "diagnose", _diagnose, PARTS, WRONG, adapt=_verdict)
