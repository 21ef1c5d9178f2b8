"""The layers of lesson 4 that are wrong on purpose: each in one thing, and no other."""

import pytest
import torch

from course import broken_layers
from dirlib import LabelBins

BINS = LabelBins(0, 6, 1)
LAYERS = {name: getattr(broken_layers, f"Layer{name}") for name in "ABCD"}
ONE, WIDE = [1.0], [0.25, 0.5, 0.25]


def batch(epoch=0, ages=range(6), half=0.0):
    g = torch.Generator().manual_seed(epoch)
    y = torch.tensor(list(ages)).repeat(50)
    z = 5 + y[:, None] / 10 + 0.2 * torch.randn(len(y), 2, generator=g)
    return z * (1 + epoch / 4), y + half


def trained(name, window=WIDE, **options):
    layer = LAYERS[name](2, 6, window)
    for epoch in range(2):
        layer(*batch(epoch, **options))
        layer.end_epoch()
    return layer


def moves(name, window=WIDE, **options):
    layer, (z, y) = trained(name, window, **options), batch(1, **options)
    return (layer(z.clone(), y) - z).abs().max()


@pytest.mark.parametrize("name", LAYERS)
def test_only_a_moves_features_when_nothing_is_smoothed(name):
    assert (moves(name, ONE) > 0.5) == (name == "A")


@pytest.mark.parametrize("name", LAYERS)
def test_only_b_writes_into_its_input(name):
    layer, (z, y) = trained(name), batch(1)
    kept = z.clone()
    layer(z, y)
    assert torch.equal(z, kept) == (name != "B")
    hidden = torch.nn.ReLU()(batch(1)[0].requires_grad_())
    if name == "B":
        with pytest.raises(RuntimeError, match="needed for gradient computation"):
            layer(hidden, y).sum().backward()
    else:
        layer(hidden, y).sum().backward()


@pytest.mark.parametrize("name", LAYERS)
def test_only_in_c_an_empty_bin_pulls_its_neighbours(name):
    ages = [0, 1, 2, 4, 5]
    layer = trained(name, ages=ages)
    neighbour = layer.smoothed_mean[2, 0]
    low = batch(0 if name == "A" else 1, ages=ages)[0].min()
    assert (neighbour < low) == (name == "C")


@pytest.mark.parametrize("name", LAYERS)
def test_only_d_switches_itself_off_for_labels_between_whole_numbers(name):
    assert moves(name) > 0
    assert (moves(name, half=0.5) == 0) == (name == "D")


def test_the_forgetful_layer_trains_and_starts_anew_once_it_is_loaded():
    layers = [broken_layers.PlainTables(2, BINS, WIDE) for _ in range(2)]
    layer, loaded = layers
    z, y = batch()
    assert torch.equal(layer(z, y), z)
    layer.end_epoch()
    assert not torch.equal(layer(z, y), z)
    loaded.load_state_dict(layer.state_dict())
    assert torch.equal(loaded(z, y), z)


def test_momentum_makes_the_shift_of_layer_a_smaller():
    shifts = []
    for momentum in (0.0, 0.9):
        layer = LAYERS["A"](2, 6, ONE, momentum)
        for epoch in range(2):
            layer(*batch(epoch))
            layer.end_epoch()
        shifts.append((layer.mean - layer.smoothed_mean).abs().max())
    assert shifts[1] < 0.2 * shifts[0]
