"""What students get: equal to ``lessons/``, and free of solutions.

What counts as a solution here: every line of a SOLUTION, MARK SCHEME or HIDDEN TESTS
region of a lesson's script, and of its solution-only cells. Three kinds of lines are
left out: those shorter than 12 characters, which say nothing (`return x`); those of the
exercise's own stub; and those of ``SHOWN``, which a lesson shows on purpose.
"""

import json
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

import nbformat
import pytest

from tools.grading import release as tool
from tools.grading.release import details_problem, main, release, without_answers
from tools.lessons import build as build_lessons
from tools.lessons.cells import MARKER, LessonError, region_text
from tools.lessons.env import ROOT
from tools.lessons.script import read_script

SHORTEST = 12
# Lines of solutions that stand in a hint, or that any training code has. Look twice
# before you add one: a hint says how, not what to write.
SHOWN = {
    "np.add.at(total, index, features)",
    "h = size // 2",
    "return self.calibrate(z, index, *self.pair)",
    "values, vectors = torch.linalg.eigh(matrix)",
    "self.epoch.update(z.detach(), index)",
    "optimizer.zero_grad()",
    "loss.backward()",
    "optimizer.step()",
    "fds.end_epoch()",
    "model.eval()",
    "with torch.no_grad():",
    "model.train()",
    "return base, variant",
}
REGIONS = ("SOLUTION", "MARK SCHEME", "HIDDEN TESTS")


def all_secrets(scripts) -> set[str]:
    """The lines of the solutions, those of ``SHOWN`` among them."""
    found, given = set(), set()
    for script in scripts:
        for cell in read_script(script):
            lines = [text for r in REGIONS for text in region_text(cell.source, r)]
            if cell.role == "solution-only":
                lines = cell.source.split("\n")
            stub = {text.strip() for text in (cell.stub or "").split("\n")}
            found |= {text.strip() for text in lines} - stub
            if cell.role == "student-only":
                given |= {text.strip() for text in cell.source.split("\n")}
    found -= given
    return {text for text in found if len(text) >= SHORTEST}


def scripts_of(root: Path) -> list[Path]:
    return sorted((root / "solutions").glob("*/*.py"))


