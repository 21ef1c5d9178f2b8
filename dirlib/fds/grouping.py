"""Group the samples of a batch by bin, and read nothing back from the device.

Where `index` [N] holds the bin of each sample, 0 .. B - 1, B stands for a sample that
belongs to no bin. What depends on the batch's values has a fixed size here.
"""

import torch


def compact(index, n_bins):
    """Number the bins that a batch may hold: its cost then follows the batch.

    Parameters
    ----------
    index : Tensor of shape [N], int64
        0 .. B - 1.
    n_bins : int
        B.

    Returns
    -------
    group : Tensor of shape [N], int64
        0 .. G - 1.
    bins : Tensor of shape [G], int64, or None
        The bin of each group; any bin where no sample has this group. None: G is B, and
        the groups are the bins.
    """
    if n_bins <= 2 * len(index):
        return index, None
    ordered, order = index.sort(stable=True)
    group = _changes(ordered).cumsum(0) - 1
    bins = torch.zeros_like(index).scatter_(0, group, ordered)
    return torch.empty_like(index).scatter_(0, order, group), bins


def take(table, bins):
    """The rows of a table [B, ...] that belong to the groups, [G, ...]."""
    return table if bins is None else table.index_select(0, bins)


def put(table, bins, values, times=None):
    """Add values [G, ...] to the rows of a table [B, ...], in place."""
    if times is not None and bins is None:
        return table.addcmul_(values, times)
    values = values if times is None else values * times
    return table.add_(values) if bins is None else table.index_add_(0, bins, values)


def tiles(index, n_bins):
    """Say where each sample stands once those of a bin stand side by side, in tiles.

    A tile is for T rows of one bin, and a bin has as many as it needs. Their number G
    is the largest that N samples can need.

    Parameters
    ----------
    index : Tensor of shape [N], int64
    n_bins : int
        B.

    Returns
    -------
    at : Tensor of shape [N], int64
        The row of each sample among the G * T rows, and G * T for one of no bin.
    bins : Tensor of shape [G], int64
        The bin of each tile; any one where the tile is empty.
    size : int
        T.
    """
    n = len(index)
    size = 2 * -(-n // n_bins) if n_bins < n else 1
    most = min(n, n_bins + 1 + n // size)
    ordered, order = index.sort(stable=True)
    row = torch.arange(n, device=index.device)
    place = row - torch.where(_changes(ordered), row, 0).cummax(0).values
    tile = (place % size == 0).cumsum(0) - 1
    bins = index.new_zeros(most).scatter_(0, tile, ordered.clamp(max=n_bins - 1))
    at = torch.where(ordered < n_bins, tile * size + place % size, most * size)
    return torch.empty_like(index).scatter_(0, order, at), bins, size


def in_tiles(rows, at, bins, size):
    """Put rows [N, D] where `tiles` says, [G, T, D], among rows of 0."""
    block = rows.new_zeros(len(bins) * size + 1, rows.shape[1])
    return block.index_copy(0, at, rows)[:-1].unflatten(0, (len(bins), size))


def map_tiles(function, index, z, n_bins):
    """Apply ``function(block, bins)`` to the samples of each bin, side by side.

    Parameters
    ----------
    function : callable
        Gets [G, T, D] and the bins [G], and gives [G, T, D].
    index : Tensor of shape [N], int64
    z : Tensor of shape [N, D]
    n_bins : int
        B.

    Returns
    -------
    Tensor of shape [N, D]
        In the order of `z`; a sample of no bin as it came. Gradients flow to `z`.
    """
    if not len(index):
        return z
    # In half precision, sums over the features of one sample overflow.
    wide = z.float() if z.dtype.itemsize < 4 else z
    at, bins, size = tiles(index, n_bins)
    # Autocast would round the matrices, and with them features that it left alone.
    with torch.autocast(z.device.type, enabled=False):
        out = function(in_tiles(wide, at, bins, size), bins).flatten(0, 1)
    out = out.index_select(0, at.clamp(max=len(out) - 1))
    return torch.where((index < n_bins)[:, None], out.to(z.dtype), z)


def _changes(ordered):
    """Where a run of equal numbers begins, [N], bool; N may not be 0."""
    first = torch.ones_like(ordered[:1], dtype=torch.bool)
    return torch.cat([first, ordered[1:] != ordered[:-1]])
