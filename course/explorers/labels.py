"""The explorers of lessons 1 and 2: shot regions, neighbourhoods and the kernel."""

import numpy as np
from matplotlib.patches import StepPatch
from matplotlib.ticker import LogLocator, NullLocator

from course.explorers.explorer import Explorer, choice, slider
from course.figures.style import (
    BLUE,
    DARK,
    GREY,
    PALE,
    RED,
    draw_bars,
    region_legend,
)
from dirlib.bins import LabelBins, shot_regions
from dirlib.datasets.published import label_counts
from dirlib.kernels import EDGES, KINDS, kernel_window, smooth_bins
from dirlib.lds import density_weights, effective_sample_size
from dirlib.metrics import pearson


def neighbourhoods(bins, counts, age_a, age_b):
    """Compare two ages: their own counts, and the counts around them.

    Parameters
    ----------
    bins : LabelBins
        Bins of one year.
    counts : array-like of shape [B]
        Training images per age.
    age_a, age_b : int
        Where the two ages start.
    """
    counts = np.asarray(counts)

    def draw(figure, age_a, age_b, radius):
        masses, own_a, own_b = [], counts[age_a], counts[age_b]
        top, bottom = figure.subplots(2, 1, sharex=True)
        for ax in (top, bottom):
            ax.stairs(counts, bins.edges, fill=True, color=PALE)
        for age, color, hatch in ((age_a, RED, "////"), (age_b, BLUE, "....")):
            distance = np.abs(np.arange(bins.n_bins) - age)
            near, own = distance <= radius, distance == 0
            masses.append(int(counts[near].sum()))
            style = {"facecolor": color, "hatch": hatch, "edgecolor": DARK}
            for ax in (top, bottom):
                # Unlike ax.stairs this leaves the limits alone, and is much faster.
                values = np.where(near, counts, 0)
                ax.add_artist(StepPatch(values, bins.edges, alpha=0.55, lw=0, **style))
                values = np.where(own, counts, 0)
                ax.add_artist(StepPatch(values, bins.edges, color=color))
        top.set(ylabel="training images")
        high = 1.3 * max(own_a, own_b, 20)
        bottom.set(xlabel="age (years)", ylabel="enlarged", ylim=(0, high))
        # Of two close ages, one label ends at its bar and the other begins there.
        sides = ("right", "left") if age_a <= age_b else ("left", "right")
        if abs(age_a - age_b) > 7:
            sides = ("center", "center")
        style = {"bbox": {"color": "white", "alpha": 0.7, "pad": 0}, "va": "bottom"}
        for name, age, side in zip("AB", (age_a, age_b), sides, strict=True):
            text, where = f"{name}: {counts[age]}", (age + 0.5, counts[age] + high / 50)
            bottom.annotate(text, where, ha=side, **style)
        return {
            f"images of age {age_a} and {age_b}": f"{own_a} and {own_b}",
            f"images within {radius} years": f"{masses[0]:,} and {masses[1]:,}",
            "ratio": masses[0] / masses[1] if masses[1] else "no image near the second",
        }

    return Explorer(
        "equal counts, different neighbourhoods",
        "Bars of the training images per age, below once more and enlarged: "
        "age A, age B and the neighbours of both are marked.",
        {
            "age_a": slider("age A (years)", age_a, 0, bins.n_bins - 1),
            "age_b": slider("age B (years)", age_b, 0, bins.n_bins - 1),
            "radius": slider("neighbours (± years)", 2, 0, 10),
        },
        draw,
        height=4.2,
    )


