"""A class of thirty for lesson 1, with the marks that each of them should get.

    python tests/grading/class_of_30.py RELEASE RETURNED

RELEASE is the folder that ``make release`` made. RETURNED gets a folder for each
student: right, partly right, typical wrong and hostile notebooks, as they come back
from a real class. Names and answers are invented.
"""

import copy
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

LESSON = "01_imbalance"
EXERCISES = (
    "bin_index",
    "region_of",
    "mae_by_region",
    "extra_error",
    "neighbourhood_mass",
    "geometric_mean",
)

RIGHT = {
    "bin_index": """def bin_index(labels, start, width):
    return np.floor((labels - start) / width).astype(int)""",
    "region_of": """def region_of(test_bins, train_bins, many, few):
    counts = (test_bins[:, None] == train_bins).sum(1)
    return np.array(["zero" if n == 0 else "few" if n < few else "medium" if n <= many
                     else "many" for n in counts])""",
    "neighbourhood_mass": """def neighbourhood_mass(counts, radius):
    return np.array([counts[max(0, b - radius) : b + radius + 1].sum()
                     for b in range(len(counts))])""",
    "mae_by_region": """def mae_by_region(y, y_hat, region):
    scores = {}
    for name in ("many", "medium", "few", "zero"):
        error = np.abs(y - y_hat)[region == name]
        scores[name] = error.mean() if len(error) else None
    return scores""",
    "geometric_mean": """def geometric_mean(y, y_hat, eps):
    return np.exp(np.log(np.maximum(np.abs(y - y_hat), eps)).mean())""",
    "extra_error": """def extra_error(y, before, after, ages):
    change = np.abs(after - y) - np.abs(before - y)
    return change[:, np.isin(y, ages)].mean(axis=1)""",
}

# Each with its points of 2, and the beginning of what the check says.
WRONG = {
    "no width": (
        "bin_index",
        """def bin_index(labels, start, width):
    return np.floor(labels - start).astype(int)""",
        0,
        "a bin is `width` wide, not 1",
    ),
    "rounds": (
        "bin_index",
        """def bin_index(labels, start, width):
    return np.round((labels - start) / width).astype(int)""",
        0,
        "rounding sends 30.9 to the bin of 31",
    ),
    "no minlength": (
        "region_of",
        """def region_of(test_bins, train_bins, many, few):
    return np.array(["zero" if n == 0 else "few" if n < few else "medium" if n <= many
                     else "many" for n in np.bincount(train_bins)[test_bins]])""",
        1,
        "your counts end at the largest training bin",
    ),
    "threshold": (
        "region_of",
        """def region_of(test_bins, train_bins, many, few):
    counts = (test_bins[:, None] == train_bins).sum(1)
    return np.array(["zero" if n == 0 else "few" if n < few else "medium" if n < many
                     else "many" for n in counts])""",
        1,
        "exactly `many` samples is still medium",
    ),
    "negative start": (
        "neighbourhood_mass",
        """def neighbourhood_mass(counts, radius):
    return np.array([counts[b - radius : b + radius + 1].sum()
                     for b in range(len(counts))])""",
        1,
        "near the first bin, b - radius is negative",
    ),
    "signed": (
        "mae_by_region",
        """def mae_by_region(y, y_hat, region):
    return {name: (y_hat - y)[region == name].mean() if (region == name).any()
            else None for name in ("many", "medium", "few", "zero")}""",
        0,
        "errors above and below cancel",
    ),
    "nan": (
        "mae_by_region",
        """def mae_by_region(y, y_hat, region):
    return {name: np.abs(y_hat - y)[region == name].mean()
            for name in ("many", "medium", "few", "zero")}""",
        1,
        "the mean of nothing is NaN",
    ),
    "product": (
        "geometric_mean",
        """def geometric_mean(y, y_hat, eps):
    return np.prod(np.maximum(np.abs(y - y_hat), eps)) ** (1 / len(y))""",
        1,
        "the product of thousands of errors overflows",
    ),
    "all seeds": (
        "extra_error",
        """def extra_error(y, before, after, ages):
    change = np.abs(after - y) - np.abs(before - y)
    return change[:, np.isin(y, ages)].mean()""",
        0,
        "one number comes out for all seeds",
    ),
    "moved": (
        "extra_error",
        """def extra_error(y, before, after, ages):
    return np.abs(after - before)[:, np.isin(y, ages)].mean(axis=1)""",
        0,
        "that is how far the guesses moved",
    ),
    "syntax": (
        "geometric_mean",
        "def geometric_mean(y, y_hat, eps)\n    return 1",
        0,
        "NameError",
    ),
    "hard-coded": (
        "extra_error",
        "extra_error = lambda y, before, after, ages: np.array([4.0])",
        0,
        "your function gives the same result for every input",
    ),
}


