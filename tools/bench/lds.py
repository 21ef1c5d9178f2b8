"""Time `lds_weights` against the least that it could do, and the drawing of faces.

The least is a plain floor, cast, count and gather with numpy; beside it stands the
obvious loop. It prints times, their ratios, and how the time grows when the labels
become ten times as many. Only the ratios mean something on another machine.
"""

import math
import platform
import time
import tracemalloc

import numpy as np

from dirlib import LabelBins, kernel_window, lds_weights
from dirlib.datasets.faces.drawing import draw_faces

AGES = LabelBins(0, 101, 1)
SIZES = (10**4, 10**5, 10**6, 10**7)


def loop_weights(labels, window):
    """LDS with SQINV, sample by sample: count, smooth, look up, scale."""
    counts = [0] * AGES.n_bins
    for y in labels:
        counts[min(int(y), AGES.n_bins - 1)] += 1
    half = len(window) // 2
    smooth = []
    for b in range(AGES.n_bins):
        near = range(max(0, b - half), min(AGES.n_bins, b + half + 1))
        smooth.append(sum(window[j - b + half] * counts[j] for j in near))
    weights = []
    for y in labels:
        weights.append(1 / math.sqrt(smooth[min(int(y), AGES.n_bins - 1)]))
    mean = sum(weights) / len(weights)
    return [w / mean for w in weights]


def least(labels, table):
    """What no weights can do without: the bin of each label, the counts, a look-up."""
    index = np.floor(labels).astype(np.int64)
    np.bincount(index, minlength=AGES.n_bins)
    return table[index]


def seconds(function, repeats):
    """The fastest of several runs, which other programs disturb least."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    how = {"kernel_size": 5, "sigma": 2.0}
    window = kernel_window("gaussian", 5, 2.0).tolist()
    print(f"{platform.machine()}, Python {platform.python_version()}, float64 labels")
    print(
        f"{'labels':>12}{'lds_weights':>14}{'growth':>9}{'least':>11}{'ratio':>7}"
        f"{'loop':>11}{'ratio':>7}"
    )
    before, table = None, np.random.default_rng(1).uniform(size=AGES.n_bins)
    for n in SIZES:
        labels = np.random.default_rng(0).uniform(0, 101, n)
        as_list = labels.tolist()
        np.testing.assert_allclose(
            lds_weights(labels[:1000], AGES, **how),
            loop_weights(as_list[:1000], window),
        )
        ours = seconds(lambda y=labels: lds_weights(y, AGES, **how), repeats=5)
        floor = seconds(lambda y=labels: least(y, table), repeats=5)
        loop = seconds(lambda y=as_list: loop_weights(y, window), repeats=1)
        growth = f"{ours / before:8.1f}x" if before else ""
        before = ours
        print(
            f"{n:12,}{ours:12.4f} s{growth:>9}{floor:9.4f} s{ours / floor:6.1f}x"
            f"{loop:9.3f} s{loop / ours:6.0f}x"
        )
    kinds = {
        "whole ages": (AGES, np.floor(labels)),
        "whole ages, int64": (AGES, labels.astype(np.int64)),
        "float32": (AGES, labels.astype(np.float32)),
        "bins of 0.1": (LabelBins(0, 101, 0.1), labels),
    }
    for kind, (bins, y) in kinds.items():
        ours = seconds(lambda y=y, bins=bins: lds_weights(y, bins), repeats=5)
        print(f"  {kind}: {ours / floor:.1f}x the least of {n:,} float64 labels")
    tracemalloc.start()
    lds_weights(labels, AGES)
    peak = tracemalloc.get_traced_memory()[1] / labels.nbytes
    print(f"peak memory: {peak:.1f} times the labels, result included")

    ages = np.arange(5050) % 101
    time_taken = seconds(lambda: draw_faces(ages, seed=0, size=48), repeats=3)
    print(f"faces of 48 px: {len(ages) / time_taken:,.0f} a second")


if __name__ == "__main__":
    main()
