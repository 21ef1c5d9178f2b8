"""Low-rank covariances against the dense matrices that they stand for."""

from functools import partial

import pytest
import torch

import dirlib
from dirlib import BinStatistics, LabelBins
from dirlib.fds.calibration import calibration_transform
from dirlib.fds.low_rank import LowRank, rest
from dirlib.fds.low_rank import truncate as cut
from dirlib.fds.statistics import COVARIANCES

# Few bins have no room for the default window.
FDS = partial(dirlib.FDS, kernel_size=5, sigma=2.0)
BINS = LabelBins(0, 6, 1)
B, D, RANK = 6, 8, 3
LOW = LowRank(D, RANK)
CLIPS = [None, (0.1, 10.0), (0.8, 1.2)]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def low_rank(seed=0, rank=RANK, noise=1.0):
    """B matrices W^T W + rho I with the diagonal that gives this rho."""
    rows = normal(B, rank, D, seed=seed)
    rho = noise * normal(B, seed=seed + 1).abs()
    diagonal = rows.square().sum(1) + rho[:, None]
    return torch.cat([rows, diagonal[:, None]], 1)


def trace(matrix):
    return matrix.diagonal(dim1=1, dim2=2).sum(1)


def data(n=200, dim=D, seed=0):
    """Features with two strong directions, and float labels."""
    g = torch.Generator().manual_seed(seed)
    labels = torch.rand(n, generator=g) * B
    mixture = 3 * torch.randn(2, dim, generator=g)
    z = torch.randn(n, 2, generator=g) @ mixture + torch.randn(n, dim, generator=g)
    return (z * (1 + labels[:, None])).double(), labels


def layers(rank=RANK, dim=D, epochs=3, size=200, **options):
    """A full and a low-rank layer after the same epochs."""
    full = FDS(dim, BINS, covariance="full", **options)
    low = FDS(dim, BINS, covariance="low_rank", rank=rank, **options)
    for epoch in range(epochs):
        z, y = data(size, dim, seed=epoch)
        for layer in (full, low):
            for zb, yb in zip(z.split(30), y.split(30), strict=True):
                layer(zb, yb)
            layer.end_epoch()
    return full, low


@pytest.mark.parametrize("n_rows", [2, 5, 20])
def test_cutting_keeps_the_leading_eigenvalues_and_the_trace(n_rows):
    rows = normal(B, n_rows, D)
    out = cut(rows, RANK)
    assert out.shape == (B, RANK, D)
    values = torch.linalg.eigvalsh(rows.mT @ rows).flip(1)
    others = values[:, RANK:].mean(1, keepdim=True)
    model = out.mT @ out + others[..., None] * torch.eye(D).double()
    found = torch.linalg.eigvalsh(model).flip(1)
    torch.testing.assert_close(found[:, :RANK], values[:, :RANK])
    torch.testing.assert_close(found[:, RANK:], others.expand(-1, D - RANK))
    torch.testing.assert_close(trace(model), trace(rows.mT @ rows))


def test_cutting_to_all_directions_or_no_rows_changes_nothing():
    rows = normal(B, 20, D)
    kept = cut(rows, D)
    torch.testing.assert_close(kept.mT @ kept, rows.mT @ rows)
    assert torch.equal(cut(rows[:, :0], RANK), torch.zeros(B, RANK, D).double())


def test_rest_and_dense_keep_the_trace():
    cov = low_rank()
    torch.testing.assert_close(rest(cov), normal(B, seed=1).abs())
    torch.testing.assert_close(trace(LOW.dense(cov)), cov[:, -1].sum(1))


def test_a_sum_that_fits_is_exact_and_one_that_does_not_keeps_the_trace():
    a, b = normal(B, seed=3).abs(), normal(B, seed=4).abs()
    roomy = [torch.cat([0 * c[:, :-1], c], 1) for c in (low_rank(0), low_rank(9))]
    first, second = (LOW.dense(cov) for cov in roomy)
    expected = a[:, None, None] * first + b[:, None, None] * second
    found = LowRank(D, 2 * RANK).mix((a, roomy[0]), (b, roomy[1]))
    torch.testing.assert_close(LOW.dense(found), expected, atol=1e-9, rtol=1e-9)
    tight = LOW.dense(LOW.mix((a, low_rank(0)), (b, low_rank(9))))
    torch.testing.assert_close(trace(tight), trace(expected))
    assert not torch.allclose(tight, expected)


