"""Laws, naive oracles and hostile input for the weighted losses."""

import doctest
import math
from decimal import Decimal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from dirlib import LabelBins, lds_weights
from dirlib.losses import (
    balanced,
    focal_r_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    weighted,
)

LOSSES = [l1_loss, mse_loss, huber_loss, focal_r_loss]
# One sample's loss, written out with Python floats.
NAIVE = {
    l1_loss: lambda e: abs(e),
    mse_loss: lambda e: e**2,
    huber_loss: lambda e: e**2 / 2 if abs(e) <= 1 else abs(e) - 0.5,
    focal_r_loss: lambda e: (2 / (1 + math.exp(-0.2 * abs(e))) - 1) * abs(e),
}

each_loss = pytest.mark.parametrize("loss", LOSSES)


def batch(n=7, dtype=torch.float64, seed=0):
    """Predictions, labels and weights; errors from 0 to about 10 label units."""
    generator = torch.Generator().manual_seed(seed)
    target = 100 * torch.rand(n, generator=generator, dtype=torch.float64)
    error = 4 * torch.randn(n, generator=generator, dtype=torch.float64)
    error[0] = 0.25
    weights = 3 * torch.rand(n, generator=generator, dtype=torch.float64)
    return tuple(t.to(dtype) for t in (target + error, target, weights))


def naive(loss, prediction, target, weights, reduction):
    """The definition, sample by sample, in float64."""
    values = []
    for p, t, w in zip(
        prediction.tolist(), target.tolist(), weights.tolist(), strict=True
    ):
        values.append(w * NAIVE[loss](p - t))
    if reduction == "none":
        return values
    return sum(values) if reduction == "sum" else sum(values) / len(values)


