"""What keeps student code in bounds inside the kernel that runs it.

Prints are cut where they arise: a gigabyte of them would fill the memory of whoever
collects it. ``exit()`` and ``quit()`` end the cell, as ``sys.exit()`` does, and not the
kernel with all that was defined in it. A figure is drawn once, to be shown.
"""

import sys

from ipykernel.iostream import OutStream

TEXT_LIMIT = 100_000  # characters that a cell may print
CUT = "\n... the rest of what this cell prints is left out\n"


class ShortStream(OutStream):
    """The kernel's stdout or stderr, with an end for each cell."""

    left = TEXT_LIMIT

    def write(self, text):
        room, self.left = self.left, self.left - len(text)
        if room > 0:
            super().write(text[:room])
            if self.left < 0:
                super().write(CUT)
        return len(text)


def calm(shell) -> None:
    """Set the bounds; called before the first cell of a student runs."""
    streams = sys.stdout, sys.stderr

    def begin_cell(*_):
        for stream in streams:
            stream.left = TEXT_LIMIT
        # pyplot draws every new figure after a cell, for a window that is not there.
        if drawing := sys.modules.get("matplotlib.backend_bases"):
            drawing.FigureCanvasBase.draw_idle = lambda self, *args, **kwargs: None

    def leave():
        raise SystemExit

    shell.ask_exit = leave
    shell.events.register("pre_run_cell", begin_cell)
