"""Another processor, imitated: the last bits of linear algebra come out otherwise.

Which bits those are hangs on the kernels that a library takes on a processor. What is
exactly 0 there is 1e-17 here. A verdict must not hang on them.
"""

import contextlib

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

NUMPY = {
    np: ["cov", "corrcoef", "dot", "einsum", "inner", "matmul", "tensordot", "vdot"],
    np.linalg: [
        "cond", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "lstsq",
        "matrix_rank", "norm", "pinv", "qr", "slogdet", "solve", "svd",
    ],
}  # fmt: skip
TORCH = ("addmm", "baddbmm", "bmm", "convolution", "dot", "linalg", "mm", "mv")


class Jitter:
    """Changes results by a few units in the last place, and counts how many."""

    def __init__(self, seed):
        self.rng, self.changed = np.random.default_rng(seed), 0

    def array(self, value):
        """`value` with every float moved by up to 4 ulp of the largest of its array."""
        if isinstance(value, tuple | list):
            moved = [self.array(v) for v in value]
            is_named = hasattr(value, "_fields")
            return type(value)(*moved) if is_named else type(value)(moved)
        if not isinstance(value, np.ndarray | np.floating) or value.dtype.kind != "f":
            return value
        moved = np.asarray(value)
        largest = np.max(np.abs(moved[np.isfinite(moved)]), initial=0)
        ulp = np.finfo(moved.dtype).eps * largest
        noise = self.rng.uniform(-4, 4, moved.shape) * ulp
        self.changed += 1
        return (moved + noise).astype(moved.dtype)[()]

    def tensor(self, value):
        if isinstance(value, tuple | list):
            return type(value)(self.tensor(v) for v in value)
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            return value
        moved = self.array(value.detach().numpy())
        return torch.from_numpy(np.asarray(moved)).to(value.dtype)


class _TorchJitter(TorchDispatchMode):
    def __init__(self, jitter):
        super().__init__()
        self.jitter = jitter

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        value = function(*args, **(kwargs or {}))
        name = function._schema.name.removeprefix("aten::").removeprefix("_")
        return self.jitter.tensor(value) if name.startswith(TORCH) else value


@contextlib.contextmanager
def jittered(seed):
    """Under this, numpy's and torch's linear algebra differ in their last bits."""
    jitter, kept = Jitter(seed), []

    def wrap(function):
        return lambda *args, **kwargs: jitter.array(function(*args, **kwargs))

    try:
        for module, names in NUMPY.items():
            for name in names:
                kept.append((module, name, getattr(module, name)))
                setattr(module, name, wrap(getattr(module, name)))
        with _TorchJitter(jitter):
            yield jitter
    finally:
        for module, name, function in kept:
            setattr(module, name, function)
