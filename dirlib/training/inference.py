"""Predict with a network, in eval mode."""

import contextlib

import torch

from dirlib.training import processes
from dirlib.training.batches import Batches
from dirlib.training.samples import as_samples


def predict(model, samples, batch_size=512, workers=0):
    """Return the model's output for samples, in eval mode.

    Parameters
    ----------
    model : torch.nn.Module
    samples : object or ndarray of shape [N, H, W, 3], uint8
        See `dirlib.training.samples`; or images. A ValueError refuses other objects.
    workers : int
        Processes that read the samples ahead; 0 reads them in this one.

    Returns
    -------
    ndarray of shape [N] or [N, C], float32
    """
    return _in_eval(model, model, samples, batch_size, workers).numpy()


def extract_features(model, samples, batch_size=512, workers=0):
    """Return the features z = f(x) of samples, a Tensor [N, D], float32.

    As :func:`predict`, for a model that has ``features(x)``.
    """
    return _in_eval(model, model.features, samples, batch_size, workers)


def precision(device):
    """Return a context of half precision on a GPU, where the operations allow it."""
    if device.type != "cuda":
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


@torch.no_grad()
def _in_eval(model, function, samples, batch_size, workers):
    samples = as_samples(samples)
    training, device = model.training, next(model.parameters()).device
    part = processes.part(len(samples))
    plan = [(index, None) for index in part.split(batch_size)]
    model.eval()
    out = []
    for _, x in Batches(samples, workers).read(plan):
        with precision(device):
            out.append(function(x.to(device)).float())
    model.train(training)
    return processes.together(torch.cat(out), part, len(samples)).cpu()
