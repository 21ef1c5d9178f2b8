"""The relevance function, and SERA against the integral that defines it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirlib import Relevance, mse, sera

rng = np.random.default_rng(0)
BOTH = [(0.0, 1.0), (30.0, 0.0), (90.0, 1.0)]
labels = st.lists(st.floats(-20, 120), min_size=1, max_size=20)


def ser(y, y_hat, phi, t):
    """The squared errors of the samples whose relevance is t or more."""
    return sum((a - b) ** 2 for a, b, p in zip(y, y_hat, phi, strict=True) if p >= t)


@settings(deadline=None)
@given(labels, st.integers(0, 99))
def test_sera_is_the_integral_over_the_thresholds(y, seed):
    """The integrand is a staircase: exact with its steps as the grid."""
    relevance = Relevance(BOTH)
    y_hat = y + np.random.default_rng(seed).normal(0, 5, len(y))
    phi = relevance(y)
    steps = np.unique([0.0, 1.0, *phi])
    area = sum(
        (b - a) * ser(y, y_hat, phi, (a + b) / 2)
        for a, b in zip(steps, steps[1:], strict=False)
    )
    assert sera(y, y_hat, relevance) == pytest.approx(area, rel=1e-9, abs=1e-9)


def test_sera_is_near_to_the_trapezoids_of_its_paper():
    y = rng.gamma(6, 6, 200).clip(0, 100)
    y_hat, relevance = y + rng.normal(0, 5, 200), Relevance(BOTH)
    t = np.linspace(0, 1, 1001)
    area = np.trapezoid([ser(y, y_hat, relevance(y), x) for x in t], t)
    assert sera(y, y_hat, relevance) == pytest.approx(area, rel=2e-3)


def test_where_everything_matters_it_is_the_sum_of_squared_errors():
    y, y_hat = [1, 2, 3], [2, 4, 0]
    assert sera(y, y_hat, Relevance([(0, 1), (9, 1)])) == 3 * mse(y, y_hat) == 14
    assert sera(y, y_hat, Relevance([(0, 0), (9, 0)])) == 0
    assert sera(y, y_hat, lambda y: np.full(3, 0.5)) == 7


def test_between_the_points_it_is_the_cubic_with_flat_ends():
    """3 t^2 - 2 t^3: the Hermite cubic from 0 to 1 with slope 0 at both ends."""
    phi, t = Relevance(BOTH), np.linspace(0, 1, 11)
    smooth = 3 * t**2 - 2 * t**3
    np.testing.assert_allclose(phi(30 + 60 * t), smooth, atol=1e-12)
    np.testing.assert_allclose(phi(30 - 30 * t), smooth, atol=1e-12)
    assert phi([-1e9, 1e9]) == pytest.approx([1, 1])


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-50, 50), st.integers(0, 100).map(lambda k: k / 100)),
        min_size=2,
        max_size=8,
        unique_by=lambda point: point[0],
    )
)
def test_it_meets_its_points_and_is_monotone_between_them(points):
    points = sorted(points)
    phi = Relevance(points)
    y, want = map(np.array, zip(*points, strict=True))
    np.testing.assert_allclose(phi(y), want, atol=1e-12)
    for (a, low), (b, high) in zip(points, points[1:], strict=False):
        values = phi(np.linspace(a, b, 41))
        assert (np.sign(high - low) * np.diff(values) >= -1e-9).all()
        assert min(low, high) - 1e-9 <= values.min()
        assert values.max() <= max(low, high) + 1e-9


def test_the_default_points_are_those_of_the_box_plot():
    y = np.r_[np.arange(1.0, 101), -80, 190, 200]
    q1, median, q3 = np.quantile(y, [0.25, 0.5, 0.75])
    reach = 1.5 * (q3 - q1)
    inside = [v for v in y if q1 - reach <= v <= q3 + reach]
    points = Relevance.from_labels(y).points
    assert points.tolist() == [[min(inside), 1], [median, 0], [max(inside), 1]]
    phi = Relevance.from_labels(rng.permutation(y))
    assert phi([-80, median, 190, 200]) == pytest.approx([1, 0, 1, 1], abs=1e-12)


def test_a_side_without_extremes_has_no_relevance():
    """Prices have a long tail at the top alone."""
    prices = rng.lognormal(3, 1, 2000)
    phi = Relevance.from_labels(prices)
    assert phi([0, prices.min(), np.median(prices)]).tolist() == [0, 0, 0]
    assert phi([prices.max()]) == pytest.approx(1)
    turned = Relevance.from_labels(-prices)
    np.testing.assert_allclose(turned(-prices), phi(prices), atol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Relevance.from_labels(np.arange(50)), "none is extreme: give points"),
        (lambda: Relevance.from_labels([5, 5, 5]), "no height: give points"),
        (
            lambda: Relevance.from_labels([5] * 90 + [1, 9, 100]),
            "half of the labels or more are 5, so the box has no height: give points",
        ),
        (lambda: Relevance.from_labels([1, 2], coef=-1), "coef must be 0 or more"),
        (lambda: Relevance.from_labels([1, 2], coef=np.nan), "coef must be .* got nan"),
        (lambda: sera([1, 2], [1, 2], [(0, 0), (1, 1)]), r"make Relevance\(points\)"),
        (lambda: sera([1, 2], [1, 2], None), "function of the labels, but got a NoneT"),
        (
            lambda: sera([1, 2], [1, 2], lambda y: 1),
            "one number per label, but got",
        ),
        (lambda: Relevance.from_labels([1, np.inf]), r"labels\[1\] is inf"),
        (lambda: Relevance([(0, 1)]), "two or more pairs"),
        (lambda: Relevance([0, 1, 2]), "two or more pairs"),
        (lambda: Relevance([(1, 0), (0, 1)]), "must ascend, but got"),
        (lambda: Relevance([(0, 0), (1, 2)]), r"relevance\[1\] is 2"),
        (lambda: Relevance(BOTH)([np.nan]), r"labels\[0\] is nan"),
        (lambda: sera([1, 2], [1], Relevance(BOTH)), "one length"),
        (lambda: sera([1, 2], [1, 2], lambda y: [0, 7]), r"relevance\[1\] is 7"),
    ],
)
def test_bad_input_gets_one_clear_sentence(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
