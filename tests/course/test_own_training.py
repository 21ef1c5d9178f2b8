"""The training whose steps a student takes is the one of the record."""

from functools import partial

import numpy as np
import pytest
import torch

from course import own_training
from course.own_training import OwnTraining, recorded
from course.records.ages import AGES
from course.records.methods import WEIGHTS, train_ages
from course.records.read import load_history, load_runs
from dirlib import FDS
from dirlib.datasets.faces import faces

ONE_EACH = np.ones(101, int)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(own_training, "faces", partial(faces, counts=ONE_EACH))
    monkeypatch.setenv(own_training.SHORT, "2")


def train(seed, weights, layer=None):
    training = OwnTraining(seed, weights)
    for batches in training.epochs():
        for x, y, w in batches:
            z = training.model.features(x)
            z = z if layer is None else layer(z, y)
            y_hat = training.model.regressor(z).squeeze(-1)
            loss = (w * (y_hat - y).abs()).mean()
            training.optimizer.zero_grad()
            loss.backward()
            training.optimizer.step()
        if layer is not None:
            layer.end_epoch()
        training.history.append({"val_mae": 1.0})
    return training


@pytest.mark.parametrize("method", ["vanilla", "sqinv"])
@pytest.mark.parametrize("fds", [False, True])
def test_it_makes_the_network_of_train_ages(method, fds):
    layers = [FDS(64, AGES) if fds else None for _ in range(2)]
    mine = train(3, WEIGHTS[method], layers[0]).model
    options = {"counts": ONE_EACH, "epochs": 2, "progress": False}
    theirs = train_ages(WEIGHTS[method], 3, fds=layers[1], **options)
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-3)


def test_what_is_kept():
    found = train(0, WEIGHTS["vanilla"]).outcome()
    assert found["predictions"].shape == load_runs().y.shape
    assert found["features"].shape == (101, 64) and found["labels"].shape == (101,)
    assert found["features"].dtype == np.float16
    assert found["history"] == [{"val_mae": 1.0}] * 2


def test_validation_data_are_all_validation_faces():
    images, ages = OwnTraining(0, WEIGHTS["vanilla"]).validation
    assert images.shape == (1010, 3, 32, 32) and ages.shape == (1010,)
    assert images.dtype == ages.dtype == torch.float32


def test_it_has_15_epochs_and_says_how_far_it_is(monkeypatch):
    monkeypatch.delenv(own_training.SHORT)
    shares = []
    monkeypatch.setattr(own_training.background, "report", shares.append)
    training = OwnTraining(0, WEIGHTS["vanilla"])
    for _ in training.epochs():
        pass
    assert len(shares) == 15 and shares[0] == pytest.approx(1 / 15) and shares[-1] == 1


@pytest.mark.parametrize(
    ("name", "method"), [("vanilla", "vanilla"), ("yours", "sqinv+lds+fds")]
)
def test_a_recorded_run_stands_in(name, method):
    found = recorded(f"{name}, seed 0")
    assert found.keys() == {"predictions", "history", "features", "labels"}
    expected = load_runs().predictions(method)[0]
    np.testing.assert_array_equal(found["predictions"], expected)
    table = load_history(method).query("seed == 0")
    assert [row["val_mae"] for row in found["history"]] == table.val_all.tolist()
    assert (found["features"] is None) == (name == "yours")
