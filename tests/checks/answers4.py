"""Wrong answers that students write in lesson 4, and right ones in other styles.

The answers were written from the lesson's cards alone, without a look at the checks.
Each wrong one names a part of the sentence that helps whoever wrote it.
"""

import math

import numpy as np
import scipy.linalg
import scipy.ndimage
import torch
import torch.nn.functional as F
from answers import Answers

import dirlib
from course.checks import lesson4
from course.epoch_end import EpochEnd

ANSWERS = Answers(lesson4)
wrong, right = ANSWERS.wrong, ANSWERS.right


# 4.1 · smoothed_statistics


@right("smoothed_statistics")
def loop_smoothed_statistics(values, count, window):
    half, out = len(window) // 2, np.zeros(values.shape)
    for b in range(len(values)):
        total = 0.0
        for d in range(-half, half + 1):
            if 0 <= b + d < len(values):
                weight = window[d + half] * count[b + d]
                total += weight
                out[b] += weight * values[b + d]
        if total > 0:
            out[b] /= total
    return out


@right("smoothed_statistics")
def matrix_smoothed_statistics(values, count, window):
    half, n = len(window) // 2, len(count)
    distance = np.arange(n)[None, :] - np.arange(n)[:, None] + half
    inside = (distance >= 0) & (distance < len(window))
    weights = np.where(inside, window[np.clip(distance, 0, len(window) - 1)], 0) * count
    total = weights.sum(1, keepdims=True)
    return np.nan_to_num(weights @ values / total)


@right("smoothed_statistics")
def smooth_loop(values, count, window):
    half = len(window) // 2
    out = np.zeros(values.shape)
    for b in range(len(values)):
        above, below = 0.0, 0.0
        for d in range(-half, half + 1):
            if 0 <= b + d < len(values):
                w = window[d + half] * count[b + d]
                above = above + w * values[b + d]
                below += w
        if below > 0:
            out[b] = above / below
    return out


@right("smoothed_statistics")
def smooth_np_convolve(values, count, window):
    below = np.convolve(count, window, "same")
    above = np.stack(
        [np.convolve(count * column, window, "same") for column in values.T], axis=1
    )
    out = np.zeros_like(values)
    np.divide(above, below[:, None], out=out, where=below[:, None] > 0)
    return out


@right("smoothed_statistics")
def smooth_scipy(values, count, window):
    weights = count[:, None].astype(float)
    options = {"axis": 0, "mode": "constant", "cval": 0.0}
    above = scipy.ndimage.convolve1d(weights * values, window, **options)
    below = scipy.ndimage.convolve1d(weights, window, **options)
    with np.errstate(invalid="ignore"):
        return np.where(below > 0, above / below, 0)


@right("smoothed_statistics")
def smooth_toeplitz(values, count, window):
    bins, half = len(count), len(window) // 2
    first = np.zeros(bins)
    first[: half + 1] = window[half:]
    weights = scipy.linalg.toeplitz(first) * count
    total = weights.sum(axis=1, keepdims=True)
    return weights @ values / np.where(total == 0, 1, total)


@right("smoothed_statistics")
def smooth_sliding_window(values, count, window):
    half = len(window) // 2
    n = np.pad(count, half)
    v = np.pad(values, ((half, half), (0, 0)))
    rows = []
    for b in range(len(values)):
        w = window * n[b : b + len(window)]
        rows.append(w @ v[b : b + len(window)] / w.sum() if w.any() else 0 * v[b])
    return np.array(rows)


