"""Per-bin feature statistics: naive oracle, merging, processes, anchors."""

import math

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from dirlib import LabelBins
from dirlib.fds.anchors import cosine_to_anchor, neighbour_margin
from dirlib.fds.statistics import BinStatistics, bin_statistics

B, D, N = 7, 3, 60
KINDS = ["diagonal", "full", "low_rank"]
g = torch.Generator().manual_seed(0)
Z = (
    torch.randn(N, D, generator=g, dtype=torch.float64)
    @ torch.randn(D, D, generator=g).double()
)
INDEX = torch.randint(0, B - 2, (N,), generator=g)  # the last two bins stay empty ...
INDEX[0] = B - 2  # ... but for one sample


def gathered(covariance="full", batches=(N,), z=Z, index=INDEX):
    stats = BinStatistics(B, D, covariance)
    for zb, ib in zip(z.split(batches), index.split(batches), strict=True):
        stats.update(zb, ib)
    return stats


def assert_same(a, b, tolerance=1e-12):
    torch.testing.assert_close(a.count, b.count)
    close = {"atol": tolerance, "rtol": tolerance, "equal_nan": True}
    torch.testing.assert_close(a.mean, b.mean, **close)
    torch.testing.assert_close(a.variance(), b.variance(), **close)
    if a.kind.name != "diagonal":  # the rows of low_rank may be rotated
        torch.testing.assert_close(a.covariance(), b.covariance(), **close)


@pytest.mark.parametrize("covariance", ["full", "low_rank"])
@pytest.mark.parametrize("batches", [(N,), (1,) * N, (7, 13, 1, 39)])
def test_agrees_with_loops_however_it_is_split(batches, covariance):
    stats = gathered(covariance, batches=list(batches))
    for b in range(B):
        rows = [Z[i] for i in range(N) if INDEX[i] == b]
        assert stats.count[b] == len(rows)
        if rows:
            mean = sum(rows) / len(rows)
            torch.testing.assert_close(stats.mean[b], mean)
        if len(rows) > 1:
            outer = sum(torch.outer(r - mean, r - mean) for r in rows)
            torch.testing.assert_close(stats.covariance()[b], outer / (len(rows) - 1))
        else:
            assert stats.covariance()[b].isnan().all()


def test_diagonal_is_the_diagonal_of_full():
    diagonal, full = gathered("diagonal"), gathered("full")
    torch.testing.assert_close(diagonal.variance(), full.variance(), equal_nan=True)
    with pytest.raises(ValueError, match='covariance="full"'):
        diagonal.covariance()


@pytest.mark.parametrize("covariance", KINDS)
def test_two_halves_are_the_whole_and_stay_as_they_are(covariance):
    a = gathered(covariance, z=Z[:20], index=INDEX[:20], batches=20)
    b = gathered(covariance, z=Z[20:], index=INDEX[20:], batches=40)
    before = a.mean.clone()
    assert_same(a.merge(b), gathered(covariance))
    assert_same(b.merge(a), gathered(covariance))
    assert torch.equal(a.mean, before)


@pytest.mark.parametrize("covariance", KINDS)
def test_features_far_from_zero_keep_their_variance(covariance):
    far = gathered(covariance, z=Z + 1e7)
    torch.testing.assert_close(
        far.variance(),
        gathered(covariance).variance(),
        rtol=1e-6,
        atol=0,
        equal_nan=True,
    )


def test_products_of_many_tiles_are_split(monkeypatch):
    kinds = ("full", "low_rank")
    whole = [gathered(kind) for kind in kinds]
    monkeypatch.setattr("dirlib.fds.covariance.NUMBERS", 4 * D * D)
    for kind, expected in zip(kinds, whole, strict=True):
        assert_same(gathered(kind), expected)


def test_half_precision_and_gradients_are_left_alone():
    z = Z.to(torch.bfloat16).requires_grad_()
    stats = gathered("full", z=z)
    assert stats.mean.dtype == torch.float64 and not stats.mean.requires_grad
    torch.testing.assert_close(stats.mean, gathered("full").mean, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("covariance", KINDS)
def test_an_empty_batch_changes_nothing(covariance):
    stats = gathered(covariance)
    stats.update(Z[:0], INDEX[:0])
    assert_same(stats, gathered(covariance))


@pytest.mark.parametrize(
    ("features", "index", "message"),
    [
        (Z[:, :2], INDEX, r"features must have shape \[N, 3\], but got \[60, 2\]"),
        (Z, INDEX[:5], r"index must have shape \[60\], one per sample, but got \[5\]"),
        (Z, INDEX.double(), "index must hold integers"),
        (Z, INDEX > 2, "index must hold integers"),
        (Z, INDEX - 1, r"index must lie in 0..6, but got -1"),
        (Z, INDEX + 5, "index must lie in 0..6"),
        (Z.index_fill(0, torch.tensor([4]), math.nan), INDEX, "sample 4 aren't"),
        (Z.index_fill(0, torch.tensor([4]), -math.inf), INDEX, "sample 4 aren't"),
    ],
)
@pytest.mark.parametrize("covariance", KINDS)
def test_bad_batches_are_refused_and_change_nothing(
    covariance, features, index, message
):
    stats = gathered(covariance)
    with pytest.raises(ValueError, match=message):
        stats.update(features, index)
    assert_same(stats, gathered(covariance))


def test_features_whose_sum_overflows_are_finite_all_the_same():
    stats = BinStatistics(2, 2)
    stats.update(torch.full((2, 2), 1e308, dtype=torch.float64), torch.tensor([0, 1]))
    assert stats.mean.isfinite().all()
    halves = torch.full((64, 2), 60000.0).half()
    stats = BinStatistics(1, 2)
    stats.update(halves, torch.zeros(64).int())
    assert stats.mean.tolist() == [[60000.0, 60000.0]]


def test_bad_sizes_and_statistics_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="full, low_rank, but got 'low'"):
        BinStatistics(B, D, "low")
    with pytest.raises(ValueError, match="n_bins must be a whole number, 1 .* got 0"):
        BinStatistics(0, D)
    with pytest.raises(ValueError, match="rank must be a whole number"):
        BinStatistics(B, D, "low_rank", rank=0.5)
    with pytest.raises(ValueError, match=r"'diagonal' and shape \[7, 3\] don't fit"):
        gathered("full").merge(gathered("diagonal"))
    low = BinStatistics(B, D, "low_rank", rank=2)  # of the shape of "full"
    with pytest.raises(ValueError, match="of kind 'low_rank'"):
        gathered("full").merge(low)


