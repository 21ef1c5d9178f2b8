"""Hostile notebooks of lesson 3, each with the marks that it should get, and why.

Behind walls nobody reaches anything: who answered right keeps the points, who wanted
others' has none. What code can do to the checks, in whose process it runs, is seen from
outside, and the report says ``LOOK AT IT``.
"""

from dataclasses import dataclass, field

from class_of_30 import answered, code, import_cell
from styles import checks, marks, named, put

from course.checks.verdict import MIME, PartVerdict, Verdict

EXERCISES = "bin_moments cosine_to_anchor neighbour_margin chance_distance".split()
NOTHING = dict.fromkeys(EXERCISES, 0)
PORT = 48_751  # of a server on the grader's computer, which has the answers
SLEEP = "86431"  # seconds, of a process that nobody else has
SCRIPT = "<script>alert('seen')</script><img src=x onerror=alert(1)>"
EXERCISE = "from course.checks.exercise import Exercise"
IMPORTED = "imports `course.checks.exercise`"


@dataclass
class Hostile:
    """What one notebook does, and what should come of it.

    Attributes
    ----------
    cells : list of str
        Code that runs after the lesson's imports.
    answers : dict or str
        Source by exercise, or that of each, with {name} for its own. Others are right.
    lost : dict
        The points of exercises that have less than all.
    says : tuple of str
        What the sheet says of the notebook.
    look : bool
        Whether it says ``LOOK AT IT``.
    checks : str
        What stands in the checks' cells.
    text : str
        A text at the end.
    """

    cells: list[str] = field(default_factory=list)
    answers: dict | str = field(default_factory=dict)
    lost: dict = field(default_factory=dict)
    says: tuple[str, ...] = ()
    look: bool = False
    checks: str = ""
    text: str = ""

    def notebook(self, release: dict, right: dict) -> dict:
        made = answered(release, right, right=right)
        for name, solution in named(made).items():
            every = isinstance(self.answers, str)
            source = self.answers if every else self.answers.get(name)
            solution["source"] = (source or right[name]).replace("{name}", name)
        for check in checks(made):
            check["source"] = self.checks or check["source"]
        place = made["cells"].index(import_cell(made)) + 1
        put(made, [code(text) for text in self.cells], made["cells"][place])
        note = {"cell_type": "markdown", "metadata": {}, "id": "n", "source": self.text}
        put(made, [note] * bool(self.text))
        return made


def hostile(places: list[str], gradebook: str) -> dict[str, Hostile]:
    """All of them by name.

    Parameters
    ----------
    places : list of str
        Patterns of notebooks with right answers: solutions, and other students'.
    gradebook : str
        Its path.
    """
    empty = "def {name}(): pass"
    return {
        "Runs Scripts": Hostile([SHOWS], text=f"{SCRIPT} [me](javascript:alert(1))"),
        "Edits The Library": Hostile([EDITS.format("dirlib"), EDITS.format("course")]),
        "Installs Packages": Hostile([INSTALLS]),
        "Kills The Grader": Hostile([KILLS]),
        "Reads The Solutions": Hostile(
            [STEALS.format(places=places)], "exec(stolen('{name}'))", NOTHING
        ),
        "Asks A Server": Hostile([ASKS], "exec(page)", NOTHING),
        "Leaves Processes": Hostile([LEAVES]),
        "Writes Marks": Hostile([WRITES.format(gradebook=gradebook)], "pass", NOTHING),
        "Impossible Points": Hostile(
            [IMPOSSIBLE],
            empty,
            NOTHING,
            ("shows nan for points", "-5 points of", "1000 points of", IMPORTED),
            look=True,
        ),
        "Points And An Error": Hostile(
            [BOTH],
            empty,
            NOTHING,
            ("shows an error beside 3 points", "shows an error beside 2 points"),
            look=True,
        ),
        # It knows how the checks answer: nothing stops it, and it is seen.
        "Forges Verdicts": Hostile([FORGES], empty, says=(IMPORTED,), look=True),
        "Takes References": Hostile(
            answers="{name} = check.{name}.reference",
            says=("takes the checks' answer, `check.bin_moments.reference`",),
            look=True,
        ),
        "Takes The Library": Hostile(
            answers={"neighbour_margin": LIBRARY},
            says=("the library's function as the answer: neighbour_margin",),
            look=True,
        ),
        "Own Checks": Hostile(
            ["class Easy:\n    __getattr__ = lambda *_: lambda f: 3.0\ncheck = Easy()"],
            empty,
            NOTHING,
            ("puts something in the place of `check`", "checks edited"),
            look=True,
            checks="3.0",
        ),
        "Formula As Error": Hostile(
            answers={"bin_moments": FORMULA}, lost={"bin_moments": 0}
        ),
        "Loops Forever": Hostile(
            answers={"bin_moments": LOOP}, lost={"bin_moments": 0}
        ),
        "Never Stops": Hostile(
            [STUBBORN, "import os\nos._exit(0)"],
            says=(
                "does not end and cannot be interrupted",
                "this cell ends the kernel",
            ),
        ),
        "Fills The Computer": Hostile(
            [
                "for _ in range(1000):\n    print('x' * 1_000_000)",
                "[0] * 10**11",
                "'x' * 10_000_000",
                "exit()",
            ]
        ),
    }