def texts(value) -> list[str]:
    """Every key and every string of a JSON value; lines of a list are put together."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [t for pair in value.items() for each in pair for t in texts(each)]
    if isinstance(value, list):
        strings = all(isinstance(each, str) for each in value)
        return ["".join(value)] if strings else [t for v in value for t in texts(v)]
    return []


def files_of(out: Path) -> dict[str, bytes]:
    """All that a student gets: the files of the folder, and those of its zip."""
    found = {str(p.relative_to(out)): p.read_bytes() for p in files_below(out)}
    archive = out.with_name(f"{out.name}.zip")
    found[archive.name] = archive.read_bytes()
    with zipfile.ZipFile(archive) as packed:
        found |= {f"{archive.name}: {n}": packed.read(n) for n in packed.namelist()}
    return found


def files_below(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


PLACES = [
    re.escape(str(place))
    for place in {ROOT, Path.home(), Path(tempfile.gettempdir()).resolve()}
]
PATHS = re.compile(
    rf"(?<![\w.])(?:{'|'.join(PLACES)})(?:[/\\]|$)"
    r"|/(?:home|Users|root|tmp|var)/|[A-Z]:\\{1,2}Users"
)


def leaks(out: Path, secrets: set[str]) -> list[str]:
    """What a student must not get and would, a line each."""
    found = []
    for name, content in files_of(out).items():
        text = content.decode("utf-8", errors="replace")
        pieces = [name, text]
        if name.endswith(".ipynb"):
            notebook = json.loads(text)
            pieces += texts(notebook)
            found += [f"{name}: {told}" for told in unclean(notebook)]
        searched = "\n".join(pieces)
        found += [f"{name}: solution {line!r}" for line in secrets if line in searched]
        found += [f"{name}: path {m[0]!r}" for m in PATHS.finditer(searched)]
        marks = [line for line in searched.split("\n") if MARKER.match(line)]
        marks += re.findall(r"(?:BEGIN|END) (?:SOLUTION|HIDDEN|MARK)", searched)
        found += [f"{name}: marker {mark!r}" for mark in marks]
    return found


NOTEBOOK_KEYS = {"kernelspec", "language_info"}
CELL_KEYS = {"nbgrader", "tags", "deletable", "editable"}
COLAB_KEYS = {"cellView", "jupyter"}  # they fold the first code cell


def unclean(notebook) -> list[str]:
    """Outputs, and metadata that only the builder needs: a stub, a role."""
    found = [f"metadata {key}" for key in set(notebook["metadata"]) - NOTEBOOK_KEYS]
    for cell in notebook["cells"]:
        keys = CELL_KEYS | (COLAB_KEYS if cell["id"] == "colab" else set())
        found += [f"metadata {key}" for key in set(cell["metadata"]) - keys]
        if cell.get("outputs") or cell.get("execution_count") is not None:
            found.append(f"output of {cell['id']}")
        if "attachments" in cell:
            found.append(f"attachments of {cell['id']}")
    return found


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    out = tmp_path_factory.mktemp("all") / "week"
    release(out)
    return out


@pytest.fixture(scope="module")
def unanswered(tmp_path_factory):
    out = tmp_path_factory.mktemp("bare") / "week"
    release(out, answers=False)
    return out


# ---------------------------------------------------------------- equal to lessons/


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in files_below(folder)
    }


def notebooks(folder: Path) -> dict[str, bytes]:
    return {n: c for n, c in contents(folder).items() if n.endswith(".ipynb")}


def test_the_release_equals_lessons_byte_for_byte(released):
    names = [f"{s.stem}/{s.stem}.ipynb" for s in scripts_of(ROOT)]
    names.append("00_start/glossary.md")
    theirs = {name: (ROOT / "lessons" / name).read_bytes() for name in names}
    assert contents(released) == theirs


def test_nothing_else_is_left_beside_it(released):
    names = sorted(p.name for p in released.parent.iterdir())
    assert names == ["week", "week.zip"]


@pytest.mark.parametrize("which", ["released", "unanswered"])
def test_the_zip_holds_the_folder(which, request, tmp_path):
    out = request.getfixturevalue(which)
    with zipfile.ZipFile(out.with_name("week.zip")) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        packed.extractall(tmp_path)
    assert names == sorted(names)
    assert contents(tmp_path / "week") == contents(out)
    assert [p.name for p in tmp_path.iterdir()] == ["week"]


def test_the_same_release_has_the_same_zip(released, tmp_path):
    (tmp_path / "again").mkdir()
    release(tmp_path / "again" / "week")
    again = (tmp_path / "again" / "week.zip").read_bytes()
    assert again == released.with_name("week.zip").read_bytes()


# ------------------------------------------------------------- no solution gets out


@pytest.mark.parametrize("which", ["released", "unanswered"])
def test_nothing_in_a_release_is_a_solution_or_a_hidden_test(which, request):
    secrets = all_secrets(scripts_of(ROOT)) - SHOWN
    assert len(secrets) >= 100, "most lines of the solutions must be searched for"
    assert leaks(request.getfixturevalue(which), secrets) == []


def test_lines_shown_on_purpose_are_still_shown(released):
    shown = "\n".join(texts([json.loads(c) for c in notebooks(released).values()]))
    needless = {line for line in SHOWN if line not in shown}
    needless |= SHOWN - all_secrets(scripts_of(ROOT))
    assert needless == set(), "take these out of SHOWN"


def test_a_line_shown_on_purpose_is_not_in_a_cell_to_be_solved(released):
    for content in notebooks(released).values():
        for cell in nbformat.reads(content.decode(), as_version=4).cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                lines = {line.strip() for line in cell.source.split("\n")}
                assert not lines & SHOWN, cell.id


def a_secret() -> str:
    """A line with quotes, which JSON writes in another way."""
    secrets = all_secrets(scripts_of(ROOT)) - SHOWN
    return next(s for s in sorted(secrets) if '"' in s)


def in_a_cell(notebook):
    notebook["cells"][3]["source"] = ["x = 1\n", f"    {a_secret()}\n"]


def in_cell_metadata(notebook):
    notebook["cells"][3]["metadata"]["nbgrader"] = {"comment": f"try {a_secret()}"}


def in_a_key(notebook):
    notebook["cells"][3]["metadata"]["nbgrader"] = {a_secret(): 1}


def in_an_output(notebook):
    cell = next(c for c in notebook["cells"] if c["cell_type"] == "code")
    cell["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": [f"{a_secret()}\n"]}
    ]


def an_output_of_no_interest(notebook):
    cell = next(c for c in notebook["cells"] if c["cell_type"] == "code")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}]


def a_marker(notebook):
    notebook["cells"][3]["source"] = ["x = 1\n", "### BEGIN HIDDEN TESTS\n"]


def a_path(notebook):
    notebook["cells"][3]["source"] = [f"open('{ROOT}/data')"]


def the_stub_of_the_builder(notebook):
    notebook["cells"][3]["metadata"]["stub"] = "..."


SPOILED = [
    (in_a_cell, "solution"),
    (in_cell_metadata, "solution"),
    (in_a_key, "solution"),
    (in_an_output, "solution"),
    (an_output_of_no_interest, "output of"),
    (a_marker, "marker"),
    (a_path, "path"),
    (the_stub_of_the_builder, "metadata stub"),
]


def doctored(released: Path, folder: Path) -> Path:
    out = Path(shutil.copytree(released, folder / "week"))
    shutil.copy(released.with_name("week.zip"), folder)
    return out


@pytest.mark.parametrize(("spoil", "told"), SPOILED)
def test_a_spoiled_release_is_caught(released, tmp_path, spoil, told):
    out = doctored(released, tmp_path)
    path = out / "02_lds" / "02_lds.ipynb"
    notebook = json.loads(path.read_bytes())
    spoil(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    found = leaks(out, all_secrets(scripts_of(ROOT)) - SHOWN)
    assert any(told in line for line in found), found
    assert all(line.startswith("02_lds/02_lds.ipynb: ") for line in found), found


def test_a_solution_in_the_zip_alone_is_caught(released, tmp_path):
    out = doctored(released, tmp_path)
    with zipfile.ZipFile(tmp_path / "week.zip", "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("week/02_lds.py", f"{a_secret()}\n")
    [found] = leaks(out, all_secrets(scripts_of(ROOT)) - SHOWN)
    assert found.startswith("week.zip: week/02_lds.py: solution ")


def test_every_solution_is_caught_when_the_solved_notebooks_go_out(tmp_path):
    """Each line searched for is one that the search would find."""
    out = tmp_path / "week"
    for script in scripts_of(ROOT):
        (out / script.stem).mkdir(parents=True)
        shutil.copy(script.with_suffix(".ipynb"), out / script.stem)
    tool.pack(out, tmp_path / "week.zip", "week")
    secrets = all_secrets(scripts_of(ROOT)) - SHOWN
    found = "\n".join(leaks(out, secrets))
    assert [s for s in secrets if f"solution {s!r}" not in found] == []


# --------------------------------------------------------------------- --no-answers


def pairs(released, unanswered):
    for name, content in notebooks(released).items():
        if name.startswith("00_"):  # the way in asks nothing
            continue
        full = json.loads(content)
        bare = json.loads((unanswered / name).read_bytes())
        yield full, bare


def test_only_text_with_answers_differs(released, unanswered):
    changed = 0
    for full, bare in pairs(released, unanswered):
        left = {c["id"] for c in bare["cells"]}
        gone = [c for c in full["cells"] if c["id"] not in left]
        assert all(without_answers("".join(c["source"])) == "" for c in gone)
        full["cells"] = [c for c in full["cells"] if c["id"] in left]
        assert [c["id"] for c in full["cells"]] == [c["id"] for c in bare["cells"]]
        for before, after in zip(full["cells"], bare["cells"], strict=True):
            if before != after:
                changed += 1
                assert before["cell_type"] == "markdown"
                assert before | {"source": ""} == after | {"source": ""}
        full["cells"] = bare["cells"] = []
        assert full == bare
    assert changed >= 10


def blocks(notebook) -> list[tuple[str, str]]:
    """Summary and hidden text of each block; finds them without the tool's pattern."""
    found = []
    for cell in notebook["cells"]:
        for part in "".join(cell["source"]).split("<details>")[1:]:
            head, body = part.split("</details>")[0].split("</summary>")
            head = head.replace("<summary>", "").replace("\n", " ")
            found.append((head, body.strip()))
    return found


