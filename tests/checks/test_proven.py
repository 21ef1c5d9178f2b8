"""Every exercise against right, wrong and adversarial answers; the run prints a table.

`answers1.py` to `answers5.py` hold answers that were written from the lessons' cards,
`adversaries.py` makes those that try to get round a check. All are in this one file, so
that `pytest tests/checks` proves the checks and prints the counts (see `conftest.py`).
The file with the most tests is the first that xdist starts; others run beside it.
"""

import builtins
from collections import Counter

import answers1
import answers2
import answers3
import answers4
import answers5
import pytest
from adversaries import ADVERSARIES, EXEMPT, FAKE, as_answer, spoils_what_it_is_given
from answers import Case

from course.checks import lesson1, lesson2, lesson3, lesson4, lesson5

EXERCISES = sorted(
    (
        getattr(checks, name)
        for checks in (lesson1, lesson2, lesson3, lesson4, lesson5)
        for name in checks.__all__
    ),
    key=lambda exercise: exercise.number,
)
TABLES = [
    answers.ANSWERS for answers in (answers1, answers2, answers3, answers4, answers5)
]
RIGHT = [case for table in TABLES for case in table.right_cases]
KNOWN = [Case(e, w.answer, w.cause) for e in EXERCISES for w in e.wrong]
WRONG = [case for table in TABLES for case in table.wrong_cases]
CHANGES = "changes its input"


def name_of(value):
    """Number and name of an exercise; the name of an answer."""
    number = getattr(value, "number", None)
    return f"{number} {value.name}" if number else getattr(value, "__name__", "answer")


def named(cases):
    return [
        pytest.param(case, id=f"{name_of(case.exercise)}-{name_of(case.answer)}")
        for case in cases
    ]


@pytest.fixture(params=EXERCISES, ids=name_of)
def exercise(request):
    return request.param


@pytest.fixture
def count(record_property):
    """Note how many answers of a kind were tried and how many got what they deserve."""

    def note(exercise, kind, good, tried=1):
        record_property("proven", [name_of(exercise), kind, int(good), tried])

    return note


def checked(exercise, answer, capsys):
    """The points of an answer, all that was printed, and the hints."""
    points = exercise(answer)
    out, err = capsys.readouterr()
    return points, out + err, [line for line in out.splitlines() if "→" in line]


def test_a_right_answer_earns_all_points(exercise, count, capsys):
    points, text, hints = checked(exercise, exercise.reference, capsys)
    good = points == points.full == exercise.points and not hints
    count(exercise, "right", good)
    assert good, text
    assert text.count("✓") == len(exercise.parts) and "✗" not in text


@pytest.mark.parametrize("case", named(RIGHT))
def test_a_right_answer_in_other_words_is_accepted(case, count, capsys):
    points, text, hints = checked(case.exercise, case.answer, capsys)
    good = points == case.exercise.points and not hints and "✗" not in text
    count(case.exercise, "right", good)
    assert good, text


@pytest.mark.parametrize("case", named(KNOWN + WRONG))
def test_a_wrong_answer_gets_the_message_that_it_deserves(case, count, capsys):
    points, text, hints = checked(case.exercise, case.answer, capsys)
    count(case.exercise, "wrong", points < case.exercise.points)
    good = len(hints) == 1 and case.message in hints[0] and "Traceback" not in text
    count(case.exercise, "own message", good)
    assert points < case.exercise.points and good, text


@pytest.mark.parametrize("kind", ADVERSARIES)
def test_an_answer_that_goes_round_the_check_fails(
    exercise, kind, count, capsys, monkeypatch
):
    accepted, tried, print_before = [], 0, print
    for name, answer in ADVERSARIES[kind](exercise):
        with monkeypatch.context() as patches:
            patches.setattr(builtins, "print", print)
            points, text, hints = checked(exercise, answer, capsys)
            silenced = builtins.print is not print_before  # then points are all it says
        tried += 1
        told = silenced or (len(hints) == 1 and "Traceback" not in text)
        told = told and FAKE not in text and (kind != "mutates" or CHANGES in hints[0])
        if points == exercise.points or not told:
            accepted.append(f"{name}: {text}")
    if kind == "mutates":
        for name, answer in spoils_what_it_is_given(exercise):
            points, text, _ = checked(exercise, answer, capsys)
            tried += 1
            if points == exercise.points:
                accepted.append(f"{name}: {text}")
    count(exercise, kind, tried - len(accepted), tried)
    assert not accepted, "\n".join(accepted)
    assert tried or (exercise.name, kind) in EXEMPT


def test_a_keyboard_interrupt_stops_the_check_and_gives_no_points(exercise, capsys):
    # A student must be able to stop a check: it isn't caught, and nothing is earned.
    def stop(right, *args):
        print("✓")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercise(as_answer(exercise, stop))
    assert "✓" not in capsys.readouterr().out


def test_every_exercise_has_enough_answers():
    right = Counter(case.exercise.name for case in RIGHT)
    typical = Counter(case.exercise.name for case in KNOWN)
    others = Counter(case.exercise.name for case in WRONG)
    for exercise in EXERCISES:
        name = exercise.name
        assert right[name] >= 3 and typical[name] >= 5 and others[name] >= 5, name


def test_the_causes_of_an_exercise_differ(exercise):
    causes = [wrong.cause for wrong in exercise.wrong]
    assert len(set(causes)) == len(causes)


def test_only_what_can_not_be_tried_is_exempt():
    for name, kind in EXEMPT:
        exercise = next(e for e in EXERCISES if e.name == name)
        assert not list(ADVERSARIES[kind](exercise))


def test_there_are_all_exercises_of_the_lessons():
    counts = {1: 6, 2: 5, 3: 4, 4: 9, 5: 7}
    by_hand = ["5.5"]  # a free answer
    wanted = [f"{n}.{i + 1}" for n in counts for i in range(counts[n])]
    assert sorted([e.number for e in EXERCISES] + by_hand) == wanted
