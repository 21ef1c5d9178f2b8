"""Wrong answers that students write in lesson 3, and right ones in other styles.

The answers were written from the lesson's cards alone, without a look at the checks.
Each wrong one names a part of the sentence that helps whoever wrote it.
"""

import math

import numpy as np
import pandas as pd
import scipy.linalg
import scipy.spatial
import torch
import torch.nn.functional as F
from answers import Answers

from course.checks import lesson3
from dirlib import BinStatistics

ANSWERS = Answers(lesson3)
wrong, right = ANSWERS.wrong, ANSWERS.right


# 3.1 · bin_moments


@right("bin_moments")
def added_bin_moments(batches, n_bins, dim):
    count, sums, squares = np.zeros(n_bins, int), *np.zeros((2, n_bins, dim))
    for features, index in batches:
        features = features.astype(np.float64)
        np.add.at(count, index, 1)
        np.add.at(sums, index, features)
        np.add.at(squares, index, features**2)
    n = count[:, None]
    return count, sums / n, (squares - sums**2 / n) / (n - 1)


@right("bin_moments")
def counted_bin_moments(batches, n_bins, dim):
    count, total, squares = np.zeros(n_bins, int), *np.zeros((2, n_bins, dim))
    for x, index in batches:
        x = x.astype(np.float64)
        count += np.bincount(index, minlength=n_bins)
        for d in range(dim):
            total[:, d] += np.bincount(index, x[:, d], n_bins)
            squares[:, d] += np.bincount(index, x[:, d] ** 2, n_bins)
    n = count[:, None]
    variance = (squares - total**2 / n) / np.where(n > 1, n - 1, np.nan)
    return count, total / n, variance


@right("bin_moments")
def one_by_one_bin_moments(batches, n_bins, dim):
    count = [0] * n_bins
    mean, scatter = np.zeros((2, n_bins, dim))
    for features, index in batches:
        for x, b in zip(features, index, strict=True):
            count[b] += 1
            delta = x - mean[b]
            mean[b] += delta / count[b]
            scatter[b] += delta * (x - mean[b])
    for b in range(n_bins):
        mean[b] = mean[b] if count[b] else np.nan
        scatter[b] = scatter[b] / (count[b] - 1) if count[b] > 1 else np.nan
    return count, mean, scatter


@right("bin_moments")
def pandas_bin_moments(batches, n_bins, dim):
    count, total, squares = np.zeros(n_bins, int), *np.zeros((2, n_bins, dim))
    for x, index in batches:
        x = pd.DataFrame(x.astype(np.float64))
        count += x[0].groupby(index).size().reindex(range(n_bins), fill_value=0)
        for into, table in ((total, x), (squares, x**2)):
            into += table.groupby(index).sum().reindex(range(n_bins), fill_value=0)
    count = np.array(count)
    n = count[:, None]
    return count, total / n, (squares - total**2 / n) / (n - 1)


@right("bin_moments")
def moments_of_sums(batches, n_bins, dim):
    n, s, q = np.zeros(n_bins, int), np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        features = np.asarray(features, dtype=float)
        np.add.at(n, index, 1)
        np.add.at(s, index, features)
        np.add.at(q, index, features**2)
    with np.errstate(all="ignore"):
        mean = s / n[:, None]
        variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@right("bin_moments")
def moments_welford(batches, n_bins, dim):
    count = [0] * n_bins
    mean, scatter = np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        for z, b in zip(features, index, strict=True):
            count[b] += 1
            before = z - mean[b]
            mean[b] += before / count[b]
            scatter[b] += before * (z - mean[b])
    for b in range(n_bins):
        if count[b] == 0:
            mean[b] = float("nan")
        scatter[b] = scatter[b] / (count[b] - 1) if count[b] >= 2 else float("nan")
    return count, mean, scatter


@right("bin_moments")
def moments_one_hot(batches, n_bins, dim):
    count, total, squares = 0, 0, 0
    for f, i in batches:
        member = (i == np.arange(n_bins)[:, None]).astype(float)
        count = count + member.sum(1)
        total = total + member @ f.astype(float)
        squares = squares + member @ f.astype(float) ** 2
    mean = total / np.where(count, count, np.nan)[:, None]
    free = np.where(count > 1, count - 1, np.nan)[:, None]
    return count.astype(int), mean, (squares - total * mean) / free


@right("bin_moments")
def moments_library(batches, n_bins, dim):
    stats = BinStatistics(n_bins, dim)
    for features, index in batches:
        stats.update(torch.from_numpy(features), index)
    mean = stats.mean.clone()
    mean[stats.count == 0] = torch.nan
    return stats.count.int().numpy(), mean.numpy(), stats.variance().numpy()


