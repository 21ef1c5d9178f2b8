"""A training on the drawn faces whose steps a student takes: all but the steps.

It is the training of :func:`course.records.methods.train_ages`: the same faces, the
same initial weights, the same batches in the same order, the same learning rates.
"""

import os

import numpy as np
import torch

from course import background
from course.records.read import load_features, load_history, load_runs
from dirlib.datasets.faces import faces
from dirlib.models import SmallResNet
from dirlib.training import ImageArray, extract_features, predict
from dirlib.training.optimizers import make_optimizer

EPOCHS = 15
SHORT = "LESSON_EPOCHS"  # the most epochs where a lesson is tested
BATCH, LR = 64, 3e-3  # as `dirlib.training.fit` has them

RECORDED = {"vanilla": "vanilla", "yours": "sqinv+lds+fds"}


class OwnTraining:
    """The faces, the network and the optimizer of a training.

    Its loop, with a step and an end of the epoch of your own::

        training = OwnTraining(seed, weights)
        for batches in training.epochs():
            for x, y, w in batches:
                step(training.model, layer, training.optimizer, x, y, w)
            training.history.append(finish(training.model, layer, *training.validation))
        return training.outcome()

    Parameters
    ----------
    seed : int
        Fixes the faces, the initial weights and the order of the samples.
    weights : callable
        Gives the weights, [N], of the training labels, an int array [N]; None stands
        for weights that are all 1.

    Attributes
    ----------
    model : dirlib.SmallResNet
    optimizer : torch.optim.Adam
        Its learning rate changes after each batch.
    validation : (Tensor of shape [M, 3, 32, 32], Tensor of shape [M])
        Images and ages, float32.
    history : list of dict
        What was kept of each epoch.
    """

    def __init__(self, seed, weights):
        self.seed, self.history = seed, []
        data = faces("train", seed=seed, progress=False)
        self._samples = ImageArray(data.images, data.labels)
        self._y = torch.from_numpy(data.labels).float()
        w = weights(data.labels)
        w = np.ones(len(self._y)) if w is None else np.asarray(w)
        self._w = torch.from_numpy(w).float()
        val = faces("val", progress=False)
        images = ImageArray(val.images, val.labels).batch(np.arange(len(val.labels)))
        self.validation = images, torch.from_numpy(val.labels).float()
        self.n_epochs = min(EPOCHS, int(os.environ.get(SHORT, EPOCHS)))
        self._n_batches = max(1, len(self._y) // BATCH)
        self.model = SmallResNet(seed=seed).to(memory_format=torch.channels_last)
        self.optimizer, self._schedule = make_optimizer(
            "adam", "onecycle", self.model.parameters(), LR,
            self.n_epochs * self._n_batches,
        )  # fmt: skip

    def epochs(self):
        """Yield the batches of each epoch, an iterator of (x, y, w)."""
        generator = torch.Generator().manual_seed(self.seed)
        for epoch in range(self.n_epochs):
            self.model.train()
            yield self._batches(generator)
            background.report((epoch + 1) / self.n_epochs)

    def _batches(self, generator):
        order = torch.randperm(len(self._y), generator=generator)
        for index in order[: self._n_batches * BATCH].chunk(self._n_batches):
            mirrored = torch.rand(len(index), generator=generator)
            x = self._samples.batch(index, mirrored)
            yield x, self._y[index], self._w[index]
            self._schedule.step()

    def outcome(self):
        """What is kept of a training.

        Returns
        -------
        dict
            `predictions` for the test faces, [N], in years; `history`; `features` of
            the training faces, [N, 64], in half precision, with their `labels`, [N].
        """
        features = extract_features(self.model, self._samples).numpy()
        return {
            "predictions": predict(self.model, faces("test", progress=False).images),
            "history": self.history,
            "features": features.astype(np.float16),
            "labels": self._samples.labels,
        }


def recorded(name):
    """The recorded run that stands in for one of a student's.

    Parameters
    ----------
    name : str
        Such as "yours, seed 0".

    Returns
    -------
    dict
        As :meth:`OwnTraining.outcome`; `features` and `labels` are None where they
        weren't recorded.
    """
    method, _, seed = name.partition(", seed ")
    method, seed = RECORDED[method], int(seed)
    table = load_history(method)
    epochs = table[table.seed == seed]
    kept = zip(epochs.distance_mean, epochs.val_all, strict=True)
    features = labels = None
    if (method, seed) == ("vanilla", 0):
        features, labels = load_features(method)
    return {
        "predictions": load_runs().predictions(method)[seed],
        "history": [{"distance": d, "val_mae": mae} for d, mae in kept],
        "features": features,
        "labels": labels,
    }
