"""The figures of the report, each with a caption and the same in words."""

import base64
import io

from dirlib.trainer import figures
from dirlib.trainer.folder import (
    read_errors,
    read_history,
    read_predictions,
    read_train_counts,
    regions_of,
)
from dirlib.trainer.summary import decimals, difference_text


def report_figures(methods, frame, table, unit, problems):
    """The figures, in words too; what can't be drawn is added to the problems."""
    baseline, split = table["baseline"].iloc[0], table["split"].iloc[0]
    histogram = []  # bins, counts and regions of the first run that has them

    def errors_of(run):
        if not histogram:
            bins, counts = read_train_counts(run)
            histogram.extend((bins, counts, regions_of(run, counts)))
        return read_errors(run, histogram[0], split)

    errors = _read_all(methods, errors_of, problems)
    histories = _read_all(methods, read_history, problems)
    shown = [_region_figure(frame[frame["split"] == split], table, unit)]
    if table["pairs"].fillna(0).gt(0).any():
        shown.append(_forest_figure(table, unit))
    if errors:
        bins, counts, regions = histogram
        alt = (
            "One panel per method: the error in each bin of the label. Below, the "
            f"training samples in each bin, from {counts.min()} to {counts.max()}: "
            + ", ".join(
                f"{getattr(regions, name).sum()} {name}-shot bins"
                for name in ("many", "medium", "few")
            )
        )
        caption = (
            "Error along the label: bold, the mean over the seeds; thin, each seed; "
            f"dashed, {baseline}. Below, the training samples in each bin."
        )
        figure = figures.errors_by_bin(*histogram, errors, baseline, unit)
        shown.append(_as_png(figure, f"{alt}.", caption))
        shown.append(_prediction_figure(methods, errors, bins, split, unit))
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


def _forest_figure(table, unit):
    rows = table[table["pairs"].fillna(0) > 0]
    digits = table.groupby("region")["mean"].max().map(decimals)
    parts = (
        f"{r.method}, {r.region}: {difference_text(r, digits[r.region])}."
        for r in rows.itertuples()
    )
    baseline = rows["baseline"].iloc[0]
    alt = f"Differences from {baseline} with their intervals. {' '.join(parts)}"
    caption = (
        f"The difference of each method's error from that of {baseline}, with its 95 % "
        "interval: left of the line at 0, the error is lower; an interval that "
        "crosses the line doesn't tell the two apart."
    )
    return _as_png(figures.differences(table, unit), alt, caption)


def _prediction_figure(methods, errors, bins, split, unit):
    """Of the first seed whose predictions can be read, for each method."""
    tables = {}
    for method in errors:
        for run in methods[method]:
            try:
                tables[method] = read_predictions(run, split)
                break
            except ValueError:
                pass  # told by the figure of errors
    parts = (
        f"{method}, predictions from {table['prediction'].min():.4g} to "
        f"{table['prediction'].max():.4g}"
        for method, table in tables.items()
    )
    table = next(iter(tables.values()))["label"]
    alt = f"A dot per sample, labels from {table.min():.4g} to {table.max():.4g}. "
    caption = (
        "Predicted against true, one seed of each method: on the line they are equal; "
        "below it on the right, large labels are predicted too small. With more than "
        f"{figures.SHOWN:,} samples, every k-th."
    )
    figure = figures.predicted_against_true(tables, bins, unit)
    return _as_png(figure, f"{alt}{'; '.join(parts)}.", caption)


def _region_figure(values, table, unit):
    parts = []
    for region, rows in table[table["seeds"] > 0].groupby("region", sort=False):
        digits = decimals(rows["mean"].max())
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