@right("bin_moments")
def moments_by_mask(batches, n_bins, dim):
    n, s, q = np.zeros(n_bins, int), np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        for b in range(n_bins):
            mine = features[index == b].astype(np.float64)
            n[b] += len(mine)
            s[b] += mine.sum(axis=0)
            q[b] += (mine * mine).sum(axis=0)
    mean, variance = np.full((n_bins, dim), np.nan), np.full((n_bins, dim), np.nan)
    for b in range(n_bins):
        if n[b] > 0:
            mean[b] = s[b] / n[b]
        if n[b] > 1:
            variance[b] = (q[b] - n[b] * mean[b] ** 2) / (n[b] - 1)
    return n, mean, variance


@right("bin_moments")
def moments_merged_batches(batches, n_bins, dim):
    n = np.zeros((n_bins, 1), dtype=int)
    m, s = np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for f, i in batches:
        for b in np.unique(i):
            new = np.float64(f[i == b])
            k, mu = len(new), new.mean(0)
            delta = mu - m[b]
            s[b] += ((new - mu) ** 2).sum(0) + delta**2 * n[b] * k / (n[b] + k)
            m[b] += delta * k / (n[b] + k)
            n[b] += k
    return n[:, 0], np.where(n > 0, m, np.nan), np.where(n > 1, s / (n - 1), np.nan)


def sums(batches, n_bins, dim):
    """Count, sum and sum of squares of each bin, in float64."""
    n, s, q = np.zeros(n_bins, int), np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        features = features.astype(np.float64)
        np.add.at(n, index, 1)
        np.add.at(s, index, features)
        np.add.at(q, index, features**2)
    return n, s, q


def moments(batches, n_bins, dim):
    n, s, q = sums(batches, n_bins, dim)
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


def with_each_batch(batches, n_bins, dim):
    """The right answer, and a list of what each batch alone would give."""
    kept = []

    def noted():
        for features, index in batches:
            kept.append(moments([(features, index)], n_bins, dim))
            yield features, index

    return moments(noted(), n_bins, dim), kept


@wrong("bin_moments", "doesn't fit into the memory")
def moments_concatenated(batches, n_bins, dim):
    batches = list(batches)
    x = np.concatenate([f for f, _ in batches]).astype(np.float64)
    b = np.concatenate([i for _, i in batches])
    count = np.bincount(b, minlength=n_bins)
    mean = np.full((n_bins, dim), np.nan)
    variance = mean.copy()
    for k in range(n_bins):
        if count[k] > 0:
            mean[k] = x[b == k].mean(axis=0)
        if count[k] > 1:
            variance[k] = x[b == k].var(axis=0, ddof=1)
    return count, mean, variance


@wrong("bin_moments", "doesn't fit into the memory")
def moments_of_copies_kept(batches, n_bins, dim):
    kept, bins = [], []
    for features, index in batches:
        kept.append(features.astype(np.float64))
        bins.append(index)
    return moments(zip(kept, bins, strict=True), n_bins, dim)


@wrong("bin_moments", "doesn't fit into the memory")
def moments_of_a_growing_array(batches, n_bins, dim):
    x, b = np.zeros((0, dim)), np.zeros(0, int)
    for features, index in batches:
        x, b = np.concatenate([x, features]), np.concatenate([b, index])
    return moments([(x, b)], n_bins, dim)


@wrong("bin_moments", "and they come once")
def moments_in_two_passes(batches, n_bins, dim):
    n, s = np.zeros(n_bins, int), np.zeros((n_bins, dim))
    for features, index in batches:
        np.add.at(n, index, 1)
        np.add.at(s, index, features.astype(np.float64))
    mean, scatter = s / n[:, None], np.zeros((n_bins, dim))
    for features, index in batches:
        np.add.at(scatter, index, (features - mean[index]) ** 2)
    return n, mean, np.where(n[:, None] > 1, scatter / (n - 1)[:, None], np.nan)


@wrong("bin_moments", "and keep them all")
def moments_in_two_comprehensions(batches, n_bins, dim):
    x = np.concatenate([features for features, _ in batches])
    b = np.concatenate([index for _, index in batches])
    return moments([(x, b)], n_bins, dim)


@wrong("bin_moments", "not subscriptable")
def moments_looks_at_the_first_batch(batches, n_bins, dim):
    dim = batches[0][0].shape[1]
    return moments(batches, n_bins, dim)