@right("smoothed_statistics")
def smooth_torch(values, count, window):
    n = torch.tensor(count, dtype=torch.float64)[:, None]
    x = torch.cat([n, n * torch.tensor(values)], dim=1).T[:, None]
    y = F.conv1d(x, torch.tensor(window)[None, None], padding=len(window) // 2)[:, 0]
    return (y[1:] / y[0].where(y[0] > 0, 1.0)).T.numpy()


def smooth(table, window):
    """Sums under the window, with nothing beyond the edges."""
    return scipy.ndimage.convolve1d(
        table.astype(float), window, axis=0, mode="constant"
    )


def ratio(above, below):
    return np.where(below > 0, above / np.where(below > 0, below, 1), 0)


@wrong("smoothed_statistics", "count")
def smooth_without_counts(values, count, window):
    return smooth(values, window)


@wrong("smoothed_statistics", "count")
def smooth_without_counts_scaled_at_edges(values, count, window):
    return smooth(values, window) / smooth(np.ones((len(values), 1)), window)


@wrong("smoothed_statistics", "multiply by how many")
def smooth_seen_bins_equally(values, count, window):
    seen = count[:, None] > 0
    return ratio(smooth(values * seen, window), smooth(seen, window))


@wrong("smoothed_statistics", "divide")
def smooth_not_divided(values, count, window):
    return smooth(count[:, None] * values, window)


@wrong("smoothed_statistics", "multiply")
def smooth_divided_only(values, count, window):
    return ratio(smooth(values, window), smooth(count[:, None], window))


@wrong("smoothed_statistics", "divide")
def smooth_divided_by_own_count(values, count, window):
    n = count[:, None]
    return ratio(smooth(n * values, window), n)


@wrong("smoothed_statistics", "divide")
def smooth_divided_by_all_samples(values, count, window):
    return smooth(count[:, None] * values, window) / count.sum()


@wrong("smoothed_statistics", "divide")
def smooth_divided_by_the_windows_share(values, count, window):
    n = count[:, None]
    return smooth(n * values, window) / smooth(np.ones(n.shape), window)


@wrong("smoothed_statistics", "without the window")
def smooth_counts_not_smoothed_by_the_window(values, count, window):
    n = count[:, None]
    return ratio(smooth(n * values, window), smooth(n, np.ones(len(window))))


@wrong("smoothed_statistics", "NaN")
def smooth_nan_where_nothing(values, count, window):
    n = count[:, None]
    return smooth(n * values, window) / smooth(n, window)


@wrong("smoothed_statistics", "empty")
def smooth_only_bins_with_samples(values, count, window):
    n = count[:, None]
    return ratio(smooth(n * values, window), smooth(n, window)) * (n > 0)


@wrong("smoothed_statistics", "beyond")
def smooth_reflected(values, count, window):
    n = count[:, None].astype(float)
    above = scipy.ndimage.convolve1d(n * values, window, axis=0, mode="reflect")
    return ratio(above, scipy.ndimage.convolve1d(n, window, axis=0, mode="reflect"))


@wrong("smoothed_statistics", "beyond")
def smooth_scipy_as_it_is(values, count, window):
    n = count[:, None].astype(float)
    above = scipy.ndimage.convolve1d(n * values, window, axis=0)
    return ratio(above, scipy.ndimage.convolve1d(n, window, axis=0))


@wrong("smoothed_statistics", "beyond")
def smooth_edges_repeated(values, count, window):
    n = count[:, None].astype(float)
    above = scipy.ndimage.convolve1d(n * values, window, axis=0, mode="nearest")
    return ratio(above, scipy.ndimage.convolve1d(n, window, axis=0, mode="nearest"))


@wrong("smoothed_statistics", "round in a circle")
def smooth_round_the_edges(values, count, window):
    half = len(window) // 2
    n = count[:, None].astype(float)
    above, below = np.zeros_like(values), np.zeros_like(n)
    for d in range(-half, half + 1):
        above += window[d + half] * np.roll(n * values, -d, axis=0)
        below += window[d + half] * np.roll(n, -d, axis=0)
    return ratio(above, below)


@wrong("smoothed_statistics", "shape")
def smooth_valid_bins_only(values, count, window):
    below = np.convolve(count, window, "valid")[:, None]
    columns = [np.convolve(count * v, window, "valid") for v in values.T]
    return ratio(np.stack(columns, axis=1), below)


@wrong("smoothed_statistics", "shape")
def smooth_full_convolution(values, count, window):
    below = np.convolve(count, window, "full")[:, None]
    columns = [np.convolve(count * v, window, "full") for v in values.T]
    return ratio(np.stack(columns, axis=1), below)


@wrong("smoothed_statistics", "count[:, None]")
def smooth_counts_along_features(values, count, window):
    return ratio(smooth(count * values, window), smooth(count, window)[:, None])


@wrong("smoothed_statistics", "along axis 0")
def smooth_along_features(values, count, window):
    n = np.repeat(count[:, None], values.shape[1], axis=1).astype(float)

    def along(table):
        return scipy.ndimage.convolve1d(table, window, axis=1, mode="constant")

    return ratio(along(n * values), along(n))


@wrong("smoothed_statistics", "its middle belongs to the bin")
def smooth_window_not_centred(values, count, window):
    out = np.zeros_like(values)
    for b in range(len(values)):
        w = window[: len(values) - b] * count[b : b + len(window)]
        if w.any():
            out[b] = w @ values[b : b + len(window)] / w.sum()
    return out


@wrong("smoothed_statistics", "it is the last bin")
def smooth_index_below_zero(values, count, window):
    half, bins = len(window) // 2, len(values)
    out = np.zeros_like(values)
    for b in range(bins):
        at = [b + d for d in range(-half, half + 1) if b + d < bins]
        w = window[: len(at)] * count[at]
        if w.any():
            out[b] = w @ values[at] / w.sum()
    return out


@wrong("smoothed_statistics", "as the published code does")
def smooth_mirrored_by_the_library(values, count, window):
    above = dirlib.smooth_bins(count[:, None] * values, window, edges="reflect")
    below = dirlib.smooth_bins(count, window, edges="reflect")[:, None]
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


@wrong("smoothed_statistics", "you divide by the bin's own count")
def smooth_divided_by_own_count_unguarded(values, count, window):
    n = count[:, None]
    return smooth(n * values, window) / n


@wrong("smoothed_statistics", "you divide by the bin's own count")
def smooth_divided_by_own_count_or_1(values, count, window):
    n = count[:, None]
    return smooth(n * values, window) / np.maximum(n, 1)


@wrong("smoothed_statistics", "make count a float first")
def smooth_whole_counts(values, count, window):
    n = count[:, None]
    above = scipy.ndimage.convolve1d(n * values, window, axis=0, mode="constant")
    below = scipy.ndimage.convolve1d(n, window, axis=0, mode="constant")
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


@wrong("smoothed_statistics", "make count a float first")
def smooth_whole_counts_unguarded(values, count, window):
    n = count[:, None]
    above = scipy.ndimage.convolve1d(n * values, window, axis=0, mode="constant")
    return above / scipy.ndimage.convolve1d(n, window, axis=0, mode="constant")


# 4.2 · calibrate_diagonal


@right("calibrate_diagonal")
def loop_calibrate_diagonal(z, index, mean, var, smoothed_mean, smoothed_var):
    rows = []
    for x, b in zip(z, index.tolist(), strict=True):
        ratio = torch.clip(smoothed_var[b] / var[b], 0.1, 10)
        rows.append(ratio**0.5 * (x - mean[b]) + smoothed_mean[b])
    return torch.stack(rows)


@right("calibrate_diagonal")
def filled_calibrate_diagonal(z, index, mean, var, smoothed_mean, smoothed_var):
    out = torch.empty_like(z)
    for b in index.unique():
        ratio = (smoothed_var[b] / var[b]).clamp(0.1, 10)
        here = index == b
        out[here] = torch.sqrt(ratio) * (z[here] - mean[b]) + smoothed_mean[b]
    return out


def clipped(var, smoothed_var, index):
    return (smoothed_var[index] / var[index]).clamp(0.1, 10)


@right("calibrate_diagonal")
def diagonal_one_line(z, index, mean, var, smoothed_mean, smoothed_var):
    r = torch.clamp(smoothed_var / var, min=0.1, max=10)
    return r[index].sqrt() * (z - mean[index]) + smoothed_mean[index]


@right("calibrate_diagonal")
def diagonal_samples(z, index, mean, var, smoothed_mean, smoothed_var):
    rows = []
    for i, b in enumerate(index.tolist()):
        r = torch.minimum(
            torch.maximum(smoothed_var[b] / var[b], torch.tensor(0.1)),
            torch.tensor(10.0),
        )
        rows.append(torch.sqrt(r) * (z[i] - mean[b]) + smoothed_mean[b])
    return torch.stack(rows)


@right("calibrate_diagonal")
def diagonal_by_bins(z, index, mean, var, smoothed_mean, smoothed_var):
    out = torch.zeros_like(z)
    for b in index.unique():
        r = (smoothed_var[b] / var[b]).clip(0.1, 10.0)
        out[index == b] = (z[index == b] - mean[b]) * r**0.5 + smoothed_mean[b]
    return out


@right("calibrate_diagonal")
def diagonal_affine(z, index, mean, var, smoothed_mean, smoothed_var):
    scale = (smoothed_var.sqrt() / var.sqrt()).clamp(math.sqrt(0.1), math.sqrt(10))
    shift = smoothed_mean - scale * mean
    return torch.addcmul(shift.index_select(0, index), scale.index_select(0, index), z)


@right("calibrate_diagonal")
def diagonal_of_a_clone(z, index, mean, var, smoothed_mean, smoothed_var):
    out = z.clone()
    out -= F.embedding(index, mean)
    out *= torch.sqrt(clipped(var, smoothed_var, index))
    out += F.embedding(index, smoothed_mean)
    return out


@wrong("calibrate_diagonal", "root")
def diagonal_root_forgotten(z, index, mean, var, smoothed_mean, smoothed_var):
    r = clipped(var, smoothed_var, index)
    return r * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "upside down")
