"""A test set behind a handle: it can be used, and each use is written down.

A log shows to whoever is honest, and to their reader, how often the test set was looked
at, and for which choice. Who owns the folder can still forge all of it.
"""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from dirlib.files import write_csv, write_json

VERSION = 1


class HeldOut:
    """The test rows of a table, in a folder of their own with a log of their uses.

    Parameters
    ----------
    folder : path-like
        Holds `test.csv`, `log.json` once the rows were used, and what came out.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.rows, self.log = self.folder / "test.csv", self.folder / "log.json"

    def seal(self, frame):
        """Put the test rows, a DataFrame, behind the handle."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_csv(self.rows, frame)

    def use(self, choice, runs):
        """Write down a use, and return the path of the rows.

        Parameters
        ----------
        choice : str
            The method that was chosen on other data.
        runs : dict of str to str
            The digest of each run that there is now, see :func:`digest_of`: what is
            trained later, after the test set was seen, is not among them.

        Raises
        ------
        ValueError
            If the log is damaged.
        """
        uses = self.uses()
        before = _entry_digest(uses[-1]) if uses else digest_of(self.rows)
        time = datetime.now(UTC).isoformat(timespec="seconds")
        uses.append({"time": time, "choice": choice, "runs": runs, "before": before})
        write_json(self.log, {"version": VERSION, "uses": uses})
        return self.rows

    def uses(self):
        """Return what is written down, a list of dicts with `choice` and `runs`.

        Raises
        ------
        ValueError
            If the log is damaged, or an entry or the rows were changed afterwards.
        """
        if not self.log.exists():
            return []
        try:
            content = json.loads(self.log.read_text(encoding="utf-8"))
            uses = content["uses"]
            right = content["version"] == VERSION and len(uses) > 0
            before = digest_of(self.rows)
            for entry in uses:
                right = right and entry["before"] == before
                right = right and isinstance(entry["choice"], str)
                right = right and isinstance(entry["runs"], dict)
                before = _entry_digest(entry)
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            right = False
        if not right:
            raise ValueError(
                "the log of the test set, or the test set itself, was changed by hand: "
                "begin anew in another folder"
            )
        return uses


def digest_of(*paths):
    """Return the SHA-256 of the contents of files, one after the other."""
    found = hashlib.sha256()
    for path in paths:
        found.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return found.hexdigest()


def _entry_digest(entry):
    text = json.dumps(entry, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