@wrong("bin_moments", "count - 1")
def moments_biased(batches, n_bins, dim):
    n, s, q = sums(batches, n_bins, dim)
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / n[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "count - 1")
def moments_mean_square_minus_square_mean(batches, n_bins, dim):
    n, s, q = sums(batches, n_bins, dim)
    mean = s / n[:, None]
    return n, mean, q / n[:, None] - mean**2


@wrong("bin_moments", "root")
def moments_standard_deviation(batches, n_bins, dim):
    n, mean, variance = moments(batches, n_bins, dim)
    return n, mean, np.sqrt(variance)


@wrong("bin_moments", "use x.mean(axis=0)")
def moments_one_mean_for_all_features(batches, n_bins, dim):
    n, mean, variance = moments(batches, n_bins, dim)
    total = np.zeros_like(mean) + mean.mean(1)[:, None]
    return n, total, variance


@wrong("bin_moments", "axis")
def moments_one_number_per_bin(batches, n_bins, dim):
    values = ((x.reshape(-1, 1), np.repeat(index, x.shape[1])) for x, index in batches)
    n, mean, variance = moments(values, n_bins, 1)
    variance[n <= dim] = np.nan
    return n // dim, np.repeat(mean, dim, 1), np.repeat(variance, dim, 1)


@wrong("bin_moments", "the mean of the batches' means")
def moments_mean_of_batch_means(batches, n_bins, dim):
    (count, _, variance), kept = with_each_batch(batches, n_bins, dim)
    return count, np.nanmean([mean for _, mean, _ in kept], axis=0), variance


@wrong("bin_moments", "the mean of the batches' variances")
def moments_mean_of_batch_variances(batches, n_bins, dim):
    (count, mean, _), kept = with_each_batch(batches, n_bins, dim)
    return count, mean, np.nanmean([variance for *_, variance in kept], axis=0)


@wrong("bin_moments", "the mean of each *batch*")
def moments_scatter_within_batches(batches, n_bins, dim):
    (count, mean, _), kept = with_each_batch(batches, n_bins, dim)
    scatter = sum(np.nan_to_num((n - 1)[:, None] * v) for n, _, v in kept)
    scatter[count < 2] = np.nan
    return count, mean, scatter / (count - 1)[:, None]


@wrong("bin_moments", "np.add.at")
def moments_fancy_index_adds_once(batches, n_bins, dim):
    n, s, q = np.zeros(n_bins, int), np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        features = features.astype(np.float64)
        n[index] += 1
        s[index] += features
        q[index] += features**2
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "np.add.at")
def moments_only_sums_add_once(batches, n_bins, dim):
    n, s, q = np.zeros(n_bins, int), np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        features = features.astype(np.float64)
        n += np.bincount(index, minlength=n_bins)
        s[index] += features
        q[index] += features**2
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "NaN")
def moments_empty_bin_zero(batches, n_bins, dim):
    n, s, q = sums(batches, n_bins, dim)
    mean = s / np.maximum(n, 1)[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "a single sample has no variance")
def moments_single_sample_without_spread(batches, n_bins, dim):
    n, s, q = sums(batches, n_bins, dim)
    mean = s / n[:, None]
    scatter = q - n[:, None] * mean**2
    return n, mean, scatter / np.maximum(n - 1, 1)[:, None]


@wrong("bin_moments", "NaN")
def moments_zeros_where_nothing_is_known(batches, n_bins, dim):
    count, mean, variance = moments(batches, n_bins, dim)
    return count, np.nan_to_num(mean), np.nan_to_num(variance)


@wrong("bin_moments", "NaN")
def moments_empty_variance_minus_zero(batches, n_bins, dim):
    n, s, q = sums(batches, n_bins, dim)
    mean = s / n[:, None]
    scatter = np.nan_to_num(q - n[:, None] * mean**2)
    return n, mean, scatter / (n - 1)[:, None]


