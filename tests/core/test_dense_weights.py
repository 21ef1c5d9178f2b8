"""DenseWeight (Steininger et al., 2021) against scipy's kernel density estimate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde

from dirlib import DenseWeights, effective_sample_size

rng = np.random.default_rng(0)
SETS = {
    "normal": rng.normal(35, 12, 400),
    "skewed": rng.lognormal(2, 1, 500),
    "whole ages": rng.gamma(6, 6, 300).round(),
    "two humps, tiny unit": 1e-6 * np.r_[rng.normal(0, 1, 90), rng.normal(9, 2, 30)],
    "two labels": np.array([1.0, 4.0]),
}

each_set = pytest.mark.parametrize("labels", SETS.values(), ids=SETS)


def naive(labels, others, alpha, eps, bandwidth):
    """The paper's formulas, with every pair of labels."""
    kde = gaussian_kde(labels, bandwidth)
    p, at = kde(labels), kde(others)
    scaled = np.clip((at - p.min()) / np.ptp(p), 0, 1)
    own = np.maximum(1 - alpha * (p - p.min()) / np.ptp(p), eps)
    return np.maximum(1 - alpha * scaled, eps) / own.mean()


@each_set
@pytest.mark.parametrize("bandwidth", ["silverman", "scott"])
@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5])
def test_equals_the_paper_with_every_pair_of_labels(labels, bandwidth, alpha):
    if labels.size == 2:
        labels = np.r_[labels, 4.2]  # the densities of two are equal
    others = np.linspace(labels.min(), labels.max(), 57)
    weights = DenseWeights(alpha, bandwidth, eps=0.05).fit(labels)
    for y in (labels, others):
        want = naive(labels, y, alpha, 0.05, bandwidth)
        np.testing.assert_allclose(weights(y), want, atol=2e-3 * want.max())


@each_set
def test_the_bandwidths_are_those_of_scipy(labels):
    for rule in ("silverman", "scott"):
        kde = gaussian_kde(labels, rule)
        h = DenseWeights(bandwidth=rule).fit(labels).h
        assert h == pytest.approx(np.sqrt(kde.covariance[0, 0]))
    assert DenseWeights(bandwidth=2).fit(labels / np.ptp(labels)).h == 2


@each_set
def test_training_weights_have_mean_one_and_the_diagnostics_are_theirs(labels):
    weights = DenseWeights().fit(labels)
    w = weights(labels)
    assert w.mean() == pytest.approx(1) and w.min() > 0
    assert weights.largest == pytest.approx(w.max())
    assert weights.effective_sample_size == pytest.approx(effective_sample_size(w))


def test_alpha_goes_from_equal_weights_to_none_for_the_commonest():
    labels = SETS["normal"]
    assert DenseWeights(0).fit(labels)(labels) == pytest.approx(1)
    at_mode = [DenseWeights(a).fit(labels)([35.0])[0] for a in (0.2, 0.6, 1.0)]
    assert 1 > at_mode[0] > at_mode[1] > at_mode[2] > 0
    assert at_mode[2] < 0.1
    strong = DenseWeights(2.0, eps=0.01).fit(labels)
    share = np.mean(strong(labels) == strong(labels).min())
    assert 0.2 < share < 1  # those that are clipped to eps


@settings(deadline=None)
@given(st.floats(0.01, 1000), st.floats(-1000, 1000))
def test_the_unit_and_the_origin_of_the_labels_play_no_part(scale, shift):
    labels = SETS["normal"][:60]
    w = DenseWeights().fit(labels)(labels)
    moved = scale * labels + shift
    np.testing.assert_allclose(DenseWeights().fit(moved)(moved), w, atol=2e-3 * w.max())


def test_labels_outside_weigh_as_much_as_the_rarest():
    labels = SETS["skewed"]
    weights = DenseWeights().fit(labels)
    far = weights([labels.min() - 1e9, labels.max() + 1e9, labels.max() + 100])
    assert far == pytest.approx(weights.largest)


def test_many_labels_and_one_extreme():
    """A million labels, which no sum over pairs could take."""
    labels = np.r_[rng.normal(0, 1, 1_000_000), 1000.0]
    weights = DenseWeights().fit(labels)
    assert weights.largest == weights([1000.0])[0]
    assert weights([0.0])[0] < 0.02


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DenseWeights(-1), "alpha must be 0 or more, but got -1"),
        (lambda: DenseWeights(np.nan), "alpha must be 0 or more"),
        (lambda: DenseWeights(eps=0), "eps must be above 0"),
        (lambda: DenseWeights()([1.0]), r"call fit\(labels\) first"),
        (lambda: DenseWeights().largest, r"call fit\(labels\) first"),
        (lambda: DenseWeights().effective_sample_size, r"call fit\(labels\) first"),
        (lambda: DenseWeights().h, r"call fit\(labels\) first"),
        (lambda: DenseWeights().fit([1, 1e300]), "deviation is inf in floating"),
        (lambda: DenseWeights().fit([1, np.nextafter(1, 2)]), "too small for labels"),
        (lambda: DenseWeights(bandwidth=1).fit([-1e308, 1e308]), "too small for"),
        (lambda: DenseWeights().fit([3, 3, 3]), "all labels are 3: give the bandwidth"),
        (lambda: DenseWeights().fit([3]), "all labels are 3: give the bandwidth"),
        (lambda: DenseWeights().fit([1, np.nan]), r"labels\[1\] is nan"),
        (lambda: DenseWeights().fit([]), "must not be empty"),
        (lambda: DenseWeights(bandwidth="knuth").fit([1, 2]), "but got 'knuth'"),
        (lambda: DenseWeights(bandwidth=-1).fit([1, 2]), "above 0, in label units"),
        (lambda: DenseWeights(bandwidth=None).fit([1, 2]), "but got None"),
        (lambda: DenseWeights(bandwidth=1e-9).fit([1, 2]), "too small for labels"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_labels_that_are_equally_common_weigh_the_same():
    """Their densities differ by the last bits, which must not become weights."""
    for labels in ([1, 4], [3, 9, 3, 9], [7.1, 1e3]):
        assert DenseWeights().fit(labels)(labels).tolist() == [1] * len(labels)


def test_a_number_as_bandwidth_takes_equal_labels():
    assert DenseWeights(bandwidth=1.0).fit([3, 3])([3, 3]).tolist() == [1, 1]


def test_a_fit_that_fails_leaves_the_weights_as_they_were():
    weights = DenseWeights(bandwidth=1e-3).fit([1, 2, 2])
    before = weights.h, weights([1, 2]).tolist()
    with pytest.raises(ValueError, match="too small"):
        weights.fit([0, 1e9])
    assert before == (weights.h, weights([1, 2]).tolist())
    assert not hasattr(weights, "size")