def test_smoothing_is_that_of_the_dense_matrices_where_the_rows_suffice():
    weights = normal(B, B, seed=2).abs()
    weights[2] = 0  # a bin that nothing reaches
    cov = low_rank(rank=D)

    def smoother(values):
        return torch.einsum("ab,b...->a...", weights, values)

    found = LOW.dense(LowRank(D, D).smooth(cov, smoother))
    torch.testing.assert_close(found, smoother(LOW.dense(cov)), atol=1e-9, rtol=1e-9)
    tight = LOW.smooth(low_rank(), smoother)
    torch.testing.assert_close(tight[:, -1], smoother(low_rank()[:, -1]))


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("rank", [1, RANK, 5, D])
@pytest.mark.parametrize("noise", [1.0, 0.01])
def test_the_transform_is_that_of_the_dense_matrices(clip, rank, noise):
    cov, target = low_rank(0, rank, noise), low_rank(7, rank, noise)
    z, index = normal(40, D, seed=5), torch.arange(40) % B
    shift = normal(B, D, seed=6)
    expected = calibration_transform(LOW.dense(cov), LOW.dense(target), clip)
    kind = LowRank(D, rank)
    found = kind.apply(kind.transform(cov, target, clip), shift, index, z)
    torch.testing.assert_close(
        found, torch.einsum("nij,nj->ni", expected[index], z) + shift[index]
    )


