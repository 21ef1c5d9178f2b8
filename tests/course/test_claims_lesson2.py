"""Each statement of lesson 2 about its runs, and that it fails on permuted data.

A claim is a function of what it speaks of. It holds for the record, and no longer when
ages or methods have changed places.
"""

import numpy as np
import pytest
from scipy.ndimage import convolve1d, gaussian_filter1d

import dirlib
from course import explorers
from course.records.ages import AGES, REACH
from course.records.read import load_runs
from dirlib.datasets.published import label_counts

WINDOW = dirlib.kernel_window("gaussian", 9, 3.0)
BASES = ("sqinv", "inv")
OLD = np.arange(AGES.n_bins) >= 80


class Record:
    """Errors of the record; `seeds` is how many there are of each method that is used.

    `order` permutes the ages of the errors, `names` exchanges methods.
    """

    def __init__(self, order=None, names=None):
        self.runs = load_runs("faces")
        self.counts = self.runs.train_counts
        self.smoothed = dirlib.smooth_bins(self.counts, WINDOW)
        self.order = np.arange(AGES.n_bins) if order is None else order
        self.names = names or {}

    def by_age(self, method):
        method = self.names.get(method, method)
        return self.runs.error_by_age(method)[:, self.order]

    def score(self, method, region):
        """The mean error in a region of each seed: as many test samples at each age."""
        return self.by_age(method)[:, getattr(self.runs.regions, region)].mean(1)

    def change(self, before, after, region=None):
        """What changes between two methods: [S], or [S, B] without a region."""
        a, b = (
            self.by_age(m) if region is None else self.score(m, region)
            for m in (before, after)
        )
        seeds = min(len(a), len(b))
        return b[:seeds] - a[:seeds]


@pytest.fixture(scope="module")
def record():
    return Record()


@pytest.fixture(scope="module")
def permuted():
    return Record(np.random.default_rng(2).permutation(AGES.n_bins))


def local(values):
    """What is left of values along the ages when their smooth course is taken out."""
    return values - dirlib.smooth_bins(values, WINDOW, "renormalize")


# ------------------------------------------------------------- counts and errors


def feels_no_jumps_in_the_crowd_and_some_beyond(record):
    """Opening: the red line ignores the blue jumps from 20 to 60, and not beyond 80."""
    jumps, error = local(np.log(record.counts)), local(record.by_age("vanilla").mean(0))
    crowd, old = slice(20, 61), slice(80, 101)
    r = [np.corrcoef(jumps[part], error[part])[0, 1] for part in (crowd, old)]
    return abs(r[0]) < 0.4 and r[1] < -0.4 and error[87] < -3


def test_the_opening_picture(record, permuted):
    near = record.counts[20:61]
    assert (np.maximum(near[1:] / near[:-1], near[:-1] / near[1:]).max()) > 9
    assert feels_no_jumps_in_the_crowd_and_some_beyond(record)
    assert not feels_no_jumps_in_the_crowd_and_some_beyond(permuted)


def follows_smoothed_counts(record):
    """Deep: on every seed the error follows the smoothed counts better."""
    return all(
        measure(record.smoothed, e) < measure(record.counts, e) - 0.03
        and -0.6 < dirlib.pearson(record.counts, e) < -0.4
        for e in record.by_age("vanilla")
        for measure in (dirlib.pearson, dirlib.spearman)
    )


def test_smoothed_counts_follow_the_error_better_on_every_seed(record, permuted):
    assert follows_smoothed_counts(record)
    assert not follows_smoothed_counts(permuted)


def gain_of_smoothing(record, error):
    before = dirlib.pearson(record.counts, error)
    return before - dirlib.pearson(record.smoothed, error)


def test_a_rival_that_knows_no_neighbours_gains_as_much(record):
    """Deep: a distance from age 37 comes closer to -1 by as much as the network."""
    rival = np.abs(np.arange(AGES.n_bins) - 37.0)
    network = record.by_age("vanilla").mean(0)
    assert gain_of_smoothing(record, rival) > gain_of_smoothing(record, network) - 0.05
    mixed = np.random.default_rng(3).permutation(rival)
    assert gain_of_smoothing(record, mixed) < 0.1


