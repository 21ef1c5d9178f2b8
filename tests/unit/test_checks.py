"""The checks of the exercises: right, unsolved and wrong answers, and hostile ones."""

import sys
import time

import numpy as np
import pytest
import torch

from dirlib.course import checks1, checks2
from dirlib.course.exercise import Exercise, Part, Points, Wrong

EXERCISES = {
    exercise.name: exercise
    for module in (checks1, checks2)
    for exercise in list(vars(module).values())
    if isinstance(exercise, Exercise)
}
WRONG = [
    pytest.param(exercise, wrong, id=f"{exercise.number}-{i}")
    for exercise in EXERCISES.values()
    for i, wrong in enumerate(exercise.wrong)
]


@pytest.fixture(params=EXERCISES.values(), ids=EXERCISES)
def exercise(request):
    return request.param


def test_there_are_the_eleven_exercises_of_lessons_1_and_2():
    numbers = sorted(exercise.number for exercise in EXERCISES.values())
    assert numbers == [f"1.{i}" for i in range(1, 7)] + [f"2.{i}" for i in range(1, 6)]


def test_a_right_answer_earns_all_points_in_time(exercise, capsys):
    start = time.process_time()
    points = exercise(exercise.reference)
    assert time.process_time() - start < 2
    out, err = capsys.readouterr()
    assert points == exercise.points and points.full == exercise.points
    assert out.count("✓") == len(exercise.parts)
    assert "✗" not in out and "→" not in out and err == ""


def test_an_unsolved_stub_is_not_attempted(exercise, capsys):
    def stub(*args):
        raise NotImplementedError("not attempted yet")

    points = exercise(stub)
    out, err = capsys.readouterr()
    assert points == 0
    assert "not attempted" in out and "✗" not in out and err == ""


def test_each_exercise_knows_three_wrong_answers_with_their_own_messages(exercise):
    causes = [wrong.cause for wrong in exercise.wrong]
    assert len(causes) >= 3
    assert len(set(causes)) == len(causes)


@pytest.mark.parametrize(("exercise", "wrong"), WRONG)
def test_a_known_wrong_answer_gets_its_own_message(exercise, wrong, capsys):
    points = exercise(wrong.answer)
    out, err = capsys.readouterr()
    assert points < exercise.points
    assert wrong.cause in out
    assert out.count("→") == 1 and err == ""


def chatty(*args):
    print("hello")
    print("hello", file=sys.stderr)
    np.log(np.zeros(3) - 1)
    raise RuntimeError("first line\nsecond line")


