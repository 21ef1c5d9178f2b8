"""One HTML page about all finished runs under a folder: it needs no other file.

Here is what the page shows; `report.html.j2`, the template, says how.
"""

import json
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from dirlib.files import write_atomically
from dirlib.trainer.folder import differing, find_runs, runs_by_method, unit_of
from dirlib.trainer.report_figures import report_figures
from dirlib.trainer.scores import PAPER, SCORES
from dirlib.trainer.summary import (
    SPLIT_NAMES,
    about_lines,
    comparison_table,
    decimals,
    difference_text,
    score_text,
    scores_frame,
)


def write_report(folder, out=None, split="test"):
    """Write one self-contained HTML page about finished runs, and return its path.

    `folder` holds the runs at any depth; `out` is the file, `report.html` in the folder
    without it. The table and the figures of errors show the `split` "test" or "val". A
    ValueError says that no run is finished, or that two are trained on different data.
    """
    folder = Path(folder)
    out = folder / "report.html" if out is None else Path(out)
    runs, problems = find_runs(folder)
    frame = scores_frame(runs, problems, folder)
    baseline, recorded_split, failures = _comparison_record(folder)
    known = baseline in set(frame["method"])
    table = comparison_table(frame, baseline if known else None, split)
    finished = {f"{run.method}, seed {run.seed}" for run in runs}
    problems += [line for line in failures if line.partition(":")[0] not in finished]
    methods = runs_by_method(runs)
    unit, scores = unit_of(runs[0].settings), runs[0].scores
    models = _models(folder, problems) if split == recorded_split else []
    thresholds = scores.get("thresholds", PAPER)
    title = f"{len(methods)} method{'s' * (len(methods) > 1)}, "
    title += f"{len(runs)} run{'s' * (len(runs) > 1)}"
    environment = Environment(
        loader=PackageLoader("dirlib.trainer", ""),
        autoescape=True,  # names of methods, columns and folders stay text
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    page = environment.get_template("report.html.j2").render(
        title=title,
        folder=folder.resolve().name,
        **_settings(runs, methods),
        split=SPLIT_NAMES[split],
        unit=unit,
        baseline=table["baseline"].iloc[0],
        intervals=table["low"].notna().any(),
        summary=_summary(table, unit, models),
        about=about_lines(runs, split),
        thresholds=thresholds,
        scores=list(models[0][1]) if models else [],
        models=[
            (model, [score_text(name, value) for name, value in values.items()])
            for model, values in models
        ],
        regions=list(dict.fromkeys(table["region"])),
        errors=_errors(table),
        figures=report_figures(methods, frame, table, unit, problems),
        problems=problems,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    # A folder's name need not be valid text: what can't be written becomes "?".
    write_atomically(out, page.encode(errors="replace"))
    return out


def _comparison_record(folder):
    """The baseline of `compare`, its split and failures: a page can do without them."""
    try:
        record = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
        failures = [str(line) for line in record["failed"]]
        row = record["table"][0]
        return str(row["baseline"]), row.get("split"), failures
    except (OSError, ValueError, TypeError, LookupError):
        return None, None, []


def _models(folder, problems):
    """The rows of models.csv, which a table has: a name, and its scores by name."""
    path = folder / "models.csv"
    if not path.exists():
        return []
    try:
        table = pd.read_csv(path).set_index("model")
        table = table[[name for name in SCORES if name in table]].astype(float)
        return list(table.to_dict(orient="index").items())
    except (OSError, ValueError, LookupError):
        problems.append(f"{path.name} is damaged: call compare again to make it anew")
        return []


def _summary(table, unit, models):
    """Who has the lowest error, overall and in the tail, in plain sentences."""
    tail = "tail_5" if "tail_5" in set(table["region"]) else "few"
    names = {
        "all": "Over all samples",
        "tail_5": "In the tail, the outermost 5 % of the labels",
        "few": "In the few-shot region, of labels seldom seen in training",
    }
    lines = []
    for region in ("all", tail):
        rows = table[(table["region"] == region) & (table["seeds"] > 0)]
        if rows.empty:
            lines.append(f"{names[region]} there is nothing to compare.")
            continue
        best, digits = rows.loc[rows["mean"].idxmin()], decimals(rows["mean"].max())
        line = f"{names[region]}, {best.method} has the lowest mean absolute error"
        lines.append(f"{line}, {best['mean']:.{digits}f} {unit}.")
        if best.method != best.baseline:
            lines += _certainty(rows[rows["method"] == best.method], digits)
        elif len(rows) > 1:
            lines.append("It is the baseline.")
            second = rows[rows["method"] != best.method].sort_values("mean").head(1)
            lines += _certainty(second, digits)
    others = [(values.get("all"), name) for name, values in models]
    others = [pair for pair in others if pair[1] not in set(table["method"])]
    if others:
        error, name = min(others)
        text = score_text("all", error)
        lines.append(f"Of the models of scikit-learn, {name} has the lowest: {text}.")
    return lines


def _certainty(rows, digits):
    """One sentence about the difference of one method from the baseline."""
    for row in rows[rows["pairs"] > 0].itertuples():
        size = f"{abs(row.difference):.{digits}f}"
        way = "lower" if row.difference < 0 else "higher"
        line = f"The error of {row.method} is {size} {way} than that of {row.baseline}"
        if row.pairs < 2:
            return [f"{line} on the one seed that both have, which gives no interval."]
        ends = f"[{row.difference_low:.{digits}f}, {row.difference_high:.{digits}f}]"
        line += f"; the 95 % interval of the difference, {ends},"
        if row.difference_low <= 0 <= row.difference_high:
            return [f"{line} includes 0: these seeds don't tell the two apart."]
        return [f"{line} excludes 0."]
    return []


def _settings(runs, methods):
    """What all runs share, and what tells the methods apart."""
    names, rows = differing(runs), []
    for method, of_method in methods.items():
        texts = [_shown(of_method[0].setting_texts.get(n, "none")) for n in names]
        seeds = ", ".join(str(run.seed) for run in of_method)
        rows.append((method, [*texts, seeds]))
    shared = runs[0].setting_texts.items()
    hidden = (*names, "seed")
    shared = [
        (name, [_shown(text)])
        for name, text in shared
        if name not in hidden and text != "null"
    ]
    return {"differing": names, "methods": rows, "shared": shared}


def _shown(text):
    """A setting without the folders of this computer: the page is for others."""
    return Path(text).name if Path(text).is_absolute() else text


def _errors(table):
    """A row per method: its seeds, and per region the lines of a cell."""
    digits = table.groupby("region")["mean"].max().map(decimals)
    errors = []
    for method, rows in table.groupby("method", sort=False):
        cells = [_cell(row, digits[row.region]) for row in rows.itertuples()]
        errors.append((method, [str(rows["seeds"].max()), *cells]))
    return errors


def _cell(row, digits):
    if row.seeds == 0:
        return "no samples"
    lines = [f"{row.mean:.{digits}f}"]
    if row.seeds > 1:
        lines.append(f"[{row.low:.{digits}f}, {row.high:.{digits}f}]")
    if row.method != row.baseline and row.pairs:
        difference, wins = difference_text(row, digits).rsplit(", ", 1)
        lower, higher = row.difference_high < 0, row.difference_low > 0
        lines += ["▼ " * lower + "▲ " * higher + difference, wins]
    return lines
