"""What the tables of wrong answers share: how a case is registered and checked."""

from collections import Counter

import pytest


class Answers:
    """The wrong and the right answers to the exercises of one lesson.

    Parameters
    ----------
    checks : module
        Holds the exercises by name.
    """

    def __init__(self, checks):
        self.checks = {name: getattr(checks, name) for name in checks.__all__}
        self.wrong_cases, self.right_cases = [], []

    def wrong(self, name, fragment):
        """Register a wrong answer, and a part of the message that it deserves."""

        def register(answer):
            case = pytest.param(
                self.checks[name], answer, fragment, id=f"{name}-{answer.__name__}"
            )
            self.wrong_cases.append(case)
            return answer

        return register

    def right(self, name):
        """Register a right answer."""

        def register(answer):
            case = pytest.param(
                self.checks[name], answer, id=f"{name}-{answer.__name__}"
            )
            self.right_cases.append(case)
            return answer

        return register

    def are_enough(self):
        """Whether each exercise has five wrong and two right answers."""
        wrong = Counter(case.values[0].name for case in self.wrong_cases)
        right = Counter(case.values[0].name for case in self.right_cases)
        return all(wrong[name] >= 5 and right[name] >= 2 for name in self.checks)


def accepted(check, answer, capsys):
    """Assert that an answer earns all points without a hint."""
    points = check(answer)
    out, err = capsys.readouterr()
    assert points == check.points, out
    assert "→" not in out and err == ""


def told(check, answer, fragment, capsys):
    """Assert that an answer loses points, with one hint that holds the fragment."""
    points = check(answer)
    out, err = capsys.readouterr()
    assert points < check.points, out
    hints = [line for line in out.splitlines() if "→" in line]
    assert len(hints) == 1 and err == ""
    assert fragment in hints[0]