def test_for_strangers_smoothing_makes_it_weaker(record):
    """Deep, fine print: the patterns."""
    wrong = record.runs.wrong_by_class("patterns")
    for measure in (dirlib.pearson, dirlib.spearman):
        weaker = [
            measure(record.smoothed, w) > measure(record.counts, w) for w in wrong
        ]
        assert all(weaker)
        faces = record.by_age("vanilla")
        assert not any(
            measure(record.smoothed, e) > measure(record.counts, e) for e in faces
        )


def neighbours_teach(record):
    """Deep: age 55 misses its neighbours more than its own; 42 misses them, too."""

    def cost(age, what):
        return record.change("vanilla", f"vanilla, without {what}")[:, age].mean()

    own = cost(55, "age 55")
    return (
        cost(55, "the neighbours of 55") > max(own, 0) + 0.3
        and own < 1
        and cost(42, "the neighbours of 42") > 0.5
    )


def test_losing_the_neighbours_hurts(record, permuted):
    counts = record.counts
    near = {a: counts[a - REACH : a + REACH + 1].sum() - counts[a] for a in (42, 55)}
    assert counts[55] == 16 and 365 < near[55] < 375
    assert counts[42] == 450 and near[42] > 1100
    assert neighbours_teach(record)
    # Without the change of images there is nothing to see; nor at ages far away.
    assert not neighbours_teach(permuted)


# ------------------------------------------------------------- weights


def worth(density, scheme):
    samples = np.repeat(np.arange(AGES.n_bins), load_runs().train_counts)
    return dirlib.effective_sample_size(
        dirlib.density_weights(density[samples], scheme)
    )


def test_what_weights_are_worth(record):
    """Part 3: INV under 1,000; LDS makes both cheaper."""
    inv, sqinv = (worth(record.counts, s) for s in ("inverse", "sqrt_inverse"))
    assert inv < 1000 < sqinv
    assert worth(record.smoothed, "inverse") > 1.2 * inv
    assert worth(record.smoothed, "sqrt_inverse") > 1.05 * sqinv
    # Counts that are all alike cost nothing.
    assert worth(np.full(AGES.n_bins, 50.0), "inverse") == pytest.approx(5000)


def test_the_answer_beside_the_explorer(record):
    """Part 4: what the size does, and what the edges do."""
    error = record.by_age("vanilla").mean(0)
    explorer = explorers.kernel_tuning(AGES, record.counts, error)

    def numbers(size, edges="zero"):
        explorer.set(kind="gaussian", size=size, sigma=3.0, edges=edges)
        r, ess, top = explorer.readout.values()
        return r, int(ess.split()[0].replace(",", "")), top

    r, ess, top = zip(*(numbers(size) for size in (1, 9, 31)), strict=True)
    assert r[0] - r[1] > 0.1 and abs(r[1] - r[2]) < 0.03
    assert 1.35 < ess[1] / ess[0] < 1.75 and ess[2] / ess[1] < 1.1
    assert numbers(9, "renormalize")[2] < 0.75 * top[1]
    weights = dirlib.density_weights(record.smoothed, "inverse")
    assert weights.argmax() == 100


# ------------------------------------------------------------- who gains


def weights_help_the_rare_and_cost_the_many(record):
    """Part 6: re-weighting's step, its price, and that the step of LDS is small."""
    step = record.change("vanilla", "sqinv", "few")
    lds = record.change("sqinv", "sqinv+lds", "few")
    price = record.change("vanilla", "sqinv+lds", "many")
    old = record.change("vanilla", "sqinv+lds")[:, 96:].mean()
    return (
        (step < -2.5).all()
        and np.abs(lds.mean()) < np.abs(step.mean()) / 4
        and 0.4 < price.mean() < 1.8
        and (price > 0).all()
        and -15 < old < -6
    )


EXCHANGED = {"vanilla": "sqinv", "sqinv": "sqinv+lds", "sqinv+lds": "vanilla"}


def test_who_gains(record, permuted):
    assert weights_help_the_rare_and_cost_the_many(record)
    assert not weights_help_the_rare_and_cost_the_many(permuted)
    assert not weights_help_the_rare_and_cost_the_many(Record(names=EXCHANGED))


