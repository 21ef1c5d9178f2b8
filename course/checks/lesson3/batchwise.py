"""Statistics of features in batches: the answer to exercise 3.1, and wrong ones."""

import numpy as np
import torch

from dirlib.fds.statistics import BinStatistics


def moments(batches, n_bins):
    stats = BinStatistics(n_bins, batches[0][0].shape[1])
    for features, index in batches:
        stats.update(torch.as_tensor(features), index)
    count = stats.count.numpy().astype(int)
    mean = np.where(count[:, None] > 0, stats.mean.numpy(), np.nan)
    return count, mean, stats.variance().numpy()


def free(count):
    """count - 1, and NaN below two samples."""
    return np.where(count > 1, count - 1, np.nan)


def batchwise(combine):
    """Combine the right statistics of the single batches, each [batches, B, ...]."""

    def answer(batches, n_bins):
        single = [moments([batch], n_bins) for batch in batches]
        return combine(*(np.array(s) for s in zip(*single, strict=True)))

    return answer


def batch_means(mean, variance):
    """The plain mean of the batches' statistics, for one of the two."""

    def answer(batches, n_bins):
        n, m, v = moments(batches, n_bins)
        plain = batchwise(lambda n, m, v: (np.nanmean(m, 0), np.nanmean(v, 0)))
        means = plain(batches, n_bins)
        return n, means[0] if mean else m, means[1] if variance else v

    return answer


def overwritten(batches, n_bins):
    """Each batch replaces the statistics of the bins that it holds."""
    kept = moments(batches[:1], n_bins)
    for batch in batches[1:]:
        for old, new in zip(kept, moments([batch], n_bins), strict=True):
            old[batch[1]] = new[batch[1]]
    return kept


def last_known(n, m, v):
    """The counts of all batches, the others of the last batch that gives them."""
    for values in (m, v):
        for old, new in zip(values[:-1], values[1:], strict=True):
            new[np.isnan(new)] = old[np.isnan(new)]
    return n.sum(0), m[-1], v[-1]


def within(batches, n_bins):
    """Deviations from the mean of each batch."""
    count, mean, _ = moments(batches, n_bins)
    total = np.zeros(mean.shape)
    for batch in batches:
        n, _, variance = moments([batch], n_bins)
        total += np.nan_to_num(variance) * (n - 1)[:, None]
    return count, mean, total / free(count)[:, None]


def indexed(counted, to_float64):
    """sums[index] += features, which adds one sample of each bin and batch."""

    def answer(batches, n_bins):
        count = np.zeros((n_bins, 1))
        sums, squares = np.zeros((2, n_bins, batches[0][0].shape[1]))
        for x, index in batches:
            if counted:
                count[:, 0] += np.bincount(index, minlength=n_bins)
            else:
                count[index] += 1
            sums[index] += x
            squares[index] += (x.astype(np.float64) if to_float64 else x) ** 2
        variance = (squares - sums**2 / count) / (count - 1)
        return count[:, 0].astype(int), sums / count, variance

    return answer
