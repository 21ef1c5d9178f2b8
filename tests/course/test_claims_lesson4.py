"""What lesson 4 says came out, and that shuffled data would not say it.

Each claim is a function of numbers of all seeds, [S, ...]. It must hold for the record,
and must fail, or nearly always fail, once ages or methods are exchanged.
"""

import functools

import numpy as np
import pytest
import torch

from course.broken_layers import LayerA
from course.epoch_end import smoothed_statistics
from course.figures.calibration import running_mean
from course.lesson4 import ages_nearer, similarity_to_age_0, with_and_without
from course.records.ages import AGES
from course.records.read import load_features, load_runs, load_statistics
from dirlib import bin_statistics, calibrate, kernel_window

METHODS = ("vanilla", "vanilla+fds", "sqinv+lds", "sqinv+lds+fds")
RUNS = load_runs("faces")
SEEDS = range(min(len(RUNS.predictions(method)) for method in METHODS))
COUNTS, FEW, MANY = RUNS.train_counts, RUNS.regions.few, RUNS.regions.many
AGE = np.arange(AGES.n_bins)
YOUNG, OLD = FEW & (AGE < 50), FEW & (AGE >= 50)
WINDOW = kernel_window("gaussian", 15, 5.0)
RARE = 90


@functools.cache
def means(method, split):
    """Mean features, [S, B, D]."""
    found = [load_statistics(method, seed, split) for seed in SEEDS]
    return np.array([stats.mean.numpy() for stats in found])


def smoothed(rows, order=AGE):
    """Smoothed by count, [S, B, D], with the ages in another order along the window."""
    out = np.empty_like(rows)
    for seed, m in enumerate(rows):
        out[seed, order] = smoothed_statistics(m[order], COUNTS[order], WINDOW)
    return out


def distances(rows, goal):
    return np.linalg.norm(rows - goal, axis=-1)


def most(truths):
    """All of the seeds, or all but one of several."""
    return np.sum(truths) >= max(1, len(truths) - 1)


def seldom(claim, times=20):
    """How often a claim about shuffled data holds must be the exception."""
    rng = np.random.default_rng(4)
    lucky = sum(bool(claim(rng)) for _ in range(times))
    assert lucky <= times // 10, lucky


# Part 1: where FDS sits.


def test_smoothing_takes_about_half_of_the_distance_to_held_out_means():
    m, truth = means("vanilla", "train"), means("vanilla", "test")

    def claim(order):
        far = distances(m, truth)[:, FEW].mean(1)
        near = distances(smoothed(m, order), truth)[:, FEW].mean(1)
        return (near / far < 0.65).all() and (near / far > 0.35).all()

    assert claim(AGE)
    seldom(lambda rng: claim(rng.permutation(AGE)))


# Part 3: one bump onto another.


def test_the_bump_of_the_rare_age_becomes_narrower_and_moves_to_the_right():
    z, labels = load_features("vanilla")
    f = int(load_statistics("vanilla", split="test").mean.numpy().std(0).argmax())
    stats = bin_statistics(torch.from_numpy(z), labels, AGES)
    mean, var = stats.mean.numpy(), stats.variance().nan_to_num().numpy()
    new_mean = smoothed_statistics(mean, COUNTS, WINDOW)[RARE, f]
    new_var = smoothed_statistics(var, np.maximum(COUNTS - 1, 0), WINDOW)[RARE, f]
    assert new_mean > mean[RARE, f] and new_var < var[RARE, f]


# Part 4: momentum.


def test_a_rare_age_needs_much_momentum_and_a_frequent_one_little():
    draws = np.random.default_rng(0).normal(size=(2000, 15))

    def best(noise):
        seen = np.linspace(0, 1, 15) + noise * draws
        off = {a: (running_mean(seen, a)[:, -1] - 1) ** 2 for a in (0, 0.5, 0.9)}
        return min(off, key=lambda a: off[a].mean())

    assert best(0.1) < 0.9 == best(1.5)


# Part 6: with and without FDS.


