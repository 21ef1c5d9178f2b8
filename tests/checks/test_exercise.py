"""The laws of a check: its points, its sentences, and answers that break a rule."""

import random
import sys
import time

import numpy as np
import pytest
import torch
from answers1 import region_matrix
from answers3 import added_bin_moments
from answers4 import (
    Kept,
    LessonFDS,
    loop_calibrate_diagonal,
    vectors_rank_and_condition,
)
from answers5 import closed_training_step, loop_best_epoch, shown_end_of_epoch

from course.checks import exercise as exercise_module
from course.checks import lesson1, lesson2, lesson3, lesson4, lesson5
from course.checks.compare import difference
from course.checks.exercise import Exercise, Part, Points, Wrong
from course.checks.gradients import gradient_fault
from course.checks.verdict import PartVerdict, Verdict
from course.epoch_end import EpochEnd
from dirlib.bins import LabelBins

EXERCISES = {
    exercise.name: exercise
    for module in (lesson1, lesson2, lesson3, lesson4, lesson5)
    for exercise in list(vars(module).values())
    if isinstance(exercise, Exercise)
}


@pytest.fixture(params=EXERCISES.values(), ids=EXERCISES)
def exercise(request):
    return request.param


def test_an_unsolved_stub_is_not_attempted(exercise, capsys):
    def stub(*args):
        raise NotImplementedError("not attempted yet")

    points = exercise(stub)
    out, err = capsys.readouterr()
    assert points == 0
    assert "not attempted" in out and "✗" not in out and err == ""


def test_or_library_says_so_where_an_answer_is_wrong(capsys):
    exercise = lesson5.paired_interval

    def unsolved(baseline, method):
        raise NotImplementedError("not attempted yet: paired_interval")

    assert exercise.or_library(unsolved) is exercise.reference
    assert exercise.or_library(exercise.reference) is exercise.reference
    assert capsys.readouterr() == ("", "")
    assert exercise.or_library(lambda b, m: m - b) is exercise.reference
    said = "paired_interval: the library's function is used here, since yours is not"
    assert capsys.readouterr().out == f"{said} right yet\n"


LEFT = "your code runs into the line `raise NotImplementedError`: delete it"


def test_code_above_a_raise_that_was_left_is_wrong_not_unattempted(capsys):
    def halfway(labels, start, width):
        """Return the bin of each label."""
        np.floor((labels - start) / width)
        raise NotImplementedError("not attempted yet: bin_index")

    def documented(labels, start, width):
        """Return the bin of each label."""
        raise NotImplementedError("not attempted yet: bin_index")

    class Halfway(Kept):
        def forward(self, z, labels):
            z = z + 1
            raise NotImplementedError("not attempted yet: MyFDS")

    for exercise, answer in (
        (lesson1.bin_index, halfway),
        (lesson4.MyFDS, Halfway),
    ):
        assert exercise(answer) == 0
        out = capsys.readouterr().out
        assert f"→ {LEFT}" in out and "not attempted" not in out and "✓" not in out
    assert lesson1.bin_index(documented) == 0
    assert "not attempted" in capsys.readouterr().out
    # Its source is nowhere to be read: nobody knows whether it was begun.
    typed = {}
    exec("def f(*args):\n    x = 1\n    raise NotImplementedError", typed)
    assert lesson1.bin_index(typed["f"]) == 0
    assert "not attempted" in capsys.readouterr().out


def chatty(*args):
    print("hello")
    print("hello", file=sys.stderr)
    np.log(np.zeros(3) - 1)
    raise RuntimeError("first line\nsecond line")


class Broken(Exception):
    """Fails whenever somebody looks at it."""

    def fail(self, *args, **kwargs):
        raise RuntimeError("broken")

    __array__ = __repr__ = __str__ = __eq__ = __len__ = fail


def broken_error(*args):
    raise Broken


