"""LabelBins and the shot regions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dirlib import LabelBins, shot_regions, shot_thresholds
from dirlib.datasets.published import label_counts

AGES = LabelBins(0, 101, 1)


def naive_index(labels, edges):
    """The bin of each label by looking at every bin."""
    found = []
    for y in labels:
        inside = [b for b in range(len(edges) - 1) if edges[b] <= y < edges[b + 1]]
        found.append(inside[0] if inside else len(edges) - 2)
    return found


def test_the_parts_fit_together():
    bins = LabelBins(-2, 3, 0.5)
    assert bins.n_bins == 10
    assert bins.edges.shape == (11,) and bins.edges[0] == -2 and bins.edges[-1] == 3
    np.testing.assert_allclose(bins.centers, bins.edges[:-1] + 0.25)
    np.testing.assert_allclose(bins.widths, 0.5)
    assert repr(bins) == "LabelBins(-2, 3, 0.5)"


@given(
    start=st.integers(-50, 50),
    n=st.integers(1, 60),
    width=st.sampled_from([0.1, 0.25, 1 / 3, 1.0, 2.5, 7.0]),
    where=st.lists(st.floats(0, 1), min_size=1, max_size=30),
)
def test_index_agrees_with_a_search_through_all_bins(start, n, width, where):
    bins = LabelBins(start, start + n * width, width)
    low, high = bins.edges[0], bins.edges[-1]
    labels = np.clip(low + np.array(where) * (high - low), low, high)
    assert bins.index(labels).tolist() == naive_index(labels, bins.edges)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=20, unique=True))
def test_unequal_bins_agree_with_a_search_through_all_bins(edges):
    edges = sorted(edges)
    bins = LabelBins.from_edges(edges)
    labels = np.linspace(edges[0], edges[-1], 37)
    assert bins.index(labels).tolist() == naive_index(labels, edges)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_a_label_on_an_edge_is_in_the_bin_that_begins_there(dtype):
    """0.3 / 0.1 is 2.999..., and 0.7 in float32 is less than 0.7: both are traps."""
    labels = (np.arange(51) / 10).astype(dtype)
    expected = np.minimum(np.arange(51), 49)
    assert LabelBins(0, 5, 0.1).index(labels).tolist() == expected.tolist()


def test_the_last_bin_is_closed_on_the_right():
    assert LabelBins(0, 10, 2).index([8, 9.9, 10]).tolist() == [4, 4, 4]


def test_negative_labels_are_floored_not_truncated():
    assert LabelBins(-2, 2, 1).index([-0.5, 0.5]).tolist() == [1, 2]


def test_integers_and_floats_give_the_same_bins():
    labels = np.arange(101)
    for dtype in (np.uint8, np.int16, np.int64, np.float32):
        assert AGES.index(labels.astype(dtype)).tolist() == labels.tolist()


def test_more_labels_than_a_block():
    labels = np.random.default_rng(0).uniform(0, 101, 300_001)
    index = AGES.index(labels)
    assert index.dtype == np.int64
    np.testing.assert_array_equal(index, np.floor(labels).astype(int))
    assert AGES.counts(labels).sum() == labels.size


def test_out_of_range():
    labels = [-1, 0, 50, 101, 102]
    assert AGES.index(labels, "clip").tolist() == [0, 0, 50, 100, 100]
    assert AGES.index(labels, "drop").tolist() == [0, 50, 100]
    assert AGES.counts(labels, "clip").sum() == 5
    assert AGES.counts(labels, "drop").sum() == 3
    with pytest.raises(ValueError, match=r"labels\[0\] is -1: widen the bins"):
        AGES.index(labels)
    with pytest.raises(ValueError, match="out_of_range must be"):
        AGES.index(labels, "ignore")


def test_an_out_of_range_label_deep_in_the_list_is_named():
    labels = np.full(200_000, 30.0)
    labels[199_999] = 300
    with pytest.raises(ValueError, match=r"labels\[199999\] is 300"):
        AGES.index(labels)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("how", ["raise", "clip", "drop"])
def test_nan_and_infinity_are_refused_with_their_position(bad, how):
    with pytest.raises(ValueError, match=r"labels\[2\] is (nan|-?inf)"):
        AGES.index([1.0, 2.0, bad, 4.0], how)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "must not be empty"),
        ([[1, 2], [3, 4]], r"one-dimensional, but got shape \(2, 2\)"),
        (["30", "31"], "must be integers or floats"),
        ([True, False], "must be integers or floats"),
        ([None, 1.0], "must be integers or floats"),
    ],
)
def test_what_are_no_labels_is_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        AGES.index(labels)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((0, 10, 0), "width > 0"),
        ((0, 10, -1), "width > 0"),
        ((10, 0, 1), "start < stop"),
        ((0, math.nan, 1), "finite"),
        ((0, 10, 3), "not a whole number of bins of width 3"),
    ],
)
def test_bins_that_do_not_fit_are_refused(args, message):
    with pytest.raises(ValueError, match=message):
        LabelBins(*args)


@pytest.mark.parametrize(
    "edges", [[1], [], [0, 1, 1], [0, 2, 1], [0, math.inf], [[0, 1]]]
)
def test_edges_that_do_not_ascend_are_refused(edges):
    with pytest.raises(ValueError, match="edges must be"):
        LabelBins.from_edges(edges)


def test_edges_can_not_be_changed_from_outside():
    mine = np.array([0.0, 1.0, 4.0])
    bins = LabelBins.from_edges(mine)
    mine[1] = 3
    assert bins.edges.tolist() == [0, 1, 4]
    with pytest.raises(ValueError, match="read-only"):
        bins.edges[0] = 9


def test_large_and_tiny_ranges_keep_their_edges():
    assert LabelBins(10**9, 10**9 + 5, 1).index([10**9 + 3]).tolist() == [3]
    assert LabelBins(0, 5e-9, 1e-9).index([2.5e-9]).tolist() == [2]


def test_regions_at_their_thresholds():
    regions = shot_regions([101, 100, 20, 19, 1, 0])
    assert regions.many.tolist() == [True, False, False, False, False, False]
    assert regions.medium.tolist() == [False, True, True, False, False, False]
    assert regions.few.tolist() == [False, False, False, True, True, False]
    assert regions.zero.tolist() == [False, False, False, False, False, True]


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=50),
    st.integers(0, 200),
    st.integers(0, 200),
)
def test_every_bin_is_in_exactly_one_region(counts, a, b):
    regions = shot_regions(counts, many=max(a, b), few=min(a, b))
    assert (np.sum(regions, axis=0) == 1).all()


def test_bad_counts_and_thresholds_are_refused():
    with pytest.raises(ValueError, match=r"train_counts\[1\] is -1"):
        shot_regions([3, -1])
    with pytest.raises(ValueError, match=r"train_counts\[0\] is nan"):
        shot_regions([math.nan])
    with pytest.raises(ValueError, match="must not exceed many, but got"):
        shot_regions([1, 2], many=5, few=6)
    with pytest.raises(ValueError, match="shape"):
        shot_regions([])


@pytest.mark.parametrize(
    ("few", "many"), [(np.nan, 100), (20, np.nan), (-5, 100), (101, 100)]
)
def test_thresholds_that_split_nothing_are_refused(few, many):
    with pytest.raises(ValueError, match=f"but got few={few}, many={many}"):
        shot_regions([1, 2], many, few)


def test_bins_of_the_same_edges_are_equal():
    bins = LabelBins(-1, 1, 0.5)
    same = [LabelBins(-1.0, 1, 0.5), LabelBins.from_edges([-1, -0.5, -0.0, 0.5, 1])]
    assert len({bins, *same}) == 1
    assert bins != LabelBins(-1, 1, 1) and bins != LabelBins(-1, 1.5, 0.5)
    assert bins != LabelBins.from_edges([-1, -0.5, 0.1, 0.5, 1]) and bins != "bins"


@pytest.mark.parametrize("end", [(1e9, 1e-3), (1e300, 1e-300), (1, 1e-8)])
def test_more_bins_than_memory_has_room_for_are_refused(end):
    with pytest.raises(ValueError, match="more than 10,000,000: use wider bins"):
        LabelBins(0, *end)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_thresholds_follow_the_number_of_samples(counts):
    many, few = shot_thresholds(counts)
    assert 2 <= few <= many
    regions = shot_regions(counts, many, few)
    counts = np.array(counts)
    assert (regions.few | (counts != 1)).all()
    more = shot_thresholds(counts * 100)  # the thresholds grow with the samples
    assert abs(more[0] - 100 * many) <= 200 and abs(more[1] - 100 * few) <= 200


def test_thresholds_of_the_papers_data_are_near_the_papers():
    counts = label_counts("agedb-dir").counts
    assert (counts.sum(), np.count_nonzero(counts)) == (12208, 100)
    assert shot_thresholds(counts) == (122, 24)
    assert shot_thresholds([50] * 9) == (50, 10) and shot_thresholds([0, 0]) == (2, 2)
