"""Labels as the layer meets them: their bins, found on the device that they are on."""

import numpy as np
import torch

from dirlib.arguments import as_array, check_shape

FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def edge_tables(bins, device):
    """Return the bins' edges, [B + 1], in each precision that labels may have, a dict.

    A label 0.7 in float32 is 0.69999999: it is compared with the edge in its own
    precision, where 0.7 is the same number, as :meth:`dirlib.LabelBins.index` does.
    None stands for a precision in which two edges are the same number.
    """
    tables = {}
    for dtype in FLOATS:
        name = str(dtype).removeprefix("torch.")
        with np.errstate(over="ignore"):
            edges = _bfloat16(bins.edges) if "b" in name else bins.edges.astype(name)
        apart = (edges[1:] > edges[:-1]).all()
        tables[dtype] = torch.from_numpy(edges).to(device, dtype) if apart else None
    return tables


def _bfloat16(values):
    """Round to bfloat16, in float32: to the nearest, ties to even. NumPy has none."""
    bits = values.astype(np.float32).view(np.uint32)
    bits = bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000
    return bits.astype(np.uint32).view(np.float32)


def as_label_tensor(labels, shape, device):
    """Return labels, of this shape, as a flat tensor on `device`, or refuse them."""
    if not isinstance(labels, torch.Tensor):
        labels = as_array("labels", labels)
        if labels.dtype.kind not in "iuf":
            raise ValueError(
                f"labels must be integers or floats, but got {labels.dtype}: convert "
                f"them, for instance numpy.asarray(labels, dtype=float)"
            )
        labels = torch.as_tensor(np.ascontiguousarray(labels).reshape(labels.shape))
    check_shape("labels", labels, shape, "one per feature vector")
    if labels.dtype == torch.bool or labels.is_complex():
        raise ValueError(f"labels must be integers or floats, but got {labels.dtype}")
    return labels.detach().reshape(-1).contiguous().to(device, non_blocking=True)


def find_bins(labels, tables):
    """Return the bin of each label, [N], int64; the nearest if it is out of range.

    Nothing is read back from the device. The bin of a label that isn't finite is any.
    A precision that can't tell two edges apart is refused.
    """
    if not labels.is_floating_point():
        labels = labels.to(torch.float64)
    edges = tables.get(labels.dtype)
    if edges is None:
        raise ValueError(
            f"labels of {labels.dtype} can't tell the bins apart, since some edges are "
            f"the same number in it: give the labels in float32 or float64"
        )
    return torch.bucketize(labels, edges[1:-1], right=True)
