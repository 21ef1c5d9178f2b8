"""A class of sixty for lesson 3: forty honest students in every style, twenty hostile.

    python tests/grading/class_of_60.py OUT

It releases, hands in, grades and reports in OUT as an instructor does, with two
notebooks at a time and the sandbox that works here; compares marks and remarks with
those that each student should get (``sixty.py``); sees that nobody reached anything;
and prints what took how long. Then it ends the grading of a few in the middle, and
starts it again. Interrupted, it goes on itself. ``make test`` grades the class of
thirty; this takes minutes more.
"""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pandas as pd
import psutil
from hostile import PORT, SLEEP
from sixty import (
    FIRST_ATTEMPT,
    LESSON,
    RIGHT,
    ROOT,
    Student,
    hand_in,
    read_release,
    students,
)


def differences(made: list[Student], course: Path) -> list[str]:
    """Who has other marks, or other remarks, than they should."""
    marks = pd.read_csv(course / "marks.csv").set_index("student")
    exercises = pd.read_csv(course / "exercises.csv").set_index("student")
    found = [f"{name}: not of this class" for name in {*marks.index} - names(made)]
    for student in made:
        if student.name not in marks.index:
            found.append(f"{student.name}: not in the sheet")
            continue
        mine = exercises[exercises.index == student.name]
        got = dict(zip(mine.exercise, mine.points, strict=True)) or None
        said = str(marks.remarks[student.name])
        if got != student.points:
            found.append(f"{student.name}: {got}, not {student.points}; {said}")
        if missing := [text for text in student.says if text not in said]:
            found.append(f"{student.name}: nothing of {missing} in: {said}")
        if ("LOOK AT IT" in said) != student.look:
            found.append(f"{student.name}: to be looked at? {student.look}; {said}")
    return found


def names(made: list[Student]) -> set[str]:
    return {student.name for student in made}


def reached(course: Path, visits: list) -> list[str]:
    """What the hostile ones left behind, or reached: nothing."""
    found = [f"a notebook reached the server {len(visits)} times"] * bool(visits)
    running = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    found += ["a process is left behind"] * any(SLEEP in line for line in running)
    installed = importlib.util.find_spec("graderless") is not None
    found += ["a package was installed"] * installed
    for path in (course / "feedback").rglob("*.html"):
        text = path.read_text("utf-8")
        if "<script" in text or "onerror=alert(1)>" in text:
            found.append(f"{path}: a script")
    for path in (course / "autograded").rglob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            shown = [output.get("data", {}) for output in cell.get("outputs", [])]
            shown += [{"text/html": cell["source"]}] * (cell["cell_type"] != "code")
            texts = [data for data in shown if "<script" in str(data)]
            found += [f"{path}: a script" for _ in texts]
    with (course / "exercises.csv").open(encoding="utf-8", newline="") as file:
        texts = [text.strip() for row in csv.reader(file) for text in row]
    found += [f"a formula: {text}" for text in texts if text[:1] in tuple("=+-@")]
    page = (course / "report.html").read_text("utf-8")
    found += ["the copy wasn't seen"] * ("Copies Half Way, Half Way" not in page)
    return found


def server(visits: list) -> HTTPServer:
    """One that has the answers, and notes who comes."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            visits.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write("\n\n".join(RIGHT.values()).encode())

    made = HTTPServer(("127.0.0.1", PORT), Answers)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made


def start(out: Path, name: str, *args) -> subprocess.Popen:
    """A tool as an instructor starts it; what it leaves when killed lies in OUT."""
    (out / "tmp").mkdir(exist_ok=True)
    program = [sys.executable, "-m", f"tools.grading.{name}", *map(str, args)]
    env = {**os.environ, "TMPDIR": str(out / "tmp")}
    return subprocess.Popen(program, cwd=ROOT, env=env)


def grade(out: Path, returned: Path, course: Path) -> subprocess.Popen:
    # No cell of this lesson takes a processor for more than a few seconds.
    return start(out, "grade", returned, course, "--jobs", 2, "--cell-seconds", 20)


def finish(process: subprocess.Popen) -> None:
    if process.wait():
        sys.exit(f"{process.args[2:]}: ended with {process.returncode}")


def ran(course: Path) -> dict[Path, int]:
    """The notebooks that were run, and when."""
    return {p: p.stat().st_mtime_ns for p in (course / "ran").rglob("*.ipynb")}


def killed_and_started_again(made: list[Student], out: Path) -> list[str]:
    """Kill the grader after a few of these; what is wrong when it has gone on."""
    returned, course = out / "some", out / "some_course"
    for folder in (returned, course):
        shutil.rmtree(folder, ignore_errors=True)
    hand_in(made, returned)
    first = grade(out, returned, course)
    while first.poll() is None and len(ran(course)) < 3:
        time.sleep(0.1)
    first.kill()
    first.wait()
    before = ran(course)
    finish(grade(out, returned, course))
    after = ran(course)
    kept = sum(after[path] == moment for path, moment in before.items())
    print(f"killed after {len(before)} of {len(made)}: {kept} not run again")
    wrong = differences(made, course)
    if not 0 < len(before) < len(made) or kept < len(before) or len(after) < len(made):
        wrong.append("it did not go on where it was killed")
    return wrong


def main(out: Path) -> int:
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "handout.zip").exists():
        finish(start(out, "release", out / "handout", "--lessons", LESSON))
    release = read_release(out / "handout" / LESSON / f"{LESSON}.ipynb")
    made, course = students(release, out), out / "course"
    if not (out / "returned").exists():
        hand_in(made, out / "partly")
        (out / "partly" / FIRST_ATTEMPT).write_text(json.dumps(release))
        (out / "partly").rename(out / "returned")
    visits, known = [], len(ran(course))
    answers, begin = server(visits), time.time()
    finish(grade(out, out / "returned", course))
    seconds, n = time.time() - begin, len(ran(course)) - known
    answers.shutdown()
    answers.server_close()
    wrong = differences(made, course)
    print(f"{len(made)} students, {len(wrong)} differences from what they should get")
    running = max(ran(course).values()) / 1e9 - begin if n else 0
    print(f"{n} notebooks run: {seconds / 60:.1f} minutes, {running / 60:.1f} of them "
          f"running, {running / max(n, 1):.1f} s for each, two at a time")  # fmt: skip
    wrong += reached(course, visits)
    wrong += killed_and_started_again(made[8:20], out)
    shutil.rmtree(out / "tmp", ignore_errors=True)
    print(*wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
