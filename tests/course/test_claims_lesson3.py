"""What lesson 3 says of its five networks, and that shuffled data would not say it.

Each claim is a function of the similarities or statistics of all seeds, [S, B, ...]. It
must hold for the record, and must fail once the ages, or the methods, are exchanged.
"""

import functools

import numpy as np
import pytest

from course import lesson3
from course.figures.maps import principal_directions
from course.records.read import load_features, load_runs, load_statistics
from dirlib import (
    cosine_to_anchor,
    kernel_window,
    neighbour_margin,
    shot_regions,
    smooth_bins,
)
from dirlib.datasets.faces import faces

CONTROLS = ("right labels", "150 at 0, same share", "150 at 0, same four", "balanced")
METHODS = ("vanilla", *(f"vanilla, {name}" for name in CONTROLS))
RUNS = load_runs("faces")
SEEDS = range(min(len(RUNS.predictions(method)) for method in METHODS))
COUNTS, MANY = RUNS.train_counts, shot_regions(RUNS.train_counts).many
FEW = shot_regions(RUNS.train_counts).few
CHILDREN, ADULTS, YOUNG = slice(4, 9), slice(17, 61), slice(0, 7)


@functools.cache
def similarity(method, split, statistic="mean", anchor=0):
    """Similarity to an anchor, [S, B]."""
    found = [load_statistics(method, seed, split) for seed in SEEDS]
    return np.array([cosine_to_anchor(s, anchor, statistic) for s in found])


@functools.cache
def means(split):
    """Mean features of vanilla, [S, B, D]."""
    found = [load_statistics("vanilla", seed, split) for seed in SEEDS]
    return np.array([stats.mean.numpy() for stats in found])


def margins(rows):
    return np.array([neighbour_margin(row, 0, MANY) for row in rows])


def most(truths):
    """All of the seeds, or all but one of several."""
    return np.sum(truths) >= max(1, len(truths) - 1)


def shuffled(rows, rng):
    """The same numbers at other ages; the anchor stays."""
    order = np.r_[0, 1 + rng.permutation(rows.shape[1] - 1)]
    return rows[:, order]


def holds_by_age_alone(claim, *rows, times=40):
    """The claim holds, and shuffled ages rarely let it hold."""
    rng = np.random.default_rng(3)
    assert claim(*rows)
    lucky = sum(bool(claim(*(shuffled(r, rng) for r in rows))) for _ in range(times))
    assert lucky <= times // 10, lucky


def test_the_lesson_speaks_of_these_networks_and_seeds():
    assert tuple(lesson3.NETWORKS.values()) == METHODS
    assert lesson3.SEEDS == SEEDS
    for split in ("train", "test"):
        np.testing.assert_array_equal(lesson3.by_seed("vanilla", split), means(split))


# Part 4: age 30.


@pytest.mark.parametrize("statistic", ["mean", "variance"])
def test_ages_near_30_have_nearly_the_same_statistics(statistic):
    near = [27, 28, 29, 31, 32, 33]

    def claim(rows):
        middle = np.nanmedian(rows, axis=1)
        return rows[:, near].min() > 0.9 and (rows[:, near].mean(1) > middle).all()

    holds_by_age_alone(claim, similarity("vanilla", "train", statistic, 30))


def test_by_training_statistics_age_0_is_as_near_to_30_as_a_teenager_is():
    def claim(training, held_out):
        close = training[:, 0] > 0.95 * training[:, 17]
        apart = held_out[:, 0] < 0.9 * held_out[:, 17]
        return close.all() and apart.all()

    training, held_out = (
        similarity("vanilla", s, anchor=30) for s in ("train", "test")
    )
    assert claim(training, held_out)
    assert not claim(held_out, training)
    # So are the first years as a whole.
    assert (training[:, YOUNG].mean(1) > held_out[:, YOUNG].mean(1)).all()


# Part 4: age 0.


