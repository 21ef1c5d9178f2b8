"""LDSWeights: the weights of training labels, for labels in parts and for others."""

import copy
import doctest
import pickle
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dirlib import (
    LabelBins,
    LDSWeights,
    density_weights,
    effective_density,
    effective_sample_size,
    kernel_window,
    lds,
    lds_weights,
)
from dirlib.lds import SCHEMES

AGES = LabelBins(0, 101, 1)
rng = np.random.default_rng(0)
TRAIN = rng.gamma(6, 6, 3000).clip(0, 100)
HOW = [
    {},
    {"scheme": "inverse", "clip": (0.2, 5)},
    {"kernel": "laplace", "kernel_size": 7, "sigma": 1.5, "edges": "reflect"},
    {"kernel_size": 1, "scheme": "inverse"},
]

each_way = pytest.mark.parametrize("how", HOW)


@each_way
def test_on_the_training_labels_they_are_lds_weights(how):
    weights = LDSWeights(AGES, **how).fit(TRAIN)
    w = lds_weights(TRAIN, AGES, **how)
    assert np.array_equal(weights(TRAIN), w)
    assert weights.largest == w.max()
    assert weights.effective_sample_size == pytest.approx(effective_sample_size(w))
    assert np.array_equal(weights.counts, AGES.counts(TRAIN))


@each_way
def test_other_labels_are_weighted_by_the_training_set(how):
    """A rare label weighs what it weighed in training, whatever comes along with it."""
    weights = LDSWeights(AGES, **how).fit(TRAIN)
    place = rng.permutation(len(TRAIN))[:50]
    w = lds_weights(TRAIN, AGES, **how)
    assert np.array_equal(weights(TRAIN[place]), w[place])
    assert weights([TRAIN[3]]).tolist() == [w[3]]


def test_a_rare_validation_label_is_not_weighed_by_its_own_frequency():
    """By hand, from the held-out labels alone, age 80 came out below the mean."""
    train = np.repeat([30, 31, 80], [2000, 900, 3])
    val = np.repeat([30, 80], [10, 10])
    weights = LDSWeights(AGES).fit(train)
    by_hand = lds_weights(val, AGES)
    assert by_hand[-1] == pytest.approx(1)
    assert weights([80])[0] == lds_weights(train, AGES)[-1] > 10


@settings(deadline=None)
@given(st.lists(st.integers(0, 2999), max_size=5), st.booleans())
def test_parts_in_any_order_and_processes_give_the_whole(cuts, merged):
    whole = LDSWeights(AGES, clip=(0, 8)).fit(TRAIN)
    parts = [part for part in np.split(TRAIN, sorted(cuts)) if part.size]
    if merged:
        others = [LDSWeights(AGES, clip=(0, 8)).fit(part) for part in parts]
        # As they come back from other processes.
        one, *others = pickle.loads(pickle.dumps(others))
        for other in others:
            one.merge(other)
    else:
        one = LDSWeights(AGES, clip=(0, 8))
        for part in parts[::-1]:
            one.partial_fit(part)
    assert np.array_equal(one.counts, whole.counts)
    assert np.array_equal(one(TRAIN), whole(TRAIN))


def test_counts_from_elsewhere_and_a_second_fit():
    weights = LDSWeights(AGES).fit([1, 2, 3])
    weights.fit(TRAIN)
    counted = LDSWeights(AGES).add_counts(AGES.counts(TRAIN).tolist())
    assert np.array_equal(counted.bin_weights, weights.bin_weights)
    before = copy.deepcopy(weights.counts)
    weights.counts + 1  # a reader's arithmetic
    assert np.array_equal(weights.counts, before)


