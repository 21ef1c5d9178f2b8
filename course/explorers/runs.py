"""The explorer of lesson 5: any two methods of the recorded runs, seed by seed.

Methods are named as in ``data/runs/faces.json``. The searches for the kernel of LDS and
for the settings of FDS name each run by its kernel as well: `run_name` knows how.
"""

from functools import cache
from textwrap import fill

import numpy as np

from course.explorers.explorer import Explorer, choice
from course.figures.style import BLUE, DARK, RED, region_legend, shade_regions
from course.records.ages import AGES
from course.records.read import load_runs
from dirlib.metrics import paired_comparison

SMOOTHERS = ("", "+lds", "+fds", "+fds full", "+lds+fds", "+lds+fds full")
METHODS = ("vanilla", *(b + s for b in ("sqinv", "inv") for s in SMOOTHERS))
# Gaussian kernels of the searches: size and sigma, in bins, as the records spell them.
KERNELS = ("5 2", "9 3", "15 5", "31 10")
# What smooths: the kernel it has in faces.json, and the record with other kernels.
RECORDED = {"lds": "9 3", "fds": "15 5", "fds full": "31 10"}
SEARCHES = {"lds": "kernels", "fds": "fds", "fds full": "fds"}
TITLES = {
    "faces": "Balanced test set",
    "kernels": "Validation set, the search for the kernel of LDS",
    "fds": "Validation set, the search for the settings of FDS",
}
AS_RECORDED = "as recorded"
ORDINALS = ("1st", "2nd", "3rd", "4th", "5th")


def run_name(record, method, kernel=None):
    """Return the name that a record would give to a method's runs.

    Parameters
    ----------
    record : {"faces", "kernels", "fds"}
    method : str
        One of `METHODS`.
    kernel : str, optional
        One of `KERNELS`; without it, the one that the method has in ``faces.json``.

    Examples
    --------
    >>> run_name("kernels", "sqinv+lds", "5 2")
    'sqinv+lds gaussian 5 2'
    """
    base, *parts = method.split("+")
    if record == "faces" or len(parts) != 1:
        return method
    part = parts[0]
    kernel = kernel or RECORDED[part]
    if part == "lds":
        return f"{base}+lds gaussian {kernel}"
    if part == "fds":
        return f"{base}+fds {kernel}"
    # The trials start from 9 3: a name leaves it out where something else differs.
    return f"{base}+fds full" if kernel == "9 3" else f"{base}+fds {kernel} full"


