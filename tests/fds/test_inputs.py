"""What the layer takes: labels of any precision, any shapes, values that fail."""

import math
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import dirlib
from dirlib import LabelBins
from dirlib.fds.labels import edge_tables, find_bins

FDS = partial(dirlib.FDS, kernel_size=5, sigma=2.0)  # ten bins have little room
BINS = LabelBins(0, 10, 1)
D = 4
KINDS = ["diagonal", "full", "low_rank"]
BINNINGS = {
    "years": LabelBins(0, 101, 1),
    "tenths": LabelBins(-2, 3, 0.1),
    "far": LabelBins(1000, 1010, 0.5),
    "unequal": LabelBins.from_edges([-3, -0.7, 0, 0.1, 0.30000000000000004, 8, 900]),
    "one": LabelBins(0, 1, 1),
}


def batch(seed=0, n=200):
    g = torch.Generator().manual_seed(seed)
    labels = torch.rand(n, generator=g) * 10
    return torch.randn(n, D, generator=g) * (1 + labels[:, None]), labels


def layer(covariance="diagonal"):
    return dirlib.FDS(3, LabelBins(0, 8, 1), kernel_size=3, covariance=covariance)


def indices(labels, bins):
    return find_bins(labels, edge_tables(bins, "cpu")).tolist()


@pytest.mark.parametrize("bins", BINNINGS.values(), ids=BINNINGS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_bins_are_those_of_label_bins(bins, dtype, data):
    """On edges and beside them in the labels' own precision, and anywhere."""
    edges = bins.edges.astype(dtype)
    beside = (np.nextafter(edges, dtype(side)) for side in (-np.inf, np.inf))
    low, high = float(edges[0]) - 5, float(edges[-1]) + 5
    anywhere = data.draw(st.lists(st.floats(low, high), max_size=20))
    labels = np.concatenate([edges, *beside, np.array(anywhere).astype(dtype)])
    expected = bins.index(labels, "clip").tolist()
    assert indices(torch.from_numpy(labels), bins) == expected


@pytest.mark.parametrize("bins", BINNINGS.values(), ids=BINNINGS)
def test_bins_of_integers_are_those_of_label_bins(bins):
    labels = np.arange(-20, 120)
    for dtype in (np.int8, np.int16, np.int32, np.int64):
        expected = bins.index(labels.astype(dtype), "clip").tolist()
        assert indices(torch.from_numpy(labels.astype(dtype)), bins) == expected


def test_bfloat16_labels_meet_edges_in_bfloat16():
    """0.7 is below 0.7 in float32, once it is rounded to bfloat16: the edge is too."""
    bins = BINNINGS["tenths"]
    table = edge_tables(bins, "cpu")[torch.bfloat16]
    assert torch.equal(table, torch.tensor(bins.edges).bfloat16())
    assert indices(table, bins) == [*range(50), 49]
    near = LabelBins.from_edges([1.00390625, 1.01171875, 2])  # two halfway cases
    table = edge_tables(near, "cpu")[torch.bfloat16]
    assert table.tolist() == [1.0, 1.015625, 2.0]


@pytest.mark.parametrize(
    ("bins", "dtype"),
    [
        (LabelBins(2040, 2060, 1), torch.float16),
        (LabelBins(0, 2e5, 1e4), torch.float16),
        (LabelBins(0, 257, 1), torch.bfloat16),
        (LabelBins.from_edges([1, 1 + 1e-9, 2]), torch.float32),
    ],
)
def test_a_precision_that_cannot_tell_bins_apart_is_refused(bins, dtype):
    with pytest.raises(ValueError, match="can't tell the bins apart.*float64"):
        find_bins(torch.ones(1, dtype=dtype), edge_tables(bins, "cpu"))


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_and_pixels_are_samples(kind):
    z, y = batch(n=120)
    flat = FDS(D, BINS, covariance=kind)
    for shape in ((4, 30), (2, 5, 12), (120, 1)):
        fds = FDS(D, BINS, covariance=kind)
        for _ in range(2):
            out = fds(z.reshape(*shape, D), y.reshape(shape))
            expected = flat(z, y)
            assert torch.equal(out, expected.reshape(*shape, D))
            fds.end_epoch(), flat.end_epoch()
        flat = FDS(D, BINS, covariance=kind)
    one = fds(z[0], y[0])  # a single vector, and its label
    assert torch.equal(one, fds(z[:1], y[:1])[0])


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch_passes(kind):
    fds = FDS(D, BINS, covariance=kind)
    for _ in range(2):
        for shape in ((0,), (3, 0), (0, 7)):
            out = fds(torch.ones(*shape, D, requires_grad=True), torch.ones(shape))
            assert out.shape == (*shape, D)
            out.sum().backward()
        assert not fds.epoch.count.any()
        fds.epoch.update(*[torch.ones(0, D), torch.ones(0, dtype=torch.int64)])
        fds(*batch()), fds.end_epoch()


def test_many_bins_and_few_samples_give_what_few_bins_give():
    """With fewer samples than bins, a bin has no tile of its own."""
    z, y = batch(n=60)
    few, many = BINS, LabelBins(0, 1000, 1)
    for kind in KINDS:
        stats = [dirlib.BinStatistics(bins.n_bins, D, kind) for bins in (few, many)]
        for part in range(3):
            for one in stats:
                index = y[part::3].long()
                index[0] = len(one.count)
                one.add(z[part::3], index)
        for name in ("count", "mean", "scatter"):
            value, of_many = (getattr(one, name) for one in stats)
            torch.testing.assert_close(of_many[:10], value)
            assert not of_many[10:].any()
        assert stats[0].skipped == stats[1].skipped == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("n_bins", [10, 1000])
def test_a_sample_that_is_not_finite_passes_and_counts_nowhere(kind, bad, n_bins):
    bins = LabelBins(0, 10, 10 / n_bins)
    fds, clean = (FDS(D, bins, covariance=kind) for _ in range(2))
    (z, y), kept = batch(n=50), torch.ones(50, dtype=torch.bool)
    kept[[3, 17]] = False
    for _ in range(2):
        dirty, labels = z.clone(), y.clone()
        dirty[3, 2], labels[17] = bad, bad
        dirty.requires_grad_()
        out = fds(dirty, labels)
        out[kept].sum().backward()
        torch.testing.assert_close(out[kept], clean(z[kept], y[kept]))
        assert torch.equal(out[~kept].nan_to_num(), dirty[~kept].nan_to_num())
        assert dirty.grad.isfinite().all()
        before = {name: value.clone() for name, value in fds.state_dict().items()}
        with pytest.raises(ValueError, match="^2 samples .* check=True"):
            fds.end_epoch()
        assert all(torch.equal(v, before[k]) for k, v in fds.state_dict().items())
        fds.epoch.skipped.zero_()  # as the message says
        fds.end_epoch(), clean.end_epoch()
    for name, value in clean.state_dict().items():
        torch.testing.assert_close(fds.state_dict()[name], value)


def test_check_refuses_at_once_and_collects_nothing():
    fds = FDS(D, BINS, check=True)
    z, y = batch(n=5)
    z[2, 1] = math.nan
    with pytest.raises(ValueError, match="sample 2 of the batch has the label .*nan"):
        fds(z, y)
    with pytest.raises(ValueError, match="sample 1 .* has the label nan"):
        fds(torch.ones(2, D), [1, math.nan])
    assert not fds.epoch.count.any() and not fds.epoch.skipped


def test_the_layer_fits_a_sequence_that_is_evaluated():
    network = nn.Sequential(nn.Linear(3, D), FDS(D, BINS), nn.Linear(D, 1))
    with pytest.raises(ValueError, match="needs the labels .* eval\\(\\) first"):
        network(torch.ones(2, 3))
    assert network.eval()(torch.ones(2, 3)).shape == (2, 1)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.ma.array([1.0, 2.0], mask=[False, True]), "leave these samples out"),
        (torch.tensor([True, False]), "integers or floats, but got torch.bool"),
        (torch.ones(2, dtype=torch.complex64), "but got torch.complex64"),
        (torch.ones(2, 1), r"shape \[2\], one per feature vector, but got \[2, 1\]"),
    ],
)
def test_labels_that_are_none_are_refused(labels, message):
    fds = FDS(D, BINS)
    with pytest.raises(ValueError, match=message):
        fds(torch.ones(2, D), labels)
    assert not fds.epoch.count.any()


