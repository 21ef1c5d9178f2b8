"""Balanced MSE (Ren et al., 2022) against the paper's formulas in Python floats."""

import copy
import math

import numpy as np
import pytest
import torch

from dirlib import BalancedMSE, LabelBins, balanced_mse_loss, mse_loss

AGES = LabelBins(0, 101, 1)


def batch(n=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    target = 100 * torch.rand(n, generator=generator, dtype=torch.float64)
    noise = 5 * torch.randn(n, generator=generator, dtype=torch.float64)
    return target + noise, target


def normal(x, mean, sigma):
    z = (x - mean) / sigma
    return math.exp(-z * z / 2) / (sigma * math.sqrt(2 * math.pi))


def naive(prediction, target, sigma, labels, shares):
    """-log N(y; y_hat, s^2) + log sum_j p_j N(y_j; y_hat, s^2), times 2 s^2."""
    losses = []
    for p, t in zip(prediction.tolist(), target.tolist(), strict=True):
        pairs = zip(labels, shares, strict=True)
        total = sum(share * normal(y, p, sigma) for y, share in pairs)
        losses.append(2 * sigma**2 * (math.log(total) - math.log(normal(t, p, sigma))))
    return losses


@pytest.mark.parametrize("sigma", [3.0, 8.0, 40.0])
def test_by_the_batch_it_is_the_papers_equation(sigma):
    p, t = batch()
    got = balanced_mse_loss(p, t, noise_sigma=sigma, reduction="none")
    want = naive(p, t, sigma, t.tolist(), [1] * len(t))
    np.testing.assert_allclose(got, want, rtol=1e-9)
    mean = balanced_mse_loss(p[:, None], t[:, None], noise_sigma=sigma)
    assert mean.item() == pytest.approx(np.mean(want))


@pytest.mark.parametrize("sigma", [3.0, 8.0])
def test_by_the_bins_it_is_the_papers_equation(sigma):
    p, t = batch()
    counts = np.random.default_rng(0).integers(0, 50, 101)
    shares = counts / counts.sum()
    want = naive(p, t, sigma, AGES.centers, shares)
    how = {"noise_sigma": sigma, "centers": AGES.centers, "counts": counts}
    got = balanced_mse_loss(p, t, reduction="none", **how)
    np.testing.assert_allclose(got, want, rtol=1e-9)
    module = BalancedMSE(sigma, AGES, counts)
    assert module(p, t).item() == pytest.approx(np.mean(want), rel=1e-5)
    weights = np.arange(9.0)
    weighted = balanced_mse_loss(p, t, weights, **how).item()
    assert weighted == pytest.approx(np.mean(weights * want))


def test_where_all_labels_are_equally_frequent_it_is_the_squared_error():
    """Far from the ends the integral of a flat density is the same everywhere."""
    p = torch.linspace(40, 60, 9, dtype=torch.float64, requires_grad=True)
    t = torch.linspace(60, 41, 9, dtype=torch.float64)
    how = {"centers": AGES.centers, "counts": np.ones(101), "noise_sigma": 4.0}
    losses = [mse_loss(p, t), balanced_mse_loss(p, t, **how)]
    gradients = [torch.autograd.grad(loss, p)[0] for loss in losses]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


def test_it_asks_for_more_than_the_label_where_the_label_is_rare():
    """The minimum at one sample lies on the rare side of its label."""
    counts = np.exp(-AGES.centers / 20) * 1000  # ever rarer with age
    p = torch.tensor([50.0], dtype=torch.float64, requires_grad=True)
    loss = balanced_mse_loss(
        p,
        torch.tensor([50.0]),
        noise_sigma=5.0,
        centers=AGES.centers,
        counts=counts,
    )
    # Of log p(y'), the slope is -1/20: the mean moves by s^2 / 20, twice of that here.
    assert torch.autograd.grad(loss, p)[0].item() == pytest.approx(-2.5, rel=1e-3)


def test_by_the_batch_it_comes_near_to_the_bins_when_batches_are_large():
    rng = np.random.default_rng(0)
    t = torch.tensor(rng.gamma(4, 9, 20_000).clip(0, 100))
    p = t[:50] + torch.tensor(rng.normal(0, 5, 50))
    counts = AGES.counts(t.numpy())
    how = {"noise_sigma": 6.0, "reduction": "none"}
    by_bins = balanced_mse_loss(p, t[:50], centers=AGES.centers, counts=counts, **how)
    by_batch = balanced_mse_loss(torch.cat([p, t[50:5000]]), t[:5000], **how)[:50]
    by_batch -= 2 * 6.0**2 * math.log(5000)  # the sum in place of the mean
    assert (by_batch - by_bins).abs().max() < 0.2 * by_bins.abs().max()


def test_gradients_are_right_and_the_scale_is_no_part_of_that_of_the_noise():
    p, t = (x[:5] for x in batch())
    p.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda p: balanced_mse_loss(p, t, noise_sigma=7.0), [p]
    )
    module = BalancedMSE(7.0).double()
    module(p, t).backward()

    def likelihood(log_sigma):
        sigma = math.exp(log_sigma)
        return balanced_mse_loss(p, t, noise_sigma=sigma).item() / (2 * sigma**2)

    start, step = math.log(7.0), 1e-5
    slope = (likelihood(start + step) - likelihood(start - step)) / (2 * step)
    got = module.log_noise_sigma.grad.item()
    assert got == pytest.approx(2 * 49 * slope, rel=1e-5)


