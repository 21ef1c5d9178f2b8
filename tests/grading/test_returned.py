"""What students hand in is found, read and put in order, whatever it is."""

import copy
import hashlib
import json
import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.grading.in_order import put_in_order
from tools.grading.names import sender_of
from tools.grading.reading import NotReadable, read_cells
from tools.grading.returned import collect
from tools.grading.signs import signs


def marked(new_cell, source, grade_id, grade, solution):
    node = new_cell(source, id=f"07-{grade_id}")
    node.metadata["nbgrader"] = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": grade and not solution,
        "solution": solution,
        "checksum": f"sum of {grade_id}",
    }
    return node


STUB = "def f(x):\n    raise NotImplementedError"


@pytest.fixture
def release():
    return new_notebook(
        cells=[
            new_markdown_cell("# Lesson", id="07-title"),
            new_code_cell("import numpy as np", id="07-import"),
            marked(new_code_cell, STUB, "f", False, True),
            marked(new_code_cell, "check.f(f)", "f_check", True, False),
            new_code_cell("print(1)", id="07-demo"),
            marked(new_markdown_cell, "*Here.*", "why", True, True),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )


@pytest.fixture
def cells(release, tmp_path):
    """What the unchanged notebook gives, after f is answered."""
    mine = copy.deepcopy(release)
    mine.cells[2].source = "def f(x):\n    return x"
    mine.cells[2].execution_count = 1
    return written(mine, tmp_path)


def written(notebook, folder):
    path = folder / "notebook.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return read_cells(path)[0]


def sources(notebook):
    return [cell.source for cell in notebook.cells]


def test_an_answer_is_put_in_and_nothing_is_remarked(cells, release):
    notebook, remarks = put_in_order(cells, release)
    want = sources(release)
    want[2] = "def f(x):\n    return x"
    assert sources(notebook) == want
    assert remarks == []
    assert [c.id for c in notebook.cells] == [c.id for c in release.cells]
    nbformat.validate(notebook)


def test_putting_in_order_twice_changes_nothing(cells, release, tmp_path):
    cells.reverse()
    notebook, remarks = put_in_order(cells, release)
    assert remarks == ["cells out of order: put back"]
    again, _ = put_in_order(written(notebook, tmp_path), release)
    assert again == notebook


def test_the_release_itself_is_not_changed(cells, release):
    before = copy.deepcopy(release)
    put_in_order(cells, release)
    assert release == before


def test_deleted_cells_come_back(cells, release):
    kept = [cell for cell in cells if cell.grade_id == "f"]
    notebook, remarks = put_in_order(kept, release)
    want = sources(release)
    want[2] = "def f(x):\n    return x"
    assert sources(notebook) == want
    assert "deleted, and put back: f_check, why" in remarks


def test_an_own_cell_stays_behind_the_one_it_followed(cells, release):
    helper = copy.deepcopy(cells[1])
    helper |= {"id": "abc", "source": "helper = 1", "grade_id": ""}
    for place in range(len(cells) + 1):
        notebook, _ = put_in_order([*cells[:place], helper, *cells[place:]], release)
        assert sources(notebook).index("helper = 1") == place


def test_lost_ids_do_no_harm(cells, release):
    """Other editors drop the ids of cells: the text says which cell it is."""
    for cell in cells:
        cell.id = "None"
    notebook, remarks = put_in_order(cells, release)
    assert len(notebook.cells) == len(release.cells) and remarks == []


def test_of_copies_the_last_answer_counts_and_stubs_do_not(cells, release):
    first, stub = copy.deepcopy(cells[2]), copy.deepcopy(cells[2])
    first.source, stub.source = "def f(x):\n    return 0", STUB
    mine = [*cells[:2], first, cells[2], stub, *cells[3:]]
    notebook, remarks = put_in_order(mine, release)
    assert sources(notebook)[2:4] == [first.source, "def f(x):\n    return x"]
    graded = [c for c in notebook.cells if "nbgrader" in c.metadata]
    assert len({c.metadata.nbgrader.grade_id for c in graded}) == len(graded) == 3
    assert remarks == ["there several times, the last answer counts: f"]


def test_an_edited_check_is_the_original_again(cells, release):
    cells[3].source = "2.0"
    notebook, remarks = put_in_order(cells, release)
    assert sources(notebook)[3] == "check.f(f)"
    assert remarks == ["checks edited, the original ones are used: f_check"]


def test_an_older_release_is_told_apart_from_an_edited_check(cells, release):
    cells[3].source, cells[3].checksum = "check.f(f, 1)", "another sum"
    _, remarks = put_in_order(cells, release)
    assert remarks == ["from an older release, graded by this one; differs in: f_check"]


def test_a_free_answer_that_became_code_is_still_an_answer(cells, release):
    cells[5].source, cells[5].cell_type = "Because.", "code"
    notebook, _ = put_in_order(cells, release)
    assert notebook.cells[5].source == "Because."
    assert notebook.cells[5].cell_type == "markdown"


def test_code_of_the_lesson_turned_into_text_runs_again(cells, release):
    cells[1].source, cells[1].cell_type = "nothing", "markdown"
    notebook, _ = put_in_order(cells, release)
    assert sources(notebook)[1] == "import numpy as np"


SEEN = {
    "check = lambda f: 2.0": "puts something in the place of `check`",
    "check = Easy()": "puts something in the place of `check`",
    "check.f = lambda f: 2.0": "changes `check.f`",
    "import course.checks.exercise": "imports `course.checks.exercise`",
    "from course.checks import lesson1": "imports `course.checks`",
    "from course import checks as c\nc.lesson1.f = 1": "changes `c.lesson1.f`",
    "f = check.f.reference": "takes the checks' answer, `check.f.reference`",
    "def f(x):\n    return check.f.reference(x)": "takes the checks' answer, "
    "`check.f.reference`",
    "setattr(check, 'f', 1)": "changes `check` by setattr",
    "import sys; sys.modules['x']": "looks into `sys.modules`",
    "import sys\nsys._getframe(2).f_locals": "looks into the interpreter, `_getframe`",
    "import dirlib\nf = dirlib.mae": "the library's function as the answer: f "
    "(`dirlib.mae`)",
    "from dirlib import mae as m\ndef f(x):\n    'It is.'\n    return m(x, x)": "the "
    "library's function as the answer: f (`m(x, x)`)",
}


@pytest.mark.parametrize("source", SEEN)
def test_what_has_no_place_in_an_answer_is_named(cells, release, source):
    cells[2].source = source
    assert signs(cells, release) == [f"LOOK AT IT: {SEEN[source]}"]


@pytest.mark.parametrize(
    "source",
    [
        *(
            "# I check it\nx = 1",
            "check == 1",
            "check.f(f)",
            "recheck = 1",
            "check = f(1)",
        ),
        "import pandas as pd\nimport sys\nimport importlib\nsys.path.append('.')",
        "get_ipython().run_line_magic('matplotlib', 'inline')",
        "%matplotlib inline\n!pip list\nplt.rcParams['font.size'] = 8",
        "class A:\n    pass\na = A()\nsetattr(a, 'x', 1)\na.reference = 2",
        "from course.lesson7 import check, figures as f2",
        "f2 = check.f.or_library(f)",
        "import dirlib\ndef f(x):\n    y = dirlib.mae(x, x)\n    return y + 1",
        "def f(x):\n    check = x > 0\n    return check.sum()",
        "def f(x",
    ],
)
def test_ordinary_code_is_not_suspected(cells, release, source):
    cells[2].source = source
    assert signs(cells, release) == []


HOSTILE_FILES = {
    "empty": b"",
    "text": b"dear teacher",
    "a word document": b"PK\x03\x04...",
    "half a notebook": b'{"cells": [{"cell_type": "code", "sour',
    "a list": b"[1, 2]",
    "a number": b"7",
    "no cells": b'{"nbformat": 4}',
    "cells that are none": b'{"nbformat": 4, "cells": {"a": 1}}',
    "a cell that is none": b'{"nbformat": 4, "cells": [3]}',
    "a cell without text": b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}',
    "version 3": b'{"nbformat": 3, "worksheets": []}',
    "metadata that is none": b'{"nbformat": 4, "metadata": [], "cells": []}',
    "bytes": bytes(range(256)),
    "deep": b"[" * 100_000,
    "UTF-16": '{"nbformat": 4, "cells": []}'.encode("utf-16"),
}


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_file_that_is_no_notebook_says_so(tmp_path, name, release):
    (tmp_path / "Ana").mkdir()
    (tmp_path / "Ana" / "07_demo.ipynb").write_bytes(HOSTILE_FILES[name])
    (found,) = collect(tmp_path, {"07_demo": release})
    assert found.student == "Ana" and found.notebook is None
    assert found.problem and "\n" not in found.problem


