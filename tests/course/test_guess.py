"""A guess is kept, shown beside its result, and never in the way."""

import json
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from course import guess
from course.guess_file import NAME, GuessFile
from course.guess_question import Question

AGE = Question("2.1", "How much closer?", "years", 0.0, 50.0)
BEST = Question("2.2", "Which one?", options=("A", "B <b>", "C & D"))


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The guesses of a folder of its own."""
    monkeypatch.setattr(guess, "_questions", {})
    monkeypatch.setattr(guess, "_file", GuessFile(tmp_path))
    return guess._file


def ask_number(key="2.1", **options):
    options = {"unit": "years", "low": 0, "high": 50} | options
    return guess.number(key, "How much closer?", **options)


def ask_choice(key="2.2"):
    return guess.choice(key, BEST.text, list(BEST.options))


def type_in(asked, text):
    _, line, said, _ = asked.box.children
    line.value = text
    return said.value


def press(asked, option):
    _, buttons, said, _ = asked.box.children
    (button,) = [b for b in buttons.children if b.description == option]
    button.value = not button.value
    return said.value


def pressed(asked):
    return [b.description for b in asked.box.children[1].children if b.value]


def new_kernel(monkeypatch):
    """Forget what only this kernel knows."""
    monkeypatch.setattr(guess, "_questions", {})
    monkeypatch.setattr(guess, "_file", GuessFile(guess._file.path.parent))


# What a student types.


@given(st.floats(-1e6, 1e6), st.sampled_from(["{}", " {} ", "{} years", "about {}"]))
@example(-0.2, "{}")
def test_a_number_is_read_in_any_sentence(value, words):
    typed = f"{value:.4f}"
    question = Question("1.1", unit="years")
    assert question.read(words.format(typed)) == (float(typed), "")
    assert question.read(words.format(typed.replace(".", ","))) == (float(typed), "")
    assert question.read(words.format(typed.replace("-", "\u2212")))[0] == float(typed)


@pytest.mark.parametrize("typed", ["five", "3-5", "1 or 2", "?", "-", "nan", "\x00"])
def test_what_is_no_number_gets_a_sentence(typed):
    value, wrong = AGE.read(typed)
    assert value is None and wrong == "Write one number, such as 3 or 0.5."


@pytest.mark.parametrize("typed", ["-1", "50.5", "9" * 30, "9" * 400])
def test_what_is_off_the_scale_gets_a_sentence(typed):
    value, wrong = AGE.read(typed)
    assert value is None and wrong.endswith(
        (" from 0 to 50 years.", "such as 3 or 0.5.")
    )


def test_nothing_typed_is_no_guess_and_no_mistake():
    assert AGE.read("  ") == (None, "")


def test_thousands_are_read_where_the_scale_has_them():
    assert Question("1.1", low=0, high=20_000).read("12,500") == (12500, "")
    assert Question("1.1", low=0, high=20).read("12,500") == (12.5, "")


@pytest.mark.parametrize(
    "arguments, told",
    [
        ({"key": "two"}, "lesson.number"),
        ({"low": 5, "high": 5}, "low must be below high"),
        ({"options": ("A",)}, "two or more"),
        ({"options": ("A", "A")}, "different"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        Question(**{"key": "1.1"} | arguments)


@pytest.mark.parametrize("options", [[], "AB", None])
def test_a_choice_needs_a_list_of_options(options, file):
    with pytest.raises(ValueError, match="must be a list of texts"):
        guess.choice("1.1", "Which?", options)


# Kept.


def test_a_guess_survives_a_new_kernel(file, monkeypatch):
    assert type_in(ask_number(), "7,5") == "Your guess: 7.5 years"
    assert (
        press(ask_choice(), "C &amp; D".replace("&amp;", "&"))
        == "Your guess: C &amp; D"
    )
    for _ in range(2):  # Run All, and again
        new_kernel(monkeypatch)
        again = ask_number()
        assert again.box.children[1].value == "7.5"
        assert again.box.children[2].value == "Your guess: 7.5 years"
        assert pressed(ask_choice()) == ["C & D"]
    assert [path.name for path in file.path.parent.iterdir()] == [NAME]


def test_a_wrong_line_leaves_the_guess_and_an_empty_one_takes_it_back(file):
    asked = ask_number()
    type_in(asked, "5")
    assert "from 0 to 50" in type_in(asked, "55")
    assert file.read()["2.1"]["guess"] == 5
    assert type_in(asked, "") == ""
    assert file.read() == {}


def test_one_option_at_most_is_pressed(file):
    asked = ask_choice()
    assert pressed(asked) == [] and file.read() == {}
    for option in BEST.options:
        press(asked, option)
        assert pressed(asked) == [option] == [file.read()["2.2"]["guess"]]
    assert press(asked, option) == ""
    assert pressed(asked) == [] and file.read() == {}


def test_nothing_is_written_without_a_guess(file):
    ask_number(), ask_choice()
    guess.compare("2.1", 3.0), guess.compare("2.2", "A")
    assert list(file.path.parent.iterdir()) == []


def test_two_kernels_in_a_folder_keep_each_others_guesses(tmp_path):
    one, two = GuessFile(tmp_path), GuessFile(tmp_path)
    one.write("2.1", AGE.entry(5.0))
    two.write("2.2", BEST.entry("A"))
    one.write("2.1", None)
    assert set(one.read()) == set(two.read()) == {"2.2"}


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_where_the_folder_cant_be_written_memory_keeps_it(folder, file, tmp_path):
    (tmp_path / "file").write_text("no folder")
    guess._file = GuessFile(tmp_path / folder)
    said = type_in(ask_number(), "5")
    assert said.startswith("Your guess: 5 years") and "kept only until" in said
    press(ask_choice(), "A")
    assert {key: entry["guess"] for key, entry in guess._file.read().items()} == {
        "2.1": 5.0,
        "2.2": "A",
    }
    assert ask_number().box.children[1].value == "5"
    guess.compare("2.1", 6.0)
    assert guess._file.read()["2.1"]["result"] == 6.0
    type_in(ask_number(), "")
    assert set(guess._file.read()) == {"2.2"}
    assert "result is 6 years; you made no guess" in repr(guess.Comparison("2.1", 6))


def test_what_the_folder_takes_again_is_written(tmp_path):
    file = GuessFile(tmp_path / "later")
    file.write("2.1", AGE.entry(5.0))
    (tmp_path / "later").mkdir()
    file.write("2.2", BEST.entry("A"))
    assert file.problem is None
    assert set(GuessFile(tmp_path / "later").read()) == {"2.1", "2.2"}


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"version": 1}',
    b'{"version": 1, "guesses": []}',
    b'{"version": 1, "guesses": {"2.1": 5}}',
    b'{"version": 1, "guesses": {"2.1": {}}}',
    b'{"version": 1, "guesses": {"2.1": {"guess": NaN}}}',
    b'{"version": 1, "guesses": {"2.1": {"guess": null}}}',
    b'{"version": 1, "guesses": {"2.1": {"guess": true}}}',
    b'{"version": 1, "guesses": {"2.1": {"guess": 1, "options": [2]}}}',
    b'{"version": 1, "guesses": {"2.1": {"guess": 1' + b"0" * 5000 + b"}}}",
    b'{"version": 1, "guesses": {"2.1": {"guess": 1' + b"0" * 2000 + b"}}}",
    b'{"version": 2, "guesses": {}}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_put_aside_with_a_sentence(content, file):
    file.path.write_bytes(content)
    said = ask_number().box.children[2].value
    assert "was damaged" in said and "guesses-damaged-1.json" in said
    assert file.path.with_name("guesses-damaged-1.json").read_bytes() == content
    type_in(ask_number(), "5")
    file.path.write_bytes(content)  # once more
    assert "guesses-damaged-2.json" in ask_number().box.children[2].value


def test_a_folder_in_the_files_place_is_left_alone(file):
    file.path.mkdir()
    assert "kept only until" in type_in(ask_number(), "5")
    assert file.path.is_dir() and ask_number().box.children[1].value == "5"


STRANGE = [
    {"guess": 5, "unit": 7, "low": "a", "high": []},
    {"guess": "A", "options": "AB"},
    {"guess": 5, "text": 3},
    {"guess": 10**299, "result": "so"},
    {"guess": "", "result": 5},
]


@pytest.mark.parametrize("entry", STRANGE)
def test_strange_entries_never_fail(entry, file, tmp_path):
    folder = tmp_path / "02_lds"
    folder.mkdir()
    content = {"version": 1, "guesses": {"2.1": entry, "not a key": entry}}
    for path in (file.path, folder / NAME):
        path.write_text(json.dumps(content))
    for ask in (False, True):
        comparison = guess.Comparison("2.1", 5.0)
        assert repr(comparison) and comparison._repr_html_()
        score = guess.score(tmp_path)
        assert repr(score) and score._repr_html_()
        if not ask:
            ask_number(), ask_choice("2.1")


def test_a_guess_of_another_question_is_no_guess(file):
    type_in(ask_number(), "40")
    assert ask_number(high=30).box.children[1].value == ""
    assert pressed(ask_choice("2.1")) == []
    assert "you made no guess" in repr(guess.Comparison("2.1", "A"))


# Compared.


def test_guess_and_result_stand_beside_each_other(file, monkeypatch):
    type_in(ask_number(), "7.5")
    shown = guess.Comparison("2.1", np.float32(9.25))
    assert repr(shown) == "You guessed 7.5 years; the result is 9.25 years."
    x, y = map(float, re.search(r"M(\S+) 12H(\S+)\"", shown._repr_html_()).groups())
    assert (y - x) / 420 == pytest.approx((9.25 - 7.5) / 50, abs=1e-3)
    press(ask_choice(), "A")
    assert repr(guess.Comparison("2.2", "A")).endswith("is A: as you thought.")
    assert repr(guess.Comparison("2.2", "C & D")).endswith("is C & D.")
    new_kernel(monkeypatch)  # the question comes from the file
    assert repr(guess.Comparison("2.1", 9.25)) == repr(shown)


def test_html_shows_text_as_text(file):
    press(ask_choice(), "B <b>")
    for result in ("B <b>", "<script>"):
        shown = guess.Comparison("2.2", result)._repr_html_()
        assert "<b>" not in shown and "<script>" not in shown
    assert "<b>" not in ask_number().box.children[2].value


def test_without_a_guess_it_is_neutral_and_the_same_on_every_run(file, capsys):
    ask_number()
    shown = guess.Comparison("2.1", 9.2)
    assert repr(shown) == "The result is 9.2 years; you made no guess."
    assert shown._repr_html_() == f"<div>{shown!r}</div>"
    guess.compare("9.9", 5)  # a question whose cell was not run
    assert capsys.readouterr().out == "The result is 5; you made no guess.\n"


class Broken:
    def __float__(self):
        raise ZeroDivisionError


NO_RESULTS = [None, math.nan, math.inf, [], {}, Broken(), np.zeros(3), torch.zeros(2)]


@pytest.mark.parametrize("result", NO_RESULTS, ids=lambda r: type(r).__name__)
def test_what_is_no_result_is_no_failure(result, file):
    asked = ask_number()
    for text in ("", "5"):
        type_in(asked, text)
        told = repr(guess.Comparison("2.1", result))
        assert told == "There is no result to compare with yet."
    assert "result" not in file.read()["2.1"]


@pytest.mark.parametrize("result", [3, np.int64(3), torch.tensor(3.0), np.array(3.0)])
def test_any_single_number_is_a_result(result, file):
    type_in(ask_number(), "5")
    assert "result is 3 years." in repr(guess.Comparison("2.1", result))


def test_a_result_off_the_scale_is_drawn_on_it(file):
    type_in(ask_number(), "50")
    shown = guess.Comparison("2.1", 100)._repr_html_()
    assert 'x="440" y="32">100<' in shown
    type_in(ask_number("2.3", low=None, high=None), "0")
    assert "<svg" in guess.Comparison("2.3", 0)._repr_html_()


# What is stored in a notebook, and the way in.


def test_the_stored_output_is_the_question_alone(file):
    before = ask_number()._repr_mimebundle_()["text/plain"]
    assert before == "Predict 2.1 · How much closer? (from 0 to 50 years)"
    type_in(ask_number(), "5")
    bundle = ask_number()._repr_mimebundle_()
    assert bundle["text/plain"] == before
    assert set(bundle) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert repr(ask_choice()) == "Predict 2.2 · Which one? (A / B <b> / C & D)"


def test_controls_are_named_for_those_who_dont_see_them(file):
    line = ask_number().box.children[1]
    assert line.description == "Your guess, from 0 to 50 years"
    assert line.tooltip == "How much closer?"
    (output,) = ask_choice().box.children[-1].outputs
    script = output["data"]["application/javascript"].removeprefix("const QUESTION = ")
    assert json.JSONDecoder().raw_decode(script)[0] == BEST.text


def test_the_way_in_shows_how_good_the_guesses_were(tmp_path, file):
    empty = guess.score(tmp_path)
    assert "No guesses yet" in repr(empty) and "<table" not in empty._repr_html_()
    one, two = tmp_path / "01_imbalance", tmp_path / "02_lds"
    one.mkdir(), two.mkdir()
    numbers = {"1.1": (10, 15), "1.2": (0, 40), "1.10": (20, 20), "1.3": (7, None)}
    for key, (guessed, result) in numbers.items():
        entry = Question(key, "How?", "years", 0.0, 50.0).entry(guessed)
        GuessFile(one).write(
            key, entry | ({} if result is None else {"result": result})
        )
    for key, result in (("2.1", "A"), ("2.2", "B")):
        question = Question(key, "Which?", options=("A", "B"))
        GuessFile(two).write(key, question.entry("A") | {"result": result})
    score = guess.score(tmp_path)
    assert [question.key for question, _, _ in score.rows] == [
        *("1.1", "1.2", "1.3", "1.10"),
        *("2.1", "2.2"),
    ]
    assert repr(score) == (
        "6 guesses, 5 of them with a result. Of your choices, 1 of 2 came out. Half "
        "of your numbers were within 10% of the scale. Your greatest surprise was "
        "question 1.2."
    )
    assert score._repr_html_().count("<tr>") == 7
    (two / NAME).write_text("{")
    assert "02_lds: The file guesses.json was damaged" in repr(guess.score(tmp_path))
