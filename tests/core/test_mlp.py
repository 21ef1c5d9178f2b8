"""The network for tables, alone and with an FDS layer, on a table of every kind."""

import numpy as np
import pandas as pd
import pytest
import torch

from dirlib import FDS, l1_loss, lds_weights
from dirlib.automatic_bins import choose_bins
from dirlib.datasets.tables import read_table
from dirlib.models import MLP


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Skewed float targets, below zero too, with categories and missing values."""
    rng = np.random.default_rng(0)
    x, kind = rng.normal(size=(1200, 3)), rng.choice(["a", "b", "c"], 1200)
    y = np.exp(x[:, 0]) + (kind == "b") * 2 - x[:, 1] ** 2 + rng.normal(0, 0.1, 1200)
    frame = pd.DataFrame(x, columns=["p", "q", "r"]).assign(kind=kind, y=y - 3)
    frame.loc[rng.random(1200) < 0.1, "r"] = np.nan
    frame.loc[rng.random(1200) < 0.05, "kind"] = np.nan
    path = tmp_path_factory.mktemp("table") / "table.csv"
    frame.to_csv(path, index=False)
    return read_table(path, "y")


def all_labels(table, scale=1):
    parts = (table.train, table.val, table.test)
    return scale * np.concatenate([part.labels for part in parts])


def constant_error(table):
    """What the best constant prediction misses by."""
    return np.abs(np.median(table.train.labels) - table.test.labels).mean()


def trained(table, *, scale=1, fds=None, weights=None, epochs=15, eps=1e-8):
    """A plain training loop on scaled targets; the predictions for the test rows."""
    y = scale * table.train.labels
    model = MLP(table.train.x.shape[1], output_mean=y.mean(), output_scale=y.std())
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, eps=eps)
    generator = torch.Generator().manual_seed(0)
    y = torch.from_numpy(y).float()
    w = torch.ones(len(y)) if weights is None else torch.from_numpy(weights).float()
    for _ in range(epochs):
        for batch in torch.randperm(len(y), generator=generator).split(64):
            z = model.features(table.train.batch(batch))
            z = z if fds is None else fds(z, y[batch])
            loss = l1_loss(model.regressor(z).squeeze(-1), y[batch], w[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if fds is not None:
            fds.end_epoch()
    with torch.no_grad():
        return model(table.test.x).numpy()


def test_the_network_has_the_shapes_it_promises():
    model, x = MLP(5, hidden=(7,), feature_dim=3), torch.randn(4, 5)
    z = model.features(x)
    assert z.shape == (4, 3) == (4, model.feature_dim) and (z >= 0).all()
    assert model.regressor(z).shape == (4, 1) and model(x).shape == (4,)
    assert torch.equal(model.regressor(z).squeeze(-1), model(x))
    assert MLP(5, hidden=()).features(x).shape == (4, 32)


def test_the_last_layer_speaks_in_label_units():
    x = torch.randn(6, 5)
    plain = MLP(5, seed=3)
    scaled = MLP(5, output_mean=-40.0, output_scale=250.0, seed=3)
    np.testing.assert_allclose(
        scaled(x).detach(), -40 + 250 * plain(x).detach(), rtol=1e-5
    )
    assert {"regressor.mean", "regressor.scale"} <= scaled.state_dict().keys()
    assert not {"mean", "scale"} & dict(scaled.regressor.named_parameters()).keys()
    plain.load_state_dict(scaled.state_dict())  # a checkpoint carries the units
    assert torch.equal(plain(x), scaled(x))


def test_the_seed_fixes_the_weights_and_leaves_the_global_state_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    a, b, c = (MLP(4, seed=s).state_dict() for s in (5, 5, 6))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a[k], b[k]) for k in a)
    assert not torch.equal(a["layers.0.weight"], c["layers.0.weight"])


def test_each_row_is_predicted_for_itself_in_training_too():
    model, x = MLP(4), torch.randn(8, 4)
    one_by_one = torch.cat([model(row[None]) for row in x])
    np.testing.assert_allclose(
        model.train()(x).detach(), one_by_one.detach(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("covariance", ["none", "diagonal", "full"])
def test_it_learns_a_table_with_and_without_fds(table, covariance):
    bins, _ = choose_bins(all_labels(table))
    fds = None
    if covariance != "none":
        fds = FDS(32, bins, covariance=covariance)
    weights = lds_weights(table.train.labels, bins)
    y = table.test.labels
    error = np.abs(trained(table, fds=fds, weights=weights) - y).mean()
    assert error < 0.35 * constant_error(table)
    if fds is not None:
        assert fds.active.sum() > 15


@pytest.mark.parametrize("scale", [1000, 1e-3])
@pytest.mark.parametrize("with_fds", [False, True])
def test_the_scale_of_the_target_is_the_scale_of_the_predictions(
    table, with_fds, scale
):
    """One learning rate for targets of any size, but for the epsilon of Adam."""

    def predictions(scale):
        bins, _ = choose_bins(all_labels(table, scale))
        fds = FDS(32, bins) if with_fds else None
        return trained(table, scale=scale, fds=fds, epochs=3, eps=1e-30)

    expected = scale * predictions(1)
    found = predictions(scale)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * expected.std())


@pytest.mark.parametrize("scale", [1000, 1e-3])
def test_with_the_usual_epsilon_a_scaled_target_is_learned_too(table, scale):
    y = table.test.labels
    error = np.abs(trained(table, scale=scale) / scale - y).mean()
    assert error < 0.35 * constant_error(table)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_inputs": 0}, r"must be 1 or more, but got \[0, 128, 64, 32\]"),
        ({"hidden": (8, -1)}, r"must be 1 or more, but got \[4, 8, -1, 32\]"),
        ({"feature_dim": 0}, "must be 1 or more"),
        ({"output_mean": np.nan}, "output_mean must be finite, but got nan"),
        ({"output_scale": 0.0}, "output_scale must be finite and positive, but got 0"),
        ({"output_scale": np.inf}, "output_scale must be finite and positive"),
    ],
)
def test_bad_input_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MLP(**({"n_inputs": 4} | options))
