"""The small network, and the one training loop."""

import math

import numpy as np
import pytest
import torch

from course.records.ages import AGES
from dirlib import FDS, BalancedMSE, l1_loss, lds_weights
from dirlib.models import ResNet, SmallResNet
from dirlib.training import ImageArray, Rows, extract_features, fit, predict

rng = np.random.default_rng(0)
LABELS = rng.integers(0, 101, 96)
# The age shows as brightness: a task that a few epochs learn.
IMAGES = np.clip(
    LABELS[:, None, None, None] * 2 + rng.integers(0, 9, (96, 16, 16, 3)), 0, 255
)
IMAGES = IMAGES.astype(np.uint8)
SAMPLES = ImageArray(IMAGES, LABELS)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trained(seed=0, epochs=8, **options):
    model = SmallResNet(output_bias=50.0, seed=seed)
    history = fit(
        model,
        SAMPLES,
        epochs=epochs,
        batch_size=16,
        lr=1e-2,
        seed=seed,
        progress=False,
        **options,
    )
    return model, history


def losses(history):
    return [row["loss"] for row in history]


def test_the_network_has_the_shapes_it_promises():
    model, x = SmallResNet(output_bias=33.0), torch.zeros(5, 3, 32, 32)
    assert model.features(x).shape == (5, 64)
    assert model(x).shape == (5,)
    assert SmallResNet(n_outputs=7)(x).shape == (5, 7)
    assert SmallResNet(feature_dim=10).features(x).shape == (5, 10)
    assert 70_000 < sum(p.numel() for p in model.parameters()) < 90_000


def test_the_seed_fixes_the_weights_and_leaves_the_global_state_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    a, b, c = (SmallResNet(seed=s).state_dict() for s in (5, 5, 6))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert not torch.equal(a["stem.weight"], c["stem.weight"])


def test_training_learns_is_repeatable_and_depends_on_its_seed():
    model, history = trained()
    assert [row["epoch"] for row in history] == list(range(1, 9))
    assert losses(history)[-1] < 0.5 * losses(history)[0]
    untrained = np.abs(50 - LABELS).mean()
    assert np.abs(predict(model, IMAGES) - LABELS).mean() < 0.6 * untrained
    again, same_history = trained()
    assert same_history == history
    assert np.array_equal(predict(again, IMAGES), predict(model, IMAGES))
    assert trained(seed=1)[1] != history


def test_training_leaves_the_global_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    trained(epochs=1)
    assert torch.equal(torch.rand(2), expected)


def test_weights_reach_the_loss():
    """With all weight on the old half, the young half is not learned."""
    old = LABELS >= 50
    model, _ = trained(weights=np.where(old, 1 / old.mean(), 0.0))
    error = np.abs(predict(model, IMAGES) - LABELS)
    assert error[old].mean() < 0.5 * error[~old].mean()
    ones = trained(weights=np.ones(96))[1]
    np.testing.assert_allclose(losses(ones), losses(trained()[1]), rtol=1e-4)


def test_lds_weights_fit_in_as_they_are():
    _, history = trained(epochs=1, weights=lds_weights(LABELS, AGES))
    assert math.isfinite(history[0]["loss"])


def test_prediction_keeps_the_mode_and_does_not_depend_on_its_batches():
    model, _ = trained(epochs=1)
    model.train()
    whole = predict(model, IMAGES)
    assert model.training
    np.testing.assert_allclose(predict(model, IMAGES, batch_size=7), whole, rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: predict(SmallResNet(), np.zeros((2, 4, 4, 3))), "uint8 of shape"),
        (lambda: trained(epochs=0), "epochs must be 1 or more"),
        (lambda: trained(optimizer="adagrad"), "optimizer must be one of adam, sgd"),
        (lambda: trained(schedule="warm"), "schedule must be one of onecycle, step"),
        (lambda: trained(weights=np.ones((96, 1))), r"weights must have shape \[96\]"),
        (
            lambda: trained(loss=lambda p, t, w: l1_loss(p, t) * math.nan),
            "the loss became nan in epoch 1",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


class OwnSamples:
    """The fewest attributes that a training asks for."""

    labels = np.arange(8.0)

    def __len__(self):
        return 8

    def batch(self, index, u=None):
        return torch.as_tensor(index).float()[:, None]


def test_what_is_no_samples_is_refused_in_a_sentence(tmp_path):
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Flatten(0))
    pairs = torch.utils.data.TensorDataset(torch.zeros(4, 1), torch.zeros(4))
    for call in (fit, predict):
        with pytest.raises(ValueError, match="'batch', but a TensorDataset.*Rows"):
            call(model, pairs)
    with pytest.raises(ValueError, match="'batch', but a Tensor has none"):
        predict(model, torch.zeros(4, 1))
    options = {"epochs": 1, "batch_size": 4, "progress": False}
    assert len(fit(model, OwnSamples(), **options)) == 1  # it needs no checksum
    assert predict(model, OwnSamples()).shape == (8,)
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(ValueError, match="'checksum', but a OwnSamples has none"):
        fit(model, OwnSamples(), checkpoint=path, **options)
    assert not path.exists()


def counted(**options):
    """An FDS layer that notes how many samples each epoch brought."""
    fds = FDS(64, AGES, **options)
    fds.epochs, end_epoch = [], fds.end_epoch

    def noted():
        fds.epochs.append(int(fds.epoch.count.sum()))
        end_epoch()

    fds.end_epoch = noted
    return fds


