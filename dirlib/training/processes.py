"""Training in several processes, started by ``torchrun``; alone, it does nothing."""

import os

import torch
from torch import distributed as dist
from torch import nn


def start(device):
    """Join the other processes of ``torchrun``, where there are any."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1 and not _joined():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def wait():
    """Wait until every process is here."""
    if _joined():
        dist.barrier()


def stop():
    """Leave the other processes."""
    if _joined():
        dist.destroy_process_group()


def best_device():
    """The device of this process: a GPU of its own where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device("cpu")


def count():
    """The number of processes."""
    return dist.get_world_size() if _joined() else 1


def is_first():
    """Whether this process writes the files and speaks to the user."""
    return not _joined() or dist.get_rank() == 0


def share(values):
    """The part of `values`, a tensor, that this process works on: every n-th one.

    All parts have the same length, as the mean over processes must be the mean over
    samples; up to n - 1 values at the end are in none.
    """
    if not _joined():
        return values
    return values[: len(values) // count() * count()][dist.get_rank() :: count()]


def part(total):
    """This process's part of 0 .. total - 1; each number is in one part or more."""
    rank = dist.get_rank() if _joined() else 0
    # More processes than samples: some work on a sample that another has, too.
    return torch.arange(rank, max(total, rank + 1), count()) % total


def together(values, index, total):
    """Join the parts: `values` [n, ...] at `index` of N, each in one part or more."""
    shape = (total, *values.shape[1:])
    whole = torch.zeros(shape, dtype=values.dtype, device=values.device)
    whole[index] = values
    times = torch.zeros(total, device=values.device)
    times[index] = 1
    if _joined():
        dist.all_reduce(whole)
        dist.all_reduce(times)
    return whole / times.to(whole.dtype).reshape(-1, *[1] * (whole.ndim - 1))


def mean(value):
    """The mean of a number over the processes."""
    if not _joined():
        return value
    total = torch.tensor(value, dtype=torch.float64)
    total = total.to("cuda") if dist.get_backend() == "nccl" else total
    dist.all_reduce(total)
    return total.item() / count()


def data_parallel(module):
    """Average the gradients of `module` over the processes."""
    return nn.parallel.DistributedDataParallel(module) if _joined() else module


def average_gradients(parameters):
    """Average the gradients of parameters that are outside the parallel module."""
    for value in parameters if _joined() else ():
        if value.grad is not None:
            dist.all_reduce(value.grad)
            value.grad /= count()


@torch.no_grad()
def average_buffers(model):
    """Make BatchNorm's running statistics the mean of those of the processes."""
    if _joined():
        for value in model.buffers():
            if value.is_floating_point():
                dist.all_reduce(value)
                value /= count()


def _joined():
    return dist.is_available() and dist.is_initialized()
