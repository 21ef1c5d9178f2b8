"""The figures of a report, as HTML: pictures inside the page, with words for them."""

import base64
import html
import io

from dirlib.trainer import figures
from dirlib.trainer.folder import read_errors, read_history, read_train_counts
from dirlib.trainer.summary import decimals


def region_figure(frame, table, unit):
    values = frame[frame["split"] == table["split"].iloc[0]]
    digits = decimals(table)
    alt = "Bars of the mean error of each method. " + " ".join(
        f"{region}: "
        + ", ".join(
            f"{r.method} {r.mean:.{digits}f}" for r in own.itertuples() if r.seeds
        )
        + "."
        for region, own in table.groupby("region", sort=False)
    )
    caption = "Error by region: bar, mean; line, 95 % interval; dot, one seed."
    figure = figures.errors_by_region(values, table, unit)
    return _figure(figure, alt, caption)


def bin_figure(runs, baseline, unit, problems, split):
    errors, bins, counts = {}, None, None
    for run in runs:
        try:
            if bins is None:
                bins, counts = read_train_counts(run)
            row = read_errors(run, bins, split)
        except ValueError as error:
            _note(problems, run, error)
            continue
        errors.setdefault(run.method, []).append(row)
    if not errors:
        return ""
    alt = (
        "One panel per method: the error in each bin of the label. Below, the training "
        f"samples in each bin, from {int(counts.min())} to {int(counts.max())}."
    )
    caption = (
        "Error along the label: bold, the mean over the seeds; thin, each seed; dashed "
        f"red, {baseline}. Below, the training samples in each bin."
    )
    figure = figures.errors_by_bin(bins, counts, errors, baseline, unit)
    return _figure(figure, alt, caption)


def training_figure(runs, unit, problems):
    histories = {}
    for run in runs:
        try:
            histories.setdefault(run.method, []).append(read_history(run))
        except ValueError as error:
            _note(problems, run, error)
    histories = {method: found for method, found in histories.items() if found}
    if not histories:
        return ""
    alt = "Lines over the epochs, one per method: " + ", ".join(
        f"{method}, loss from {found[0]['loss'].iloc[0]:.3g} to "
        f"{found[0]['loss'].iloc[-1]:.3g} on its first seed"
        for method, found in histories.items()
    )
    caption = (
        "The course of the trainings, the mean over the seeds. Losses of methods that "
        "weight their samples differently can't be compared; validation errors can."
    )
    return _figure(figures.training_curves(histories, unit), alt + ".", caption)


def _figure(figure, alt, caption):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120, metadata={"Software": None})
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<figure><img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>\n"
    )


def _note(problems, run, error):
    line = f"{run.method}, seed {run.seed}: not in a figure, {error}"
    problems.append(line)