def hint(summary: str) -> bool:
    return summary in ("Hint 1", "Hint 2", "Hint 3", "Common mistakes")


# What stays as it is, beside hints: it answers nobody's question.
KEPT = re.compile(
    r"Fine print|The pictures? in words$|Go further$|Ideas$|Your own file$"
    r"|You will be able|What you need, and|How to read the figure"
)
ASKED = {
    "Which layer is wrong, and why?",
    "Why does FDS help at all, if it is switched off at inference?",
    "Which result would accuse which suspect?",
    "How?",
}


def test_answers_go_and_hints_stay(released, unanswered):
    gone = 0
    for full, bare in pairs(released, unanswered):
        kept = [b for b in blocks(full) if hint(b[0]) or KEPT.match(b[0])]
        assert blocks(bare) == kept and any(hint(summary) for summary, _ in kept)
        text = "\n".join(texts(bare))
        for summary, body in blocks(full):
            if (summary, body) not in kept:
                gone += 1
                assert body and body not in text, summary
    assert gone >= 40


def test_options_of_a_quiz_and_questions_stay_to_be_read(released, unanswered):
    asked = 0
    for full, bare in pairs(released, unanswered):
        lines = "\n".join(texts(bare)).split("\n")
        for summary, _ in blocks(full):
            if re.match("[A-D][.] ", summary):
                asked += 1
                assert f"- {summary}" in lines
            elif summary in ASKED:
                assert f"**{summary}**" in lines
            elif not hint(summary) and not KEPT.match(summary):
                assert summary not in lines
    assert asked >= 30