def diagonal_ratio_inverted(z, index, mean, var, smoothed_mean, smoothed_var):
    r = (var[index] / smoothed_var[index]).clamp(0.1, 10)
    return r.sqrt() * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "you clip after the root")
def diagonal_clip_after_the_root(z, index, mean, var, smoothed_mean, smoothed_var):
    s = (smoothed_var[index] / var[index]).sqrt().clamp(0.1, 10)
    return s * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "clip")
def diagonal_not_clipped(z, index, mean, var, smoothed_mean, smoothed_var):
    s = torch.sqrt(smoothed_var / var)
    return s[index] * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "10")
def diagonal_clipped_below_only(z, index, mean, var, smoothed_mean, smoothed_var):
    r = (smoothed_var[index] / var[index]).clamp(min=0.1)
    return r.sqrt() * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "0.1")
def diagonal_clipped_above_only(z, index, mean, var, smoothed_mean, smoothed_var):
    r = (smoothed_var[index] / var[index]).clamp(max=10)
    return r.sqrt() * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "clip the ratio")
def diagonal_result_clipped(z, index, mean, var, smoothed_mean, smoothed_var):
    s = torch.sqrt(smoothed_var[index] / var[index])
    return (s * (z - mean[index]) + smoothed_mean[index]).clamp(0.1, 10)


@wrong("calibrate_diagonal", "you add the plain mean")
def diagonal_old_mean_added(z, index, mean, var, smoothed_mean, smoothed_var):
    r = clipped(var, smoothed_var, index)
    return r.sqrt() * (z - mean[index]) + mean[index]


@wrong("calibrate_diagonal", "add the smoothed mean")
def diagonal_no_mean_added(z, index, mean, var, smoothed_mean, smoothed_var):
    return clipped(var, smoothed_var, index).sqrt() * (z - mean[index])


@wrong("calibrate_diagonal", "subtract")
def diagonal_mean_not_subtracted(z, index, mean, var, smoothed_mean, smoothed_var):
    return clipped(var, smoothed_var, index).sqrt() * z + smoothed_mean[index]


@wrong("calibrate_diagonal", "the two means are exchanged")
def diagonal_means_exchanged(z, index, mean, var, smoothed_mean, smoothed_var):
    r = clipped(var, smoothed_var, index)
    return r.sqrt() * (z - smoothed_mean[index]) + mean[index]


@wrong("calibrate_diagonal", "in parentheses")
def diagonal_brackets_forgotten(z, index, mean, var, smoothed_mean, smoothed_var):
    r = clipped(var, smoothed_var, index)
    return r.sqrt() * z - mean[index] + smoothed_mean[index]


@wrong("calibrate_diagonal", "index")
def diagonal_index_forgotten(z, index, mean, var, smoothed_mean, smoothed_var):
    r = (smoothed_var / var).clamp(0.1, 10)
    return r.sqrt() * (z - mean) + smoothed_mean


@wrong("calibrate_diagonal", "`index` too")
def diagonal_ratio_without_index(z, index, mean, var, smoothed_mean, smoothed_var):
    r = (smoothed_var / var).clamp(0.1, 10)
    return r.sqrt() * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "index")
def diagonal_first_bin_for_all(z, index, mean, var, smoothed_mean, smoothed_var):
    r = (smoothed_var[0] / var[0]).clamp(0.1, 10)
    return r.sqrt() * (z - mean[0]) + smoothed_mean[0]


@wrong("calibrate_diagonal", "gradient")
def diagonal_detached(z, index, mean, var, smoothed_mean, smoothed_var):
    r = clipped(var, smoothed_var, index)
    return r.sqrt() * (z.detach() - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "gradient")
def diagonal_no_grad(z, index, mean, var, smoothed_mean, smoothed_var):
    with torch.no_grad():
        return diagonal_one_line(z, index, mean, var, smoothed_mean, smoothed_var)


@wrong("calibrate_diagonal", "gradient")
def diagonal_new_tensor(z, index, mean, var, smoothed_mean, smoothed_var):
    out = diagonal_one_line(z, index, mean, var, smoothed_mean, smoothed_var)
    return torch.tensor(out.tolist())


@wrong("calibrate_diagonal", "gradient")
def diagonal_through_numpy(z, index, mean, var, smoothed_mean, smoothed_var):
    r = np.clip(smoothed_var.numpy() / var.numpy(), 0.1, 10)[index]
    out = np.sqrt(r) * (z.detach().numpy() - mean.numpy()[index])
    return torch.from_numpy(out + smoothed_mean.numpy()[index])