def recorded_runs():
    """Compare two methods of the recorded runs: by age, by region and by seed.

    A combination that was never run, or that can't be compared, is named in the
    picture, with what there is instead.

    Returns
    -------
    Explorer
        With the controls `method`, `against`, `kernel`, `seed` and `region`. Its
        readout holds both mean absolute errors in the region, in years, and their
        paired difference with its 95 % interval: see
        :func:`dirlib.paired_comparison`.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`course.records.read.load_runs`, for each of the three records.
    """
    records = {name: load_runs(name) for name in TITLES}

    @cache
    def by_age(record, run):
        return records[record].error_by_age(run)

    # One scale for every picture, so that a line that moves has another error.
    top = max(
        by_age(name, run).max()
        for name, runs in records.items()
        for run in runs.methods()
        if name != "faces" or run in METHODS
    )

    def draw(figure, method, kernel, against, seed, region):
        record, run, missing = _find(records, method, kernel)
        if missing:
            return _say_only(figure, missing)
        runs = records[record]
        scores = runs.score(run, region)
        if seed != "all" and seed >= len(scores):
            return _say_only(figure, _few_seeds(len(scores)))
        base, missing = _find_base(runs.methods(), record, run, against)
        bases = None if missing else runs.score(base, region)

        left, right = _panels(figure, top)
        shown = f"mean of {len(scores)} seeds, and their range"
        if seed != "all":
            shown = f"{ORDINALS[seed]} of {len(scores)} seeds"
        figure.suptitle(f"{TITLES[record]}: {shown}", fontsize=11, y=0.985)
        _shade(left, runs.regions, region, top)
        kernel = None if kernel == AS_RECORDED else kernel
        if base is not None:
            _line(left, by_age(record, base), seed, _label(against), "--", DARK)
        _line(left, by_age(record, run), seed, _label(method, kernel), "-", BLUE)
        left.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, 0.96))

        pick = slice(None) if seed == "all" else slice(seed, seed + 1)
        where = "all ages" if region == "all" else f"{region}-shot"
        readout = {f"MAE of {method}, {where}": f"{scores[pick].mean():.2f} years"}
        if missing:
            _say(right, missing, 30)
            return readout | {"not compared": missing}
        readout[f"MAE of {against}"] = f"{bases[pick].mean():.2f} years"
        pair = paired_comparison(bases, scores)
        _draw_differences(right, scores - bases, pair, seed)
        right.set(ylabel=f"MAE difference, {where} (years)")
        if seed == "all":
            readout["mean difference, 95 % interval"] = f"{pair} seeds"
            return readout | {"seeds": len(scores)}
        readout["difference"] = f"{(scores - bases)[seed]:.2f} years"
        return readout | {"seeds": "1, so no interval"}

    method = choice("method", METHODS)
    method.value = "sqinv+lds+fds"
    kernels = [(AS_RECORDED, AS_RECORDED)]
    kernels += [(f"Gaussian {_slashed(kernel)}", kernel) for kernel in KERNELS]
    seeds = [("all", "all"), *((name, i) for i, name in enumerate(ORDINALS))]
    return Explorer(
        "recorded runs",
        "Left, two lines: the mean absolute error of both methods by age; right, "
        "their difference for each seed, with the mean and its interval.",
        {
            "method": method,
            "against": choice("against", METHODS),
            "kernel": choice("kernel, size/sigma (bins)", kernels),
            "seed": choice("seed", seeds),
            "region": choice("region", ["all", "many", "medium", "few"]),
        },
        draw,
        height=4.0,
    )


def _find(records, method, kernel):
    """The record and the name of a method's runs, or None twice and a sentence."""
    if kernel == AS_RECORDED:
        return "faces", method, None
    base, *parts = method.split("+")
    if not parts:
        missing = (
            f"{method} smooths nothing, so it has no kernel: "
            f"choose '{AS_RECORDED}', or a method with lds or fds."
        )
        return None, None, missing
    if len(parts) > 1:
        missing = (
            f"{method} was run with one choice of kernels: choose '{AS_RECORDED}'. "
            f"Other kernels were tried for {base}+lds, {base}+fds and {base}+fds full."
        )
        return None, None, missing
    record = SEARCHES[parts[0]]
    held = records[record].methods()
    if run_name(record, method, kernel) in held:
        return record, run_name(record, method, kernel), None
    there = [_slashed(k) for k in KERNELS if run_name(record, method, k) in held]
    missing = (
        f"{method} was not run with the kernel Gaussian {_slashed(kernel)}: "
        f"there are runs with {_listed(there, 'and')}."
    )
    return None, None, missing


def _find_base(held, record, run, against):
    """The name of the baseline's runs, or None, and a sentence if it is None."""
    names = {method: run_name(record, method) for method in METHODS}
    if names[against] == run:
        missing = (
            "These are the same runs twice, so every difference is 0: "
            "choose another method in 'against'."
        )
        return None, missing
    if names[against] not in held:
        there = [m for m, name in names.items() if name in held and name != run]
        missing = (
            f"This record has no runs of {against}: "
            f"compare with {_listed(there, 'or')}."
        )
        return None, missing
    return names[against], None


def _few_seeds(n):
    return (
        f"This record has {n} seeds: choose 'all', or one from "
        f"{ORDINALS[0]} to {ORDINALS[n - 1]}."
    )


