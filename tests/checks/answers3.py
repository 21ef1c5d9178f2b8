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
def added_bin_moments(batches, n_bins):
    dim = batches[0][0].shape[1]
    count, sums, squares = np.zeros(n_bins, int), *np.zeros((2, n_bins, dim))
    for features, index in batches:
        features = features.astype(np.float64)
        np.add.at(count, index, 1)
        np.add.at(sums, index, features)
        np.add.at(squares, index, features**2)
    n = count[:, None]
    return count, sums / n, (squares - sums**2 / n) / (n - 1)


@right("bin_moments")
def counted_bin_moments(batches, n_bins):
    x, index = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    x = x.astype(np.float64)
    count = np.bincount(index, minlength=n_bins)
    columns = range(x.shape[1])
    mean = np.stack([np.bincount(index, x[:, d], n_bins) for d in columns], 1)
    mean /= count[:, None]
    squares = (x - mean[index]) ** 2
    var = np.stack([np.bincount(index, squares[:, d], n_bins) for d in columns], 1)
    return count, mean, var / np.where(count > 1, count - 1, np.nan)[:, None]


@right("bin_moments")
def one_by_one_bin_moments(batches, n_bins):
    dim = batches[0][0].shape[1]
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
def pandas_bin_moments(batches, n_bins):
    x, index = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    bins = pd.DataFrame(x.astype(np.float64)).groupby(index)
    count = bins.size().reindex(range(n_bins), fill_value=0)
    tables = (f().reindex(range(n_bins)).to_numpy() for f in (bins.mean, bins.var))
    return count.to_numpy(), *tables


@right("bin_moments")
def moments_concatenated(batches, n_bins):
    x = np.concatenate([f for f, _ in batches]).astype(np.float64)
    b = np.concatenate([i for _, i in batches])
    count = np.bincount(b, minlength=n_bins)
    mean = np.full((n_bins, x.shape[1]), np.nan)
    variance = mean.copy()
    for k in range(n_bins):
        if count[k] > 0:
            mean[k] = x[b == k].mean(axis=0)
        if count[k] > 1:
            variance[k] = x[b == k].var(axis=0, ddof=1)
    return count, mean, variance


@right("bin_moments")
def moments_of_sums(batches, n_bins):
    dim = batches[0][0].shape[1]
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
def moments_welford(batches, n_bins):
    dim = batches[0][0].shape[1]
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
def moments_two_passes_one_hot(batches, n_bins):
    member = [(i[:, None] == np.arange(n_bins)).astype(float) for _, i in batches]
    count = sum(m.sum(0) for m in member)
    total = sum(
        m.T @ f.astype(float) for m, (f, _) in zip(member, batches, strict=True)
    )
    mean = total / np.where(count, count, np.nan)[:, None]
    filled = np.nan_to_num(mean)
    scatter = sum(
        m.T @ (f - m @ filled) ** 2 for m, (f, _) in zip(member, batches, strict=True)
    )
    free = np.where(count > 1, count - 1, np.nan)
    return count.astype(int), mean, scatter / free[:, None]


@right("bin_moments")
def moments_library(batches, n_bins):
    stats = BinStatistics(n_bins, batches[0][0].shape[1])
    for features, index in batches:
        stats.update(torch.from_numpy(features), index)
    mean = stats.mean.clone()
    mean[stats.count == 0] = torch.nan
    return stats.count.int().numpy(), mean.numpy(), stats.variance().numpy()


@right("bin_moments")
def moments_merged_batches(batches, n_bins):
    dim = batches[0][0].shape[1]
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


def gathered(batches):
    """All batches in one, in float64."""
    x = np.concatenate([f for f, _ in batches]).astype(np.float64)
    return x, np.concatenate([i for _, i in batches])


def sums(batches, n_bins):
    """Count, sum and sum of squares of each bin, in float64."""
    x, b = gathered(batches)
    member = (b == np.arange(n_bins)[:, None]).astype(float)
    return member.sum(1).astype(int), member @ x, member @ x**2


def bin_by_bin(batches, n_bins, mean_of, variance_of):
    """Count, mean and variance, bin after bin, by the given functions."""
    x, b = gathered(batches)
    count = np.bincount(b, minlength=n_bins)
    mean = np.full((n_bins, x.shape[1]), np.nan)
    variance = mean.copy()
    for k in np.flatnonzero(count):
        mean[k] = mean_of(x[b == k])
        if count[k] > 1:
            variance[k] = variance_of(x[b == k])
    return count, mean, variance


def column_mean(x):
    return x.mean(0)


def unbiased(x):
    return x.var(0, ddof=1)


@wrong("bin_moments", "count - 1")
def moments_biased(batches, n_bins):
    return bin_by_bin(batches, n_bins, column_mean, lambda x: x.var(0))