@dataclass
class Student:
    """What one student returns, and the points that they should get for it."""

    name: str
    notebook: dict | None
    points: dict = field(default_factory=dict)  # of exercises below full marks
    says: dict = field(default_factory=dict)  # exercise: what the report says of it
    remark: str = ""  # what the report says of the notebook
    file: str = f"{LESSON}.ipynb"
    content: bytes | None = None  # instead of a notebook

    @property
    def total(self) -> float | None:
        """The points of 12; None where nothing can be graded."""
        if self.content is not None:
            return None
        return float(sum(self.points.get(name, 2) for name in EXERCISES))


def cell(notebook: dict, grade_id: str) -> dict:
    return next(
        c
        for c in notebook["cells"]
        if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def import_cell(notebook: dict) -> dict:
    return next(c for c in notebook["cells"] if "from course.lesson" in c["source"])


def answered(release: dict, names=EXERCISES, wrong=(), right=RIGHT) -> dict:
    """The notebook with right answers to ``names``, and wrong ones by their name."""
    notebook = copy.deepcopy(release)
    for name in names:
        cell(notebook, name)["source"] = right[name]
    for name in wrong:
        exercise, source, _points, _says = WRONG[name]
        cell(notebook, exercise)["source"] = source
    for each in notebook["cells"]:
        if each["cell_type"] == "code":
            each["execution_count"] = 1
    return notebook


def code(source: str) -> dict:
    return {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


FIRST_IMPORTS = """import numpy as np

from dirlib import LabelBins, gm, mae, pearson, shot_regions, smooth_bins, spearman
from dirlib.course import checks1 as check
from dirlib.course import explorers, figures
from dirlib.datasets.faces import faces
from dirlib.datasets.label_counts import label_counts
from dirlib.experiments import EXTRAPOLATION, INTERPOLATION
from dirlib.runs import AGES, load_runs"""


def of_the_first_version(notebook: dict) -> dict:
    """The notebook as if it had been handed out before `course` was a package.

    Cells that call the library by its name did so without it, and had other ids. One
    answer uses a name that only the first version's imports bring.
    """
    notebook = copy.deepcopy(notebook)
    for each in notebook["cells"]:
        before = each["source"]
        if "from course.lesson" in before:
            each["source"] = FIRST_IMPORTS
        elif each["cell_type"] == "code" and "nbgrader" not in each["metadata"]:
            each["source"] = re.sub(r"\bdirlib\.(?=\w+\()", "", before)
        if each["source"] != before:
            text = hashlib.sha1(each["source"].encode()).hexdigest()[:8]
            each["id"] = f"01-{text}"
    cell(notebook, "extra_error")["source"] = """\
def extra_error(y, before, after, ages):
    k, both = np.isin(y, ages), zip(before, after, strict=True)
    return np.array([mae(y[k], q[k]) - mae(y[k], p[k]) for p, q in both])"""
    return notebook


SLOW = r"\b(figures|explorers|pyplot)\.|\btrain_ages\("


def with_wrong(name: str, release: dict, *wrong: str) -> Student:
    """A student who makes known mistakes, is right elsewhere, and emptied the figures.

    Figures and the training take most of the time of this lesson; others make them.
    """
    notebook = answered(release, wrong=wrong)
    for each in notebook["cells"]:
        plain = each["cell_type"] == "code" and "nbgrader" not in each["metadata"]
        if plain and re.search(SLOW, each["source"]):
            each["source"] = ""
    points = {WRONG[w][0]: WRONG[w][2] for w in wrong}
    says = {WRONG[w][0]: WRONG[w][3] for w in wrong}
    return Student(name, notebook, points, says)


def students(release: dict) -> list[Student]:
    """All thirty."""
    return [*solvers(release), *learners(release), *untidy(release), *hostile(release)]


def solvers(release) -> list[Student]:
    half = EXERCISES[:3]
    return [
        Student("Ada Lindqvist", answered(release)),
        Student("Zoë Nuñez-Ångström", answered(release)),
        Student("张伟", answered(release)),
        Student(
            "Half Way",
            answered(release, half),
            {name: 0 for name in EXERCISES if name not in half},
        ),
        Student(
            "Only Opened",
            copy.deepcopy(release),
            dict.fromkeys(EXERCISES, 0),
            remark="was never run",
        ),
    ]


def learners(release) -> list[Student]:
    sets = [[name] for name in WRONG]
    sets.append(["no width", "threshold", "negative start", "nan", "product"])
    return [with_wrong(f"Learner {i + 1:02}", release, *s) for i, s in enumerate(sets)]


def untidy(release) -> list[Student]:
    """Right answers in notebooks that are not as they were handed out."""
    return [
        deleted(release),
        copied(release),
        out_of_order(release),
        other_kernel(release),
        older_release(release),
        on_stderr(release),
    ]


def deleted(release) -> Student:
    notebook = answered(release)
    gone = [cell(notebook, n) for n in ("bin_index_check", "geometric_mean")]
    gone.append(import_cell(notebook))
    notebook["cells"] = [c for c in notebook["cells"] if c not in gone]
    return Student(
        "Deleted Cells",
        notebook,
        {"geometric_mean": 0},
        remark="deleted, and put back: bin_index_check, geometric_mean",
    )


def copied(release) -> Student:
    notebook = answered(release)
    cells = notebook["cells"]
    # A wrong first try above, an untouched stub below, and a check twice.
    first_try = copy.deepcopy(cell(notebook, "bin_index"))
    first_try["source"] = WRONG["rounds"][1]
    cells.insert(cells.index(cell(notebook, "bin_index")), first_try)
    stub = copy.deepcopy(cell(release, "mae_by_region"))
    cells.insert(cells.index(cell(notebook, "mae_by_region")) + 1, stub)
    check = cell(notebook, "mae_by_region_check")
    cells.insert(cells.index(check), copy.deepcopy(check))
    return Student(
        "Copied Cells",
        notebook,
        remark="there several times, the last answer counts: bin_index, mae_by_region",
        file="homework (final).ipynb",
    )


def out_of_order(release) -> Student:
    notebook = answered(release)
    notebook["cells"].reverse()
    return Student("Order Reversed", notebook, remark="cells out of order: put back")


def other_kernel(release) -> Student:
    notebook = answered(release)
    notebook["metadata"]["kernelspec"] = {"name": "conda-env", "display_name": "Mine"}
    return Student(
        "Other Kernel",
        notebook,
        remark="asks for the kernel 'conda-env'",
        file=f"{LESSON}/{LESSON}.ipynb",
    )


def older_release(release) -> Student:
    notebook = answered(release)
    check = cell(notebook, "bin_index_check")
    check["source"] = "check.bin_index(bin_index, strict=True)"
    check["metadata"]["nbgrader"]["checksum"] = "0" * 32
    gone = copy.deepcopy(cell(notebook, "bin_index"))
    gone["id"], gone["source"] = "gone", "def median_by_region():\n    return 1"
    gone["metadata"]["nbgrader"]["grade_id"] = "median_by_region"
    notebook["cells"].append(gone)
    return Student(
        "Older Release",
        notebook,
        remark="from an older release, graded by this one; differs in: bin_index_check",
        file=f"{LESSON}.ipynb.json",
    )


def on_stderr(release) -> Student:
    notebook = answered(release)
    cell(notebook, "bin_index")["source"] = "import os, warnings\n" + RIGHT[
        "bin_index"
    ].replace("    return", LOUD + "    return")
    return Student("Warned Often", notebook)


LOUD = """    warnings.warn("a library is old")
    os.write(2, b"a library written in C is old, too")
"""


def hostile(release) -> list[Student]:
    """Notebooks that would end, fill or cheat whoever grades them."""
    zero = dict.fromkeys(EXERCISES[1:], 0)
    edited = answered(release, EXERCISES[:1])
    for name in EXERCISES[1:]:
        cell(edited, f"{name}_check")["source"] = "2.0"
    edited["cells"].append(code("check = lambda answer: 2.0"))
    easy = "\n\nclass Easy:\n    __getattr__ = lambda *_: 2.0\ncheck = Easy()"
    import_cell(edited)["source"] += easy
    loop = answered(release)
    cell(loop, "bin_index")["source"] = (
        "def bin_index(labels, start, width):\n    while True:\n        pass"
    )
    stubborn, leaves, prints = (answered(release) for _ in range(3))
    stubborn["cells"].insert(
        3,
        code(
            "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            "while True:\n    pass"
        ),
    )
    leaves["cells"].insert(3, code("exit()"))
    leaves["cells"].insert(12, code("import os\nos._exit(0)"))
    prints["cells"].insert(3, code("for _ in range(1000):\n    print('x' * 1_000_000)"))
    return [
        Student(
            "Edited Checks",
            edited,
            zero,
            remark="checks edited, the original ones are used: extra_error_check",
        ),
        Student("Loops Forever", loop, {"bin_index": 0}, {"bin_index": "did not end"}),
        Student("Never Stops", stubborn, remark="does not end and cannot be"),
        Student("Leaves Early", leaves, remark="this cell ends the kernel"),
        Student("Prints Much", prints),
        Student(
            "Word Document",
            None,
            file="homework.docx",
            content=b"PK\x05\x06 not a notebook",
            remark="not a Jupyter notebook",
        ),
    ]


def hand_in(release_folder: Path, returned: Path) -> list[Student]:
    """Write the returned notebooks of the class, a folder for each student."""
    path = release_folder / LESSON / f"{LESSON}.ipynb"
    release = json.loads(path.read_text(encoding="utf-8"))
    for each in release["cells"]:
        each["source"] = "".join(each["source"])
    made = students(release)
    for student in made:
        file = returned / student.name / student.file
        file.parent.mkdir(parents=True)
        content = student.content
        file.write_bytes(content or json.dumps(student.notebook).encode())
    return made


if __name__ == "__main__":
    hand_in(Path(sys.argv[1]), Path(sys.argv[2]))
