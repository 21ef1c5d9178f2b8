"""Slips of students who make one more mistake beside it."""

from course.checks.slips import Slip


def with_and_without(mistake, remark):
    """Return a function that makes two slips of one: alone, and with `mistake` too.

    `mistake` is a change, an old and a new text; the second sentence ends in `remark`.
    """

    def twice(*changes_and_cause):
        *changes, cause = changes_and_cause
        both = f"{cause}; and {remark}"
        return [Slip(*changes, cause), Slip(mistake, *changes, both)]

    return twice
