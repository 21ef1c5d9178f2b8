"""Windows, and smoothing along the bins."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirlib import kernel_window, smooth_bins
from dirlib.kernels import EDGES, KINDS

odd = st.integers(0, 12).map(lambda h: 2 * h + 1)
kinds = st.sampled_from(KINDS)
sigmas = st.floats(0.2, 20)


@given(kinds, odd, sigmas)
def test_a_window_is_symmetric_falls_from_its_middle_and_sums_to_one(kind, size, sigma):
    w = kernel_window(kind, size, sigma)
    assert w.shape == (size,)
    assert w.sum() == pytest.approx(1)
    np.testing.assert_allclose(w, w[::-1])
    assert (np.diff(w[size // 2 :]) <= 0).all() and (w >= 0).all()


@pytest.mark.parametrize(
    ("kind", "ratio"),
    [
        ("gaussian", lambda d: math.exp(-(d**2) / (2 * 1.5**2))),
        ("laplace", lambda d: math.exp(-d / 1.5)),
        ("triangular", lambda d: 1 - d / 4),
    ],
)
def test_each_kind_follows_its_formula(kind, ratio):
    w = kernel_window(kind, 7, 1.5)
    for d in range(4):
        assert w[3 + d] / w[3] == pytest.approx(ratio(d))


def test_the_paper_s_default_window():
    """Gaussian, size 5, sigma 2, truncated exactly (not the published code's)."""
    expected = [0.153, 0.222, 0.251, 0.222, 0.153]
    np.testing.assert_allclose(kernel_window("gaussian", 5, 2.0), expected, atol=1e-3)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("gaussian", 4), "size must be odd and positive"),
        (("gaussian", 0), "size must be odd and positive"),
        (("gaussian", -3), "size must be odd and positive"),
        (("gaussian", 2.5), "size must be odd and positive"),
        (("gaussian", 5, 0), "sigma must be finite and positive"),
        (("laplace", 5, math.nan), "sigma must be finite and positive"),
        (("box", 5), "kind must be one of gaussian, laplace, triangular"),
    ],
)
def test_bad_windows_are_refused(args, message):
    with pytest.raises(ValueError, match=message):
        kernel_window(*args)


def naive_smooth(values, window, edges):
    """Two loops: over the bins, and over the window."""
    n, half = len(values), len(window) // 2
    out = np.zeros_like(values, dtype=float)
    for b in range(n):
        share = 0.0
        for d in range(-half, half + 1):
            j = b + d
            if edges == "reflect":
                while not 0 <= j < n:  # mirror, without repeating the edge bin
                    j = -j if j < 0 else 2 * (n - 1) - j
            if 0 <= j < n:
                out[b] += window[d + half] * values[j]
                share += window[d + half]
        if edges == "renormalize":
            out[b] *= window.sum() / share
    return out


@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("shape", [(9,), (12, 3), (10, 2, 2)])
@pytest.mark.parametrize("kind", KINDS)
def test_smoothing_agrees_with_two_loops(edges, shape, kind):
    values = np.random.default_rng(0).normal(size=shape)
    for size in (1, 3, 9):
        window = 1.7 * kernel_window(kind, size, 1.3)
        np.testing.assert_allclose(
            smooth_bins(values, window, edges),
            naive_smooth(values, window, edges),
            rtol=1e-12,
            atol=1e-12,
        )


@given(st.lists(st.floats(-1e6, 1e6), min_size=9, max_size=40), kinds, sigmas)
def test_smoothing_is_linear_and_mirrors_with_its_input(values, kind, sigma):
    window, v = kernel_window(kind, 9, sigma), np.array(values)
    for edges in EDGES:
        once = smooth_bins(v, window, edges)
        np.testing.assert_allclose(
            smooth_bins(3 * v, window, edges), 3 * once, rtol=1e-9, atol=1e-6
        )
        np.testing.assert_allclose(
            smooth_bins(v[::-1], window, edges), once[::-1], rtol=1e-9, atol=1e-6
        )


def test_constants_stay_constant_unless_nothing_lies_outside():
    window, ones = kernel_window("gaussian", 5), np.ones(20)
    for edges in ("reflect", "renormalize"):
        np.testing.assert_allclose(smooth_bins(ones, window, edges), 1)
    zero = smooth_bins(ones, window, "zero")
    np.testing.assert_allclose(zero[2:-2], 1)
    assert zero[0] < zero[1] < 1


def test_a_window_of_one_bin_changes_nothing_and_the_input_is_kept():
    values = np.arange(5.0)
    kept = values.copy()
    assert smooth_bins(values, [1.0]).tolist() == kept.tolist()
    smooth_bins(values, [0.25, 0.5, 0.25], "renormalize")
    assert values.tolist() == kept.tolist()


@pytest.mark.parametrize(
    ("values", "window", "message"),
    [
        ([1, 2, 3], [0.5, 0.5], "odd length"),
        ([1, 2, 3], np.ones(5) / 5, "covers 5 bins, but there are only 3"),
        ([1, 2, 3], [0.2, 0.5, 0.3], "must be symmetric"),
        ([1, 2, 3], [-0.5, 2, -0.5], "not negative"),
        ([1, 2, 3], [0, 0, 0], "not negative"),
        ([1, math.nan, 3], [0, 1, 0], "must be finite"),
        ([], [1], "shape"),
    ],
)
def test_bad_input_is_refused(values, window, message):
    with pytest.raises(ValueError, match=message):
        smooth_bins(values, window)


def test_unknown_edges_are_refused():
    with pytest.raises(ValueError, match="zero, reflect, renormalize, but got 'wrap'"):
        smooth_bins([1, 2, 3], [1], "wrap")
