"""The saved state of FDS: settings that give its numbers a meaning, older formats."""

import json

import numpy as np
import torch

VERSION = 4
KEY = "_extra_state"
# As a share of the largest: another processor may compute other last bits.
SLACK = 1e-12


def pack_settings(settings):
    """Return settings and the format's version, a JSON text, as a tensor of bytes.

    Whoever clones, moves or averages each value of a state then meets tensors only.
    """
    text = json.dumps({"version": VERSION, **settings})
    return torch.tensor(list(text.encode()), device="cpu")


def check_state(state, prefix, own, kind):
    """Refuse a state that doesn't fit a layer, before anything of it is loaded.

    Parameters
    ----------
    state : dict
        Its keys for this layer begin with `prefix`. It is changed in place: names of
        version 1 become today's, rows of "low_rank" before version 3 become sums, the
        epoch's means before version 4 become origins, and each value takes the dtype
        of the layer's.
    own : dict
        The layer's state, with the same prefix.
    kind : Covariance
        The layer's, see :mod:`dirlib.fds.covariance`.

    Raises
    ------
    ValueError
        If the state is that of a layer with other settings, of another shape or of a
        newer version, or if a part of it is missing.
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
