"""Laws, naive oracles and hostile input for the metrics and the paired comparison."""

import dataclasses
import doctest
import json
import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dirlib import LabelBins, metrics
from dirlib.metrics import (
    error_by_bin,
    gm,
    mae,
    mse,
    paired_comparison,
    pearson,
    spearman,
)

AGES = LabelBins(0, 101, 1)
METRICS = [mae, mse, gm, pearson, spearman]

each_metric = pytest.mark.parametrize("metric", METRICS)
numbers = st.floats(-1e3, 1e3, allow_subnormal=False)
pairs = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30).map(
    lambda rows: tuple(np.array(rows).T)
)


def sample(n=200, seed=0):
    """Ages from a skewed density, and predictions that are off by about 5 years."""
    rng = np.random.default_rng(seed)
    y = rng.binomial(100, 0.3, n)
    return y, y + rng.normal(0, 5, n)


def naive_errors(y, y_hat):
    return [abs(float(a) - float(b)) for a, b in zip(y, y_hat, strict=True)]


def test_equal_the_naive_loop():
    y, y_hat = sample()
    errors = naive_errors(y, y_hat)
    product = math.prod(max(e, 1e-3) ** (1 / len(errors)) for e in errors)
    assert mae(y, y_hat) == pytest.approx(sum(errors) / len(errors))
    assert mse(y, y_hat) == pytest.approx(sum(e * e for e in errors) / len(errors))
    assert gm(y, y_hat) == pytest.approx(product)


def test_pearson_and_spearman_equal_the_naive_loop():
    y, y_hat = sample(50)

    def correlation(a, b):
        ma, mb = sum(a) / len(a), sum(b) / len(b)
        both = sum((p - ma) * (q - mb) for p, q in zip(a, b, strict=True))
        own = sum((p - ma) ** 2 for p in a) * sum((q - mb) ** 2 for q in b)
        return both / math.sqrt(own)

    def ranks(a):  # the mean of the places that equal values take
        return [sum(v < p for v in a) + (sum(v == p for v in a) + 1) / 2 for p in a]

    a, b = y.tolist(), y_hat.tolist()
    assert pearson(y, y_hat) == pytest.approx(correlation(a, b))
    assert spearman(y, y_hat) == pytest.approx(correlation(ranks(a), ranks(b)))


@given(pairs)
def test_gm_and_mae_and_mse_are_in_order(pair):
    y, y_hat = pair
    assert gm(y, y_hat) <= mae(y, y_hat) + 1e-3 + 1e-9
    assert mae(y, y_hat) <= math.sqrt(mse(y, y_hat)) * (1 + 1e-9) + 1e-9


@given(pairs, st.floats(0.01, 100), numbers)
def test_scale_and_shift(pair, scale, shift):
    y, y_hat = pair
    moved = scale * y + shift, scale * y_hat + shift
    tolerance = {"rel": 1e-6, "abs": 1e-6}
    assert mae(*moved) == pytest.approx(scale * mae(y, y_hat), **tolerance)
    assert mse(*moved) == pytest.approx(scale**2 * mse(y, y_hat), **tolerance)
    scaled = gm(scale * y, scale * y_hat, eps=scale * 1e-3)
    assert scaled == pytest.approx(scale * gm(y, y_hat, eps=1e-3), **tolerance)


@each_metric
def test_order_of_the_samples_and_of_the_arguments(metric):
    y, y_hat = sample()
    order = np.random.default_rng(1).permutation(y.size)
    assert metric(y[order], y_hat[order]) == pytest.approx(metric(y, y_hat))
    assert metric(y_hat, y) == pytest.approx(metric(y, y_hat))


def test_correlations_keep_what_they_promise():
    y, y_hat = sample()
    for correlation in (pearson, spearman):
        value = correlation(y, y_hat)
        assert -1 <= value <= 1
        assert correlation(3 * y + 7, 0.1 * y_hat - 2) == pytest.approx(value)
        assert correlation(y, -y_hat) == pytest.approx(-value)
        assert correlation(y, y) == pytest.approx(1)
    # A bent but ascending curve changes Pearson's correlation and not Spearman's.
    bent = np.exp(y_hat / 10)
    assert spearman(y, bent) == pytest.approx(spearman(y, y_hat))
    assert abs(pearson(y, bent) - pearson(y, y_hat)) > 0.01