@wrong("bin_moments", "count - 1")
def moments_mean_square_minus_square_mean(batches, n_bins):
    n, s, q = sums(batches, n_bins)
    mean = s / n[:, None]
    variance = q / n[:, None] - mean**2
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "root")
def moments_standard_deviation(batches, n_bins):
    return bin_by_bin(batches, n_bins, column_mean, lambda x: x.std(0, ddof=1))


@wrong("bin_moments", "use x.mean(axis=0)")
def moments_one_mean_for_all_features(batches, n_bins):
    return bin_by_bin(batches, n_bins, np.mean, unbiased)


@wrong("bin_moments", "axis")
def moments_one_number_per_bin(batches, n_bins):
    return bin_by_bin(batches, n_bins, np.mean, lambda x: x.var(ddof=1))


@wrong("bin_moments", "the mean of the batches' means")
def moments_mean_of_batch_means(batches, n_bins):
    count, _, variance = moments_concatenated(batches, n_bins)
    means = []
    for features, index in batches:
        row = np.full((n_bins, features.shape[1]), np.nan)
        for b in set(index.tolist()):
            row[b] = features[index == b].mean(0, dtype=np.float64)
        means.append(row)
    return count, np.nanmean(means, axis=0), variance


@wrong("bin_moments", "the mean of the batches' variances")
def moments_mean_of_batch_variances(batches, n_bins):
    count, mean, _ = moments_concatenated(batches, n_bins)
    parts = []
    for features, index in batches:
        row = np.full((n_bins, features.shape[1]), np.nan)
        for b in range(n_bins):
            if (index == b).sum() > 1:
                row[b] = features[index == b].astype(float).var(0, ddof=1)
        parts.append(row)
    return count, mean, np.nanmean(parts, axis=0)


@wrong("bin_moments", "the mean of each *batch*")
def moments_scatter_within_batches(batches, n_bins):
    count, mean, _ = moments_concatenated(batches, n_bins)
    scatter = np.zeros_like(mean)
    for features, index in batches:
        for b in np.unique(index):
            z = features[index == b].astype(float)
            scatter[b] += ((z - z.mean(0)) ** 2).sum(0)
    scatter[count < 2] = np.nan
    return count, mean, scatter / (count - 1)[:, None]


@wrong("bin_moments", "np.add.at")
def moments_fancy_index_adds_once(batches, n_bins):
    dim = batches[0][0].shape[1]
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
def moments_only_sums_add_once(batches, n_bins):
    dim = batches[0][0].shape[1]
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
def moments_empty_bin_zero(batches, n_bins):
    n, s, q = sums(batches, n_bins)
    mean = s / np.maximum(n, 1)[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "a single sample has no variance")
def moments_single_sample_without_spread(batches, n_bins):
    n, s, q = sums(batches, n_bins)
    mean = s / n[:, None]
    scatter = q - n[:, None] * mean**2
    return n, mean, scatter / np.maximum(n - 1, 1)[:, None]


@wrong("bin_moments", "NaN")
def moments_zeros_where_nothing_is_known(batches, n_bins):
    count, mean, variance = moments_concatenated(batches, n_bins)
    return count, np.nan_to_num(mean), np.nan_to_num(variance)


@wrong("bin_moments", "NaN")
def moments_empty_variance_minus_zero(batches, n_bins):
    x, b = gathered(batches)
    count, mean, _ = moments_concatenated(batches, n_bins)
    scatter = np.zeros_like(mean)
    np.add.at(scatter, b, (x - mean[b]) ** 2)
    return count, mean, scatter / (count - 1)[:, None]


@wrong("bin_moments", "float64")
def moments_sums_in_the_features_dtype(batches, n_bins):
    dtype, dim = batches[0][0].dtype, batches[0][0].shape[1]
    n = np.zeros(n_bins, int)
    s, q = np.zeros((2, n_bins, dim), dtype=dtype)
    for features, index in batches:
        np.add.at(n, index, 1)
        np.add.at(s, index, features)
        np.add.at(q, index, features**2)
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance


@wrong("bin_moments", "float64")
def moments_squares_in_float32(batches, n_bins):
    dim = batches[0][0].shape[1]
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
def moments_sums_kept_in_float32(batches, n_bins):
    shape = n_bins, batches[0][0].shape[1]
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
def moments_in_torchs_default_dtype(batches, n_bins):
    n = torch.zeros(n_bins)
    s, q = torch.zeros(2, n_bins, batches[0][0].shape[1])
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
def moments_fancy_index_on_features_as_they_are(batches, n_bins):
    dim = batches[0][0].shape[1]
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
def moments_first_batch_only(batches, n_bins):
    for batch in batches:
        return moments_concatenated([batch], n_bins)


