"""A student's own weights, loss and layer are the ones that train the network."""

import inspect

import numpy as np
import pytest
import torch
from torch import nn

from course.records.ages import AGES
from course.records.methods import WEIGHTS, train_ages
from dirlib import FDS
from dirlib.losses import l1_loss

SMALL = {"counts": np.ones(101, int), "epochs": 2, "progress": False}
EPOCHS, SAMPLES, BATCH = 2, 101, 64


class MyLayer(nn.Module):
    """A layer of a student's: it remembers what it was given."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor, self.seen, self.ends = factor, [], 0

    def forward(self, z, labels):
        self.seen.append((tuple(z.shape), tuple(labels.shape), self.training))
        return self.factor * z

    def end_epoch(self):
        self.ends += 1


def numbers(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


def test_the_students_own_functions_are_called():
    given = {"labels": [], "losses": []}

    def my_weights(labels):
        given["labels"].append(labels)
        return np.where(labels < 50, 1.5, 0.5)

    def my_loss(y_hat, y, w):
        given["losses"].append((y_hat.shape, y.shape, w))
        assert y_hat.requires_grad
        return (w * (y_hat - y).abs()).mean()

    layer, history = MyLayer(), []
    train_ages(my_weights, 0, loss=my_loss, fds=layer, history=history, **SMALL)
    (labels,) = given["labels"]
    np.testing.assert_array_equal(np.sort(labels), np.arange(101))
    assert len(given["losses"]) == EPOCHS * (SAMPLES // BATCH) == len(layer.seen)
    y_hat, y, w = given["losses"][0]
    assert y_hat == y == w.shape == (BATCH,)
    assert set(w.unique().tolist()) == {0.5, 1.5}
    assert layer.seen[0] == ((BATCH, 64), (BATCH,), True)
    assert layer.ends == EPOCHS == len(history)


def test_they_make_the_network_that_they_should():
    """The library's functions in a student's words give the library's network."""
    library = train_ages(WEIGHTS["sqinv"], seed=3, **SMALL)
    same = train_ages(
        weights=lambda labels: WEIGHTS["sqinv"](labels),
        loss=lambda y_hat, y, w: l1_loss(y_hat, y, w),
        fds=MyLayer(),
        seed=3,
        **SMALL,
    )
    other = train_ages(WEIGHTS["sqinv"], 3, fds=MyLayer(-1.0), **SMALL)
    np.testing.assert_allclose(numbers(same), numbers(library), atol=1e-5)
    assert not np.allclose(numbers(other), numbers(library), atol=1e-3)


def test_without_weights_a_loss_gets_none():
    weights = []

    def my_loss(y_hat, y, w):
        weights.append(w)
        return ((y_hat - y) ** 2).mean()

    train_ages(WEIGHTS["vanilla"], loss=my_loss, **SMALL)
    assert weights == [None] * EPOCHS


def test_a_loss_of_the_labels_takes_the_place_of_the_loss():
    found = []

    def loss_of(labels):
        found.append(labels)
        return lambda y_hat, y, w: (y_hat - y).abs().mean()

    def never(y_hat, y, w):
        raise AssertionError

    train_ages(WEIGHTS["vanilla"], 0, loss_of=loss_of, loss=never, **SMALL)
    assert len(found[0]) == SAMPLES


def test_the_librarys_layer_goes_in_too():
    layer = FDS(64, AGES)
    train_ages(WEIGHTS["sqinv"], 0, fds=layer, **SMALL)
    assert layer.count.sum() > 0


@pytest.mark.parametrize("layer", [nn.Identity(), object(), MyLayer])
def test_what_is_no_layer_is_refused_before_training(layer):
    with pytest.raises(ValueError, match=r"forward\(z, labels\) and end_epoch\(\)"):
        train_ages(WEIGHTS["vanilla"], 0, fds=layer, **SMALL)


def test_epochs_are_named_so_that_a_test_can_shorten_them():
    kinds = inspect.signature(train_ages).parameters
    assert kinds["epochs"].kind is inspect.Parameter.KEYWORD_ONLY
    assert list(kinds)[:2] == ["weights", "seed"]


def test_weights_as_a_tensor_are_taken():
    train_ages(lambda labels: torch.ones(len(labels)), **SMALL)
