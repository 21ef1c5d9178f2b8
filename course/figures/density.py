"""The figures of lesson 2: bumps, densities, weights, and who gains by them."""

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from course.figures import style
from course.figures.style import BLUE, DARK, GREY, PALE, RED, make_axes
from dirlib.lds import density_weights, effective_sample_size


def density_and_error(bins, densities, error, *, label="age (years)"):
    """Show densities side by side, each with the error upside down above it.

    Where a density tells the error, both bend together: few images below, a large error
    below.

    Parameters
    ----------
    bins : LabelBins
    densities : dict of str to array-like of shape [B], above 0
        Drawn on a logarithmic axis; the key is the panel's title.
    error : array-like of shape [B]
        In years.
    """
    fig, axes = make_axes(1, len(densities), height=3.4, sharey=True, squeeze=False)
    twins = []
    for ax, (name, density) in zip(axes[0], densities.items(), strict=True):
        ax.stairs(density, bins.edges, fill=True, color=PALE, baseline=1, label=name)
        ax.stairs(density, bins.edges, color=BLUE, baseline=None, linewidth=1.2)
        ax.set(yscale="log", ylim=(1, None), xlabel=label, title=name)
        twin = ax.twinx()
        twin.plot(bins.centers, error, color=RED, linewidth=1.6)
        twin.spines["top"].set_visible(False)
        twin.set(ylim=(np.max(error) * 1.05, 0))
        twins.append(twin)
    axes[0, 0].set_ylabel("images per age (logarithmic)", color=BLUE)
    for twin in twins[:-1]:
        twin.set_yticklabels([])
    twins[-1].set_ylabel("error (years), upside down", color=RED)
    return fig


def bumps(labels, sigma, grid):
    """Show a bump of area 1/N on each of a few labels, and the curve that they add to.

    Parameters
    ----------
    labels : array-like of shape [N]
    sigma : float
        The width of the Gaussian bumps, in label units.
    grid : array-like of shape [G]
    """
    labels, grid = np.asarray(labels, float), np.asarray(grid, float)
    u = (grid - labels[:, None]) / sigma
    each = np.exp(-(u**2) / 2) / (np.sqrt(2 * np.pi) * sigma * len(labels))
    fig, ax = make_axes(height=2.7)
    for i, bump in enumerate(each):
        name = "a bump on each label" if i == 0 else None
        ax.fill_between(grid, bump, color=PALE, alpha=0.6, linewidth=0)
        ax.plot(grid, bump, color=BLUE, linewidth=1, label=name)
    ax.plot(grid, each.sum(0), color=RED, linewidth=2.2, label="all bumps together")
    ax.plot(
        labels, np.zeros(len(labels)), "|", color=DARK, ms=14, mew=2, label="labels"
    )
    ax.set(xlabel="age (years)", ylabel="density (per year)", ylim=(0, None))
    ax.legend(frameon=False)
    return fig


def densities(bins, counts, grid, curves):
    """Show curves of a density, a panel each, over the share of samples of each bin.

    Parameters
    ----------
    curves : dict of str to array-like of shape [G]
        Per label unit, at the points of `grid`; the key is the panel's title.
    """
    share = np.asarray(counts) / np.sum(counts) / np.diff(bins.edges)
    fig, axes = make_axes(
        1, len(curves), height=2.6, sharex=True, sharey=True, squeeze=False
    )
    for ax, (name, curve) in zip(axes[0], curves.items(), strict=True):
        ax.stairs(share, bins.edges, fill=True, color=PALE)
        ax.plot(grid, curve, color=RED, linewidth=1.8)
        ax.set(xlabel="age (years)", title=name)
    axes[0, 0].set_ylabel("density (per year)")
    return fig


def weights_by_bin(bins, counts, densities, schemes, *, label="age (years)"):
    """Show the weight of a sample of each bin, one panel per scheme.

    The legend says how many samples of equal weight they are worth.

    Parameters
    ----------
    counts : array-like of shape [B]
        Training samples per bin.
    densities : dict of str to array-like of shape [B]
        Counts, smoothed or not.
    schemes : dict of str to {"inverse", "sqrt_inverse"}
        The key is the panel's title.
    """
    samples = np.repeat(np.arange(bins.n_bins), counts)
    fig, axes = make_axes(1, len(schemes), height=3.2, sharey=True, squeeze=False)
    for ax, (title, scheme) in zip(axes[0], schemes.items(), strict=True):
        looks = zip(("-", "-"), (GREY, RED), (0.9, 2.0), strict=True)
        for (name, density), (line, color, width) in zip(
            densities.items(), looks, strict=False
        ):
            weights = density_weights(np.asarray(density)[samples], scheme)
            of_bin = np.full(bins.n_bins, np.nan)
            of_bin[samples] = weights
            worth = effective_sample_size(weights)
            text = f"{name}: worth {round(worth, -1):,.0f} of {len(samples):,}"
            style_of = {"color": color, "linestyle": line, "linewidth": width}
            ax.plot(bins.centers, of_bin, label=text, **style_of)
        ax.axhline(1, color=DARK, linewidth=0.8, linestyle=":")
        ax.set(yscale="log", xlabel=label, title=title)
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_locator(NullLocator())
        ax.margins(y=0.2)
        ax.legend(frameon=False, loc="upper left", fontsize=9)
    axes[0, 0].set_ylabel("weight of an image (logarithmic)")
    return fig


def who_gains(runs, methods, yours=None, *, width=10):
    """Show the error of some methods by age, and in the few-shot region for each seed.

    Parameters
    ----------
    runs : course.records.read.Runs
    methods : list of str
    yours : array-like of shape [N], optional
        Predictions of one more network for the same test samples: your own run.
    width : int
        Years whose errors are averaged in one point: single ages have few test samples.
    """
    methods = list(methods)
    few = runs.regions.few[runs.y]
    groups = runs.y // width
    middles = [runs.y[groups == g].mean() + 0.5 for g in np.unique(groups)]

    def by_group(errors):
        return [errors[..., groups == g].mean() for g in np.unique(groups)]

    fig, (left, right) = make_axes(1, 2, height=3.8, width_ratios=[1.7, 1])
    for x, method in enumerate(methods):
        look = style.of(method)
        errors = np.abs(runs.predictions(method) - runs.y)
        curve = look.plot | {"marker": look.marker, "label": method}
        left.plot(middles, by_group(errors), ms=5, **curve)
        of_seeds = errors[:, few].mean(1)
        spread = np.linspace(-0.15, 0.15, len(of_seeds))
        right.plot(x + spread, of_seeds, look.marker, color=look.color, ms=5)
        right.plot([x - 0.28, x + 0.28], [of_seeds.mean()] * 2, color=look.color, lw=2)
    if yours is not None:
        errors, look = np.abs(np.asarray(yours) - runs.y), style.of("yours")
        curve = look.plot | {"marker": look.marker, "label": "your run"}
        left.plot(middles, by_group(errors), ms=4, lw=1, **curve)
        right.plot(
            len(methods), errors[few].mean(), look.marker, color=look.color, ms=10
        )
        methods.append("your run")
    left.set(xlabel="age (years)", ylabel="mean absolute error (years)", ylim=(0, None))
    left.legend(frameon=False)
    right.set(ylabel="few-shot error (years)", xlim=(-0.6, len(methods) - 0.4))
    right.set_xticks(range(len(methods)), [m.replace("+", "\n+ ") for m in methods])
    return fig
