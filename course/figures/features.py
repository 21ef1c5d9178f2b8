"""The figures of lessons 3 and 4: feature statistics, anchors, covariances, ellipses.

They take any :class:`dirlib.BinStatistics`, so they work on a user's own features.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Ellipse

from course.figures.style import BLUE, DARK, GREEN, RED, region_legend, shade_regions
from dirlib.bins import shot_regions
from dirlib.fds.anchors import cosine_to_anchor
from dirlib.kernels import smooth_bins


def anchor_bars(models, bins, counts, anchor, *, label="age (years)"):
    """Show each bin's cosine similarity to an anchor: by mean, and by variance.

    Parameters
    ----------
    models : dict of str to BinStatistics
        One row of two panels for each; the key is its title.
    bins : LabelBins
    counts : array-like of shape [B]
        Training samples per bin: they give the shot regions.
    anchor : int
        The bin to compare with, drawn red.
    """
    fig, axes = plt.subplots(
        len(models),
        2,
        figsize=(8.5, 1.3 + 1.7 * len(models)),
        layout="constrained",
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    lows = []
    for row, (name, stats) in zip(axes, models.items(), strict=True):
        for ax, statistic in zip(row, ("mean", "variance"), strict=True):
            draw_similarity(ax, bins, counts, stats, anchor, statistic)
            lows.append(ax.get_ylim()[0])
            ax.set_title(f"{name}: {statistic}", fontsize=10)
        row[0].set_ylabel("cosine similarity")
    axes[0, 0].set_ylim(bottom=min(lows))  # the panels share it
    for ax in axes[-1]:
        ax.set_xlabel(label)
    regions = shot_regions(counts)
    region_legend(fig, regions, ncols=3, loc="outside lower center", fontsize=8)
    return fig


def draw_similarity(ax, bins, counts, stats, anchor, statistic):
    """Draw the bars of one panel, over the shot regions, and return the similarity."""
    similarity = cosine_to_anchor(stats, anchor, statistic)
    at_anchor = np.arange(bins.n_bins) == anchor
    regions = shot_regions(counts)
    shade_regions(ax, bins, regions, strip=(1.03, 1.1))
    bars = np.nan_to_num(similarity)
    ax.stairs(np.where(at_anchor, 0, bars), bins.edges, fill=True, color=BLUE)
    width = bins.edges[anchor + 1] - bins.edges[anchor]
    # The anchor's bar is widened to be seen in a row of a hundred.
    ax.bar(bins.centers[anchor], 1, max(width, np.ptp(bins.edges) / 70), color=RED)
    ax.axhline(0, color=DARK, linewidth=0.8)
    low = min(0.0, float(bars.min()) * 1.1)
    ax.set(ylim=(low, 1.1), xlim=(bins.edges[0], bins.edges[-1]))
    ax.spines[["top", "right"]].set_visible(False)
    return similarity


def covariance_images(matrices, *, feature="feature", scale="covariance"):
    """Show covariance or correlation matrices side by side, on one scale.

    Parameters
    ----------
    matrices : dict of str to array-like of shape [D, D]
    feature, scale : str
        What the axes and the colours mean.
    """
    fig, axes = plt.subplots(
        1, len(matrices), figsize=(8.5, 3.1), layout="constrained", squeeze=False
    )
    top = max(np.abs(np.asarray(matrix)).max() for matrix in matrices.values())
    for ax, (name, matrix) in zip(axes[0], matrices.items(), strict=True):
        image = ax.imshow(matrix, cmap="PuOr", vmin=-top, vmax=top)
        ax.set_title(name, fontsize=10)
        ax.set(xlabel=feature, ylabel=feature)
    fig.colorbar(image, ax=axes[0].tolist(), shrink=0.85, label=scale)
    return fig


def spectra(eigenvalues):
    """Show the eigenvalues of covariances, largest first, on a logarithmic axis.

    Parameters
    ----------
    eigenvalues : dict of str to array-like of shape [D]
        Those below 1e-10 of the largest of all are drawn at that floor, as 0.
    """
    fig, ax = plt.subplots(figsize=(8.5, 3.0), layout="constrained")
    top = max(np.max(values) for values in eigenvalues.values())
    floor = 1e-10 * top
    styles = zip(("o-", "s--", "^:", "d-."), (BLUE, RED, GREEN, DARK), strict=True)
    for (name, values), (style, color) in zip(
        eigenvalues.items(), styles, strict=False
    ):
        values = np.maximum(np.sort(values)[::-1], floor)
        rank = np.arange(1, len(values) + 1)
        ax.plot(rank, values, style, color=color, markersize=4, label=name)
    ax.set(yscale="log", xlabel="eigenvalue, largest first", ylabel="variance")
    # The floor stands for 0, so that no power of ten may be written beside it.
    powers = np.arange(np.floor(np.log10(top)), np.log10(floor) + 1, -2)
    ax.set_yticks(
        [floor, *10.0**powers], ["0", *(f"$10^{{{power:.0f}}}$" for power in powers)]
    )
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return fig


def smoothed_lines(
    bins, count, panels, *, names=("plain", "smoothed"), label="age (years)"
):
    """Show noisy statistics along the bins as dots, and better ones as a line.

    Parameters
    ----------
    bins : LabelBins
    count : array-like of shape [B]
        Samples behind each statistic: dots are larger where there are more.
    panels : dict of str to (dots [B], line [B])
        The key is the axis label.
    names : (str, str)
        What the dots and the line are.
    """
    fig, axes = plt.subplots(
        len(panels), 1, figsize=(8.5, 1.2 + 1.9 * len(panels)), layout="constrained",
        squeeze=False, sharex=True,
    )  # fmt: skip
    count = np.asarray(count)
    for ax, (name, (plain, smoothed)) in zip(axes[:, 0], panels.items(), strict=True):
        shade_regions(ax, bins, shot_regions(count))
        size = 6 + 3 * np.sqrt(count)
        ax.scatter(bins.centers, plain, s=size, color=BLUE, alpha=0.7, label=names[0])
        ax.plot(bins.centers, smoothed, color=RED, linewidth=2, label=names[1])
        ax.set(ylabel=name)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].legend(frameon=False)
    axes[-1, 0].set_xlabel(label)
    region_legend(
        fig, shot_regions(count), ncols=3, loc="outside lower center", fontsize=8
    )
    return fig


def smoothed_means(values, count, window):
    """Smooth the bins' means [B] along the bins, each bin counting by its samples."""
    return smooth_bins(count * values, window) / smooth_bins(count, window)


