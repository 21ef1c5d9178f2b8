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


SPECTRA = ("eig", "svd", "_linalg_eig", "linalg_eig", "_linalg_svd", "linalg_svd")


class Jitter:
    """Changes results by a few units in the last place, and counts how many."""

    def __init__(self, seed):
        self.rng, self.changed = np.random.default_rng(seed), 0

    def result(self, name, value):
        """What a function returned, moved.

        An eigenvalue that should be 0 comes out as any tiny number. Other whole numbers
        are exact everywhere: sums of products of whole numbers, and their zeros.
        """
        if not isinstance(value, tuple | list):
            return self.moved(value, name.startswith(SPECTRA))
        least = min((np.ndim(v) for v in value), default=0)
        spectra = [name.startswith(SPECTRA) and np.ndim(v) == least for v in value]
        parts = [self.moved(v, s) for v, s in zip(value, spectra, strict=True)]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)

    def moved(self, value, whole):
        """Floats moved by up to 4 ulp of the largest; whole numbers only if `whole`."""
        if isinstance(value, torch.Tensor):
            if not value.is_floating_point():
                return value
            array = np.asarray(self.moved(value.detach().numpy(), whole))
            return torch.from_numpy(array).to(value.dtype)
        if not isinstance(value, np.ndarray | np.floating) or value.dtype.kind != "f":
            return value
        array = np.asarray(value)
        largest = np.max(np.abs(array[np.isfinite(array)]), initial=0)
        noise = self.rng.uniform(-4, 4, array.shape) * np.finfo(array.dtype).eps
        noise *= largest * ((array != np.round(array)) | whole)
        self.changed += 1
        return (array + noise).astype(array.dtype)[()]


class _TorchJitter(TorchDispatchMode):
    def __init__(self, jitter):
        super().__init__()
        self.jitter = jitter

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        value = function(*args, **(kwargs or {}))
        name = function._schema.name.removeprefix("aten::")
        if name.removeprefix("_").startswith(TORCH):
            return self.jitter.result(name, value)
        return value


@contextlib.contextmanager
def jittered(seed):
    """Under this, numpy's and torch's linear algebra differ in their last bits."""
    jitter, kept = Jitter(seed), []

    def wrap(name, function):
        return lambda *args, **kwargs: jitter.result(name, function(*args, **kwargs))

    try:
        for module, names in NUMPY.items():
            for name in names:
                kept.append((module, name, getattr(module, name)))
                setattr(module, name, wrap(name, getattr(module, name)))
        with _TorchJitter(jitter):
            yield jitter
    finally:
        for module, name, function in kept:
            setattr(module, name, function)