@wrong("bin_moments", "before the loop")
def moments_last_batch_only(batches, n_bins):
    for features, index in batches:
        result = moments_concatenated([(features, index)], n_bins)
    return result


@wrong("bin_moments", "minlength")
def moments_bincount_too_short(batches, n_bins):
    x, b = gathered(batches)
    count = np.bincount(b)
    mean = np.full((n_bins, x.shape[1]), np.nan)
    variance = mean.copy()
    for k in range(n_bins):
        if np.sum(b == k) > 0:
            mean[k] = x[b == k].mean(0)
        if np.sum(b == k) > 1:
            variance[k] = x[b == k].var(0, ddof=1)
    return count, mean, variance


@wrong("bin_moments", "each bin has its own")
def moments_about_the_overall_mean(batches, n_bins):
    x, b = gathered(batches)
    count, mean, _ = moments_concatenated(batches, n_bins)
    scatter = np.zeros_like(mean)
    np.add.at(scatter, b, (x - x.mean(0)) ** 2)
    scatter[count < 2] = np.nan
    return count, mean, scatter / (count - 1)[:, None]


@wrong("bin_moments", "must be 3 values")
def moments_count_forgotten(batches, n_bins):
    return moments_concatenated(batches, n_bins)[1:]


@wrong("bin_moments", "order")
def moments_in_another_order(batches, n_bins):
    count, mean, variance = moments_concatenated(batches, n_bins)
    return mean, variance, count


@wrong("bin_moments", "subtract the bin's mean first")
def moments_not_centred(batches, n_bins):
    n, s, q = sums(batches, n_bins)
    variance = q / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, s / n[:, None], variance


@wrong("bin_moments", "the *new* mean")
def moments_welford_old_mean_twice(batches, n_bins):
    dim = batches[0][0].shape[1]
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
def moments_variance_from_three_samples_on(batches, n_bins):
    count, mean, variance = moments_concatenated(batches, n_bins)
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


# 3.3 · anomaly_gap


@right("anomaly_gap")
def loop_anomaly_gap(similarity, anchor, many, near):
    neighbours, crowd = [], []
    for b, value in enumerate(similarity):
        distance = abs(b - anchor)
        if not np.isnan(value) and 1 <= distance <= near:
            neighbours.append(value)
        elif not np.isnan(value) and distance > near and many[b]:
            crowd.append(value)
    return sum(neighbours) / len(neighbours) - sum(crowd) / len(crowd)


@right("anomaly_gap")
def sliced_anomaly_gap(similarity, anchor, many, near):
    start, end = max(0, anchor - near), anchor + near + 1
    far = many.copy()
    far[start:end] = False
    neighbours = np.delete(similarity[start:end], anchor - start)
    return np.nanmean(neighbours) - np.nanmean(similarity[far])


@right("anomaly_gap")
def gap_masks(similarity, anchor, many, near):
    distance = np.abs(np.arange(len(similarity)) - anchor)
    neighbours = (distance >= 1) & (distance <= near)
    crowd = many & (distance > near)
    return np.nanmean(similarity[neighbours]) - np.nanmean(similarity[crowd])


@right("anomaly_gap")
def gap_loop(similarity, anchor, many, near):
    close, far = [], []
    for b, s in enumerate(similarity):
        if math.isnan(s) or b == anchor:
            continue
        if abs(b - anchor) <= near:
            close.append(s)
        elif many[b]:
            far.append(s)
    return sum(close) / len(close) - sum(far) / len(far)


@right("anomaly_gap")
def gap_slices(similarity, anchor, many, near):
    low, high = max(anchor - near, 0), anchor + near + 1
    close = np.concatenate([similarity[low:anchor], similarity[anchor + 1 : high]])
    crowd = np.where(many, similarity, np.nan)
    crowd[low:high] = np.nan
    return float(np.nanmean(close) - np.nanmean(crowd))


@right("anomaly_gap")
def gap_masked_array(similarity, anchor, many, near):
    s = np.ma.masked_invalid(similarity)
    b = np.arange(len(s))
    near_by = (np.abs(b - anchor) <= near) & (b != anchor)
    far = np.logical_and(many, np.abs(b - anchor) > near)
    return s[near_by].mean() - s[far].mean()


def gap_of(close, crowd, s):
    return np.nanmean(s[close]) - np.nanmean(s[crowd])


