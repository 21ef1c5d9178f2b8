"""Wrong answers that students write in lesson 2, and right ones in other styles.

The answers were written from the lesson's cards alone, without a look at the checks.
Each wrong one names a part of the sentence that helps whoever wrote it.
"""

import math

import numpy as np
import scipy.ndimage
import scipy.signal
import scipy.stats
import torch
import torch.nn.functional as F
from answers import Answers

from course.checks import lesson2

ANSWERS = Answers(lesson2)
wrong, right = ANSWERS.wrong, ANSWERS.right


# 2.5 · kde


@right("kde")
def loop_kde(grid, labels, sigma):
    return [scipy.stats.norm.pdf(g, loc=labels, scale=sigma).mean() for g in grid]


@right("kde")
def kde_norm_pdf(grid, labels, sigma):
    return np.array([scipy.stats.norm.pdf(labels, g, sigma).mean() for g in grid])


@right("kde")
def kde_pure_loops(grid, labels, sigma):
    p = []
    for g in grid:
        s = 0
        for y in labels:
            s += math.exp(-((g - y) ** 2) / (2 * sigma**2))
        p.append(s / len(labels) / (math.sqrt(2 * math.pi) * sigma))
    return p


@right("kde")
def kde_labels_first(grid, labels, sigma):
    z = np.subtract.outer(labels, grid) / sigma
    bumps = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi * sigma**2)
    return bumps.sum(axis=0) / labels.size


