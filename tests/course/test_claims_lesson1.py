"""What lesson 1 says of its recorded runs holds, and is not said of any data.

Each claim is tried on the runs as they are, and on runs whose ages were shuffled: what
then still holds would say nothing.
"""

from types import SimpleNamespace

import numpy as np
import pytest

import dirlib
from course.records.ages import AGES, EXTRAPOLATION, INTERPOLATION
from course.records.read import load_runs

CLAIMS = []


def claim(function):
    CLAIMS.append(function)
    return function


@pytest.fixture(scope="module")
def recorded():
    """The errors and guesses by age of each method, [S, 101], and the counts."""
    runs = load_runs("faces")
    controls = [f"vanilla, hole {where}" for where in ("inside", "at the end")]
    for age in (42, 55):
        controls.append(f"vanilla, without age {age}")
        controls.append(f"vanilla, without the neighbours of {age}")
    error = {name: runs.error_by_age(name) for name in ["vanilla", *controls]}
    guess = [runs.predictions("vanilla")[:, runs.y == age] for age in range(101)]
    return SimpleNamespace(
        counts=runs.train_counts,
        regions=runs.regions,
        error=error["vanilla"],
        mean=error["vanilla"].mean(0),
        change={
            name.split(", ")[1]: error[name] - error["vanilla"] for name in controls
        },
        wrong=runs.wrong_by_class("patterns"),
        guess=np.stack([g.mean(1) for g in guess], axis=1),
        gm=np.stack([gm(g, age) for age, g in enumerate(guess)], axis=1),
    )


def gm(guesses, age):
    """The geometric mean of the errors at an age, by seed."""
    return np.exp(np.log(np.maximum(np.abs(guesses - age), 1e-3)).mean(1))


def shuffled(recorded, rng):
    """The same runs, with their ages in another order; the counts stay."""
    order = rng.permutation(101)
    moved = vars(recorded) | {
        name: getattr(recorded, name)[..., order]
        for name in ("error", "mean", "wrong", "guess", "gm")
    }
    moved["change"] = {k: c[:, order] for k, c in recorded.change.items()}
    return SimpleNamespace(**moved)


# ----------------------------------------------------------------------- 1. Who pays?


@claim
def four_years_at_36_and_more_than_thirty_at_95(runs):
    return 3 < runs.mean[36] < 5.5 and runs.mean[95] > 30


@claim
def low_in_the_thirties_and_for_small_children_and_highest_at_the_end(runs):
    low = max(runs.mean[32:38].mean(), runs.mean[3:7].mean())
    return low < 0.5 * runs.mean.mean() and runs.mean[85:].mean() > 2 * runs.mean.mean()


@claim
def the_old_are_taken_for_sixty(runs):
    return 54 < runs.guess[:, 85:].mean() < 67


@claim
def children_pay_half_of_what_people_around_60_pay(runs):
    children, around_60 = slice(3, 10), slice(56, 63)
    alike = 0.8 < runs.counts[children].mean() / runs.counts[around_60].mean() < 1.25
    return alike and runs.mean[children].mean() < 0.55 * runs.mean[around_60].mean()


# ----------------------------------------------------------- 3. The error of a region


@claim
def an_uneven_test_set_hides_half_of_the_error(runs):
    return 0.4 < np.average(runs.mean, weights=runs.counts) / runs.mean.mean() < 0.65


@claim
def the_rare_pay_several_times_over_on_every_seed(runs):
    many, medium, few = (runs.error[:, getattr(runs.regions, r)].mean(1)
                         for r in ("many", "medium", "few"))  # fmt: skip
    gap = few.min() - medium.max()
    return (
        (few > 3 * many).all() and gap > 3 * np.ptp(few) and medium.min() > many.max()
    )


# ------------------------------------------------------------ 4. Does the count tell?


@claim
def the_count_tells_less_than_one_would_think(runs):
    r = dirlib.pearson(runs.counts, runs.mean)
    rare = runs.counts <= 12
    youngest, oldest = runs.mean[:3], runs.mean[-5:]
    alike = rare[:3].all() and rare[-5:].all()
    return -0.6 < r < -0.3 and alike and youngest.max() < 12 and oldest.min() > 25


@claim
def a_rich_neighbourhood_serves_better(runs):
    pairs = ((53, 79), (35, 58), (23, 16))
    equal = all(runs.counts[a] == runs.counts[b] for a, b in pairs)
    return equal and all(runs.mean[a] < 0.8 * runs.mean[b] for a, b in pairs)


def lost(runs, name, ages):
    """The mean change of the error of some ages, by seed."""
    return runs.change[name][:, np.asarray(ages)].mean(1)


@claim
def age_42_misses_its_neighbours_more_than_its_own_images_and_55_hardly_its_own(
    runs,
):
    own, own_55 = (lost(runs, f"without age {age}", [age]) for age in (42, 55))
    near = lost(runs, "without the neighbours of 42", [42])
    old = lost(runs, "without the neighbours of 42", range(70, 101)).mean()
    more = (near > own).all() and near.mean() > 1
    return more and old < 0.5 and own_55.mean() < min(0.7, own.mean() - 0.5)


