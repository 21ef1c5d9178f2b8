"""A student's copies: nothing that was written is lost, whatever happens to them."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.checks.results import ANSWER_HERE
from tools.lessons.copies import RECORD, copy_lessons, main
from tools.lessons.env import ROOT

STUB = 'def double(n):\n    raise NotImplementedError("not attempted yet: double")'
ANSWER = "def double(n):\n    return 2 * n"
NAME = "01_demo/01_demo.ipynb"


def graded(make, source, grade_id):
    cell = make(source)
    cell.metadata["nbgrader"] = {"grade_id": grade_id, "solution": True}
    return cell


def lesson(title="Title", stub=STUB, more=()):
    cells = [
        new_markdown_cell(f"# {title}"),
        graded(new_code_cell, stub, "double"),
        graded(new_markdown_cell, ANSWER_HERE, "words"),
        *more,
    ]
    return new_notebook(cells=cells)


def write(folder, notebook):
    path = folder / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def read(folder):
    return nbformat.read(folder / NAME, 4)


def sources(folder):
    return [cell.source for cell in read(folder).cells]


@pytest.fixture
def folders(tmp_path):
    """lessons/ with one lesson, and the student's folder with a copy of it."""
    source, mine = tmp_path / "lessons", tmp_path / "mine"
    write(source, lesson())
    (source / "01_demo" / "words.md").write_text("words")
    told = copy_lessons(source, mine)
    assert told == [f"{NAME}: new", "01_demo/words.md: new"]
    return source, mine


def answer(mine, **answers):
    notebook = read(mine)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    write(mine, notebook)


def old_copies(mine):
    return sorted(path.name for path in mine.glob("01_demo/*until*"))


def test_copies_are_the_lessons_and_a_second_call_changes_nothing(folders):
    source, mine = folders
    assert (mine / NAME).read_bytes() == (source / NAME).read_bytes()
    answer(mine, double=ANSWER)
    before = (mine / NAME).read_bytes()
    assert copy_lessons(source, mine) == []
    assert (mine / NAME).read_bytes() == before and not old_copies(mine)


def test_copies_of_a_shared_folder_that_is_read_only_can_be_written(folders, tmp_path):
    source, _ = folders
    for path in source.rglob("*.*"):
        path.chmod(0o444)
    copy_lessons(source, tmp_path / "mine")
    copies = [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
    assert copies and all(path.stat().st_mode & 0o200 for path in copies)


def test_a_changed_lesson_keeps_the_answers_and_the_old_file(folders):
    source, mine = folders
    answer(mine, double=ANSWER, words="My words.")
    old = (mine / NAME).read_bytes()
    write(source, lesson("Another title"))
    (told,) = copy_lessons(source, mine)
    assert told.startswith(f"{NAME}: a new version with your 2 answers")
    assert sources(mine) == ["# Another title", ANSWER, "My words."]
    (kept,) = old_copies(mine)
    assert kept in told and (mine / "01_demo" / kept).read_bytes() == old
    assert copy_lessons(source, mine) == []


def test_two_updates_on_one_day_keep_two_old_files(folders):
    source, mine = folders
    answer(mine, double=ANSWER)
    for title in ("Second", "Third"):
        write(source, lesson(title))
        copy_lessons(source, mine)
    assert sources(mine)[:2] == ["# Third", ANSWER] and len(old_copies(mine)) == 2


def test_a_copy_that_was_only_run_is_simply_replaced(folders):
    source, mine = folders
    notebook = read(mine)
    notebook.cells[1].execution_count = 3
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="ran")]
    write(mine, notebook)
    write(source, lesson("Another title"))
    (told,) = copy_lessons(source, mine)
    assert "you had written nothing" in told and not old_copies(mine)
    assert sources(mine)[0] == "# Another title"


def test_an_unsolved_stub_makes_way_for_the_new_one(folders):
    source, mine = folders
    answer(mine, words="My words.")
    better = STUB.replace("def", "# better\ndef")
    write(source, lesson(stub=better))
    copy_lessons(source, mine)
    assert sources(mine)[1:] == [better, "My words."]


def test_an_answer_without_a_place_is_named_and_kept(folders):
    source, mine = folders
    answer(mine, double=ANSWER)
    notebook = lesson("Another title")
    del notebook.cells[1]
    write(source, notebook)
    (told,) = copy_lessons(source, mine)
    assert told.endswith("and only there your answers to double")
    (kept,) = old_copies(mine)
    assert nbformat.read(mine / "01_demo" / kept, 4).cells[1].source == ANSWER


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', "\ufeff\x00"])
def test_a_damaged_copy_is_kept_beside_a_fresh_one(folders, text):
    source, mine = folders
    (mine / NAME).write_text(text)
    write(source, lesson("Another title"))
    (told,) = copy_lessons(source, mine)
    assert "could not be read" in told and sources(mine)[0] == "# Another title"
    (kept,) = old_copies(mine)
    assert (mine / "01_demo" / kept).read_text() == text


@pytest.mark.parametrize("text", [None, "", "[1]", "\x00"])
def test_without_its_record_every_copy_counts_as_written_into(folders, text):
    source, mine = folders
    answer(mine, double=ANSWER)
    (mine / RECORD).unlink()
    if text is not None:
        (mine / RECORD).write_text(text)
    write(source, lesson("Another title"))
    told = copy_lessons(source, mine)
    assert "with your 1 answer;" in told[0] and "already" in told[1]
    assert sources(mine)[1] == ANSWER and len(old_copies(mine)) == 1


def test_a_copy_that_was_removed_comes_back_and_others_stay(folders):
    source, mine = folders
    (mine / NAME).unlink()
    (mine / "01_demo" / "notes.txt").write_text("mine")
    assert copy_lessons(source, mine) == [f"{NAME}: new"]
    assert (mine / "01_demo" / "notes.txt").read_text() == "mine"


def test_words_that_the_student_changed_are_kept_beside_the_new_ones(folders):
    source, mine = folders
    (mine / "01_demo" / "words.md").write_text("my words")
    (source / "01_demo" / "words.md").write_text("new words")
    (told,) = copy_lessons(source, mine)
    assert (mine / "01_demo" / "words.md").read_text() == "new words"
    (kept,) = old_copies(mine)
    assert (mine / "01_demo" / kept).read_text() == "my words" and kept in told


def test_the_lessons_of_the_course_are_copied_with_links_that_work(tmp_path):
    # Two folders deep, as in the checkout: `../../data` is `data/` beside both.
    copy_lessons(ROOT / "lessons", tmp_path / "mine")
    files = sorted(p.name for p in (ROOT / "lessons").glob("*/*.*"))
    assert sorted(p.name for p in (tmp_path / "mine").glob("*/*.*")) == files
    assert json.loads((tmp_path / "mine" / RECORD).read_text()).keys()


def test_the_command_says_what_is_new_and_then_that_nothing_is(tmp_path, capsys):
    assert main([str(tmp_path / "mine")]) == 0
    assert "01_imbalance.ipynb: new" in capsys.readouterr().out
    assert main([str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().out == "all lessons are up to date\n"