@wrong("calibrate_diagonal", "numpy knows no gradients")
def diagonal_numpy_of_z(z, index, mean, var, smoothed_mean, smoothed_var):
    r = np.clip(smoothed_var.numpy() / var.numpy(), 0.1, 10)[index]
    out = np.sqrt(r) * (z.numpy() - mean.numpy()[index])
    return torch.from_numpy(out + smoothed_mean.numpy()[index])


@wrong("calibrate_diagonal", "changes its input")
def diagonal_in_place(z, index, mean, var, smoothed_mean, smoothed_var):
    z -= mean[index]
    z *= clipped(var, smoothed_var, index).sqrt()
    z += smoothed_mean[index]
    return z


@wrong("calibrate_diagonal", "changes its input")
def diagonal_rows_written(z, index, mean, var, smoothed_mean, smoothed_var):
    for i, b in enumerate(index):
        r = (smoothed_var[b] / var[b]).clamp(0.1, 10)
        z[i] = r.sqrt() * (z[i] - mean[b]) + smoothed_mean[b]
    return z


@wrong("calibrate_diagonal", "changes its input")
def diagonal_data_written(z, index, mean, var, smoothed_mean, smoothed_var):
    r = clipped(var, smoothed_var, index)
    z.data = r.sqrt() * (z.data - mean[index]) + smoothed_mean[index]
    return z


@wrong("calibrate_diagonal", "changes its input")
def diagonal_clips_the_table(z, index, mean, var, smoothed_mean, smoothed_var):
    smoothed_var /= var
    r = smoothed_var.clamp_(0.1, 10)[index]
    return r.sqrt() * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_diagonal", "the whole ratio")
def diagonal_root_of_one_variance(z, index, mean, var, smoothed_mean, smoothed_var):
    r = (smoothed_var[index].sqrt() / var[index]).clamp(0.1, 10)
    return r * (z - mean[index]) + smoothed_mean[index]


# 4.3 · matrix_sqrt