@each_loss
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("dtype", "rtol"),
    [
        (torch.float64, 1e-12),
        (torch.float32, 1e-5),
        # The inputs are rounded to half precision before the oracle sees them, so what
        # is compared is the computation, and that has float32's precision.
        (torch.float16, 1e-5),
        (torch.bfloat16, 1e-5),
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_the_naive_loop(loss, reduction, dtype, rtol, weighted):
    prediction, target, weights = batch(dtype=dtype)
    got = loss(prediction, target, weights if weighted else None, reduction=reduction)
    ones = torch.ones_like(weights)
    want = naive(loss, prediction, target, weights if weighted else ones, reduction)
    assert got.dtype == (dtype if dtype == torch.float64 else torch.float32)
    np.testing.assert_allclose(got.numpy(), want, rtol=rtol)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_equals_pytorch_without_weights(reduction):
    p, t, _ = batch(50)
    close = torch.testing.assert_close
    close(l1_loss(p, t, reduction=reduction), F.l1_loss(p, t, reduction=reduction))
    close(mse_loss(p, t, reduction=reduction), F.mse_loss(p, t, reduction=reduction))
    for delta in (0.3, 1.0, 5.0):
        close(
            huber_loss(p, t, reduction=reduction, delta=delta),
            F.huber_loss(p, t, reduction=reduction, delta=delta),
        )


@each_loss
@pytest.mark.parametrize("shape", [(), (5,), (5, 1), (2, 3, 4), (1, 1)])
def test_any_shape_gives_the_values_of_the_flat_one(loss, shape):
    prediction, target, weights = batch(math.prod(shape))
    shaped = [t.reshape(shape) for t in (prediction, target, weights)]
    each = loss(*shaped, reduction="none")
    assert each.shape == shape
    flat = loss(prediction, target, weights, reduction="none")
    torch.testing.assert_close(each.reshape(-1), flat)
    torch.testing.assert_close(loss(*shaped), flat.mean())


@each_loss
def test_laws_of_the_weights(loss):
    prediction, target, weights = batch(20)
    plain = loss(prediction, target)
    weighted = loss(prediction, target, weights)
    ones = torch.ones_like(weights)
    torch.testing.assert_close(loss(prediction, target, ones), plain)
    torch.testing.assert_close(loss(prediction, target, 3 * weights), 3 * weighted)
    torch.testing.assert_close(loss(prediction, target, 0 * weights), 0 * plain)
    # A weight of 2 is the same as seeing the sample twice.
    doubled = ones.clone()
    doubled[4] = 2
    both = loss(prediction, target, reduction="sum") + loss(
        prediction[4:5], target[4:5], reduction="sum"
    )
    got = loss(prediction, target, doubled, reduction="sum")
    torch.testing.assert_close(got, both)


@each_loss
def test_mean_divides_by_n_and_not_by_the_weights(loss):
    # In a batch of one, dividing by the sum of the weights would hide the weight.
    prediction, target = torch.tensor([34.0]), torch.tensor([30.0])
    plain = loss(prediction, target)
    torch.testing.assert_close(
        loss(prediction, target, torch.tensor([2.5])), 2.5 * plain
    )


@each_loss
def test_batch_means_average_to_the_loss_of_the_whole_set(loss):
    prediction, target, weights = batch(24)
    parts = zip(prediction.split(6), target.split(6), weights.split(6), strict=True)
    means = torch.stack([loss(*part) for part in parts])
    torch.testing.assert_close(means.mean(), loss(prediction, target, weights))


@each_loss
def test_symmetry_and_order(loss):
    prediction, target, weights = batch(20)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    shuffled = loss(prediction[order], target[order], weights[order])
    torch.testing.assert_close(shuffled, loss(prediction, target, weights))
    swapped = loss(target, prediction, weights)
    torch.testing.assert_close(swapped, loss(prediction, target, weights))
    each = loss(prediction, target, reduction="none")
    by_error = (prediction - target).abs().argsort()
    assert (each[by_error].diff() >= 0).all()
    assert loss(target, target) == 0


def test_huber_lies_between_its_two_limits():
    prediction, target, _ = batch(50)
    error = (prediction - target).abs()
    each = huber_loss(prediction, target, reduction="none", delta=2.0)
    torch.testing.assert_close(each[error <= 2], (error**2 / 2)[error <= 2])
    torch.testing.assert_close(each[error > 2], (2 * (error - 1))[error > 2])
    wide = huber_loss(prediction, target, delta=1e6)
    torch.testing.assert_close(wide, mse_loss(prediction, target) / 2)
    narrow = huber_loss(prediction, target, delta=1e-9) / 1e-9
    torch.testing.assert_close(narrow, l1_loss(prediction, target))


def test_focal_r_is_the_published_form():
    prediction, target, _ = batch(50)
    error = (prediction - target).abs()
    for beta, gamma in [(0.2, 1.0), (1.0, 2.0), (0.05, 0.5)]:
        want = ((2 * torch.sigmoid(beta * error) - 1) ** gamma * error).mean()
        got = focal_r_loss(prediction, target, beta=beta, gamma=gamma)
        torch.testing.assert_close(got, want)
    plain = l1_loss(prediction, target)
    torch.testing.assert_close(focal_r_loss(prediction, target, gamma=0), plain)
    torch.testing.assert_close(focal_r_loss(prediction, target, beta=1e9), plain)
    # The two shares that the docstring tells.
    five, twenty = (
        focal_r_loss(torch.tensor([e]), torch.tensor([0.0])) / e for e in (5.0, 20.0)
    )
    assert round(five.item(), 2) == 0.46 and round(twenty.item(), 2) == 0.96


@given(
    error=st.floats(-1e4, 1e4, width=32),
    weight=st.floats(0, 1e3, width=32),
    beta=st.floats(1e-3, 10),
    gamma=st.floats(0, 5),
)
def test_focal_r_never_exceeds_l1(error, weight, beta, gamma):
    prediction = torch.tensor([error], requires_grad=True)
    target, weights = torch.tensor([0.0]), torch.tensor([weight])
    loss = focal_r_loss(prediction, target, weights, beta=beta, gamma=gamma)
    loss.backward()
    upper = l1_loss(prediction, target, weights)
    assert 0 <= loss.item() <= upper.item() * (1 + 1e-6)
    assert torch.isfinite(prediction.grad).all()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (l1_loss, {}),
        (mse_loss, {}),
        (huber_loss, {"delta": 2.0}),
        (focal_r_loss, {}),
        (focal_r_loss, {"beta": 0.5, "gamma": 2.0}),
        (focal_r_loss, {"gamma": 0.5}),
    ],
)
def test_gradients(loss, options, reduction):
    prediction, target, weights = batch(20)
    prediction.requires_grad_()

    def run(p):
        return loss(p, target, weights, reduction=reduction, **options)

    assert torch.autograd.gradcheck(run, (prediction,))


