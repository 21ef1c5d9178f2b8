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


# 4.3 · momentum_update


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


# 4.4 · MyFDS


class Kept(EpochEnd):
    """The state of a right layer; the classes below add their forward."""

    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(feature_dim, bins, window, momentum)
        tables = bins.n_bins, feature_dim
        self.register_buffer("running", torch.zeros(3, *tables))
        neutral = torch.tensor([0.0, 1.0, 0.0, 1.0])[:, None, None]
        self.register_buffer("pair", neutral.expand(4, *tables).clone())


@right("MyFDS")
class LessonFDS(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        return filled_calibrate_diagonal(z, index, *self.pair)


@right("MyFDS")
class SinglePrecisionFDS(Kept):
    def forward(self, z, labels):
        if self.training:
            index = self.bins.index(labels.numpy(), out_of_range="clip")
            with torch.no_grad():
                self.epoch.update(z, index)
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
class FdsAsOnTheCard(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels, "clip"))
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@right("MyFDS")
class FdsOneReturn(Kept):
    def forward(self, z, labels):
        out = z
        if self.training:
            index = self.bins.index(labels.numpy(), out_of_range="clip")
            index = torch.from_numpy(index)
            mean, var, mean_s, var_s = self.pair
            r = torch.clamp(var_s / var, 0.1, 10)
            out = r[index].sqrt() * (z - mean[index]) + mean_s[index]
            with torch.no_grad():
                self.epoch.update(z, index)
        return out


@right("MyFDS")
class FdsBucketize(Kept):
    def forward(self, z, labels):
        if self.training:
            inner = torch.tensor(self.bins.edges[1:-1])
            index = torch.bucketize(labels.double(), inner, right=True)
            self.epoch.update(z.clone().detach(), index)
            if self.running.any():
                new = torch.zeros_like(z)
                for b in index.unique():
                    m = index == b
                    new[m] = calibrated(z[m], index[m], *self.pair)
                return new
        return z


@right("MyFDS")
class FdsWithoutDetach(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z, index)
        return dirlib.calibrate(z, index, *self.pair, clip=(0.1, 10))


@wrong("MyFDS", "the ratio isn't clipped")
class FdsNotClipped(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        return dirlib.calibrate(z, index, *self.pair)


@wrong("MyFDS", "end it with `return z`")
class FdsReturnsWhenCalibratedOnly(Kept):
    def forward(self, z, labels):
        if self.training:
            index = bins_of(self.bins, labels)
            self.epoch.update(z.detach(), index)
            if self.running.any():
                return calibrated(z, index, *self.pair)


@wrong("MyFDS", "calls `exercise_not_written`, which isn't written yet")
class FdsCallsAnOpenExercise(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        return exercise_not_written(z, index, *self.pair)


@wrong("MyFDS", "eval")
class FdsCalibratesInEval(Kept):
    def forward(self, z, labels):
        index = bins_of(self.bins, labels)
        if self.training:
            self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "eval")
class FdsNeverAsksForEval(Kept):
    def forward(self, z, labels):
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "eval")
class FdsCollectsInEval(Kept):
    def forward(self, z, labels):
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if not self.training:
            return z
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "the other way round")
class FdsCalibratesOnlyInEval(Kept):
    def forward(self, z, labels):
        if self.training:
            self.epoch.update(z.detach(), bins_of(self.bins, labels))
            return z
        return calibrated(z, bins_of(self.bins, labels), *self.pair)


@wrong("MyFDS", "update")
class FdsNeverCollects(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        return calibrated(z, bins_of(self.bins, labels), *self.pair)


@wrong("MyFDS", "no batch is collected in the first epoch")
class FdsReturnsBeforeItCollects(Kept):
    def forward(self, z, labels):
        if not self.training or not self.running.any():
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "collect")
class FdsCollectsInTheFirstEpochOnly(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        if not self.running.any():
            self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "calibrated")
