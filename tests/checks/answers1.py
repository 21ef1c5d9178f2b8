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

import dirlib
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


# 1.2 · region_of


@right("region_of")
def region_counter(test_bins, train_bins, many, few):
    c = Counter(train_bins.tolist())
    names = []
    for b in test_bins.tolist():
        n = c[b]
        if n == 0:
            names.append("zero")
        elif n < few:
            names.append("few")
        elif n <= many:
            names.append("medium")
        else:
            names.append("many")
    return names


@right("region_of")
def region_matrix(test_bins, train_bins, many, few):
    n = (test_bins[:, None] == train_bins).sum(1)
    return np.select([n == 0, n < few, n <= many], ["zero", "few", "medium"], "many")


@right("region_of")
def region_histogram(test_bins, train_bins, many, few):
    counts, _ = np.histogram(train_bins, bins=np.arange(500) - 0.5)
    n = counts[test_bins]
    names = np.where(n > many, "many", "medium")
    names = np.where(n < few, "few", names)
    return np.where(n == 0, "zero", names)


@right("region_of")
def region_object_array(test_bins, train_bins, many, few):
    counts = np.zeros(1000, dtype=int)
    np.add.at(counts, train_bins, 1)
    region = np.empty(len(test_bins), dtype=object)
    for i, b in enumerate(test_bins):
        n = counts[b]
        region[i] = (
            "many" if n > many else "medium" if n >= few else "few" if n else "zero"
        )
    return region


@right("region_of")
def region_pandas(test_bins, train_bins, many, few):
    n = pd.Series(train_bins).value_counts().reindex(test_bins, fill_value=0)
    limits = [-1, 0, few - 1, many, math.inf]
    names = pd.cut(n, limits, labels=["zero", "few", "medium", "many"])
    return names.astype(str).values


def named(n, many, few):
    """A name for each count, as a student would find it."""
    region = np.where(n > many, "many", "medium")
    region[n < few] = "few"
    region[n == 0] = "zero"
    return region


@wrong("region_of", "minlength")
def region_no_minlength(test_bins, train_bins, many, few):
    return named(np.bincount(train_bins)[test_bins], many, few)


@wrong("region_of", "IndexError")
def region_names_without_minlength(test_bins, train_bins, many, few):
    names = [str(s) for s in named(np.bincount(train_bins), many, few)]
    return [names[b] for b in test_bins]


@wrong("region_of", "you count the test samples")
def region_of_test_counts(test_bins, train_bins, many, few):
    counts = np.bincount(test_bins, minlength=1000)
    return named(counts, many, few)[test_bins]


@wrong("region_of", "you count the test samples")
def region_of_test_loop(test_bins, train_bins, many, few):
    return named(np.array([(test_bins == b).sum() for b in test_bins]), many, few)


