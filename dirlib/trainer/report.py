"""One HTML page about all finished runs under a folder: it needs no other file.

Here is what the page shows; `report.html.j2`, the template, says how.
"""

import base64
import io
import json
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from dirlib.files import write_atomically
from dirlib.trainer import figures
from dirlib.trainer.folder import (
    differing,
    find_runs,
    read_errors,
    read_history,
    read_train_counts,
    runs_by_method,
    unit_of,
)
from dirlib.trainer.summary import (
    SPLIT_NAMES,
    comparison_table,
    coverage_text,
    decimals,
    difference_text,
    scores_frame,
)


def write_report(folder, out=None, split="test"):
    """Write one self-contained HTML page about finished runs, and return its path.

    Parameters
    ----------
    folder : path-like
        Holds the runs at any depth, as :func:`dirlib.trainer.comparison.compare` does.
    out : path-like, optional
        The file to write; by default `report.html` in the folder.
    split : {"test", "val"}
        The data that the table and the figures of errors show.

    Raises
    ------
    ValueError
        If no run is finished, or two are trained on different data.
    """
    folder = Path(folder)
    out = folder / "report.html" if out is None else Path(out)
    runs, problems = find_runs(folder)
    frame = scores_frame(runs, problems, folder)
    baseline, failures = _comparison_record(folder)
    known = baseline in set(frame["method"])
    table = comparison_table(frame, baseline if known else None, split)
    finished = {f"{run.method}, seed {run.seed}" for run in runs}
    problems += [line for line in failures if line.partition(":")[0] not in finished]
    methods = runs_by_method(runs)
    unit = unit_of(runs[0].settings)
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
        bins=runs[0].scores.get("about", ""),
        coverage=coverage_text(runs),
        regions=list(dict.fromkeys(table["region"])),
        errors=_errors(table),
        figures=_figures(methods, frame, table, unit, problems),
        problems=problems,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    # A folder's name need not be valid text: what can't be written becomes "?".
    write_atomically(out, page.encode(errors="replace"))
    return out


def _comparison_record(folder):
    """The baseline of `compare`, and its failures: a page can do without them."""
    try:
        record = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
        failures = [str(line) for line in record["failed"]]
        return str(record["table"][0]["baseline"]), failures
    except (OSError, ValueError, TypeError, LookupError):
        return None, []


def _settings(runs, methods):
    """What all runs share, and what tells the methods apart."""
    names, rows = differing(runs), []
    for method, of_method in methods.items():
        texts = [of_method[0].setting_texts.get(name, "none") for name in names]
        seeds = ", ".join(str(run.seed) for run in of_method)
        rows.append((method, [*texts, seeds]))
    shared = runs[0].setting_texts.items()
    shared = [(name, [text]) for name, text in shared if name not in (*names, "seed")]
    return {"differing": names, "methods": rows, "shared": shared}


def _errors(table):
    """A row per method: its seeds, and per region the lines of a cell."""
    digits = decimals(table)
    errors = []
    for method, rows in table.groupby("method", sort=False):
        cells = [_cell(row, digits) for row in rows.itertuples()]
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


def _figures(methods, frame, table, unit, problems):
    """The figures, in words too; what can't be drawn is added to the problems."""
    baseline, split = table["baseline"].iloc[0], table["split"].iloc[0]
    bins_and_counts = []  # of the first run that has them

    def errors_of(run):
        if not bins_and_counts:
            bins_and_counts.extend(read_train_counts(run))
        return read_errors(run, bins_and_counts[0], split)

    errors = _read_all(methods, errors_of, problems)
    histories = _read_all(methods, read_history, problems)
    shown = [_region_figure(frame[frame["split"] == split], table, unit)]
    if errors:
        bins, counts = bins_and_counts
        alt = (
            "One panel per method: the error in each bin of the label. Below, the "
            f"training samples in each bin, from {counts.min()} to {counts.max()}."
        )
        caption = (
            "Error along the label: bold, the mean over the seeds; thin, each seed; "
            f"dashed red, {baseline}. Below, the training samples in each bin."
        )
        figure = figures.errors_by_bin(bins, counts, errors, baseline, unit)
        shown.append(_as_png(figure, alt, caption))
    if histories:
        alt = "Lines over the epochs, one per method: " + ", ".join(
            f"{method}, loss from {rows[0]['loss'].iloc[0]:.3g} to "
            f"{rows[0]['loss'].iloc[-1]:.3g} on its first seed"
            for method, rows in histories.items()
        )
        caption = (
            "The course of the trainings, the mean over the seeds. Losses of methods "
            "that weight their samples differently can't be compared; validation "
            "errors can."
        )
        figure = figures.training_curves(histories, unit)
        shown.append(_as_png(figure, f"{alt}.", caption))
    return shown


def _region_figure(values, table, unit):
    digits, parts = decimals(table), []
    for region, rows in table[table["seeds"] > 0].groupby("region", sort=False):
        means = (f"{r.method} {r.mean:.{digits}f}" for r in rows.itertuples())
        parts.append(f"{region}: {', '.join(means)}.")
    alt = f"Bars of the mean error of each method. {' '.join(parts)}"
    caption = "Error by region: bar, mean; line, 95 % interval; dot, one seed."
    return _as_png(figures.errors_by_region(values, table, unit), alt, caption)


def _read_all(methods, read, problems):
    """What `read` gives for the runs of each method; its refusals are problems."""
    results = {}
    for method, runs in methods.items():
        for run in runs:
            try:
                result = read(run)
            except ValueError as error:
                problems.append(f"{method}, seed {run.seed}: not in a figure, {error}")
            else:
                results.setdefault(method, []).append(result)
    return results


def _as_png(figure, alt, caption):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120, metadata={"Software": None})
    png = base64.b64encode(file.getvalue()).decode()
    return {"png": png, "alt": alt, "caption": caption}