def test_training_through_fds_ends_each_epoch_once_and_needs_no_layer_later():
    fds = counted()
    model, history = trained(fds=fds)
    assert fds.epochs == [96] * 8 and fds.active.any()
    plain = losses(trained()[1])
    calibrated = losses(history)
    assert calibrated[0] == plain[0]  # the first epoch is the identity
    assert calibrated[1] != plain[1]
    assert calibrated[-1] < 0.5 * calibrated[0]
    assert all(row["distance_mean"] > 0 < row["distance_variance"] for row in history)
    assert predict(model, IMAGES).shape == (96,)
    assert trained(fds=counted())[1] == history


class OwnLayer(torch.nn.Module):
    """The identity, as a layer of a user's own."""

    def forward(self, z, labels):
        return z.clone()

    def end_epoch(self):
        self.ended = True


def test_a_layer_of_ones_own_will_do():
    layer = OwnLayer()
    history = trained(epochs=2, fds=layer)[1]
    assert layer.ended and history == trained(epochs=2)[1]


def test_fds_may_start_later():
    fds = counted()
    _, history = trained(fds=fds, fds_start=6)
    assert fds.epochs == [96] * 2
    plain, late = losses(trained()[1]), losses(history)
    assert late[:7] == plain[:7]  # it collects in the epoch it starts in
    assert late[7] != plain[7]
    assert "distance_mean" not in history[5] and "distance_mean" in history[6]


def test_features_are_extracted_in_eval_mode_and_lead_to_the_predictions():
    model, _ = trained()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    z = extract_features(model, IMAGES)
    assert z.shape == (96, 64) and not z.requires_grad and model.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    y_hat = model.regressor(z).squeeze(-1).detach().numpy()
    np.testing.assert_allclose(y_hat, predict(model, IMAGES), rtol=1e-5)


def test_the_best_epoch_on_validation_data_is_kept():
    scores, seen = iter([3.0, math.nan, 1.0, 2.0, 1.0]), []

    def validate(model):
        seen.append({k: v.clone() for k, v in model.state_dict().items()})
        return {"val_all": next(scores)}

    model, history = trained(epochs=5, validate=validate, select="val_all")
    np.testing.assert_equal(
        [row["val_all"] for row in history], [3.0, math.nan, 1.0, 2.0, 1.0]
    )
    kept = model.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in seen[2].items())
    scores = iter([3.0, math.nan, 1.0, 2.0, 1.0])
    last, _ = trained(epochs=5, validate=validate)
    kept = last.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in seen[-1].items())


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("schedule", ["onecycle", "step", "cosine", "constant"])
def test_every_optimizer_and_schedule_learns(optimizer, schedule):
    x = np.random.default_rng(1).normal(size=(256, 3))
    samples = Rows(x, x @ [1.0, -2.0, 0.5] + 3)
    layer = torch.nn.Linear(3, 1)
    torch.nn.init.zeros_(layer.weight)
    model = torch.nn.Sequential(layer, torch.nn.Flatten(0))
    options = {"optimizer": optimizer, "schedule": schedule, "progress": False}
    history = fit(model, samples, epochs=20, batch_size=16, lr=0.03, **options)
    assert losses(history)[-1] < 0.3 * losses(history)[0]


def test_worker_processes_give_the_same_training():
    assert trained(epochs=2, workers=2)[1] == trained(epochs=2)[1]
    model, _ = trained(epochs=1)
    np.testing.assert_array_equal(
        predict(model, SAMPLES, workers=1), predict(model, SAMPLES)
    )


class Broken(Rows):
    def batch(self, index, u=None):
        raise ValueError("pictures/7.jpg is missing")


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_of_the_samples_is_told_as_it_is(workers):
    model = torch.nn.Linear(1, 1)
    with pytest.raises(ValueError, match="^pictures/7.jpg is missing$"):
        fit(model, Broken([[1.0]], [1.0]), workers=workers, progress=False)


def test_half_precision_trains_through_fds(monkeypatch):
    """What a GPU does, on a CPU."""
    half = lambda device: torch.autocast("cpu", torch.bfloat16)  # noqa: E731
    for module in ("loop", "inference"):
        monkeypatch.setattr(f"dirlib.training.{module}.precision", half)
    fds = FDS(64, AGES)
    model, history = trained(fds=fds)
    assert losses(history)[-1] < 0.5 * losses(history)[0]
    assert fds.mean.dtype == torch.float64
    assert predict(model, IMAGES).dtype == np.float32


def test_the_networks_of_torchvision_fit_in():
    model = ResNet("resnet18", output_bias=30.0, seed=1)
    assert (
        model.feature_dim == 512 == model.features(torch.zeros(2, 3, 32, 32)).shape[1]
    )
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2,)
    again = ResNet("resnet18", output_bias=30.0, seed=1).state_dict()
    assert all(torch.equal(again[k], v) for k, v in model.state_dict().items()
               if v.ndim > 1)  # fmt: skip
    fds = FDS(512, AGES)
    rows = fit(
        model, SAMPLES, fds=fds, epochs=1, batch_size=32, lr=1e-3, progress=False
    )
    assert math.isfinite(rows[0]["loss"]) and fds.active.any()


def test_a_loss_with_parameters_is_trained_along():
    """The noise of Balanced MSE comes down to the errors; kept as it is, it stays."""
    spread = float(LABELS.std())
    for how in ({}, {"bins": AGES, "counts": AGES.counts(LABELS)}):
        loss = BalancedMSE(spread, **how)
        model, history = trained(loss=loss, epochs=12)
        assert losses(history)[-1] < losses(history)[0]
        assert 0 < loss.noise_sigma.item() < 0.8 * spread
        assert np.abs(predict(model, IMAGES) - LABELS).mean() < 0.6 * spread
        fixed = BalancedMSE(spread, **how).requires_grad_(False)
        trained(loss=fixed, epochs=1)
        assert fixed.noise_sigma.item() == pytest.approx(spread)
