"""Bins for any labels: by width, by quantiles, by the rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirlib import LabelBins, lds_weights, shot_regions
from dirlib.automatic_bins import choose_bins

rng = np.random.default_rng(0)
NORMAL = rng.normal(-5, 3, 2000)
HEAVY = rng.standard_cauchy(3000)  # a few labels are very far away
finite = st.floats(-1e6, 1e6)


@given(
    labels=st.lists(finite, min_size=1, max_size=40),
    width=st.sampled_from([0.1, 0.3, 1.0, 7.0, 250.0, 1 / 3]),
)
def test_a_width_gives_aligned_bins_that_hold_every_label(labels, width):
    try:
        bins, _ = choose_bins(labels, width=width)
    except ValueError as error:
        assert "are possible" in str(error) or "float32" in str(error)
        return
    assert bins.counts(labels).sum() == len(labels)
    multiples = bins.edges / width
    np.testing.assert_allclose(multiples, multiples.round(), atol=1e-6)
    # No bin too many: a label in the first and in the last one.
    assert bins.counts(labels)[0] > 0 and bins.counts(labels)[-1] > 0


def test_whole_numbers_get_a_bin_each_as_ages_do():
    bins, _ = choose_bins([0, 100, 50], width=1)
    assert bins.index([0, 1, 100]).tolist() == [0, 1, 100] and bins.n_bins == 101
    bins, explanation = choose_bins(np.array([-3, 0, 190]))
    assert repr(bins) == "LabelBins(-3, 191, 1)"
    assert "194 bins of width 1 from -3 to 191" in explanation


@pytest.mark.parametrize("step", [0.1, 0.2, 0.5, 1, 10, 1000])
def test_labels_on_a_grid_get_bins_of_its_step(step):
    labels = np.array([float(f"{k * step:.9g}") for k in range(-20, 31)])
    bins, _ = choose_bins(labels)
    assert bins.counts(labels).tolist() == [1] * 51
    np.testing.assert_allclose(bins.widths, step)


def test_a_grid_that_is_hardly_used_is_not_taken_for_one():
    bins, _ = choose_bins(np.round(rng.uniform(0, 20, 40), 1))
    assert bins.widths[0] > 0.5
    assert choose_bins([0, 7, 16, 90])[0].n_bins == 91  # whole numbers stay so


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1, 7, 1e9])
@pytest.mark.parametrize("n", [200, 5000])
def test_otherwise_the_width_is_round_and_suits_the_middle(scale, n):
    labels = scale * rng.normal(2, 3, n)
    bins, explanation = choose_bins(labels)
    assert f"{bins.widths[0]:.0e}"[0] in "125"
    low, high = np.quantile(labels, [0.005, 0.995])
    most = min(100, n // 10)
    assert 0.39 * most <= (high - low) / bins.widths[0] <= most * 1.001
    assert "middle 99 %" in explanation
    assert bins.counts(labels).sum() == n


def test_scaling_by_a_power_of_ten_scales_the_edges():
    for labels in (NORMAL, HEAVY, np.arange(30.0)):
        edges = choose_bins(labels)[0].edges
        scaled = choose_bins(labels * 1000)[0].edges
        np.testing.assert_allclose(scaled, 1000 * edges, rtol=1e-9, atol=1e-6)


def skewed(name, n=5574):
    """Labels as users have them: most of them small, a few very large."""
    draw = np.random.default_rng(3)
    if name == "spending":  # of a skewness near 30, a fifth without any
        y = np.where(draw.random(n) < 0.2, 0, draw.lognormal(5.5, 1.6, n)).round(2)
        y[y.argmax()] *= 3
        return y
    y = draw.lognormal(3, 1, n)
    return np.where(draw.random(n) < 0.9, 0, y) if name == "zeros" else y


@pytest.mark.parametrize("name", ["spending", "zeros", "log-normal"])
def test_the_thin_tail_of_skewed_labels_is_few_shot(name):
    y = skewed(name)
    bins, explanation = choose_bins(y)
    counts, regions = bins.counts(y), shot_regions(bins.counts(y))
    assert counts.sum() == len(y)
    assert "% of equal bins would be empty" in explanation
    assert explanation.count(". ") == 0 and explanation.endswith(".")
    assert all(mask.sum() >= 1 for mask in (regions.many, regions.medium))
    few = regions.few[bins.index(y)]
    assert regions.few.sum() >= 5 and np.median(y[few]) > np.quantile(y, 0.95)
    assert few[y.argmax()] and np.mean(counts == 0) < 0.5
    ratios = bins.edges[-20:] / bins.edges[-21:-1]
    np.testing.assert_allclose(ratios, ratios.mean(), rtol=0.01)


@pytest.mark.parametrize("name", ["spending", "zeros"])
def test_a_value_that_many_labels_share_has_a_bin_of_its_own(name):
    y = skewed(name)
    for sign, labels in ((1, y), (-1, -y)):
        bins, explanation = choose_bins(labels)
        own = bins.index([0.0])[0]
        assert bins.counts(labels)[own] == (labels == 0).sum()
        assert f"0, the label of {100 * (y == 0).mean():.0f} %" in explanation
        # A point has no width: the bin is about as wide as its neighbour.
        assert 0.3 <= bins.widths[own] / bins.widths[own + sign] <= 3


def test_a_cap_has_a_bin_of_its_own():
    y = np.minimum(rng.normal(10, 3, 4000), 12.0)
    bins, _ = choose_bins(y)
    assert bins.counts(y)[-1] == (y == 12).sum() and bins.edges[-2] == 12
    np.testing.assert_allclose(bins.widths[-1], bins.widths[-3])


@given(
    st.lists(finite, min_size=4, max_size=60),
    st.sampled_from([1.0, -1.0, 1e-3]),
    st.sampled_from(["auto", "log"]),
)
def test_log_bins_hold_labels_of_both_signs(labels, scale, kind):
    labels = np.sinh(np.array(labels) / 1e5) * scale
    try:
        bins, _ = choose_bins(labels, kind)
    except ValueError as error:
        words = ("are possible", "float32", "nothing to predict", "tell the edges")
        assert any(text in str(error) for text in words)
        return
    counts = bins.counts(labels)
    assert counts.sum() == len(labels) and counts[0] > 0 and counts[-1] > 0


def test_log_bins_grow_away_from_zero_and_are_symmetric():
    y = np.r_[HEAVY, -HEAVY]
    bins, explanation = choose_bins(y, "log")
    np.testing.assert_allclose(bins.edges, -bins.edges[::-1])
    widths = bins.widths[bins.edges[:-1] >= 0]
    assert (np.diff(widths) > -0.02 * widths[1:]).all() and widths[-1] > 50 * widths[0]
    assert 0.0 in bins.edges and "factor of ten" in explanation
    assert choose_bins(y)[0] == bins


def test_skewed_labels_far_from_zero_are_taken_from_their_median():
    y = rng.lognormal(0, 1.2, 3000)
    for labels in (1e4 + y, 100 - y):
        bins, _ = choose_bins(labels)
        counts = bins.counts(labels)
        assert counts.max() < 0.25 * len(y) and shot_regions(counts).few.sum() > 5


def test_equal_bins_stay_where_fewer_are_empty_and_when_asked_for():
    equal, explanation = choose_bins(NORMAL)
    assert np.ptp(equal.widths) < 1e-9 and "empty" not in explanation
    assert np.mean(equal.counts(NORMAL) == 0) <= 0.5
    y = skewed("log-normal")
    assert np.ptp(choose_bins(y, "equal")[0].widths) < 1e-9


def test_what_is_said_of_quantile_bins_is_so():
    """Even counts, but uneven weights: a density is per unit."""
    bins, explanation = choose_bins(HEAVY, "quantile")
    assert set(bins.counts(HEAVY)) == {60} and "regions say little" in explanation
    weights = lds_weights(HEAVY, bins, kernel_size=5, sigma=2.0)
    assert weights.max() > 10 * weights.min()
    wide = bins.widths[bins.index(HEAVY)] > np.median(bins.widths)
    assert weights[wide].mean() > 2 * weights[~wide].mean()


@given(st.lists(finite, min_size=3, max_size=60), st.integers(3, 12))
def test_quantile_bins_hold_equal_numbers(labels, quantiles):
    labels = np.array(labels, np.float32).astype(float)
    if quantiles > len(labels):
        quantiles = len(labels)
    try:
        bins, explanation = choose_bins(labels, quantiles=quantiles)
    except ValueError as error:
        assert "many labels are equal" in str(error)
        assert np.unique(labels).size < labels.size or quantiles == 3
        return
    counts = bins.counts(labels)
    assert counts.sum() == len(labels) and (counts > 0).all()
    assert bins.edges[0] == labels.min() and bins.edges[-1] == labels.max()
    # The largest label closes the last bin and can't be an edge inside as well.
    if np.unique(labels).size == len(labels) and len(labels) >= 2 * quantiles:
        assert bins.n_bins == quantiles and np.ptp(counts) <= 1
    assert f"{bins.n_bins} quantile bins" in explanation


def test_ties_are_merged():
    labels = np.r_[np.zeros(600), rng.lognormal(0, 1.5, 400)]
    bins, _ = choose_bins(labels, quantiles=50)
    counts = bins.counts(labels)
    assert counts[0] >= 600 and bins.n_bins == 21  # 20 of 50 edges are not zero
    assert np.ptp(counts[1:]) <= 1


def test_a_few_labels_beside_a_mass_are_binned_for_themselves():
    labels = np.r_[np.zeros(2990), rng.uniform(0, 7, 10)]
    bins, _ = choose_bins(labels)
    assert bins.counts(labels)[0] == 2990 and bins.n_bins > 5


def test_bins_stay_apart_in_float32():
    """The trainer's labels are float32, and must find the bins of the table's."""
    for labels in (NORMAL, HEAVY, 1e6 + NORMAL):
        bins, _ = choose_bins(labels)
        assert (np.diff(bins.edges.astype(np.float32)) > 0).all()
    close = 1 + np.arange(60) * 1e-8
    bins, _ = choose_bins(close, quantiles=3)
    assert (np.diff(bins.edges.astype(np.float32)) > 0).all()
    assert bins.counts(close).sum() == 60


def test_labels_are_not_changed_and_the_result_is_label_bins():
    labels = NORMAL.copy()
    for options in ({}, {"width": 2}, {"quantiles": 9}, {"kind": "log"}):
        assert isinstance(choose_bins(labels, **options)[0], LabelBins)
    assert np.array_equal(labels, NORMAL)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (NORMAL, {"width": 1, "quantiles": 5}, "leave one of them out"),
        (NORMAL, {"kind": "log", "width": 1}, "kind='log', width=1 and quantiles=None"),
        (NORMAL, {"kind": "logs"}, "kind must be one of auto, equal, log, quantile"),
        (NORMAL, {"width": 0}, "width must be finite and positive, but got 0"),
        (NORMAL, {"width": np.nan}, "width must be finite and positive, but got nan"),
        (NORMAL, {"width": 100}, "choose a smaller width"),
        (NORMAL, {"width": 1e-3}, "choose a larger width"),
        (NORMAL, {"width": 1e-7}, "can't tell bins of width 1e-07 apart"),
        (NORMAL, {"quantiles": 2}, "whole number from 3 to .* 2000, but got 2"),
        (NORMAL, {"quantiles": 2001}, "but got 2001"),
        (NORMAL, {"quantiles": 7.5}, "but got 7.5"),
        ([0] * 50 + [1, 2], {"quantiles": 10}, "of 10 quantiles only 1 bins remain"),
        ([0, 1] * 9, {}, "make 2 bins of width 1, but 3 to 10000 are possible"),
        ([7.5] * 9, {}, "all labels are 7.5"),
        ([1, 2, np.nan], {}, r"labels\[2\] is nan"),
        ([1, -np.inf, 2], {}, r"labels\[1\] is -inf"),
        ([1, 2, 1e39], {}, r"finite in float32, but labels\[2\] is 1e\+39"),
        ([], {}, "but got 0 labels"),
        ([[1, 2]], {}, r"but got shape \(1, 2\)"),
        (["a", "b"], {}, "labels must be integers or floats"),
        ([True, False], {}, "but got dtype bool"),
        (1e9 + rng.uniform(0, 9, 99), {}, "subtract a constant from the labels"),
    ],
)
def test_bad_input_is_refused(labels, options, message):
    with pytest.raises(ValueError, match=message):
        choose_bins(labels, **options)