HOSTILE = {
    "None": (lambda *args: None, "does it end with a return statement"),
    "text": (lambda *args: "done", ""),
    "ragged": (lambda *args: [[1], [2, 3]], ""),
    "exit": (lambda *args: sys.exit(3), "SystemExit"),
    "chatty": (chatty, "RuntimeError (first line)"),
    "no arguments": (lambda: 1, "TypeError"),
    "one number": (lambda *args: 0.5, ""),
    "complex": (lambda *args: 1j, ""),
    "infinite recursion": (lambda *args: HOSTILE["infinite recursion"][0](*args), ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_get_a_sentence_and_no_traceback(exercise, name, capsys):
    answer, expected = HOSTILE[name]
    points = exercise(answer)
    out, err = capsys.readouterr()
    assert points < exercise.points
    assert expected in out
    assert out.count("→") == 1 and "Traceback" not in out and err == ""
    assert "hello" not in out


def test_no_function_at_all(exercise, capsys):
    assert exercise(np.arange(3)) == 0
    assert "this is no function but [0, 1, 2]" in capsys.readouterr().out


def test_an_answer_that_changes_its_input_is_found(capsys):
    def pearson_in_place(a, b):
        a -= a.mean()
        b -= b.mean()
        return (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())

    assert checks1.pearson_correlation(pearson_in_place) == 0
    assert "changes its input" in capsys.readouterr().out


def test_the_inputs_are_the_same_at_every_call(exercise):
    def greedy(*args):
        value = exercise.reference(*args)
        for a in args:
            if isinstance(a, np.ndarray) and a.dtype.kind in "if":
                a[:] = 0
        return value

    exercise(greedy)
    assert exercise(exercise.reference) == exercise.points


def test_an_answer_that_knows_only_the_worked_number_fails():
    known = {"bin_index": [2], "geometric_mean": 2.0, "pearson_correlation": -0.982}
    for name, value in known.items():
        assert EXERCISES[name](lambda *args, value=value: np.array(value)) == 0


def test_points_are_a_number_for_nbgrader_and_a_sentence_for_people():
    bundle = Points(1, 2)._repr_mimebundle_()
    assert float(bundle["text/plain"]) == 1
    assert bundle["text/html"] == "<b>1 of 2 points</b>"


def test_a_part_earns_its_points_alone(capsys):
    half = Exercise(
        "9.9",
        "double",
        lambda x: 2 * x,
        parts=[Part("small", 1, [(1.0,)]), Part("large", 2, [(100.0,)])],
        wrong=[Wrong(lambda x: min(2 * x, 10), "too small")],
    )
    assert half(lambda x: min(2 * x, 10.0)) == 1
    out = capsys.readouterr().out
    assert "✓ small (1 point)" in out and "✗ large (2 points)" in out
    assert "→ too small" in out
    assert half(lambda x: x**2 + x if x < 5 else 0) == 1
    assert "for x = 100: expected 200, but got 0" in capsys.readouterr().out


def test_a_none_inside_a_result_is_not_a_missing_return(capsys):
    def none_for_zero(y, y_hat, region):
        scores = checks1.mae_by_region.reference(y, y_hat, region)
        return scores | {"zero": None}

    checks1.mae_by_region(none_for_zero)
    out = capsys.readouterr().out
    assert "'zero': expected 0, but got None" in out and "return statement" not in out


def test_text_is_shown_in_quotes(capsys):
    checks2.window(lambda kind, size, sigma: kind)
    assert "for kind = 'gaussian', size = 5" in capsys.readouterr().out
    checks1.pearson_correlation(lambda a, b: str(a[0]))
    assert "but got '1.0'" in capsys.readouterr().out


def test_an_error_that_is_returned_must_be_raised(capsys):
    def returns_the_error(y_hat, y, w):
        try:
            return checks2.weighted_l1.reference(y_hat, y, w)
        except ValueError as error:
            return error

    assert checks2.weighted_l1(returns_the_error) == 1
    assert "you return the error: raise it" in capsys.readouterr().out


def test_wrong_values_are_named_before_their_type(capsys):
    def half_a_bin_off(labels, start, width):
        return (labels - start) / width

    checks1.bin_index(half_a_bin_off)
    out = capsys.readouterr().out
    assert "expected [ 0, 0, 0, 1, 30, 100], but got [ 0. , 0.4" in out
    assert "whole numbers" not in out
    checks1.bin_index(lambda labels, start, width: (labels - start) // width)
    assert "the result must hold whole numbers" in capsys.readouterr().out


SAME = "your function gives the same result for every input: use its arguments"


def test_one_result_for_every_input_is_named(capsys):
    checks1.pearson_correlation(lambda a, b: -0.982)
    assert SAME in capsys.readouterr().out
    checks2.weighted_l1(lambda y_hat, y, w: torch.tensor(1.75))
    assert SAME in capsys.readouterr().out


def test_one_result_for_every_input_may_have_a_known_cause(capsys):
    checks1.pearson_correlation(lambda a, b: 0.0)
    out = capsys.readouterr().out
    assert "your result is always 0" in out and SAME not in out


def test_one_result_is_no_hint_where_it_is_wanted_or_the_inputs_are_few(capsys):
    def alone(reference, inputs):
        return Exercise("9.9", "f", reference, [Part("all", 1, inputs)], [])

    alone(lambda x: 2, [(1.0,), (2.0,), (3.0,)])(lambda x: 3)
    alone(lambda x: x, [(1.0,), (2.0,)])(lambda x: 3)
    assert SAME not in capsys.readouterr().out
    alone(lambda x: x, [(1.0,), (2.0,), (3.0,)])(lambda x: 3)
    assert SAME in capsys.readouterr().out


def test_an_unexpected_error_is_not_taken_for_another_one(capsys):
    def misspelt(labels, start, width):
        raise TypeError("something else")

    checks1.bin_index(misspelt)
    assert "TypeError (something else)" in capsys.readouterr().out


def test_the_packages_name_their_exercises_not_their_modules():
    for module in (checks1, checks2):
        for name in module.__all__:
            assert isinstance(getattr(module, name), Exercise)
            assert getattr(module, name).name == name


# Right answers, written differently from the reference.


def loop_bin_index(labels, start, width):
    return [int((y - start) // width) for y in labels]


def digitize_bin_index(labels, start, width):
    edges = start + width * np.arange(1000)
    return np.digitize(labels, edges) - 1


def loop_count_regions(index, n_bins, many, few):
    counts = [int((index == b).sum()) for b in range(n_bins)]
    names = []
    for n in counts:
        if n == 0:
            names.append("zero")
        elif n < few:
            names.append("few")
        elif n <= many:
            names.append("medium")
        else:
            names.append("many")
    return counts, names


def cumsum_mass(counts, radius):
    total = np.concatenate([[0], np.cumsum(counts)])
    b = np.arange(len(counts))
    return (
        total[np.minimum(b + radius + 1, len(counts))]
        - total[np.maximum(b - radius, 0)]
    )


def convolved_mass(counts, radius):
    full = np.convolve(counts, np.ones(2 * radius + 1, int))
    return full[radius : radius + len(counts)]


def loop_mae_by_region(y, y_hat, region):
    errors = {"many": [], "medium": [], "few": [], "zero": []}
    for a, b, name in zip(y, y_hat, region, strict=True):
        errors[name].append(abs(a - b))
    return {name: sum(e) / len(e) if e else None for name, e in errors.items()}


def power_gm(y, y_hat, eps):
    error = np.abs(y - y_hat)
    error[error < eps] = eps
    return np.prod(error ** (1 / len(y)))


def cov_pearson(a, b):
    return np.cov(a, b)[0, 1] / (a.std(ddof=1) * b.std(ddof=1))


def listed_window(kind, size, sigma):
    h = size // 2
    shape = {
        "gaussian": lambda d: np.exp(-0.5 * (d / sigma) ** 2),
        "laplace": lambda d: np.exp(-abs(d) / sigma),
        "triangular": lambda d: h + 1 - abs(d),
    }[kind]
    values = [shape(d) for d in range(-h, h + 1)]
    return [v / sum(values) for v in values]


def loop_kde(grid, labels, sigma):
    from scipy.stats import norm

    return [norm.pdf(g, loc=labels, scale=sigma).mean() for g in grid]


def convolved_smooth(values, window, edges):
    h, n = len(window) // 2, len(values)
    out = np.convolve(values, window)[h : h + n]
    if edges == "renormalize":
        out = out / np.convolve(np.ones(n), window)[h : h + n]
    return out


def power_weights(density, index, scheme):
    raw = density ** (-1.0 if scheme == "inverse" else -0.5)
    return raw[index] * len(index) / raw[index].sum()


def torch_weighted_l1(y_hat, y, w):
    if y_hat.shape != y.shape or y.shape != w.shape:
        raise ValueError("shapes")
    return torch.dot(w, torch.abs(y_hat - y)) / len(y)


RIGHT = [
    ("bin_index", loop_bin_index),
    ("bin_index", digitize_bin_index),
    ("count_regions", loop_count_regions),
    ("neighbourhood_mass", cumsum_mass),
    ("neighbourhood_mass", convolved_mass),
    ("mae_by_region", loop_mae_by_region),
    ("geometric_mean", power_gm),
    ("pearson_correlation", cov_pearson),
    ("pearson_correlation", lambda a, b: np.corrcoef(a, b)[0, 1]),
    ("window", listed_window),
    ("kde", loop_kde),
    ("smooth", convolved_smooth),
    ("weights", power_weights),
    ("weighted_l1", torch_weighted_l1),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_a_right_answer_in_other_words_is_accepted(name, answer, capsys):
    points = EXERCISES[name](answer)
    assert points == EXERCISES[name].points, capsys.readouterr().out


def test_a_slip_at_the_threshold_keeps_the_point_for_counting(capsys):
    def at_least_many(index, n_bins, many, few):
        counts, names = loop_count_regions(index, n_bins, many, few)
        return counts, [
            "many" if n >= many else s for n, s in zip(counts, names, strict=True)
        ]

    assert EXERCISES["count_regions"](at_least_many) == 1
    assert "exactly `many` samples is still medium" in capsys.readouterr().out
