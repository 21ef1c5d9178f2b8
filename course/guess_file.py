"""Where guesses are kept: a small JSON file beside the lesson."""

import json
from pathlib import Path

from dirlib.files import write_json

NAME = "guesses.json"
VERSION = 1


class GuessFile:
    """The guesses of one folder; nothing that lies there can make it fail.

    Attributes
    ----------
    problem : str or None
        A sentence on the last thing that went wrong, for the student.
    """

    def __init__(self, folder):
        self.path = Path(folder) / NAME
        self.problem = None
        self._unwritten = {}  # what the folder didn't take

    def read(self):
        """Return the entries by key: "2.1" to a dict with `guess`, and what it is."""
        return self._stored() | self._unwritten

    def write(self, key, entry):
        """Keep an entry; with None, forget it."""
        self.problem = None
        entries = self.read()
        self._unwritten.pop(key, None)
        if entry is None and entries.pop(key, None) is None:
            return
        if entry is not None:
            entries[key] = entry
        try:
            write_json(self.path, {"version": VERSION, "guesses": entries})
            self._unwritten.clear()
        except OSError:
            self._unwritten = entries
            self.problem = (
                "This folder can't be written, so your guess is kept only until the "
                "kernel stops."
            )

    def _stored(self):
        try:
            text = self.path.read_bytes()
        except OSError:  # none yet, or not ours to read
            return {}
        try:
            content = json.loads(text)
            entries = content["guesses"]
            right = content["version"] == VERSION
            right = right and all(_is_entry(entry) for entry in entries.values())
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            right = False
        if right:
            return entries
        self._put_aside()
        return {}

    def _put_aside(self):
        """Move a damaged file out of the way: it may hold what somebody wants back."""
        number = 1
        while (aside := self.path.with_name(f"guesses-damaged-{number}.json")).exists():
            number += 1
        try:
            self.path.rename(aside)
        except OSError:
            self.problem = f"The file {NAME} is damaged, and can't be moved away."
        else:
            self.problem = (
                f"The file {NAME} was damaged: it is called {aside.name} now, and your "
                f"guesses begin anew."
            )


def _is_entry(entry):
    """Whether it holds a guess, and beside it only texts, numbers and lists of text."""
    guess = entry["guess"]
    is_guess = isinstance(guess, str) or _is_number(guess)
    return is_guess and all(map(_is_plain, entry.values()))


def _is_number(value):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) < 1e300  # not infinite, and not NaN


def _is_plain(value):
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, str) or _is_number(value)
