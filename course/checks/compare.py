"""How a check compares two values, and says in a sentence how they differ."""

import sys

import numpy as np


def difference(got, want, rtol):
    """Say how a value differs from the wanted one, or return None."""
    if got is None or want is None:
        if got is want:
            return None
        return f"expected {short(want)}, but got {short(got)}"
    if isinstance(want, dict):
        names = ", ".join(repr(name) for name in sorted(want))
        needed = f"the result must be a dict that holds {names}"
        if not isinstance(got, dict):
            return f"{needed}, but it is a {type(got).__name__}"
        if set(got) != set(want):
            return needed
        found = ((k, difference(got[k], want[k], rtol)) for k in want)
        return next((f"{k!r}: {text}" for k, text in found if text), None)
    if isinstance(want, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(want):
            names = ", ".join("abcdefgh"[: len(want)])
            return f"the result must be {len(want)} values: return {names}"
        found = (difference(g, w, rtol) for g, w in zip(got, want, strict=True))
        return next((text for text in found if text), None)
    if is_tensor(want):
        if not is_tensor(got):
            return f"the result must be a tensor, but it is a {type(got).__name__}"
        if want.requires_grad and not got.requires_grad:
            return "no gradient flows through the result: stay with torch's operations"
    of_torch = is_tensor(got)
    got, want = as_array(got), as_array(want)
    if got is None:
        return "the result is not a number or an array of numbers"
    if got.dtype.kind == "c":
        return "the result holds complex numbers: stay with real ones"
    if want.ndim == 0 and got.ndim:
        return f"the result must be one number, but has shape {list(got.shape)}"
    if got.shape != want.shape:
        return f"the result has shape {list(got.shape)}, not {list(want.shape)}"
    if same(got, want, rtol):
        if want.dtype.kind in "ib" and got.dtype.kind == "f":
            kind, name = (
                ("whole numbers", "int") if want.dtype.kind == "i" else ("bool", "bool")
            )
            if want.ndim == 0:
                return f"the result must be of type {name}: use {name}(...)"
            ending = f".astype({name})"
            if of_torch:
                ending = ".long()" if name == "int" else ".bool()"
            return f"the result must hold {kind}: end with {ending}"
        return None
    if want.ndim > 1 or want.size > 8 or short(want) == short(got):
        # Too long to read, or alike in the digits that are shown: say where.
        for at in np.ndindex(want.shape):
            if not same(got[at], want[at], rtol):
                where = f"at {list(at)} " if at else ""
                return f"{where}expected {{}}, but got {{}}".format(
                    *_apart(want[at], got[at])
                )
    return f"expected {short(want)}, but got {short(got)}"


def _apart(*numbers):
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in range(6, 18):
        texts = [
            f"{n:.{digits}g}" if isinstance(n, np.floating) else short(n)
            for n in numbers
        ]
        if texts[0] != texts[1]:
            break
    return texts


def same(a, b, rtol):
    """Whether two values, or nested lists and dicts of them, agree."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], rtol) for k in a)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(
            same(x, y, rtol) for x, y in zip(a, b, strict=True)
        )
    if a is None or b is None:
        return a is b
    a, b = as_array(a), as_array(b)
    if a is None or b is None or a.shape != b.shape:
        return False
    if "U" in (a.dtype.kind, b.dtype.kind):
        return bool((a == b).all())
    return np.allclose(a, b, rtol=rtol, atol=rtol * 1e-3, equal_nan=True)


def is_tensor(value):
    """Whether a value is a tensor; lesson 1 has none, and does not wait for torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def as_array(value):
    """Return numbers or texts as an array, and None for anything else."""
    try:
        if is_tensor(value):
            value = value.detach().cpu().numpy()
        array = np.asarray(value)
    except Exception:  # a ragged list, bfloat16, a student's own class
        return None
    if array.dtype.kind == "O" and all(isinstance(v, str) for v in array.flat):
        array = array.astype(str)
    return array if array.dtype.kind in "biufcU" else None


def short(value):
    """Return a value as a student reads it: rounded, in one line, not too long."""
    array = as_array(value)
    if array is None:
        try:
            return " ".join(repr(value).split())[:60]
        except Exception:  # a student's own class may fail to show itself
            return f"a {type(value).__name__}"
    if array.ndim == 0:
        item = array.item()
        return f"{item:.6g}" if isinstance(item, float) else repr(item)
    text = np.array2string(array, precision=4, threshold=8, edgeitems=4, separator=", ")
    return " ".join(text.split())