def clouds(panels, limit=4.0, goal=None):
    """Show clouds of points in two dimensions, each with its ellipse.

    Parameters
    ----------
    panels : dict of str to array-like of shape [N, 2]
        The ellipse is that of the points' own mean and covariance, two standard
        deviations wide.
    limit : float
        The panels reach from -limit to limit.
    goal : array-like of shape [2, 2], optional
        The covariance that the last panel should have: its ellipse is dashed.
    """
    fig, axes = plt.subplots(
        1, len(panels), figsize=(8.5, 8.5 / len(panels) + 0.5), layout="constrained",
        squeeze=False, sharex=True, sharey=True,
    )  # fmt: skip
    for ax, (name, points) in zip(axes[0], panels.items(), strict=True):
        points = np.asarray(points)
        ax.scatter(*points.T, s=10, color=BLUE, alpha=0.6, edgecolor="none")
        draw_ellipse(ax, points.mean(0), np.cov(points.T), color=RED)
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xlabel="feature 1")
        ax.set_title(name, fontsize=10)
        ax.set_aspect("equal")
    if goal is not None:
        draw_ellipse(axes[0, -1], points.mean(0), goal, color=GREEN, linestyle="--")
    axes[0, 0].set_ylabel("feature 2")
    return fig


def draw_ellipse(ax, mean, cov, *, color, linestyle="-", label=None):
    """Draw the ellipse of a 2 x 2 covariance, two standard deviations wide."""
    values, vectors = np.linalg.eigh(np.asarray(cov))
    width, height = 4 * np.sqrt(values.clip(min=0))
    angle = np.degrees(np.arctan2(vectors[1, 0], vectors[0, 0]))
    ax.add_patch(
        Ellipse(
            mean, width, height, angle=angle, fill=False, color=color, linewidth=2,
            linestyle=linestyle, label=label,
        )
    )  # fmt: skip
    ax.plot(*mean, "+", color=color, markersize=10, markeredgewidth=2)


def partly_recoloured(points, mean, cov, to_mean, to_cov, progress):
    """Move points from one mean and covariance to another, in three steps.

    Parameters
    ----------
    points : ndarray of shape [N, 2]
    progress : float
        0 to 1 whitens, 1 to 2 re-colours, 2 to 3 shifts to the new mean.
    """
    whitened, coloured, shifted = np.clip(progress - np.arange(3), 0, 1)
    deviation = (points - mean) @ _power(cov, -whitened / 2)
    deviation = deviation @ _power(to_cov, coloured / 2)
    return deviation + (1 - shifted) * np.asarray(mean) + shifted * np.asarray(to_mean)


def _power(matrix, exponent):
    values, vectors = np.linalg.eigh(matrix)
    return vectors * values**exponent @ vectors.T