@each_loss
def test_gradient_of_an_exact_hit_is_zero(loss):
    prediction = torch.tensor([30.0, 40.0], requires_grad=True)
    loss(prediction, torch.tensor([30.0, 44.0])).backward()
    assert prediction.grad[0] == 0 and prediction.grad[1] < 0


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.9])
def test_focal_r_has_no_nan_gradient_at_a_hit(gamma):
    # The slope of x**gamma is infinite at 0; that of the whole loss is 0.
    prediction = torch.tensor([30.0], requires_grad=True)
    focal_r_loss(prediction, torch.tensor([30.0]), gamma=gamma).backward()
    assert prediction.grad.item() == 0


@each_loss
def test_integer_labels_are_converted(loss):
    prediction = torch.tensor([30.5, 64.0, 7.25])
    for dtype in (torch.int64, torch.int32, torch.uint8):
        ages = torch.tensor([28, 70, 7], dtype=dtype)
        got = loss(prediction, ages)
        assert got.dtype == torch.float32
        torch.testing.assert_close(got, loss(prediction, ages.float()))


@each_loss
def test_float64_labels_and_weights_leave_the_dtype_alone(loss):
    prediction, target, weights = batch()
    single = prediction.float().requires_grad_()
    got = loss(single, target, weights)
    assert got.dtype == torch.float32
    got.backward()
    assert single.grad.dtype == torch.float32


@each_loss
def test_half_precision_is_lifted(loss):
    # 62.8 is no bfloat16 number: it would be rounded to 62.75. And no float16 can hold
    # the square of an error of 300.
    age = torch.tensor([62.8])
    got = loss(torch.tensor([63.0]).bfloat16(), age)
    torch.testing.assert_close(got, loss(torch.tensor([63.0]), age))
    far = loss(torch.tensor([300.0]).half(), torch.tensor([0.0]).half())
    assert torch.isfinite(far) and far.dtype == torch.float32


@each_loss
def test_works_under_autocast(loss):
    layer = torch.nn.Linear(3, 1)
    x, target = torch.ones(4, 3), torch.arange(4) + 9  # all on one side
    with torch.autocast("cpu", dtype=torch.bfloat16):
        prediction = layer(x).squeeze(-1)
        value = loss(prediction, target, torch.ones(4))
    assert prediction.dtype == torch.bfloat16 and value.dtype == torch.float32
    value.backward()
    assert layer.weight.grad.dtype == torch.float32
    assert torch.isfinite(layer.weight.grad).all() and layer.weight.grad.any()


@each_loss
def test_works_under_vmap_and_as_exported_graph(loss):
    prediction, target, weights = batch(6)
    grads = torch.func.vmap(torch.func.grad(loss))(prediction, target)
    prediction.requires_grad_()
    loss(prediction, target, reduction="sum").backward()
    torch.testing.assert_close(grads, prediction.grad)

    class Wrapped(torch.nn.Module):
        def forward(self, p, t, w):
            return loss(p, t, w)

    inputs = (prediction.detach(), target, weights)
    graph = torch.export.export(Wrapped(), inputs).module()
    torch.testing.assert_close(graph(*inputs), loss(*inputs))


@each_loss
def test_nothing_is_written_in_place(loss):
    tensors = batch()
    copies = [t.clone() for t in tensors]
    loss(*tensors, reduction="none").mul_(0)
    for tensor, copy in zip(tensors, copies, strict=True):
        assert torch.equal(tensor, copy)


def test_weights_of_lds_go_straight_in():
    rng = np.random.default_rng(0)
    labels = rng.normal(40, 12, 500).clip(0, 100)
    weights = torch.as_tensor(lds_weights(labels, LabelBins(0, 101, 1)))
    target = torch.as_tensor(labels)
    # The weights have mean 1, so a constant error keeps its size.
    torch.testing.assert_close(
        l1_loss(target + 2, target, weights), torch.tensor(2.0, dtype=torch.float64)
    )


@each_loss
@pytest.mark.parametrize("convert", [np.asarray, list, torch.Tensor.tolist])
def test_arrays_and_lists_count_as_tensors_do(loss, convert):
    """As the README has it: weights[batch], an ndarray in float64."""
    prediction, target, weights = batch(dtype=torch.float32)
    want = loss(prediction, target, weights)
    prediction.requires_grad_()
    got = loss(prediction, convert(target), convert(weights))
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, want)
    got.backward()
    assert torch.isfinite(prediction.grad).all()


@each_loss
def test_targets_and_weights_go_where_the_prediction_is(loss):
    """The meta device stands for a GPU."""
    prediction = torch.ones(3, device="meta")
    for target in (torch.ones(3), np.ones(3), [1, 2, 3]):
        assert loss(prediction, target, np.ones(3)).device.type == "meta"