@wrong("bin_moments", "float64")
def moments_sums_in_the_features_dtype(batches, n_bins, dim):
    n, s, q = np.zeros(n_bins, int), 0, 0
    for features, index in batches:
        member = (index == np.arange(n_bins)[:, None]).astype(features.dtype)
        n += np.bincount(index, minlength=n_bins)
        s = s + member @ features
        q = q + member @ features**2
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "float64")
def moments_squares_in_float32(batches, n_bins, dim):
    n, s, q = np.zeros(n_bins, int), np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        np.add.at(n, index, 1)
        np.add.at(s, index, features)
        np.add.at(q, index, features**2)
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "keep your sums in float64 too")
def moments_sums_kept_in_float32(batches, n_bins, dim):
    shape = n_bins, dim
    n, s, q = np.zeros(n_bins, int), np.zeros(shape, "f4"), np.zeros(shape, "f4")
    for features, index in batches:
        features = features.astype(np.float64)
        for b in range(n_bins):
            mine = features[index == b]
            n[b] += len(mine)
            s[b] += mine.sum(axis=0)
            q[b] += (mine**2).sum(axis=0)
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "keep your sums in float64 too")
def moments_in_torchs_default_dtype(batches, n_bins, dim):
    n = torch.zeros(n_bins)
    s, q = torch.zeros(2, n_bins, dim)
    for features, index in batches:
        x, i = torch.as_tensor(features).float(), torch.as_tensor(index)
        n.index_add_(0, i, torch.ones(len(i)))
        s.index_add_(0, i, x)
        q.index_add_(0, i, x**2)
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n[:, None] - 1)
    variance[n < 2] = torch.nan
    return n.int().numpy(), mean.numpy(), variance.numpy()


@wrong("bin_moments", "try sums[index] += x with index [0, 0]; use np.add.at")
def moments_fancy_index_on_features_as_they_are(batches, n_bins, dim):
    n, s, q = np.zeros(n_bins, int), np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        n[index] += 1
        s[index] += features
        q[index] += features**2
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "return stands inside the loop")
def moments_first_batch_only(batches, n_bins, dim):
    for batch in batches:
        return moments([batch], n_bins, dim)


@wrong("bin_moments", "before the loop")
def moments_last_batch_only(batches, n_bins, dim):
    for features, index in batches:
        result = moments([(features, index)], n_bins, dim)
    return result


@wrong("bin_moments", "minlength")
def moments_bincount_too_short(batches, n_bins, dim):
    last = 0

    def noted():
        nonlocal last
        for features, index in batches:
            last = max(last, index.max())
            yield features, index

    count, mean, variance = moments(noted(), n_bins, dim)
    return count[: last + 1], mean, variance


@wrong("bin_moments", "each bin has its own")
def moments_about_the_overall_mean(batches, n_bins, dim):
    n, s, q = sums(batches, n_bins, dim)
    middle = s.sum(0) / n.sum()
    scatter = q - 2 * middle * s + n[:, None] * middle**2
    scatter[n < 2] = np.nan
    return n, s / n[:, None], scatter / (n - 1)[:, None]


@wrong("bin_moments", "must be 3 values")
def moments_count_forgotten(batches, n_bins, dim):
    return moments(batches, n_bins, dim)[1:]


@wrong("bin_moments", "order")
def moments_in_another_order(batches, n_bins, dim):
    count, mean, variance = moments(batches, n_bins, dim)
    return mean, variance, count


@wrong("bin_moments", "subtract the bin's mean first")
def moments_not_centred(batches, n_bins, dim):
    n, s, q = sums(batches, n_bins, dim)
    variance = q / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, s / n[:, None], variance


@wrong("bin_moments", "the *new* mean")
def moments_welford_old_mean_twice(batches, n_bins, dim):
    count = np.zeros(n_bins, int)
    mean, scatter = np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        for z, b in zip(features, index, strict=True):
            count[b] += 1
            delta = z - mean[b]
            mean[b] += delta / count[b]
            scatter[b] += delta**2
    mean[count == 0] = np.nan
    scatter[count < 2] = np.nan
    return count, mean, scatter / (count - 1)[:, None]


@wrong("bin_moments", "two samples are enough")
def moments_variance_from_three_samples_on(batches, n_bins, dim):
    count, mean, variance = moments(batches, n_bins, dim)
    variance[count <= 2] = np.nan
    return count, mean, variance


# 3.2 · cosine_to_anchor


@right("cosine_to_anchor")
def loop_cosine_to_anchor(values, anchor):
    a, out = values[anchor], []
    for v in values:
        length = np.sqrt((v**2).sum()) * np.sqrt((a**2).sum())
        out.append((v * a).sum() / length if length > 0 else np.nan)
    return out


@right("cosine_to_anchor")
def unit_cosine_to_anchor(values, anchor):
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    return (unit @ unit.T)[anchor]


@right("cosine_to_anchor")
def cosine_vectorised(values, anchor):
    norm = np.linalg.norm(values, axis=1)
    return values @ values[anchor] / (norm * norm[anchor])


@right("cosine_to_anchor")
def cosine_loop(values, anchor):
    out = []
    a = values[anchor]
    for v in values:
        below = math.sqrt(sum(x * x for x in v)) * math.sqrt(sum(x * x for x in a))
        if math.isnan(below) or below == 0:
            out.append(float("nan"))
        else:
            out.append(sum(x * y for x, y in zip(v, a, strict=True)) / below)
    return out