class FdsCollectsCalibrated(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        z = calibrated(z, index, *self.pair)
        self.epoch.update(z.detach(), index)
        return z


@wrong("MyFDS", "calibrate")
class FdsNeverCalibrates(Kept):
    def forward(self, z, labels):
        if self.training:
            self.epoch.update(z.detach(), bins_of(self.bins, labels))
        return z


@wrong("MyFDS", "self.bins.index")
class FdsTruncatesLabels(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = labels.long()
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "self.bins.index")
class FdsTruncatesThenAsksBins(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels.long())
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "self.bins.index")
class FdsLabelsAsBinsClamped(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = labels.long().clamp(0, self.bins.n_bins - 1)
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "self.bins.index")
class FdsRoundsLabels(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels.round())
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "clip")
class FdsRefusesLabelsOutside(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = torch.as_tensor(self.bins.index(labels))
        self.epoch.update(z.detach(), index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "end_epoch")
class FdsEndsAnEpochPerBatch(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        self.end_epoch()
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "with this epoch's statistics")
class FdsCalibratesWithThisEpoch(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        here = self.epoch.mean, self.epoch.variance()
        return calibrated(z, index, *here, *self.pair[2:])


@wrong("MyFDS", "changes its input")
class FdsWritesInPlace(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        mean, var, mean_s, var_s = self.pair
        z -= mean[index]
        z *= (var_s / var).clamp(0.1, 10).sqrt()[index]
        z += mean_s[index]
        return z


@wrong("MyFDS", "changes its input")
class FdsWritesData(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.running.any():
            z.data = calibrated(z.data, index, *self.pair)
        return z


@wrong("MyFDS", "gradient")
class FdsDetaches(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        z = z.detach()
        index = bins_of(self.bins, labels)
        self.epoch.update(z, index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "gradient")
class FdsNoGrad(Kept):
    @torch.no_grad()
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z, index)
        return calibrated(z, index, *self.pair)


@wrong("MyFDS", "exchanged")
class FdsPairUnpackedWrongly(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        mean, smoothed_mean, var, smoothed_var = self.pair
        return calibrated(z, index, mean, var, smoothed_mean, smoothed_var)


@wrong("MyFDS", "return z as it is")
class FdsReturnsNothingInEval(Kept):
    def forward(self, z, labels):
        if self.training:
            index = bins_of(self.bins, labels)
            self.epoch.update(z.detach(), index)
            return calibrated(z, index, *self.pair)


@wrong("MyFDS", "before the first end_epoch()")
class FdsReturnsNothingInTheFirstEpoch(Kept):
    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        if self.running.any():
            return calibrated(z, index, *self.pair)


def calibrating(self, z, labels):
    """The forward of a right layer, for classes that are about its state."""
    if not self.training:
        return z
    index = bins_of(self.bins, labels)
    self.epoch.update(z.detach(), index)
    return calibrated(z, index, *self.pair)


def tables(bins, feature_dim):
    return (torch.full((bins.n_bins, feature_dim), float(x)) for x in (0, 1, 0, 1))


@right("MyFDS")
class FdsStacked(EpochEnd):
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(feature_dim, bins, window, momentum)
        self.register_buffer("pair", torch.stack([*tables(bins, feature_dim)]))
        self.register_buffer("running", torch.zeros_like(self.pair[:3]))

    forward = calibrating


@right("MyFDS")
class FdsInDoublePrecision(EpochEnd):
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(feature_dim, bins, window, momentum)
        size = bins.n_bins, feature_dim
        self.register_buffer("running", torch.zeros(3, *size).double())
        self.register_buffer("pair", torch.ones(4, *size).double())  # - 1 + 1, too

    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.epoch.update(z.detach(), index)
        return self.calibrate(z.double(), index, *self.pair).to(z.dtype)


@right("MyFDS")
class FdsOfItsOwn(torch.nn.Module):
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__()
        self.bins, self.window, self.alpha = bins, np.asarray(window), momentum
        for name in ("n", "mean", "var", "mean_s", "var_s", "v"):
            start = float("v" in name)
            table = torch.full((bins.n_bins, feature_dim), start, dtype=torch.float64)
            self.register_buffer(name, table)
        self.n.zero_()
        self.stats = dirlib.BinStatistics(bins.n_bins, feature_dim)

    def forward(self, z, labels):
        if not self.training:
            return z
        index = bins_of(self.bins, labels)
        self.stats.update(z.detach(), index)
        known = (self.n[index] > 0) & (self.var_s[index] > 0)
        r = (self.var_s / self.v)[index].clamp(0.1, 10).sqrt()
        moved = r * (z - self.mean[index]) + self.mean_s[index]
        return torch.where(known, moved, z).to(z.dtype)

    def end_epoch(self):
        new, a = self.stats, self.alpha
        if not new.count.any():
            raise ValueError("nothing was collected")
        n = new.count[:, None].expand_as(self.n)
        old, keep = self.n.clone(), a * (self.n > 0)
        self.n.copy_(torch.where(n > 0, keep * old + (1 - keep) * n, old))
        keep = a * (old > 0)
        self.mean.copy_(
            torch.where(n > 0, keep * self.mean + (1 - keep) * new.mean, self.mean)
        )
        keep, var = a * (old > 1), new.variance().nan_to_num()
        self.var.copy_(torch.where(n > 1, keep * self.var + (1 - keep) * var, self.var))
        for name, values, weight in (
            ("mean_s", self.mean, self.n),
            ("var_s", self.var, (self.n - 1).clamp(min=0)),
        ):
            below = smooth(weight.numpy(), self.window)
            above = smooth((weight * values).numpy(), self.window)
            getattr(self, name).copy_(torch.from_numpy(ratio(above, below)))
        own = (self.n > 1) & (self.var > 0)
        self.v.copy_(torch.where(own, self.var, self.var_s))
        self.stats.reset()


class Started(EpochEnd):
    """A right forward; `start` makes the state of each class below."""

    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(feature_dim, bins, window, momentum)
        running = torch.zeros(3, bins.n_bins, feature_dim)
        self.start(running, torch.stack([*tables(bins, feature_dim)]))

    forward = calibrating


@wrong("MyFDS", "register both as buffers")
class FdsForgetsEverything(Started):
    def start(self, running, pair):
        self.running, self.pair = running, pair


@wrong("MyFDS", "`pair` is lost")
class FdsForgetsThePair(Started):
    def start(self, running, pair):
        self.register_buffer("running", running)
        self.pair = pair


@wrong("MyFDS", "`running` is lost")
class FdsForgetsTheRunningStatistics(Started):
    def start(self, running, pair):
        self.register_buffer("pair", pair)
        self.running = running


@wrong("MyFDS", "register both as buffers")
class FdsWithUnsavedBuffers(Started):
    def start(self, running, pair):
        self.register_buffer("running", running, persistent=False)
        self.register_buffer("pair", pair, persistent=False)


@wrong("MyFDS", "a buffer, not a parameter")
class FdsWithParameters(Started):
    def start(self, running, pair):
        self.running = torch.nn.Parameter(running)
        self.pair = torch.nn.Parameter(pair)


@wrong("MyFDS", "a buffer, not a parameter")
class FdsWithParametersThatDoNotLearn(Started):
    def start(self, running, pair):
        self.running = torch.nn.Parameter(running, requires_grad=False)
        self.pair = torch.nn.Parameter(pair, requires_grad=False)


@wrong("MyFDS", "variances of 0")
class FdsStartsWithZeros(Started):
    def start(self, running, pair):
        self.register_buffer("running", running)
        self.register_buffer("pair", 0 * pair)


@wrong("MyFDS", "`running` starts at 0")
class FdsStartsWithSamples(Started):
    def start(self, running, pair):
        self.register_buffer("running", running + 1)
        self.register_buffer("pair", pair)


@wrong("MyFDS", "in the order mean, variance")
class FdsStartsInAnotherOrder(Started):
    def start(self, running, pair):
        self.register_buffer("running", running)
        self.register_buffer("pair", pair[[0, 2, 1, 3]])


@wrong("MyFDS", "starts with two buffers")
class FdsWithoutState(EpochEnd):
    forward = calibrating


@wrong("MyFDS", "this is dirlib's layer")
class FdsOfTheLibrary(dirlib.FDS):
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(
            feature_dim, bins, window=window, momentum=momentum, shrinkage=0.0
        )


@wrong("MyFDS", "this is dirlib's layer")
class FdsAroundTheLibrary(torch.nn.Module):
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__()
        settings = {"window": window, "momentum": momentum, "shrinkage": 0.0}
        self.layer = dirlib.FDS(feature_dim, bins, **settings)

    def forward(self, z, labels):
        return self.layer(z, labels)

    def end_epoch(self):
        self.layer.end_epoch()


@wrong("MyFDS", "goes round your formula")
class FdsStraightThrough(Kept):
    def forward(self, z, labels):
        return z + (calibrating(self, z, labels) - z).detach()


# 4.5 · bin_covariances


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
    stats = dirlib.BinStatistics(n_bins, features.shape[1], "full")
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


# 4.6 · rank_and_condition


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


# 4.7 · shrink


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


# 4.8 · matrix_sqrt


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


# 4.9 · calibrate_full


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
