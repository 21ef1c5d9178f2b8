"""What lesson 5 says came out, and that shuffled data would not say it.

Each claim is a function of numbers of all seeds. It holds for the record, and no longer
when methods, epochs, regions or runs have changed places.
"""

import numpy as np
import pytest

from course.checks.lesson5.diagnose import KEY
from course.figures.maps import principal_directions
from course.records.ages import EXTRAPOLATION, INTERPOLATION
from course.records.read import (
    load_history,
    load_runs,
    load_statistics,
    published_results,
)

STEPS = ("vanilla", "sqinv", "sqinv+lds", "sqinv+lds+fds")
RUNS = load_runs("faces")
Y = RUNS.y
MASKS = {name: getattr(RUNS.regions, name)[Y] for name in ("few", "medium", "many")}
MASKS["old"] = MASKS["few"] & (Y >= 85)
MASKS["inside"], MASKS["end"] = np.isin(Y, INTERPOLATION), np.isin(Y, EXTRAPOLATION)


def errors(method, region):
    """The mean absolute error over a part of the test faces, [S]."""
    return np.abs(RUNS.predictions(method) - Y)[:, MASKS[region]].mean(1)


def change(before, after, region):
    a, b = errors(before, region), errors(after, region)
    seeds = min(len(a), len(b))
    return b[:seeds] - a[:seeds]


# Opening: the guesses of vanilla.


def test_the_oldest_are_guessed_decades_too_young():
    guesses = RUNS.predictions("vanilla")

    def claim(y):
        off = {age: (guesses - y)[:, y == age].mean() for age in (20, 30, 88, 95)}
        return max(off[88], off[95]) < -15 and max(off[20], off[30]) < 12

    assert claim(Y)
    assert not claim(np.random.default_rng(5).permutation(Y))


# Part 4: what to watch.


def by_epoch(method, column):
    """The mean of the seeds, by epoch from 1 to 15."""
    return load_history(method).groupby("epoch")[column].mean().to_numpy()


@pytest.mark.parametrize("method", ["vanilla", "sqinv", "sqinv+lds+fds"])
def test_the_loss_falls_on_when_the_many_shot_error_has_stopped(method):
    loss, many = (by_epoch(method, c) for c in ("loss", "val_many"))

    def claim(loss, many):
        # From epoch 7, the seventh, to the last.
        return loss[14] < 0.92 * loss[6] and many[14] > many[6:14].min() - 0.2

    assert claim(loss, many)
    assert many[6] < 0.4 * many[0]  # it falls steeply at first
    assert not claim(loss[::-1], many) and not claim(many, loss)


def test_with_weights_few_shot_errors_fall_further_and_many_shot_end_higher():
    few, many = (
        {m: by_epoch(m, c) for m in ("vanilla", "sqinv", "sqinv+lds+fds")}
        for c in ("val_few", "val_many")
    )

    def claim(plain, weighted):
        few_plain, many_plain = plain
        few_weighted, many_weighted = weighted
        faster = few_weighted[4] < few_plain[4] - 4
        further = few_weighted[14] < few_plain[14] - 2
        return faster and further and many_weighted[14] > many_plain[14] + 0.3

    for m in ("sqinv", "sqinv+lds+fds"):
        pair = (few["vanilla"], many["vanilla"]), (few[m], many[m])
        assert claim(*pair) and not claim(*pair[::-1])


@pytest.mark.parametrize("method", ["vanilla+fds", "sqinv+lds+fds"])
def test_distance_falls_then_rises_and_falls_beside_the_spread(method):
    table = load_history(method)
    for _, run in table.groupby("seed"):
        distance, spread = (run[c].to_numpy() for c in ("distance_mean", "spread_mean"))

        def claim(distance, spread):
            quotient = distance / spread
            early = distance[1:7].min()
            return (
                early < distance[0]
                and distance[14] > early
                and spread[14] > 2 * spread[0]
                and quotient[14] < quotient[0] / 2
            )

        assert claim(distance, spread)
        assert not claim(distance[::-1], spread[::-1]) and not claim(spread, distance)


# Part 5: the mystery runs.


def signs(run, healthy):
    """Which causes the curves of a run speak for, by the hints of the lesson."""
    last, first = run.iloc[-1], run.iloc[0]
    usual, start = healthy.iloc[-1], healthy.iloc[0]
    quotient = last.distance_mean / last.spread_mean
    usual_quotient = usual.distance_mean / usual.spread_mean
    stands = last.spread_mean / first.spread_mean < 1.5
    return {
        "bins": run.distance_mean.max() < 1e-4,
        "momentum": stands and usual.spread_mean / start.spread_mean > 2.5,
        "window": not stands and quotient > 1.6 * usual_quotient,
        "labels": last.val_many > usual.val_many + 2.5
        and abs(last.loss / usual.loss - 1) < 0.3
        and last.val_few < usual.val_few
        and abs(quotient / usual_quotient - 1) < 0.4,
    }


def test_the_curves_of_each_mystery_run_name_its_cause_and_no_other():
    healthy = load_history("sqinv+lds+fds").query("seed == 0")
    for letter, cause in KEY.items():
        found = signs(load_history(letter, "mysteries"), healthy)
        assert [name for name, sign in found.items() if sign] == [cause], letter
    assert not any(signs(healthy, healthy).values())