def test_few_bins_shrink_the_default_window_alone():
    for n_bins, size in ((14, 13), (5, 5), (2, 1), (1, 1)):
        with pytest.warns(UserWarning, match=f"^{n_bins} bins .* takes one of {size}:"):
            fds = dirlib.FDS(D, LabelBins(0, n_bins, 1))
        assert len(fds.window) == size
        fds(torch.randn(40, D), torch.rand(40) * n_bins), fds.end_epoch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(dirlib.FDS(D, LabelBins(0, 15, 1)).window) == 15
    with pytest.raises(ValueError, match="covers 15 bins"):
        dirlib.FDS(D, BINS, kernel_size=15)
    with pytest.raises(ValueError, match="size must be odd and positive"):
        dirlib.FDS(D, BINS, kernel_size=0)


def test_a_forgotten_end_of_the_epoch_is_said_once():
    fds = FDS(D, BINS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(5):  # nothing was collected
            fds.eval(), fds.train()
        fds.end_epoch(dirlib.bin_statistics(*batch(), BINS))
        fds(*batch())
        fds.eval(), fds.train(), fds.train(), fds.end_epoch()
        fds(*batch())
        fds.eval(), fds.train(), fds.eval()
    with pytest.warns(UserWarning, match="call it once after each epoch"):
        fds.train()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            fds(*batch()), fds.eval(), fds.train()


def test_memory_is_guarded_for_each_kind():
    with pytest.raises(ValueError, match="about 64.8 GiB: use wider bins, or a linear"):
        dirlib.FDS(512, LabelBins(0, 1e6, 1))


def test_a_device_without_float64_is_refused_in_words():
    def to_mps(tensor):
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype")

    with pytest.raises(TypeError, match="kept in float64, which this device has not"):
        FDS(D, BINS)._apply(to_mps)


def test_the_sums_follow_when_buffers_alone_are_moved():
    """As FSDP does; the device "meta" stands for another one."""
    fds = FDS(D, BINS)
    for name, buffer in list(fds.named_buffers(recurse=False)):
        fds._buffers[name] = buffer.to("meta")
    z, y = (tensor.to("meta") for tensor in batch())
    assert fds(z, y).is_meta and fds.epoch.mean.is_meta and fds.epoch.skipped.is_meta


def test_several_targets_take_a_layer_each():
    binnings = BINS, LabelBins(-1, 1, 0.1)
    layers = nn.ModuleList(FDS(D, bins) for bins in binnings)
    heads = nn.ModuleList(nn.Linear(D, 1) for _ in binnings)
    z, first = batch()
    y = torch.stack([first, first / 5 - 1], 1)
    for _ in range(2):
        pairs = zip(layers, heads, strict=True)
        y_hat = [head(fds(z, y[:, t])) for t, (fds, head) in enumerate(pairs)]
        assert [prediction.shape for prediction in y_hat] == [(200, 1)] * 2
        for fds in layers:
            fds.end_epoch()
    for t, (fds, bins) in enumerate(zip(layers, binnings, strict=True)):
        assert fds.count.tolist() == bins.counts(y[:, t].numpy()).tolist()


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64])
def test_features_that_would_be_cut_are_refused(dtype):
    with pytest.raises(ValueError, match=f"floating point, but got {dtype}"):
        layer()(torch.full((8, 3), 3, dtype=dtype), torch.arange(8.0))