def test_gm_floor():
    # One exact hit counts as an error of eps and doesn't make the whole 0.
    y, y_hat = np.zeros(100), np.full(100, 5.0)
    y_hat[0] = 0
    assert gm(y, y_hat) == pytest.approx(5 * (1e-3 / 5) ** 0.01)
    # The two numbers that the docstring tells.
    assert round(100 * (1 - gm(y, y_hat) / 5)) == 8
    assert round(100 * (1 - gm(y, y_hat, eps=1e-6) / 5)) == 14
    assert gm(y, y) == pytest.approx(1e-3)
    assert gm([1, 2], [2, 3], eps=4.0) == pytest.approx(4)


@each_metric
def test_takes_lists_arrays_and_tensors(metric):
    y, y_hat = sample(30)
    want = metric(y, y_hat)
    assert type(want) is float
    assert metric(y.tolist(), tuple(y_hat)) == pytest.approx(want)
    assert metric(torch.as_tensor(y), torch.as_tensor(y_hat)) == pytest.approx(want)
    assert metric(y.astype(np.uint8), y_hat.astype(np.float32)) == pytest.approx(
        want, rel=1e-5
    )
    assert metric(y.astype(object), y_hat) == pytest.approx(want)


def test_unsigned_labels_do_not_wrap_around():
    # 3 - 5 in uint8 is 254.
    assert mae(np.array([3], np.uint8), np.array([5], np.uint8)) == 2


def test_half_precision_does_not_overflow():
    assert mse(np.array([0], np.float16), np.array([300], np.float16)) == 90000


def test_error_by_bin_equals_the_naive_loop():
    y, y_hat = sample()
    got = error_by_bin(y, y_hat, AGES)
    assert got.shape == (101,) and got.dtype == np.float64
    for b in range(101):
        errors = [abs(p - a) for a, p in zip(y, y_hat, strict=True) if a == b]
        if errors:
            assert got[b] == pytest.approx(sum(errors) / len(errors))
        else:
            assert math.isnan(got[b])


def test_error_by_bin_weighted_by_counts_is_mae():
    y, y_hat = sample()
    error, counts = error_by_bin(y, y_hat, AGES), AGES.counts(y)
    seen = counts > 0
    assert np.array_equal(seen, ~np.isnan(error))
    weighted = np.average(error[seen], weights=counts[seen])
    assert weighted == pytest.approx(mae(y, y_hat))


def test_a_float32_label_on_an_edge_stays_in_its_bin():
    # float32(0.7) is a little below 0.7, and in float64 it would fall into bin 6.
    bins = LabelBins(0, 1, 0.1)
    error = error_by_bin(np.array([0.7], np.float32), [0.5], bins)
    assert np.flatnonzero(~np.isnan(error)).tolist() == [7]


@each_metric
@pytest.mark.parametrize(
    ("y", "y_hat", "words"),
    [
        ([], [], "y must not be empty"),
        ([1, 2], [], "y_hat must not be empty"),
        ([1, 2, 3], [1, 2], "3 and 2"),
        ([1, 2, 3], [5], "3 and 1"),
        ([[1], [2]], [1, 2], r"\[2, 1\].*numpy\.ravel\(y\)"),
        ([1, 2], [[1, 2]], r"\[1, 2\].*numpy\.ravel\(y_hat\)"),
        (3.0, 3.0, r"\[N\], but got \[\]"),
        ([1, math.nan, math.nan], [1, 2, 3], r"leave .* out.*y\[1\] is nan"),
        ([1, 2, 3], [1, 2, -math.inf], r"y_hat\[2\] is -inf"),
        ([1, None, 3], [1, 2, 3], r"y\[1\] is nan"),
        (["30", "31"], [1, 2], "y must be a list or array of numbers"),
        ([1, "a"], [1, 2], "y must be a list or array of numbers"),
        ([[1], [2, 3]], [1, 2], "y must be a list or array of numbers"),
        ([1j, 2], [1, 2], "complex128"),
        ([1, 2], torch.ones(2, requires_grad=True), r"y_hat\.detach\(\)"),
        ([1, 2], torch.ones(2, dtype=torch.bfloat16), r"\.float\(\)"),
    ],
)
def test_bad_input_is_refused(metric, y, y_hat, words):
    with pytest.raises(ValueError, match=words):
        metric(y, y_hat)


def test_the_cure_in_the_message_cures():
    tensor = torch.ones(2, requires_grad=True).bfloat16()
    with pytest.raises(ValueError, match=r"y_hat\.detach\(\)\.cpu\(\)\.float\(\)"):
        mae([1, 2], tensor)
    assert mae([1, 2], tensor.detach().cpu().float()) == 0.5


