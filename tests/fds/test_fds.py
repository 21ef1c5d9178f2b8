"""FDS: the laws of calibration, a plain-loop oracle, and the layer over epochs."""

import copy
import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from dirlib import LabelBins, kernel_window
from dirlib.fds.calibration import calibrate, calibration_transform, matrix_sqrt
from dirlib.fds.layer import FDS as Layer
from dirlib.fds.statistics import BinStatistics, bin_statistics

# Ten bins have no room for the default window.
FDS = partial(Layer, kernel_size=5, sigma=2.0)
BINS = LabelBins(0, 10, 1)
B, D = 10, 4
DENSE = ["diagonal", "full"]
KINDS = [*DENSE, "low_rank"]


def features(n=400, seed=0, dim=D):
    """Features whose mean and spread follow the label, and their float labels."""
    g = torch.Generator().manual_seed(seed)
    labels = torch.rand(n, generator=g, dtype=torch.float64) * 10
    mix = torch.randn(dim, dim, generator=g, dtype=torch.float64)
    noise = torch.randn(n, dim, generator=g, dtype=torch.float64) @ mix
    return labels[:, None] + (1 + labels[:, None] / 5) * noise, labels


def covariances(seed=0, n=B, dim=D):
    a = torch.randn(n, dim, 2 * dim, generator=torch.Generator().manual_seed(seed))
    return (a @ a.mT).double() / (2 * dim)


def moments(kind, seed):
    g = torch.Generator().manual_seed(seed + 50)
    mean = torch.randn(B, D, generator=g, dtype=torch.float64)
    cov = covariances(seed)
    return mean, cov if kind == "full" else cov.diagonal(dim1=1, dim2=2)


def trained(kind="diagonal", epochs=1, **options):
    fds = FDS(D, BINS, covariance=kind, **options)
    for epoch in range(epochs):
        z, y = features(seed=epoch)
        fds(z, y)
        fds.end_epoch()
    return fds


@pytest.mark.parametrize("kind", DENSE)
def test_equal_statistics_give_the_identity(kind):
    mean, cov = moments(kind, 0)
    z, y = features()
    index = torch.from_numpy(BINS.index(y))
    same = calibrate(z, index, mean, cov, mean, cov, clip=(0.1, 10))
    torch.testing.assert_close(same, z)