def guesses_of_the_old(record):
    """Part 6: the guesses for the oldest move up, and stay too low."""
    y = record.runs.y
    at = OLD[record.order][y]
    vanilla, lds = (
        record.runs.predictions(record.names.get(m, m))[:, at].mean()
        for m in ("vanilla", "sqinv+lds")
    )
    return vanilla + 3 < lds < y[OLD[y]].mean() - 3


def test_the_guesses_for_the_oldest(record):
    assert guesses_of_the_old(record)
    assert not guesses_of_the_old(Record(names=EXCHANGED))


def steps_of_lds_are_small(record):
    """Part 6: tenths of a year, whatever the base and the region."""
    steps = [
        record.change(base, f"{base}+lds", region).mean()
        for base in BASES
        for region in ("few", "many")
    ]
    return max(np.abs(steps)) < 1


def test_the_steps_of_lds_are_tenths_of_a_year(record):
    assert steps_of_lds_are_small(record)
    assert not steps_of_lds_are_small(Record(names=EXCHANGED))


def wrong_labels_explain_the_gain_over_inv(record):
    """Deep: with all labels right LDS gains next to nothing over INV, and over SQINV it
    changes as little as before."""
    wrong, right = (
        {
            base: record.change(f"{base}{kind}", f"{base}+lds{kind}", "few")
            for base in BASES
        }
        for kind in ("", ", right labels")
    )
    grown = right["inv"] - wrong["inv"]
    return (
        wrong["inv"].mean() < -0.4
        and abs(right["inv"].mean()) < 0.2
        and np.sum(grown > 0) >= len(grown) - 1
        and abs(right["sqinv"].mean() - wrong["sqinv"].mean()) < 0.2
    )


def test_wrong_labels_may_be_why_lds_helps_inv(record):
    assert wrong_labels_explain_the_gain_over_inv(record)
    names = {m: f"{m}, right labels" for m in ("inv", "inv+lds")}
    names |= {new: old for old, new in names.items()}
    assert not wrong_labels_explain_the_gain_over_inv(Record(names=names))


# ------------------------------------------------------------- deep parts


def published(counts, scheme):
    table = np.zeros(121, int)
    table[: len(counts)] = counts
    table = np.clip(table, 5, 1000) if scheme == "inverse" else np.sqrt(table)
    window = gaussian_filter1d(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), sigma=2)
    return convolve1d(table, window / window.max(), mode="constant")


def test_what_the_published_code_does_differently():
    """Deep: the window changes little; root and clip change the weights."""
    data = label_counts("agedb-dir")
    of_image = data.bins.index(data.labels)
    window = gaussian_filter1d(np.array([0.0, 0.0, 1.0, 0.0, 0.0]), sigma=2)
    exact = dirlib.kernel_window("gaussian", 5, 2.0)
    assert window[0] / window[2] > 0.85 and exact[0] / exact[2] < 2 / 3

    def spread(density, scheme):
        w = dirlib.density_weights(density[of_image], scheme)
        return w.max() / w.min(), dirlib.effective_sample_size(w)

    for scheme in ("sqrt_inverse", "inverse"):
        paper, flatter = (
            spread(dirlib.smooth_bins(data.counts, w), scheme) for w in (exact, window)
        )
        assert flatter == pytest.approx(paper, rel=0.06)
        code = spread(published(data.counts, scheme), "inverse")
        if scheme == "inverse":
            assert code[0] < flatter[0] / 3 and code[1] > 2 * flatter[1]
        else:
            assert 1.4 < code[0] / flatter[0] < 1.7 and code[1] < flatter[1]


def test_the_comb_of_labels():
    comb = label_counts("sts-b-dir")
    assert comb.counts[29] == 1 and comb.counts[30] == 357
    bare = dirlib.density_weights(comb.counts[comb.bins.index(comb.labels)], "inverse")
    lds = dirlib.lds_weights(comb.labels, comb.bins, "gaussian", 5, 2.0, "inverse")
    assert 90 < bare.max() < 120 and lds.max() < 3