@each_loss
@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (((8,), (8, 1), None), [r"\[8\]", r"\[8, 1\]", r"target\.squeeze\(-1\)"]),
        (((8, 1), (8,), None), [r"\[8, 1\]", r"prediction\.squeeze\(-1\)"]),
        (((8,), (8,), (8, 1)), [r"weights has shape", r"weights\.squeeze\(-1\)"]),
        (((8, 1), (8, 1), (8,)), [r"\[8\]", r"prediction\.squeeze\(-1\)"]),
        (((8,), (), None), [r"\[\]", "one shape"]),
        (((8,), (1,), None), [r"\[1\]", "one shape"]),
        (((8,), (8,), ()), ["weights has shape", "one shape"]),
        (((8,), (7,), None), [r"\[7\]", "one shape"]),
        (((1,), (1, 1), None), [r"target\.squeeze\(-1\)"]),
    ],
)
def test_shapes_that_would_broadcast_are_refused(loss, shapes, words):
    tensors = [None if s is None else torch.ones(s) for s in shapes]
    for word in words:
        with pytest.raises(ValueError, match=word):
            loss(*tensors, reduction="none")


@each_loss
def test_the_cure_in_the_message_cures(loss):
    prediction, target = torch.ones(8, 1), torch.zeros(8)
    with pytest.raises(ValueError, match=r"prediction\.squeeze\(-1\)"):
        loss(prediction, target)
    assert loss(prediction.squeeze(-1), target) > 0


@each_loss
@pytest.mark.parametrize("bad", [-0.5, math.nan, math.inf, -math.inf])
def test_bad_weights_are_named(loss, bad):
    weights = torch.ones(2, 3)
    weights[1, 2] = bad
    ones = torch.ones(2, 3)
    with pytest.raises(ValueError, match=rf"weights\[1, 2\] is {bad}"):
        loss(ones, ones, weights)


@each_loss
def test_an_empty_batch_has_no_mean(loss):
    empty = torch.empty(0)
    with pytest.raises(ValueError, match=r"empty \(shape \[0\]\)"):
        loss(empty, empty, empty)
    assert loss(empty, empty, empty, reduction="sum") == 0
    assert loss(empty, empty, empty, reduction="none").shape == (0,)


@each_loss
def test_other_bad_input_is_refused(loss):
    x = torch.ones(3)
    with pytest.raises(ValueError, match=r"int64.*prediction\.float\(\)"):
        loss(x.long(), x)
    with pytest.raises(ValueError, match="bool"):
        loss(x.bool(), x)
    with pytest.raises(ValueError, match="complex64"):
        loss(x, x.to(torch.complex64))
    with pytest.raises(ValueError, match="prediction is a list.*carries no gradient"):
        loss([1.0, 1.0, 1.0], x)
    with pytest.raises(ValueError, match="target has dtype object: give real numbers"):
        loss(x, [Decimal(1)] * 3)
    with pytest.raises(ValueError, match="weights is a masked array"):
        loss(x, x, np.ma.masked_equal([1.0, 2.0, 1.0], 2))
    with pytest.raises(ValueError, match='\'average\'.*"mean", "sum" or "none"'):
        loss(x, x, reduction="average")
    with pytest.raises(TypeError):
        loss(x, x, x, "sum")  # reduction goes by its name


@pytest.mark.parametrize(
    ("loss", "options", "word"),
    [
        (huber_loss, {"delta": 0}, "delta is 0"),
        (huber_loss, {"delta": -1.0}, "delta is -1"),
        (huber_loss, {"delta": math.nan}, "delta is nan"),
        (huber_loss, {"delta": math.inf}, "delta is inf"),
        (focal_r_loss, {"beta": 0}, "beta is 0"),
        (focal_r_loss, {"beta": math.nan}, "beta is nan"),
        (focal_r_loss, {"gamma": -0.1}, "gamma is -0.1"),
        (focal_r_loss, {"gamma": math.nan}, "gamma is nan"),
    ],
)
def test_bad_options_are_refused(loss, options, word):
    x = torch.ones(3)
    with pytest.raises(ValueError, match=word):
        loss(x, x, **options)


def test_a_nan_prediction_is_not_hidden():
    nan = torch.tensor([math.nan, 1.0])
    for loss in LOSSES:
        assert torch.isnan(loss(nan, torch.ones(2)))


def test_the_examples_in_the_docstrings():
    for module in (weighted, balanced):
        results = doctest.testmod(module)
        assert results.attempted > 0 and results.failed == 0
