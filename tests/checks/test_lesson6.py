"""The exercises of lesson 6 against right and wrong answers."""

import answers6
import pytest

from course.checks import lesson6
from course.checks.verdict import from_bundle
from course.protocol import BASELINES, TITLES

RIGHT, WRONG = answers6.ANSWERS.right_cases, answers6.ANSWERS.wrong_cases
EXERCISES = [lesson6.my_plan, lesson6.my_choice]


def named(cases):
    return [
        pytest.param(case, id=f"{case.exercise.name}-{i}")
        for i, case in enumerate(cases)
    ]


@pytest.mark.parametrize("case", named(RIGHT))
def test_a_right_answer_earns_all_points(case, capsys):
    assert case.exercise(case.answer) == case.exercise.points == 3
    out = capsys.readouterr().out
    assert out.count("✓") == 3 and "→" not in out
    assert case.exercise.or_library(case.answer) is case.answer


@pytest.mark.parametrize("case", named(WRONG))
def test_a_wrong_answer_gets_its_sentence(case, capsys):
    points = case.exercise(case.answer)
    out = capsys.readouterr().out
    assert points < case.exercise.points and case.message in out, out
    assert out.count("→") == 1 and "Traceback" not in out
    assert case.exercise.or_library(case.answer) is case.exercise.reference


def test_there_are_enough_answers():
    for exercise in EXERCISES:
        assert sum(case.exercise is exercise for case in RIGHT) >= 3
        assert sum(case.exercise is exercise for case in WRONG) >= 10


@pytest.mark.parametrize("wrong", lesson6.my_choice.wrong)
def test_each_known_mistake_is_named(wrong, capsys):
    assert lesson6.my_choice(wrong.answer) < 3
    assert wrong.cause in capsys.readouterr().out


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_a_stub_is_not_attempted(exercise, capsys):
    def stub(*args):
        raise NotImplementedError("not attempted yet")

    assert exercise(stub) == 0
    assert exercise.or_library(stub) is exercise.reference
    out = capsys.readouterr().out
    assert "not attempted" in out and "✗" not in out and out.count("\n") == 2


@pytest.mark.parametrize("value", [None, 7, "plan", {}, []])
def test_what_is_no_function_is_no_plan(value, capsys):
    assert lesson6.my_plan(value) == 0
    assert "pass the function my_plan itself" in capsys.readouterr().out


def test_the_lessons_own_plan_is_right():
    assert lesson6.my_plan.verdict(lesson6.my_plan.reference).state == "solved"


def test_a_verdict_comes_back_from_its_output(capsys):
    for exercise, answer in (
        (lesson6.my_plan, answers6.plan(score="all")),
        (lesson6.finish, None),
    ):
        points = exercise(answer)
        bundle = points._repr_mimebundle_()
        verdict = next(v for k, v in bundle.items() if k.endswith("verdict+json"))
        assert from_bundle(verdict) == exercise.verdict(answer)
        assert bundle["text/plain"] == repr(float(points))


def test_the_packages_name_their_exercises():
    for name in lesson6.__all__:
        assert getattr(lesson6, name).name == name
    numbers = [getattr(lesson6, name).number for name in lesson6.__all__]
    assert sorted(numbers) == ["6.1", "6.2", "6.3"]
    assert set(lesson6.finish.titles) == set(TITLES) and len(BASELINES) == 3
    for exercise in (lesson6.my_plan, lesson6.finish):
        causes = [wrong.cause for wrong in exercise.wrong]
        assert len(set(causes)) == len(causes) >= 5
