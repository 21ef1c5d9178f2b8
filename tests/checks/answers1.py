"""Wrong answers that students write in lesson 1, and right ones in other styles.

The answers were written from the lesson's cards alone, without a look at the checks.
Each wrong one names a part of the sentence that helps whoever wrote it.
"""

import math
from collections import Counter

import numpy as np
import pandas as pd
import scipy.stats
from answers import Answers

from course.checks import lesson1

ANSWERS = Answers(lesson1)
wrong, right = ANSWERS.wrong, ANSWERS.right
REGIONS = ("many", "medium", "few", "zero")


# 1.1 · bin_index


@right("bin_index")
def loop_bin_index(labels, start, width):
    return [int((y - start) // width) for y in labels]


@right("bin_index")
def digitize_bin_index(labels, start, width):
    edges = start + width * np.arange(1000)
    return np.digitize(labels, edges) - 1


@right("bin_index")
def bin_loop_and_floor(labels, start, width):
    bins = []
    for y in labels:
        bins.append(math.floor((y - start) / width))
    return np.array(bins, dtype=int)


@right("bin_index")
def bin_truncated_distance(labels, start, width):
    return ((labels - start) / width).astype(np.int64)  # labels are >= start


@right("bin_index")
def bin_floor_division(labels, start, width):
    return ((labels - start) // width).astype(int)


@right("bin_index")
def bin_digitize(labels, start, width):
    n = int((labels.max() - start) / width) + 2 if len(labels) else 1
    edges = start + width * np.arange(n + 1)
    return np.digitize(labels, edges) - 1


@wrong("bin_index", "cuts towards zero")
def bin_label_truncated_first(labels, start, width):
    return ((labels.astype(int) - start) / width).astype(int)


@wrong("bin_index", "divide by it")
def bin_width_forgotten(labels, start, width):
    return np.floor(labels - start).astype(int)


@wrong("bin_index", "subtract it")
def bin_start_forgotten(labels, start, width):
    return np.floor(labels / width).astype(int)


@wrong("bin_index", "whole numbers")
def bin_floats(labels, start, width):
    return np.floor((labels - start) / width)


@wrong("bin_index", "whole numbers")
def bin_floor_division_floats(labels, start, width):
    return (labels - start) // width


@wrong("bin_index", "round down")
def bin_rounded(labels, start, width):
    return np.round((labels - start) / width).astype(int)


@wrong("bin_index", "counted from 0")
def bin_from_one(labels, start, width):
    return np.floor((labels - start) / width).astype(int) + 1


@wrong("bin_index", "counted from 0")
def bin_digitize_from_one(labels, start, width):
    edges = np.arange(start, labels.max() + width, width)
    return np.digitize(labels, edges)


@wrong("bin_index", "a label on an edge")
def bin_searchsorted_left(labels, start, width):
    edges = start + width * np.arange(1000)
    return np.searchsorted(edges, labels) - 1


@wrong("bin_index", "shape [], not [6]")
def bin_returns_in_loop(labels, start, width):
    for y in labels:
        return int((y - start) // width)


@wrong("bin_index", "return statement")
def bin_prints(labels, start, width):
    print(np.floor((labels - start) / width).astype(int))


@wrong("bin_index", "shape [1], not [6]")
def bin_hard_coded(labels, start, width):
    return np.array([2])


@wrong("bin_index", "changes its input")
def bin_in_place(labels, start, width):
    labels -= start
    labels /= width
    return np.floor(labels).astype(int)


@wrong("bin_index", "but got [0, 0, 0, 0, 0, 0]")
def bin_catches_all(labels, start, width):
    try:
        return np.floor((labels - start) / width, dtype=int)
    except Exception:
        return np.zeros(len(labels), dtype=int)


@wrong("bin_index", "int() cuts each label, and the start too:")
def bin_loop_int_of_label(labels, start, width):
    return np.array([int((int(y) - int(start)) / width) for y in labels])


@wrong("bin_index", "np.ceil rounds up, so 0.4 lands in bin 1:")
def bin_ceiling(labels, start, width):
    return np.ceil((labels - start) / width).astype(int)


@wrong("bin_index", "`/` comes before `-`: write (labels - start)")
def bin_no_parentheses(labels, start, width):
    return np.floor(labels - start / width).astype(int)


@wrong("bin_index", "you multiply by `width`: ask how many widths")
def bin_times_width(labels, start, width):
    return np.floor((labels - start) * width).astype(int)


@wrong("bin_index", "int() takes one number, not an array: use")
def bin_int_of_array(labels, start, width):
    return int((labels - start) / width)


# 1.2 · count_regions


@right("count_regions")
def loop_count_regions(index, n_bins, many, few):
    counts = [int((index == b).sum()) for b in range(n_bins)]
    names = []
    for n in counts:
        if n == 0:
            names.append("zero")
        elif n < few:
            names.append("few")
        elif n <= many:
            names.append("medium")
        else:
            names.append("many")
    return counts, names


@right("count_regions")
def regions_counter(index, n_bins, many, few):
    c = Counter(index.tolist())
    counts = [c[b] for b in range(n_bins)]
    names = []
    for n in counts:
        if n > many:
            names.append("many")
        elif n >= few and n > 0:
            names.append("medium")
        elif n > 0:
            names.append("few")
        else:
            names.append("zero")
    return counts, names


@right("count_regions")
def regions_histogram_select(index, n_bins, many, few):
    counts, _ = np.histogram(index, bins=np.arange(n_bins + 1) - 0.5)
    cases = [counts == 0, counts < few, counts <= many]
    return counts, np.select(cases, ["zero", "few", "medium"], "many")


@right("count_regions")
def regions_object_array(index, n_bins, many, few):
    counts = np.zeros(n_bins, dtype=int)
    np.add.at(counts, index, 1)
    region = np.empty(n_bins, dtype=object)
    region[:] = "medium"
    region[counts > many] = "many"
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "minlength=n_bins")
def regions_no_minlength(index, n_bins, many, few):
    counts = np.bincount(index)
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "*more* than 100")
def regions_many_inclusive(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.where(counts >= many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "*fewer* than 20")
def regions_few_inclusive(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    names = []
    for c in counts:
        if c == 0:
            names.append("zero")
        elif c <= few:
            names.append("few")
        elif c <= many:
            names.append("medium")
        else:
            names.append("many")
    return counts, np.array(names)


@wrong("count_regions", "zero-shot, not few-shot")
def regions_zero_is_few(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.where(counts > many, "many", "medium")
    region[counts == 0] = "zero"
    region[counts < few] = "few"
    return counts, region


@wrong("count_regions", "leaves the empty bins out")
def regions_unique(index, n_bins, many, few):
    _, counts = np.unique(index, return_counts=True)
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "shape [2], not [3]")
def regions_histogram_one_edge_short(index, n_bins, many, few):
    counts, _ = np.histogram(index, bins=range(n_bins))
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "2 values")
def regions_names_only(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return region


@wrong("count_regions", "ambiguous")
def regions_if_on_array(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    if counts > many:
        return counts, "many"
    elif counts >= few:
        return counts, "medium"
    return counts, "few"


@wrong("count_regions", "whole numbers")
def regions_float_counts(index, n_bins, many, few):
    counts = np.zeros(n_bins)
    for i in index:
        counts[i] += 1
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "shape [3], not [9]")
def regions_hard_coded(index, n_bins, many, few):
    return np.array([2, 0, 1]), np.array(["few", "zero", "few"])


@wrong("count_regions", "changes its input")
def regions_sorts_input(index, n_bins, many, few):
    index.sort()
    counts = np.searchsorted(index, np.arange(n_bins), side="right")
    counts = np.diff(counts, prepend=0)
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "zero-shot, not few-shot")
def regions_catches_all(index, n_bins, many, few):
    counts, names = [], []
    for b in range(n_bins):
        try:
            n = dict(zip(*np.unique(index, return_counts=True), strict=True))[b]
            names.append("many" if n > many else "few" if n < few else "medium")
        except Exception:
            n = 0
            names.append("few")
        counts.append(n)
    return np.array(counts), np.array(names)


@wrong("count_regions", "both thresholds belong to medium: many-shot")
def regions_both_inclusive(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.where(counts >= many, "many", "medium")
    region[counts <= few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "counts[index] += 1 counts each bin once,")
def regions_fancy_plus_equals(index, n_bins, many, few):
    counts = np.zeros(n_bins, dtype=int)
    counts[index] += 1
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "NumPy cut your names to 3 letters, because")
def regions_names_cut_to_three(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.full(n_bins, "few")
    region[counts > many] = "many"
    region[(counts >= few) & (counts <= many)] = "medium"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "NumPy cut your names to 1 letter: dtype=str")
def regions_names_cut_to_one(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.empty(n_bins, dtype=str)
    for b in range(n_bins):
        if counts[b] > many:
            region[b] = "many"
        elif counts[b] == 0:
            region[b] = "zero"
        elif counts[b] < few:
            region[b] = "few"
        else:
            region[b] = "medium"
    return counts, region


@wrong("count_regions", "NumPy cut your names to 4 letters, because")
def regions_names_cut_to_four(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.array(["zero"] * n_bins)
    region[counts > 0] = "few"
    region[counts >= few] = "medium"
    region[counts > many] = "many"
    return counts, region


@wrong("count_regions", "100 and 20 are fixed in your code: use the")
def regions_fixed_thresholds(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.where(counts > 100, "many", "medium")
    region[counts < 20] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "np.histogram cut the range of *your samples*")
def regions_histogram_of_data(index, n_bins, many, few):
    counts, _ = np.histogram(index, bins=n_bins)
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region


@wrong("count_regions", "the order is the wrong way round: return the")
def regions_swapped_order(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return region, counts


@wrong("count_regions", "you give one name per sample: give one per")
def regions_per_sample(index, n_bins, many, few):
    counts = np.bincount(index, minlength=n_bins)
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return counts, region[index]


# 1.3 · neighbourhood_mass


@right("neighbourhood_mass")
def cumsum_mass(counts, radius):
    total = np.concatenate([[0], np.cumsum(counts)])
    b = np.arange(len(counts))
    return (
        total[np.minimum(b + radius + 1, len(counts))]
        - total[np.maximum(b - radius, 0)]
    )


@right("neighbourhood_mass")
def convolved_mass(counts, radius):
    full = np.convolve(counts, np.ones(2 * radius + 1, int))
    return full[radius : radius + len(counts)]


@right("neighbourhood_mass")
def mass_cumulative(counts, radius):
    n = len(counts)
    total = np.concatenate([[0], np.cumsum(counts)])
    b = np.arange(n)
    return total[np.minimum(b + radius + 1, n)] - total[np.maximum(b - radius, 0)]


@right("neighbourhood_mass")
def mass_double_loop(counts, radius):
    out = []
    for i in range(len(counts)):
        s = 0
        for j in range(len(counts)):
            if abs(i - j) <= radius:
                s += counts[j]
        out.append(s)
    return np.array(out)


@right("neighbourhood_mass")
def mass_matrix(counts, radius):
    i = np.arange(counts.size)
    near = np.abs(i[:, None] - i) <= radius
    return near.astype(int) @ counts


@wrong("neighbourhood_mass", "b + radius + 1")
def mass_right_end_missing(counts, radius):
    return np.array(
        [counts[max(0, b - radius) : b + radius].sum() for b in range(len(counts))]
    )


@wrong("neighbourhood_mass", "max(0, b - radius)")
def mass_negative_start(counts, radius):
    out = np.zeros_like(counts)
    for b in range(len(counts)):
        out[b] = np.sum(counts[b - radius : b + radius + 1])
    return out


@wrong("neighbourhood_mass", "the bin itself is missing")
def mass_without_itself(counts, radius):
    out = []
    for b in range(len(counts)):
        left = counts[max(0, b - radius) : b].sum()
        out.append(left + counts[b + 1 : b + radius + 1].sum())
    return np.array(out)


@wrong("neighbourhood_mass", "round in a circle")
def mass_roll(counts, radius):
    return sum(np.roll(counts, d) for d in range(-radius, radius + 1))


@wrong("neighbourhood_mass", "round in a circle")
def mass_modulo(counts, radius):
    n = len(counts)
    out = np.zeros(n, dtype=int)
    for b in range(n):
        for d in range(-radius, radius + 1):
            out[b] += counts[(b + d) % n]
    return out


@wrong("neighbourhood_mass", "the mass is their sum")
def mass_mean(counts, radius):
    n = len(counts)
    return np.array(
        [counts[max(0, b - radius) : min(n, b + radius + 1)].mean() for b in range(n)]
    )


@wrong("neighbourhood_mass", "whole numbers")
def mass_float_loop(counts, radius):
    out = np.zeros(len(counts))
    for b in range(len(counts)):
        out[b] = counts[max(0, b - radius) : b + radius + 1].sum()
    return out


@wrong("neighbourhood_mass", "shape [3], not [5]")
def mass_convolve_valid(counts, radius):
    return np.convolve(counts, np.ones(2 * radius + 1, dtype=int), mode="valid")


@wrong("neighbourhood_mass", "shape [7], not [5]")
def mass_convolve_full(counts, radius):
    return np.convolve(counts, np.ones(2 * radius + 1, dtype=int))


@wrong("neighbourhood_mass", "out of bounds")
def mass_index_error(counts, radius):
    out = np.zeros_like(counts)
    for b in range(len(counts)):
        for k in range(b - radius, b + radius + 1):
            out[b] += counts[k]
    return out


@wrong("neighbourhood_mass", "but got [6, 7, 3, 9, 8]")
def mass_hard_coded(counts, radius):
    return np.array([6, 7, 3, 9, 8])


@wrong("neighbourhood_mass", "changes its input")
def mass_in_place(counts, radius):
    old = counts.copy()
    for b in range(len(counts)):
        counts[b] = old[max(0, b - radius) : b + radius + 1].sum()
    return counts


@wrong("neighbourhood_mass", "new array")
def mass_alias(counts, radius):
    out = counts
    for b in range(len(counts)):
        out[b] = counts[max(0, b - radius) : b + radius + 1].sum()
    return out


@wrong("neighbourhood_mass", "the bin itself is counted twice: only one of")
def mass_itself_twice(counts, radius):
    out = []
    for b in range(len(counts)):
        left = counts[max(0, b - radius) : b + 1].sum()
        out.append(left + counts[b : b + radius + 1].sum())
    return np.array(out)


@wrong("neighbourhood_mass", "you divide by the number of bins: the mass")
def mass_moving_average(counts, radius):
    size = 2 * radius + 1
    padded = np.pad(counts, radius)
    return np.array([padded[b : b + size].sum() / size for b in range(len(counts))])


@wrong("neighbourhood_mass", 'mode="same" is as long as the longer of the')
def mass_convolve_same(counts, radius):
    return np.convolve(counts, np.ones(2 * radius + 1), mode="same")


@wrong("neighbourhood_mass", 'mode="same" is as long as the longer of the')
def mass_convolve_same_ints(counts, radius):
    return np.convolve(counts, np.ones(2 * radius + 1, dtype=int), mode="same")


@wrong("neighbourhood_mass", "you repeat the first and the last bin:")
def mass_edge_repeated(counts, radius):
    padded = np.pad(counts, radius, mode="edge")
    return np.array([padded[b : b + 2 * radius + 1].sum() for b in range(len(counts))])


@wrong("neighbourhood_mass", "you repeat the first and the last bin:")
def mass_clipped_neighbours(counts, radius):
    last = len(counts) - 1
    out = np.zeros_like(counts)
    for b in range(len(counts)):
        for k in range(b - radius, b + radius + 1):
            out[b] += counts[min(max(k, 0), last)]
    return out


@wrong("neighbourhood_mass", "you always add one bin on each side: go")
def mass_nearest_only(counts, radius):
    out = counts.copy()
    out[1:] += counts[:-1]
    out[:-1] += counts[1:]
    return out


@wrong("neighbourhood_mass", "you read sums that you have just written:")
def mass_reads_what_it_wrote(counts, radius):
    out = counts.copy()
    for b in range(len(counts)):
        out[b] = out[max(0, b - radius) : b + radius + 1].sum()
    return out


@wrong("neighbourhood_mass", "the bins near the two ends stay 0: they have")
def mass_edges_skipped(counts, radius):
    out = np.zeros_like(counts)
    for b in range(radius, len(counts) - radius):
        out[b] = counts[b - radius : b + radius + 1].sum()
    return out


@wrong("neighbourhood_mass", "you look to the left only: the bins after b")
def mass_one_side(counts, radius):
    return np.array(
        [counts[max(0, b - radius) : b + 1].sum() for b in range(len(counts))]
    )


@wrong("neighbourhood_mass", "a negative index is no IndexError, it counts")
def mass_catches_all(counts, radius):
    out = []
    for b in range(len(counts)):
        s = 0
        for k in range(b - radius, b + radius + 1):
            try:
                s += counts[k]
            except Exception:
                pass
        out.append(s)
    return np.array(out)


@wrong("neighbourhood_mass", "how long is the window?")
def mass_window_of_radius(counts, radius):
    return np.convolve(counts, np.ones(radius), mode="same")


@wrong("neighbourhood_mass", "near the first bin your left slice begins")
def mass_two_slices(counts, radius):
    out = np.zeros_like(counts)
    for b in range(len(counts)):
        out[b] = sum(counts[b - radius : b]) + sum(counts[b : b + radius + 1])
    return out


@wrong("neighbourhood_mass", "the bins near the two ends keep their own counts")
def mass_ends_unchanged(counts, radius):
    out = counts.copy()
    for b in range(radius, len(counts) - radius):
        out[b] = counts[b - radius : b + radius + 1].sum()
    return out


@wrong("neighbourhood_mass", "for counts = [5, 1, 1, 1, 7], radius = 1: expected")
def mass_last_bin_dropped(counts, radius):
    out = np.zeros_like(counts)
    for b in range(len(counts) - 1):
        out[b] = counts[max(0, b - radius) : b + radius + 1].sum()
    return out


# 1.4 · mae_by_region


@right("mae_by_region")
def loop_mae_by_region(y, y_hat, region):
    errors = {"many": [], "medium": [], "few": [], "zero": []}
    for a, b, name in zip(y, y_hat, region, strict=True):
        errors[name].append(abs(a - b))
    return {name: sum(e) / len(e) if e else None for name, e in errors.items()}


@right("mae_by_region")
def mae_pandas(y, y_hat, region):
    table = pd.DataFrame({"e": abs(y - y_hat), "r": region})
    mean = table.groupby("r")["e"].mean()
    return {n: float(mean[n]) if n in mean else None for n in REGIONS}


@right("mae_by_region")
def mae_lists(y, y_hat, region):
    errors = {"zero": [], "few": [], "medium": [], "many": []}
    for a, b, r in zip(y, y_hat, region, strict=True):
        errors[r].append(abs(a - b))
    return {r: sum(e) / len(e) if e else None for r, e in errors.items()}


@wrong("mae_by_region", "comes too late")
def mae_abs_of_mean(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = abs((y - y_hat)[mask].mean()) if mask.any() else None
    return out


@wrong("mae_by_region", "take the absolute value")
def mae_abs_missing(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = (y_hat - y)[mask].mean() if mask.any() else None
    return out


@wrong("mae_by_region", "give None")
def mae_zero_if_empty(y, y_hat, region):
    out = {}
    for name in REGIONS:
        e = np.abs(y - y_hat)[region == name]
        out[name] = e.mean() if len(e) else 0.0
    return out


@wrong("mae_by_region", "must give None")
def mae_nan_if_empty(y, y_hat, region):
    return {name: np.abs(y - y_hat)[region == name].mean() for name in REGIONS}


@wrong("mae_by_region", "that holds 'few', 'many', 'medium', 'zero'")
def mae_keys_missing(y, y_hat, region):
    return {str(r): np.abs(y - y_hat)[region == r].mean() for r in np.unique(region)}


@wrong("mae_by_region", "squared errors")
def mae_mse(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = ((y - y_hat)[mask] ** 2).mean() if mask.any() else None
    return out


@wrong("mae_by_region", "ambiguous")
def mae_if_on_array(y, y_hat, region):
    out = {}
    for name in REGIONS:
        if region == name:
            out[name] = np.abs(y - y_hat).mean()
        else:
            out[name] = None
    return out


@wrong("mae_by_region", "division by zero")
def mae_division_by_zero(y, y_hat, region):
    out = {}
    for name in REGIONS:
        e = [abs(a - b) for a, b, r in zip(y, y_hat, region, strict=True) if r == name]
        out[name] = sum(e) / len(e)
    return out


@wrong("mae_by_region", "must be a dict")
def mae_list_of_four(y, y_hat, region):
    error = np.abs(y - y_hat)
    masks = [region == name for name in REGIONS]
    return [error[m].mean() if m.any() else None for m in masks]


@wrong("mae_by_region", "expected 7.64685, but got 7.6")
def mae_rounded(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = round(np.abs(y - y_hat)[mask].mean(), 1) if mask.any() else None
    return out


@wrong("mae_by_region", "broadcast")
def mae_mask_on_labels_only(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.abs(y[mask] - y_hat).mean() if mask.any() else None
    return out


@wrong("mae_by_region", "changes its input")
def mae_in_place(y, y_hat, region):
    y_hat -= y
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.abs(y_hat[mask]).mean() if mask.any() else None
    return out


@wrong("mae_by_region", "give None")
def mae_catches_all(y, y_hat, region):
    out = {}
    for name in REGIONS:
        e = [abs(a - b) for a, b, r in zip(y, y_hat, region, strict=True) if r == name]
        try:
            out[name] = sum(e) / len(e)
        except Exception:
            out[name] = 0
    return out


@wrong("mae_by_region", "positive and negative errors cancel: take")
def mae_abs_missing_other_sign(y, y_hat, region):
    out = dict.fromkeys(REGIONS)
    for name in set(region):
        out[name] = np.mean((y - y_hat)[region == name])
    return out


@wrong("mae_by_region", "you divide by the number of all samples:")
def mae_over_all(y, y_hat, region):
    error = np.abs(y - y_hat)
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = error[mask].sum() / len(y) if mask.any() else None
    return out


@wrong("mae_by_region", "you divide by the number of all samples:")
def mae_mask_product(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.mean(np.abs(y - y_hat) * mask) if mask.sum() > 0 else None
    return out


@wrong("mae_by_region", "an error of 0 is a perfect score, not an")
def mae_perfect_is_none(y, y_hat, region):
    total, n = dict.fromkeys(REGIONS, 0.0), dict.fromkeys(REGIONS, 0)
    for i in range(len(y)):
        total[region[i]] += abs(y[i] - y_hat[i])
        n[region[i]] += 1
    return {r: total[r] / n[r] if total[r] else None for r in REGIONS}


@wrong("mae_by_region", "an error of 0 is a perfect score, not an")
def mae_or_none(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.abs(y - y_hat)[mask].sum() / max(mask.sum(), 1) or None
    return out


@wrong("mae_by_region", "that is the root of the mean square: MAE")
def mae_rmse(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.sqrt(((y - y_hat)[mask] ** 2).mean()) if mask.any() else None
    return out


@wrong("mae_by_region", "that is the sum of the errors: divide by the")
def mae_sum(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.abs(y - y_hat)[mask].sum() if mask.any() else None
    return out


@wrong("mae_by_region", "that is the median of the errors: MAE is")
def mae_median(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.median(np.abs(y - y_hat)[mask]) if mask.any() else None
    return out


@wrong("mae_by_region", "but got 'None'")
def mae_none_as_text(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.abs(y - y_hat)[mask].mean() if mask.any() else "None"
    return out


@wrong("mae_by_region", "but got None")
def mae_hard_coded(y, y_hat, region):
    return {"many": 1.0, "medium": None, "few": 10.0, "zero": None}


@wrong("mae_by_region", "you average the means of the labels")
def mae_of_ages(y, y_hat, region):
    table = pd.DataFrame({"y": y, "e": abs(y - y_hat), "r": region})
    by_age = table.groupby(["r", "y"])["e"].mean().groupby("r").mean()
    return {n: float(by_age[n]) if n in by_age else None for n in REGIONS}


# 1.5 · geometric_mean


@right("geometric_mean")
def power_gm(y, y_hat, eps):
    error = np.abs(y - y_hat)
    error[error < eps] = eps
    return np.prod(error ** (1 / len(y)))


@right("geometric_mean")
def gm_scipy(y, y_hat, eps):
    return scipy.stats.gmean(np.clip(np.abs(y - y_hat), eps, None))


@right("geometric_mean")
def gm_loop(y, y_hat, eps):
    s = 0.0
    for a, b in zip(y, y_hat, strict=True):
        s += math.log(max(abs(a - b), eps))
    return math.e ** (s / len(y))


@right("geometric_mean")
def gm_base_two(y, y_hat, eps):
    e = np.where(np.abs(y - y_hat) < eps, eps, np.abs(y - y_hat))
    return float(2 ** np.log2(e).mean())


@wrong("geometric_mean", "sum their logarithms")
def gm_product(y, y_hat, eps):
    return np.prod(np.maximum(np.abs(y - y_hat), eps)) ** (1 / len(y))


@wrong("geometric_mean", "sum their logarithms")
def gm_product_loop(y, y_hat, eps):
    p = 1.0
    for i in range(len(y)):
        p *= max(abs(y[i] - y_hat[i]), eps)
    return p ** (1 / len(y))


@wrong("geometric_mean", "np.maximum(error, eps)")
def gm_eps_added(y, y_hat, eps):
    return np.exp(np.mean(np.log(np.abs(y - y_hat) + eps)))


@wrong("geometric_mean", "np.log with np.exp")
def gm_log10(y, y_hat, eps):
    return np.exp(np.mean(np.log10(np.maximum(np.abs(y - y_hat), eps))))


@wrong("geometric_mean", "below eps to eps")
def gm_no_eps(y, y_hat, eps):
    return np.exp(np.log(np.abs(y - y_hat)).mean())


@wrong("geometric_mean", "below eps to eps")
def gm_scipy_no_eps(y, y_hat, eps):
    return scipy.stats.gmean(np.abs(y - y_hat))


@wrong("geometric_mean", "take np.exp")
def gm_exp_missing(y, y_hat, eps):
    return np.mean(np.log(np.maximum(np.abs(y - y_hat), eps)))


@wrong("geometric_mean", "but got 2")
def gm_hard_coded(y, y_hat, eps):
    return 2.0


@wrong("geometric_mean", "changes its input")
def gm_in_place(y, y_hat, eps):
    y -= y_hat
    np.abs(y, out=y)
    return np.exp(np.log(np.maximum(y, eps)).mean())


@wrong("geometric_mean", "exactly 0")
def gm_catches_all(y, y_hat, eps):
    try:
        e = [abs(a - b) for a, b in zip(y, y_hat, strict=True)]
        return math.exp(sum(math.log(v) for v in e) / len(e))
    except Exception:
        return 0.0


@wrong("geometric_mean", "the product of thousands of errors overflows")
def gm_product_no_eps(y, y_hat, eps):
    return np.abs(y - y_hat).prod() ** (1 / len(y))


@wrong("geometric_mean", "you lift only errors of exactly 0: all that")
def gm_eps_only_for_zero(y, y_hat, eps):
    e = np.abs(y - y_hat)
    e[e == 0] = eps
    return np.exp(np.log(e).mean())


@wrong("geometric_mean", "you leave the tiny errors out: they count,")
def gm_small_dropped(y, y_hat, eps):
    e = np.abs(y - y_hat)
    return np.exp(np.log(e[e > eps]).mean())


@wrong("geometric_mean", "you leave the errors of 0 out: they count,")
def gm_zeros_dropped(y, y_hat, eps):
    e = np.abs(y - y_hat)
    return np.exp(np.log(e[e > 0]).mean())


@wrong("geometric_mean", "the absolute value is missing: each")
def gm_abs_missing(y, y_hat, eps):
    return np.exp(np.log(np.maximum(y - y_hat, eps)).mean())


@wrong("geometric_mean", "the absolute value is missing: each")
def gm_abs_missing_other_sign(y, y_hat, eps):
    return np.exp(np.log(np.maximum(y_hat - y, eps)).mean())


@wrong("geometric_mean", "exp and log undo each other here, which")
def gm_log_of_mean(y, y_hat, eps):
    return np.exp(np.log(np.mean(np.maximum(np.abs(y - y_hat), eps))))


@wrong("geometric_mean", "that is the product, without its N-th root:")
def gm_root_missing(y, y_hat, eps):
    return np.exp(np.sum(np.log(np.maximum(np.abs(y - y_hat), eps))))


@wrong("geometric_mean", "eps comes too late: lift each error before")
def gm_eps_at_the_end(y, y_hat, eps):
    return max(np.exp(np.log(np.abs(y - y_hat)).mean()), eps)


@wrong("geometric_mean", "the square root is for two errors: for N")
def gm_square_root(y, y_hat, eps):
    return np.sqrt(np.prod(np.maximum(np.abs(y - y_hat), eps)))


@wrong("geometric_mean", "your eps is fixed: use the argument")
def gm_fixed_eps(y, y_hat, eps):
    return np.exp(np.log(np.maximum(np.abs(y - y_hat), 1e-6)).mean())


@wrong("geometric_mean", "np.minimum makes all errors tiny: it is")
def gm_minimum(y, y_hat, eps):
    return np.exp(np.log(np.minimum(np.abs(y - y_hat), eps)).mean())


@wrong("geometric_mean", "those are squared errors: take absolute")
def gm_squared(y, y_hat, eps):
    return np.exp(np.log(np.maximum((y - y_hat) ** 2, eps)).mean())


@wrong("geometric_mean", "Python's max looks for the one largest thing")
def gm_python_max(y, y_hat, eps):
    error = max(abs(y - y_hat), eps)
    return np.exp(np.log(error).mean())


@wrong("geometric_mean", "np.max looks for the one largest number")
def gm_np_max(y, y_hat, eps):
    error = np.max(np.abs(y - y_hat), eps)
    return np.exp(np.mean(np.log(error)))


@wrong("geometric_mean", "put the exponent in parentheses")
def gm_exponent_not_in_parentheses(y, y_hat, eps):
    error = np.maximum(np.abs(y - y_hat), eps)
    return np.prod(error) ** 1 / len(y)


# 1.6 · pearson_correlation


@right("pearson_correlation")
def cov_pearson(a, b):
    return np.cov(a, b)[0, 1] / (a.std(ddof=1) * b.std(ddof=1))


@right("pearson_correlation")
def pearson_corrcoef(a, b):
    return np.corrcoef(a, b)[0, 1]


@right("pearson_correlation")
def pearson_pure_python(a, b):
    n = len(a)
    ma, mb = sum(a) / n, sum(b) / n
    sab = saa = sbb = 0
    for p, q in zip(a, b, strict=True):
        sab += (p - ma) * (q - mb)
        saa += (p - ma) ** 2
        sbb += (q - mb) ** 2
    return sab / math.sqrt(saa * sbb)


@right("pearson_correlation")
def pearson_z_scores(a, b):
    za = (a - np.mean(a)) / np.std(a)
    zb = (b - np.mean(b)) / np.std(b)
    return float(np.mean(za * zb))


@right("pearson_correlation")
def pearson_pandas(a, b):
    return pd.Series(a).corr(pd.Series(b))


@wrong("pearson_correlation", "changes its input")
def pearson_in_place(a, b):
    a -= a.mean()
    b -= b.mean()
    return (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())


@wrong("pearson_correlation", "n - 1")
def pearson_cov_and_std(a, b):
    return np.cov(a, b)[0, 1] / (a.std() * b.std())


@wrong("pearson_correlation", "the sign")
def pearson_squared(a, b):
    return np.corrcoef(a, b)[0, 1] ** 2


@wrong("pearson_correlation", "subtract each mean")
def pearson_cosine(a, b):
    return np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))


@wrong("pearson_correlation", "the ranks")
def pearson_spearman(a, b):
    return scipy.stats.spearmanr(a, b)[0]


@wrong("pearson_correlation", "both standard deviations")
def pearson_covariance(a, b):
    return np.mean((a - a.mean()) * (b - b.mean()))


@wrong("pearson_correlation", "keep the sign")
def pearson_absolute(a, b):
    return abs(np.corrcoef(a, b)[0, 1])


@wrong("pearson_correlation", "but got -0.982")
def pearson_hard_coded(a, b):
    return -0.982


@wrong("pearson_correlation", "but got 1")
def pearson_catches_all(a, b):
    try:
        return scipy.stats.pearsonr(a, b).correlation()
    except Exception:
        return 1.0


@wrong("pearson_correlation", "you divide by n above and by n - 1 below:")
def pearson_mean_and_ddof(a, b):
    cov = ((a - a.mean()) * (b - b.mean())).mean()
    return cov / (a.std(ddof=1) * b.std(ddof=1))


@wrong("pearson_correlation", "the root of the denominator is missing")
def pearson_root_missing(a, b):
    da, db = a - a.mean(), b - b.mean()
    return (da * db).sum() / ((da**2).sum() * (db**2).sum())


@wrong("pearson_correlation", "your root covers only the first sum of")
def pearson_root_of_one(a, b):
    da, db = a - a.mean(), b - b.mean()
    return (da * db).sum() / (np.sqrt((da**2).sum()) * (db**2).sum())


@wrong("pearson_correlation", "x / y * z is (x / y) * z: put the whole")
def pearson_no_parentheses(a, b):
    da, db = a - a.mean(), b - b.mean()
    return (da * db).sum() / np.sqrt((da**2).sum()) * np.sqrt((db**2).sum())


@wrong("pearson_correlation", "subtract the means in the denominator too")
def pearson_raw_below(a, b):
    da, db = a - a.mean(), b - b.mean()
    return (da * db).sum() / np.sqrt((a**2).sum() * (b**2).sum())


@wrong("pearson_correlation", "np.corrcoef gives a matrix [2, 2]: the")
def pearson_matrix(a, b):
    return np.corrcoef(a, b)


@wrong("pearson_correlation", "scipy gives two numbers, the correlation")
def pearson_with_p_value(a, b):
    return scipy.stats.pearsonr(a, b)


@wrong("pearson_correlation", "np.cov gives the covariance: divide it by")
def pearson_sample_covariance(a, b):
    return np.cov(a, b)[0, 1]


@wrong("pearson_correlation", "your result is always 0, as the deviations")
def pearson_product_of_sums(a, b):
    da, db = a - a.mean(), b - b.mean()
    return da.sum() * db.sum() / np.sqrt((da**2).sum() * (db**2).sum())


@wrong("pearson_correlation", "that is the slope of a line through the")
def pearson_slope(a, b):
    da, db = a - a.mean(), b - b.mean()
    return (da * db).sum() / (da**2).sum()


@wrong("pearson_correlation", "your denominator is the numerator's own size")
def pearson_square_of_sum(a, b):
    da, db = a - a.mean(), b - b.mean()
    return (da * db).sum() / np.sqrt((da * db).sum() ** 2)


@wrong("pearson_correlation", "don't round: return all digits")
def pearson_rounded(a, b):
    return round(np.corrcoef(a, b)[0, 1], 3)
