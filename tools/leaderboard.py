"""The open challenges' numbers of the notebooks in a folder (``make leaderboard``).

``python -m tools.leaderboard FOLDER`` reads what `course.challenge` left in the outputs
of saved notebooks: your own, or those of a class, one folder or one file for each
student. It runs nothing, and sends nothing anywhere. The numbers are as the notebooks
say, so they are for fun, and give no points.
"""

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path

from course.challenge import MIME, Report, from_bundle

LARGEST = 30_000_000  # bytes of a notebook that is read
LESSONS = tuple("123456")
LESSON_NAME = re.compile(r"[-_ ]?\d\d_[a-z]+$")


def read_folder(folder: Path) -> tuple[dict[str, dict[str, Report]], list[str]]:
    """The best report of each challenge and name, and a line for each file left out.

    Nothing that lies in a folder makes it fail.
    """
    by_lesson: dict[str, list[tuple[str, Report]]] = {}
    left_out = []
    for path in _notebooks(folder):
        try:
            reports = _reports(path)
        except (OSError, ValueError, RecursionError) as error:
            why = error.strerror if isinstance(error, OSError) else "no notebook"
            left_out.append(f"{plain(str(path.relative_to(folder)), 80)}: {why}")
            continue
        name = name_of(path.relative_to(folder))
        for report in reports:
            by_lesson.setdefault(report.lesson, []).append((name, report))
    best = {}
    for lesson, entries in sorted(by_lesson.items()):
        higher = _most_common(report.higher for _, report in entries)
        ordered = sorted(entries, key=lambda e: e[1].value * (-1 if higher else 1))
        best[lesson] = {}
        for name, report in ordered:
            best[lesson].setdefault(name, report)
    return best, left_out


def leaderboard(folder: Path) -> str:
    """The numbers of each challenge as text, the best first."""
    best, left_out = read_folder(folder)
    lines = []
    for lesson, entries in best.items():
        reports = list(entries.values())
        higher = _most_common(report.higher for report in reports)
        goal = _most_common(report.to_beat for report in reports)
        unit = plain(_most_common(report.unit for report in reports), 20)
        told = f"Challenge {lesson} · {'higher' if higher else 'lower'} is better"
        told += "" if goal is None else f"; the number to beat is {goal:.4g} {unit}"
        lines.append(told.rstrip())
        width = max(map(len, entries))
        for place, (name, report) in enumerate(entries.items(), start=1):
            own = Report(lesson, report.value, goal, unit, higher)
            mark = " ★" if own.beaten else ""
            number = f"{report.value:.4g} {unit}".rstrip()
            lines.append(f"{place:>4}. {name:<{width}}  {number}{mark}")
        lines.append("")
    if not best:
        lines.append(
            f"There is no number of a challenge in {folder}: run the challenge of a "
            f"lesson, save the notebook, and name the folder that it lies in."
        )
    lines += [f"left out: {line}" for line in left_out]
    return "\n".join(lines).rstrip()


def name_of(path: Path) -> str:
    """Whose notebook it is: its first folder or its file, without the lesson's name."""
    folders = [LESSON_NAME.sub("", part) for part in path.parts[:-1]]
    names = [*folders, LESSON_NAME.sub("", path.stem)]
    return plain(next(filter(None, names), "you"), 40)


def plain(text: str, most: int) -> str:
    """Text that can't steer a terminal: printable, in one line, and not too long."""
    shown = "".join(c if c.isprintable() else "?" for c in text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _notebooks(folder):
    """All notebooks below a folder, in order; links to folders are not followed."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        yield from (Path(place, f) for f in sorted(files) if f.endswith(".ipynb"))


def _reports(path):
    """The numbers of challenges in the outputs of a notebook."""
    if not path.is_file():  # reading a pipe would wait for ever
        raise ValueError("no file")
    if path.stat().st_size > LARGEST:
        raise ValueError("too large")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError("no cells")
    found = []
    for cell in notebook["cells"]:
        outputs = cell.get("outputs") if isinstance(cell, dict) else None
        for output in outputs if isinstance(outputs, list) else ():
            data = output.get("data") if isinstance(output, dict) else None
            report = from_bundle(data.get(MIME)) if isinstance(data, dict) else None
            if report and report.value is not None and report.lesson in LESSONS:
                found.append(report)
    return found


def _most_common(values):
    """What most say: one notebook alone can't change the rules of a challenge."""
    return Counter(values).most_common(1)[0][0]


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0] if arguments else "my_lessons")
    if not folder.is_dir():
        print(f"{folder} is not a folder: name the one that holds the notebooks")
        return 1
    print(leaderboard(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