def test_nothing_that_can_be_edited_makes_the_weights_stale():
    """Read-only arrays and fixed settings, from another process too."""
    fitted = LDSWeights(AGES, clip=[0.1, 5]).fit(TRAIN)
    for weights in (fitted, pickle.loads(pickle.dumps(fitted)), copy.copy(fitted)):
        before = weights(TRAIN)
        for name in ("counts", "density", "bin_weights"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(weights, name)[:] += 50
            with pytest.raises(AttributeError):
                setattr(weights, name, np.ones(101))
        for name in ("bins", "window", "scheme", "edges", "clip", "out_of_range"):
            with pytest.raises(AttributeError, match=f"{name} is fixed: make another"):
                setattr(weights, name, "inverse")
        assert np.array_equal(weights(TRAIN), before)
    with pytest.raises(ValueError, match="read-only"):
        fitted.window[4] = 9


def test_a_fit_that_fails_leaves_the_weights_as_they_were():
    weights = LDSWeights(AGES).fit(TRAIN)
    before = weights(TRAIN)
    for learn in (weights.fit, weights.partial_fit, weights.add_counts):
        with pytest.raises(ValueError, match="."):
            learn([30, -1])
    assert np.array_equal(weights(TRAIN), before)


def test_the_density_is_that_of_the_labels():
    bins = LabelBins.from_edges([0, 5, 20, 40, 60, 101])
    weights = LDSWeights(bins, kernel_size=3, sigma=1.0, scheme="inverse").fit(TRAIN)
    window = kernel_window("gaussian", 3, 1.0)
    density = effective_density(TRAIN, bins, window)
    np.testing.assert_allclose(weights.density, density, rtol=1e-12)
    w = density_weights(density[bins.index(TRAIN)], "inverse")
    np.testing.assert_allclose(weights(TRAIN), w, rtol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_bins_that_training_never_saw(scheme):
    """Within the window the formula holds; beyond it nothing is rarer."""
    weights = LDSWeights(AGES, kernel_size=5, sigma=2.0, scheme=scheme)
    weights.fit(np.repeat([30, 31, 60], [50, 9, 1]))
    w, density = weights.bin_weights, weights.density
    assert np.isfinite(w).all() and (w > 0).all()
    reached = density > 0
    assert reached.sum() == 11  # 28 to 33, and 58 to 62
    power = -1 if scheme == "inverse" else -0.5
    ratio = w[reached] / density[reached] ** power
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
    assert (w[~reached] == w[reached].max()).all()
    assert weights.largest == w[60] < w[62] == w[0]
    assert LDSWeights(AGES, clip=(0, 3)).fit(TRAIN).bin_weights.max() <= 3


@settings(deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=1, max_size=30),
    st.sampled_from(["gaussian", "laplace", "triangular"]),
    st.floats(0.01, 50),
    st.sampled_from(SCHEMES),
)
def test_every_weight_is_finite_and_positive_and_the_training_mean_is_one(
    labels, kernel, sigma, scheme
):
    bins = LabelBins(-3, 3, 0.25)
    weights = LDSWeights(bins, kernel, 7, sigma, scheme).fit(labels)
    assert np.isfinite(weights.bin_weights).all() and weights.bin_weights.min() > 0
    assert weights(labels).mean() == pytest.approx(1)


def test_out_of_range_as_asked():
    with pytest.raises(ValueError, match=r"labels\[1\] is 120: widen the bins"):
        LDSWeights(AGES).fit([30, 120])
    clipped = LDSWeights(AGES, out_of_range="clip").fit([30, 120, -4])
    assert np.array_equal(clipped.counts, AGES.counts([30, 100, 0]))
    assert np.array_equal(clipped([500, -500]), clipped([100, 0]))
    w = lds_weights([30, 120], AGES, out_of_range="clip")
    assert np.array_equal(w, lds_weights([30, 100], AGES))


def test_few_bins_get_the_window_that_they_have_room_for():
    """Star ratings have 5 bins, and the default window has 9."""
    stars = np.repeat([1, 2, 3, 4, 5], [1, 2, 5, 40, 60])
    for n_bins in range(1, 12):
        bins = LabelBins(0, n_bins, 1)
        window = LDSWeights(bins).window
        assert len(window) == min(9, n_bins if n_bins % 2 else n_bins - 1)
    w = LDSWeights(LabelBins(1, 6, 1)).fit(stars)([1, 5])
    assert w[0] > w[1]


def test_memory_goes_with_the_bins_and_not_with_the_labels():
    """A stream of 3 million labels; 10**9 only take longer."""
    weights = LDSWeights(AGES)
    part = rng.uniform(0, 101, 100_000)
    weights.partial_fit(part)
    tracemalloc.start()
    for _ in range(30):
        weights.partial_fit(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert weights.counts.sum() == 31 * part.size
    assert peak < 3 * part.nbytes


def test_the_sampler_draws_each_bin_in_proportion_to_its_weighted_count():
    """With INV and no smoothing every bin comes equally often."""
    train = np.repeat([10, 20, 30], [900, 90, 10])
    weights = LDSWeights(AGES, kernel_size=1, scheme="inverse").fit(train)
    generator = torch.Generator().manual_seed(0)
    sampler = weights.sampler(train, 30_000, generator)
    drawn = np.bincount(train[list(sampler)])[[10, 20, 30]] / 30_000
    # Five standard deviations of a share of one third.
    np.testing.assert_allclose(drawn, 1 / 3, atol=5 * np.sqrt(2 / 9 / 30_000))
    lds = LDSWeights(AGES).fit(train)
    expected = lds.counts * lds.bin_weights / len(train)
    drawn = np.bincount(
        train[list(lds.sampler(train, 30_000, generator))], minlength=101
    )
    np.testing.assert_allclose(drawn / 30_000, expected, atol=0.015)
    assert len(lds.sampler(train)) == len(train)
    assert len(lds.sampler(train, np.int64(4))) == 4
    loader = torch.utils.data.DataLoader(train, 10, sampler=lds.sampler(train))
    assert len(next(iter(loader))) == 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LDSWeights(AGES)([30]), r"call fit\(labels\) first"),
        (lambda: LDSWeights(AGES).density, r"call fit\(labels\) first"),
        (lambda: LDSWeights(AGES, scheme="root"), "scheme must be one of"),
        (lambda: LDSWeights(AGES, edges="wrap"), "edges must be one of"),
        (lambda: LDSWeights(AGES, kernel="box"), "kernel kind must be one of"),
        (lambda: LDSWeights(AGES, kernel_size=4), "kernel_size must be odd"),
        (
            lambda: LDSWeights(AGES, kernel_size=103),
            "covers 103 .* smaller kernel_size",
        ),
        (lambda: LDSWeights(AGES, clip=(2, 3)), r"low <= 1 <= high, but got \(2, 3\)"),
        (lambda: LDSWeights(AGES, clip=(0.5,)), r"pair \(low, high\), .* \(0.5,\)"),
        (lambda: LDSWeights(AGES, clip=0.5), r"pair \(low, high\), .* got 0.5"),
        (lambda: LDSWeights(AGES, clip=(0, np.nan)), r"pair \(low, high\)"),
        (lambda: LDSWeights(None), "must be dirlib.LabelBins, .* got a NoneType"),
        (lambda: lds_weights([30], 101), "must be dirlib.LabelBins, .* got a int"),
        (lambda: effective_density([30], [0, 101], [1]), "must be dirlib.LabelBins"),
        (lambda: LDSWeights(AGES).merge([1] * 101), r"into add_counts\(counts\)"),
        (lambda: LDSWeights(AGES).add_counts(["a"] * 101), "numbers of shape"),
        (lambda: LDSWeights(AGES).fit([1]).sampler([1], 2.5), "num_samples must be"),
        (
            lambda: LDSWeights(AGES).add_counts(np.ma.masked_equal([0] * 101, 0)),
            r"give counts\.filled\(0\)",
        ),
        (lambda: LDSWeights(AGES, out_of_range="drop"), "raise, clip, but got 'drop'"),
        (lambda: LDSWeights(AGES).add_counts([1, 2]), r"\[101\], one per bin, but got"),
        (lambda: LDSWeights(AGES).add_counts([-1] * 101), r"counts\[0\] is -1"),
        (
            lambda: LDSWeights(AGES).merge(LDSWeights(LabelBins(0, 101, 0.5))),
            "101, 0.5.*fit both with the same bins",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_the_examples_in_the_docstrings():
    for module in (lds.weights, lds.density, lds.dense_weights):
        results = doctest.testmod(module)
        assert results.attempted > 0 and results.failed == 0
