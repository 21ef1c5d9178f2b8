"""One HTML page about all finished runs under a folder: it needs no other file."""

import html
import json
from pathlib import Path

from dirlib.files import write_atomically
from dirlib.trainer.folder import (
    REGIONS,
    differing,
    find_runs,
    setting_values,
    unit_of,
)
from dirlib.trainer.report_figures import bin_figure, region_figure, training_figure
from dirlib.trainer.summary import (
    SPLIT_NAMES,
    comparison_table,
    decimals,
    difference_text,
    scores_frame,
)

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto;
  padding: 0 1.5rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
p, li { max-width: 46rem; }
.wide { overflow-x: auto; margin: 1rem 0 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .5rem; max-width: 60rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0;
  border-top: 1px solid #8886; overflow-wrap: anywhere; min-width: 4rem; }
td span { display: block; white-space: nowrap; font-size: .85rem; }
td .mean { font-size: 1rem; }
figure { margin: 1.5rem 0; break-inside: avoid; }
img { max-width: 100%; background: #fff; }
figcaption { max-width: 46rem; }
@media print { body { font-size: 11px; margin: 0; max-width: none; padding: 0; }
  td span { font-size: 9px; } td .mean { font-size: 11px; }
  th, td { padding-right: .4rem; } tr { break-inside: avoid; } }
"""
READING = (
    "The regions go by the training samples of a label's bin: many-shot above 100, "
    "medium-shot 20 to 100, few-shot below 20. GM is the geometric mean of all errors; "
    "the other columns are mean absolute errors.",
    "An interval in brackets is a 95 % interval of the mean over the seeds (Student's "
    "t): it says how much the mean would move with other seeds. It doesn't say how "
    "much it would move with other test samples.",
    "A difference is taken seed by seed, so that what a seed does to both methods "
    "cancels. Where its interval excludes zero, it is marked ▼ (a lower error than "
    "the baseline's) or ▲ (a higher one). Of 20 such intervals one excludes zero by "
    "chance even where nothing differs: look for differences that hold over regions "
    "and seeds.",
)


def write_report(folder, out=None, split="test"):
    """Write one self-contained HTML page about the finished runs under a folder.

    Parameters
    ----------
    folder : path-like
        Holds the runs at any depth, as :func:`dirlib.trainer.comparison.compare` does.
    out : path-like, optional
        The file to write; by default `report.html` in the folder.
    split : {"test", "val"}
        The data that the table and the figures of errors show.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If no run is finished, or two are trained on different data.
    """
    folder = Path(folder)
    out = folder / "report.html" if out is None else Path(out)
    runs, problems = find_runs(folder)
    frame = scores_frame(runs, problems, folder)
    noted = _noted(folder)
    baseline = noted["baseline"] if noted["baseline"] in set(frame["method"]) else None
    table = comparison_table(frame, baseline, split)
    unit = unit_of(runs[0])
    done = {f"{run.method}, seed {run.seed}" for run in runs}
    problems += [line for line in noted["failed"] if line.partition(":")[0] not in done]
    figures = [
        region_figure(frame, table, unit),
        bin_figure(runs, table["baseline"].iloc[0], unit, problems, split),
        training_figure(runs, unit, problems),
    ]
    methods = list(dict.fromkeys(table["method"]))
    many = "" if len(runs) == 1 else "s"
    title = f"{len(methods)} method{'s' if len(methods) > 1 else ''}, {len(runs)} run"
    parts = [
        f"<h1>{_text(title + many)}: {_text(folder.resolve().name)}</h1>",
        _settings_part(runs),
        _table_part(table, unit),
        "<h2>How to read it</h2>",
        f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in READING)}</ul>",
        f"<h2>Figures</h2>{''.join(figures)}",
        _problems_part(problems),
    ]
    body = "\n".join(parts)
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title + many)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    # A folder's name need not be valid text: what can't be written becomes "?".
    write_atomically(out, page.encode(errors="replace"))
    return out


def _settings_part(runs):
    """What all runs share, and what tells the methods apart."""
    values = [setting_values(run.settings) for run in runs]
    differ = [name for name in differing(values) if name != "seed"]
    shared = "".join(
        f"<tr><th scope='row'>{_text(name)}</th><td>{_text(value)}</td></tr>\n"
        for name, value in values[0].items()
        if name not in differ and name != "seed"
    )
    rows = []
    for method, own in _by_method(runs).items():
        of_method = setting_values(own[0].settings)
        cells = "".join(f"<td>{_text(of_method.get(n, 'none'))}</td>" for n in differ)
        seeds = ", ".join(str(run.seed) for run in own)
        rows.append(
            f"<tr><th scope='row'>{_text(method)}</th>{cells}<td>{seeds}</td></tr>\n"
        )
    head = "".join(f"<th scope='col'>{_text(n)}</th>" for n in (*differ, "seeds"))
    return (
        "<h2>What was trained</h2>\n<div class='wide'><table>\n<caption>Each method's "
        "own settings and its seeds.</caption>\n<thead><tr><th scope='col'>method</th>"
        f"{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table></div>\n"
        "<div class='wide'><table>\n<caption>What all runs share.</caption>\n"
        f"<tbody>\n{shared}</tbody></table></div>"
    )


def _table_part(table, unit):
    digits, baseline = decimals(table), table["baseline"].iloc[0]
    head = "".join(f"<th scope='col'>{region}</th>" for region in REGIONS)
    rows = []
    for method, own in table.groupby("method", sort=False):
        cells = "".join(_cell(row, digits) for row in own.itertuples())
        rows.append(
            f"<tr><th scope='row'>{_text(method)}</th>"
            f"<td>{own['seeds'].max()}</td>{cells}</tr>\n"
        )
    one = "" if table["low"].notna().any() else (
        " One seed gives no interval: train more seeds before you compare."
    )  # fmt: skip
    data = SPLIT_NAMES[table["split"].iloc[0]]
    caption = (
        f"Error on the {data} data ({unit}) by region: mean over the seeds with its "
        f"95 % interval; below it the difference from {baseline}, with its interval "
        f"and the number of seeds on which the error is lower.{one}"
    )
    return (
        f"<h2>Errors</h2>\n<div class='wide'><table>\n<caption>{_text(caption)}"
        f"</caption>\n<thead><tr><th scope='col'>method</th><th scope='col'>seeds</th>"
        f"{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table></div>"
    )


def _cell(row, digits):
    if row.seeds == 0:
        return "<td>no samples</td>"
    lines = [f"<span class='mean'>{row.mean:.{digits}f}</span>"]
    if row.seeds > 1:
        lines.append(f"<span>[{row.low:.{digits}f}, {row.high:.{digits}f}]</span>")
    if row.method != row.baseline and row.pairs:
        difference, wins = difference_text(row, digits).rsplit(", ", 1)
        mark = (
            "▼ " if row.difference_high < 0 else "▲ " if row.difference_low > 0 else ""
        )
        lines += [f"<span>{mark}{difference}</span>", f"<span>{wins}</span>"]
    return f"<td>{''.join(lines)}</td>"


def _problems_part(problems):
    if not problems:
        return (
            "<h2>Failures</h2>\n<p>None: every run of the folder is in the table.</p>"
        )
    lines = "".join(f"<li>{_text(line)}</li>\n" for line in problems)
    return f"<h2>Failures, and what is left out</h2>\n<ul>\n{lines}</ul>"


def _by_method(runs):
    methods = {}
    for run in runs:
        methods.setdefault(run.method, []).append(run)
    return methods


def _noted(folder):
    """The baseline of `compare`, and its failures: a page can do without them."""
    try:
        record = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
        failed = [str(line) for line in record["failed"]]
        return {"baseline": str(record["table"][0]["baseline"]), "failed": failed}
    except (OSError, ValueError, TypeError, LookupError):
        return {"baseline": None, "failed": []}


def _text(value):
    return html.escape(str(value))
