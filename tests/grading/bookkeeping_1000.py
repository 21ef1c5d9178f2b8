"""The bookkeeping of a thousand made-up results of lesson 3: no notebook is run.

    python tests/grading/bookkeeping_1000.py OUT [N]

Students come in three groups: N/4, N/4 and N/2. After each, all that is there is
collected, the new ones go through nbgrader into the gradebook, and sheets, report and
all pages of feedback are written. The time for each student, in milliseconds, should
stay the same from line to line; the gradebook's is that of the new ones.
"""

import base64
import copy
import random
import shutil
import sys
import time
from pathlib import Path

import nbformat
from class_of_30 import answered
from nbformat.v4 import new_output
from sixty import FULL, LESSON, RIGHT, ROOT, read_release

from course.checks.verdict import MIME, PartVerdict, Verdict
from tools.grading.grade import (
    autograde,
    doubts,
    keep_record,
    prepare_course,
    restore_checks,
)
from tools.grading.outputs import PNG, clean_outputs
from tools.grading.report import write_report
from tools.grading.returned import collect
from tools.grading.workspace import run_file

FIGURE = 10_000  # bytes, of each cell that is not graded


def hand_in(release: dict, returned: Path, i: int) -> None:
    """One student, with right answers to some of the exercises."""
    names = [name for place, name in enumerate(RIGHT) if i >> place & 1]
    file = returned / f"Student {i:04}" / f"{LESSON}.ipynb"
    file.parent.mkdir(parents=True)
    file.write_text(
        nbformat.writes(nbformat.from_dict(answered(release, names, (), RIGHT)))
    )


def made_up(notebook, i: int):
    """The notebook as if it had been run: verdicts, prints and figures."""
    made, rng = copy.deepcopy(notebook), random.Random(i)
    for cell in made.cells:
        if cell.cell_type != "code":
            continue
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        full = FULL.get(name.removesuffix("_check"), 0) if "_check" in name else 0
        if full:
            earned = rng.randint(0, full)
            parts = [PartVerdict(f"part {p}", 1, p < earned) for p in range(full)]
            cause = None if earned == full else "the last neighbour is missing"
            verdict = Verdict("3.1", name[:-6], full, tuple(parts), cause=cause)
            data = {"text/plain": f"{verdict.points:.1f}"}
            data[MIME] = verdict.bundle()
            outputs = [new_output("stream", text=verdict.text())]
            outputs.append(new_output("execute_result", data, execution_count=1))
        else:
            png = base64.b64encode(PNG + rng.randbytes(FIGURE)).decode()
            outputs = [new_output("display_data", {"image/png": png})]
        cell.outputs = clean_outputs(outputs, bool(full), full)
        cell.execution_count = 1
    made.metadata |= {"ran": "made up", "left_out": [], "refused": []}
    return made


def into_gradebook(new: list, out: Path) -> None:
    """What ``grade`` does with a notebook beside running it."""
    for each in new:
        restore_checks(each, out)
        path = run_file(out / "ran", each.student, each.lesson)
        path.parent.mkdir(parents=True)
        path.write_text(nbformat.writes(made_up(each.notebook, int(each.student[-4:]))))
        each.problem = autograde(each, out)
        each.remarks += doubts(each, out)


def main(out: Path, n: int = 1000) -> int:
    out, returned = out.absolute() / "course", out.absolute() / "returned"
    prepare_course(out, ROOT)
    releases = {LESSON: nbformat.read(out / "lessons" / LESSON / f"{LESSON}.ipynb", 4)}
    release = read_release(out / "lessons" / LESSON / f"{LESSON}.ipynb")
    before, wrong = 0, []
    print("students  collect  gradebook  feedback  sheets and report   (ms for each)")
    for size in (n // 4, n // 2, n):
        for i in range(before, size):
            hand_in(release, returned, i)
        start = time.perf_counter()
        found = collect(returned, releases)
        collecting, start = time.perf_counter() - start, time.perf_counter()
        into_gradebook(found[before:], out)
        keep_record(found, out / "returned.csv")
        book, start = time.perf_counter() - start, time.perf_counter()
        shutil.rmtree(out / "feedback", ignore_errors=True)
        write_report(out)
        both, start = time.perf_counter() - start, time.perf_counter()
        write_report(out)  # the pages are there: what is left is the rest
        rest = time.perf_counter() - start
        each = [collecting / size, book / (size - before), (both - rest) / size]
        each = [1000 * seconds for seconds in (*each, rest / size)]
        print("{:8d} {:8.0f} {:10.0f} {:9.0f} {:18.0f}".format(size, *each), flush=True)
        wrong += [e.problem for e in found if e.problem]
        before = size
    print(*wrong[:5], sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
