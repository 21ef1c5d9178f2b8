"""What lesson 4 gives of the layer: the student's functions are those that train."""

from collections import Counter

import numpy as np
import pytest
import torch

import dirlib
from course.checks import lesson4
from course.epoch_end import EpochEnd

BINS, WINDOW = dirlib.LabelBins(0, 8, 1), [0.25, 0.5, 0.25]
GENERATOR = torch.Generator().manual_seed(4)
LABELS = torch.arange(8).repeat(8).numpy()
ROWS = torch.rand(len(LABELS), 3, generator=GENERATOR).numpy() + LABELS[:, None]


def marked(name, used):
    def function(*args):
        used[name] += 1
        return getattr(EpochEnd, name)(*args)

    return staticmethod(function)


def test_a_network_trains_with_the_functions_of_the_student():
    used, names = Counter(), ("smooth", "calibrate", "update")
    own = {name: marked(name, used) for name in names}
    layer = type("MyFDS", (lesson4.MyFDS.reference,), own)(4, BINS, WINDOW)
    layer.forward = lambda z, labels: forward(layer, z, labels)
    model = dirlib.MLP(3, hidden=(), feature_dim=4)
    samples = dirlib.Rows(ROWS.astype(np.float32), LABELS.astype(np.float32))
    dirlib.fit(model, samples, fds=layer, epochs=2, seed=0, progress=False)
    assert set(used) == set(names)
    # Counts, means and variances, at the end of each epoch.
    assert used["update"] == 6 and used["smooth"] == 4


def forward(layer, z, labels):
    index = torch.as_tensor(layer.bins.index(labels, "clip"))
    layer.epoch.update(z.detach(), index)
    return layer.calibrate(z, index, *layer.pair)


def test_without_own_functions_it_is_the_layer_of_the_library():
    mine = lesson4.MyFDS.reference(3, BINS, WINDOW, 0.6)
    theirs = dirlib.FDS(3, BINS, window=WINDOW, momentum=0.6, shrinkage=0.0)
    z = torch.from_numpy(ROWS).float()
    for epoch in range(3):
        shifted = z * (1 + epoch / 5)
        rows = [layer(shifted, torch.from_numpy(LABELS)) for layer in (mine, theirs)]
        torch.testing.assert_close(*rows, rtol=1e-4, atol=1e-4)
        mine.end_epoch(), theirs.end_epoch()


def test_an_epoch_without_a_batch_is_refused():
    with pytest.raises(ValueError, match="no batch was collected"):
        lesson4.MyFDS.reference(3, BINS, WINDOW).end_epoch()
