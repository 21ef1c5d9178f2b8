"""A class of sixty for lesson 1: the class of thirty, and every honest style once.

    python tests/grading/class_of_60.py OUT

It releases, hands in, grades and reports in OUT, as an instructor does, and compares
the marks with those that the script knows. Interrupted and started again it goes on.
It prints what took how long. ``make test`` runs the thirty; this takes minutes more.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
from class_of_30 import LESSON, Student, hand_in
from styles import STYLES, in_style

ROOT = Path(__file__).resolve().parents[2]


def in_styles(release: dict, n: int) -> list[Student]:
    """One of each style, without the figures, which take most of the time."""
    made = []
    for place, style in enumerate(list(STYLES) * 2):
        notebook = in_style(style, release)
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            plain = cell["cell_type"] == "code" and "check." not in source
            if plain and any(f"{m}." in source for m in ("figures", "explorers")):
                cell["source"] = "pass"
        made.append(Student(f"Style {place:02} {style}", notebook))
    return made[:n]


def command(name: str, *args) -> float:
    start = time.monotonic()
    program = [sys.executable, "-m", f"tools.grading.{name}", *map(str, args)]
    subprocess.run(program, check=True, cwd=ROOT)
    return time.monotonic() - start


def main(out: Path) -> int:
    out = out.absolute()
    times = {}
    if not (out / "returned").exists():
        times["release"] = command("release", out / "handout", "--lessons", LESSON)
        hand_in(out / "handout", out / "returned")
        path = out / "handout" / LESSON / f"{LESSON}.ipynb"
        release = json.loads(path.read_text(encoding="utf-8"))
        for each in release["cells"]:
            each["source"] = "".join(each["source"])
        for student in in_styles(release, 30):
            folder = out / "returned" / student.name
            folder.mkdir()
            (folder / student.file).write_text(json.dumps(student.notebook))
    times["grade"] = command("grade", out / "returned", out / "course")
    marks = pd.read_csv(out / "course" / "marks.csv").set_index("student")
    wrong = marks[marks.index.str.startswith("Style") & (marks.points != 12)]
    looks = marks[marks.remarks.fillna("").str.contains("LOOK AT IT")]
    print(f"{len(marks)} students, {len(wrong)} of 30 styles with other marks")
    print(wrong.to_string() if len(wrong) else "", looks.remarks.to_string(), sep="\n")
    print({name: f"{seconds:.0f} s" for name, seconds in times.items()})
    return int(len(wrong) > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
