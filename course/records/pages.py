"""The tables of the pages that are made of the recorded runs.

A page holds ``<!-- begin: NAME -->`` and, below it, ``<!-- end -->``. What stands
between them is what the function NAME of `BLOCKS` returns: ``python -m course results``
writes it, and a test compares.
"""

import re

import numpy as np

from course.records.ages import EXTRAPOLATION, INTERPOLATION
from course.records.read import data_dir, load_runs, neighbour_margins, similarities
from course.records.report import base_of, density_correlations, table_report
from dirlib.files import write_atomically
from dirlib.metrics import gm, paired_comparison

PAGES = ("RESULTS.md", "README.md", "../README.md")  # from the data folder
BLOCK = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end -->)", re.S)
REGIONS = ("all", "many", "medium", "few")
# Each pair is a step: the method before it, and the one after it.
STEPS = (
    ("vanilla", "sqinv"),
    ("vanilla", "inv"),
    ("sqinv", "sqinv+lds"),
    ("inv", "inv+lds"),
    ("sqinv, right labels", "sqinv+lds, right labels"),
    ("inv, right labels", "inv+lds, right labels"),
    ("vanilla", "vanilla+fds"),
    ("sqinv", "sqinv+fds"),
    ("sqinv", "sqinv+fds full"),
    ("sqinv+lds", "sqinv+lds+fds"),
    ("sqinv+lds", "sqinv+lds+fds full"),
    ("inv", "inv+fds"),
    ("inv+lds", "inv+lds+fds"),
    ("sqinv", "sqinv+fds too wide"),
    ("vanilla", "sqinv+lds+fds"),
)
# The similarity to age 0 is told of these ages, from the first to the last.
AGE_GROUPS = ((1, 3), (4, 8), (9, 16), (17, 39), (40, 60))
MEASURED = (
    ("vanilla", "train"),
    ("vanilla, right labels", "train"),
    ("vanilla, 150 at 0, same share", "train"),
    ("vanilla, 150 at 0, same four", "train"),
    ("vanilla, balanced", "train"),
    ("vanilla", "test"),
    ("vanilla+fds", "test"),
    ("sqinv+lds", "test"),
    ("sqinv+lds+fds", "test"),
    ("sqinv+lds+fds full", "test"),
)


def write_pages():
    """Fill the blocks of the pages beside the records; return those that it changed."""
    changed = []
    for page in PAGES:
        path = (data_dir() / page).resolve()
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if filled(text) != text:
            write_atomically(path, filled(text))
            changed.append(path)
    return changed


def filled(text):
    """Return a page with its blocks as the records have them."""

    def block(found):
        begin, name, end = found.groups()
        if name not in BLOCKS:
            raise ValueError(
                f"a page has a block named {name!r}: choose from {', '.join(BLOCKS)}"
            )
        return f"{begin}\n{BLOCKS[name]()}\n\n{end}"

    return BLOCK.sub(block, text)


def errors():
    """The errors of the methods of "faces" that are trained on the usual faces."""
    runs = load_runs("faces")
    plain = ("vanilla", "vanilla+fds", "sqinv", "sqinv+lds", "sqinv+fds",
             "sqinv+lds+fds", "sqinv+fds full", "sqinv+lds+fds full",
             "inv", "inv+lds", "inv+fds", "inv+lds+fds")  # fmt: skip
    head = ("method", "all", "many-shot", "medium-shot", "few-shot", "GM")
    return _table(head, [_errors(runs, method) for method in plain])


def steps():
    """What each step changes, paired by seed."""
    runs, rows = load_runs("faces"), []
    for before, after in STEPS:
        (new, comma, change), old = after.partition(","), before.partition(",")[0]
        pairs = [
            str(
                paired_comparison(runs.score(before, region), runs.score(after, region))
            )
            for region in ("few", "all")
        ]
        rows.append([f"{title(new)} minus {title(old)}{comma}{change}", *pairs])
    return _table(("step", "few-shot", "all ages"), rows)


def whole():
    """The way from vanilla to all remedies, in percent, as a sentence."""
    runs = load_runs("faces")

    def change(*args):
        ratio = np.divide(
            *(runs.score(m, *args).mean() for m in ("sqinv+lds+fds", "vanilla"))
        )
        return f"is {100 * abs(ratio - 1):.0f} % {'lower' if ratio < 1 else 'higher'}"

    return (
        f"From vanilla to SQINV + LDS + FDS, the few-shot error {change('few')}, the "
        f"GM {change('all', gm)}, and the many-shot error {change('many')}. "
        f"SQINV alone takes {100 * share_of_sqinv(runs):.0f} % of the few-shot step."
    )


def share_of_sqinv(runs):
    """Which part of the few-shot gain of all remedies re-weighting alone brings."""
    plain, sqinv, all_three = (
        runs.score(m, "few").mean() for m in ("vanilla", "sqinv", "sqinv+lds+fds")
    )
    return (plain - sqinv) / (plain - all_three)