def test_half_a_character_can_be_written_again(release, tmp_path):
    mine = copy.deepcopy(release)
    mine.cells[2].source = "x = '\ud800'"
    notebook, _ = put_in_order(written(mine, tmp_path), release)
    assert sources(notebook)[2] == "x = '?'"
    assert nbformat.writes(notebook).encode()


def test_links_and_missing_files_are_not_followed(tmp_path):
    (tmp_path / "secret").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for name in ("link", "nowhere"):
        with pytest.raises(NotReadable, match="a link"):
            read_cells(tmp_path / name)


def test_a_notebook_of_another_course_is_refused(tmp_path, release):
    other = new_notebook(cells=[new_code_cell("1")])
    (tmp_path / "Ana").mkdir()
    (tmp_path / "Ana" / "mine.ipynb").write_text(nbformat.writes(other))
    (found,) = collect(tmp_path, {"07_demo": release})
    assert found.problem == "holds no exercise of 07_demo"


def hand_in(folder, name, release):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(release), encoding="utf-8")
    return path


def test_a_student_is_found_in_many_places(tmp_path, release):
    places = {
        "Ana/07_demo.ipynb": "Ana",
        "Bo B/07_demo/07_demo.ipynb": "Bo B",
        "07_demo/Cy/07_demo.ipynb": "Cy",
        "Zoë_12_file/my homework.ipynb": "Zoë_12_file",
        "Di-07_demo.ipynb": "Di",
        "Ed/07_demo.ipynb.json": "Ed",
        "a*b?[c]/07_demo.ipynb": "a_b__c_-3593",
        "Ana/.ipynb_checkpoints/07_demo-checkpoint.ipynb": None,
        "__MACOSX/Ana/07_demo.ipynb": None,
        "Ana/timestamp.txt": None,
    }
    for name in places:
        hand_in(tmp_path, name, release)
    found = {e.file: e.student for e in collect(tmp_path, {"07_demo": release})}
    assert found == {name: who for name, who in places.items() if who}


