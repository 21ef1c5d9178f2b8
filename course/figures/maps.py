"""A map of features: their two main directions, coloured by age."""

import numpy as np

from course.figures.style import RED, make_axes


def feature_map(features, ages, *, mark=(), label="age (years)"):
    """Show features in the two directions in which they vary most, coloured by age.

    The directions are those of a principal component analysis, made anew for each
    panel. The first one points to where the ages grow.

    Parameters
    ----------
    features : array-like of shape [N, D], or dict of str to it
        With a dict, a panel for each entry, such as "vanilla" and "with FDS".
    ages : array-like of shape [N], or dict of str to it
        The colour of each point; a dict has the keys of `features`.
    mark : sequence of int
        Ages whose points are drawn large, with a red edge.

    Raises
    ------
    ValueError
        If a table isn't [N, D] with D >= 2 and N >= 3, has not one age per row, or
        holds a number that isn't finite.
    """
    if not isinstance(features, dict):
        features = {"": features}
    if not isinstance(ages, dict):
        ages = dict.fromkeys(features, ages)
    ages = {name: np.asarray(ages[name], float) for name in features}
    low = min(values.min() for values in ages.values())
    high = max(values.max() for values in ages.values())
    fig, axes = make_axes(1, len(features), height=3.8, squeeze=False)
    for ax, (name, table) in zip(axes[0], features.items(), strict=True):
        points, shares = principal_directions(table, ages[name])
        marked = np.isin(ages[name], list(mark))
        for some, size, edge in ((~marked, 7, "none"), (marked, 60, RED)):
            dots = ax.scatter(
                *points[some].T, c=ages[name][some], s=size, vmin=low, vmax=high,
                cmap="viridis", edgecolor=edge, linewidth=1.8,
            )  # fmt: skip
        for i, ax_name in enumerate(("xlabel", "ylabel")):
            ordinal = ("first", "second")[i]
            ax.set(
                **{ax_name: f"{ordinal} direction ({shares[i]:.0%} of the variance)"}
            )
        ax.set_title(name, fontsize=10)
    fig.colorbar(dots, ax=axes[0].tolist(), label=label)
    return fig


def principal_directions(features, ages):
    """Project features on the two directions in which they vary most.

    Returns
    -------
    points : ndarray of shape [N, 2]
        The first column grows with age, on the whole, and the second with the middle
        ages, so that two maps can be compared.
    shares : ndarray of shape [2]
        Of the variance.
    """
    z = np.asarray(features, dtype=float)
    if z.ndim != 2 or z.shape[1] < 2 or len(z) < 3 or ages.shape != z.shape[:1]:
        raise ValueError(
            f"features must be [N, D] with D >= 2, and ages [N] with N >= 3, but got "
            f"{list(z.shape)} and {list(ages.shape)}"
        )
    if not np.isfinite(z).all():
        raise ValueError("features must be finite: leave the samples with NaN out")
    z = z - z.mean(0)
    _, scale, rows = np.linalg.svd(z, full_matrices=False)
    points = z @ rows[:2].T
    # The sign of a direction is free: choose it by the ages.
    years = ages - ages.mean()
    for i, guide in enumerate((years, -np.abs(years))):
        if points[:, i] @ (guide - guide.mean()) < 0:
            points[:, i] *= -1
    total = (scale**2).sum()
    return points, scale[:2] ** 2 / total if total > 0 else np.zeros(2)