# Parts 6 and 7: what came out, and what re-weighting alone explains.


def test_few_shot_gains_far_beyond_chance_and_many_shot_pays():
    few, many = (change("vanilla", STEPS[-1], r) for r in ("few", "many"))

    def claim(few, many):
        return (few < -2.5).all() and (many > 0.3).all() and many.mean() < 2

    assert claim(few, many) and not claim(many, few) and not claim(-few, -many)


def test_the_old_gain_most():
    gains = {r: -change("vanilla", STEPS[-1], r).mean() for r in ("old", "medium")}
    gains["many"] = -change("vanilla", STEPS[-1], "many").mean()

    def claim(gains):
        return gains["old"] > 4 and gains["old"] > 3 * max(gains["medium"], 0)

    assert claim(gains)
    assert not claim(gains | {"old": gains["many"], "many": gains["old"]})


def test_re_weighting_takes_nearly_all_of_the_gain_and_of_the_price():
    for region in ("few", "many"):
        found = {m: errors(m, region).mean() for m in STEPS}

        def claim(found):
            whole = found["sqinv+lds+fds"] - found["vanilla"]
            later = [found[m] - found["sqinv"] for m in STEPS[2:]]
            alone = (found["sqinv"] - found["vanilla"]) / whole
            return 0.8 < alone < 1.4 and max(np.abs(later)) < 0.3 * abs(whole)

        assert claim(found)
        assert (found["sqinv"] < found["vanilla"]) == (region == "few")
        for m in STEPS[1:]:
            assert not claim(found | {"vanilla": found[m], m: found["vanilla"]})


def test_without_weights_fds_lowers_the_error_of_rare_ages():
    step = change("vanilla", "vanilla+fds", "few")
    assert step.mean() < -0.1 and not (-step).mean() < -0.1


# Part 8: ages that were never seen.


def cost(method, hole):
    """What a hole costs at its ages, [S]."""
    region = {"hole inside": "inside", "hole at the end": "end"}[hole]
    return change(method, f"{method}, {hole}", region)


def test_the_hole_at_the_end_costs_most_and_every_method_about_the_same():
    methods = ("vanilla", "sqinv+lds", "sqinv+lds+fds")
    found = {
        (m, hole): cost(m, hole).mean()
        for m in methods
        for hole in ("hole inside", "hole at the end")
    }

    def claim(found):
        inside = [found[m, "hole inside"] for m in methods]
        end = [found[m, "hole at the end"] for m in methods]
        return (
            0.3 < min(inside)
            and max(inside) < min(end) / 1.5
            and min(end) > 0.5 * max(end)
        )

    assert claim(found)
    for m in methods:
        a, b = (m, "hole inside"), (m, "hole at the end")
        assert not claim(found | {a: found[b], b: found[a]})


def test_guesses_in_the_hole_at_the_end_rise_little_and_weights_lift_them():
    def slope_and_height(method):
        guesses, ages = RUNS.predictions(method).mean(0), Y
        inside = MASKS["end"]
        return np.polyfit(ages[inside], guesses[inside], 1)[0], guesses[inside].mean()

    plain, both = (
        slope_and_height(f"{m}, hole at the end") for m in (STEPS[0], STEPS[-1])
    )
    seen = [slope_and_height(m)[1] for m in (STEPS[0], STEPS[-1])]

    def claim(plain, both, seen):
        flat = max(abs(plain[0]), abs(both[0])) < 0.5
        return flat and plain[1] + 3 < both[1] < 80 and seen[0] + 3 < seen[1]

    assert claim(plain, both, seen)
    assert not claim(both, plain, seen) and not claim(plain, both, seen[::-1])


# Deep parts.


@pytest.mark.parametrize("method", ["vanilla", "sqinv+lds+fds"])
def test_ages_stand_in_line_with_and_without_the_remedies(method):
    ages = np.arange(101.0)
    means = load_statistics(method).mean.numpy()

    def claim(ages):
        points, _ = principal_directions(means, ages)
        return np.corrcoef(points[:, 0], ages)[0, 1] > 0.7

    assert claim(ages)
    assert not claim(np.random.default_rng(5).permutation(ages))


def test_the_loss_keeps_a_late_epoch_and_validation_seems_to_gain():
    for method in ("vanilla", "sqinv", "sqinv+lds+fds"):
        late, gain = [], []
        for _, run in load_history(method).groupby("seed"):
            rows = run.reset_index(drop=True)
            late.append(rows.loss.argmin() >= 13)
            gain.append(rows.val_few.iloc[-1] - rows.val_few.min())
        assert all(late) and np.mean(gain) >= 0


def test_the_published_step_is_a_sixth_and_the_re_runs_lie_within_a_year():
    table = published_results()
    paper = table[table.source == "paper"].few.to_numpy()
    assert 1 - paper[1] / paper[0] == pytest.approx(1 / 6, abs=0.02)
    again = table[table.source == "repository"].groupby("data").few
    assert (again.max() - again.min()).max() < 1
    assert set(again.size()) == {3}