@right("cosine_to_anchor")
def cosine_unit_vectors(values, anchor):
    length = np.sqrt((values**2).sum(1, keepdims=True))
    unit = np.divide(values, length, out=np.full_like(values, np.nan), where=length > 0)
    return np.einsum("bd,d->b", unit, unit[anchor])


@right("cosine_to_anchor")
def cosine_torch(values, anchor):
    v = torch.from_numpy(values)
    s = F.cosine_similarity(v, v[anchor][None], dim=1)
    zero = (v == 0).all(1)
    s[zero | zero[anchor]] = torch.nan
    return s.numpy()


@right("cosine_to_anchor")
def cosine_scipy(values, anchor):
    def one(v):
        if not v.any() or not values[anchor].any():
            return np.nan
        return 1 - scipy.spatial.distance.cosine(v, values[anchor])

    return np.array([one(v) for v in values])


@wrong("cosine_to_anchor", "divide")
def cosine_dot_product(values, anchor):
    return values @ values[anchor]


@wrong("cosine_to_anchor", "the anchor's vector too")
def cosine_own_norm_only(values, anchor):
    return values @ values[anchor] / np.linalg.norm(values, axis=1)


@wrong("cosine_to_anchor", "own vector too")
def cosine_anchor_norm_only(values, anchor):
    return values @ values[anchor] / np.linalg.norm(values[anchor])


@wrong("cosine_to_anchor", "one of the two is the bin's own")
def cosine_anchor_norm_twice(values, anchor):
    return values @ values[anchor] / np.linalg.norm(values[anchor]) ** 2


@wrong("cosine_to_anchor", "axis")
def cosine_norm_of_all_bins(values, anchor):
    below = np.linalg.norm(values) * np.linalg.norm(values[anchor])
    return values @ values[anchor] / below


@wrong("cosine_to_anchor", "the length of each *feature* over all bins")
def cosine_of_columns_over_the_anchors_length(values, anchor):
    below = np.linalg.norm(values, axis=0) * np.linalg.norm(values[anchor])
    return values @ values[anchor] / below


@wrong("cosine_to_anchor", "both lengths are those of a *feature*")
def cosine_of_columns(values, anchor):
    length = np.linalg.norm(values, axis=0)
    length = np.where(length == 0, np.nan, length)
    return values @ values[anchor] / (length * length[anchor])


@wrong("cosine_to_anchor", "root")
def cosine_root_forgotten(values, anchor):
    square = np.sum(values**2, axis=1)
    return values @ values[anchor] / (square * square[anchor])


@wrong("cosine_to_anchor", "NaN")
def cosine_zero_for_unknown(values, anchor):
    norm = np.linalg.norm(values, axis=1)
    return np.nan_to_num(values @ values[anchor] / (norm * norm[anchor]))


@wrong("cosine_to_anchor", "add nothing tiny")
def cosine_small_number_below(values, anchor):
    norm = np.linalg.norm(values, axis=1)
    return values @ values[anchor] / (norm * norm[anchor] + 1e-12)


@wrong("cosine_to_anchor", "length 0 has no direction")
def cosine_torch_as_it_is(values, anchor):
    v = torch.from_numpy(values)
    return F.cosine_similarity(v, v[anchor : anchor + 1]).numpy()


@wrong("cosine_to_anchor", "mean")
def cosine_of_correlation(values, anchor):
    return np.corrcoef(values)[anchor]


@wrong("cosine_to_anchor", "distance")
def cosine_distance(values, anchor):
    norm = np.linalg.norm(values, axis=1)
    return 1 - values @ values[anchor] / (norm * norm[anchor])


@wrong("cosine_to_anchor", "angle")
def cosine_angle(values, anchor):
    norm = np.linalg.norm(values, axis=1)
    return np.arccos(np.clip(values @ values[anchor] / (norm * norm[anchor]), -1, 1))


@wrong("cosine_to_anchor", "sign")
def cosine_absolute(values, anchor):
    norm = np.linalg.norm(values, axis=1)
    return np.abs(values @ values[anchor] / (norm * norm[anchor]))


@wrong("cosine_to_anchor", "only the anchor's row")
def cosine_all_pairs(values, anchor):
    norm = np.linalg.norm(values, axis=1)
    return values @ values.T / np.outer(norm, norm)


@wrong("cosine_to_anchor", "keep their places")
def cosine_unknown_bins_dropped(values, anchor):
    a = values[anchor]
    values = values[~np.isnan(values).any(axis=1)]
    return values @ a / (np.linalg.norm(values, axis=1) * np.linalg.norm(a))