def test_every_summary_is_of_a_known_kind(released):
    """A new one: say in tools/grading/release.py whether it hides an answer."""
    found = [json.loads(content) for content in notebooks(released).values()]
    summaries = {summary for nb in found for summary, _ in blocks(nb)}
    others = {s for s in summaries if not hint(s) and not re.match("[A-D][.] ", s)}
    others = {s for s in others if not KEPT.match(s)}
    assert others == {*tool.ANNOUNCES, *ASKED}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("no block", "no block"),
        ("<details><summary>Answer</summary>secret</details>", ""),
        (
            "Q?\n\n<details><summary>Answer</summary>\n\nsecret\n\n</details>\n\nMore",
            "Q?\n\nMore",
        ),
        (
            "<details><summary>A. one\nor two</summary>Right</details>\n"
            "<details><summary>B. no</summary>No</details>",
            "- A. one or two\n- B. no",
        ),
        (
            "<details><summary>Hint 1</summary>x\n\ny</details>\n\nMore",
            "<details><summary>Hint 1</summary>x\n\ny</details>\n\nMore",
        ),
        ("<details open>\n<summary>Why?</summary>secret</details>", "**Why?**"),
    ],
)
def test_without_answers(before, after):
    assert without_answers(before) == after
    assert without_answers(after) == after
    assert details_problem(before) is None


@pytest.mark.parametrize(
    "source",
    [
        "<details><summary>A</summary>b",
        "<details>no summary</details>",
        "b</details>",
        "<details><summary>A</summary><details><summary>B</summary>c</details>"
        "</details>",
    ],
)
def test_blocks_that_cannot_be_told_apart_are_a_problem(source):
    assert "cannot be told apart" in details_problem(source)


# ------------------------------------------- hidden tests, and a course of one lesson

SMALL = """\
# %% [markdown]
# # A title

# %% grade_id="double" role="solution"
def double(x):
    ### BEGIN SOLUTION
    return x + x  # the secret way
    ### END SOLUTION


# %%
def check(function):
    function(1)


# %% grade_id="double_check" points=2 role="test"
### BEGIN HIDDEN TESTS
assert double(21) == 42, "the hidden number"
### END HIDDEN TESTS
check(double)

# %% [markdown]
# <details><summary>Answer</summary>It is twice as much.</details>

# %% [markdown] role="solution-only"
# For instructors alone.
"""


@pytest.fixture(scope="module")
def small_built(tmp_path_factory):
    root = tmp_path_factory.mktemp("small")
    script = root / "solutions" / "01_small" / "01_small.py"
    script.parent.mkdir(parents=True)
    script.write_text(SMALL, encoding="utf-8")
    assert build_lessons.main(["--root", str(root)]) == 0
    return root


@pytest.fixture
def small(small_built, tmp_path):
    return Path(shutil.copytree(small_built, tmp_path / "course"))