def densities():
    """How closely counts and smoothed counts follow the error, as a sentence."""
    ranges = [
        f"{found.min():.2f} to {found.max():.2f}"
        for found in density_correlations(load_runs("faces"))
    ]
    return (
        f"Pearson correlation with the error of vanilla, by seed: {ranges[0]} for "
        f"counts, {ranges[1]} for smoothed counts (Gaussian, size 5, sigma 2)."
    )


def holes():
    """The errors at ages that were left out of training."""
    runs = load_runs("faces")
    places = {"hole inside": INTERPOLATION, "hole at the end": EXTRAPOLATION}
    shown = ("vanilla", "sqinv+lds", "sqinv+lds+fds")
    rows = []
    for hole, ages in places.items():
        found = {m: error_at(runs, f"{m}, {hole}", ages) for m in shown}
        seen = error_at(runs, "vanilla", ages).mean()
        step = paired_comparison(found["vanilla"], found["sqinv+lds+fds"])
        means = [f"{found[m].mean():.2f}" for m in shown]
        rows.append([f"{ages[0]} to {ages[-1]}", f"{seen:.2f}", *means, str(step)])
    head = ("ages left out", "vanilla, not left out", *map(title, shown))
    return _table((*head, "last minus vanilla"), rows)


def error_at(runs, method, ages):
    """Return the mean absolute error over the test faces of some ages, [S]."""
    inside = np.isin(runs.y, ages)
    return np.abs(runs.predictions(method) - runs.y)[:, inside].mean(axis=1)


def anomaly():
    """How similar the ages are to age 0, where the hump is, and the margins."""
    rows = []
    for method, split in MEASURED:
        found = similarities(method, split)
        groups = [f"{np.nanmean(found[:, a : b + 1]):.2f}" for a, b in AGE_GROUPS]
        humps = f"{has_hump(found).sum()} of {len(found)}"
        margins = [
            f"{values.min():.2f} to {values.max():.2f}"
            for values in (
                neighbour_margins(method, split, statistic=statistic)
                for statistic in ("mean", "variance")
            )
        ]
        images = {"train": "training", "test": "held-out"}[split]
        rows.append([title(method), images, *groups, humps, *margins])
    ages = [f"{low} to {high}" for low, high in AGE_GROUPS]
    margins = ("margin, mean", "margin, variance")
    return _table(("network", "images", *ages, "hump", *margins), rows)


def has_hump(similarity):
    """Which seeds have it, [S], of similarities to age 0, [S, B].

    The children of 4 to 8 are all less similar to age 0 than people of 17 to 60 are.
    """
    children, adults = similarity[:, 4:9], similarity[:, 17:61]
    return np.nanmax(children, axis=1) < np.nanmean(adults, axis=1)


def kernels():
    """The search for the kernel: errors without LDS, and with each window."""
    runs = load_runs("kernels")
    found = [m.partition("+lds ")[2] for m in runs.methods() if m.startswith("sqinv+")]
    return _search(runs, "+lds ", ["", *found], "kernel, size, sigma (bins)")


def fds():
    """The search for FDS: the settings that lower both few-shot errors on each seed."""
    runs = load_runs("fds")
    return _search(runs, "+fds ", ["", *candidates(runs)], "settings of FDS")


def candidates(runs):
    """The settings that lower the few-shot error on every seed for both bases."""
    found = [m.partition("+fds ")[2] for m in runs.methods() if m.startswith("sqinv+")]

    def lowers(method):
        return (runs.score(method, "few") < runs.score(base_of(method), "few")).all()

    return [n for n in found if lowers(f"sqinv+fds {n}") and lowers(f"inv+fds {n}")]


def front():
    """The few numbers of the first page."""
    runs = load_runs("faces")
    rows = [
        [title(m), *(f"{runs.score(m, r).mean():.1f}" for r in ("many", "few"))]
        for m in ("vanilla", "sqinv", "sqinv+lds+fds")
    ]
    return _table(("error (years)", "common ages", "rare ages"), rows)


BLOCKS = {
    function.__name__: function
    for function in (
        errors, steps, whole, densities, holes, anomaly, kernels, fds, front,
    )
} | {"bikes": table_report}  # fmt: skip


def title(method):
    """A method as the pages write it: "sqinv+lds" is "SQINV + LDS"."""
    name, comma, change = method.partition(",")
    name = re.sub(r"\b(sqinv|inv|lds|fds|mse)\b", lambda found: found[0].upper(), name)
    return name.replace("+", " + ") + comma + change


def _errors(runs, method):
    """The cells of a method: its name, the MAE of each region, and the GM."""
    scores = [runs.score(method, region) for region in REGIONS]
    scores.append(runs.score(method, metric=gm))
    return [title(method), *(f"{score.mean():.2f}" for score in scores)]


def _search(runs, added, settings, what):
    """The errors of both bases with each of the settings; "" is the base itself."""
    bases, regions, rows = ("sqinv", "inv"), ("all", "few"), []
    for setting in settings:
        methods = [base + (added + setting if setting else "") for base in bases]
        scores = [runs.score(m, region).mean() for m in methods for region in regions]
        rows.append([setting or "none", *(f"{score:.2f}" for score in scores)])
    head = [f"{title(base)}, {r}" for base in bases for r in ("all", "few-shot")]
    return _table((what, *head), rows)


def _table(head, rows):
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])