def test_one_name_written_in_two_ways_is_one_student(tmp_path):
    releases = {"07_demo": None}
    composed, decomposed = "Zoe\u0308", "Zo\u00eb"
    names = {sender_of(Path(n, "x"), releases).student for n in (composed, decomposed)}
    assert len(names) == 1


def test_of_two_files_the_one_saved_last_is_graded(tmp_path, release):
    late = hand_in(tmp_path, "Ana/07_demo.ipynb", release)
    early = hand_in(tmp_path, "Ana/07_demo (1).ipynb", release)
    os.utime(early, (1, 1))
    os.utime(late, (2, 2))
    graded, other = sorted(
        collect(tmp_path, {"07_demo": release}), key=lambda e: bool(e.problem)
    )
    assert graded.file == "Ana/07_demo.ipynb" and graded.notebook is not None
    assert other.problem == "not graded: Ana/07_demo.ipynb was saved later"


FIRST_IMPORTS = """import numpy as np
import pandas as pd
from dirlib import LabelBins
from dirlib.course import checks1 as check
from dirlib.course import (
    explorers,
    figures,
)
from dirlib.runs import AGES
scale = 2"""


@pytest.fixture
def moved_release(release):
    """The release, with imports from `course`."""
    release.cells[1].source = "import dirlib\nfrom course.lesson7 import check, figures"
    return release


def test_imports_of_the_first_version_are_replaced(moved_release, tmp_path):
    older = copy.deepcopy(moved_release)
    older.cells[1] |= {"id": "07-older", "source": FIRST_IMPORTS}
    older.cells[2].source = "from dirlib.runs import AGES\ndef f(x):\n    return scale"
    older.cells[2].execution_count = 1
    notebook, remarks = put_in_order(written(older, tmp_path), moved_release)
    want = sources(moved_release)
    want[1] += "\nimport numpy as np\nimport pandas as pd\n"
    want[1] += "from dirlib import LabelBins\nscale = 2"
    want[2] = "def f(x):\n    return scale"
    assert sources(notebook) == want
    assert remarks == ["from the course's first version: its imports are replaced"]


def test_an_untouched_cell_of_an_older_release_is_not_the_students(cells, release):
    text = "print('older')"
    name = f"07-{hashlib.sha1(text.encode()).hexdigest()[:8]}"
    older = {"id": name, "source": text, "grade_id": ""}
    edited = {"id": name, "source": f"{text}  # what?", "grade_id": ""}
    both = [nbformat.from_dict({**cells[4], **each}) for each in (older, edited)]
    notebook, _ = put_in_order([*cells, *both], release)
    assert sources(notebook)[len(release.cells) :] == ["print('older')  # what?"]


def test_imports_of_the_lesson_touch_no_check(moved_release, tmp_path):
    mine = copy.deepcopy(moved_release)
    mine.cells[1].source += "\nimport pandas as pd"
    mine.cells[2].execution_count = 1
    mine = written(mine, tmp_path)
    assert put_in_order(mine, moved_release)[1] == signs(mine, moved_release) == []
