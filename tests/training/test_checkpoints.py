"""Checkpoints: whole or not there, and a training that goes on as if undisturbed."""

import math
import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from course.records.ages import AGES
from dirlib import FDS, BalancedMSE
from dirlib.models import SmallResNet
from dirlib.training import ImageArray, fit, predict
from dirlib.training.checkpoints import load_checkpoint, previous, save_checkpoint

rng = np.random.default_rng(0)
LABELS = rng.integers(0, 101, 64)
IMAGES = np.clip(
    LABELS[:, None, None, None] * 2 + rng.integers(0, 9, (64, 16, 16, 3)), 0, 255
).astype(np.uint8)
SAMPLES = ImageArray(IMAGES, LABELS)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def train(checkpoint=None, epochs=4, with_fds=True, **options):
    model = SmallResNet(output_bias=50.0)
    fds = FDS(64, AGES) if with_fds else None
    history = fit(
        model, SAMPLES, epochs=epochs, batch_size=16, fds=fds,
        checkpoint=checkpoint, progress=False, **options,
    )  # fmt: skip
    return model, history


class Stopped(Exception):
    pass


def stops_after(n_batches):
    """The L1 loss, that stops the training in the middle of an epoch."""
    left = [n_batches]

    def l1_loss(prediction, target, weights=None):
        left[0] -= 1
        if left[0] < 0:
            raise Stopped
        return (prediction - target).abs().mean()

    l1_loss.__qualname__ = "l1_loss"
    return l1_loss


@pytest.mark.parametrize("with_fds", [False, True])
@pytest.mark.parametrize("n_batches", [2, 5, 11])
def test_a_resumed_training_ends_as_an_undisturbed_one(tmp_path, n_batches, with_fds):
    path = tmp_path / "run" / "checkpoint.pt"
    model, history = train(with_fds=with_fds)
    with pytest.raises(Stopped):
        train(path, loss=stops_after(n_batches), with_fds=with_fds)
    assert path.exists() == (n_batches > 4)  # the first epoch has four batches
    again, its_history = train(path, with_fds=with_fds)
    assert its_history == history
    assert np.array_equal(predict(again, IMAGES), predict(model, IMAGES))
    assert not list(path.parent.glob("*.tmp"))
    # A finished training isn't repeated.
    third, _ = train(path, loss=stops_after(0), with_fds=with_fds)
    assert np.array_equal(predict(third, IMAGES), predict(model, IMAGES))


SCRIPT = """
import sys, torch
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[2])
from test_checkpoints import train
print("started", flush=True)
train(sys.argv[1], epochs=40)
"""


def test_patience_ends_a_resumed_training_where_it_ends_an_undisturbed_one(tmp_path):
    """The fourth epoch is the last one that is better."""
    path, n_seen = tmp_path / "checkpoint.pt", []

    def validate(model):
        n_seen.append(len(n_seen) + 1)
        return {"error": [5, 4, math.nan, 2, 3, 2, 9, 1][len(n_seen) - 1]}

    options = {"validate": validate, "select": "error", "patience": 3, "epochs": 8}
    model, history = train(**options)
    assert [row["epoch"] for row in history] == list(range(1, 8))
    n_seen.clear()
    with pytest.raises(Stopped):
        train(path, loss=stops_after(22), **options)
    assert len(n_seen) == 5
    again, resumed = train(path, **options)
    assert [row["loss"] for row in resumed] == [row["loss"] for row in history]
    finished, _ = train(path, **options)
    assert len(n_seen) == 7
    for other in (again, finished):
        assert np.array_equal(predict(other, IMAGES), predict(model, IMAGES))
    with pytest.raises(ValueError, match="its patience is 3, but now it is 4"):
        train(path, **options | {"patience": 4})
    for wrong in ({"select": None}, {"patience": 0}):
        with pytest.raises(ValueError, match="patience must be 1 or more, and needs"):
            train(**options | wrong)


def test_a_loss_with_parameters_goes_on_as_it_was(tmp_path):
    class Stopping(BalancedMSE):
        def forward(self, *batch):
            self.left -= 1
            if self.left < 0:
                raise Stopped
            return super().forward(*batch)

    Stopping.__name__ = "BalancedMSE"
    path, undisturbed = tmp_path / "checkpoint.pt", BalancedMSE(20.0)
    model, history = train(with_fds=False, loss=undisturbed)
    stopping = Stopping(20.0)
    stopping.left = 9
    with pytest.raises(Stopped):
        train(path, with_fds=False, loss=stopping)
    resumed = BalancedMSE(20.0)
    again, same_history = train(path, with_fds=False, loss=resumed)
    assert same_history == history
    assert torch.equal(resumed.log_noise_sigma, undisturbed.log_noise_sigma)
    assert np.array_equal(predict(again, IMAGES), predict(model, IMAGES))


def test_a_killed_process_leaves_a_checkpoint_to_go_on_from(tmp_path):
    path = tmp_path / "checkpoint.pt"
    command = [sys.executable, "-c", SCRIPT, str(path), os.path.dirname(__file__)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"started\n"
        while not path.exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert 1 <= len(load_checkpoint(path)["history"]) <= 40
    _, history = train(path, epochs=40)
    assert history == train(epochs=40)[1]


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign"])
def test_a_damaged_checkpoint_is_refused_and_the_one_before_works(tmp_path, damage):
    path = tmp_path / "checkpoint.pt"
    _, history = train(path)
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[:-99], "empty": b"", "foreign": b"hello"}[damage])
    assert len(load_checkpoint(path)["history"]) == 3
    assert train(path)[1] == history
    kept = whole[: len(whole) // 2]
    for file in (path, previous(path)):
        file.write_bytes(kept)
    with pytest.raises(
        ValueError, match="checkpoint.pt is no checkpoint, or it is cut"
    ):
        train(path)
    assert path.read_bytes() == kept


class Danger:
    def __reduce__(self):
        return os.mkdir, ("made-by-a-checkpoint",)


def test_no_code_of_a_foreign_file_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "checkpoint.pt"
    torch.save({"model": Danger()}, path)
    with pytest.raises(ValueError, match="can't be read as a checkpoint"):
        load_checkpoint(path)
    path.write_bytes(pickle.dumps(Danger()))
    with pytest.raises(ValueError, match="is no checkpoint"):
        load_checkpoint(path)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match="it holds a list"):
        load_checkpoint(path)
    assert not (tmp_path / "made-by-a-checkpoint").exists()


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"epoch": 1})

    def full(state, file):
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(path, {"epoch": 2})
    assert load_checkpoint(path) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_no_checkpoint_is_no_error(tmp_path):
    assert load_checkpoint(tmp_path / "nothing.pt") is None


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    train(path, epochs=2)
    for options, name in (
        ({"epochs": 3}, "its epochs is 2, but now it is 3"),
        ({"epochs": 2, "seed": 1}, "its seed is 0"),
        ({"epochs": 2, "with_fds": False}, "its fds is FDS"),
        ({"epochs": 2, "weights": np.ones(64)}, "its weights is None"),
    ):
        with pytest.raises(ValueError, match=name):
            train(path, **options)
    model = SmallResNet(feature_dim=32)
    with pytest.raises(ValueError, match="is of another network"):
        fit(
            model, SAMPLES, epochs=2, batch_size=16, fds=FDS(64, AGES),
            checkpoint=path, progress=False,
        )  # fmt: skip
