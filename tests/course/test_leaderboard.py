"""The leaderboard shows the challenges' numbers of a folder, whatever lies in it."""

import json
import os
import subprocess
import sys

import pytest

from course.challenge import MIME, report
from tools.leaderboard import leaderboard, main, name_of, plain, read_folder
from tools.lessons.env import ROOT


def notebook(path, *bundles):
    """Write a notebook whose cells left these values as reports of challenges."""
    cells = [
        {
            "cell_type": "code",
            "source": "raise SystemExit('nobody runs this')",
            "outputs": [{"output_type": "display_data", "data": {MIME: bundle}}],
        }
        for bundle in bundles
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return path


def bundle(lesson, value, /, to_beat=10.0, unit="years", **changes):
    return report(lesson, value, to_beat=to_beat, unit=unit).bundle() | changes


def test_a_class_is_listed_the_best_first(tmp_path):
    notebook(tmp_path / "ana" / "01_imbalance.ipynb", bundle("1", 9.5))
    notebook(tmp_path / "ben_01_imbalance.ipynb", bundle("1", 10.25))
    notebook(tmp_path / "cem" / "x" / "lesson.ipynb", bundle("1", 8), bundle("2", 3))
    assert leaderboard(tmp_path).splitlines() == [
        "Challenge 1 · lower is better; the number to beat is 10 years",
        "   1. cem  8 years ★",
        "   2. ana  9.5 years ★",
        "   3. ben  10.25 years",
        "",
        "Challenge 2 · lower is better; the number to beat is 10 years",
        "   1. cem  3 years ★",
    ]


def test_ones_own_lessons_need_no_name(tmp_path):
    notebook(tmp_path / "01_imbalance" / "01_imbalance.ipynb", bundle("1", 9.5))
    assert "   1. you  9.5 years ★" in leaderboard(tmp_path)


def test_the_best_of_several_numbers_counts(tmp_path):
    notebook(tmp_path / "ana.ipynb", bundle("1", 9.5), bundle("1", 9.0))
    notebook(tmp_path / "ben.ipynb", bundle("3", 0.5, higher=True))
    notebook(tmp_path / "cem.ipynb", bundle("3", 0.9, 0.8, "", higher=True))
    best, left_out = read_folder(tmp_path)
    assert best["1"]["ana"].value == 9.0 and not left_out
    assert list(best["3"]) == ["cem", "ben"], "higher is better here"


def test_without_a_number_it_says_what_to_do(tmp_path):
    notebook(tmp_path / "ana.ipynb", bundle("1", None))
    assert "run the challenge of a lesson" in leaderboard(tmp_path)


def test_one_notebook_does_not_change_the_rules(tmp_path):
    for name in ("ana", "ben"):
        notebook(tmp_path / f"{name}.ipynb", bundle("1", 9.5))
    liar = bundle("1", 11, to_beat=1e9, unit="suns", higher=True)
    notebook(tmp_path / "liar.ipynb", liar)
    text = leaderboard(tmp_path)
    assert "lower is better; the number to beat is 10 years" in text
    assert text.splitlines()[-1] == "   3. liar  11 years"


HOSTILE = [
    None,
    [],
    "text",
    {"version": 1},
    bundle("1", 1, value="1"),
    bundle("1", 1, value=10**400),
    bundle("1", 1, value=float("nan")),
    bundle("1", 1, value=float("-inf")),
    bundle("1", 1, value=True),
    bundle("1", 1, value={"__class__": "int"}),
    bundle("1", 1) | {"to_beat": 10**400},
    bundle("1", 1, higher="no"),
    bundle("7", 1),
    bundle("1" * 10_000, 1),
    bundle("1\x1b[2J", 1),
    bundle("", 1),
    bundle("1", 1, unit=["years"]),
    bundle("1", 1, extra="field"),
    bundle("1", 1, version=2),
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_what_no_challenge_writes_is_no_number(tmp_path, value):
    notebook(tmp_path / "ana.ipynb", value, bundle("1", 9.5))
    best, left_out = read_folder(tmp_path)
    assert [r.value for r in best["1"].values()] == [9.5] and not left_out
    assert list(best) == ["1"]


FILES = {
    "empty": b"",
    "binary": b"\xff\xfe\x00",
    "deep": b"[" * 200_000,
    "list": b"[1, 2]",
    "number": b"7",
    "cells": b'{"cells": {"a": 1}}',
    "cut off": b'{"cells": [{"cell_type"',
    "digits": b'{"cells": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_gets_a_line(tmp_path, name):
    notebook(tmp_path / "ana.ipynb", bundle("1", 9.5))
    (tmp_path / "bad.ipynb").write_bytes(FILES[name])
    best, left_out = read_folder(tmp_path)
    assert best["1"]["ana"].value == 9.5
    assert left_out == ["bad.ipynb: no notebook"]


@pytest.mark.parametrize(
    "cells",
    [
        [1, None, "x"],
        [{"outputs": 1}],
        [{"outputs": [1, {}, {"data": 7}, {"data": {}}]}],
        [{"outputs": [{"data": {MIME: None}}]}],
    ],
)
def test_odd_cells_hold_no_number(tmp_path, cells):
    (tmp_path / "odd.ipynb").write_text(json.dumps({"cells": cells}))
    assert read_folder(tmp_path) == ({}, [])


def test_a_name_and_a_unit_cannot_steer_the_terminal(tmp_path):
    evil = "\x1b]0;owned\x07" + "x" * 200
    notebook(tmp_path / (evil[:60] + ".ipynb"), bundle("1", 9.5, unit=evil + "\n" * 9))
    text = leaderboard(tmp_path)
    assert all(c.isprintable() for c in text.replace("\n", ""))
    assert max(map(len, text.splitlines())) < 120
    assert plain("a\u202eb\ud800", 10) == "a?b?" and len(plain("x" * 99, 10)) == 10


def test_a_loop_of_links_and_a_pipe_do_not_hang_it(tmp_path):
    notebook(tmp_path / "ana.ipynb", bundle("1", 9.5))
    try:
        (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
        os.mkfifo(tmp_path / "pipe.ipynb")
    except (OSError, AttributeError, NotImplementedError):
        pytest.skip("this system has no links or pipes")
    best, left_out = read_folder(tmp_path)
    assert len(best["1"]) == 1 and left_out == ["pipe.ipynb: no notebook"]


def test_the_command_runs_nothing_of_a_notebook(tmp_path, capsys):
    path = notebook(tmp_path / "ana.ipynb", bundle("1", 9.5))
    assert main([str(tmp_path)]) == 0 and "ana" in capsys.readouterr().out
    assert main([str(path)]) == 1 and "is not a folder" in capsys.readouterr().out


def test_it_needs_no_torch():
    code = "import sys, tools.leaderboard; print('torch' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    assert run.stdout == "False\n", run.stderr


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("ana", "01_imbalance.ipynb"), "ana"),
        (("01_imbalance", "01_imbalance.ipynb"), "you"),
        (("02_lds-ana.ipynb",), "02_lds-ana"),
        (("Ana Maria_02_lds.ipynb",), "Ana Maria"),
    ],
)
def test_whose_notebook_it_is(tmp_path, parts, name):
    assert name_of(tmp_path.joinpath(*parts).relative_to(tmp_path)) == name