@wrong("cosine_to_anchor", "shape")
def cosine_a_number(values, anchor):
    a = values[anchor]
    for v in values:
        s = v @ a / (np.linalg.norm(v) * np.linalg.norm(a))
    return s


@wrong("cosine_to_anchor", "anchor")
def cosine_to_the_first_bin(values, anchor):
    norm = np.linalg.norm(values, axis=1)
    return values @ values[0] / (norm * norm[0])


@wrong("cosine_to_anchor", "sum")
def cosine_products_not_summed(values, anchor):
    norm = np.linalg.norm(values, axis=1, keepdims=True)
    return values * values[anchor] / (norm * norm[anchor])


@wrong("cosine_to_anchor", "so use axis=1")
def cosine_norm_along_bins(values, anchor):
    unit = values / np.linalg.norm(values, axis=0)
    return unit @ unit[anchor]


@wrong("cosine_to_anchor", "changes its input")
def cosine_scales_in_place(values, anchor):
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    return values @ values[anchor]


# 3.3 · neighbour_margin


@right("neighbour_margin")
def loop_neighbour_margin(similarity, anchor, many, near):
    neighbours, crowd = [], []
    for b, value in enumerate(similarity):
        distance = abs(b - anchor)
        if not np.isnan(value) and 1 <= distance <= near:
            neighbours.append(value)
        elif not np.isnan(value) and distance > near and many[b]:
            crowd.append(value)
    return sum(neighbours) / len(neighbours) - sum(crowd) / len(crowd)


@right("neighbour_margin")
def sliced_neighbour_margin(similarity, anchor, many, near):
    start, end = max(0, anchor - near), anchor + near + 1
    far = many.copy()
    far[start:end] = False
    neighbours = np.delete(similarity[start:end], anchor - start)
    return np.nanmean(neighbours) - np.nanmean(similarity[far])


@right("neighbour_margin")
def margin_masks(similarity, anchor, many, near):
    distance = np.abs(np.arange(len(similarity)) - anchor)
    neighbours = (distance >= 1) & (distance <= near)
    crowd = many & (distance > near)
    return np.nanmean(similarity[neighbours]) - np.nanmean(similarity[crowd])


@right("neighbour_margin")
def margin_loop(similarity, anchor, many, near):
    close, far = [], []
    for b, s in enumerate(similarity):
        if math.isnan(s) or b == anchor:
            continue
        if abs(b - anchor) <= near:
            close.append(s)
        elif many[b]:
            far.append(s)
    return sum(close) / len(close) - sum(far) / len(far)


@right("neighbour_margin")
def margin_slices(similarity, anchor, many, near):
    low, high = max(anchor - near, 0), anchor + near + 1
    close = np.concatenate([similarity[low:anchor], similarity[anchor + 1 : high]])
    crowd = np.where(many, similarity, np.nan)
    crowd[low:high] = np.nan
    return float(np.nanmean(close) - np.nanmean(crowd))


@right("neighbour_margin")
def margin_masked_array(similarity, anchor, many, near):
    s = np.ma.masked_invalid(similarity)
    b = np.arange(len(s))
    near_by = (np.abs(b - anchor) <= near) & (b != anchor)
    far = np.logical_and(many, np.abs(b - anchor) > near)
    return s[near_by].mean() - s[far].mean()


def margin_of(close, crowd, s):
    return np.nanmean(s[close]) - np.nanmean(s[crowd])


