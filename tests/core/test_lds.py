"""Densities, weights, and the one-call LDS."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gaussian_kde
from sklearn.linear_model import Ridge

from dirlib import (
    LabelBins,
    density_weights,
    effective_density,
    effective_sample_size,
    empirical_density,
    kernel_window,
    lds_weights,
    smooth_bins,
)
from dirlib.lds import SCHEMES

AGES = LabelBins(0, 101, 1)
rng = np.random.default_rng(0)
SKEWED = np.clip(rng.normal(35, 15, 4000), 0, 101)
positive = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=50)


def test_a_density_integrates_to_one():
    for bins in (AGES, LabelBins(0, 101, 0.5), LabelBins.from_edges([0, 10, 30, 101])):
        density = empirical_density(SKEWED, bins)
        assert (density * bins.widths).sum() == pytest.approx(1)


def test_density_is_counts_per_sample_and_label_unit():
    bins = LabelBins.from_edges([0, 1, 3])
    assert empirical_density([0.5, 0.7, 2.0, 2.5], bins).tolist() == [0.5, 0.25]


def test_effective_density_is_a_kernel_density_estimate():
    """On narrow bins it agrees with scipy's estimate of the same bandwidth."""
    bins = LabelBins(-20, 121, 0.25)
    window = kernel_window("gaussian", 161, 3.0 / 0.25)
    ours = effective_density(SKEWED, bins, window)
    scipys = gaussian_kde(SKEWED, 3.0 / SKEWED.std(ddof=1))(bins.centers)
    np.testing.assert_allclose(ours, scipys, atol=2e-4)


def test_smoothing_keeps_the_mass_away_from_the_edges():
    labels = rng.uniform(40, 60, 500)
    density = effective_density(labels, AGES, kernel_window("laplace", 9, 2.0))
    assert density.sum() == pytest.approx(1)


@given(positive, st.sampled_from(SCHEMES))
def test_weights_have_mean_one_and_fall_with_the_density(density, scheme):
    w = density_weights(density, scheme)
    assert w.mean() == pytest.approx(1)
    order = np.argsort(density)
    assert (np.diff(w[order]) <= 1e-9 * w.max()).all()


@given(positive, st.floats(1e-3, 1e3), st.sampled_from(SCHEMES))
def test_the_scale_of_the_density_plays_no_part(density, factor, scheme):
    np.testing.assert_allclose(
        density_weights(np.array(density) * factor, scheme),
        density_weights(density, scheme),
        rtol=1e-9,
    )


@given(positive, st.floats(0, 0.99), st.floats(1.01, 50), st.sampled_from(SCHEMES))
def test_clipped_weights_keep_their_bounds_and_their_mean(density, low, high, scheme):
    w = density_weights(density, scheme, clip=(low, high))
    assert w.min() >= low and w.max() <= high
    assert w.mean() == pytest.approx(1, abs=1e-6)


def test_a_wide_clip_changes_nothing():
    density = rng.uniform(1, 9, 100)
    np.testing.assert_allclose(
        density_weights(density, clip=(0, 1e9)), density_weights(density), rtol=1e-9
    )


def naive_lds(labels, window, scheme):
    """Per sample: count its neighbours one by one, weigh them, and invert."""
    half, raw = len(window) // 2, []
    for y in labels:
        p = 0.0
        for other in labels:
            d = math.floor(other) - math.floor(y)
            if abs(d) <= half:
                p += window[half + d]
        raw.append(1 / p if scheme == "inverse" else 1 / math.sqrt(p))
    return np.array(raw) / np.mean(raw)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kernel", ["gaussian", "laplace", "triangular"])
def test_lds_agrees_with_a_count_of_neighbours(scheme, kernel):
    labels = np.minimum(SKEWED[:150], 100.5)
    window = kernel_window(kernel, 7, 1.5)
    ours = lds_weights(labels, AGES, kernel, 7, 1.5, scheme)
    np.testing.assert_allclose(ours, naive_lds(labels, window, scheme), rtol=1e-10)


def test_lds_with_a_window_of_one_bin_is_plain_reweighting():
    counts = AGES.counts(SKEWED)
    plain = density_weights(counts[AGES.index(SKEWED)], "inverse")
    ours = lds_weights(SKEWED, AGES, kernel_size=1, scheme="inverse")
    np.testing.assert_allclose(ours, plain)