def reduce_in_process(rank, address, out):
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    part = slice(0, 23) if rank == 0 else slice(23, N)
    for covariance in KINDS:
        stats = BinStatistics(B, D, covariance)
        stats.update(Z[part], INDEX[part])
        total = stats.all_reduce()
        torch.save(total.state_dict(), f"{out}/{covariance}{rank}.pt")
    stats.skipped.add_(rank + 1)
    assert stats.all_reduce().skipped == 3
    dist.destroy_process_group()


def test_two_processes_give_the_statistics_of_one(tmp_path):
    mp.spawn(reduce_in_process, (f"file://{tmp_path}/meeting", str(tmp_path)), nprocs=2)
    for covariance in KINDS:
        for rank in (0, 1):
            saved = torch.load(tmp_path / f"{covariance}{rank}.pt", weights_only=True)
            total = BinStatistics(B, D, covariance)
            total.load_state_dict(saved)
            assert_same(total, gathered(covariance), 1e-6)


@pytest.mark.parametrize("covariance", KINDS)
def test_statistics_of_all_features_are_those_of_their_batches(covariance, monkeypatch):
    bins = LabelBins(0, B, 1)
    labels = INDEX + 0.5
    labels[0], index = 99.0, INDEX.clone()  # beyond the last bin: counted there
    index[0] = B - 1
    monkeypatch.setattr("dirlib.fds.statistics.BATCH", 10 * D)
    stats = bin_statistics(Z, labels, bins, covariance)
    assert_same(stats, gathered(covariance, index=index))
    assert_same(bin_statistics(Z.numpy(), labels.tolist(), bins, covariance), stats)


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (Z[:, 0], INDEX, r"features must have shape \[N, D\]"),
        (Z, INDEX[:4], r"index must have shape \[60\]"),
        (Z[:1], [math.nan], "labels must be finite"),
        (Z[:1] * math.inf, [1], "features must be finite"),
    ],
)
def test_bad_features_and_labels_are_refused(features, labels, message):
    with pytest.raises(ValueError, match=message):
        bin_statistics(features, labels, LabelBins(0, B, 1))


def test_one_process_reduces_to_itself():
    assert_same(gathered().all_reduce(), gathered())


@pytest.mark.parametrize("statistic", ["mean", "variance"])
def test_cosine_agrees_with_a_loop(statistic):
    stats = gathered()
    values = (stats.mean if statistic == "mean" else stats.variance()).tolist()
    found = cosine_to_anchor(stats, 1, statistic)
    for b in range(B):
        if stats.count[b] >= (1 if statistic == "mean" else 2):
            dot = sum(x * y for x, y in zip(values[b], values[1], strict=True))
            norms = math.hypot(*values[b]) * math.hypot(*values[1])
            assert found[b] == pytest.approx(dot / norms)
        else:
            assert math.isnan(found[b])
    assert found[1] == pytest.approx(1)
    scaled = gathered(z=9 * Z)
    np.testing.assert_allclose(cosine_to_anchor(scaled, 1, statistic), found)


def one_sample_per_bin(features):
    stats = BinStatistics(*features.shape)
    stats.update(torch.as_tensor(features), torch.arange(len(features)))
    return stats


def test_the_margin_is_positive_for_ordered_features_and_negative_for_the_anomaly():
    angle = np.linspace(0, 1.5, 30)
    ordered = np.stack([np.cos(angle), np.sin(angle)], 1)
    many = np.zeros(30, bool)
    many[20:] = True
    similarity = cosine_to_anchor(one_sample_per_bin(ordered), 0)
    assert neighbour_margin(similarity, 0, many) > 0.3
    odd = ordered.copy()
    odd[0] = ordered[25]  # the anchor looks like the crowd
    similarity = cosine_to_anchor(one_sample_per_bin(odd), 0)
    assert neighbour_margin(similarity, 0, many) < -0.3


def test_the_gap_leaves_the_anchor_itself_out():
    similarity = np.array([1.0, 0.5, 0.5, 0.2, 0.4])
    many = np.array([True, False, False, True, True])
    assert neighbour_margin(similarity, 0, many, near=2) == pytest.approx(0.5 - 0.3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cosine_to_anchor(gathered(), B), "must be in 0..6, got 7"),
        (lambda: cosine_to_anchor(gathered(), 6), "too few samples for a mean"),
        (lambda: cosine_to_anchor(gathered(), 5, "variance"), "for a variance"),
        (lambda: cosine_to_anchor(gathered(), 0, "median"), "but got 'median'"),
        (lambda: neighbour_margin([1, math.nan], 0, [True, True], 1), "no near bin"),
        (lambda: neighbour_margin([1, 0.5], 0, [True, True], 1), "no many-shot bin"),
    ],
)
def test_bad_anchors_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
