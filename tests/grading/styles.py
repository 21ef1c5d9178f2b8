"""Honest notebooks in the styles in which a class returns them, all worth full marks.

Each style changes a notebook with right answers as some student, editor or platform
does, whichever lesson it is of. ``class_of_60.py`` grades them, and ``test_styles.py``
runs them in one process.
"""

import copy
import random

from class_of_30 import RIGHT, answered, cell, code, import_cell


def marks(each) -> dict:
    return each["metadata"].get("nbgrader", {})


def checks(notebook) -> list[dict]:
    return [c for c in notebook["cells"] if marks(c).get("locked")]


def solutions(notebook) -> list[dict]:
    return [c for c in notebook["cells"] if marks(c).get("solution")]


def named(notebook) -> dict[str, dict]:
    """The cells of the answers, by exercise."""
    return {marks(each)["grade_id"]: each for each in solutions(notebook)}


def sources(notebook) -> dict[str, str]:
    """The answers, by exercise."""
    return {name: each["source"] for name, each in named(notebook).items()}


def empty(nb, release, names) -> None:
    """Put the stubs of these exercises back."""
    for name in names:
        cell(nb, name)["source"] = cell(release, name)["source"]


def put(notebook, new: list[dict], before=None) -> None:
    """Put cells before another one, or at the end."""
    cells = notebook["cells"]
    place = len(cells) if before is None else cells.index(before)
    cells[place:place] = new


def drop(notebook, gone: list[dict]) -> None:
    ids = {id(each) for each in gone}
    notebook["cells"] = [c for c in notebook["cells"] if id(c) not in ids]


def metadata_stripped(nb, release):
    for each in nb["cells"]:
        each["metadata"] = {}


def metadata_and_ids_stripped(nb, release):
    metadata_stripped(nb, release)
    for each in nb["cells"]:
        each.pop("id", None)


def new_ids(nb, release):
    metadata_stripped(nb, release)
    for place, each in enumerate(nb["cells"]):
        each["id"] = f"colab{place}"
        each["metadata"] = {"id": f"colab{place}", "colab": {"height": 35}}
    put(nb, [code("!pip install torch\n%cd /content")], nb["cells"][0])


def own_cells_and_no_stubs(nb, release):
    for each in solutions(nb):
        put(nb, [code(each["source"])], each)
    drop(nb, solutions(nb))


def own_cells_above_the_stubs(nb, release):
    for each in solutions(nb):
        put(nb, [code(each["source"])], each)
    empty(nb, release, named(nb))


def own_cells_below_the_checks(nb, release):
    for source, check in zip(sources(nb).values(), checks(nb), strict=True):
        put(nb, [code(source)], nb["cells"][nb["cells"].index(check) + 1])
    empty(nb, release, named(nb))


def own_cells_and_emptied_stubs(nb, release):
    for each in solutions(nb):
        put(nb, [code(each["source"])], each)
        each["source"] = "# see the cell above"


def all_at_the_end(nb, release):
    put(nb, [code(source) for source in sources(nb).values()])
    drop(nb, solutions(nb))


def all_in_one_cell_at_the_end(nb, release):
    put(nb, [code("\n\n".join(sources(nb).values()))])
    empty(nb, release, named(nb))


def all_in_the_first_answer(nb, release):
    text = "\n\n".join(sources(nb).values())
    empty(nb, release, named(nb))
    solutions(nb)[0]["source"] = text


def all_in_the_import_cell(nb, release):
    import_cell(nb)["source"] += "\n\n" + "\n\n".join(sources(nb).values())
    drop(nb, solutions(nb))


def merged_in_twos(nb, release):
    cells = solutions(nb)
    for first, second in zip(cells[::2], cells[1::2], strict=True):
        first["source"] += "\n\n" + second["source"]
        drop(nb, [second])


def merged_with_their_checks(nb, release):
    for each, check in zip(solutions(nb), checks(nb), strict=True):
        each["source"] += f"\n\n{check['source']}"
    drop(nb, checks(nb))


def split_into_two(nb, release):
    for name, each in named(nb).items():
        second = copy.deepcopy(each)
        second["id"] += "b"
        second["metadata"] = {}
        each["source"] = f"def first_{name}(x):\n    return x"
        put(nb, [second], cell(nb, f"{name}_check"))


def split_and_marked_twice(nb, release):
    for name, each in named(nb).items():
        second = copy.deepcopy(each)
        each["source"] = "import math"
        put(nb, [second], cell(nb, f"{name}_check"))