def test_lds_is_the_composition_of_the_parts():
    window = kernel_window("gaussian", 5, 2.0)
    density = effective_density(SKEWED, AGES, window, "renormalize")
    w = density_weights(density[AGES.index(SKEWED)], "sqrt_inverse", (0.2, 4))
    ours = lds_weights(
        SKEWED, AGES, kernel_size=5, sigma=2.0, edges="renormalize", clip=(0.2, 4)
    )
    np.testing.assert_allclose(ours, w, rtol=1e-9)


def test_unequal_bins_are_weighted_by_density_not_by_count():
    """Two bins of equal density and unequal width: all samples weigh the same."""
    bins = LabelBins.from_edges([0, 1, 4])
    labels = [0.5, 1.5, 2.5, 3.5]
    assert lds_weights(labels, bins, kernel_size=1).tolist() == [1, 1, 1, 1]


def test_order_of_the_samples_and_integer_labels():
    labels = np.floor(SKEWED[:500]).astype(int)
    w = lds_weights(labels, AGES)
    shuffle = rng.permutation(500)
    np.testing.assert_allclose(lds_weights(labels[shuffle], AGES), w[shuffle])
    np.testing.assert_allclose(lds_weights(labels.astype(np.float32), AGES), w)


def test_paper_and_published_order_differ_as_the_reference_says():
    """AgeDB-DIR: max/min 19.7 when counts are smoothed first, 30.1 root first."""
    from dirlib.datasets.published import label_counts

    agedb = label_counts("agedb-dir")
    index = agedb.bins.index(agedb.labels)
    window = [0.186, 0.205, 0.217, 0.205, 0.186]
    paper = density_weights(smooth_bins(agedb.counts, window)[index], "sqrt_inverse")
    root_first = smooth_bins(np.sqrt(agedb.counts), window)
    code = density_weights(root_first[index], "inverse")
    assert paper.max() / paper.min() == pytest.approx(19.7, abs=0.1)
    assert code.max() / code.min() == pytest.approx(30.1, abs=0.1)
    assert effective_sample_size(paper) == pytest.approx(8726, abs=5)
    assert effective_sample_size(code) == pytest.approx(8375, abs=5)


def test_weights_go_into_scikit_learn():
    """A line fitted to a bent curve leans to the rare end when that is weighted."""
    x = SKEWED[:, None]
    y = SKEWED**2 / 100
    rare = SKEWED > 80
    plain = Ridge().fit(x, y)
    weighted = Ridge().fit(
        x, y, sample_weight=lds_weights(SKEWED, AGES, scheme="inverse")
    )
    error = {
        name: np.abs(model.predict(x) - y)[rare].mean()
        for name, model in (("plain", plain), ("weighted", weighted))
    }
    assert error["weighted"] < 0.8 * error["plain"]


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=50))
def test_effective_sample_size_lies_between_one_and_n(w):
    size = effective_sample_size(w)
    assert 1 - 1e-9 <= size <= len(w) + 1e-9
    assert effective_sample_size(7.0 * np.array(w)) == pytest.approx(size)


def test_effective_sample_size_of_known_weights():
    assert effective_sample_size([2, 2, 2]) == pytest.approx(3)
    assert effective_sample_size([1, 0, 0, 0]) == pytest.approx(1)
    assert effective_sample_size([3, 1]) == pytest.approx(1.6)
    assert effective_sample_size([1e300, 1e300]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: density_weights([1, 0, 2]),
            r"count the .*\[1\] is 0.0",
        ),
        (lambda: density_weights([1, math.nan]), r"samples\[1\] is nan"),
        (lambda: density_weights([]), r"shape \[N\]"),
        (lambda: density_weights([1, 2], "root"), "scheme must be one of"),
        (lambda: density_weights([1, 2], clip=(2, 3)), "low <= 1 <= high"),
        (lambda: density_weights([1, 2], clip=(0, 0.5)), "low <= 1 <= high"),
        (lambda: effective_sample_size([1, -1]), r"weights\[1\] is -1"),
        (lambda: effective_sample_size([0, 0]), "at least one weight"),
        (lambda: effective_sample_size([]), r"shape \[N\]"),
        (lambda: lds_weights([], AGES), "must not be empty"),
        (lambda: lds_weights([30, 200], AGES), r"labels\[1\] is 200"),
        (lambda: lds_weights([30], AGES, kernel_size=4), "size must be odd"),
        (lambda: lds_weights([1], LabelBins(0, 3, 1), kernel_size=5), "covers 5 bins"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
