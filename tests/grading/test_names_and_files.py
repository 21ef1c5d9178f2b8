"""Names and files as platforms, archives and editors make them; and what is damaged."""

import json
import os
from pathlib import Path, PurePath

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from tools.grading.names import sender_of, student_name
from tools.grading.returned import collect

LESSON = "01_imbalance"


@pytest.fixture(scope="module")
def releases():
    mark = {"grade_id": "f", "solution": True, "grade": False, "locked": False}
    stub = new_code_cell("def f(x):\n    raise NotImplementedError", id="01-f")
    stub.metadata["nbgrader"] = mark
    return {LESSON: new_notebook(cells=[stub])}


def hand_in(folder: Path, *names) -> None:
    cell = new_code_cell("def f(x):\n    return x")
    text = nbformat.writes(new_notebook(cells=[cell]))
    for name in names:
        path = folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def graded(folder, releases) -> dict:
    found = collect(folder, releases)
    return {e.file: e.student for e in found if e.notebook is not None}


@pytest.mark.parametrize(
    "name",
    [
        "अनिल शर्मा",
        "สมชาย ใจดี",
        "张伟",
        "محمد علي",
        "Zoë O'Brien-Ångström",
        "Nguyễn Thị Bích",
        "क्‍ष",
    ],
)
def test_names_keep_their_script(name):
    assert student_name(name) == name


NAMES = st.text(min_size=1, max_size=30).filter(
    lambda t: "/" not in t and "\0" not in t
)


@settings(max_examples=300, deadline=None)
@given(st.sets(NAMES, min_size=2, max_size=5))
def test_two_names_stay_two(names):
    import unicodedata

    different = {unicodedata.normalize("NFC", name) for name in names}
    made = {student_name(name) for name in names if _writable(name)}
    assert len(made) == len({n for n in different if _writable(n)})
    for name in made:
        assert name and name == name.strip(" .") and len(name.encode()) < 200
        assert not set(name) & set('/\\*?[]<>"|:\n\0')


