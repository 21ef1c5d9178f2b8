"""Group the samples of a batch by bin, and read nothing back from the device.

Where `index` [N] holds the bin of each sample, 0 .. B - 1, B stands for a sample that
belongs to no bin. What depends on the batch's values has a fixed size here.
"""

import torch
from torch.nn.functional import pad


def take(table, bins, like):
    """The rows of a table [B, ...] of some bins, or all for None, in a dtype."""
    return (table if bins is None else table.index_select(0, bins)).to(like.dtype)


def tiles(index, n_bins):
    """Say where each sample stands once those of a bin stand side by side, in tiles.

    A tile is for T rows of one bin. Where there are more samples than bins, each bin
    has a tile, in order; other tiles follow, as many as N samples can need.

    Returns `at`, [N], the row of each sample among those of all tiles, one more for
    those of no bin; the number of tiles that are in the order of the bins, B or 0; the
    bin of each other tile, [G], any one where the tile is empty; and T.
    """
    n = len(index)
    n_first, size = (n_bins, 2 * -(-n // n_bins)) if n_bins < n else (0, 1)
    fit = size if n_first else 0  # so many rows fit into the tile of their bin
    ordered, order = index.sort(stable=True)
    row = torch.arange(n, device=index.device)
    changes = pad(ordered[1:] != ordered[:-1], (1, 0), value=True)
    place = row - torch.where(changes, row, 0).cummax(0).values
    other = ((place % size == 0) & (place >= fit)).cumsum(0) - 1
    bins = index.new_zeros(n // size + 1)  # the last is of rows that fit
    bins.scatter_(0, torch.where(place < fit, n // size, other), ordered)
    tile = torch.where(place < fit, ordered, n_first + other)
    at = torch.where(
        ordered < n_bins, tile * size + place % size, (n_first + n // size) * size
    )
    return (
        torch.empty_like(index).scatter_(0, order, at),
        n_first,
        bins[:-1].clamp(max=n_bins - 1),
        size,
    )


def in_tiles(rows, index, n_bins):
    """Put rows [N, D] in tiles, among rows of 0.

    Returns the tiles of all bins, [B, T, D] or [0, T, D], the other tiles, [G, T, D],
    the bins of these, [G], and `at`, [N], of :func:`tiles`.
    """
    at, n_first, bins, size = tiles(index, n_bins)
    block = rows.new_zeros((n_first + len(bins)) * size + 1, rows.shape[1])
    block = block.index_copy(0, at, rows)[:-1].unflatten(0, (-1, size))
    return block[:n_first], block[n_first:], bins, at


def map_tiles(function, index, z, n_bins):
    """Apply ``function(block, bins)`` to rows z [N, D], those of a bin side by side.

    The function gets [G, T, D] and the bins [G], or None for all bins, and gives
    [G, T, D]. A sample of no bin stays as it came. Gradients flow to `z`.
    """
    if not len(index):
        return z
    # In half precision, sums over the features of one sample overflow.
    wide = z.float() if z.dtype.itemsize < 4 else z
    first, others, bins, at = in_tiles(wide, index, n_bins)
    # Autocast would round the matrices, and with them features that it left alone.
    with torch.autocast(z.device.type, enabled=False):
        parts = [function(first, None)] if len(first) else []
        out = torch.cat([*parts, function(others, bins)]).flatten(0, 1)
    out = out.index_select(0, at.clamp(max=len(out) - 1))
    return torch.where((index < n_bins)[:, None], out.to(z.dtype), z)