def _slashed(kernel):
    return kernel.replace(" ", "/")


def _listed(names, word):
    *rest, last = names
    return f"{', '.join(rest)} {word} {last}" if rest else last


def _label(method, kernel=None):
    """A method with the kernels that it smooths with: "inv+lds (LDS 9/3)"."""
    _, *parts = method.split("+")
    used = [
        f"{part[:3].upper()} {_slashed(kernel or RECORDED[part])}" for part in parts
    ]
    return f"{method} ({', '.join(used)})" if used else method


def _panels(figure, top):
    left, right = figure.subplots(1, 2, width_ratios=[2.1, 1])
    figure.subplots_adjust(0.07, right=0.985, top=0.83, wspace=0.25)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    left.set(xlabel="age (years)", ylabel="mean absolute error (years)")
    left.set(ylim=(0, 1.35 * top), xlim=(AGES.edges[0], AGES.edges[-1]))
    # Ticks take a third of the time of a redraw: few of them.
    left.set_xticks(range(0, 101, 25))
    for ax in (left, right):
        ax.yaxis.get_major_locator().set_params(nbins=4)
    return left, right


def _shade(ax, regions, region, top):
    """Shade one region's ages, or those of all, and name them above the panel."""
    if region != "all":
        nowhere = {name: np.zeros(AGES.n_bins, bool) for name in regions._fields}
        regions = regions._replace(**(nowhere | {region: getattr(regions, region)}))
    shade_regions(ax, AGES, regions, strip=(1.31 * top, 1.35 * top))
    where = {"loc": "lower left", "bbox_to_anchor": (0.06, 0.82), "ncols": 3}
    region_legend(ax.figure, regions, fontsize=9, columnspacing=1.3, **where)


def _line(ax, errors, seed, label, style, color):
    """Draw one seed thin, or the mean of all over their range."""
    if seed == "all":
        low, high = errors.min(0), errors.max(0)
        ax.fill_between(AGES.centers, low, high, color=color, alpha=0.15, linewidth=0)
        values, width = errors.mean(0), 2.0
    else:
        values, width = errors[seed], 1.2
    ax.plot(AGES.centers, values, style, color=color, linewidth=width, label=label)


def _draw_differences(ax, differences, pair, seed):
    """Draw a dot per seed, the chosen ones filled, over their mean and its interval."""
    interval = {"color": RED, "alpha": 0.12, "linewidth": 0, "label": "95 % interval"}
    ax.axhspan(pair.low, pair.high, **interval)
    mean = {"color": RED, "linewidth": 2, "linestyle": "--", "label": "mean of all"}
    ax.axhline(pair.mean_difference, **mean)
    ax.axhline(0, color=DARK, linewidth=1)
    numbers = np.arange(len(differences))
    chosen = numbers if seed == "all" else numbers[[seed]]
    dots = {"color": BLUE, "markersize": 7}
    ax.plot(numbers, differences, "o", markerfacecolor="white", **dots)
    ax.plot(chosen, differences[chosen], "o", **dots)
    ax.set_xticks(numbers, ORDINALS[: len(numbers)])
    ax.set(xlim=(-0.6, len(numbers) - 0.4), xlabel="seed (below 0: method better)")
    ax.margins(y=0.1)
    legend = {"loc": "lower center", "bbox_to_anchor": (0.5, 0.99), "ncols": 2}
    ax.legend(frameon=False, fontsize=9, handlelength=1.6, columnspacing=1, **legend)


def _say(ax, sentence, width):
    ax.axis("off")
    style = {"ha": "center", "va": "center", "fontsize": 11}
    ax.text(0.5, 0.5, fill(sentence, width), transform=ax.transAxes, **style)


def _say_only(figure, sentence):
    _say(figure.subplots(), sentence, 70)
    return {"not in the records": sentence}
