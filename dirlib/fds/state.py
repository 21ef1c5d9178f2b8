"""The saved state of FDS: settings that give its numbers a meaning, older formats.

The names in the layer's state, and what earlier versions called them:

- `count`, `freedom`, `mean`, `cov`, the running statistics, and `smoothed_mean`,
  `shift`, `transform`, which the next epoch uses. They are buffers. `active` was one
  before version 3, and is computed now: no average of bools has a meaning.
- `epoch.samples`, `epoch.origin`, `epoch.sums`, `epoch.products`, the sums of the epoch
  under way, which are no buffers. Before version 4 they were about the mean:
  `epoch.count`, `epoch.mean`, `epoch.scatter`; in version 1 with `epoch_`.
- `_extra_state`, the version and the settings, since version 2.
"""

import contextlib
import json

import numpy as np
import torch
from torch import nn

VERSION = 4
KEY = "_extra_state"
# As a share of the largest: another processor may compute other last bits.
SLACK = 1e-12
# The tensors of the epoch under way.
SUMS = ("samples", "origin", "sums", "products")


class SavedSums(nn.Module):
    """A module that keeps the tensors `SUMS`, in float64: moved, saved and loaded.

    They are no buffers: a wrapper such as DistributedDataParallel would overwrite those
    with the ones of the first process.
    """

    @contextlib.contextmanager
    def _as_buffers(self):
        """Make the sums buffers while PyTorch moves, saves or loads the module."""
        self._buffers.update((name, self.__dict__.pop(name)) for name in SUMS)
        try:
            yield
        finally:
            self.__dict__.update((name, self._buffers.pop(name)) for name in SUMS)

    def _apply(self, fn, recurse=True):
        with self._as_buffers():
            super()._apply(without_cast(fn), recurse)
        self.kind.move(self.samples.device)
        return self

    def _save_to_state_dict(self, *args):
        for table in (self.origin, self.sums, self.products):
            table[-1].zero_()  # samples that are left out may be NaN
        with self._as_buffers():
            super()._save_to_state_dict(*args)

    def _load_from_state_dict(self, state_dict, prefix, *args):
        if f"{prefix}mean" in state_dict:
            rename_sums(state_dict, prefix)
        with self._as_buffers():
            super()._load_from_state_dict(state_dict, prefix, *args)


def without_cast(fn):
    """Make of `fn`, of ``Module._apply``, what moves a tensor and keeps its dtype."""

    def moved(tensor):
        try:
            out = fn(tensor)
        except TypeError as error:
            if "float64" not in str(error):
                raise
            raise TypeError(
                "the statistics of FDS are kept in float64, which this device has not: "
                "train on a CPU or a CUDA device, or without FDS"
            ) from error
        return out if out.dtype == tensor.dtype else tensor.to(out.device)

    return moved


def pack_settings(settings):
    """Return settings and the format's version, a JSON text, as a tensor of bytes.

    Whoever clones, moves or averages each value of a state then meets tensors only.
    """
    text = json.dumps({"version": VERSION, **settings})
    return torch.tensor(list(text.encode()), device="cpu")


def check_state(state, prefix, own, kind):
    """Refuse a state that doesn't fit a layer, before anything of it is loaded.

    `state` and `own`, the layer's, have keys that begin with `prefix`; `kind` is the
    layer's class of covariances. The state is changed in place: what earlier versions
    called otherwise gets today's names (see the top), rows of "low_rank" before version
    3 become sums, and each value takes the dtype of the layer's.
    """
    # Version 1 says nothing of its settings: there is only the shape to compare.
    first = [key for key in state if key.startswith(f"{prefix}epoch_")]
    for old in first:
        state[old.replace(f"{prefix}epoch_", f"{prefix}epoch.", 1)] = state.pop(old)
        state[prefix + KEY] = own[prefix + KEY]
    if f"{prefix}epoch.mean" in state:
        rename_sums(state, f"{prefix}epoch.")
    missing = [key for key in own if key not in state]
    if len(missing) == len(own):
        return  # no state of this layer: load_state_dict says so, if it is strict
    if missing:
        raise _refusal(f"lacks {', '.join(missing)}")
    theirs, ours = (_unpack(values[prefix + KEY]) for values in (state, own))
    version = 1 if first else theirs["version"]
    if version > VERSION:
        raise _refusal(f"has version {version}, and this dirlib reads up to {VERSION}")
    del ours["version"]
    for name, value in ours.items():
        if difference := _difference(name, theirs[name], value):
            raise _refusal(difference)
    products = f"{prefix}epoch.products"
    if version < 3:
        state.pop(f"{prefix}active", None)
    if version < 3 and state[products].shape[1:] == kind.shape:
        state[products] = kind.to_sums(state[products].to(own[products]))
    for key, value in own.items():
        if key != prefix + KEY and state[key].shape != value.shape:
            shapes = list(state[key].shape), list(value.shape)
            raise _refusal("has {} of shape {}, here {}".format(key, *shapes))
        state[key] = state[key].to(value.dtype)


def rename_sums(state, prefix):
    """Make sums about the mean, of a state before version 4, those of version 4."""
    for old, name in (
        ("count", "samples"), ("mean", "origin"), ("scatter", "products")
    ):  # fmt: skip
        if prefix + old in state:
            values = state.pop(prefix + old)
            last = values.new_zeros(1, *values.shape[1:])  # of what is left out
            state[prefix + name] = torch.cat([values, last])
    state[f"{prefix}sums"] = torch.zeros_like(state[f"{prefix}origin"])


def _unpack(packed):
    try:
        return json.loads(bytes(round(byte) for byte in packed.tolist()))
    except ValueError as error:
        raise _refusal(f"has a damaged {KEY}") from error


def _refusal(reason):
    return ValueError(
        f"this state of an FDS layer {reason}: make the layer as the one that was "
        f"saved, or start anew without this state"
    )


def _difference(name, theirs, ours):
    """Say in what a setting differs, or return None."""
    if isinstance(ours, list):
        if len(theirs) != len(ours):
            return f"has another number of {name}: {len(theirs)}, here {len(ours)}"
        apart = np.abs(np.subtract(theirs, ours))
        far = int(apart.argmax())
        if apart[far] <= SLACK * np.abs(ours).max():
            return None
        name, theirs, ours = f"{name}[{far}]", theirs[far], ours[far]
    return None if theirs == ours else f"has another {name}: {theirs!r}, here {ours!r}"
