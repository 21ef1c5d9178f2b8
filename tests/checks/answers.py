"""How the tables of answers are made: a right or a wrong answer is registered here."""

from typing import NamedTuple

from course.checks.exercise import Exercise


class Case(NamedTuple):
    """An answer, and a part of the message that it deserves: None if it is right."""

    exercise: Exercise
    answer: object
    message: str | None = None


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
            self.wrong_cases.append(Case(self.checks[name], answer, fragment))
            return answer

        return register

    def right(self, name):
        """Register a right answer."""

        def register(answer):
            self.right_cases.append(Case(self.checks[name], answer))
            return answer

        return register
