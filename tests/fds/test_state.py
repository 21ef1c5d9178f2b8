"""The saved state: what it holds, what it refuses, and older versions of it."""

import copy
import json
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import dirlib
from dirlib import BinStatistics, LabelBins
from dirlib.fds.state import pack_settings

FDS = partial(dirlib.FDS, kernel_size=5, sigma=2.0)  # ten bins have little room
BINS = LabelBins(0, 10, 1)
D, RANK = 4, 2
KINDS = ["diagonal", "full", "low_rank"]
SUMS = ["epoch.samples", "epoch.origin", "epoch.sums", "epoch.products"]


def batch(seed=0, n=200):
    g = torch.Generator().manual_seed(seed)
    labels = torch.rand(n, generator=g) * 10
    return torch.randn(n, D, generator=g) * (1 + labels[:, None]), labels


def layer(kind="diagonal", **options):
    return FDS(D, BINS, covariance=kind, rank=RANK, **options)


def in_mid_epoch(kind="diagonal"):
    """A layer that has ended one epoch and is in the middle of the next."""
    fds = layer(kind)
    fds(*batch(0))
    fds.end_epoch()
    fds(*batch(1))
    return fds


def goes_on(fds):
    """What comes out of the rest of the epoch, and of the next one."""
    first = fds(*batch(2))
    fds.end_epoch()
    return torch.stack([first, fds(*batch(2))])


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_file_holds_plain_tensors(kind, tmp_path):
    fds = in_mid_epoch(kind)
    torch.save(fds.state_dict(), tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    other = layer(kind)
    other.load_state_dict({name: value.clone() for name, value in state.items()})
    assert torch.equal(goes_on(other), goes_on(fds))


def test_statistics_alone_load_what_earlier_versions_saved():
    old, new = in_mid_epoch().epoch, BinStatistics(BINS.n_bins, D)
    names = ("count", "mean", "scatter")
    new.load_state_dict({name: getattr(old, name) for name in names})
    for name in names:
        assert torch.equal(getattr(new, name), getattr(old, name))


def test_statistics_alone_keep_their_precision_too_and_move():
    stats = BinStatistics(3, D)
    stats.update(torch.ones(5, D), torch.tensor([0, 0, 1, 2, 2]))
    assert stats.half().mean.dtype == torch.float64
    assert stats.count.tolist() == [2, 1, 2]
    moved = in_mid_epoch().to("meta")
    tensors = [moved.epoch.count, moved.epoch.mean, moved.epoch.scatter, moved.cov]
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    empty = moved.to_empty(device="cpu")
    empty.load_state_dict(in_mid_epoch().state_dict())
    assert torch.equal(goes_on(empty), goes_on(in_mid_epoch()))


def test_the_sums_of_the_epoch_are_saved_but_are_no_buffers():
    fds = in_mid_epoch()
    names = [name for name, _ in fds.named_buffers()]
    assert set(fds.state_dict()) - set(names) == {*SUMS, "_extra_state"}
    assert fds.state_dict()["epoch.samples"].sum() == 200


def test_settings_that_the_numbers_depend_on_are_compared():
    states = {
        r"bin_edges\[0\]: 0.0, here -5.0": {"bins": LabelBins(-5, 5, 1)},
        "number of bin_edges: 11, here 21": {"bins": LabelBins(0, 10, 0.5)},
        r"bin_edges\[5\]: 5.0, here 5.5": {
            "bins": LabelBins.from_edges([0, 1, 2, 3, 4, 5.5, 6, 7, 8, 9, 10])
        },
        r"window\[2\]: 0.2\d*, here 0.4": {"sigma": 1.0},
        "number of window: 5, here 3": {"kernel_size": 3},
        "momentum: 0.9, here 0.5": {"momentum": 0.5},
        "weighting: 'count', here 'uniform'": {"weighting": "uniform"},
        "edges: 'renormalize', here 'reflect'": {"edges": "reflect"},
        "covariance: 'diagonal', here 'full'": {"covariance": "full"},
        "feature_dim: 4, here 5": {"feature_dim": 5},
    }
    for message, options in states.items():
        fds = FDS(**{"feature_dim": D, "bins": BINS, **options})
        before = copy.deepcopy(fds.state_dict())
        with pytest.raises(ValueError, match=f"another {message}.*start anew"):
            fds.load_state_dict(in_mid_epoch().state_dict(), strict=False)
        for name, value in before.items():
            assert torch.equal(fds.state_dict()[name], value), name
    low = FDS(D, BINS, covariance="low_rank", rank=3)
    with pytest.raises(ValueError, match="another rank: 2, here 3"):
        low.load_state_dict(in_mid_epoch("low_rank").state_dict())


def test_the_last_bits_of_another_processor_are_no_other_settings():
    fds, other = in_mid_epoch(), layer()
    other.window = np.nextafter(fds.window, 1)
    other.bins = LabelBins.from_edges(np.nextafter(BINS.edges, 99))
    other.load_state_dict(fds.state_dict())
    assert torch.equal(other.mean, fds.mean)


def test_a_state_that_is_not_whole_or_damaged_is_refused_and_changes_nothing():
    state = in_mid_epoch().state_dict()
    newer = pack_settings({"version": 5})
    for changed, message in (
        ({"mean": None, "epoch.sums": None}, "lacks mean, epoch.sums"),
        ({"_extra_state": None}, "lacks _extra_state"),
        ({"_extra_state": torch.zeros(9)}, "has a damaged _extra_state"),
        ({"_extra_state": newer}, "has version 5, and this dirlib reads up to 4"),
        ({"cov": torch.ones(2, 2)}, r"has cov of shape \[2, 2\], here \[10, 4\]"),
    ):
        wrong = {k: v for k, v in {**state, **changed}.items() if v is not None}
        fds = layer()
        with pytest.raises(ValueError, match=message):
            fds.load_state_dict(wrong, strict=False)
        assert not fds.mean.any() and not fds.count.any() and not fds.epoch.count.any()
    with pytest.raises(RuntimeError, match="Missing key"):
        layer().load_state_dict({})
    assert not layer().load_state_dict({}, strict=False).unexpected_keys


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_state_is_converted(kind, version):
    """The sums were about the mean; before version 3, "low_rank" kept rows of them."""
    fds = in_mid_epoch(kind)
    stats, own = fds.epoch, fds.epoch.kind
    scatter = own.from_sums(stats.scatter) if version < 3 else stats.scatter
    old = {k: v for k, v in fds.state_dict().items() if k not in SUMS}
    old |= {"epoch.count": stats.count, "epoch.mean": stats.mean}
    old |= {"epoch.scatter": scatter, "active": fds.active}
    settings = json.loads(bytes(old.pop("_extra_state").tolist()))
    if version == 1:
        old = {name.replace("epoch.", "epoch_"): v for name, v in old.items()}
    else:
        old["_extra_state"] = pack_settings({**settings, "version": version})
    if version == 3:
        del old["active"]
    else:
        scatter = own.to_sums(scatter)
    stats._set(stats.mean, scatter)
    model = nn.Sequential(nn.Linear(D, D), layer(kind))
    state = model.state_dict()
    state = {name: value for name, value in state.items() if name[0] == "0"}
    state |= {f"1.{name}": value for name, value in old.items()}
    kept = dict(state)
    model.load_state_dict(state)
    assert state == kept  # the caller's dict stays as it is
    assert torch.equal(goes_on(model[1]), goes_on(fds))
    with pytest.raises(ValueError, match="here"):
        FDS(D + 1, BINS, covariance=kind, rank=RANK).load_state_dict(old)


def test_the_settings_are_json_that_survives_averaging():
    packed = [layer().get_extra_state() for _ in range(3)]
    mean = sum(packed) / 3
    settings = json.loads(bytes(round(byte) for byte in mean.tolist()))
    assert settings["version"] == 4 and settings["bin_edges"] == BINS.edges.tolist()
    state = in_mid_epoch().state_dict()
    layer().load_state_dict({name: value.half() for name, value in state.items()})