def change(base, inside):
    """Change of the error by FDS, over some test ages, [S]."""
    errors = [
        np.abs(RUNS.predictions(name)[: len(SEEDS)] - RUNS.y)[:, inside[RUNS.y]].mean(1)
        for name in (base, base + "+fds")
    ]
    return errors[1] - errors[0]


def test_without_weights_fds_lowers_the_error_of_rare_ages_and_costs_little():
    young, old, many = (change("vanilla", ages) for ages in (YOUNG, OLD, MANY))

    def claim(young, old, many):
        rare = max(young.mean(), old.mean())
        return rare < -0.1 and most(old < 0) and abs(many.mean()) < abs(rare)

    assert claim(young, old, many)
    assert not claim(-young, -old, many) and not claim(many, young, old)


def test_on_top_of_sqinv_and_lds_little_is_left():
    def claim(first, then):
        return abs(then.mean()) < abs(first.mean()) / 2

    rare = [change(base, FEW) for base in ("vanilla", "sqinv+lds")]
    assert claim(*rare) and not claim(*rare[::-1])


# The deep parts.


def test_three_rare_ages_are_young_and_39_old():
    assert (YOUNG.sum(), OLD.sum()) == (3, 39)


def nearer(m, goal, order=AGE):
    return distances(smoothed(m, order), goal) < distances(m, goal)


def test_most_rare_ages_gain_young_and_old():
    m, truth = means("vanilla", "train"), means("vanilla", "test")

    def claim(truth):
        found = nearer(m, truth)
        return found[:, OLD].mean() > 0.65 and found[:, YOUNG].mean() > 0.6

    assert claim(truth)
    seldom(lambda rng: claim(truth[:, rng.permutation(AGE)]))


def test_most_rare_ages_end_no_nearer_to_the_crowd():
    m = means("vanilla", "train")
    crowd = m[:, MANY].mean(1, keepdims=True)

    def claim(order):
        return nearer(m, crowd, order)[:, YOUNG | OLD].mean() < 0.5

    assert claim(AGE)
    seldom(lambda rng: claim(rng.permutation(AGE)))


def test_without_weights_the_gain_lies_at_both_ends_and_most_at_the_old_one():
    both_ends = [change("vanilla", ages) for ages in (AGE < 8, AGE >= 85)]
    middle = change("vanilla", (AGE >= 30) & (AGE < 60))

    def claim(young, old, middle):
        return old.mean() < young.mean() < min(0, middle.mean())

    assert claim(*both_ends, middle)
    assert not claim(*both_ends[::-1], middle)
    assert not claim(middle, *both_ends)


def to_age_0(rows):
    """Cosine similarity of each mean to that of age 0, [S, B]."""
    length = np.linalg.norm(rows, axis=-1)
    return np.einsum("sbd,sd->sb", rows, rows[:, 0]) / (length * length[:, :1])


CHILDREN, ADULTS = slice(4, 9), slice(40, 61)


def test_the_plain_statistics_have_a_hump_and_smoothed_and_held_out_ones_have_none():
    plain, held_out = means("vanilla", "train"), means("vanilla", "test")

    with_fds = means("vanilla+fds", "train")  # the four adults are still labelled 0

    def hump(rows):
        lines = to_age_0(rows)
        return lines[:, ADULTS].mean(1) - lines[:, CHILDREN].mean(1)

    def claim(order):
        mixed = np.r_[0, order]
        rows = (plain, with_fds, smoothed(plain), held_out)
        *up, a, b = (hump(each[:, mixed]) for each in rows)
        return all(most(u > 0.08) for u in up) and most(a < -0.08) and most(b < -0.08)

    assert claim(AGE[1:])
    seldom(lambda rng: claim(rng.permutation(AGE[1:])))


def test_with_fds_held_out_adults_are_less_like_age_0_and_with_weights_too():
    found = {m: to_age_0(means(m, "test"))[:, ADULTS].mean(1) for m in METHODS}

    def claim(names):
        a, fds, lds, both = (found[name] for name in names)
        each = (fds < a).all() and (both < lds).all()
        return each and lds.mean() < a.mean() and both.mean() < fds.mean()

    assert claim(METHODS)
    for names in (METHODS[::-1], [METHODS[i] for i in (1, 0, 3, 2)]):
        assert not claim(names)


