"""Exercise 6.3: the study is finished, as the project's folder shows it."""

from pathlib import Path

from course import protocol
from course.checks.lesson6.judged import Judged

NO_PROJECT = "this is no project: pass the one that open_project returned"


def _judge(project):
    folder = getattr(project, "folder", None)
    if not isinstance(folder, str | Path):
        return dict.fromkeys(protocol.TITLES, NO_PROJECT)
    return protocol.faults(folder) if protocol.is_begun(folder) else None


finish = Judged(
    "6.3",
    "finish",
    {name: (title, 1 + (name == "test")) for name, title in protocol.TITLES.items()},
    _judge,
    causes=(
        protocol.TWICE,
        protocol.RETRAINED,
        protocol.NOT_ONE,
        protocol.NO_PLAIN,
        protocol.FEW_SEEDS,
        protocol.OTHER_SEEDS,
        protocol.COPIED,
        protocol.EDITED,
        protocol.REDRAWN,
        protocol.FOREIGN,
        protocol.LEAKED,
    ),
)
