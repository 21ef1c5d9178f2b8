"""A slip: the right answer's own text with one thing replaced, and its sentence.

Most wrong answers differ from the right one in a word or two. Written as a slip, that
is all that stands in the check; another algorithm is a `Wrong` with a function.
"""

import inspect
import linecache
import textwrap


class Slip:
    """A wrong answer that is the right one's text with something replaced.

    ``Slip(("n > many", "n >= many"), "a bin with exactly `many` images is medium")``;
    more pairs where one mistake shows in several places. The last argument is the
    sentence that helps whoever made it.
    """

    def __init__(self, *changes_and_cause):
        *self.changes, self.cause = changes_and_cause

    def answer(self, reference):
        """Return the wrong answer that the changes make of `reference`.

        Parameters
        ----------
        reference : function or class
            Written in a module, by ``def`` or ``class``.

        Raises
        ------
        ValueError
            If an old text doesn't stand in it exactly once.
        """
        text = textwrap.dedent(inspect.getsource(reference))
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ValueError(
                    f"a slip replaces a text that stands in {reference.__qualname__} "
                    f"exactly once, but {old!r} stands there {text.count(old)} times"
                )
            text = text.replace(old, new)
        # The line cache keeps the text, as for a function of a file: checks look at it.
        name = f"<slip of {reference.__qualname__}: {self.changes}>"
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        names = dict(inspect.getmodule(reference).__dict__)
        exec(compile(text, name, "exec"), names)
        return names[reference.__name__]
