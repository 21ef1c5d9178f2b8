"""Checks of arguments that several modules take; each error names its argument."""

import numpy as np

SPLITS = ("train", "val", "test")


def check_split(split):
    """Refuse a split that does not exist."""
    check_choice("split", split, SPLITS)


def check_choice(name, value, choices):
    """Refuse a value that is none of the choices, which are texts."""
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(choices)}, but got {value!r}"
        )


def as_array(name, values):
    """Return numbers as an ndarray, in their own dtype, or refuse what would change.

    Masked entries would count as if they weren't masked. A tensor that is on a GPU,
    needs a gradient or has no counterpart in numpy is the caller's to convert.
    """
    if np.ma.is_masked(values):
        kept = f"{name}[~numpy.ma.getmaskarray({name})]"
        cure = f"leave these samples out everywhere, {kept}"
        if name.endswith("counts"):
            cure = f"give {name}.filled(0)"
        raise ValueError(
            f"{name} is a masked array, whose masked entries would count: {cure}"
        )
    if str(getattr(values, "dtype", "")) == "torch.bfloat16":
        raise ValueError(
            f"{name} must not be in bfloat16, whose steps are up to 1/128 of a number: "
            f"give {name} from before they were rounded to it or, where such steps are "
            f"fine enough, {name}.detach().cpu().float()"
        )
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{name} must be a list or array of numbers, or a tensor as "
            f"{name}.detach().cpu() gives it, but numpy refused it: {error}"
        ) from error


def as_labels(labels):
    """Return labels, [N], N > 0, as integers or floats, in their own dtype."""
    labels = as_array("labels", labels)
    if labels.size == 0:
        raise ValueError("labels must not be empty, but got 0 labels")
    if labels.dtype.kind not in "iuf":
        kind, cure = "", "convert them, numpy.asarray(labels, dtype=float)"
        if labels.dtype == object:
            kinds = sorted({type(label).__name__ for label in labels.flat})
            kind = f" of {' and '.join(kinds)}"
            if "NoneType" in kinds:
                cure = "leave out the samples without a label"
        raise ValueError(
            f"labels must be integers or floats, but got dtype {labels.dtype}{kind}: "
            f"{cure}"
        )
    if labels.ndim != 1:
        raise ValueError(
            f"labels must be one-dimensional, but got shape {labels.shape}: "
            f"flatten them first, numpy.ravel(labels)"
        )
    return labels


def as_counts(name, counts, n_bins=None):
    """Return counts, [B], finite and not negative; `n_bins` is B, if it is known."""
    counts = as_array(name, counts)
    fits = counts.ndim == 1 and counts.size and n_bins in (None, counts.size)
    if not fits or counts.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must be numbers of shape [{n_bins or 'B'}], one per bin, but got "
            f"{list(counts.shape)} of {counts.dtype}"
        )
    good = np.isfinite(counts) & (counts >= 0)
    check_each(name, counts, good, "finite and not negative")
    return counts


def finite_labels(labels):
    """Return finite labels, [N], N > 0, as float64."""
    y = as_labels(labels).astype(np.float64)
    check_each("labels", y, np.isfinite(y), "finite")
    return y


def check_shape(name, values, shape, what=""):
    """Refuse an array or tensor of another shape; a text stands for any length.

    `what` says what the entries are, such as "one per sample".
    """
    got = list(values.shape)
    same = [isinstance(n, str) or n == m for n, m in zip(shape, got, strict=False)]
    if len(shape) != len(got) or not all(same):
        wanted = ", ".join(map(str, shape))
        what = f", {what}" if what else ""
        raise ValueError(f"{name} must have shape [{wanted}]{what}, but got {got}")


def check_each(name, values, good, what):
    """Refuse an array, [N], for the first entry where the mask `good`, [N], is false.

    `what` says what the entries must be, such as "finite".
    """
    bad = np.flatnonzero(~good)
    if bad.size:
        raise ValueError(
            f"{name} must be {what}, but {name}[{bad[0]}] is {values[bad[0]]}"
        )


def whole_number(name, value, low):
    """Return `value` as an int, or refuse it under its `name`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < low:
        raise ValueError(f"{name} must be a whole number, {low} or more, got {value!r}")
    return int(value)