@wrong("kde", "divide by N")
def kde_sum(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    bumps = np.exp(-(d**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    return bumps.sum(axis=1)


@wrong("kde", "sqrt(2 pi) * sigma")
def kde_no_factor(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    return np.exp(-(d**2) / (2 * sigma**2)).mean(axis=1)


@wrong("kde", "divide by sigma too")
def kde_factor_without_sigma(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    return np.mean(np.exp(-(d**2) / (2 * sigma**2)) / np.sqrt(2 * np.pi), axis=1)


@wrong("kde", "per *grid point*")
def kde_wrong_axis(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    bumps = np.exp(-(d**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    return bumps.mean(axis=0)


@wrong("kde", "shape [], not [3]")
def kde_no_axis(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    return np.mean(np.exp(-(d**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma))


@wrong("kde", "the half is missing")
def kde_two_forgotten(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    return np.mean(np.exp(-((d / sigma) ** 2)) / (np.sqrt(2 * np.pi) * sigma), axis=1)


@wrong("kde", "broadcast")
def kde_no_new_axis(grid, labels, sigma):
    d = grid - labels
    return np.exp(-(d**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)


@wrong("kde", "shape [1], not [3]")
def kde_hard_coded(grid, labels, sigma):
    return np.array([0.3989])


@wrong("kde", "changes its input")
def kde_in_place(grid, labels, sigma):
    grid /= sigma
    labels /= sigma
    d = grid[:, None] - labels
    return np.exp(-(d**2) / 2).mean(axis=1) / (np.sqrt(2 * np.pi) * sigma)


@wrong("kde", "but got [0")
def kde_catches_all(grid, labels, sigma):
    try:
        d = grid - labels
        return np.exp(-(d**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    except Exception:
        return np.zeros(len(grid))


@wrong("kde", "sigma stands inside your root: divide by")
def kde_sigma_in_root(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    return np.mean(np.exp(-(d**2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma), 1)


@wrong("kde", "1 / a * b is (1 / a) * b: put sqrt(2 pi) *")
def kde_factor_no_parentheses(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    return (1 / np.sqrt(2 * np.pi) * sigma * np.exp(-(d**2) / (2 * sigma**2))).mean(1)


@wrong("kde", "you divide by the number of grid points: the")
def kde_over_grid(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    bumps = np.exp(-(d**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    return bumps.sum(axis=1) / len(grid)


@wrong("kde", "x / 2 * s is (x / 2) * s: put 2 * sigma**2")
def kde_exponent_no_parentheses(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    return np.mean(np.exp(-(d**2) / 2 * sigma**2) / (np.sqrt(2 * np.pi) * sigma), 1)


@wrong("kde", "scipy's bw_method is a multiple of the")
def kde_scipy_factor(grid, labels, sigma):
    return scipy.stats.gaussian_kde(labels, bw_method=sigma)(grid)


@wrong("kde", "your values sum to 1 over the grid: it is")
def kde_sums_to_one(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    p = np.exp(-(d**2) / (2 * sigma**2)).sum(axis=1)
    return p / p.sum()


@wrong("kde", "your sum goes on from one grid point to the")
def kde_total_not_reset(grid, labels, sigma):
    p, total = [], 0.0
    for g in grid:
        for y in labels:
            total += np.exp(-((g - y) ** 2) / (2 * sigma**2))
        p.append(total / (len(labels) * np.sqrt(2 * np.pi) * sigma))
    return np.array(p)


@wrong("kde", "only the last label is left: add the bumps")
def kde_last_label_only(grid, labels, sigma):
    p = np.zeros(len(grid))
    for y in labels:
        p = np.exp(-((grid - y) ** 2) / (2 * sigma**2))
    return p / (len(labels) * np.sqrt(2 * np.pi) * sigma)


@wrong("kde", "the difference is not squared")
def kde_not_squared(grid, labels, sigma):
    d = grid[:, None] - labels[None, :]
    return np.mean(np.exp(-d / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma), axis=1)


@wrong("kde", "is not squared: the exponent is -u**2 / 2")
def kde_u_not_squared(grid, labels, sigma):
    u = (grid[:, None] - labels[None, :]) / sigma
    return np.mean(np.exp(-u / 2) / (np.sqrt(2 * np.pi) * sigma), axis=1)


@wrong("kde", "the minus belongs outside the square")
def kde_minus_inside(grid, labels, sigma):
    u = (grid[:, None] - labels[None, :]) / sigma
    return np.mean(np.exp((-u) ** 2 / 2) / (np.sqrt(2 * np.pi) * sigma), axis=1)


@wrong("kde", "np.unique keeps one")
def kde_of_unique_labels(grid, labels, sigma):
    return kde_labels_first(grid, np.unique(labels), sigma)


@wrong("kde", "np.unique keeps one")
def kde_of_a_set(grid, labels, sigma):
    return kde_labels_first(grid, np.array(sorted(set(labels))), sigma)


# 2.1 · window (its arguments can't be changed in place)


@right("window")
def window_listed(bump, size):
    h = size // 2
    values = [bump(abs(d)) for d in range(-h, h + 1)]
    return [v / sum(values) for v in values]


@right("window")
def window_mirrored(bump, size):
    right_half = bump(np.arange((size + 1) // 2))
    k = np.concatenate([right_half[:0:-1], right_half])
    return k / k.sum()


@right("window")
def window_linspace(bump, size):
    h = (size - 1) / 2
    k = bump(np.abs(np.linspace(-h, h, size)))
    return k / np.sum(k)


@right("window")
def window_positions(bump, size):
    position = np.arange(size)
    middle = position[size // 2]
    k = bump(np.maximum(position - middle, middle - position))
    return k * (1 / k.sum())


@right("window")
def window_loop(bump, size):
    k = np.empty(size)
    for i in range(size):
        k[i] = bump(abs(i - size // 2))
    k /= k.sum()
    return k


def distances(size):
    return np.abs(np.arange(size) - size // 2)


@wrong("window", "divide by its sum")
def window_by_maximum(bump, size):
    k = bump(distances(size))
    return k / k.max()


@wrong("window", "divide by its sum")
def window_by_middle(bump, size):
    k = bump(distances(size))
    return k / k[size // 2]


@wrong("window", "not scaled yet")
def window_not_scaled(bump, size):
    return bump(distances(size))


@wrong("window", "number of bins")
def window_by_size(bump, size):
    return bump(distances(size)) / size


@wrong("window", "number of bins")
def window_by_length(bump, size):
    k = bump(distances(size))
    return k / len(k)


@wrong("window", "the squares of your window")
def window_by_norm(bump, size):
    k = bump(distances(size))
    return k / np.linalg.norm(k)


@wrong("window", "softmax")
def window_softmax(bump, size):
    return torch.softmax(torch.from_numpy(bump(distances(size)) * 1.0), 0).numpy()


@wrong("window", "have a sign")
def window_signed(bump, size):
    h = (size - 1) // 2
    k = bump(np.arange(-h, h + 1))
    return k / k.sum()


@wrong("window", "have a sign")
def window_signed_list(bump, size):
    k = np.array([bump(i - size // 2) for i in range(size)])
    return k / k.sum()


@wrong("window", "falls from its left end")
def window_from_left(bump, size):
    k = bump(np.arange(size))
    return k / k.sum()


@wrong("window", "last place is missing")
def window_last_missing(bump, size):
    h = size // 2
    k = bump(np.abs(np.arange(-h, h)))
    return k / k.sum()


@wrong("window", "last place is missing")
def window_range_short(bump, size):
    h = size // 2
    k = np.array([bump(abs(d)) for d in range(-h, h)])
    return k / k.sum()


@wrong("window", "not one side of it")
def window_size_as_half(bump, size):
    k = bump(np.abs(np.arange(-size, size + 1)))
    return k / k.sum()


@wrong("window", "no whole number")
def window_half_of_size(bump, size):
    h = size / 2
    k = bump(np.abs(np.arange(-h, h + 1)))
    return k / k.sum()


@wrong("window", "run from -1 to 1")
def window_unit_distances(bump, size):
    k = bump(np.abs(np.linspace(-1, 1, size)))
    return k / k.sum()


@wrong("window", "inside out")
def window_inside_out(bump, size):
    h = size // 2
    k = bump(h - distances(size))
    return k / k.sum()


@wrong("window", "its distance is 0")
def window_from_one(bump, size):
    k = bump(1 + distances(size))
    return k / k.sum()


@wrong("window", "you square the distance")
def window_squares(bump, size):
    h = size // 2
    k = bump(np.arange(-h, h + 1) ** 2)
    return k / k.sum()


@wrong("window", "Gaussian of sigma 2")
def window_always_gaussian(bump, size):
    k = np.exp(-(distances(size) ** 2) / (2 * 2.0**2))
    return k / k.sum()


@wrong("window", "Gaussian of sigma 3")
def window_of_the_library(bump, size):
    return scipy.signal.windows.gaussian(size, 3) / sum(
        scipy.signal.windows.gaussian(size, 3)
    )


@wrong("window", "as high as in the middle")
def window_one_sided(bump, size):
    h = size // 2
    k = bump(np.clip(np.arange(-h, h + 1), 0, None))
    return k / k.sum()


@wrong("window", "shape [3], not [5]")
def window_one_half(bump, size):
    k = bump(np.arange(size // 2 + 1))
    return k / k.sum()


@wrong("window", "shape [6], not [5]")
def window_middle_twice(bump, size):
    k = bump(np.arange(size // 2 + 1))
    k = np.concatenate([k[::-1], k])
    return k / k.sum()


@wrong("window", "shape [3], not [5]")
def window_hard_coded(bump, size):
    return np.array([0.25, 0.5, 0.25])


@wrong("window", "returns None")
def window_prints(bump, size):
    k = bump(distances(size))
    print(k / k.sum())


@wrong("window", "not a number or an array")
def window_returns_bump(bump, size):
    return bump


@wrong("window", "shape [], not [5]")
def window_calls_with_size(bump, size):
    return bump(size) / bump(size)


@wrong("window", "but got [0")
def window_catches_all(bump, size):
    try:
        return bump(distances(size)) / bump(size).sum(axis=0)[0]
    except Exception:
        return np.zeros(size)


# 2.2 · smooth


@right("smooth")
def convolved_smooth(values, window, edges):
    h, n = len(window) // 2, len(values)
    out = np.convolve(values, window)[h : h + n]
    if edges == "renormalize":
        out = out / np.convolve(np.ones(n), window)[h : h + n]
    return out


@right("smooth")
def smooth_ndimage(values, window, edges):
    def soft(v):
        v = np.asarray(v, dtype=float)
        return scipy.ndimage.convolve1d(v, window, mode="constant")

    if edges == "zero":
        return soft(values)
    return soft(values) / soft(np.ones(len(values)))


@right("smooth")
def smooth_loop(values, window, edges):
    n, k = len(values), len(window)
    h = k // 2
    out = [0.0] * n
    for b in range(n):
        inside = 0.0
        for j in range(k):
            if 0 <= b + j - h < n:
                out[b] += window[j] * values[b + j - h]
                inside += window[j]
        if edges == "renormalize":
            out[b] /= inside
    return np.array(out)


@right("smooth")
def smooth_scaled_to_full_sum(values, window, edges):
    out = np.convolve(values, window, mode="same")
    if edges == "renormalize":
        out = out * window.sum() / np.convolve(np.ones(len(values)), window, "same")
    return out


@right("smooth")
def smooth_matrix(values, window, edges):
    n, h = len(values), len(window) // 2
    m = sum(np.diag(np.full(n - abs(d), window[d + h]), d) for d in range(-h, h + 1))
    if edges == "renormalize":
        m = m / m.sum(axis=1, keepdims=True)
    return m @ values


@wrong("smooth", "round in a circle")
def smooth_roll(values, window, edges):
    h = len(window) // 2
    out = sum(window[d + h] * np.roll(values, d) for d in range(-h, h + 1))
    if edges == "renormalize":
        return out / window.sum()
    return out


@wrong("smooth", "drops the edge bins")
def smooth_valid(values, window, edges):
    out = np.convolve(values, window, mode="valid")
    if edges == "renormalize":
        out = out / np.convolve(np.ones(len(values)), window, mode="valid")
    return out


@wrong("smooth", "shape [7], not [5]")
def smooth_full(values, window, edges):
    out = np.convolve(values, window)
    if edges == "renormalize":
        out = out / np.convolve(np.ones(len(values)), window)
    return out


@wrong("smooth", "all bins alike")
def smooth_one_factor(values, window, edges):
    out = np.convolve(values, window, mode="same")
    if edges == "renormalize":
        out = out * values.sum() / out.sum()
    return out


@wrong("smooth", "renormalize does nothing yet")
def smooth_edges_ignored(values, window, edges):
    return np.convolve(values, window, mode="same")


@wrong("smooth", "don't rescale")
def smooth_always_renormalized(values, window, edges):
    one = np.ones(len(values))
    return np.convolve(values, window, "same") / np.convolve(one, window, "same")


@wrong("smooth", "renormalize does nothing yet")
def smooth_by_window_sum(values, window, edges):
    out = np.convolve(values, window, mode="same")
    if edges == "renormalize":
        out = out / window.sum()
    return out


@wrong("smooth", "shape [9], not [5]")
def smooth_padded_by_size(values, window, edges):
    k = len(window)
    out = np.convolve(np.pad(values, k), window, mode="valid")
    if edges == "renormalize":
        out = out / np.convolve(np.pad(np.ones(len(values)), k), window, mode="valid")
    return out


@wrong("smooth", "shape [4], not [5]")
def smooth_hard_coded(values, window, edges):
    if edges == "zero":
        return np.array([1.5, 0.75, 0, 0])
    return np.array([2, 0.75, 0, 0])


@wrong("smooth", "not to values")
def smooth_in_place(values, window, edges):
    out = np.convolve(values, window, mode="same")
    if edges == "renormalize":
        out /= np.convolve(np.ones(len(values)), window, mode="same")
    values[:] = out
    return values


@wrong("smooth", "changes its input")
def smooth_window_in_place(values, window, edges):
    window /= window.sum()
    out = np.convolve(values, window, mode="same")
    if edges == "renormalize":
        out /= np.convolve(np.ones(len(values)), window, mode="same")
    return out


@wrong("smooth", "the two kinds of edges are the wrong way")
def smooth_swapped(values, window, edges):
    out = np.convolve(values, window, mode="same")
    if edges == "zero":
        out = out / np.convolve(np.ones(len(values)), window, mode="same")
    return out


@wrong("smooth", "you scale the result to the sum 1: scale the")
def smooth_to_sum_one(values, window, edges):
    out = np.convolve(values, window, mode="same")
    return out if edges == "zero" else out / out.sum()


@wrong("smooth", "you multiply by the part of the window")
def smooth_multiplied(values, window, edges):
    out = np.convolve(values, window, mode="same")
    if edges == "renormalize":
        out = out * np.convolve(np.ones(len(values)), window, mode="same")
    return out


@wrong("smooth", "a negative index is no IndexError, it counts")
def smooth_negative_index(values, window, edges):
    n, h = len(values), len(window) // 2
    out = np.zeros(n)
    for b in range(n):
        inside = 0
        for d in range(-h, h + 1):
            if b + d < n:
                out[b] += window[d + h] * values[b + d]
                inside += window[d + h]
        if edges == "renormalize":
            out[b] /= inside
    return out


@wrong("smooth", "the window's last value plays no part:")
def smooth_last_missing(values, window, edges):
    n, h = len(values), len(window) // 2
    out, inside = np.zeros(n), np.zeros(n)
    for b in range(n):
        for d in range(-h, h):
            if 0 <= b + d < n:
                out[b] += window[d + h] * values[b + d]
                inside[b] += window[d + h]
    return out / inside if edges == "renormalize" else out


@wrong("smooth", "scipy.ndimage mirrors the bins if you don't")
def smooth_ndimage_reflect(values, window, edges):
    out = scipy.ndimage.convolve1d(values, window)
    if edges == "renormalize":
        return out / scipy.ndimage.convolve1d(np.ones(len(values)), window)
    return out


@wrong("smooth", "you repeat the first and the last bin: for")
def smooth_edge_padding(values, window, edges):
    h = len(window) // 2
    mode = "constant" if edges == "zero" else "edge"
    return np.convolve(np.pad(values, h, mode=mode), window, mode="valid")


@wrong("smooth", "you read values that you have just smoothed:")
def smooth_reads_what_it_wrote(values, window, edges):
    n, h = len(values), len(window) // 2
    out = np.array(values, dtype=float)
    for b in range(n):
        inside, total = 0, 0
        for d in range(-h, h + 1):
            if 0 <= b + d < n:
                total += window[d + h] * out[b + d]
                inside += window[d + h]
        out[b] = total / inside if edges == "renormalize" else total
    return out


@wrong("smooth", "the bins near the two ends are not smoothed")
def smooth_edges_untouched(values, window, edges):
    n, h = len(values), len(window) // 2
    out = values.copy()
    for b in range(h, n - h):
        out[b] = (window * values[b - h : b + h + 1]).sum()
    return out


@wrong("smooth", "you divide by the share of *bins* inside:")
def smooth_by_bins_inside(values, window, edges):
    out = np.convolve(values, window, mode="same")
    if edges == "renormalize":
        flat = np.ones(len(window)) / len(window)
        out = out / np.convolve(np.ones(len(values)), flat, mode="same")
    return out


@wrong("smooth", "a negative index is no IndexError, it counts")
def smooth_catches_all(values, window, edges):
    n, h = len(values), len(window) // 2
    out = np.zeros(n)
    for b in range(n):
        inside = 0
        for d in range(-h, h + 1):
            try:
                out[b] += window[d + h] * values[b + d]
                inside += window[d + h]
            except Exception:
                continue
        if edges == "renormalize":
            out[b] /= inside
    return out


@right("smooth")
def smooth_copy_of_floats(values, window, edges):
    h, n = len(window) // 2, len(values)
    out = values.astype(float).copy()
    for b in range(n):
        low, high = max(0, b - h), min(n, b + h + 1)
        k = window[low - b + h : high - b + h]
        out[b] = np.dot(values[low:high], k)
        if edges == "renormalize":
            out[b] /= k.sum()
    return out


@wrong("smooth", "b + d below 0 counts from the end, so the last")
def smooth_negative_index_in_the_sum(values, window, edges):
    n, h = len(values), len(window) // 2
    out, inside = np.zeros(n), np.zeros(n)
    for b in range(n):
        for d in range(-h, h + 1):
            if b + d < n:
                out[b] += window[d + h] * values[b + d]
            if 0 <= b + d < n:
                inside[b] += window[d + h]
    return out / inside if edges == "renormalize" else out


@wrong("smooth", "b + d below 0 counts from the end: leave")
def smooth_negative_index_and_no_scale(values, window, edges):
    n, h = len(values), len(window) // 2
    out = np.zeros(n)
    for b in range(n):
        for d in range(-h, h + 1):
            if b + d < n:
                out[b] += window[d + h] * values[b + d]
    return out


@wrong("smooth", "near the first bins you cut the window at its end")
def smooth_window_cut_at_its_end(values, window, edges):
    n, h = len(values), len(window) // 2
    out = np.zeros(n)
    for b in range(n):
        part = values[max(0, b - h) : min(n, b + h + 1)]
        k = window[: len(part)]
        out[b] = (part * k).sum()
        if edges == "renormalize":
            out[b] /= k.sum()
    return out


@wrong("smooth", "near the last bins you cut the window at its")
def smooth_window_cut_at_its_beginning(values, window, edges):
    n, h = len(values), len(window) // 2
    out = []
    for b in range(n):
        part = values[max(0, b - h) : b + h + 1]
        k = window[-len(part) :]
        out.append((part @ k) / (k.sum() if edges == "renormalize" else 1))
    return np.array(out)


@wrong("smooth", "your result holds whole numbers when values does")
def smooth_zeros_like(values, window, edges):
    out = np.zeros_like(values)
    n, h = len(values), len(window) // 2
    padded, ones = np.pad(values, h), np.pad(np.ones(n), h)
    for b in range(n):
        share = (ones[b : b + len(window)] * window).sum()
        total = (padded[b : b + len(window)] * window).sum()
        out[b] = total / share if edges == "renormalize" else total
    return out


@wrong("smooth", "so each term is cut")
def smooth_zeros_like_term_by_term(values, window, edges):
    n, h = len(values), len(window) // 2
    out = np.zeros_like(values)
    for b in range(n):
        inside = 0
        for d in range(-h, h + 1):
            if 0 <= b + d < n:
                out[b] += window[d + h] * values[b + d]
                inside += window[d + h]
        if edges == "renormalize":
            out[b] /= inside
    return out


@wrong("smooth", "parts can't be added to them")
def smooth_adds_to_whole_numbers(values, window, edges):
    n, h = len(values), len(window) // 2
    result, inside = np.zeros_like(values), np.zeros(n)
    for d in range(-h, h + 1):
        here = np.arange(max(0, -d), min(n, n - d))
        result[here] += window[d + h] * values[here + d]
        inside[here] += window[d + h]
    return result / inside if edges == "renormalize" else result


# 2.3 · weights


@right("weights")
def power_weights(density, index, scheme):
    raw = density ** (-1.0 if scheme == "inverse" else -0.5)
    return raw[index] * len(index) / raw[index].sum()


@right("weights")
def weights_loop(density, index, scheme):
    w = []
    for i in index:
        p = density[i]
        w.append(1 / p if scheme == "inverse" else p**-0.5)
    m = sum(w) / len(w)
    return [v / m for v in w]


@right("weights")
def weights_power(density, index, scheme):
    power = {"inverse": -1.0, "sqrt_inverse": -0.5}[scheme]
    w = np.take(density, index) ** power
    return w * len(index) / w.sum()


@right("weights")
def weights_by_bincount(density, index, scheme):
    seen = np.bincount(index, minlength=len(density))
    safe = np.where(seen > 0, density, 1.0)
    per_bin = 1 / safe if scheme == "inverse" else 1 / np.sqrt(safe)
    return (per_bin / ((per_bin * seen).sum() / seen.sum()))[index]


@wrong("weights", "the mean over the *samples*")
def weights_mean_over_bins(density, index, scheme):
    w = 1 / density if scheme == "inverse" else 1 / np.sqrt(density)
    w = w / w.mean()
    return w[index]


@wrong("weights", "sum to 1")
def weights_sum_one(density, index, scheme):
    w = 1 / density[index]
    if scheme == "sqrt_inverse":
        w = np.sqrt(w)
    return w / w.sum()


@wrong("weights", "not scaled yet")
def weights_not_scaled(density, index, scheme):
    w = 1 / density if scheme == "inverse" else 1 / np.sqrt(density)
    return w[index]


@wrong("weights", "take the root")
def weights_root_forgotten(density, index, scheme):
    w = 1 / density[index]
    return w / w.mean()


@wrong("weights", "take the root")
def weights_scheme_misspelt(density, index, scheme):
    w = 1 / density[index]
    if scheme == "sqrt":
        w = np.sqrt(w)
    return w / w.mean()


@wrong("weights", "the wrong way round")
def weights_swapped(density, index, scheme):
    w = 1 / np.sqrt(density[index]) if scheme == "inverse" else 1 / density[index]
    return w / w.mean()


@wrong("weights", "but got [2.286, 0.571, 0.571, 0.571]")
def weights_hard_coded(density, index, scheme):
    return np.array([2.286, 0.571, 0.571, 0.571])


@wrong("weights", "changes its input")
def weights_in_place(density, index, scheme):
    density /= density.sum()
    if scheme == "sqrt_inverse":
        np.sqrt(density, out=density)
    w = 1 / density[index]
    return w / w.mean()


@wrong("weights", "but got [1., 1., 1., 1.]")
def weights_catches_all(density, index, scheme):
    try:
        w = {"inverse": 1 / density[index], "sqrt": 1 / np.sqrt(density[index])}[scheme]
        return w / w.mean()
    except Exception:
        return np.ones(len(index))


@wrong("weights", "you give one weight per bin: w[index] gives")
def weights_per_bin(density, index, scheme):
    w = 1 / density if scheme == "inverse" else 1 / np.sqrt(density)
    return w / w[index].mean()


@wrong("weights", "index plays no part yet: w[index] gives each")
def weights_index_ignored(density, index, scheme):
    w = 1 / density if scheme == "inverse" else 1 / np.sqrt(density)
    return w / w.mean()


@wrong("weights", "the largest of your weights is 1: it is")
def weights_by_maximum(density, index, scheme):
    w = 1 / density[index] if scheme == "inverse" else 1 / np.sqrt(density[index])
    return w / w.max()


@wrong("weights", "after the root the mean is no longer 1: take")
def weights_root_after_scaling(density, index, scheme):
    w = 1 / density[index]
    w = w / w.mean()
    if scheme == "sqrt_inverse":
        w = np.sqrt(w)
    return w


@wrong("weights", "common ages get *more* weight: take 1 /")
def weights_not_inverted(density, index, scheme):
    p = density[index]
    w = p if scheme == "inverse" else np.sqrt(p)
    return w / w.mean()


@wrong("weights", 'you take the root for "inverse" too: compare')
def weights_always_root(density, index, scheme):
    w = 1 / np.sqrt(density[index])
    return w / w.mean()


@wrong("weights", 'for "sqrt_inverse" you take the root, but')
def weights_root_not_inverted(density, index, scheme):
    w = 1 / density[index] if scheme == "inverse" else np.sqrt(density[index])
    return w / w.mean()


@wrong("weights", "you count the samples again, so the")
def weights_of_counts(density, index, scheme):
    counts = np.bincount(index, minlength=len(density))
    w = 1 / counts[index] if scheme == "inverse" else 1 / np.sqrt(counts[index])
    return w / w.mean()


@wrong("weights", "you add 1 to the density: no sample's bin is")
def weights_plus_one(density, index, scheme):
    p = density[index] + 1
    w = 1 / p if scheme == "inverse" else 1 / np.sqrt(p)
    return w / w.mean()


@wrong("weights", "you take the mean over the bins that occur:")
def weights_mean_over_used_bins(density, index, scheme):
    w = 1 / density if scheme == "inverse" else 1 / np.sqrt(density)
    return w[index] / w[np.unique(index)].mean()


@wrong("weights", "that is 1 minus the density: INV is 1")
def weights_one_minus(density, index, scheme):
    p = density / density.sum()
    w = 1 - p[index]
    if scheme == "sqrt_inverse":
        w = np.sqrt(w)
    return w / w.mean()


@wrong("weights", "changes its input")
def weights_fills_zeros(density, index, scheme):
    density[density == 0] = 1
    w = 1 / density if scheme == "inverse" else 1 / np.sqrt(density)
    return w[index] / w[index].mean()


@wrong("weights", "you scale the density to the mean 1")
def weights_density_mean_one(density, index, scheme):
    p = density[index]
    p = p / p.mean()
    return 1 / p if scheme == "inverse" else 1 / np.sqrt(p)


@wrong("weights", "you scale the density over the bins")
def weights_density_mean_over_bins(density, index, scheme):
    p = density / density.mean()
    return (1 / p if scheme == "inverse" else 1 / np.sqrt(p))[index]


@wrong("weights", "you scale the density to the sum 1")
def weights_density_sum_one(density, index, scheme):
    p = (density / density.sum())[index]
    return 1 / p if scheme == "inverse" else p**-0.5


@wrong("weights", "you square the density")
def weights_squared(density, index, scheme):
    p = density[index]
    w = 1 / p if scheme == "inverse" else 1 / p**2
    return w / w.mean()


@wrong("weights", "the card's word")
def weights_by_another_word(density, index, scheme):
    p = density[index]
    w = 1 / np.sqrt(p) if scheme == "sqinv" else 1 / p
    return w / w.mean()


@wrong("weights", "the card's word")
def weights_by_a_third_word(density, index, scheme):
    p = density[index]
    w = 1 / p if scheme == "inv" else 1 / np.sqrt(p)
    return w / w.mean()


# 2.4 · weighted_l1


@right("weighted_l1")
def torch_weighted_l1(y_hat, y, w):
    if y_hat.shape != y.shape or y.shape != w.shape:
        raise ValueError("shapes")
    return torch.dot(w, torch.abs(y_hat - y)) / len(y)


@right("weighted_l1")
def l1_functional(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError(f"{y_hat.shape}, {y.shape}, {w.shape}")
    return (F.l1_loss(y_hat, y, reduction="none") * w).mean()


@right("weighted_l1")
def l1_loop(y_hat, y, w):
    if len({tuple(t.size()) for t in (y_hat, y, w)}) > 1:
        raise ValueError("shapes differ")
    total = 0
    for a, b, c in zip(y_hat.flatten(), y.flatten(), w.flatten(), strict=True):
        total = total + c * torch.abs(b - a)
    return total / y.numel()


@right("weighted_l1")
def l1_where(y_hat, y, w):
    for other in (y, w):
        if list(y_hat.shape) != list(other.shape):
            raise ValueError("all three need the same shape")
    d = y_hat - y
    return torch.sum(w * torch.where(d > 0, d, -d)) / len(y)


@right("weighted_l1")
def l1_dot_product(y_hat, y, w):
    if y_hat.shape != y.shape or y.shape != w.shape:
        raise ValueError
    return torch.dot(w, (y - y_hat).abs()) / len(w)


@wrong("weighted_l1", "compare the shapes first")
def l1_no_check(y_hat, y, w):
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "number of dimensions")
def l1_ndim_only(y_hat, y, w):
    if y_hat.dim() != y.dim() or y.dim() != w.dim():
        raise ValueError("dimensions differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "with a ValueError, but AssertionError")
def l1_assert(y_hat, y, w):
    assert y_hat.shape == y.shape == w.shape, "shapes differ"
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "with a ValueError, but TypeError")
def l1_other_error(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise TypeError("shapes differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "squeeze turns [1] into []")
def l1_squeezes(y_hat, y, w):
    y_hat = y_hat.squeeze()
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "divide by N")
def l1_over_weights(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y_hat - y).abs()).sum() / w.sum()


@wrong("weighted_l1", "must be a tensor")
def l1_item(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y_hat - y).abs()).mean().item()


@wrong("weighted_l1", "must be a tensor")
def l1_numpy(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    a, b, c = (t.detach().numpy() for t in (y_hat, y, w))
    return np.mean(c * np.abs(a - b))


@wrong("weighted_l1", "requires grad")
def l1_numpy_with_grad(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return torch.tensor(np.mean(w.numpy() * np.abs(y_hat.numpy() - y.numpy())))


@wrong("weighted_l1", "knows nothing of y_hat")
def l1_new_tensor(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    losses = [float(c * abs(a - b)) for a, b, c in zip(y_hat, y, w, strict=True)]
    return torch.tensor(losses).mean()


@wrong("weighted_l1", "two means")
def l1_mean_first(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return F.l1_loss(y_hat, y) * w.mean()


@wrong("weighted_l1", "take the mean")
def l1_sum(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y_hat - y).abs()).sum()


@wrong("weighted_l1", "squared errors")
def l1_squared(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y - y_hat) ** 2).mean()


@wrong("weighted_l1", "play no part")
def l1_unweighted(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return F.l1_loss(y_hat, y)


@wrong("weighted_l1", "no gradient flows")
def l1_hard_coded(y_hat, y, w):
    return torch.tensor(1.75)


@wrong("weighted_l1", "changes its input")
def l1_in_place(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    w *= (y_hat - y).abs()
    return w.mean()


@wrong("weighted_l1", "knows nothing of y_hat")
def l1_rewrapped(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    value = (w * (y_hat - y).abs()).mean()
    return torch.tensor(value.item(), requires_grad=True)


@wrong("weighted_l1", "knows nothing of y_hat")
def l1_from_numpy_with_grad(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    a, b, c = (t.detach().numpy() for t in (y_hat, y, w))
    return torch.tensor((c * abs(a - b)).mean()).requires_grad_()


@wrong("weighted_l1", "detach cuts the gradient")
def l1_detached(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y_hat.detach() - y).abs() + 0 * y_hat).mean()


@wrong("weighted_l1", "the gradient of the loss by y_hat")
def l1_gradient_turned(y_hat, y, w):
    """Its value is right, and its gradient leads uphill."""
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    value = (w * (y_hat - y).abs()).mean()
    return 2 * value.detach() - value


@wrong("weighted_l1", "in-place")
def l1_in_place_on_leaf(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    y_hat -= y
    return (w * y_hat.abs()).mean()


@wrong("weighted_l1", "must be refused")
def l1_catches_all(y_hat, y, w):
    try:
        if not (y_hat.shape == y.shape == w.shape):
            raise ValueError("shapes differ")
        return (w * (y_hat - y).abs()).mean()
    except Exception:
        return torch.tensor(0.0)


@wrong("weighted_l1", "the shape of w is not compared: [N] times [N")
def l1_weights_unchecked(y_hat, y, w):
    if y_hat.shape != y.shape:
        raise ValueError("shapes differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "the shape of y_hat is not compared: it is")
def l1_prediction_unchecked(y_hat, y, w):
    if y.shape != w.shape:
        raise ValueError("shapes differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "len() and numel() don't tell [5, 1] from [5]")
def l1_length_only(y_hat, y, w):
    if len(y_hat) != len(y) or len(y) != len(w):
        raise ValueError("lengths differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "len() and numel() don't tell [5, 1] from [5]")
def l1_numel_only(y_hat, y, w):
    if y_hat.numel() != y.numel() or y.numel() != w.numel():
        raise ValueError("sizes differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "a != b != c is true only if both pairs")
def l1_chained_unequal(y_hat, y, w):
    if y_hat.shape != y.shape != w.shape:
        raise ValueError("shapes differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "one shape that differs is enough: join the")
def l1_and_for_or(y_hat, y, w):
    if y_hat.shape != y.shape and y_hat.shape != w.shape:
        raise ValueError("shapes differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "raise it")
def l1_returns_error(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        return ValueError("shapes differ")
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "printing a message stops nobody: raise the")
def l1_prints_error(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        print("ValueError: shapes differ")
        return None
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "you flatten other shapes silently: the")
def l1_reshapes(y_hat, y, w):
    y_hat, y, w = y_hat.reshape(-1), y.reshape(-1), w.reshape(-1)
    return (w * (y_hat - y).abs()).mean()


@wrong("weighted_l1", "the mean comes before the weights: multiply")
def l1_mean_first_vector(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return w * F.l1_loss(y_hat, y)


@wrong("weighted_l1", "those are the losses of the samples: take")
def l1_no_mean(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return w * (y_hat - y).abs()


@wrong("weighted_l1", "errors below and above cancel: take the")
def l1_abs_missing(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y - y_hat)).mean()


@wrong("weighted_l1", "the absolute value comes too late: take it")
def l1_abs_of_mean(y_hat, y, w):
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y - y_hat)).mean().abs()


@wrong("weighted_l1", "squeeze makes [5, 1] look like [5]")
def l1_squeezes_all(y_hat, y, w):
    y_hat, y, w = y_hat.squeeze(), y.squeeze(), w.squeeze()
    if not (y_hat.shape == y.shape == w.shape):
        raise ValueError("shapes differ")
    return (w * (y - y_hat).abs()).mean()


@wrong("weighted_l1", "you refuse three tensors of the same shape")
def l1_compares_methods(y_hat, y, w):
    if y_hat.size != y.size or y.size != w.size:
        raise ValueError(f"shapes {y_hat.shape}, {y.shape} and {w.shape} differ")
    return (w * (y - y_hat).abs()).mean()


@wrong("weighted_l1", "you refuse three tensors of the same shape")
def l1_compares_identity(y_hat, y, w):
    if y_hat.shape is not y.shape or y.shape is not w.shape:
        message = "the shapes differ"
        raise ValueError(message)
    return (w * (y - y_hat).abs()).mean()


@wrong("weighted_l1", "not enough values to unpack")
def l1_unpacks(y_hat, y, w):
    first, second = (y_hat - y).abs()
    return (w * torch.stack([first, second])).mean()