@wrong("anomaly_gap", "anchor")
def gap_anchor_among_neighbours(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of(d <= near, many & (d > near), similarity)


@wrong("anomaly_gap", "use <= for the neighbours")
def gap_near_excluded(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of((d > 0) & (d < near), many & (d >= near), similarity)


@wrong("anomaly_gap", "the last neighbour is missing")
def gap_range_stops_early(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close = [
        b
        for b in range(anchor - near, anchor + near)
        if b != anchor and 0 <= b < len(similarity)
    ]
    return gap_of(close, many & (d > near), similarity)


@wrong("anomaly_gap", "use >")
def gap_crowd_from_near_on(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of((d > 0) & (d <= near), many & (d >= near), similarity)


@wrong("anomaly_gap", "many-shot")
def gap_crowd_of_all_far_bins(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of((d > 0) & (d <= near), d > near, similarity)


@wrong("anomaly_gap", "farther")
def gap_crowd_of_all_many_bins(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of((d > 0) & (d <= near), many, similarity)


@wrong("anomaly_gap", "not of the others")
def gap_crowd_of_rare_bins(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of((d > 0) & (d <= near), ~many & (d > near), similarity)


@wrong("anomaly_gap", "NaN")
def gap_plain_mean(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close, crowd = (d > 0) & (d <= near), many & (d > near)
    return similarity[close].mean() - similarity[crowd].mean()


@wrong("anomaly_gap", "leave it out")
def gap_unknown_as_zero(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    s = np.nan_to_num(similarity)
    return gap_of((d > 0) & (d <= near), many & (d > near), s)


@wrong("anomaly_gap", "NaN")
def gap_unknown_dropped_first(similarity, anchor, many, near):
    known = ~np.isnan(similarity)
    similarity, many = similarity[known], many[known]
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of((d > 0) & (d <= near), many & (d > near), similarity)


@wrong("anomaly_gap", "minus")
def gap_reversed(similarity, anchor, many, near):
    return -gap_masks(similarity, anchor, many, near)


@wrong("anomaly_gap", "sign")
def gap_absolute(similarity, anchor, many, near):
    return abs(gap_masks(similarity, anchor, many, near))


@wrong("anomaly_gap", "those before it")
def gap_only_bins_above(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close = similarity[anchor + 1 : anchor + near + 1]
    return np.nanmean(close) - np.nanmean(similarity[many & (d > near)])


@wrong("anomaly_gap", "use np.abs")
def gap_distance_without_abs(similarity, anchor, many, near):
    d = np.arange(len(similarity)) - anchor
    return gap_of((d > 0) & (d <= near), many & (d > near), similarity)


@wrong("anomaly_gap", "negative")
def gap_slice_below_zero(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    below = similarity[anchor - near : anchor]
    close = np.concatenate([below, similarity[anchor + 1 : anchor + near + 1]])
    return np.nanmean(close) - np.nanmean(similarity[many & (d > near)])


@wrong("anomaly_gap", "many-shot")
def gap_neighbours_with_many_samples(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of(many & (d > 0) & (d <= near), many & (d > near), similarity)


@wrong("anomaly_gap", "subtract them")
def gap_ratio(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close, crowd = (d > 0) & (d <= near), many & (d > near)
    return np.nanmean(similarity[close]) / np.nanmean(similarity[crowd])


@wrong("anomaly_gap", "mean")
def gap_sums(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    close, crowd = (d > 0) & (d <= near), many & (d > near)
    return np.nansum(similarity[close]) - np.nansum(similarity[crowd])


@wrong("anomaly_gap", "similarity[mask]")
def gap_mean_over_all_bins(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    s = np.nan_to_num(similarity)
    return (s * ((d > 0) & (d <= near))).mean() - (s * (many & (d > near))).mean()


@wrong("anomaly_gap", "not only those at it")
def gap_neighbours_only_at_near(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return gap_of(d == near, many & (d > near), similarity)


@wrong("anomaly_gap", "take its neighbours")
def gap_minus_the_anchor(similarity, anchor, many, near):
    d = np.abs(np.arange(len(similarity)) - anchor)
    return similarity[anchor] - np.nanmean(similarity[many & (d > near)])


# 3.4 · bin_covariances


@right("bin_covariances")
def numpy_bin_covariances(features, index, n_bins):
    dim = features.shape[1]
    out = np.full((n_bins, dim, dim), np.nan)
    for b in range(n_bins):
        if (index == b).sum() > 1:
            out[b] = np.cov(features[index == b], rowvar=False)
    return out


@right("bin_covariances")
def added_bin_covariances(features, index, n_bins):
    dim = features.shape[1]
    n = np.bincount(index, minlength=n_bins)[:, None]
    sums, products = np.zeros((n_bins, dim)), np.zeros((n_bins, dim, dim))
    np.add.at(sums, index, features)
    d = features - (sums / n)[index]
    np.add.at(products, index, d[:, :, None] * d[:, None, :])
    return np.where(n[:, :, None] > 1, products / (n[:, :, None] - 1), np.nan)


@right("bin_covariances")
def covariances_np_cov(features, index, n_bins):
    dim = features.shape[1]
    out = np.full((n_bins, dim, dim), np.nan)
    for b in range(n_bins):
        x = features[index == b]
        if len(x) >= 2:
            out[b] = np.cov(x, rowvar=False)
    return out


@right("bin_covariances")
def covariances_matrix_product(features, index, n_bins):
    out = []
    for b in range(n_bins):
        x = features[index == b]
        if len(x) < 2:
            out.append(np.full((features.shape[1],) * 2, np.nan))
            continue
        c = x - x.mean(axis=0, keepdims=True)
        out.append(c.T @ c / (len(x) - 1))
    return np.stack(out)


@right("bin_covariances")
def covariances_added_at_once(features, index, n_bins):
    dim = features.shape[1]
    n = np.bincount(index, minlength=n_bins)
    s = np.zeros((n_bins, dim))
    np.add.at(s, index, features)
    c = features - (s / np.maximum(n, 1)[:, None])[index]
    out = np.zeros((n_bins, dim, dim))
    np.add.at(out, index, c[:, :, None] * c[:, None, :])
    out /= np.maximum(n - 1, 1)[:, None, None]
    out[n < 2] = np.nan
    return out


@right("bin_covariances")
def covariances_torch(features, index, n_bins):
    stats = BinStatistics(n_bins, features.shape[1], "full")
    stats.update(torch.from_numpy(features), index)
    return stats.covariance().numpy()


@right("bin_covariances")
def covariances_four_loops(features, index, n_bins):
    n, dim = features.shape
    out = np.full((n_bins, dim, dim), float("nan"))
    for b in range(n_bins):
        rows = [features[k] for k in range(n) if index[k] == b]
        if len(rows) < 2:
            continue
        mean = sum(rows) / len(rows)
        for i in range(dim):
            for j in range(dim):
                total = sum((r[i] - mean[i]) * (r[j] - mean[j]) for r in rows)
                out[b, i, j] = total / (len(rows) - 1)
    return out


def each_bin(features, index, n_bins, matrix_of, fewest=2):
    """A matrix per bin by the given function, NaN in a bin with too few samples."""
    dim = features.shape[1]
    out = np.full((n_bins, dim, dim), np.nan)
    for b in range(n_bins):
        x = features[index == b]
        if len(x) >= fewest:
            out[b] = matrix_of(x)
    return out


def scatter_of(x):
    c = x - x.mean(0)
    return c.T @ c


@wrong("bin_covariances", "rowvar")
def covariances_rows_as_features(features, index, n_bins):
    return each_bin(features, index, n_bins, np.cov)


@wrong("bin_covariances", "rowvar=False")
def covariances_rows_as_features_listed(features, index, n_bins):
    return [np.cov(features[index == b]) for b in range(n_bins)]


@wrong("bin_covariances", "count - 1")
def covariances_biased(features, index, n_bins):
    return each_bin(
        features, index, n_bins, lambda x: np.cov(x, rowvar=False, bias=True)
    )


@wrong("bin_covariances", "count - 1")
def covariances_of_all_samples_minus_one(features, index, n_bins):
    free = len(features) - 1
    return each_bin(features, index, n_bins, lambda x: scatter_of(x) / free)


@wrong("bin_covariances", "divide")
def covariances_not_divided(features, index, n_bins):
    return each_bin(features, index, n_bins, scatter_of)


@wrong("bin_covariances", "subtract the bin's own")
def covariances_about_the_overall_mean(features, index, n_bins):
    c = features - features.mean(axis=0)
    return each_bin(c, index, n_bins, lambda x: x.T @ x / (len(x) - 1))


@wrong("bin_covariances", "mean")
def covariances_not_centred(features, index, n_bins):
    return each_bin(features, index, n_bins, lambda x: x.T @ x / (len(x) - 1))


@wrong("bin_covariances", "axis")
def covariances_one_mean_of_all_features(features, index, n_bins):
    def matrix(x):
        c = x - x.mean()
        return c.T @ c / (len(x) - 1)

    return each_bin(features, index, n_bins, matrix)


@wrong("bin_covariances", "axis")
def covariances_centred_along_features(features, index, n_bins):
    def matrix(x):
        c = x - x.mean(axis=1, keepdims=True)
        return c.T @ c / (len(x) - 1)

    return each_bin(features, index, n_bins, matrix)


@wrong("bin_covariances", "NaN")
def covariances_zero_in_rare_bins(features, index, n_bins):
    return np.nan_to_num(covariances_np_cov(features, index, n_bins))


@wrong("bin_covariances", "one sample gives no covariance")
def covariances_zero_of_one_sample(features, index, n_bins):
    return each_bin(
        features, index, n_bins, lambda x: scatter_of(x) / max(len(x) - 1, 1), fewest=1
    )


@wrong("bin_covariances", "two samples")
def covariances_from_three_samples_on(features, index, n_bins):
    return each_bin(
        features, index, n_bins, lambda x: scatter_of(x) / (len(x) - 1), fewest=3
    )


@wrong("bin_covariances", "NaN")
def covariances_empty_bin_minus_zero(features, index, n_bins):
    dim = features.shape[1]
    n = np.bincount(index, minlength=n_bins)
    out = np.zeros((n_bins, dim, dim))
    for b in np.unique(index):
        out[b] = scatter_of(features[index == b])
    return out / (n - 1)[:, None, None]


@wrong("bin_covariances", "diagonal")
def covariances_variances_on_the_diagonal(features, index, n_bins):
    return each_bin(features, index, n_bins, lambda x: np.diag(x.var(0, ddof=1)))


@wrong("bin_covariances", "needs a matrix")
def covariances_variances_only(features, index, n_bins):
    return np.array([features[index == b].var(0, ddof=1) for b in range(n_bins)])


@wrong("bin_covariances", "d.T @ d")
def covariances_elementwise_product(features, index, n_bins):
    def matrix(x):
        c = x - x.mean(0)
        return (c * c).sum(0) / (len(x) - 1)

    return each_bin(features, index, n_bins, matrix)


@wrong("bin_covariances", "correlation")
def covariances_correlations(features, index, n_bins):
    return each_bin(features, index, n_bins, lambda x: np.corrcoef(x, rowvar=False))


@wrong("bin_covariances", "compares samples")
def covariances_product_of_samples(features, index, n_bins):
    def matrix(x):
        c = x - x.mean(0)
        return c @ c.T / (len(x) - 1)

    return each_bin(features, index, n_bins, matrix)


@wrong("bin_covariances", "np.unique leaves empty bins out")
def covariances_of_bins_that_occur(features, index, n_bins):
    return np.array(
        [np.cov(features[index == b], rowvar=False) for b in np.unique(index)]
    )


@wrong("bin_covariances", "shape")
def covariances_of_all_features(features, index, n_bins):
    return np.cov(features, rowvar=False)


# 3.5 · rank_and_condition


@right("rank_and_condition")
def vectors_rank_and_condition(covariance):
    values, _ = np.linalg.eigh(covariance)
    small = values.min() <= 1e-10 * values.max()
    rank = np.count_nonzero(values > 1e-10 * values.max())
    return rank, np.inf if small else values.max() / values.min()


@right("rank_and_condition")
def singular_rank_and_condition(covariance):
    rank = np.linalg.matrix_rank(covariance, rtol=1e-10, hermitian=True)
    full = rank == len(covariance)
    return rank, np.linalg.cond(covariance) if full else float("inf")


@right("rank_and_condition")
def rank_eigvalsh(covariance):
    w = np.linalg.eigvalsh(covariance)
    zero = w <= 1e-10 * w[-1]
    return int((~zero).sum()), np.inf if zero[0] else w[-1] / w[0]


@right("rank_and_condition")
def rank_svd(covariance):
    s = np.linalg.svd(covariance, compute_uv=False)
    rank = np.sum(s > 1e-10 * s[0])
    if rank < len(covariance):
        return rank, float("inf")
    return rank, s[0] / s[-1]


@right("rank_and_condition")
def rank_eig(covariance):
    values, _ = np.linalg.eig(covariance)
    values = sorted(values.real, reverse=True)
    rank = 0
    for v in values:
        if v > 1e-10 * values[0]:
            rank += 1
    if values[-1] <= 1e-10 * values[0]:
        return rank, math.inf
    return rank, values[0] / values[-1]


@right("rank_and_condition")
def rank_numpy_functions(covariance):
    rank = np.linalg.matrix_rank(covariance, rtol=1e-10, hermitian=True)
    return rank, np.linalg.cond(covariance) if rank == len(covariance) else np.inf


@right("rank_and_condition")
def rank_torch(covariance):
    w = torch.linalg.eigvalsh(torch.as_tensor(covariance))
    w = torch.where(w <= 1e-10 * w.max(), 0.0, w)
    return torch.count_nonzero(w).item(), (w.max() / w.min()).item() if w.max() else (
        math.inf
    )


@right("rank_and_condition")
def rank_scipy(covariance):
    w = scipy.linalg.eigh(covariance, eigvals_only=True)
    if w.min() <= w.max() * 1e-10:
        condition = np.float64(np.inf)
    else:
        condition = w.max() / w.min()
    return len(w[w > w.max() * 1e-10]), condition


@wrong("rank_and_condition", "1e-10")
def rank_numpy_as_it_is(covariance):
    rank = np.linalg.matrix_rank(covariance)
    return rank, np.linalg.cond(covariance) if rank == len(covariance) else np.inf


@wrong("rank_and_condition", "1e-10")
def rank_numpy_cond_as_it_is(covariance):
    return np.linalg.matrix_rank(covariance), np.linalg.cond(covariance)


@wrong("rank_and_condition", "has no threshold")
def rank_right_condition_of_rounding(covariance):
    w = np.linalg.eigvalsh(covariance)
    return np.sum(w > 1e-10 * w[-1]), w[-1] / w[0]


@wrong("rank_and_condition", "not with 0")
def rank_every_positive_eigenvalue(covariance):
    w = np.linalg.eigvalsh(covariance)
    return np.sum(w > 0), w[-1] / w[0] if w[0] > 0 else np.inf


@wrong("rank_and_condition", "only the eigenvalues above 1e-10 times the largest")
def rank_every_nonzero_eigenvalue(covariance):
    w = np.linalg.eigvalsh(covariance)
    return np.count_nonzero(w), w.max() / w.min()


@wrong("rank_and_condition", "times the largest")
def rank_absolute_threshold(covariance):
    w = np.linalg.eigvalsh(covariance)
    return np.sum(w > 1e-10), w[-1] / w[0] if w[0] > 1e-10 else np.inf


@wrong("rank_and_condition", "largest")
def rank_condition_upside_down(covariance):
    w = np.linalg.eigvalsh(covariance)
    zero = w <= 1e-10 * w[-1]
    return np.sum(~zero), np.inf if zero.any() else w[0] / w[-1]


@wrong("rank_and_condition", "is infinite")
def rank_condition_of_the_rest(covariance):
    w = np.linalg.eigvalsh(covariance)
    kept = w[w > 1e-10 * w[-1]]
    return len(kept), kept[-1] / kept[0]


@wrong("rank_and_condition", "root")
def rank_condition_of_the_roots(covariance):
    w = np.linalg.eigvalsh(covariance)
    zero = w <= 1e-10 * w[-1]
    return np.sum(~zero), np.inf if zero.any() else np.sqrt(w[-1] / w[0])


@wrong("rank_and_condition", "not sorted")
def rank_eig_not_sorted(covariance):
    w = np.linalg.eig(covariance)[0].real
    zero = w <= 1e-10 * w.max()
    return np.sum(~zero), np.inf if zero.any() else w[0] / w[-1]


@wrong("rank_and_condition", "ascending")
def rank_descending_order_assumed(covariance):
    w = np.linalg.eigvalsh(covariance)
    return np.sum(w > 1e-10 * w[0]), w[0] / w[-1] if w[-1] > 1e-10 * w[0] else np.inf


@wrong("rank_and_condition", "rank")
def rank_size_of_the_matrix(covariance):
    w = np.linalg.eigvalsh(covariance)
    return len(covariance), w[-1] / w[0] if w[0] > 1e-10 * w[-1] else np.inf


@wrong("rank_and_condition", "the rank comes first")
def rank_second(covariance):
    return rank_eigvalsh(covariance)[::-1]


@wrong("rank_and_condition", "must be 2 values")
def rank_alone(covariance):
    return rank_eigvalsh(covariance)[0]


@wrong("rank_and_condition", "eigenvalues")
def rank_diagonal_as_eigenvalues(covariance):
    w = np.sort(np.diag(covariance))
    zero = w <= 1e-10 * w[-1]
    return np.sum(~zero), np.inf if zero[0] else w[-1] / w[0]


@wrong("rank_and_condition", "infinity")
def rank_nan_when_singular(covariance):
    rank, condition = rank_eigvalsh(covariance)
    return rank, condition if np.isfinite(condition) else np.nan


@wrong("rank_and_condition", "infinity")
def rank_zero_when_singular(covariance):
    rank, condition = rank_eigvalsh(covariance)
    return rank, condition if np.isfinite(condition) else 0.0


# 3.6 · shrink


@right("shrink")
def loop_shrink(covariance, count, target, strength):
    out = []
    for c, n, t in zip(covariance, count - 1, target, strict=True):
        out.append((n * c + strength * t) / (n + strength) if n > 0 else t)
    return out


@right("shrink")
def share_shrink(covariance, count, target, strength):
    n = np.maximum(count - 1, 0)[:, None, None]
    share = strength / (n + strength)
    return (1 - share) * np.nan_to_num(covariance) + share * target


@right("shrink")
def shrink_vectorised(covariance, count, target, strength):
    n = np.maximum(count - 1, 0)[:, None, None]
    known = np.where(n > 0, covariance, 0)
    return (n * known + strength * target) / (n + strength)


@right("shrink")
def shrink_loop(covariance, count, target, strength):
    out = target.copy()
    for b, c in enumerate(count):
        if c >= 2:
            n = c - 1
            out[b] = (n * covariance[b] + strength * target[b]) / (n + strength)
    return out


@right("shrink")
def shrink_by_share(covariance, count, target, strength):
    n = (count - 1).reshape(-1, 1, 1)
    share = strength / (n + strength)
    mixed = (1 - share) * covariance + share * target
    return np.where(n >= 1, mixed, target)


@right("shrink")
def shrink_torch(covariance, count, target, strength):
    c, t = torch.tensor(covariance), torch.tensor(target)
    n = torch.tensor(count).clamp(min=1).sub(1).double().view(-1, 1, 1)
    return torch.lerp(t, torch.where(n > 0, c, t), n / (n + strength)).numpy()


@right("shrink")
def shrink_einsum(covariance, count, target, strength):
    n = np.where(count > 1, count - 1.0, 0.0)
    above = np.einsum("b,bij->bij", n, np.nan_to_num(covariance)) + strength * target
    return above / np.add.outer(np.add.outer(n, np.zeros(len(target[0]))), [strength])


@wrong("shrink", "count - 1")
def shrink_count_as_n(covariance, count, target, strength):
    n = count[:, None, None]
    out = (n * covariance + strength * target) / (n + strength)
    return np.where(n < 2, target, out)


@wrong("shrink", "NaN")
def shrink_nan_stays(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    return (n * covariance + strength * target) / (n + strength)


@wrong("shrink", "one sample")
def shrink_only_empty_bins_get_the_target(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    out = (n * covariance + strength * target) / (n + strength)
    out[count == 0] = target[count == 0]
    return out


@wrong("shrink", "two samples")
def shrink_target_up_to_two_samples(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    out = (n * covariance + strength * target) / (n + strength)
    out[count <= 2] = target[count <= 2]
    return out


@wrong("shrink", "exchanged")
def shrink_weights_exchanged(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    out = (strength * covariance + n * target) / (n + strength)
    return np.where(n < 1, target, out)


@wrong("shrink", "count")
def shrink_without_n(covariance, count, target, strength):
    out = (covariance + strength * target) / (1 + strength)
    out[count < 2] = target[count < 2]
    return out


@wrong("shrink", "share")
def shrink_strength_as_share(covariance, count, target, strength):
    out = (1 - strength) * covariance + strength * target
    out[count < 2] = target[count < 2]
    return out


@wrong("shrink", "target")
def shrink_zero_in_rare_bins(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    return np.nan_to_num((n * covariance + strength * target) / (n + strength))


@wrong("shrink", "-1")
def shrink_empty_bin_minus_one(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    return (n * np.nan_to_num(covariance) + strength * target) / (n + strength)


@wrong("shrink", "[:, None, None]")
def shrink_n_along_the_last_axis(covariance, count, target, strength):
    n = count - 1
    out = (n * covariance + strength * target) / (n + strength)
    out[count < 2] = target[count < 2]
    return out


@wrong("shrink", "[:, None, None]")
def shrink_one_axis_missing(covariance, count, target, strength):
    n = (count - 1)[:, None]
    out = (n * covariance + strength * target) / (n + strength)
    out[count < 2] = target[count < 2]
    return out


@wrong("shrink", "divide")
def shrink_not_divided(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    return np.where(n < 1, target, n * covariance + strength * target)


@wrong("shrink", "divide by their sum")
def shrink_divided_by_n_only(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    return np.where(n < 1, target, (n * covariance + strength * target) / n)


@wrong("shrink", "you divide by count + strength")
def shrink_divided_by_count(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    out = (n * covariance + strength * target) / (count[:, None, None] + strength)
    return np.where(n < 1, target, out)


@wrong("shrink", "in parentheses")
def shrink_brackets_forgotten(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    out = n * covariance + strength * target / (n + strength)
    return np.where(n < 1, target, out)


@wrong("shrink", "multiply it by strength")
def shrink_target_not_weighted(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    return np.where(n < 1, target, (n * covariance + target) / (n + strength))


@wrong("shrink", "changes its input")
def shrink_in_place(covariance, count, target, strength):
    for b in range(len(count)):
        n = count[b] - 1
        if n < 1:
            covariance[b] = target[b]
        else:
            covariance[b] = (n * covariance[b] + strength * target[b]) / (n + strength)
    return covariance


@wrong("shrink", "changes its input")
def shrink_fills_the_target(covariance, count, target, strength):
    out = target
    for b in np.flatnonzero(count > 1):
        n = count[b] - 1
        out[b] = (n * covariance[b] + strength * target[b]) / (n + strength)
    return out


@wrong("shrink", "each bin has its own")
def shrink_one_target_for_all(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    out = (n * covariance + strength * target[0]) / (n + strength)
    return np.where(n < 1, target[0], out)


@wrong("shrink", "diagonal")
def shrink_towards_the_diagonal(covariance, count, target, strength):
    n = (count - 1)[:, None, None]
    diagonal = target * np.eye(target.shape[1])
    out = (n * covariance + strength * diagonal) / (n + strength)
    return np.where(n < 1, target, out)