def bins_and_regions():
    """Change the bin width and the thresholds, and watch the shot regions."""
    labels = label_counts("agedb-dir").labels

    def draw(figure, width, many, few):
        bins = LabelBins(0, width * -(-102 // width), width)
        counts = bins.counts(labels)
        regions = shot_regions(counts, many, few)
        ax = figure.subplots()
        draw_bars(ax, bins, counts, regions)
        names = {
            "many": f"many-shot (> {many})",
            "medium": f"medium-shot ({few} to {many})",
            "few": f"few-shot (< {few})",
        }
        region_legend(ax, regions, names)
        ax.set(
            xlabel="age (years)", ylabel="training images per bin", title="AgeDB-DIR"
        )
        return {
            f"{name} bins": int(mask.sum())
            for name, mask in zip(regions._fields, regions, strict=True)
        } | {"images in few-shot bins": int(counts[regions.few].sum())}

    return Explorer(
        "bin width and thresholds",
        "Bars of the training images in each bin of AgeDB-DIR, in the colours of "
        "their shot regions.",
        {
            "width": slider("bin width (years)", 1, 1, 20),
            "many": slider("many: above (images)", 100, 50, 300, 10),
            "few": slider("few: below (images)", 20, 1, 50),
        },
        draw,
    )


def kernel_tuning(bins, counts, error):
    """Tune the kernel of LDS on one data set.

    Parameters
    ----------
    bins : LabelBins
    counts : array-like of shape [B]
        Training samples per bin.
    error : array-like of shape [B]
        A vanilla model's mean absolute error in each bin.
    """
    counts, error = np.asarray(counts), np.asarray(error)
    samples = np.repeat(np.arange(bins.n_bins), counts)

    def draw(figure, kind, size, sigma, scheme, edges):
        smooth = smooth_bins(counts, kernel_window(kind, size, sigma), edges)
        weights = density_weights(smooth[samples], scheme)
        ess = effective_sample_size(weights)
        by_bin = np.full(bins.n_bins, np.nan)
        by_bin[samples] = weights
        top, bottom = figure.subplots(2, 1, sharex=True)
        top.stairs(counts, bins.edges, fill=True, color=PALE, label="counts")
        top.plot(bins.centers, smooth, color=BLUE, linewidth=2, label="smoothed counts")
        # Upside down, the error is low where images are few, as they are.
        high = counts.max() * 5  # room for the legend
        top.set(ylabel="images per age", yscale="log", ylim=(1, high))
        top.yaxis.set_minor_locator(NullLocator())
        twin = top.twinx()
        twin.plot(bins.centers, error, color=RED, label="error, upside down (right)")
        twin.set(ylabel="error (years)", ylim=(error.max() * 1.05, -0.3 * error.max()))
        # No error is below 0.
        twin.set_yticks([t for t in twin.get_yticks() if 0 <= t <= error.max()])
        lines = top.get_legend_handles_labels(), twin.get_legend_handles_labels()
        top.legend(
            lines[0][0] + lines[1][0], lines[0][1] + lines[1][1],
            frameon=False, loc="upper center", ncols=3,
        )  # fmt: skip
        bottom.plot(bins.centers, by_bin, color=DARK, drawstyle="steps-mid")
        bottom.axhline(1, color=GREY, linewidth=0.8)
        bottom.set(xlabel="age (years)", ylabel="weight", yscale="log")
        bottom.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
        bottom.yaxis.set_major_formatter("{x:g}")
        bottom.yaxis.set_minor_locator(NullLocator())  # they take time, and say little
        return {
            "Pearson(smoothed counts, error)": pearson(smooth, error),
            "effective sample size": f"{ess:,.0f} of {len(samples):,}",
            "largest weight": float(weights.max()),
        }

    return Explorer(
        "kernel tuning",
        "Above, the counts, the smoothed counts and, upside down, the error by age; "
        "below, the weight of each age.",
        {
            "kind": choice("kernel", KINDS),
            "size": slider("size (bins)", 3, 1, 31, 2),
            "sigma": slider("sigma (bins)", 3.0, 0.5, 10.0, 0.5),
            "scheme": choice(
                "weights",
                [("INV, 1/p", "inverse"), ("SQINV, 1/sqrt(p)", "sqrt_inverse")],
            ),
            "edges": choice("beyond the edges", EDGES),
        },
        draw,
        height=4.6,
    )