@pytest.mark.parametrize("noise", [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_the_clip_bounds_what_the_rows_do_not_reach_and_flatness_is_no_trouble(noise):
    cov, target = low_rank(0, noise=noise[0]), low_rank(7, noise=noise[1])
    eye = torch.eye(D).double().repeat(B, 1)
    index = torch.arange(B).repeat_interleave(D)
    none = torch.zeros(B, D).double()
    out = LOW.apply(LOW.transform(cov, target, (0.25, 4.0)), none, index, eye)
    s = torch.linalg.svdvals(out.reshape(B, D, D))
    assert s.max() <= 2 + 1e-9 and s.min() >= 0.5 - 1e-9
    same = LOW.apply(LOW.transform(cov, cov, (0.25, 4.0)), none, index, eye)
    torch.testing.assert_close(same, eye, atol=1e-5, rtol=0)


def test_the_identity_is_exact_in_any_precision():
    z, index = normal(9, D), torch.arange(9) % B
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        none = torch.zeros(B, D, dtype=dtype)
        kept = LOW.apply(LOW.identity(B).to(dtype), none, index, z.to(dtype))
        assert torch.equal(kept, z.to(dtype))


def test_a_sketch_gives_rows_back_and_keeps_the_trace():
    kind = LowRank(30, 4)
    kind.move("cpu")
    rows = normal(B, 4, 30)
    flat = torch.cat([rows, rows.square().sum(1, keepdim=True)], 1)
    assert kind.to_sums(flat).shape == (B, *kind.sums_shape) == (B, 13, 30)
    again = kind.from_sums(kind.to_sums(flat))
    torch.testing.assert_close(kind.dense(again), kind.dense(flat))
    flat[:, -1] += 0.5  # as much in each direction that the rows leave out
    again = kind.dense(kind.from_sums(kind.to_sums(flat)))
    torch.testing.assert_close(trace(again), trace(kind.dense(flat)))
    assert (again - kind.dense(flat)).norm() < 0.1 * kind.dense(flat).norm()
    none = torch.zeros(B, 13, 30).double()
    assert torch.equal(kind.from_sums(none), torch.zeros(B, 5, 30).double())


def test_the_order_and_the_batches_do_not_matter():
    z, y = data(n=300, dim=40)
    stats = [BinStatistics(B, 40, "low_rank", 3) for _ in range(2)]
    order = torch.randperm(300, generator=torch.Generator().manual_seed(0))
    stats[0].update(z, y.long())
    for i in order.split(7):
        stats[1].update(z[i], y[i].long())
    torch.testing.assert_close(stats[1].covariance(), stats[0].covariance())


@pytest.mark.parametrize("batches", [1, 7, 200])
def test_statistics_with_all_directions_are_the_full_ones(batches):
    z, y = data()
    full = BinStatistics(B, D, "full")
    low = BinStatistics(B, D, "low_rank", rank=99)  # no more than D are kept
    for stats in (full, low):
        for zb, yb in zip(z.split(batches), y.long().split(batches), strict=True):
            stats.update(zb, yb)
    torch.testing.assert_close(low.covariance(), full.covariance())
    assert low.scatter.shape == (B, D + 1, D)


def test_few_samples_are_exact_in_one_batch_in_many_and_merged():
    z, y = data(n=24, dim=30)
    rank = int(y.long().bincount().max()) - 1
    full, low = BinStatistics(B, 30, "full"), BinStatistics(B, 30, "low_rank", rank)
    parts = [BinStatistics(B, 30, "low_rank", rank) for _ in range(2)]
    full.update(z, y.long())
    for i in range(0, 24, 3):
        low.update(z[i : i + 3], y[i : i + 3].long())
        parts[i % 2].update(z[i : i + 3], y[i : i + 3].long())
    for stats in (low, parts[0].merge(parts[1])):
        torch.testing.assert_close(
            stats.covariance(), full.covariance(), equal_nan=True
        )
        assert rest(stats.kind.from_sums(stats.scatter)).max() < 1e-9


def test_the_strong_directions_are_found_and_variances_are_exact():
    z, y = data(n=3000, dim=40)
    full, low = BinStatistics(B, 40, "full"), BinStatistics(B, 40, "low_rank", 6)
    for stats in (full, low):
        for zb, yb in zip(z.split(64), y.long().split(64), strict=True):
            stats.update(zb, yb)
    torch.testing.assert_close(low.variance(), full.variance())
    torch.testing.assert_close(trace(low.covariance()), trace(full.covariance()))
    found = torch.linalg.eigvalsh(low.covariance())[:, -2:]
    torch.testing.assert_close(
        found, torch.linalg.eigvalsh(full.covariance())[:, -2:], rtol=0.01, atol=0
    )


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("shrinkage", [0.0, 10.0])
@pytest.mark.parametrize("weighting", ["count", "uniform"])
def test_a_layer_with_all_directions_is_the_full_one(clip, shrinkage, weighting):
    full, low = layers(
        D, clip=clip, shrinkage=shrinkage, weighting=weighting, edges="reflect"
    )
    z, y = data()
    assert not torch.allclose(full(z, y), z, atol=0.1)
    torch.testing.assert_close(low(z, y), full(z, y), atol=1e-5, rtol=1e-5)


def test_a_layer_with_the_strong_directions_is_near_the_full_one():
    full, low = layers(rank=6, dim=20, size=600)
    z, y = data(600, 20)
    change, error = full(z, y) - z, low(z, y) - full(z, y)
    assert error.norm() < 0.2 * change.norm()
    diagonal = FDS(20, BINS)
    for epoch in range(3):
        diagonal(*data(600, 20, seed=epoch))
        diagonal.end_epoch()
    assert error.norm() < 0.5 * (diagonal(z, y) - full(z, y)).norm()


def test_mirrored_labels_give_mirrored_statistics():
    z, y = data(n=30)
    one, other = (
        FDS(D, BINS, covariance="low_rank", rank=RANK, shrinkage=1.0) for _ in range(2)
    )
    one(z, y), other(z, B - y)
    one.end_epoch(), other.end_epoch()
    torch.testing.assert_close(one(z, y), other(z, B - y))


def test_features_as_long_as_those_of_a_large_network():
    bins = LabelBins(0, 101, 1)
    fds = FDS(2048, bins, covariance="low_rank")
    biggest = max(buffer.nbytes for buffer in fds.buffers())
    assert biggest < 2**27  # a matrix per bin would take 3.4 GB
    for _ in range(2):
        z = torch.randn(64, 2048, generator=torch.Generator().manual_seed(0))
        y = torch.linspace(0, 30, 64)
        out = fds(z.requires_grad_(), y)
        out.sum().backward()
        fds.end_epoch()
    assert out.isfinite().all() and z.grad.isfinite().all()
    assert not torch.equal(out, z)


def test_each_kind_has_the_shapes_of_its_statistics():
    for name in COVARIANCES:
        stats = BinStatistics(B, D, name, rank=RANK)
        kind = stats.kind
        assert stats.scatter.shape[1:] == kind.sums_shape
        cov = kind.from_sums(stats.scatter)
        assert cov.shape[1:] == kind.shape
        made = kind.transform(cov, cov, None)
        assert made.shape == kind.identity(B).shape
