"""The small network, its trainer, and the label-count tables."""

import math

import numpy as np
import pytest
import torch

from dirlib import FDS, l1_loss, lds_weights
from dirlib.datasets.label_counts import label_counts
from dirlib.models import SmallResNet
from dirlib.runs import AGES
from dirlib.training import extract_features, fit, predict, to_tensor

rng = np.random.default_rng(0)
LABELS = rng.integers(0, 101, 96)
# The age shows as brightness: a task that a few epochs learn.
IMAGES = np.clip(
    LABELS[:, None, None, None] * 2 + rng.integers(0, 9, (96, 16, 16, 3)), 0, 255
)
IMAGES = IMAGES.astype(np.uint8)


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
        IMAGES,
        LABELS,
        epochs=epochs,
        batch_size=16,
        lr=1e-2,
        seed=seed,
        progress=False,
        **options,
    )
    return model, history


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
    assert len(history) == 8 and history[-1] < 0.5 * history[0]
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
    np.testing.assert_allclose(ones, trained()[1], rtol=1e-4)


def test_lds_weights_fit_in_as_they_are():
    _, history = trained(epochs=1, weights=lds_weights(LABELS, AGES))
    assert math.isfinite(history[0])


def test_prediction_keeps_the_mode_and_does_not_depend_on_its_batches():
    model, _ = trained(epochs=1)
    model.train()
    whole = predict(model, IMAGES)
    assert model.training
    np.testing.assert_allclose(predict(model, IMAGES, batch_size=7), whole, rtol=1e-5)


def test_images_become_channels_first_between_minus_one_and_one():
    x = to_tensor(np.array([0, 255], np.uint8).reshape(2, 1, 1, 1).repeat(3, 3))
    assert x.shape == (2, 3, 1, 1)
    assert x[:, 0, 0, 0].tolist() == [-1, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: to_tensor(np.zeros((2, 4, 4, 3))), "uint8 of shape"),
        (lambda: to_tensor(np.zeros((2, 4, 4), np.uint8)), "uint8 of shape"),
        (
            lambda: fit(SmallResNet(), IMAGES, LABELS[:5], progress=False),
            r"labels must have shape \[96\]",
        ),
        (lambda: trained(weights=np.ones((96, 1))), r"weights must have shape \[96\]"),
        (
            lambda: trained(loss=lambda p, t, w: l1_loss(p, t) * math.nan),
            "the loss became nan in epoch 0",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("name", "n_train", "n_bins", "exact"),
    [
        ("agedb-dir", 12_208, 102, True),
        ("imdb-wiki-dir", 191_424, 121, False),
        ("sts-b-dir", 5_249, 50, True),
    ],
)
def test_label_counts(name, n_train, n_bins, exact):
    table = label_counts(name)
    assert table.counts.sum() == len(table.labels) == n_train
    assert table.bins.n_bins == len(table.counts) == n_bins
    assert table.exact is exact


def test_agedb_has_its_published_peak_and_gap():
    counts = label_counts("agedb-dir").counts
    assert counts.argmax() == 35 and counts.max() == 353 and counts[2] == 0


def test_an_unknown_table_or_a_missing_folder_is_named(monkeypatch, tmp_path):
    with pytest.raises(
        ValueError, match="agedb-dir, imdb-wiki-dir, sts-b-dir, but got"
    ):
        label_counts("adience")
    monkeypatch.setenv("DIRLIB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="clone the course's repository"):
        label_counts("agedb-dir")


def counted(**options):
    """An FDS layer that notes how many samples each epoch brought."""
    fds = FDS(64, AGES, **options)
    fds.epochs, end_epoch = [], fds.end_epoch

    def noted():
        fds.epochs.append(int(fds.epoch_count.sum()))
        end_epoch()

    fds.end_epoch = noted
    return fds


def test_training_through_fds_ends_each_epoch_once_and_needs_no_layer_later():
    fds = counted()
    model, history = trained(fds=fds)
    assert fds.epochs == [96] * 8 and fds.active.any()
    plain, plain_history = trained()
    assert history[0] == plain_history[0]  # the first epoch is the identity
    assert history[1] != plain_history[1]
    assert history[-1] < 0.5 * history[0]
    assert predict(model, IMAGES).shape == (96,)
    assert trained(fds=counted())[1] == history


def test_fds_may_start_later():
    fds = counted()
    _, history = trained(fds=fds, fds_start=6)
    assert fds.epochs == [96] * 2
    plain_history = trained()[1]
    assert history[:7] == plain_history[:7]  # it collects in the epoch it starts in
    assert history[7] != plain_history[7]


def test_features_are_extracted_in_eval_mode_and_lead_to_the_predictions():
    model, _ = trained()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    z = extract_features(model, IMAGES)
    assert z.shape == (96, 64) and not z.requires_grad and model.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    y_hat = model.regressor(z).squeeze(-1).detach().numpy()
    np.testing.assert_allclose(y_hat, predict(model, IMAGES), rtol=1e-5)