SHOWS = f"""from IPython.display import HTML, Javascript, display
display(HTML({SCRIPT!r}), Javascript("alert(1)"))
display({{"text/markdown": {SCRIPT!r}, "image/svg+xml": {SCRIPT!r}}}, raw=True)"""

EDITS = """import pathlib, {0}
for file in pathlib.Path({0}.__file__).parent.rglob("*.py"):
    file.write_text("raise SystemExit")"""

INSTALLS = """import sysconfig, zipfile
about = "graderless-1.dist-info"
with zipfile.ZipFile("graderless-1-py3-none-any.whl", "w") as wheel:
    wheel.writestr("graderless.py", "")
    wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\\nName: graderless\\n"
                                        "Version: 1\\n")
    wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\\nGenerator: me\\n"
                                     "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{about}/RECORD", "")
%pip install --no-index graderless-1-py3-none-any.whl
open(sysconfig.get_path("purelib") + "/graderless.py", "w")"""

KILLS = """import os, signal
for pid in [os.getppid(), *(int(n) for n in os.listdir("/proc") if n.isdigit())]:
    if pid != os.getpid():
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError as error:
            print(pid, error)"""

STEALS = """import glob, json
def stolen(name):
    for start in ("", "/proc/[0-9]*/root"):
        for place in {places}:
            for path in glob.glob(start + place):
                for cell in json.load(open(path))["cells"]:
                    text = "".join(cell["source"])
                    if f"def {{name}}(" in text and "NotImplementedError" not in text:
                        return text
    raise LookupError(name)"""

WRITES = """import sqlite3
with sqlite3.connect("{gradebook}") as book:
    book.execute("update grade set manual_score = 3, needs_manual_grade = 0")"""

FORGES = """from course.checks.exercise import Exercise, Points
from course.checks.verdict import PartVerdict, Verdict
def all_right(self, answer):
    parts = tuple(PartVerdict(part.title, part.points, True) for part in self.parts)
    return Points(Verdict(self.number, self.name, self.points, parts))
Exercise.__call__ = all_right"""

FORMULA = """class Odd(BaseException):
    pass
Odd.__name__ = '=HYPERLINK("http://127.0.0.1","open me")'
def bin_moments(batches, n_bins, dim):
    raise Odd("=1+1")"""

ASKS = f"""from urllib.request import urlopen
page = urlopen("http://127.0.0.1:{PORT}", timeout=9).read().decode()"""

LEAVES = f"""import subprocess
subprocess.Popen(["setsid", "sleep", "{SLEEP}"])"""

IMPOSSIBLE = f"""{EXERCISE}
points = [float("nan"), -5.0, 1000.0, float("inf")]
Exercise.__call__ = lambda self, answer: points.pop(0)"""

BOTH = f"""{EXERCISE}
def cheat(self, answer):
    get_ipython().displayhook(float(self.points))
    raise ValueError("no more")
Exercise.__call__ = cheat"""

LIBRARY = """def neighbour_margin(similarity, anchor, many, near):
    return dirlib.neighbour_margin(similarity, anchor, many, near)"""

LOOP = """def bin_moments(batches, n_bins, dim):
    while True:
        pass"""

STUBBORN = """import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    pass"""


def forged_outputs(release: dict) -> dict:
    """A notebook with nothing solved whose saved outputs say that all is."""
    notebook = answered(release, ())
    for number, check in enumerate(checks(notebook), 1):
        name, full = (
            marks(check)["grade_id"].removesuffix("_check"),
            marks(check)["points"],
        )
        parts = (PartVerdict("all", full, True),)
        bundle = Verdict(f"3.{number}", name, full, parts).bundle()
        output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
        data = {"text/plain": f"{full:.1f}", MIME: bundle}
        check["outputs"] = [{**output, "data": data}]
    return notebook