def _writable(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def test_bytes_that_are_no_utf8_are_names_too(tmp_path, releases):
    try:
        hand_in(tmp_path, b"M\x81ller/01.ipynb", b"M\x84ller/01.ipynb", b"Ana/01.ipynb")
    except OSError:  # macOS refuses such names
        return
    found = graded(tmp_path, releases)
    assert len(set(found.values())) == 3 and "Ana" in found.values()
    assert json.dumps(found).encode() and "".join(found).encode()


def test_two_folders_that_clean_to_one_name_are_two_students(tmp_path, releases):
    hand_in(tmp_path, "a;b/x.ipynb", "a:b/x.ipynb", "a_b/x.ipynb")
    assert len(set(graded(tmp_path, releases).values())) == 3


CANVAS = [
    "lindqvistada_4711_901234_01_imbalance.ipynb",
    "lindqvistada_4711_901240_01_imbalance-1.ipynb",
    "zhangwei_LATE_4712_901235_01_imbalance-1.ipynb",
    "zhangwei_LATE_4713_901236_01_imbalance.ipynb",
]
MOODLE = [
    "Ada Lindqvist_88_assignsubmission_file_/01_imbalance.ipynb",
    "Zhang Wei_89_assignsubmission_file_/homework.ipynb",
    "Zhang Wei_90_assignsubmission_file/homework.ipynb",
    "Bo B_91_assignsubmission_file_01_imbalance.ipynb",
]


@pytest.mark.parametrize("wrapping", ["", "submissions/", "a/b/"])
def test_canvas_download_as_it_is(tmp_path, releases, wrapping):
    hand_in(tmp_path, *(wrapping + name for name in CANVAS))
    found = {e.student: e for e in collect(tmp_path, releases) if e.notebook}
    assert set(found) == {"lindqvistada 4711", "zhangwei 4712", "zhangwei 4713"}
    assert found["lindqvistada 4711"].file.endswith("imbalance-1.ipynb")
    late = {name for name, e in found.items() if "late" in e.remarks}
    assert late == {"zhangwei 4712", "zhangwei 4713"}
    assert found["zhangwei 4712"].sender.number == "4712"


@pytest.mark.parametrize("wrapping", ["", "Course-Assignment-123/"])
def test_moodle_download_as_it_is(tmp_path, releases, wrapping):
    hand_in(tmp_path, *(wrapping + name for name in MOODLE))
    found = graded(tmp_path, releases)
    assert set(found.values()) == {
        *("Ada Lindqvist 88", "Zhang Wei 89", "Zhang Wei 90", "Bo B 91")
    }


def test_a_folder_around_all_is_no_student(tmp_path, releases):
    hand_in(tmp_path / "one", "all/Ana/x.ipynb", "all/Bo/x.ipynb")
    assert set(graded(tmp_path / "one", releases).values()) == {"Ana", "Bo"}
    hand_in(tmp_path / "flat", f"all/ana_{LESSON}.ipynb", f"all/bo_{LESSON}.ipynb")
    assert set(graded(tmp_path / "flat", releases).values()) == {"ana", "bo"}
    hand_in(tmp_path / "single", f"Ana/{LESSON}/{LESSON}.ipynb", "Ana/copy.ipynb")
    assert set(graded(tmp_path / "single", releases).values()) == {"Ana"}


SENTENCES = {
    "nbformat 3": (b'{"nbformat": 3, "worksheets": []}', "nbformat 3: open it in"),
    "jupytext": (b"# ---\n# jupyter:\n# ---\n# %%\nimport numpy", "a script (.py)"),
    "conflict": (
        b'{"nbformat": 4,\n<<<<<<< HEAD\n"cells": [],\n=======\n>>>>>>> other\n}',
        "git's conflict markers",
    ),
    "UTF-16": ('{"nbformat": 4, "cells": []}'.encode("utf-16"), "UTF-16: save it"),
    "UTF-16 without a mark": (b"\x00{" + b'\x00"\x00c' * 99, "not a Jupyter notebook"),
    "cut off": (b'{"nbformat": 4, "cells": [{"cell_type"', "cut off or damaged"),
    "web page": (b"<!DOCTYPE html><html>", "a web page of a notebook"),
    "PDF": (b"%PDF-1.7", "a PDF"),
    "zip": (b"PK\x03\x04xx", "a zip (or a Word document)"),
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_each_kind_of_file_has_its_sentence(kind, tmp_path, releases):
    content, sentence = SENTENCES[kind]
    (tmp_path / "Ana").mkdir()
    (tmp_path / "Ana" / "x.ipynb").write_bytes(content)
    (found,) = collect(tmp_path, releases)
    assert sentence in found.problem


TEXT = nbformat.writes(
    new_notebook(
        cells=[new_code_cell("def f(x):\n    return x"), new_code_cell("f(1)")]
    )
).encode()
DAMAGE = st.tuples(
    st.integers(0, len(TEXT)), st.integers(0, 60), st.binary(max_size=12)
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(DAMAGE, max_size=4))
def test_damage_never_stops_the_others(tmp_path, releases, damage):
    content = TEXT
    for place, length, put in damage:
        content = content[:place] + put + content[place + length :]
    for name, text in (("Ana", TEXT), ("Bo", content)):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "x.ipynb").write_bytes(text)
    ana, bo = collect(tmp_path, releases)
    assert ana.notebook is not None
    assert (bo.notebook is None) == bool(bo.problem)
    assert "\n" not in (bo.problem or "") and json.dumps(bo.remarks).encode()
    if bo.notebook is not None:
        nbformat.validate(bo.notebook)


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=6) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "cell_type",
                        "source",
                        "metadata",
                        "nbgrader",
                        "grade_id",
                        "id",
                        "outputs",
                        "kernelspec",
                        "name",
                        "output_type",
                        "data",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=15,
    )
)
def test_any_json_is_read_or_refused(tmp_path_factory, releases, value):
    folder = tmp_path_factory.mktemp("any")
    (folder / "Ana").mkdir()
    content = {"nbformat": 4, "cells": [value], "metadata": value}
    (folder / "Ana" / "x.ipynb").write_text(json.dumps(content))
    (found,) = collect(folder, releases)
    assert (found.notebook is None) == bool(found.problem)


def test_the_senders_of_the_exchange_are_folders():
    sender = sender_of(PurePath("ana", LESSON, f"{LESSON}.ipynb"), {LESSON: None})
    assert sender.student == "ana" and sender.platform == ""
