"""The figures of lesson 4's deep parts: covariances, spectra, clouds and ellipses."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Ellipse

from course.figures.style import BLUE, DARK, GREEN, RED


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


def clouds(panels, limit=4.0, goals=None, names=("feature 1", "feature 2")):
    """Show clouds of points in two dimensions, each with its ellipse.

    Parameters
    ----------
    panels : dict of str to array-like of shape [N, 2]
        The ellipse is that of the points' own mean and covariance, two standard
        deviations wide.
    limit : float
        The panels reach from -limit to limit.
    goals : dict of str to array-like of shape [2, 2], optional
        The covariance that a panel should have: its ellipse is dashed.
    names : (str, str)
        Of the axes.
    """
    fig, axes = plt.subplots(
        1, len(panels), figsize=(8.5, 8.5 / len(panels) + 0.5), layout="constrained",
        squeeze=False, sharex=True, sharey=True,
    )  # fmt: skip
    for ax, (name, points) in zip(axes[0], panels.items(), strict=True):
        points = np.asarray(points)
        ax.scatter(*points.T, s=10, color=BLUE, alpha=0.6, edgecolor="none")
        draw_ellipse(ax, points.mean(0), np.cov(points.T), color=RED)
        if goals and name in goals:
            style = {"color": GREEN, "linestyle": "--"}
            draw_ellipse(ax, points.mean(0), goals[name], **style)
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xlabel=names[0])
        ax.set_title(name, fontsize=10)
        ax.set_aspect("equal")
    axes[0, 0].set_ylabel(names[1])
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