def hump(rows):
    """Which seeds have it: children of 4 to 8 are all less similar than adults are."""
    return np.nanmax(rows[:, CHILDREN], 1) < np.nanmean(rows[:, ADULTS], 1)


def test_the_training_means_have_a_hump_on_most_seeds_and_held_out_ones_on_none():
    holds_by_age_alone(lambda rows: most(hump(rows)), similarity("vanilla", "train"))
    assert hump(similarity("vanilla", "train"))[0]  # the network that is shown
    assert not hump(similarity("vanilla", "test")).any()
    # "Very similar again": adults are at the top.
    assert (similarity("vanilla", "train")[:, ADULTS].mean(1) > 0.94).all()


def test_held_out_similarity_to_age_0_falls_with_the_age():
    def claim(rows):
        groups = [rows[:, a:b].mean(1) for a, b in ((1, 9), (17, 30), (40, 61))]
        return (groups[0] > groups[1]).all() and (groups[1] > groups[2]).all()

    holds_by_age_alone(claim, similarity("vanilla", "test"))


def test_the_variances_scatter_more_than_the_means():
    def scatter(statistic):
        rows = similarity("vanilla", "train", statistic)[:, 3:]
        return np.nanmean(np.abs(np.diff(rows, axis=1)), 1)

    assert (scatter("variance") > scatter("mean")).all()
    assert not hump(similarity("vanilla", "train", "variance")).any()


def test_the_margin_is_sick_on_training_images_and_healthy_on_held_out_ones():
    def claim(training, held_out):
        return (margins(training) <= 0).all() and (margins(held_out) > 0.1).all()

    sets = [similarity("vanilla", split) for split in ("train", "test")]
    assert claim(*sets) and not claim(*sets[::-1])
    holds_by_age_alone(lambda rows: (margins(rows) > 0.1).all(), sets[1])


# Part 5: the controls.


def test_the_six_images_labelled_0():
    train = faces("train", progress=False)
    shown = train.ages[train.labels == 0]
    assert len(shown) == 6 and np.sum(shown == 0) == 2
    adults = shown[shown > 0]
    assert (adults >= 38).all() and (adults <= 61).all()
    assert np.sum(train.ages[train.labels == 2] != 2) == 2  # of three
    assert 25 <= COUNTS[3:9].min() and COUNTS[3:9].max() < 30  # "nearly 30"


def test_on_the_map_four_of_the_six_lie_among_the_adults():
    z, labels = load_features("vanilla")
    where = principal_directions(z, labels)[0][:, 0]  # grows with the age
    shown = faces("train", progress=False).ages[labels == 0]
    six, young = where[labels == 0], where[labels < 10]
    low, high = np.quantile(where[(labels > 16) & (labels < 61)], [0.05, 0.95])
    assert (six[shown == 0] < np.median(young)).all()
    assert ((low < six[shown > 0]) & (six[shown > 0] < high)).all()


def test_wrong_dates_make_the_hump_and_few_images_alone_do_not():
    found = {
        name: margins(similarity(f"vanilla, {name}", "train")) for name in CONTROLS
    }

    def claim(found):
        cured = [found[name] for name in CONTROLS if name != "150 at 0, same share"]
        sick = found["150 at 0, same share"]
        return all((c > 0.1).all() for c in cured) and (sick <= 0).all()

    assert claim(found)
    for i in range(1, 4):  # another network in the place of "same share"
        names = np.roll(CONTROLS, i)
        assert not claim(dict(zip(names, found.values(), strict=True))), names


def test_the_curves_of_the_controls():
    for name in CONTROLS:
        rows = similarity(f"vanilla, {name}", "train")
        assert hump(rows).all() == (name == "150 at 0, same share"), name