def test_the_lesson_counts_and_draws_what_these_tests_measure():
    found = nearer(means("vanilla", "train"), means("vanilla", "test"))
    young, old = (found[:, ages].sum(1).mean() for ages in (YOUNG, OLD))
    assert ages_nearer("held-out mean", WINDOW) == pytest.approx([young, old])
    before, after = with_and_without("vanilla")["vanilla: rare old ages"]
    np.testing.assert_allclose(after - before, change("vanilla", OLD))
    rows = similarity_to_age_0("vanilla", "test")
    np.testing.assert_allclose(rows, to_age_0(means("vanilla", "test")))


def test_variances_scatter_more_than_means_with_fds_as_without():
    def scatter(method, statistic):
        rows = similarity_to_age_0(method, "train", statistic)[:, 3:]
        return np.nanmean(np.abs(np.diff(rows, axis=1)), axis=1)

    for method in METHODS:
        assert (scatter(method, "variance") > scatter(method, "mean")).all()


def test_all_features_of_a_rare_age_can_be_calibrated_only_with_shrinkage():
    z, labels = load_features("vanilla")
    stats = bin_statistics(torch.from_numpy(z), labels, AGES, covariance="full")
    cov = stats.covariance().nan_to_num().numpy()
    free = np.maximum(COUNTS - 1, 0)
    target = smoothed_statistics(cov.reshape(len(cov), -1), free, WINDOW)
    target = target.reshape(cov.shape)
    ranks = {}
    for age in (RARE, 79):
        shrunk = (free[age] * cov[age] + 10 * target[age]) / (free[age] + 10)
        spectra = [np.linalg.eigvalsh(m) for m in (cov[age], shrunk)]
        ranks[age] = [int((s > 1e-10 * s[-1]).sum()) for s in spectra]
    assert ranks[RARE] == [COUNTS[RARE] - 1, 64] and ranks[79][1] < 64


@pytest.mark.parametrize("pair", [[9, 24]])
def test_the_explorer_shows_a_pair_for_which_covariances_matter(pair):
    z, labels = load_features("vanilla")
    peak = int(COUNTS.argmax())
    own, goal = (
        np.corrcoef(z[labels == a][:, pair].T)[0, 1] for a in (peak, peak + 15)
    )
    assert goal > 0.8 and own < 0.6 * goal


def test_a_tenth_of_layer_as_shift_is_left_with_the_published_momentum():
    # The published order: what is smoothed is the epoch before, and the plain mean is
    # the running one after its update; the first epoch is taken whole.
    rng = np.random.default_rng(0)
    epochs = [5 + e + rng.normal(0, 0.1, (60, 2)) for e in range(2)]
    running, last = epochs[0].mean(0), None
    last = running.copy()
    running = 0.9 * running + 0.1 * epochs[1].mean(0)
    shift = {}
    for momentum in (0.0, 0.9):
        layer, y = LayerA(2, 1, [1.0], momentum), torch.zeros(60)
        for z in epochs:
            layer(torch.from_numpy(z).float(), y)
            layer.end_epoch()
        shift[momentum] = (layer.smoothed_mean - layer.mean)[0].numpy()
    np.testing.assert_allclose(shift[0.9], last - running, rtol=1e-4)
    np.testing.assert_allclose(shift[0.9], shift[0.0] / 10, rtol=1e-4)


def test_a_sample_keeps_its_place_within_its_bin():
    rng = torch.Generator().manual_seed(0)
    mean, var, new_mean, new_var = torch.rand(4, 1, 3, generator=rng) + 0.5
    z, index = torch.randn(9, 3, generator=rng), torch.zeros(9, dtype=torch.int64)
    out = calibrate(z, index, mean, var, new_mean, new_var)
    places = [(z - mean) / var.sqrt(), (out - new_mean) / new_var.sqrt()]
    torch.testing.assert_close(*places)