@wrong("region_of", "many-shot is *more* than `many`")
def region_many_inclusive(test_bins, train_bins, many, few):
    counts = np.bincount(train_bins, minlength=1000)
    region = np.where(counts >= many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return region[test_bins]


@wrong("region_of", "few-shot is *fewer* than `few`")
def region_few_inclusive(test_bins, train_bins, many, few):
    c = Counter(train_bins.tolist())
    names = []
    for b in test_bins:
        if c[b] == 0:
            names.append("zero")
        elif c[b] <= few:
            names.append("few")
        elif c[b] <= many:
            names.append("medium")
        else:
            names.append("many")
    return np.array(names)


@wrong("region_of", "both thresholds belong to medium")
def region_both_inclusive(test_bins, train_bins, many, few):
    n = np.bincount(train_bins, minlength=1000)[test_bins]
    region = np.where(n >= many, "many", "medium")
    region[n <= few] = "few"
    region[n == 0] = "zero"
    return region


@wrong("region_of", "zero-shot, not few-shot")
def region_zero_is_few(test_bins, train_bins, many, few):
    n = np.bincount(train_bins, minlength=1000)[test_bins]
    return np.where(n > many, "many", np.where(n < few, "few", "medium"))


@wrong("region_of", "zero-shot, not few-shot")
def region_few_overwrites_zero(test_bins, train_bins, many, few):
    n = (test_bins[:, None] == train_bins).sum(1)
    region = np.full(len(n), "medium")
    region[n > many] = "many"
    region[n == 0] = "zero"
    region[n < few] = "few"
    return region


@wrong("region_of", "leaves the empty bins out")
def region_unique(test_bins, train_bins, many, few):
    _, counts = np.unique(train_bins, return_counts=True)
    region = np.where(counts > many, "many", "medium")
    region[counts < few] = "few"
    region[counts == 0] = "zero"
    return region[test_bins]


@wrong("region_of", "beyond the last training bin is zero-shot")
def region_clipped(test_bins, train_bins, many, few):
    counts = np.bincount(train_bins)
    return named(counts[np.clip(test_bins, 0, len(counts) - 1)], many, few)


@wrong("region_of", "one name per bin")
def region_per_bin(test_bins, train_bins, many, few):
    n_bins = max(test_bins.max(), train_bins.max()) + 1
    return named(np.bincount(train_bins, minlength=n_bins), many, few)


@wrong("region_of", "the test samples get the names")
def region_of_training_samples(test_bins, train_bins, many, few):
    return named(np.bincount(train_bins)[train_bins], many, few)


@wrong("region_of", "return the names of their regions")
def region_counts(test_bins, train_bins, many, few):
    return np.bincount(train_bins, minlength=1000)[test_bins]


@wrong("region_of", "mixed up")
def region_swapped(test_bins, train_bins, many, few):
    return region_matrix(train_bins, test_bins, many, few)


@wrong("region_of", "are fixed in your code")
def region_fixed(test_bins, train_bins, many, few):
    return named(np.bincount(train_bins, minlength=1000)[test_bins], 100, 20)


@wrong("region_of", "the medium region is missing")
def region_no_medium(test_bins, train_bins, many, few):
    n = np.bincount(train_bins, minlength=1000)[test_bins]
    return np.where(n > many, "many", np.where(n == 0, "zero", "few"))


@wrong("region_of", "counts each bin once")
def region_fancy_plus_equals(test_bins, train_bins, many, few):
    counts = np.zeros(1000, dtype=int)
    counts[train_bins] += 1
    return named(counts[test_bins], many, few)


@wrong("region_of", "NumPy cut your names to 3 letters")
def region_cut_to_three(test_bins, train_bins, many, few):
    n = np.bincount(train_bins, minlength=1000)[test_bins]
    region = np.full(len(n), "few")
    region[n > many] = "many"
    region[(n >= few) & (n <= many)] = "medium"
    region[n == 0] = "zero"
    return region


@wrong("region_of", "NumPy cut your names to 4 letters")
def region_cut_to_four(test_bins, train_bins, many, few):
    n = np.bincount(train_bins, minlength=1000)[test_bins]
    region = np.array(["zero"] * len(n))
    region[n > 0] = "few"
    region[n >= few] = "medium"
    region[n > many] = "many"
    return region


@wrong("region_of", "NumPy cut your names to 1 letter")
def region_cut_to_one(test_bins, train_bins, many, few):
    region = np.empty(len(test_bins), dtype=str)
    names = named(np.bincount(train_bins, minlength=1000)[test_bins], many, few)
    for i, name in enumerate(names):
        region[i] = name
    return region


@wrong("region_of", "ambiguous")
def region_if_on_array(test_bins, train_bins, many, few):
    n = np.bincount(train_bins, minlength=1000)[test_bins]
    if n > many:
        return "many"
    return "medium" if n >= few else "few"


@wrong("region_of", "has shape [3], not [4]")
def region_hard_coded(test_bins, train_bins, many, few):
    return np.array(["many", "zero", "few"])


@wrong("region_of", "changes its input")
def region_sorts_input(test_bins, train_bins, many, few):
    train_bins.sort()
    n = np.searchsorted(train_bins, test_bins, side="right")
    return named(n - np.searchsorted(train_bins, test_bins), many, few)


@wrong("region_of", "zero-shot, not few-shot")
def region_catches_all(test_bins, train_bins, many, few):
    table = dict(zip(*np.unique(train_bins, return_counts=True), strict=True))
    names = []
    for b in test_bins:
        try:
            n = table[b]
            names.append("many" if n > many else "few" if n < few else "medium")
        except Exception:
            names.append("few")
    return names


@wrong("region_of", "return statement")
def region_prints(test_bins, train_bins, many, few):
    print(region_counter(test_bins, train_bins, many, few))


# 1.5 · neighbourhood_mass


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


# 1.3 · mae_by_region


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


# 1.6 · geometric_mean


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


@wrong("geometric_mean", "that is the arithmetic mean")
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


@wrong("geometric_mean", "in parentheses")
def gm_exponent_not_in_parentheses(y, y_hat, eps):
    error = np.maximum(np.abs(y - y_hat), eps)
    return np.prod(error) ** 1 / len(y)


@wrong("geometric_mean", "that is the arithmetic mean")
def gm_arithmetic_mean(y, y_hat, eps):
    return np.maximum(np.abs(y - y_hat), eps).mean()


@wrong("geometric_mean", "that is the arithmetic mean")
def gm_mae(y, y_hat, eps):
    return np.abs(y - y_hat).mean()


@wrong("geometric_mean", "the sum of the logarithms")
def gm_sum_of_logs(y, y_hat, eps):
    return np.sum(np.log(np.maximum(np.abs(y - y_hat), eps)))


@wrong("geometric_mean", "you divide the product by N")
def gm_divided_after_exp(y, y_hat, eps):
    logs = [math.log(max(abs(a - b), eps)) for a, b in zip(y, y_hat, strict=True)]
    return np.exp(np.sum(logs)) / len(y)


@wrong("mae_by_region", "one entry is too many")
def mae_with_all(y, y_hat, region):
    error = np.abs(y - y_hat)
    out = {"all": np.mean(error)}
    for name in REGIONS:
        mask = region == name
        out[name] = error[mask].mean() if mask.any() else None
    return out


@wrong("mae_by_region", "stands inside the loop")
def mae_returns_in_loop(y, y_hat, region):
    out = {}
    for name in REGIONS:
        mask = region == name
        out[name] = np.abs(y - y_hat)[mask].mean() if mask.any() else None
        return out


@wrong("bin_index", "int(label) knows neither start nor width")
def bin_int_of_label(labels, start, width):
    return np.array([int(y) for y in labels])


@wrong("bin_index", "start and width play no part")
def bin_floor_of_label(labels, start, width):
    return np.floor(labels).astype(int)


# 1.4 · extra_error


@right("extra_error")
def extra_loops(y, before, after, ages):
    result = []
    for p, q in zip(before, after, strict=True):
        rows = [i for i in range(len(y)) if y[i] in ages]
        was = sum(abs(p[i] - y[i]) for i in rows) / len(rows)
        now = sum(abs(q[i] - y[i]) for i in rows) / len(rows)
        result.append(now - was)
    return result


@right("extra_error")
def extra_of_differences(y, before, after, ages):
    difference = np.abs(after - y) - np.abs(before - y)
    return difference[:, np.isin(y, ages)].mean(axis=1)


@right("extra_error")
def extra_weighted(y, before, after, ages):
    w = np.isin(y, ages).astype(float)
    errors = [np.abs(p - y) @ w / w.sum() for p in (before, after)]
    return errors[1] - errors[0]


@right("extra_error")
def extra_selected_first(y, before, after, ages):
    keep = np.flatnonzero([label in set(ages) for label in y])
    y, before, after = y[keep], before[:, keep], after[:, keep]
    return np.abs(y - after).mean(-1) - np.abs(y - before).mean(-1)


@right("extra_error")
def extra_dirlib(y, before, after, ages):
    here = np.isin(y, ages)
    rows = zip(before[:, here], after[:, here], strict=True)
    return np.array([dirlib.mae(y[here], q) - dirlib.mae(y[here], p) for p, q in rows])


def errors_of(y, predictions, ages):
    """[S], the error of some ages, as a student would write it."""
    return np.abs(predictions - y)[:, np.isin(y, ages)].mean(axis=1)


@wrong("extra_error", "the sign is the wrong way round")
def extra_wrong_sign(y, before, after, ages):
    return errors_of(y, before, ages) - errors_of(y, after, ages)


@wrong("extra_error", "one number comes out for all seeds")
def extra_one_number(y, before, after, ages):
    here = np.isin(y, ages)
    return np.abs(after - y)[:, here].mean() - np.abs(before - y)[:, here].mean()


@wrong("extra_error", "averages over the seeds")
def extra_axis_0(y, before, after, ages):
    here = np.isin(y, ages)
    change = np.abs(after - y) - np.abs(before - y)
    return change[:, here].mean(axis=0)


@wrong("extra_error", "you average over all samples")
def extra_of_everybody(y, before, after, ages):
    return np.abs(after - y).mean(1) - np.abs(before - y).mean(1)


@wrong("extra_error", "those are all the other samples")
def extra_of_the_others(y, before, after, ages):
    others = np.array([label not in ages for label in y])
    return (np.abs(after - y) - np.abs(before - y))[:, others].mean(1)


@wrong("extra_error", "guesses too high and too low cancel")
def extra_abs_missing(y, before, after, ages):
    here = np.isin(y, ages)
    return (after - y)[:, here].mean(1) - (before - y)[:, here].mean(1)


@wrong("extra_error", "the absolute value comes too late")
def extra_abs_of_mean(y, before, after, ages):
    here = np.isin(y, ages)
    now, was = abs((after - y)[:, here].mean(1)), abs((before - y)[:, here].mean(1))
    return now - was


@wrong("extra_error", "that is how far the guesses moved")
def extra_moved(y, before, after, ages):
    return np.mean(np.abs(after - before)[:, np.isin(y, ages)], axis=1)


@wrong("extra_error", "guesses too high and too low cancel")
def extra_shift(y, before, after, ages):
    return np.mean((after - before)[:, np.isin(y, ages)], axis=1)


@wrong("extra_error", "keep the sign")
def extra_without_sign(y, before, after, ages):
    return np.abs(errors_of(y, after, ages) - errors_of(y, before, ages))


@wrong("extra_error", "that is the error afterwards")
def extra_after_alone(y, before, after, ages):
    return errors_of(y, after, ages)


@wrong("extra_error", "that is the error before")
def extra_before_alone(y, before, after, ages):
    return errors_of(y, before, ages)


@wrong("extra_error", "that is a ratio")
def extra_ratio(y, before, after, ages):
    return errors_of(y, after, ages) / errors_of(y, before, ages)


@wrong("extra_error", "that is a share")
def extra_share(y, before, after, ages):
    return errors_of(y, after, ages) / errors_of(y, before, ages) - 1


@wrong("extra_error", "those are percent")
def extra_percent(y, before, after, ages):
    return 100 * (errors_of(y, after, ages) / errors_of(y, before, ages) - 1)


@wrong("extra_error", "one number comes out for all seeds")
def extra_mean_at_the_end(y, before, after, ages):
    changes = []
    for p, q in zip(before, after, strict=True):
        changes.append(errors_of(y, q[None], ages)[0] - errors_of(y, p[None], ages)[0])
    return np.mean(changes)


@wrong("extra_error", "those are squared errors")
def extra_squares(y, before, after, ages):
    here = np.isin(y, ages)
    return ((after - y) ** 2 - (before - y) ** 2)[:, here].mean(1)


@wrong("extra_error", "that is the median of the errors")
def extra_median(y, before, after, ages):
    here = np.isin(y, ages)
    now = np.median(np.abs(after[:, here] - y[here]), 1)
    return now - np.median(np.abs(before[:, here] - y[here]), 1)


@wrong("extra_error", "that is the sum of the errors")
def extra_sum(y, before, after, ages):
    here = np.isin(y, ages)
    return (np.abs(after - y) - np.abs(before - y))[:, here].sum(1)


@wrong("extra_error", "you divide by all samples")
def extra_over_all(y, before, after, ages):
    here = np.isin(y, ages)
    return ((np.abs(after - y) - np.abs(before - y)) * here).mean(1)


@wrong("extra_error", "you look at the first age alone")
def extra_first_age(y, before, after, ages):
    return errors_of(y, after, ages[:1]) - errors_of(y, before, ages[:1])


@wrong("extra_error", "position by position")
def extra_equal_to_list(y, before, after, ages):
    here = y == np.array(ages)
    return np.abs(after - y)[:, here].mean(1) - np.abs(before - y)[:, here].mean(1)


@wrong("extra_error", "between the smallest and the largest")
def extra_between(y, before, after, ages):
    here = (min(ages) <= y) & (y <= max(ages))
    return np.abs(after - y)[:, here].mean(1) - np.abs(before - y)[:, here].mean(1)


@wrong("extra_error", "positions")
def extra_positions(y, before, after, ages):
    e = np.abs(after - y) - np.abs(before - y)
    return e[:, ages].mean(1)


@wrong("extra_error", "a column too many")
def extra_column(y, before, after, ages):
    here = np.isin(y, ages)
    e = np.abs(after - y) - np.abs(before - y)
    return e[:, here].mean(axis=1, keepdims=True)


@wrong("extra_error", "the first seed alone")
def extra_first_seed(y, before, after, ages):
    here = np.isin(y, ages)
    return np.abs(after[0] - y)[here].mean() - np.abs(before[0] - y)[here].mean()


@wrong("extra_error", "you average the means of the ages")
def extra_mean_of_ages(y, before, after, ages):
    found = [a for a in ages if a in y]
    by_age = [errors_of(y, after, [a]) - errors_of(y, before, [a]) for a in found]
    return np.mean(by_age, axis=0)


@wrong("extra_error", "changes its input")
def extra_in_place(y, before, after, ages):
    before -= y
    after -= y
    here = np.isin(y, ages)
    return np.abs(after)[:, here].mean(1) - np.abs(before)[:, here].mean(1)


@wrong("extra_error", "return statement")
def extra_prints(y, before, after, ages):
    print(errors_of(y, after, ages) - errors_of(y, before, ages))


@wrong("extra_error", "same result for every input")
def extra_hard_coded(y, before, after, ages):
    return np.array([10.0])


@wrong("extra_error", "expected")
def extra_rounded(y, before, after, ages):
    return np.round(errors_of(y, after, ages) - errors_of(y, before, ages), 1)