@right("matrix_sqrt")
def diag_matrix_sqrt(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    values = torch.where(values > 0, values, 0.0)
    return vectors @ torch.diag_embed(values**0.5) @ vectors.transpose(-1, -2)


@right("matrix_sqrt")
def svd_matrix_sqrt(matrix):
    u, s, _ = torch.linalg.svd(matrix)
    return (u * s[..., None, :] ** 0.5) @ u.mT


@right("matrix_sqrt")
def sqrt_eigh(matrix):
    w, v = torch.linalg.eigh(matrix)
    return v @ torch.diag_embed(w.clamp(min=0).sqrt()) @ v.mT


@right("matrix_sqrt")
def sqrt_scaled_columns(matrix):
    w, v = torch.linalg.eigh(matrix)
    w = torch.where(w < 0, torch.zeros_like(w), w)
    return (v * w.sqrt().unsqueeze(-2)) @ v.transpose(-1, -2)


@right("matrix_sqrt")
def sqrt_einsum(matrix):
    w, v = torch.linalg.eigh(matrix)
    return torch.einsum("...ik,...k,...jk->...ij", v, torch.relu(w) ** 0.5, v)


@right("matrix_sqrt")
def sqrt_svd(matrix):
    u, s, vh = torch.linalg.svd(matrix)
    root = (u * s.sqrt()[..., None, :]) @ u.mT
    return root


@right("matrix_sqrt")
def sqrt_numpy(matrix):
    w, v = np.linalg.eigh(matrix.detach().numpy())
    root = (v * np.sqrt(np.maximum(w, 0))[..., None, :]) @ np.swapaxes(v, -1, -2)
    return torch.from_numpy(root)


@right("matrix_sqrt")
def sqrt_one_by_one(matrix):
    d = matrix.shape[-1]
    out = []
    for m in matrix.reshape(-1, d, d):
        w, v = torch.linalg.eigh(m)
        out.append(v @ torch.diag(torch.sqrt(torch.clamp(w, 0))) @ v.T)
    return torch.stack(out).reshape(matrix.shape)


@wrong("matrix_sqrt", "entry")
def sqrt_of_each_entry(matrix):
    return torch.sqrt(matrix)


@wrong("matrix_sqrt", "not of its entries")
def sqrt_of_each_positive_entry(matrix):
    return torch.sqrt(matrix.clamp(min=0))


@wrong("matrix_sqrt", "root of each entry")
def sqrt_of_each_absolute_entry(matrix):
    return matrix.sign() * matrix.abs().sqrt()


@wrong("matrix_sqrt", "root of each entry")
def sqrt_power_of_entries(matrix):
    return matrix**0.5


@wrong("matrix_sqrt", "Cholesky")
def sqrt_cholesky(matrix):
    return torch.linalg.cholesky(matrix)


@wrong("matrix_sqrt", "Cholesky")
def sqrt_cholesky_with_jitter(matrix):
    eye = torch.eye(matrix.shape[-1], dtype=matrix.dtype)
    return torch.linalg.cholesky(matrix + 1e-12 * eye)


@wrong("matrix_sqrt", "negative")
def sqrt_nan_from_rounding(matrix):
    w, v = torch.linalg.eigh(matrix)
    return v @ torch.diag_embed(w.sqrt()) @ v.mT


@wrong("matrix_sqrt", "the transposed V")
def sqrt_half_of_it(matrix):
    w, v = torch.linalg.eigh(matrix)
    return v @ torch.diag_embed(w.clamp(min=0).sqrt())


@wrong("matrix_sqrt", "columns")
def sqrt_transposed_on_the_left(matrix):
    w, v = torch.linalg.eigh(matrix)
    return v.mT @ torch.diag_embed(w.clamp(min=0).sqrt()) @ v


@wrong("matrix_sqrt", "columns")
def sqrt_rows_scaled(matrix):
    w, v = torch.linalg.eigh(matrix)
    return (v * w.clamp(min=0).sqrt()[..., None]) @ v.mT


@wrong("matrix_sqrt", "[..., 1, D]")
def sqrt_one_batch_axis_forgotten(matrix):
    w, v = torch.linalg.eigh(matrix)
    return (v * w.clamp(min=0).sqrt()) @ v.mT


@wrong("matrix_sqrt", ".mT")
def sqrt_plain_transposition(matrix):
    w, v = torch.linalg.eigh(matrix)
    return v @ torch.diag_embed(w.clamp(min=0).sqrt()) @ v.T


@wrong("matrix_sqrt", "diag_embed")
def sqrt_diag_of_a_batch(matrix):
    w, v = torch.linalg.eigh(matrix)
    return v @ torch.diag(w.clamp(min=0).sqrt()) @ v.mT


@wrong("matrix_sqrt", "complex numbers")
def sqrt_complex(matrix):
    w, v = torch.linalg.eig(matrix)
    return v @ torch.diag_embed(w.sqrt()) @ v.mT


@wrong("matrix_sqrt", "root")
def sqrt_forgotten(matrix):
    w, v = torch.linalg.eigh(matrix)
    return v @ torch.diag_embed(w.clamp(min=0)) @ v.mT


@wrong("matrix_sqrt", "only the diagonal is used")
def sqrt_of_the_diagonal(matrix):
    return torch.diag_embed(torch.diagonal(matrix, dim1=-2, dim2=-1).sqrt())


@wrong("matrix_sqrt", "eigenvectors")
def sqrt_of_eigenvalues_only(matrix):
    return torch.diag_embed(torch.linalg.eigvalsh(matrix).clamp(min=0).sqrt())


@wrong("matrix_sqrt", "inverse root")
def sqrt_inverse(matrix):
    w, v = torch.linalg.eigh(matrix)
    return v @ torch.diag_embed(w.clamp(min=0).rsqrt()) @ v.mT


@wrong("matrix_sqrt", "square")
def sqrt_product_with_itself(matrix):
    return matrix @ matrix


@wrong("matrix_sqrt", "changes its input")
def sqrt_in_place(matrix):
    w, v = torch.linalg.eigh(matrix)
    matrix[...] = (v * w.clamp(min=0).sqrt()[..., None, :]) @ v.mT
    return matrix


@wrong("matrix_sqrt", "unpack")
def sqrt_numpy_function_on_a_batch(matrix):
    (d, _) = matrix.shape
    w, v = np.linalg.eigh(matrix.numpy())
    return torch.tensor(v @ np.diag(np.sqrt(w.clip(0))) @ v.T).reshape(d, d)


# 4.4 · calibrate_full


def matrix_sqrt(matrix):
    """A student's exercise 4.3 that is still open."""
    raise NotImplementedError("not attempted yet: matrix_sqrt")


def exercise_not_written(*args):
    raise NotImplementedError("not attempted yet")


def exercise_that_fails(matrix):
    return matrix.root()


@right("calibrate_full")
def einsum_calibrate_full(z, index, mean, cov, smoothed_mean, smoothed_cov):
    whiten = torch.linalg.inv(diag_matrix_sqrt(cov))
    transform = torch.einsum("bij,bjk->bik", diag_matrix_sqrt(smoothed_cov), whiten)
    moved = torch.einsum("nij,nj->ni", transform[index], z - mean[index])
    return moved + smoothed_mean[index]


@right("calibrate_full")
def loop_calibrate_full(z, index, mean, cov, smoothed_mean, smoothed_cov):
    rows = []
    for i, b in enumerate(index):
        white = torch.linalg.solve(svd_matrix_sqrt(cov[b]), z[i] - mean[b])
        rows.append(svd_matrix_sqrt(smoothed_cov[b]) @ white + smoothed_mean[b])
    return torch.stack(rows)


def power(matrix, exponent):
    """A symmetric matrix to a power."""
    w, v = torch.linalg.eigh(matrix)
    return (v * (w**exponent).unsqueeze(-2)) @ v.mT


def colouring(cov, smoothed_cov):
    return power(smoothed_cov, 0.5) @ power(cov, -0.5)


def moved(z, index, mean, smoothed_mean, table):
    """The table's matrix of each sample's bin, at work on its deviation."""
    d = z - mean[index]
    return torch.einsum("nij,nj->ni", table[index], d) + smoothed_mean[index]


@right("calibrate_full")
def full_by_table(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = colouring(cov, smoothed_cov)
    d = (z - mean[index]).unsqueeze(-1)
    return (table[index] @ d).squeeze(-1) + smoothed_mean[index]


@right("calibrate_full")
def full_by_bins(z, index, mean, cov, smoothed_mean, smoothed_cov):
    out = torch.empty_like(z)
    for b in range(len(mean)):
        mine = index == b
        table = power(smoothed_cov[b], 0.5) @ torch.linalg.inv(power(cov[b], 0.5))
        out[mine] = (z[mine] - mean[b]) @ table.T + smoothed_mean[b]
    return out


@right("calibrate_full")
def full_by_solve(z, index, mean, cov, smoothed_mean, smoothed_cov):
    d = (z - mean[index])[:, :, None]
    white = torch.linalg.solve(power(cov, 0.5)[index], d)
    return (power(smoothed_cov, 0.5)[index] @ white)[:, :, 0] + smoothed_mean[index]


@right("calibrate_full")
def full_scipy(z, index, mean, cov, smoothed_mean, smoothed_cov):
    rows = []
    for zi, b in zip(z, index.tolist(), strict=True):
        up = torch.from_numpy(scipy.linalg.sqrtm(smoothed_cov[b].numpy()).real)
        down = torch.from_numpy(
            scipy.linalg.fractional_matrix_power(cov[b].numpy(), -0.5).real
        )
        rows.append(up @ (down @ (zi - mean[b])) + smoothed_mean[b])
    return torch.stack(rows)


@wrong("calibrate_full", "is transposed")
def full_factors_exchanged(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = power(cov, -0.5) @ power(smoothed_cov, 0.5)
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "(z - mean) @ T.mT")
def full_rows_times_table(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = colouring(cov, smoothed_cov)[index]
    d = (z - mean[index])[:, None, :]
    return (d @ table)[:, 0] + smoothed_mean[index]


@wrong("calibrate_full", "root")
def full_inverse_without_root(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = power(smoothed_cov, 0.5) @ torch.linalg.inv(cov)
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "root")
def full_no_roots(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = smoothed_cov @ torch.linalg.inv(cov)
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "diagonal")
def full_variances_only(z, index, mean, cov, smoothed_mean, smoothed_cov):
    var = torch.diagonal(cov, dim1=1, dim2=2)
    smoothed_var = torch.diagonal(smoothed_cov, dim1=1, dim2=2)
    s = (smoothed_var / var).sqrt()[index]
    return s * (z - mean[index]) + smoothed_mean[index]


@wrong("calibrate_full", "Cholesky")
def full_cholesky(z, index, mean, cov, smoothed_mean, smoothed_cov):
    up = torch.linalg.cholesky(smoothed_cov)
    down = torch.linalg.inv(torch.linalg.cholesky(cov))
    return moved(z, index, mean, smoothed_mean, up @ down)


@wrong("calibrate_full", "re-colour them")
def full_only_whitened(z, index, mean, cov, smoothed_mean, smoothed_cov):
    return moved(z, index, mean, smoothed_mean, power(cov, -0.5))


@wrong("calibrate_full", "cov^(-1/2)")
def full_only_coloured(z, index, mean, cov, smoothed_mean, smoothed_cov):
    return moved(z, index, mean, smoothed_mean, power(smoothed_cov, 0.5))


@wrong("calibrate_full", "inverse")
def full_inverse_forgotten(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = power(smoothed_cov, 0.5) @ power(cov, 0.5)
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "exchanged")
def full_covariances_exchanged(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = colouring(smoothed_cov, cov)
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "you add the plain mean")
def full_old_mean_added(z, index, mean, cov, smoothed_mean, smoothed_cov):
    return moved(z, index, mean, mean, colouring(cov, smoothed_cov))


@wrong("calibrate_full", "add the smoothed mean")
def full_no_mean_added(z, index, mean, cov, smoothed_mean, smoothed_cov):
    zero = torch.zeros_like(mean)
    return moved(z, index, mean, zero, colouring(cov, smoothed_cov))


@wrong("calibrate_full", "subtract")
def full_not_centred(z, index, mean, cov, smoothed_mean, smoothed_cov):
    zero = torch.zeros_like(mean)
    return moved(z, index, zero, smoothed_mean, colouring(cov, smoothed_cov))


@wrong("calibrate_full", "root of each entry")
def full_roots_of_entries(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = smoothed_cov.sqrt() @ torch.linalg.inv(cov.sqrt())
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "take the two roots first")
def full_root_of_the_product(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = sqrt_eigh(smoothed_cov @ torch.linalg.inv(cov))
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "the product of the two roots")
def full_optimal_transport(z, index, mean, cov, smoothed_mean, smoothed_cov):
    up, down = power(cov, 0.5), power(cov, -0.5)
    table = down @ power(up @ smoothed_cov @ up, 0.5) @ down
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "index")
def full_first_bin_for_all(z, index, mean, cov, smoothed_mean, smoothed_cov):
    return full_by_table(z, 0 * index, mean, cov, smoothed_mean, smoothed_cov)


@wrong("calibrate_full", "index")
def full_index_forgotten(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = colouring(cov, smoothed_cov)
    return torch.einsum("nij,nj->ni", table, z - mean) + smoothed_mean


@wrong("calibrate_full", "gradient")
def full_detached(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = colouring(cov, smoothed_cov)
    return moved(z.detach(), index, mean, smoothed_mean, table)


@wrong("calibrate_full", "gradient")
def full_no_grad(z, index, mean, cov, smoothed_mean, smoothed_cov):
    with torch.no_grad():
        return full_by_table(z, index, mean, cov, smoothed_mean, smoothed_cov)


@wrong("calibrate_full", "changes its input")
def full_in_place(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = colouring(cov, smoothed_cov)
    for b in range(len(mean)):
        z[index == b] = (z[index == b] - mean[b]) @ table[b].T + smoothed_mean[b]
    return z


@wrong("calibrate_full", "multiplied with @")
def full_elementwise_product(z, index, mean, cov, smoothed_mean, smoothed_cov):
    table = power(smoothed_cov, 0.5) * power(cov, -0.5)
    return moved(z, index, mean, smoothed_mean, table)


@wrong("calibrate_full", "calls `matrix_sqrt`, which isn't written yet: solve that")
def full_calls_an_open_exercise(z, index, mean, cov, smoothed_mean, smoothed_cov):
    t = matrix_sqrt(smoothed_cov) @ torch.linalg.inv(matrix_sqrt(cov))
    return (t[index] @ (z - mean[index])[:, :, None])[:, :, 0] + smoothed_mean[index]


@wrong("calibrate_full", "came up inside `exercise_that_fails`, which your function")
def full_calls_a_broken_exercise(z, index, mean, cov, smoothed_mean, smoothed_cov):
    whiten = torch.linalg.inv(exercise_that_fails(cov))
    t = exercise_that_fails(smoothed_cov) @ whiten
    return (t[index] @ (z - mean[index])[:, :, None])[:, :, 0] + smoothed_mean[index]


# 4.5 · momentum_update


@right("momentum_update")
def masked_momentum_update(running, new, known, seen, momentum):
    out = running.clone()
    again, first = seen & known, seen & ~known
    out[again] = momentum * running[again] + (1 - momentum) * new[again]
    out[first] = new[first]
    return out


@right("momentum_update")
def lerp_momentum_update(running, new, known, seen, momentum):
    share = torch.where(known, 1 - momentum, 1.0) * seen
    return running + share[:, None] * (torch.nan_to_num(new) - running)


@right("momentum_update")
def momentum_where(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    out = torch.where((known & seen)[:, None], mixed, running)
    return torch.where((seen & ~known)[:, None], new, out)


@right("momentum_update")
def momentum_masks(running, new, known, seen, momentum):
    out = running.clone()
    first, again = seen & ~known, seen & known
    out[first] = new[first]
    out[again] = momentum * running[again] + (1 - momentum) * new[again]
    return out


@right("momentum_update")
def momentum_loop(running, new, known, seen, momentum):
    rows = []
    for b in range(len(running)):
        if not seen[b]:
            rows.append(running[b])
        elif known[b]:
            rows.append(momentum * running[b] + (1 - momentum) * new[b])
        else:
            rows.append(new[b])
    return torch.stack(rows)


@right("momentum_update")
def momentum_alpha_of_each_bin(running, new, known, seen, momentum):
    alpha = torch.ones(len(running)) * momentum
    alpha[seen & ~known] = 0
    alpha[~seen] = 1
    alpha = alpha[:, None]
    filled = torch.where(seen[:, None], new, torch.zeros_like(new))
    return alpha * running + (1 - alpha) * filled


@right("momentum_update")
def momentum_lerp(running, new, known, seen, momentum):
    weight = torch.where(known, 1.0 - momentum, 1.0) * seen
    target = torch.where(seen.unsqueeze(1), new, running)
    return torch.lerp(running, target, weight.to(running.dtype).unsqueeze(1))


def both(known, seen, again, first, otherwise):
    """What a bin becomes: seen again, seen first, not seen."""
    out = torch.where((known & seen)[:, None], again, otherwise)
    return torch.where((seen & ~known)[:, None], first, out)


@wrong("momentum_update", "alpha")
def momentum_on_the_new(running, new, known, seen, momentum):
    mixed = (1 - momentum) * running + momentum * new
    return both(known, seen, mixed, new, running)


@wrong("momentum_update", "first time")
def momentum_first_mixed_with_zero(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    return torch.where(seen[:, None], mixed, running)


@wrong("momentum_update", "NaN")
def momentum_everywhere(running, new, known, seen, momentum):
    return momentum * running + (1 - momentum) * new


@wrong("momentum_update", "look at `seen`")
def momentum_nan_in_unseen(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    return torch.where(known[:, None], mixed, new)


@wrong("momentum_update", "is forgotten")
def momentum_unseen_zero(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    return both(known, seen, mixed, new, torch.zeros_like(running))


@wrong("momentum_update", "not seen")
def momentum_unseen_fades(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new.nan_to_num()
    return torch.where((seen & ~known)[:, None], new, mixed)


@wrong("momentum_update", "is forgotten")
def momentum_rows_filled_from_zeros(running, new, known, seen, momentum):
    out = torch.zeros_like(running)
    out[seen & ~known] = new[seen & ~known]
    m = seen & known
    out[m] = momentum * running[m] + (1 - momentum) * new[m]
    return out


@wrong("momentum_update", "alpha")
def momentum_none(running, new, known, seen, momentum):
    return torch.where(seen[:, None], new, running)


@wrong("momentum_update", "1 - alpha")
def momentum_new_not_weighted(running, new, known, seen, momentum):
    return both(known, seen, momentum * running + new, new, running)


@wrong("momentum_update", "alpha")
def momentum_running_not_weighted(running, new, known, seen, momentum):
    return both(known, seen, running + (1 - momentum) * new, new, running)


@wrong("momentum_update", "alpha")
def momentum_plain_mean(running, new, known, seen, momentum):
    return both(known, seen, (running + new) / 2, new, running)


@wrong("momentum_update", "first time")
def momentum_first_scaled(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    return both(known, seen, mixed, (1 - momentum) * new, running)


@wrong("momentum_update", "first time")
def momentum_first_forgotten(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    return torch.where((known & seen)[:, None], mixed, running)


@wrong("momentum_update", "you write into `running`")
def momentum_in_place(running, new, known, seen, momentum):
    running *= momentum
    running += (1 - momentum) * new
    return running


@wrong("momentum_update", "make a new tensor")
def momentum_rows_in_place(running, new, known, seen, momentum):
    first, again = seen & ~known, seen & known
    running[first] = new[first]
    running[again] = momentum * running[again] + (1 - momentum) * new[again]
    return running


@wrong("momentum_update", "make a new tensor")
def momentum_alias(running, new, known, seen, momentum):
    out = running
    out[seen] = momentum * running[seen] + (1 - momentum) * new[seen]
    out[seen & ~known] = new[seen & ~known]
    return out


@wrong("momentum_update", "[:, None]")
def momentum_mask_along_features(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    out = torch.where(known & seen, mixed, running)
    return torch.where(seen & ~known, new, out)


@wrong("momentum_update", "a bin not seen")
def momentum_known_decides_alone(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * torch.nan_to_num(new)
    return torch.where(known[:, None], mixed, torch.nan_to_num(new))


@wrong("momentum_update", "Boolean")
def momentum_python_and(running, new, known, seen, momentum):
    mixed = momentum * running + (1 - momentum) * new
    return torch.where((known and seen)[:, None], mixed, running)


# 4.6 · MyFDS


@right("MyFDS")
class LessonFDS(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return filled_calibrate_diagonal(z, index, *self.pair)


@right("MyFDS")
class SinglePrecisionFDS(EpochEnd):
    def forward(self, z, labels):
        if self.training:
            index = self.bins.index(labels.numpy(), out_of_range="clip")
            with torch.no_grad():
                self.epoch.update(z, index)
            if self.pair is not None:
                mean, var, smoothed_mean, smoothed_var = (
                    table.to(z.dtype)[index] for table in self.pair
                )
                scale = (smoothed_var / var).clamp(0.1, 10).sqrt()
                z = (z - mean).mul(scale).add(smoothed_mean)
        return z


def calibrated(z, index, mean, var, smoothed_mean, smoothed_var):
    r = (smoothed_var[index] / var[index]).clamp(0.1, 10)
    return r.sqrt() * (z - mean[index]) + smoothed_mean[index]


def bins_of(bins, labels):
    return torch.as_tensor(bins.index(labels, "clip"))


@right("MyFDS")
class FdsAsOnTheCard(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@right("MyFDS")
class FdsOneReturn(EpochEnd):
    def forward(self, z, labels):
        out = z
        if self.training:
            index = self.bins.index(labels.numpy(), out_of_range="clip")
            index = torch.from_numpy(index)
            if self.pair is not None:
                mean, var, mean_s, var_s = self.pair
                r = torch.clamp(var_s / var, 0.1, 10)
                out = r[index].sqrt() * (z - mean[index]) + mean_s[index]
            with torch.no_grad():
                self.epoch.update(z, index)
        return out


@right("MyFDS")
class FdsBucketize(EpochEnd):
    def forward(self, z, labels):
        if self.training:
            inner = torch.tensor(self.bins.edges[1:-1])
            index = torch.bucketize(labels.double(), inner, right=True)
            self.epoch.update(z.clone().detach(), index)
            if self.pair:
                new = torch.zeros_like(z)
                for b in index.unique():
                    m = index == b
                    new[m] = calibrated(z[m], index[m], *self.pair)
                return new
        return z


@right("MyFDS")
class FdsWithoutDetach(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z, index)
        if self.pair is None:
            return z
        return dirlib.calibrate(z, index, *self.pair, clip=(0.1, 10))


@wrong("MyFDS", "the ratio isn't clipped")
class FdsNotClipped(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return dirlib.calibrate(z, index, *self.pair)


@wrong("MyFDS", "end it with `return z`")
class FdsReturnsWhenCalibratedOnly(EpochEnd):
    def forward(self, z, labels):
        if self.training:
            index = bins_of(self.bins, labels)
            self.epoch.update(z.detach(), index)
            if self.pair is not None:
                return calibrated(z, index, *self.pair)


@wrong("MyFDS", "calls `exercise_not_written`, which isn't written yet")
class FdsCallsAnOpenExercise(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return exercise_not_written(z, index, *self.pair)


@wrong("MyFDS", "eval")
class FdsCalibratesInEval(EpochEnd):
    def forward(self, z, labels):
        index = bins_of(self.bins, labels)
        if self.training:
            self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "eval")
class FdsNeverAsksForEval(EpochEnd):
    def forward(self, z, labels):
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "eval")
class FdsCollectsInEval(EpochEnd):
    def forward(self, z, labels):
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if not self.training or self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "the other way round")
class FdsCalibratesOnlyInEval(EpochEnd):
    def forward(self, z, labels):
        if self.training:
            self.epoch.update(z.detach(), bins_of(self.bins, labels))
            return z
        if self.pair is None:
            return z
        return calibrated(z, bins_of(self.bins, labels), *self.pair)


@wrong("MyFDS", "update")
class FdsNeverCollects(EpochEnd):
    def forward(self, z, labels):
        if not self.training or self.pair is None:
            return z
        return calibrated(z, bins_of(self.bins, labels), *self.pair)


@wrong("MyFDS", "before you look at self.pair")
class FdsReturnsBeforeItCollects(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        if self.pair is None:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "collect")
class FdsCollectsInTheFirstEpochOnly(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        if self.pair is None:
            self.epoch.update(z.detach(), index)
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "calibrated")
class FdsCollectsCalibrated(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        if self.pair is not None:
            z = calibrated(z, index, *self.pair)
        self.epoch.update(z.detach(), index)
        return z


@wrong("MyFDS", "calibrate")
class FdsNeverCalibrates(EpochEnd):
    def forward(self, z, labels):
        if self.training:
            self.epoch.update(z.detach(), bins_of(self.bins, labels))
        return z


@wrong("MyFDS", "self.bins.index")
class FdsTruncatesLabels(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = labels.long()
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "self.bins.index")
class FdsTruncatesThenAsksBins(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels.long())
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "self.bins.index")
class FdsLabelsAsBinsClamped(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = labels.long().clamp(0, self.bins.n_bins - 1)
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "self.bins.index")
class FdsRoundsLabels(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels.round())
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "clip")
class FdsRefusesLabelsOutside(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels))
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "end_epoch")
class FdsEndsAnEpochPerBatch(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        self.end_epoch()
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "with this epoch's statistics")
class FdsCalibratesWithThisEpoch(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        here = self.epoch.mean, self.epoch.variance()
        return calibrated(z, index, *here, *self.pair[2:])


@wrong("MyFDS", "changes its input")
class FdsWritesInPlace(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        mean, var, mean_s, var_s = self.pair
        z -= mean[index]
        z *= (var_s / var).clamp(0.1, 10).sqrt()[index]
        z += mean_s[index]
        return z


@wrong("MyFDS", "changes its input")
class FdsWritesData(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.pair is not None:
            z.data = calibrated(z.data, index, *self.pair)
        return z


@wrong("MyFDS", "gradient")
class FdsDetaches(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        z = z.detach()
        index = bins_of(self.bins, labels)
        self.epoch.update(z, index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "gradient")
class FdsNoGrad(EpochEnd):
    @torch.no_grad()
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z, index)
        if self.pair is None:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "exchanged")
class FdsPairUnpackedWrongly(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.pair is None:
            return z
        mean, smoothed_mean, var, smoothed_var = self.pair
        return calibrated(z, index, mean, var, smoothed_mean, smoothed_var)


@wrong("MyFDS", "return z as it is")
class FdsReturnsNothingInEval(EpochEnd):
    def forward(self, z, labels):
        if self.training:
            index = bins_of(self.bins, labels)
            self.epoch.update(z.detach(), index)
            if self.pair is None:
                return z
            return calibrated(z, index, *self.pair)


@wrong("MyFDS", "before the first end_epoch()")
class FdsReturnsNothingInTheFirstEpoch(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.pair is not None:
            return calibrated(z, index, *self.pair)


@wrong("MyFDS", "before the first")
class FdsForgetsTheFirstEpoch(EpochEnd):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)