def helpers_at_the_end(nb, release):
    for name, each in named(nb).items():
        lines = each["source"].split("\n")
        head, body = lines[0], "\n".join(lines[1:])
        arguments = head[head.index("(") + 1 : head.index(")")]
        put(nb, [code(f"from math import pi\ndef helper_{name}({arguments}):\n{body}")])
        each["source"] = f"{head}\n    return helper_{name}({arguments})"


def imports_at_the_end(nb, release):
    each = solutions(nb)[-1]
    each["source"] = each["source"].replace("np.", "numpy_too.")
    put(nb, [code("import numpy as numpy_too")])


def answers_in_each_others_cells(nb, release):
    first, second = solutions(nb)[:2]
    first["source"], second["source"] = second["source"], first["source"]


def answers_in_the_check_cells(nb, release):
    for each, check in zip(solutions(nb), checks(nb), strict=True):
        check["source"] = f"{each['source']}\n\n{check['source']}"
    empty(nb, release, named(nb))


def checks_deleted(nb, release):
    drop(nb, checks(nb))


def checks_at_the_top(nb, release):
    moved = checks(nb)
    drop(nb, moved)
    put(nb, moved, nb["cells"][0])


def checks_at_the_end(nb, release):
    moved = checks(nb)
    drop(nb, moved)
    put(nb, moved)


def reversed_order(nb, release):
    nb["cells"].reverse()


def shuffled(nb, release):
    random.Random(0).shuffle(nb["cells"])


def shuffled_and_stripped(nb, release):
    metadata_and_ids_stripped(nb, release)
    random.Random(1).shuffle(nb["cells"])


def everything_twice(nb, release):
    nb["cells"] += copy.deepcopy(nb["cells"])


def only_the_answers(nb, release):
    nb["cells"] = [code(source) for source in sources(nb).values()]


def assigned(nb, release):
    for name, each in named(nb).items():
        mine = each["source"].replace(f"def {name}(", f"def my_{name}(")
        each["source"] = f"{mine}\n\n{name} = lambda *given: my_{name}(*given)"


def decorated(nb, release):
    each = solutions(nb)[0]
    each["source"] = (
        "import functools\n\ndef loud(f):\n    @functools.wraps(f)\n"
        "    def g(*a, **k):\n        return f(*a, **k)\n    return g\n\n@loud\n"
        + each["source"]
    )


def under_an_if(nb, release):
    name, each = next(iter(named(nb).items()))
    body = each["source"].replace("\n", "\n    ")
    each["source"] = f"if True:\n    {body}\nelse:\n    {name} = None"
    each["metadata"] = {}
    each["id"] = "other"


def magics(nb, release):
    first, second = solutions(nb)[:2]
    first["source"] = "%%time\n" + first["source"]
    second["source"] += "\n%matplotlib inline\n!echo done"
    put(nb, [code("%load_ext autoreload\n%autoreload 2"), code("np.mean?")])


def more_imports(nb, release):
    first = import_cell(nb)
    first["source"] = (
        "import pandas as pd, sys, os, importlib\nfrom scipy import stats\n"
        + first["source"]
        + "\nsys.path.append('.')\nget_ipython().run_line_magic('matplotlib', 'inline')"
    )


def notes_everywhere(nb, release):
    note = {"cell_type": "markdown", "metadata": {}, "source": "My *note*: 1 < 2 & 3"}
    cells = [[each, {**note, "id": f"n{i}"}] for i, each in enumerate(nb["cells"])]
    nb["cells"] = [each for pair in cells for each in pair]


def other_line_ends(nb, release):
    for each in nb["cells"]:
        each["source"] = each["source"].replace("\n", "\r\n") + "\r\n"


def lines_in_lists(nb, release):
    for each in nb["cells"]:
        each["source"] = each["source"].splitlines(keepends=True)


def first_tries_kept(nb, release):
    for name, each in named(nb).items():
        put(nb, [code(f"def {name}(*a):\n    return 0")], each)


def own_tests(nb, release):
    name = next(iter(named(nb)))
    check = f"check = {name}.__name__\nassert check == '{name}'"
    put(nb, [code(check)], solutions(nb)[1])


HELPERS = (marks, checks, solutions, named, sources, empty, put, drop)
STYLES = {
    name: style
    for name, style in list(globals().items())
    if getattr(style, "__module__", "") == __name__ and style not in HELPERS
}


def in_style(style: str, release: dict, right=RIGHT) -> dict:
    """A notebook with right answers, as a student of this style returns it."""
    notebook = answered(release, right, right=right)
    STYLES[style](notebook, release)
    return notebook