@wrong("neighbour_margin", "anchor")
def margin_anchor_among_neighbours(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of(d <= near, many & (d > near), similarity)


@wrong("neighbour_margin", "use <= for the neighbours")
def margin_near_excluded(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of((d > 0) & (d < near), many & (d >= near), similarity)


@wrong("neighbour_margin", "the last neighbour is missing")
def margin_range_stops_early(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close = [
        b
        for b in range(anchor - near, anchor + near)
        if b != anchor and 0 <= b < len(similarity)
    ]
    return margin_of(close, many & (d > near), similarity)


@wrong("neighbour_margin", "use >")
def margin_crowd_from_near_on(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of((d > 0) & (d <= near), many & (d >= near), similarity)


@wrong("neighbour_margin", "many-shot")
def margin_crowd_of_all_far_bins(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of((d > 0) & (d <= near), d > near, similarity)


@wrong("neighbour_margin", "farther")
def margin_crowd_of_all_many_bins(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of((d > 0) & (d <= near), many, similarity)


@wrong("neighbour_margin", "not of the others")
def margin_crowd_of_rare_bins(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of((d > 0) & (d <= near), ~many & (d > near), similarity)


@wrong("neighbour_margin", "NaN")
def margin_plain_mean(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close, crowd = (d > 0) & (d <= near), many & (d > near)
    return similarity[close].mean() - similarity[crowd].mean()


@wrong("neighbour_margin", "leave it out")
def margin_unknown_as_zero(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    s = np.nan_to_num(similarity)
    return margin_of((d > 0) & (d <= near), many & (d > near), s)


@wrong("neighbour_margin", "NaN")
def margin_unknown_dropped_first(similarity, anchor, many, near):
    known = ~np.isnan(similarity)
    similarity, many = similarity[known], many[known]
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of((d > 0) & (d <= near), many & (d > near), similarity)


@wrong("neighbour_margin", "minus")
def margin_reversed(similarity, anchor, many, near):
    return -margin_masks(similarity, anchor, many, near)


@wrong("neighbour_margin", "sign")
def margin_absolute(similarity, anchor, many, near):
    return abs(margin_masks(similarity, anchor, many, near))


@wrong("neighbour_margin", "those before it")
def margin_only_bins_above(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close = similarity[anchor + 1 : anchor + near + 1]
    return np.nanmean(close) - np.nanmean(similarity[many & (d > near)])


@wrong("neighbour_margin", "use np.abs")
def margin_distance_without_abs(similarity, anchor, many, near):
    d = np.arange(len(similarity)) - anchor
    return margin_of((d > 0) & (d <= near), many & (d > near), similarity)


@wrong("neighbour_margin", "negative")
def margin_slice_below_zero(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    below = similarity[anchor - near : anchor]
    close = np.concatenate([below, similarity[anchor + 1 : anchor + near + 1]])
    return np.nanmean(close) - np.nanmean(similarity[many & (d > near)])


@wrong("neighbour_margin", "many-shot")
def margin_neighbours_with_many_samples(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of(many & (d > 0) & (d <= near), many & (d > near), similarity)


@wrong("neighbour_margin", "subtract them")
def margin_ratio(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close, crowd = (d > 0) & (d <= near), many & (d > near)
    return np.nanmean(similarity[close]) / np.nanmean(similarity[crowd])


@wrong("neighbour_margin", "mean")
def margin_sums(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close, crowd = (d > 0) & (d <= near), many & (d > near)
    return np.nansum(similarity[close]) - np.nansum(similarity[crowd])


@wrong("neighbour_margin", "similarity[mask]")
def margin_mean_over_all_bins(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    s = np.nan_to_num(similarity)
    return (s * ((d > 0) & (d <= near))).mean() - (s * (many & (d > near))).mean()


@wrong("neighbour_margin", "not only those at it")
def margin_neighbours_only_at_near(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return margin_of(d == near, many & (d > near), similarity)


@wrong("neighbour_margin", "take its neighbours")
def margin_minus_the_anchor(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return similarity[anchor] - np.nanmean(similarity[many & (d > near)])


# 3.4 · chance_distance


def distances(features, draws):
    means = [features[row].mean(axis=0) for row in draws]
    return [math.dist(m, features.mean(axis=0)) for m in means]


@right("chance_distance")
def chance_by_loops(features, draws):
    return sum(distances(features, draws)) / len(draws)


@right("chance_distance")
def chance_centred_first(features, draws):
    off = features - features.mean(0)
    return np.sqrt((off[draws].mean(1) ** 2).sum(1)).mean()


@right("chance_distance")
def chance_by_torch(features, draws):
    x = torch.from_numpy(features)
    means = x[torch.from_numpy(draws)].mean(1)
    return torch.linalg.vector_norm(means - x.mean(0), dim=1).mean().item()


@right("chance_distance")
def chance_by_counting(features, draws):
    share = np.stack([np.bincount(r, minlength=len(features)) / len(r) for r in draws])
    off = share @ features - features.mean(0)
    return np.mean(np.einsum("rd,rd->r", off, off) ** 0.5)


@right("chance_distance")
def chance_by_scipy(features, draws):
    means = np.take(features, draws, axis=0).mean(1)
    return scipy.spatial.distance.cdist(means, features.mean(0)[None]).mean()


@wrong("chance_distance", "average over the draws")
def chance_over_draws(features, draws):
    means = features[draws].mean(0)
    return np.linalg.norm(means - features.mean(0), axis=1).mean()


@wrong("chance_distance", "a single image")
def chance_of_single_images(features, draws):
    off = features[draws.ravel()] - features.mean(0)
    return np.linalg.norm(off, axis=1).mean()


@wrong("chance_distance", "they cancel")
def chance_of_the_mean_difference(features, draws):
    off = [features[row].mean(0) - features.mean(0) for row in draws]
    return np.linalg.norm(np.mean(off, axis=0))


@wrong("chance_distance", "mean *squared* distance")
def chance_squared(features, draws):
    return np.mean(np.square(distances(features, draws)))


@wrong("chance_distance", "the root of the mean square")
def chance_root_mean_square(features, draws):
    return np.mean(np.square(distances(features, draws))) ** 0.5


@wrong("chance_distance", "root of the sum of squares")
def chance_without_root(features, draws):
    off = features[draws].mean(1) - features.mean(0)
    return sum((row**2).sum() for row in off) / len(off)


@wrong("chance_distance", "the *sum* of the squares")
def chance_root_of_the_mean_over_features(features, draws):
    off = features[draws].mean(1) - features.mean(0)
    return np.sqrt((off**2).mean(1)).mean()


@wrong("chance_distance", "absolute differences")
def chance_city_block(features, draws):
    off = features[draws].mean(1) - features.mean(0)
    return np.abs(off).sum(1).mean()


@wrong("chance_distance", "average over the features")
def chance_mean_absolute(features, draws):
    return np.abs(features[draws].mean(1) - features.mean(0)).mean()


@wrong("chance_distance", "axis=1")
def chance_norm_of_columns(features, draws):
    off = features[draws].mean(1) - features.mean(0)
    return np.linalg.norm(off, axis=0).mean()


@wrong("chance_distance", "one number: use axis=1")
def chance_norm_of_all(features, draws):
    return np.linalg.norm(features[draws].mean(1) - features.mean(0))


@wrong("chance_distance", "take their mean")
def chance_sum(features, draws):
    return sum(distances(features, draws))


@wrong("chance_distance", "return their mean")
def chance_list(features, draws):
    return np.array(distances(features, draws))


@wrong("chance_distance", "median")
def chance_median(features, draws):
    return np.median(distances(features, draws))


@wrong("chance_distance", "how much the distances differ")
def chance_spread(features, draws):
    return np.std(distances(features, draws))


@wrong("chance_distance", "a mean for each feature")
def chance_one_mean(features, draws):
    return np.linalg.norm(features[draws].mean(1) - features.mean(), axis=1).mean()


@wrong("chance_distance", "subtract the mean of all images")
def chance_length_of_the_means(features, draws):
    return np.linalg.norm(features[draws].mean(1), axis=1).mean()


@wrong("chance_distance", "not of those that were drawn")
def chance_truth_of_the_drawn(features, draws):
    drawn = features[draws.ravel()].mean(0)
    return np.linalg.norm(features[draws].mean(1) - drawn, axis=1).mean()


@wrong("chance_distance", "inside the loop")
def chance_first_draw(features, draws):
    for row in draws:
        return np.linalg.norm(features[row].mean(0) - features.mean(0))


@wrong("chance_distance", "keep the distance of each draw")
def chance_last_draw(features, draws):
    for row in draws:
        distance = np.linalg.norm(features[row].mean(0) - features.mean(0))
    return distance


@wrong("chance_distance", "divide by their number")
def chance_of_sums(features, draws):
    off = features[draws].sum(1) - features.mean(0)
    return np.linalg.norm(off, axis=1).mean()


@wrong("chance_distance", "counts twice")
def chance_of_sets(features, draws):
    means = [features[sorted(set(row.tolist()))].mean(0) for row in draws]
    return np.mean([np.linalg.norm(m - features.mean(0)) for m in means])


@wrong("chance_distance", "instead of those that were drawn")
def chance_of_the_first_images(features, draws):
    n = draws.shape[1]
    return np.linalg.norm(features[:n].mean(0) - features.mean(0))


@wrong("chance_distance", "don't divide again")
def chance_divided_again(features, draws):
    return np.mean(distances(features, draws)) / math.sqrt(draws.shape[1])


@wrong("chance_distance", "1 minus the cosine")
def chance_of_the_cosine(features, draws):
    truth = features.mean(0)
    means = [features[row].mean(0) for row in draws]
    return np.mean([scipy.spatial.distance.cosine(m, truth) for m in means])


@wrong("chance_distance", "along axis=1")
def chance_over_features(features, draws):
    off = features[draws].mean(2) - features.mean()
    return np.linalg.norm(off, axis=1).mean()


@wrong("chance_distance", "changes its input")
def chance_centres_in_place(features, draws):
    features -= features.mean(0)
    return np.linalg.norm(features[draws].mean(1), axis=1).mean()