@pytest.mark.parametrize("kind", ["full", "low_rank"])
def test_sums_over_long_features_do_not_overflow_in_half_precision(kind):
    torch.manual_seed(0)
    dim = 96
    z, y = (2000 + 300 * torch.randn(320, dim)).half(), torch.arange(8.0).repeat(40)
    fds = dirlib.FDS(
        dim, LabelBins(0, 8, 1), kernel_size=3, covariance=kind, rank=dim // 3
    )
    fds(z, y)
    fds.end_epoch()
    exact = fds(z.double(), y)
    assert (fds(z, y).double() - exact).abs().max() < 2e-3 * exact.abs().max()


@pytest.mark.parametrize("kind", ["diagonal", "full", "low_rank"])
def test_an_epoch_that_overflows_is_refused_and_changes_nothing(kind):
    torch.manual_seed(0)
    fds, y = layer(covariance=kind), torch.arange(8.0).repeat(10)
    good = torch.randn(80, 3)
    fds(good, y)
    fds.end_epoch()
    before = [getattr(fds, n).clone() for n in ("count", "mean", "cov", "transform")]
    fds(1e200 * good.double(), y)
    with pytest.raises(ValueError, match="the statistics of bin 0 overflow"):
        fds.end_epoch()
    after = [fds.count, fds.mean, fds.cov, fds.transform]
    assert all(map(torch.equal, before, after))
    fds.epoch.reset()
    fds(good, y)
    fds.end_epoch()
    assert fds.cov.isfinite().all()


def test_many_bins_of_low_rank_are_refused_before_they_fill_the_memory():
    with pytest.raises(ValueError, match="298.2 GiB: use a smaller rank, wider bins"):
        dirlib.FDS(3, LabelBins(0, 100_000, 1), covariance="low_rank", rank=2)


def test_a_layer_made_on_meta_goes_on_from_an_assigned_state():
    fds, y = layer(), torch.arange(8.0).repeat(10)
    fds(torch.randn(80, 3), y)
    fds.end_epoch()
    with torch.device("meta"):
        other = layer()
    other.load_state_dict(fds.state_dict(), assign=True)
    other(torch.randn(80, 3), y)
    other.end_epoch()
    assert other.to("cpu").count.sum() == 80


def test_labels_in_reverse_and_labels_that_are_no_numbers():
    z, y = torch.randn(8, 3), np.arange(8.0)
    fds, other = layer(), layer()
    fds(z, y[::-1]), other(z, y[::-1].copy())
    assert torch.equal(fds.epoch.mean, other.epoch.mean)
    for labels in (y.astype(object), ["a"] * 8):
        with pytest.raises(ValueError, match="labels must be integers or floats"):
            fds(z, labels)


def test_validation_several_times_in_an_epoch_warns_once_at_most(recwarn):
    fds = layer()
    for _ in range(3):
        for _ in range(4):
            fds.train()(torch.randn(8, 3), torch.arange(8.0))
            fds.eval()
        fds.train().end_epoch()
    assert len([w for w in recwarn if "end_epoch()" in str(w.message)]) == 1