@pytest.mark.parametrize("kind", DENSE)
def test_calibrated_features_have_the_smoothed_statistics(kind):
    z, y = features(2000)
    index = torch.from_numpy(BINS.index(y))
    own = BinStatistics(B, D, kind)
    own.update(z, index)
    cov = own.covariance() if kind == "full" else own.variance()
    target_mean, target_cov = moments(kind, 7)
    out = calibrate(z, index, own.mean, cov, target_mean, target_cov)
    after = BinStatistics(B, D, kind)
    after.update(out, index)
    found = after.covariance() if kind == "full" else after.variance()
    torch.testing.assert_close(after.mean, target_mean, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found, target_cov, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("clip", [None, (0.5, 2.0)])
def test_full_is_diagonal_when_covariances_are_diagonal(clip):
    (mean, var), (to_mean, to_var) = moments("diagonal", 0), moments("diagonal", 1)
    z, y = features()
    index = torch.from_numpy(BINS.index(y))
    diagonal = calibrate(z, index, mean, var, to_mean, to_var, clip=clip)
    full = calibrate(
        z, index, mean, var.diag_embed(), to_mean, to_var.diag_embed(), clip=clip
    )
    torch.testing.assert_close(full, diagonal)


def test_the_matrix_square_root():
    root = matrix_sqrt(covariances())
    torch.testing.assert_close(root @ root, covariances())
    torch.testing.assert_close(root, root.mT)


@pytest.mark.parametrize("largest", [1.0, 1e4, 1e12])
def test_clipping_is_that_of_the_singular_values(largest, monkeypatch):
    """Near to each other or far apart, and where LAPACK's fast driver gives up."""
    cov, smooth = covariances(0), covariances(1)
    smooth[0] *= largest
    smooth[1, 0, :] *= largest**0.5
    smooth[1, :, 0] *= largest**0.5
    u, s, vh = torch.linalg.svd(calibration_transform(cov, smooth))
    expected = (u * s.clamp(0.5**0.5, 2.0**0.5)[:, None, :]) @ vh
    found = calibration_transform(cov, smooth, (0.5, 2.0))
    torch.testing.assert_close(found, expected, atol=1e-7, rtol=1e-7)

    def fails(matrices):
        raise torch.linalg.LinAlgError("the algorithm failed to converge")

    monkeypatch.setattr(torch.linalg, "svd", fails)
    found = calibration_transform(cov, smooth, (0.5, 2.0))
    torch.testing.assert_close(found, expected, atol=1e-7, rtol=1e-7)


def test_clip_bounds_every_direction():
    cov = torch.diag(torch.tensor([1.0, 1e-9, 0.0, 4.0]))[None]
    smooth = torch.diag(torch.tensor([9.0, 1.0, 1.0, 4.0]))[None]
    s = torch.linalg.svdvals(calibration_transform(cov, smooth, (0.25, 4.0)))
    assert s.max() <= 2 + 1e-9 and s.min() >= 0.5 - 1e-9


def test_flat_directions_keep_their_length_in_any_coordinates():
    flat = torch.tensor([[4.0, 0.0, 0.0, 0.0], [0.0] * 4, [1.0, 2.0, 3.0, 0.0]])
    smooth = torch.tensor([[9.0, 5.0, 0.0, 0.0], [1.0, 2.0, 3.0, 0.0], [0.0] * 4])
    flat, smooth = flat.double(), smooth.double()
    factors = calibration_transform(flat, smooth, (0.1, 10.0))
    assert factors[0].tolist() == [1.5, 1, 1, 1] and (factors[1] == 1).all()
    axes, _ = torch.linalg.qr(covariances(n=3))
    turned = [axes @ var.diag_embed() @ axes.mT for var in (flat, smooth)]
    for clip in (None, (0.1, 10.0)):
        straight = calibration_transform(flat.diag_embed(), smooth.diag_embed(), clip)
        found = axes.mT @ calibration_transform(*turned, clip) @ axes
        torch.testing.assert_close(found[:2], straight[:2], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(straight, factors.diag_embed(), atol=1e-5, rtol=0)


def test_a_flat_space_is_moved_as_a_whole():
    """Sigma is flat in a plane where Sigma~ is not: lengths there are kept."""
    a = torch.randn(4, 2, generator=torch.Generator().manual_seed(0)).double()
    transform = calibration_transform((a @ a.T)[None], covariances(n=1))[0]
    plane = torch.linalg.qr(a, mode="complete").Q[:, 2:]
    moved = transform @ plane
    eye = torch.eye(2, dtype=torch.float64)
    torch.testing.assert_close(moved.T @ moved, eye, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", DENSE)
def test_gradcheck_of_calibrate(kind):
    mean, cov = moments(kind, 0)
    to_mean, to_cov = moments(kind, 1)
    z, y = features(6)
    index = torch.from_numpy(BINS.index(y))
    z.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda z: calibrate(z, index, mean, cov, to_mean, to_cov), z
    )


@pytest.mark.parametrize("kind", KINDS)
def test_gradcheck_of_the_layer(kind):
    fds = trained(kind, rank=2)
    z, y = features(6)
    assert torch.autograd.gradcheck(lambda z: fds(z, y), z.requires_grad_())


def naive_published(epochs, window, momentum, clip):
    """The published formula in loops, without its bugs: the last batch."""
    mean, var = np.zeros((B, D)), np.ones((B, D))
    for step, (z, y) in enumerate(epochs):
        for b in range(B):
            rows = z[np.floor(y) == b]
            alpha = momentum if step else 0.0
            mean[b] = alpha * mean[b] + (1 - alpha) * rows.mean(0)
            var[b] = alpha * var[b] + (1 - alpha) * rows.var(0, ddof=1)
    half = len(window) // 2
    smooth_mean, smooth_var = np.zeros((B, D)), np.zeros((B, D))
    for b in range(B):
        for d in range(-half, half + 1):
            j = abs(b + d)
            j = 2 * (B - 1) - j if j >= B else j
            smooth_mean[b] += window[d + half] * mean[j]
            smooth_var[b] += window[d + half] * var[j]
    z, y = epochs[-1]
    out = np.zeros_like(z)
    for i in range(len(z)):
        b = int(math.floor(y[i]))
        scale = np.sqrt(np.clip(smooth_var[b] / var[b], *clip))
        out[i] = (z[i] - mean[b]) * scale + smooth_mean[b]
    return out


def test_agrees_with_the_published_formula():
    window = np.array([0.186, 0.205, 0.217, 0.205, 0.186])
    window /= window.sum()
    fds = FDS(
        D,
        BINS,
        window=window,
        weighting="uniform",
        edges="reflect",
        shrinkage=0.0,
        clip=(0.1, 10),
    )
    epochs = [features(seed=s) for s in range(3)]
    for z, y in epochs:
        fds(z, y)
        fds.end_epoch()
    expected = naive_published(
        [(z.numpy(), y.numpy()) for z, y in epochs], window, 0.9, (0.1, 10)
    )
    z, y = epochs[-1]
    np.testing.assert_allclose(fds(z, y).numpy(), expected, rtol=1e-5, atol=1e-5)


def test_identity_in_the_first_epoch_and_in_eval():
    z, y = features()
    fds = FDS(D, BINS)
    assert torch.equal(fds(z, y), z)
    fds = trained()
    assert not torch.allclose(fds(z, y), z)
    fds.eval()
    before = {k: v.clone() for k, v in fds.state_dict().items()}
    assert fds(z, y) is z
    assert all(torch.equal(v, before[k]) for k, v in fds.state_dict().items())


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_does_not_depend_on_its_batch(kind):
    z, y = features()
    whole = trained(kind)(z, y)
    order = torch.randperm(len(z), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(trained(kind)(z[order], y[order]), whole[order])
    torch.testing.assert_close(trained(kind)(z[:1], y[:1]), whole[:1])


@pytest.mark.parametrize("kind", KINDS)
def test_scaling_features_scales_the_output(kind):
    z, y = features()
    small, large = FDS(D, BINS, covariance=kind), FDS(D, BINS, covariance=kind)
    small(z, y), large(100 * z, y)
    small.end_epoch(), large.end_epoch()
    torch.testing.assert_close(large(100 * z, y), 100 * small(z, y))


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_bin_has_no_influence_and_an_unseen_one_is_left_alone(kind):
    z, y = features()
    here = (y < 4) | (y >= 5)
    for weighting in ("count", "uniform"):
        fds = FDS(D, BINS, covariance=kind, weighting=weighting)
        fds(z[here], y[here])
        fds.end_epoch()
        mean = fds.mean[here.new_tensor([True] * 4 + [False] + [True] * 5)]
        low, high = mean.min(0).values, mean.max(0).values
        assert ((fds.smoothed_mean >= low) & (fds.smoothed_mean <= high)).all()
        assert not fds.active[4]
        out = fds(z, y)
        assert torch.equal(out[~here], z[~here])


def test_a_one_sample_bin_keeps_its_scale():
    z, y = features()
    keep = (y < 4) | (y >= 5)
    keep[torch.nonzero(~keep)[0]] = True
    for kind in KINDS:
        fds = FDS(D, BINS, covariance=kind)
        fds(z[keep], y[keep])
        fds.end_epoch()
        here = y[keep].floor() == 4
        delta = torch.ones(1, D).double()
        moved = fds(z[keep][here] + delta, y[keep][here])
        same = fds(z[keep][here], y[keep][here]) + delta
        torch.testing.assert_close(moved, same, atol=1e-7, rtol=1e-7)


def test_momentum_is_applied_once_per_epoch():
    a, b = trained(epochs=1), trained(epochs=2)
    z, y = features(seed=1)
    alone = FDS(D, BINS)
    alone(z, y)
    alone.end_epoch()
    torch.testing.assert_close(b.mean, 0.9 * a.mean + 0.1 * alone.mean)


@pytest.mark.parametrize("kind", DENSE)
def test_batches_of_an_epoch_are_its_whole(kind):
    z, y = features()
    parts, whole = FDS(D, BINS, covariance=kind), FDS(D, BINS, covariance=kind)
    for zb, yb in zip(z.split(37), y.split(37), strict=True):
        parts(zb, yb)
    whole(z, y)
    parts.end_epoch(), whole.end_epoch()
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], value)


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(kind):
    def run(fds, batches):
        return [fds(z, y) for z, y in batches]

    z, y = features()
    halves = [(z[:150], y[:150]), (z[150:], y[150:])]
    plain = trained(kind)
    run(plain, halves)
    plain.end_epoch()
    stopped = trained(kind)
    run(stopped, halves[:1])
    resumed = FDS(D, BINS, covariance=kind)
    resumed(z, y)  # what it learned is forgotten
    resumed.load_state_dict(stopped.state_dict())
    run(resumed, halves[1:])
    resumed.end_epoch()
    assert torch.equal(resumed(z, y), plain(z, y))


def test_gradients_reach_the_backbone_after_relu_and_nothing_is_written_in_place():
    backbone = nn.Sequential(nn.Linear(3, D), nn.ReLU())
    fds = trained()
    x = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    hidden = backbone(x)
    kept = hidden.detach().clone()
    out = fds(hidden, torch.linspace(0, 9.9, 20))
    out.square().sum().backward()
    assert torch.equal(hidden.detach(), kept)
    assert backbone[0].weight.grad.abs().sum() > 0
    assert not any(b.requires_grad for b in fds.buffers())


@pytest.mark.parametrize("kind", KINDS)
def test_it_works_under_autocast_with_one_sample_and_odd_labels(kind):
    fds = FDS(D, LabelBins(-5, 5, 0.5), covariance=kind)
    layer = nn.Linear(D, D)
    with torch.autocast("cpu", torch.bfloat16):
        for _ in range(3):
            z = layer(torch.randn(1, D))
            assert fds(z, torch.tensor([-7.3])).dtype == z.dtype == torch.bfloat16
    assert fds.epoch.count[0] == 3  # below the range: the nearest bin
    fds.end_epoch()
    assert torch.isfinite(fds(torch.randn(1, D), [2.25])).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FDS(D, BINS, covariance="low"), "covariance must be one of"),
        (lambda: FDS(D, BINS, weighting="sqrt"), "weighting must be one of"),
        (lambda: FDS(D, BINS, edges="wrap"), "edges must be one of"),
        (lambda: FDS(D, BINS, momentum=1.0), r"momentum must lie in \[0, 1\)"),
        (lambda: FDS(D, BINS, shrinkage=-1), "finite number, 0 or more, but got -1"),
        (lambda: FDS(D, BINS, shrinkage=math.nan), "shrinkage must be .* got nan"),
        (lambda: FDS(D, BINS, shrinkage="oas"), "0 or more, but got 'oas'"),
        (lambda: FDS(D, BINS, clip=(2, 3)), "with 0 < low <= 1 <= high"),
        (lambda: FDS(D, BINS, clip=(0.1, 1.0, 10.0)), "clip must be None or"),
        (lambda: FDS(D, BINS, clip=10), "but got 10"),
        (lambda: FDS(D, BINS, rank=0, covariance="low_rank"), "rank must be"),
        (lambda: FDS(D, BINS, "box"), "kind must be one of"),
        (lambda: FDS(D, BINS, kernel_size=11), "covers 11 bins"),
        (
            lambda: FDS(2048, LabelBins(0, 101, 1), covariance="full"),
            '28.4 GiB: use covariance="low_rank"',
        ),
        (
            lambda: FDS(2048, LabelBins(0, 101, 1), covariance="low_rank", rank=500),
            "use a smaller rank",
        ),
        (lambda: FDS(D, BINS).end_epoch(), "no sample came"),
        (lambda: FDS(D, BINS)(torch.ones(3, 2), [1, 2, 3]), r"shape \[\.\.\., 4\]"),
        (
            lambda: FDS(D, BINS)(torch.ones(2, D), [1, 2, 3]),
            r"shape \[2\], .* got \[3\]",
        ),
        (
            lambda: calibrate(
                torch.ones(1, 3), torch.tensor([-1]), *[torch.ones(2, 3)] * 4
            ),
            r"index must lie in 0..1, but got -1",
        ),
        (
            lambda: trained().end_epoch(BinStatistics(B, D, "full")),
            "of kind 'full' and shape",
        ),
        (
            lambda: trained().end_epoch(BinStatistics(B + 1, D)),
            r"shape \[11, 4\] don't fit",
        ),
        (lambda: trained().end_epoch(BinStatistics(B, D)), "hold no sample"),
        (
            lambda: calibration_transform(torch.ones(2, 3), torch.ones(2, 3), (2, 3)),
            "with 0 < low <= 1 <= high",
        ),
        (
            lambda: calibration_transform(torch.ones(2, 3), torch.ones(2, 3, 3)),
            "must both be",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_from_elsewhere_take_the_place_of_the_collected_ones(kind):
    z, y = features()
    plain, given = trained(kind), trained(kind)
    plain(z, y)
    plain.end_epoch()
    given(3 * z + 1, y)  # what it collects is put aside
    stats = bin_statistics(z, y, BINS, kind)
    kept = stats.copy()
    given.end_epoch(stats)
    torch.testing.assert_close(given(z, y), plain(z, y))
    for name, value in stats.state_dict().items():
        assert torch.equal(value, kept.state_dict()[name]), name
    given = trained(kind)
    given.end_epoch(stats)  # also where forward saw nothing
    torch.testing.assert_close(given(z, y), plain(z, y))


@pytest.mark.parametrize("kind", KINDS)
def test_autocast_does_not_round_features_that_it_left_alone(kind):
    fds = trained(kind)
    z, y = features(50)
    plain = fds(z.float(), y)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(fds(z.float(), y), plain)


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_epoch_shows_in_every_dtype_and_in_a_copy(kind):
    z, y = features()
    fds = trained(kind)
    first = [fds(z, y), fds(z.float(), y), fds(z, y)]
    torch.testing.assert_close(first[1].double(), first[0], atol=1e-4, rtol=1e-4)
    assert torch.equal(first[2], first[0])
    copied = copy.deepcopy(fds)
    fds(z, y), fds.end_epoch()
    assert not torch.allclose(fds(z, y), first[0])
    assert torch.equal(copied(z, y), first[0])


def test_a_dead_feature_stays_as_it_is():
    z, y = features()
    z[:, 2] = 0
    for kind in KINDS:
        fds = FDS(D, BINS, covariance=kind)
        fds(z, y)
        fds.end_epoch()
        assert fds(z, y)[:, 2].abs().max() < 1e-6
        awake = fds(z + torch.eye(D)[2].double(), y)[:, 2]
        torch.testing.assert_close(awake, torch.ones_like(awake), atol=1e-5, rtol=0)


def test_the_window_can_be_given():
    window = kernel_window("triangular", 7)
    assert FDS(D, BINS, window=window).window.tolist() == window.tolist()