@claim
def a_hole_inside_costs_a_few_years_and_the_old_lose_nothing(runs):
    inside = lost(runs, "hole inside", INTERPOLATION)
    old = lost(runs, "hole inside", range(70, 101))
    return 1.5 < inside.mean() < 5 and (inside > 0).all() and old.mean() < 0.5


@claim
def a_hole_at_the_end_costs_far_more_and_spreads(runs):
    inside = lost(runs, "hole inside", INTERPOLATION).mean()
    end = lost(runs, "hole at the end", EXTRAPOLATION)
    next_to_it = lost(runs, "hole at the end", range(60, 85))
    far = lost(runs, "hole at the end", range(60))
    images = [runs.counts[list(ages)].sum() for ages in (INTERPOLATION, EXTRAPOLATION)]
    fewer = 6 < images[0] / images[1] < 8
    more = 2 < end.mean() / inside < 4.5
    return fewer and more and (next_to_it > 1).all() and far.mean() < 0.5


# ----------------------------------------------------------------------- 5. Strangers


@claim
def for_strangers_the_count_tells_nearly_all(runs):
    wrong = runs.wrong.mean(0)
    ages, patterns = (dirlib.pearson(runs.counts, e) for e in (runs.mean, wrong))
    rare, common = wrong[runs.counts <= 12], wrong[runs.counts > 300]
    close = -0.9 < patterns < min(-0.8, ages - 0.2)
    return close and rare.mean() > 97 and common.max() < 20


@claim
def half_of_the_patterns_are_always_wrong_and_by_ranks_the_gap_is_smaller(runs):
    wrong = runs.wrong.mean(0)
    gaps = [
        abs(measure(runs.counts, wrong) - measure(runs.counts, runs.mean))
        for measure in (dirlib.pearson, dirlib.spearman)
    ]
    always = (runs.wrong == 100).all(0).mean()
    by_ranks = dirlib.spearman(runs.counts, wrong)
    return 0.35 < always < 0.65 and gaps[1] < 0.6 * gaps[0] and by_ranks < -0.75


# ---------------------------------------------------------- 6. What a network borrows


def ruler(runs):
    """The distance from the median training age."""
    return np.abs(np.arange(101) - np.median(np.repeat(np.arange(101), runs.counts)))


@claim
def the_neighbourhood_follows_the_error_better_and_the_distance_best(runs):
    mass = dirlib.smooth_bins(runs.counts, np.ones(11))
    own, near, far = (
        abs(dirlib.pearson(x, runs.mean)) for x in (runs.counts, mass, ruler(runs))
    )
    return own + 0.1 < near < far - 0.1


@claim
def the_children_are_the_branch_that_falls_away(runs):
    far = ruler(runs)
    old = {d: runs.mean[36:][far[36:] == d].mean() for d in far[:10]}
    return all(runs.mean[a] < 0.75 * old[far[a]] for a in range(1, 10))


@claim
def a_wide_blend_beats_the_ruler(runs):
    window = dirlib.kernel_window("gaussian", 65, 8.0)
    blend = 1 / np.sqrt(dirlib.smooth_bins(runs.counts, window))
    return (
        dirlib.pearson(blend, runs.mean) > dirlib.pearson(ruler(runs), runs.mean) > 0.8
    )


# --------------------------------------------------------------- Deep · A second mean


@claim
def errors_of_the_rare_are_more_alike(runs):
    many, few = (
        np.exp(np.log(runs.gm[:, mask]).mean()) / runs.error[:, mask].mean()
        for mask in (runs.regions.many, runs.regions.few)
    )
    return many + 0.05 < few < 1


@pytest.mark.parametrize("says", CLAIMS, ids=lambda f: f.__name__)
def test_a_claim_holds_and_fails_where_ages_are_shuffled(says, recorded):
    assert says(recorded)
    rng = np.random.default_rng(1)
    still = np.mean([says(shuffled(recorded, rng)) for _ in range(200)])
    # What is said of one or two ages is true of some shuffles, by chance.
    assert still < 0.25, f"it holds on {still:.0%} of shuffled data, too"


def test_the_faces_are_as_the_lesson_says():
    counts = load_runs("faces").train_counts
    near = [a for a in range(50, 61) if a != 55]
    assert counts[[42, 55]].tolist() == [450, 16] and counts[near].sum() == 372
    assert [counts[list(a)].sum() for a in (INTERPOLATION, EXTRAPOLATION)] == [792, 113]
    without = np.where(np.abs(np.arange(101) - 42) <= 5, 0, counts)
    without[42] = counts[42]
    assert [np.median(np.repeat(range(101), c)) for c in (counts, without)] == [36, 33]
    assert counts[0] == 6 and counts[20:51].sum() > 0.7 * counts.sum()
    assert AGES.n_bins == 101 and not dirlib.shot_regions(counts).zero.any()