def test_in_the_variance_only_right_labels_help():
    found = {
        name: margins(similarity(f"vanilla, {name}", "train", "variance")).mean()
        for name in CONTROLS
    }
    right = found.pop("right labels")
    assert right > 0.2 and all(right > 2 * abs(other) for other in found.values())
    assert all(other < 0.15 for other in found.values())


def test_held_out_margins_are_healthy_and_larger_with_more_images():
    found = {m: margins(similarity(m, "test")) for m in METHODS}
    assert all((values > 0).all() for values in found.values())
    average = {m: values.mean() for m, values in found.items()}
    assert min(average, key=average.get) == "vanilla"
    most = sorted(average, key=average.get)[-2:]
    assert set(most) == {"vanilla, balanced", "vanilla, 150 at 0, same four"}
    more = [average[f"vanilla, {name}"] for name in CONTROLS[2:]]
    assert average["vanilla, right labels"] < min(more)


# Part 6: chance and neighbours; what smoothing does to the margin is in a deep part.


def smoothed(mean, window):
    total = smooth_bins(COUNTS[:, None] * mean, window)
    return total / smooth_bins(COUNTS, window)[:, None]


def heldout_distance(estimates, truths):
    off = np.linalg.norm(estimates - truths, axis=2)
    return off[:, FEW].mean(1)


def test_chance_alone_gives_most_of_the_distance_of_rare_ages():
    z, labels = load_features("vanilla")
    rng, stats = np.random.default_rng(0), means("train")[0]
    distance = np.linalg.norm(stats - means("test")[0], axis=1)

    def by_chance(age):
        some = z[labels == age].astype(float)
        drawn = {n: some[rng.integers(0, len(some), (500, n))] for n in range(2, 21)}
        return {
            n: np.linalg.norm(x.mean(1) - some.mean(0), axis=1).mean()
            for n, x in drawn.items()
        }

    assert COUNTS[87] == 42 and COUNTS[82:87].max() <= 12 and COUNTS[88:93].max() <= 12
    chance, old = by_chance(87), np.flatnonzero(FEW & (np.arange(101) > 60))
    expected = np.array([chance[n] for n in COUNTS[old]])
    assert 0.7 < expected.mean() / distance[old].mean() < 1.1
    assert 0.3 < (distance[old] > expected).mean() < 0.7  # around the line
    assert all(distance[age] > 2 * chance[COUNTS[age]] for age in (0, 2))
    # With all images, chance would explain little.
    assert chance[20] / distance[old].mean() < 0.6


def test_smoothed_means_are_about_half_as_far_from_held_out_ones():
    window = kernel_window("gaussian", 15, 5.0)
    train, test = means("train"), means("test")

    def gain(train):
        plain = heldout_distance(train, test)
        better = heldout_distance([smoothed(m, window) for m in train], test)
        return 1 - better / plain

    np.testing.assert_allclose(
        lesson3.heldout_distance(train[:2], (0, 1)), heldout_distance(train, test)[:2]
    )
    assert (gain(train) > 0.25).all() and 0.35 < gain(train).mean() < 0.65
    rng = np.random.default_rng(0)
    for _ in range(5):  # neighbours know nothing if the ages are mixed
        order = rng.permutation(101)
        mixed = [smoothed(m[order], window)[np.argsort(order)] for m in train]
        assert not (heldout_distance(mixed, test) < heldout_distance(train, test)).all()


def test_smoothing_heals_the_margin_and_moves_age_0_away_from_the_crowd():
    window = kernel_window("gaussian", 15, 5.0)

    def to_0(table):
        length = np.linalg.norm(table, axis=1)
        return table @ table[0] / (length * length[0])

    plain, smooth = (
        np.array([to_0(table) for table in tables])
        for tables in (means("train"), [smoothed(m, window) for m in means("train")])
    )
    assert (margins(plain) <= 0).all() and (margins(smooth) > 0.03).all()
    crowd = MANY.copy()
    assert (smooth[:, crowd].mean(1) < plain[:, crowd].mean(1) - 0.03).all()
