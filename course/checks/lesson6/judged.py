"""An exercise without one right answer: its parts are judged, each by a sentence."""

from collections.abc import Callable
from dataclasses import dataclass

from course.checks.exercise import Points, Wrong
from course.checks.verdict import PartVerdict, Verdict


@dataclass(frozen=True)
class Judged:
    """Call it with what the student made: it prints a verdict, and gives the points.

    Parameters
    ----------
    number, name : str
    titles : dict of str to (str, int)
        The title and the points of each part, by its key.
    judge : callable
        Returns a dict of the same keys: a sentence, or None where the part is right; or
        None where nothing was attempted.
    reference : object
        What the lesson goes on with where the answer isn't right.
    causes : tuple of str
        The sentences that `judge` may give, for the instructor's guide.
    """

    number: str
    name: str
    titles: dict
    judge: Callable
    reference: object = None
    causes: tuple = ()

    @property
    def wrong(self):
        return [Wrong(None, cause) for cause in self.causes]

    @property
    def points(self):
        return sum(points for _, points in self.titles.values())

    def __call__(self, answer):
        """Judge an answer, print what was found, and return the points."""
        verdict = self.verdict(answer)
        print(verdict.text())
        return Points(verdict)

    def or_library(self, answer):
        """Return the answer if it is right, and the lesson's own if not."""
        verdict = self.verdict(answer)
        if verdict.state == "solved":
            return answer
        if verdict.attempted:
            print(
                f"{self.name}: the lesson's own is used here, since yours isn't right"
            )
        return self.reference

    def verdict(self, answer):
        """Judge an answer, and return what was found, a `Verdict`."""
        about = {"number": self.number, "name": self.name, "full": self.points}
        found = self.judge(answer)
        if found is None:
            return Verdict(**about, attempted=False)
        parts = tuple(
            PartVerdict(title, points, found[key] is None)
            for key, (title, points) in self.titles.items()
        )
        told = list(dict.fromkeys(sentence for sentence in found.values() if sentence))
        return Verdict(**about, parts=parts, cause="; ".join(told) or None)
