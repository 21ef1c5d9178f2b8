"""Put the samples of each bin side by side, for one matrix product per bin."""

import torch


def places(index):
    """Say where each sample stands once those of a bin stand side by side.

    Parameters
    ----------
    index : Tensor of shape [N], int64
        The bin of each sample; N may not be 0.

    Returns
    -------
    bins : Tensor of shape [T], int64
        The bins that occur, ascending.
    group : Tensor of shape [N], int64
        Which of them each sample is in: ``bins[group] == index``.
    place : Tensor of shape [N], int64
        How many earlier samples the same bin has.
    """
    order = index.argsort(stable=True)
    bins, counts = torch.unique_consecutive(index[order], return_counts=True)
    first = counts.cumsum(0) - counts
    ranks = torch.arange(len(bins), device=index.device)
    group, place = torch.empty_like(index), torch.empty_like(index)
    sorted_group = ranks.repeat_interleave(counts)
    group[order] = sorted_group
    place[order] = torch.arange(len(index), device=index.device) - first[sorted_group]
    return bins, group, place


def blocks(index, rows, most):
    """Yield the rows of each bin side by side, at most so many of a bin at a time.

    Parameters
    ----------
    index : Tensor of shape [N], int64
    rows : Tensor of shape [N, D]
    most : int

    Yields
    ------
    bins : Tensor of shape [T], int64
        Each bin at most once.
    block : Tensor of shape [T, K, D], K <= `most`
        Rows of 0 where a bin has fewer than K.
    """
    if not len(index):
        return
    bins, group, place = places(index)
    longest = int(place.max()) + 1
    for start in range(0, longest, most):
        size = min(most, longest - start)
        if size == longest:
            here, part, at = bins, group, place
            taken = rows
        else:
            now = ((place >= start) & (place < start + most)).nonzero().squeeze(1)
            present, part = group[now].unique(return_inverse=True)
            here, at, taken = bins[present], place[now] - start, rows[now]
        block = rows.new_zeros(len(here), size, rows.shape[1])
        block[part, at] = taken
        yield here, block


def map_bins(function, index, z):
    """Apply ``function(block, bins)`` to the samples of each bin, side by side.

    Parameters
    ----------
    function : callable
        Gets [T, K, D] and the bins [T], and gives [T, K, D].
    index : Tensor of shape [N], int64
    z : Tensor of shape [N, D]

    Returns
    -------
    Tensor of shape [N, D]
        In the order of `z`. Gradients flow to `z`.
    """
    if not len(index):
        return z
    bins, group, place = places(index)
    block = z.new_zeros(len(bins), int(place.max()) + 1, z.shape[1])
    block[group, place] = z
    # Autocast would round the matrices, and with them features that it left alone.
    with torch.autocast(z.device.type, enabled=False):
        return function(block, bins)[group, place]