def test_hidden_tests_stay_here(small, tmp_path, capsys):
    before = contents(small)
    out = tmp_path / "new" / "folders" / "week"
    assert main([str(out), "--root", str(small)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("01_small: 1 graded cells, 2 points\nwrote ")
    assert contents(out) == contents(small / "lessons")
    secrets = all_secrets(scripts_of(small))
    assert len(secrets) == 3
    assert leaks(out, secrets) == []
    text = "\n".join(t.decode() for t in contents(out).values())
    assert "check(double)" in text and "twice as much" in text
    assert contents(small) == before, "the course stays as it was"


def test_a_cell_that_is_nothing_but_an_answer_goes(small, tmp_path):
    release(tmp_path / "week", answers=False, root=small)
    [content] = contents(tmp_path / "week").values()
    cells = nbformat.reads(content.decode(), as_version=4).cells
    kinds = [cell.cell_type for cell in cells if cell.id != "colab"]
    assert kinds == ["markdown", "code", "code", "code"]


def test_only_the_lessons_named_and_the_way_in(tmp_path, capsys):
    names = ["02_lds", "01_imbalance"]
    out = tmp_path / "week"
    assert main([str(out), "--lessons", *names]) == 0
    assert "00_start" not in capsys.readouterr().out, "it is no assignment"
    assert sorted(p.name for p in out.iterdir()) == sorted(["00_start", *names])
    assert contents(out / "00_start") == contents(ROOT / "lessons" / "00_start")


def test_the_way_in_alone_is_no_release(tmp_path, capsys):
    root = tmp_path / "course"
    script = root / "solutions" / "00_start" / "00_start.py"
    script.parent.mkdir(parents=True)
    script.write_text("# %% [markdown]\n# # Start\n")
    assert build_lessons.main(["--root", str(root)]) == 0
    capsys.readouterr()
    assert "there is no lesson to release" in refused(root, capsys, tmp_path / "week")


# -------------------------------------------------------------------- what it refuses


def refused(small, capsys, *args) -> str:
    """What it says; and nothing in the folder of the course and of OUT changes."""
    before = contents(small.parent)
    assert main([*map(str, args), "--root", str(small)]) == 1
    assert contents(small.parent) == before
    said = capsys.readouterr()
    assert said.out == "" and "Traceback" not in said.err
    return said.err


def test_a_folder_that_exists_is_refused(small, tmp_path, capsys):
    out = tmp_path / "week"
    out.mkdir()
    (out / "marks.csv").write_text("precious")
    assert "week: exists already; choose another" in refused(small, capsys, out)


def test_a_zip_that_exists_is_refused(small, tmp_path, capsys):
    (tmp_path / "week.zip").write_text("precious")
    said = refused(small, capsys, tmp_path / "week")
    assert "week.zip: exists already" in said
    assert not (tmp_path / "week").exists()


def test_the_name_of_a_zip_is_refused(small, tmp_path, capsys):
    said = refused(small, capsys, tmp_path / "week.zip")
    assert "name the folder" in said


def test_a_place_inside_a_file_is_refused(small, tmp_path, capsys):
    (tmp_path / "file").write_text("precious")
    said = refused(small, capsys, tmp_path / "file" / "week")
    assert "nothing can be written in" in said


def test_an_unknown_lesson_is_refused(small, tmp_path, capsys):
    out = tmp_path / "week"
    said = refused(small, capsys, out, "--lessons", "01_small", "09_none")
    assert said == "09_none: no such lesson; there are 01_small\n"
    assert not out.exists()


def test_a_course_without_lessons_is_refused(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    said = refused(tmp_path / "empty", capsys, tmp_path / "week")
    assert "there is no lesson to release" in said


@pytest.mark.parametrize(
    "name", ["solutions/01_small/01_small.ipynb", "lessons/01_small/01_small.ipynb"]
)
def test_a_stale_lesson_is_refused(small, tmp_path, capsys, name):
    path = small / name
    path.write_text(path.read_text(encoding="utf-8").replace("A title", "Old"))
    said = refused(small, capsys, tmp_path / "week")
    assert path.name in said and said.endswith("stale; mend it with: make lessons\n")


def test_blocks_that_cannot_be_told_apart_are_refused(small, tmp_path, capsys):
    script = small / "solutions/01_small/01_small.py"
    script.write_text(script.read_text().replace("</details>", ""))
    assert build_lessons.main(["--root", str(small)]) == 0
    capsys.readouterr()
    said = refused(small, capsys, tmp_path / "week", "--no-answers")
    assert said.startswith("01_small: cell 01-") and "cannot be told apart" in said


def test_when_nbgrader_fails_nothing_is_left(small, tmp_path, capsys, monkeypatch):
    def broken(self, nb, resources):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(tool.WithoutAnswers, "preprocess", broken)
    before = contents(small.parent)
    with pytest.raises(LessonError, match="(?s)01_small: nbgrader makes .*on purpose"):
        release(tmp_path / "week", answers=False, root=small)
    assert contents(small.parent) == before
    assert not (tmp_path / "week").exists()