def test_the_noise_is_learned_to_the_errors_that_there_are():
    """With even labels, the likelihood is largest at the errors' own size."""
    generator = torch.Generator().manual_seed(0)
    t = 20 + 60 * torch.rand(4000, generator=generator)
    p = t + 3 * torch.randn(4000, generator=generator)
    module = BalancedMSE(12.0, AGES, np.ones(101))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        module(p, t).backward()
        optimizer.step()
    assert module.noise_sigma.item() == pytest.approx(3, abs=0.2)


def test_a_module_is_saved_copied_and_cast():
    p, t = (x.float() for x in batch())
    module = BalancedMSE(6.0, AGES, np.arange(101))
    other = BalancedMSE(1.0, AGES, np.arange(101))
    other.load_state_dict(module.state_dict())
    for same in (other, copy.deepcopy(module), copy.deepcopy(module).double()):
        torch.testing.assert_close(same(p, t), module(p, t))
    assert "noise_sigma=6, density of the 100 bins" in repr(module)
    assert "density of the batch" in repr(BalancedMSE(1))


def test_half_precision_and_far_predictions_stay_finite():
    p, t = batch()
    loss = balanced_mse_loss(p.half(), t.half(), noise_sigma=0.5)
    assert loss.dtype == torch.float32 and torch.isfinite(loss)
    far = torch.tensor([1e6], requires_grad=True)
    counts = np.arange(101)  # the first bin is empty
    loss = balanced_mse_loss(
        far, torch.zeros(1), noise_sigma=1, centers=AGES.centers, counts=counts
    )
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(far.grad).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_module_in_half_precision_computes_in_float32(dtype):
    """2 * 200**2 and a count of 100,000 are infinite in float16."""
    p, t = (x.float() for x in batch())
    for how in ((), (AGES, np.full(101, 100_000))):
        module = BalancedMSE(200.0, *how)
        loss = copy.deepcopy(module).to(dtype)(p, t)
        assert loss.dtype == torch.float32
        # The logarithm of the noise is rounded by up to 1/64, its square's by 1/32.
        torch.testing.assert_close(loss, module(p, t), rtol=0.032, atol=0)


def test_the_noise_may_be_a_tensor_of_one_number():
    p, t = batch()
    want = balanced_mse_loss(p, t, noise_sigma=200.0)
    for noise in (torch.tensor(200.0).half(), torch.tensor([200.0])):
        torch.testing.assert_close(balanced_mse_loss(p, t, noise_sigma=noise), want)


def test_it_works_in_the_transforms_of_torch_func():
    p, t = (x.float() for x in batch())
    module = BalancedMSE(6.0, AGES, np.arange(101))
    want = torch.autograd.grad(module(p.requires_grad_(), t), p)[0]
    got = torch.func.grad(lambda p: module(p, t))(p.detach())
    torch.testing.assert_close(got, want)


def by_bins(counts, centers=(1.0, 2.0)):
    return lambda p: balanced_mse_loss(
        p, p, noise_sigma=1, centers=centers, counts=counts
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: balanced_mse_loss(p, p, noise_sigma=0), "noise_sigma is 0"),
        (lambda p: balanced_mse_loss(p, p, noise_sigma=math.nan), "noise_sigma is nan"),
        (lambda p: BalancedMSE(-1), "noise_sigma is -1: give a number above 0"),
        (lambda p: BalancedMSE(1, bins=AGES), "give both, or none"),
        (lambda p: BalancedMSE(1, AGES, [1, 2]), r"shape \[101\].* but got \[2\]"),
        (lambda p: BalancedMSE(1, AGES, np.zeros(101)), "not all be 0"),
        (lambda p: BalancedMSE(1, AGES, [-1] + [1] * 100), r"counts\[0\] is -1"),
        (lambda p: BalancedMSE(1, AGES, [np.inf] * 101), r"counts\[0\] is inf"),
        (lambda p: BalancedMSE(1, None, [1]), "give both, or none"),
        (lambda p: BalancedMSE(1, 101, [1]), "bins must be dirlib.LabelBins"),
        (lambda p: BalancedMSE(1e-30), "noise_sigma is 1e-30.* from 1e-18 to 1e18"),
        (lambda p: BalancedMSE(1e30), r"noise_sigma is 1e\+30"),
        (
            lambda p: balanced_mse_loss(p, p, noise_sigma=torch.ones(3)),
            r"noise_sigma has shape \[3\]: give one number",
        ),
        (by_bins([0, 0]), "the sum of counts must be above 0"),
        (by_bins([1, -1]), r"counts\[1\] is -1"),
        (by_bins([1, np.inf]), r"counts\[1\] is inf"),
        (by_bins(torch.tensor([1, np.nan])), r"counts\[1\] is nan"),
        (by_bins([1, 1], [1, np.inf]), r"centers\[1\] is inf: centers must be finite"),
        (by_bins([], []), r"one per bin, but got \[0\] and \[0\]"),
        (by_bins(np.ma.masked_equal([1, 0], 0)), r"give counts\.filled\(0\)"),
        (lambda p: BalancedMSE(1)(p, p[:, None]), r"target\.squeeze\(-1\)"),
        (lambda p: BalancedMSE(1)(p.expand(2, 3), p.expand(2, 3)), "several targets"),
        (
            lambda p: balanced_mse_loss(p, p, noise_sigma=1, centers=[1.0]),
            "give both, or none",
        ),
        (
            lambda p: balanced_mse_loss(
                p, p, noise_sigma=1, centers=[1], counts=[1, 2]
            ),
            r"shape \[B\], one per bin, but got \[1\] and \[2\]",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(torch.ones(3))
