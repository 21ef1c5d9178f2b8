"""Laws, naive oracles and hostile input for the errors by shot region."""

import dataclasses
import json
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dirlib import LabelBins, ShotRegions, choose_bins, shot_regions
from dirlib.metrics import (
    Score,
    by_region,
    error_by_bin,
    gm,
    mae,
    mse,
    pearson,
    region_errors,
    region_samples,
)

AGES = LabelBins(0, 101, 1)
EMPTY = Score(0, None, None, None)

each_metric = pytest.mark.parametrize("metric", [mae, mse, gm])


def sample(n=300, seed=0):
    """Ages from all bins but the last ten, and predictions off by about 5 years."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 91, n)
    return y, y + rng.normal(0, 5, n)


def regions():
    """Ages 0-29 many, 30-59 medium, 60-79 few, 80-100 zero."""
    counts = np.repeat([150, 50, 5, 0], [30, 30, 20, 21])
    return shot_regions(counts)


@each_metric
def test_by_region_equals_the_naive_loop(metric):
    y, y_hat = sample()
    scores = by_region(y, y_hat, AGES, regions(), metric)
    assert list(scores) == ["all", "many", "medium", "few", "zero"]
    limits = {"all": 0, "many": 0, "medium": 30, "few": 60, "zero": 80}
    ends = {"all": 101, "many": 30, "medium": 60, "few": 80, "zero": 101}
    for name, score in scores.items():
        chosen = [i for i, age in enumerate(y) if limits[name] <= age < ends[name]]
        assert score.n == len(chosen) > 0
        assert score.value == pytest.approx(metric(y[chosen], y_hat[chosen]))


@each_metric
def test_the_interval_is_a_percentile_bootstrap(metric):
    # Drawn again with a plain loop: the same ends, up to the chance of the draws.
    y, y_hat = sample(60)
    score = by_region(y, y_hat, AGES, regions(), metric, n_bootstrap=4000)["all"]
    rng = np.random.default_rng(12345)
    drawn = []
    for _ in range(4000):
        i = rng.integers(60, size=60)
        drawn.append(metric(y[i], y_hat[i]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    tolerance = 0.1 * (high - low)
    assert abs(score.low - low) < tolerance and abs(score.high - high) < tolerance


def test_the_regions_partition_the_samples():
    y, y_hat = sample()
    scores = by_region(y, y_hat, AGES, regions())
    parts = [scores[name] for name in ShotRegions._fields]
    assert sum(part.n for part in parts) == scores["all"].n == y.size
    total = sum(part.n * part.value for part in parts)
    assert total / y.size == pytest.approx(scores["all"].value)
    assert scores["all"].value == mae(y, y_hat)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40),
    st.sampled_from([mae, mse, gm]),
)
def test_the_interval_holds_the_value(errors, metric):
    y = np.full(len(errors), 40.0)
    score = by_region(y, y + errors, AGES, regions(), metric, n_bootstrap=400)["all"]
    slack = 1e-9 * (1 + score.value)
    assert score.low - slack <= score.value <= score.high + slack
    assert score.low >= 0


def test_seeds():
    y, y_hat = sample()
    first = by_region(y, y_hat, AGES, regions(), seed=1)
    assert by_region(y, y_hat, AGES, regions(), seed=1) == first
    other = by_region(y, y_hat, AGES, regions(), seed=2)
    assert other["few"].value == first["few"].value
    assert other["few"].low != first["few"].low


def test_global_random_state_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    by_region(*sample(), AGES, regions())
    assert np.array_equal(before, np.random.get_state()[1])


def test_an_interval_depends_on_its_own_samples_alone():
    y, y_hat = sample()
    full = by_region(y, y_hat, AGES, regions())
    without = by_region(y[y >= 30], y_hat[y >= 30], AGES, regions())
    assert without["many"] == EMPTY
    assert without["few"] == full["few"]


def test_the_interval_shrinks_with_n_and_grows_with_confidence():
    widths = []
    for n in (50, 500, 5000):
        score = by_region(*sample(n), AGES, regions())["all"]
        widths.append(score.high - score.low)
    # Ten times the samples: a width lower by the root of ten, roughly.
    for wide, narrow in zip(widths, widths[1:], strict=False):
        assert 2.2 < wide / narrow < 4.5
    y, y_hat = sample()
    wide, narrow = (
        by_region(y, y_hat, AGES, regions(), confidence=c)["all"] for c in (0.99, 0.5)
    )
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_interval_covers_what_it_says():
    # |N(0, 5)| has mean 5 * sqrt(2 / pi). Of 400 test sets, 90 % hold it, about.
    rng = np.random.default_rng(0)
    truth, held = 5 * math.sqrt(2 / math.pi), 0
    y = np.full(100, 40)
    for i in range(400):
        y_hat = y + rng.normal(0, 5, 100)
        options = {"n_bootstrap": 300, "confidence": 0.9, "seed": i}
        score = by_region(y, y_hat, AGES, regions(), **options)["all"]
        held += score.low <= truth <= score.high
    assert 0.84 < held / 400 < 0.94


def test_blocks_do_not_show(monkeypatch):
    # With one row at a time each resample is drawn by itself; the law is the same.
    y, y_hat = sample()
    whole = by_region(y, y_hat, AGES, regions(), n_bootstrap=2000)["all"]
    monkeypatch.setattr("dirlib.metrics.regions.BLOCK", 1)
    rows = by_region(y, y_hat, AGES, regions(), n_bootstrap=2000)["all"]
    assert rows.value == whole.value
    assert rows.low == pytest.approx(whole.low, abs=0.1)
    assert rows.high == pytest.approx(whole.high, abs=0.1)


def test_memory_is_bounded():
    # All draws at once would be 1000 * 20,000 indices, 160 MB.
    y, y_hat = sample(20_000)
    tracemalloc.start()
    by_region(y, y_hat, AGES, regions())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


def test_no_samples_and_one_sample():
    scores = by_region([10, 65], [12, 60], AGES, regions())
    assert scores["medium"] == EMPTY and scores["zero"] == EMPTY
    assert str(scores["zero"]) == "no samples"
    assert scores["many"] == Score(1, 2.0, None, None)
    assert str(scores["few"]) == "5.00 (n=1)"


def test_no_draws_no_interval():
    score = by_region(*sample(), AGES, regions(), n_bootstrap=0)["all"]
    assert score.n == 300 and score.value > 0
    assert score.low is None and score.high is None


def test_equal_errors_have_an_interval_without_width():
    y = np.arange(50)
    score = by_region(y, y + 0.1, AGES, regions(), gm)["all"]
    assert score.low == pytest.approx(0.1) and score.high == pytest.approx(0.1)


def test_a_score_reads_well_and_goes_to_json():
    score = Score(120, 12.341, 11.796, 12.905)
    assert str(score) == "12.34 [11.80, 12.90] (n=120)"
    assert f"{score}" == str(score)
    scores = by_region([10], [12], AGES, regions())
    text = json.dumps({name: dataclasses.asdict(s) for name, s in scores.items()})
    assert "NaN" not in text
    assert {k: Score(**v) for k, v in json.loads(text).items()} == scores
    scores = by_region(*sample(), AGES, regions(), gm, n_bootstrap=np.int64(10))
    assert json.dumps(dataclasses.asdict(scores["few"]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        score.n = 3


def test_a_float32_label_on_an_edge_stays_in_its_bin():
    # float32(0.7) is a little below 0.7, and in float64 it would fall into bin 6.
    bins, y = LabelBins(0, 1, 0.1), np.array([0.7], np.float32)
    masks = shot_regions([50] * 7 + [5] * 3)
    assert by_region(y, [0.5], bins, masks)["few"].n == 1
    assert region_errors(y, [0.5], bins, masks)["few"] == pytest.approx(0.2)


def test_nothing_is_written_in_place():
    y, y_hat = sample()
    masks = regions()
    copies = y.copy(), y_hat.copy(), [m.copy() for m in masks]
    by_region(y, y_hat, AGES, masks, gm)
    region_errors(y, y_hat, AGES, masks)
    assert np.array_equal(y, copies[0]) and np.array_equal(y_hat, copies[1])
    for mask, copy in zip(masks, copies[2], strict=True):
        assert np.array_equal(mask, copy)


@pytest.mark.parametrize(
    ("y", "y_hat", "words"),
    [
        ([], [], "y must not be empty"),
        ([1, 2], [1, 2, 3], "2 and 3"),
        ([1, math.nan], [1, 2], r"y\[1\] is nan"),
        ([1, 2], [math.inf, 2], r"y_hat\[0\] is inf"),
        ([[1], [2]], [1, 2], r"\[2, 1\]"),
    ],
)
def test_bad_input_is_refused(y, y_hat, words):
    with pytest.raises(ValueError, match=words):
        by_region(y, y_hat, AGES, regions())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"metric": pearson}, "mae, mse or gm.*pearson"),
        ({"metric": "mae"}, "mae, mse or gm.*'mae'"),
        ({"n_bootstrap": -1}, "whole number, 0 or more, got -1"),
        ({"n_bootstrap": 2.5}, "whole number.*2.5"),
        ({"confidence": 95}, "between 0 and 1.*95"),
        ({"confidence": 1.0}, "between 0 and 1.*1.0"),
        ({"confidence": math.nan}, "between 0 and 1.*nan"),
    ],
)
def test_bad_options_are_refused(options, words):
    y, y_hat = sample()
    with pytest.raises(ValueError, match=words):
        by_region(y, y_hat, AGES, regions(), **options)


def test_regions_of_other_bins_are_refused():
    y, y_hat = sample()
    with pytest.raises(ValueError, match=r"regions\.many.*\[101\].*\[100\]"):
        by_region(y, y_hat, AGES, shot_regions(np.ones(100)))
    with pytest.raises(ValueError, match=r"regions\.many.*\[101\].*\[102\]"):
        region_errors(y, y_hat, AGES, shot_regions(np.ones(102)))


def test_masks_of_zeros_and_ones_are_masks_and_not_positions():
    y, y_hat = sample()
    numbers = ShotRegions(*(mask.astype(int) for mask in regions()))
    want = by_region(y, y_hat, AGES, regions())
    assert by_region(y, y_hat, AGES, numbers) == want


def test_the_samples_of_the_regions_are_those_of_a_plain_loop():
    y, _ = sample()
    inside = region_samples(y, AGES, regions())
    assert list(inside) == ["all", "many", "medium", "few", "zero"]
    assert inside["all"].all()
    for name in ShotRegions._fields:
        mask = getattr(regions(), name)
        assert inside[name].tolist() == [bool(mask[age]) for age in y]


def test_the_scores_in_short_are_those_of_the_regions_and_the_gm():
    y, y_hat = sample()
    short = region_errors(y, y_hat, AGES, regions())
    whole = by_region(y, y_hat, AGES, regions(), n_bootstrap=0)
    assert short.pop("GM") == gm(y, y_hat) and short.pop("all") == mae(y, y_hat)
    assert short == {name: whole[name].value for name in ("many", "medium", "few")}
    # No sample, no error; and a label out of range counts in the nearest bin.
    short = region_errors([-7.5, 10], [12, 12], AGES, regions())
    assert short["many"] == short["all"] == pytest.approx(10.75)
    assert math.isnan(short["medium"]) and math.isnan(short["few"])
    with pytest.raises(ValueError, match=r"y_hat\[1\] is nan"):
        region_errors([1, 2], [1, math.nan], AGES, regions())


def test_labels_beyond_the_training_labels_count_in_the_nearest_bin():
    """Bins are those of the training labels; a test label may lie beyond them."""
    train = np.random.default_rng(0).lognormal(3, 1, 2000)
    bins, _ = choose_bins(train)
    y = np.r_[train[:50], -5.0, train.max() * 3]
    y_hat, inside = y + 1, y.clip(bins.edges[0], bins.edges[-1])
    regions = shot_regions(bins.counts(train))
    assert by_region(y, y_hat, bins, regions) == by_region(
        inside, inside + 1, bins, regions
    )
    assert by_region(y, y_hat, bins, regions)["all"].n == 52
    assert np.nansum(error_by_bin(y, y_hat, bins)[[0, -1]]) == pytest.approx(2)