HOSTILE = {
    "broken object": (lambda *args: Broken(), ""),
    "broken error": (broken_error, "Broken (no message)"),
    "much to say": (lambda *args: print("x" * 10**8), "return statement"),
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
    if exercise is lesson5.my_ablation and name == "no arguments":
        expected = "return two dicts"  # it is right to take none there
    points = exercise(answer)
    out, err = capsys.readouterr()
    assert points < exercise.points
    assert expected in out
    assert out.count("→") == 1 and "Traceback" not in out and err == ""
    assert "hello" not in out.partition("your function printed:")[0]


def test_no_function_at_all(exercise, capsys):
    assert exercise(np.arange(3)) == 0
    assert "this is no function but [0, 1, 2]" in capsys.readouterr().out


def test_an_answer_that_changes_its_input_is_found(capsys):
    def gm_in_place(y, y_hat, eps):
        y -= y_hat
        return np.exp(np.log(np.maximum(np.abs(y), eps)).mean())

    assert lesson1.geometric_mean(gm_in_place) == 0
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


def test_points_are_a_number_for_nbgrader_and_a_sentence_for_people():
    parts = (PartVerdict("a", 1, True), PartVerdict("b", 1, False))
    bundle = Points(Verdict("9.9", "double", 2, parts))._repr_mimebundle_()
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
        scores = lesson1.mae_by_region.reference(y, y_hat, region)
        return scores | {"zero": None}

    lesson1.mae_by_region(none_for_zero)
    out = capsys.readouterr().out
    assert "'zero': expected 0, but got None" in out and "return statement" not in out


def test_text_is_shown_in_quotes(capsys):
    lesson5.best_epoch(lambda history, score: 0)
    assert "score = 'val" in capsys.readouterr().out
    lesson1.geometric_mean(lambda y, y_hat, eps: str(y[0]))
    assert "but got '10.0'" in capsys.readouterr().out


def test_an_error_that_is_returned_must_be_raised(capsys):
    def returns_the_error(y_hat, y, w):
        try:
            return lesson2.weighted_l1.reference(y_hat, y, w)
        except ValueError as error:
            return error

    assert lesson2.weighted_l1(returns_the_error) == 1
    assert "you return the error: raise it" in capsys.readouterr().out


def test_wrong_values_are_named_before_their_type(capsys):
    def half_a_bin_off(labels, start, width):
        return (labels - start) / width

    lesson1.bin_index(half_a_bin_off)
    out = capsys.readouterr().out
    assert "expected [ 0, 0, 0, 1, 30, 100], but got [ 0. , 0.4" in out
    assert "whole numbers" not in out
    lesson1.bin_index(lambda labels, start, width: (labels - start) // width)
    assert "the result must hold whole numbers" in capsys.readouterr().out


def test_the_cure_for_a_type_is_one_of_the_results_own_library(capsys):
    def tensor(labels, start, width):
        return torch.tensor((labels - start) // width)

    lesson1.bin_index(tensor)
    assert "whole numbers: end with .long()" in capsys.readouterr().out
    lesson1.bin_index(lambda labels, start, width: (labels - start) // width)
    assert "whole numbers: end with .astype(int)" in capsys.readouterr().out


def test_an_array_in_place_of_a_number_is_named(capsys):
    lesson1.geometric_mean(lambda y, y_hat, eps: [0.5, 0.1])
    out = capsys.readouterr().out
    assert "the result must be one number, but has shape [2]" in out


def test_slips_at_the_ends_keep_the_point_for_the_inside(capsys):
    def negative_start(counts, radius):
        near = (slice(b - radius, b + radius + 1) for b in range(len(counts)))
        return np.array([counts[part].sum() for part in near])

    def unchanged(counts, radius):
        out = counts.copy()
        for b in range(radius, len(counts) - radius):
            out[b] = counts[b - radius : b + radius + 1].sum()
        return out

    for answer in (negative_start, unchanged):
        assert lesson1.neighbourhood_mass(answer) == 1
        assert "✓ inside the range" in capsys.readouterr().out


SAME = "your function gives the same result for every input: use its arguments"


def test_one_result_for_every_input_is_named(capsys):
    lesson1.geometric_mean(lambda y, y_hat, eps: 2.0)
    assert SAME in capsys.readouterr().out
    lesson2.weighted_l1(lambda y_hat, y, w: torch.tensor(1.75))
    assert SAME in capsys.readouterr().out


def test_one_result_for_every_input_may_have_a_known_cause(capsys):
    inputs = [(np.array([1.0, 2.0]),), (np.array([3.0]),), (np.array([4.0, 6.0]),)]
    wrong = [Wrong(lambda x: 0.0, "the deviations sum to 0")]
    Exercise("9.9", "f", np.sum, [Part("all", 1, inputs)], wrong)(lambda x: 0.0)
    out = capsys.readouterr().out
    assert "the deviations sum to 0" in out and SAME not in out


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

    lesson1.bin_index(misspelt)
    assert "TypeError (something else)" in capsys.readouterr().out


def test_the_packages_name_their_exercises_not_their_modules():
    for module in (lesson1, lesson2, lesson3, lesson4, lesson5):
        for name in module.__all__:
            assert isinstance(getattr(module, name), Exercise)
            assert getattr(module, name).name == name


def test_a_slip_at_the_threshold_keeps_the_point_for_counting(capsys):
    def at_least_many(test_bins, train_bins, many, few):
        return region_matrix(test_bins, train_bins, many - 1, few)

    assert EXERCISES["region_of"](at_least_many) == 1
    assert "exactly `many` samples is still medium" in capsys.readouterr().out


# Lesson 3: points for single outputs.


def test_outputs_earn_their_points_alone(capsys):
    def no_variance(*args):
        count, mean, _ = added_bin_moments(*args)
        return count, mean, None

    assert lesson3.bin_moments(no_variance) == 1
    assert "'variance': expected" in capsys.readouterr().out
    right = vectors_rank_and_condition
    assert lesson4.rank_and_condition(lambda c: (0, right(c)[1])) == 1
    assert lesson4.rank_and_condition(lambda c: (right(c)[0], 0.0)) == 1


def test_a_wrong_number_of_outputs_is_named(capsys):
    assert lesson3.bin_moments(lambda *args: added_bin_moments(*args)[1:]) == 0
    assert "the result must be 3 values" in capsys.readouterr().out


def test_float32_sums_of_squares_lose_only_the_last_point(capsys):
    def in_float32(batches, n_bins, dim):
        n, sums, squares = np.zeros((n_bins, 1), int), 0, 0
        for x, index in batches:
            bins = [x[index == b] for b in range(n_bins)]
            n += np.array([[len(x)] for x in bins])
            sums = sums + np.array([x.sum(0) for x in bins])
            squares = squares + np.array([(x**2).sum(0) for x in bins])
        return n[:, 0], sums / n, (squares - sums**2 / n) / (n - 1)

    assert lesson3.bin_moments(in_float32) == 2
    assert "float32 has too few digits" in capsys.readouterr().out


# Lesson 4: gradients, writing in place, and a class.


def calibrate_in_place(z, index, mean, cov, smoothed_mean, smoothed_cov):
    right = EXERCISES["calibrate_full"].reference
    z[:] = right(z.clone(), index, mean, cov, smoothed_mean, smoothed_cov)
    return z


def test_wrong_values_cost_neither_the_gradient_nor_eval(capsys):
    def doubled(answer):
        return lambda z, *others: 2 * answer(z, *others)

    for exercise, gradient in (
        (lesson4.calibrate_diagonal, "✓ a gradient reaches z"),
        (lesson4.calibrate_full, "✓ a gradient reaches z"),
    ):
        assert exercise(doubled(exercise.reference)) == 1
        assert gradient in capsys.readouterr().out

    class Truncated(LessonFDS):
        def forward(self, z, labels):
            return super().forward(z, labels.long())

    class NeverCollects(Kept):
        def forward(self, z, labels):
            return z

    for layer in (Truncated, NeverCollects):
        assert lesson4.MyFDS(layer) == 3
        out = capsys.readouterr().out
        assert all(f"✓ {part}" in out for part in ("the identity", "the st", "grad"))


def test_a_gradient_that_is_zero_or_not_finite_is_named(capsys):
    for factor, words in ((0.0, "0 everywhere"), (float("nan"), "not finite")):

        def answer(z, *others, factor=factor):
            right = loop_calibrate_diagonal(z.detach(), *others)
            return right + factor * (z - z.detach()) if z.requires_grad else right

        assert lesson4.calibrate_diagonal(answer) == 2
        assert f"expected 'arrives', but got '{words}'" in capsys.readouterr().out


class InPlaceFDS(Kept):
    def forward(self, z, labels):
        return z.copy_(z + 0.0) if not self.training else self.step(z, labels)

    def step(self, z, labels):
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        z.sub_(self.pair[0][index])
        z.mul_((self.pair[3] / self.pair[1]).clamp(0.1, 10).sqrt()[index])
        z.add_(self.pair[2][index])
        return z


def test_features_that_are_written_to_are_found_though_their_values_are_right(capsys):
    assert lesson4.calibrate_full(calibrate_in_place) == 2
    assert "changes its input" in capsys.readouterr().out
    assert lesson4.MyFDS(InPlaceFDS) == 3
    assert "changes its input" in capsys.readouterr().out


def test_a_missing_gradient_is_named_beside_values_that_are_wrong_too(capsys):
    lesson4.calibrate_diagonal(
        lambda z, *others: loop_calibrate_diagonal(z, *others).detach() + z[0, 0] * 0
    )
    out = capsys.readouterr().out
    assert "✗ a gradient reaches z" in out and "'gradient of z': expected" in out


def test_complex_numbers_are_refused(capsys):
    def general_eigenvectors(matrix):
        values, vectors = torch.linalg.eig(matrix)
        return vectors @ torch.diag_embed(values.sqrt()) @ torch.linalg.inv(vectors)

    assert lesson4.matrix_sqrt(general_eigenvectors) == 0
    assert "complex numbers" in capsys.readouterr().out


def test_a_class_without_its_forward_is_not_attempted(capsys):
    class Unsolved(Kept):
        def forward(self, z, labels):
            raise NotImplementedError("exercise 4.4")

    assert lesson4.MyFDS(Unsolved) == 0
    out = capsys.readouterr().out
    assert "not attempted" in out and "✗" not in out
    layer = lesson4.MyFDS.or_library(Unsolved)(2, LabelBins(0, 9, 1), np.ones(3) / 3)
    assert isinstance(layer, EpochEnd)


def test_what_is_no_class_of_layers_gets_a_sentence(capsys):
    lesson4.MyFDS(LessonFDS(2, LabelBins(0, 9, 1), np.ones(3) / 3))
    assert "pass the class itself" in capsys.readouterr().out
    lesson4.MyFDS(lambda *args: "a layer")
    assert "MyFDS must be a class" in capsys.readouterr().out


def test_a_step_of_a_scenario_is_named(capsys):
    class Doubled(LessonFDS):
        def forward(self, z, labels):
            return super().forward(z, labels) * (1 + self.running.any())

    lesson4.MyFDS(Doubled)
    out = capsys.readouterr().out
    assert "for whole labels, two epochs: 'train, epoch 2, batch 1': at [0, 0] " in out


def test_what_numpy_cannot_hold_gets_a_sentence(capsys):
    lesson4.matrix_sqrt(lambda matrix: matrix.bfloat16())
    assert "not a number or an array of numbers" in capsys.readouterr().out


# Lesson 5: what a training does to its model, and an exercise with many right answers.


def points_and_text(exercise, answer, capsys):
    points = exercise(answer)
    return points, capsys.readouterr().out


def test_a_slip_of_a_step_costs_the_parts_that_it_touches(capsys):
    def kept_tensor(*args):
        return torch.tensor(closed_training_step(*args))

    def nothing_returned(*args):
        closed_training_step(*args)

    def not_cleared(model, fds, optimizer, x, y, weights):
        z = model.features(x) if fds is None else fds(model.features(x), y)
        loss = (weights * (model.regressor(z)[:, 0] - y).abs()).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    def without_fds(model, fds, *others):
        return closed_training_step(model, None, *others)

    for answer, points, expected in (
        (kept_tensor, 2, "return it as a Python float"),
        (nothing_returned, 1, "does it end with a return statement"),
        (not_cleared, 1, "the gradients of the batches add up"),
        (without_fds, 2, "fds plays no part"),
    ):
        earned, out = points_and_text(lesson5.training_step, answer, capsys)
        assert earned == points and expected in out, out


def test_a_slip_at_an_epochs_end_costs_the_parts_that_it_touches(capsys):
    def another_key(*args):
        result = shown_end_of_epoch(*args)
        return {"distance": result["distance"], "mae": result["val_mae"]}

    def half_in_eval(model, *others):
        result = shown_end_of_epoch(model, *others)
        model.layers.eval()
        return result

    def gradients_off(model, *others):
        torch.set_grad_enabled(False)
        return shown_end_of_epoch(model, *others)

    def frozen(model, *others):
        model.requires_grad_(False)
        return shown_end_of_epoch(model, *others)

    def nothing_done(*args):
        return {"distance": 0.0, "val_mae": 0.0}

    for answer, points, expected in (
        (another_key, 2, "a dict that holds 'val_mae'"),
        (half_in_eval, 2, "eval() mode in others"),
        (gradients_off, 2, "can't learn: gradients are off"),
        (frozen, 2, "can't learn: gradients are off"),
        (nothing_done, 0, ""),
    ):
        earned, out = points_and_text(lesson5.end_of_epoch, answer, capsys)
        assert earned == points and expected in out, out
    assert torch.is_grad_enabled()


def test_a_history_is_shown_by_its_scores(capsys):
    _, out = points_and_text(lesson5.best_epoch, lambda history, score: 99, capsys)
    assert "history = epochs 1 to 5, val_few 9.5, 8.5, 9, 7.5, 8" in out


def test_a_history_that_is_not_refused_is_shown(capsys):
    def zero_for_none(history, score):
        try:
            return loop_best_epoch(history, score)
        except ValueError:
            return 0

    earned, out = points_and_text(lesson5.best_epoch, zero_for_none, capsys)
    assert earned == 1
    assert "nan, nan, nan, score = 'val_few': this input must be refused" in out


def pair(base, variant, weights=("sqinv", "sqinv")):
    """An answer to `my_ablation` with these FDS layers and weights."""
    options = [
        {"weights": w, "fds": fds}
        for w, fds in zip(weights, (base, variant), strict=True)
    ]
    return lambda: options


@pytest.mark.parametrize(
    ("answer", "points", "expected"),
    [
        (pair({"kernel_size": 4}, {"kernel_size": 5}), 1, "must be odd"),
        (pair({"kernel_size": 10**12 + 1}, {}), 1, "only 101 bins"),
        (pair({"sigma": "wide"}, {}), 1, "sigma of base is the text 'wide'"),
        (pair({"window": [1.0]}, {}), 1, "unknown option 'window'"),
        (pair({"bins": 3}, {}), 1, "unknown option 'bins'"),
        (pair([], {}), 1, "must be None or a dict"),
        (pair(None, {"sigma": 2.0}, ("inv", "sqinv")), 1, "weights and fds"),
        (
            pair({"sigma": 2}, {"edges": "reflect", "clip": None}),
            1,
            "the two differ in sigma, edges and clip: change one thing",
        ),
        (pair({"momentum": 0.9}, {}), 1, "the two trainings are the same"),
        (pair({"clip": [0.1, 10.0]}, {}), 1, "the two trainings are the same"),
        (lambda: [1, 2], 0, "return two dicts"),
        (lambda: ({}, {}, {}), 0, "return two dicts"),
        (lambda: ({}, {}), 0, 'base has no "weights"'),
    ],
)
def test_the_verdict_on_an_ablation_names_its_settings(
    answer, points, expected, capsys
):
    earned, out = points_and_text(lesson5.my_ablation, answer, capsys)
    assert earned == points and expected in out, out
    assert out.count("→") == 1


@pytest.mark.parametrize("name", lesson5.__all__)
def test_the_checks_of_trainings_leave_the_global_state_alone(name, capsys):
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    threads = torch.get_num_threads()
    exercise = EXERCISES[name]
    exercise(exercise.reference)
    exercise(lambda *args: 0.5)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert before[2] == np.random.get_state()[1].tolist()
    assert torch.get_num_threads() == threads


# --- what a student sees of their own code -------------------------------------------


def test_a_librarys_own_not_implemented_error_is_no_stub(capsys):
    def half_written(labels, start, width):
        return torch.nn.Module()(labels)

    assert lesson1.bin_index(half_written) == 0
    out = capsys.readouterr().out
    assert "not attempted" not in out and "NotImplementedError" in out
    assert "at `return torch.nn.Module()(labels)`" in out


def test_what_a_function_prints_is_shown_where_it_went_wrong(capsys):
    def talkative(labels, start, width):
        print("labels are", labels)
        for _ in range(1000):
            print("again and again")
        return labels

    def right(*args):
        print("fine")
        return lesson1.bin_index.reference(*args)

    lesson1.bin_index(talkative)
    out = capsys.readouterr().out
    assert "your function printed: labels are [" in out and len(out) < 1500
    assert lesson1.bin_index(right) == lesson1.bin_index.points
    assert "printed" not in capsys.readouterr().out


def test_an_answer_that_takes_long_is_announced(capsys, monkeypatch):
    patience = exercise_module._patience
    monkeypatch.setattr(exercise_module, "_patience", lambda what: patience(what, 0.05))

    def slow(labels, start, width):
        time.sleep(0.2)
        return lesson1.bin_index.reference(labels, start, width)

    assert lesson1.bin_index(slow) == lesson1.bin_index.points
    assert "bin_index: input 1 of" in capsys.readouterr().out


def detached_loss(y_hat, y, w):
    lesson2.weighted_l1.reference(y_hat, y, w)  # refuses what must be refused
    value = (w * (y - y_hat).abs()).mean()
    return torch.tensor(value.item(), requires_grad=True)


def straight_through_loss(y_hat, y, w):
    value = lesson2.weighted_l1.reference(y_hat, y, w)
    other = ((y - y_hat) ** 2).mean()
    return other + (value - other).detach()


@pytest.mark.parametrize(
    ("loss", "fault"),
    [
        (detached_loss, "so no gradient reaches the network"),
        (straight_through_loss, "'the gradient of the loss by y_hat': expected ["),
    ],
)
def test_a_gradient_is_compared_by_value(loss, fault, capsys):
    assert lesson2.weighted_l1(loss) == 1
    assert fault in capsys.readouterr().out


def test_the_gradient_of_wrong_values_is_no_second_fault():
    z = torch.ones(3, requires_grad=True)
    assert gradient_fault(lambda z: (z**3).sum(), (z,)) is None
    assert gradient_fault(lambda z: 0 * z, (z,)) == "0 everywhere"
    assert gradient_fault(lambda z: (z - 1).abs().sqrt(), (z,)) == "not finite"


def test_a_difference_says_where_and_with_the_digits_that_differ():
    want = np.arange(24.0).reshape(2, 3, 4)
    got = want.copy()
    got[1, 0, 2] += 1e-4
    text = difference(got, want, 1e-7)
    assert text == "at [1, 0, 2] expected 14, but got 14.0001"
    assert difference(1.00000001, 1.0, 1e-9) == "expected 1, but got 1.00000001"
    assert len(difference(np.zeros((500, 500)), np.ones((500, 500)), 1e-5)) < 60