@pytest.mark.parametrize("correlation", [pearson, spearman])
def test_a_constant_has_no_correlation(correlation):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # scipy would warn and return NaN
        with pytest.raises(ValueError, match="y_hat must vary.* 5"):
            correlation([1, 2, 3], [5, 5, 5])
        with pytest.raises(ValueError, match="y must vary"):
            correlation([2, 2], [1, 5])
        with pytest.raises(ValueError, match="y must vary"):
            correlation([1], [1])
        assert correlation([1, 2], [4, 3]) == pytest.approx(-1)


@pytest.mark.parametrize("eps", [0, -1, math.nan, math.inf])
def test_bad_eps_is_refused(eps):
    with pytest.raises(ValueError, match=f"eps must be above 0.*{eps}"):
        gm([1], [2], eps=eps)


def test_nothing_is_written_in_place():
    y, y_hat = sample()
    y, copies = y.astype(float), (y.astype(float), y_hat.copy())
    for metric in METRICS:
        metric(y, y_hat)
    error_by_bin(y, y_hat, AGES)
    paired_comparison(y, y_hat)
    assert np.array_equal(y, copies[0]) and np.array_equal(y_hat, copies[1])


def test_paired_comparison_by_hand():
    got = paired_comparison([8.0, 9.0, 8.5], [7.0, 8.2, 7.3])
    # d = -1, -0.8, -1.2: mean -1, standard deviation 0.2, t(0.975, 2) = 4.302653.
    margin = 4.302653 * 0.2 / math.sqrt(3)
    assert got.n == 3 and got.wins == 3
    assert got.mean_difference == pytest.approx(-1)
    assert got.low == pytest.approx(-1 - margin, rel=1e-6)
    assert got.high == pytest.approx(-1 + margin, rel=1e-6)
    assert str(got) == "-1.00 [-1.50, -0.50], lower in 3 of 3"


def test_paired_comparison_agrees_with_the_t_test():
    rng = np.random.default_rng(0)
    a, b = rng.normal(8, 1, 12), rng.normal(7.5, 1, 12)
    for confidence in (0.5, 0.9, 0.99):
        want = stats.ttest_rel(b, a).confidence_interval(confidence)
        got = paired_comparison(a, b, confidence=confidence)
        assert (got.low, got.high) == pytest.approx((want.low, want.high))


def test_paired_comparison_laws():
    rng = np.random.default_rng(0)
    a, b = rng.normal(8, 1, 6), rng.normal(7.5, 1, 6)
    got, back = paired_comparison(a, b), paired_comparison(b, a)
    assert back.mean_difference == pytest.approx(-got.mean_difference)
    assert (back.low, back.high) == pytest.approx((-got.high, -got.low))
    assert back.wins == 6 - got.wins
    # What a seed does to both methods plays no part.
    seed_effect = rng.normal(0, 100, 6)
    moved = paired_comparison(a + seed_effect, b + seed_effect)
    assert dataclasses.astuple(moved) == pytest.approx(dataclasses.astuple(got))
    # A tie is no win, and equal differences leave no doubt.
    tie = paired_comparison([1, 2], [1, 2])
    assert (tie.wins, tie.low, tie.high) == (0, 0, 0)
    assert json.loads(json.dumps(dataclasses.asdict(got)))["wins"] == got.wins
    with pytest.raises(dataclasses.FrozenInstanceError):
        got.n = 3


@pytest.mark.parametrize("n", [2, 5])
def test_the_paired_interval_covers_what_it_says(n):
    # 2000 made-up studies with a true difference of -1: 90 % of intervals hold it.
    rng = np.random.default_rng(0)
    base = rng.normal(8, 2, (2000, n))
    method = base - 1 + rng.normal(0, 0.5, (2000, n))
    held = 0
    for a, b in zip(base, method, strict=True):
        got = paired_comparison(a, b, confidence=0.9)
        held += got.low <= -1 <= got.high
    assert 0.88 < held / 2000 < 0.92


@pytest.mark.parametrize(
    ("baseline", "method", "words"),
    [
        ([1], [2], "at least 2 pairs"),
        ([], [], "baseline must not be empty"),
        ([1, 2], [1, 2, 3], "baseline and method.*2 and 3"),
        ([1, 2], [1, math.nan], r"method\[1\] is nan"),
        ([[1, 2]], [[1, 2]], r"baseline must have shape \[N\]"),
    ],
)
def test_bad_pairs_are_refused(baseline, method, words):
    with pytest.raises(ValueError, match=words):
        paired_comparison(baseline, method)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, math.nan])
def test_bad_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match=f"between 0 and 1.*{confidence}"):
        paired_comparison([1, 2], [2, 3], confidence=confidence)


def test_the_examples_in_the_docstrings():
    for module in (metrics.errors, metrics.paired, metrics.relevance):
        results = doctest.testmod(module)
        assert results.attempted > 0 and results.failed == 0
