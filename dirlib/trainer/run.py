"""One training run in a folder: settings, checkpoint, history, predictions, scores."""

import copy
import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from dirlib.bins import shot_regions
from dirlib.files import write_atomically
from dirlib.metrics import region_errors
from dirlib.trainer.data import load_data
from dirlib.trainer.figures import curves
from dirlib.trainer.settings import (
    LOSSES,
    checked_settings,
    make_fds,
    make_network,
    make_weights,
)
from dirlib.training import Rows, extract_features, fit, predict, processes


def training_run(out, *, workers=0, resume=False, progress=True, **options):
    """Train one network, and leave everything in a folder.

    The folder holds `settings.json`; `checkpoint.pt`, after each epoch; and at the end
    `history.csv`, a row per epoch, and `curves.png`; `train_counts.csv`, the training
    samples of each bin; `predictions.csv`, with the columns split, label and
    prediction; and, written last, `scores.json`: the MAE by shot region and the GM of
    the validation and the test set, and the epoch that validation data chose.

    Parameters
    ----------
    out : path-like
        The folder; made where it is missing.
    workers : int
        Processes that read pictures ahead.
    resume : bool
        Go on with an interrupted run. It ends as it would have without the
        interruption, bit for bit with one CPU thread.
    **options
        What differs from the defaults in `dirlib.trainer.settings.OPTIONS`. Data: see
        :func:`dirlib.trainer.data.load_data`. `reweight` is "none", "sqinv" or
        "inv"; `lds` smooths the label density with a Gaussian of `lds_kernel_size` and
        `lds_sigma` bins; `fds` is "none", or the covariance of an FDS layer. With `rrt`
        the weights are for the regressor alone: it is trained anew on the features of
        a network without them. `model` is "small", a ResNet of torchvision, or "mlp",
        for tables; `loss` "l1", "mse", "huber" or "focal_r"; `select` the validation
        score whose lowest value chooses the epoch, or "last". For `optimizer`,
        `schedule`, `lr`, `batch_size`, `epochs` and `seed`, see
        :func:`dirlib.training.fit`.

    Returns
    -------
    dict
        The scores.

    Raises
    ------
    ValueError
        If an option is out of its range or does not fit the data, the folder holds a
        run and `resume` is False, or it holds a run of other settings. What is there
        stays.
    """
    settings = checked_settings(options)
    out, device = Path(out), processes.best_device()
    processes.start(device)
    if processes.is_first():
        _check_claim(out, settings, resume)
    data = _load(settings, progress)
    labels = np.asarray(data.train.labels, dtype=float)
    counts = data.bins.counts(labels)
    regions = shot_regions(counts)
    model = make_network(settings, data.train).to(device)
    fds = make_fds(settings, model, data.bins)
    weights = make_weights(settings, labels, data.bins)
    _check_select(settings["select"], data, regions)
    if processes.is_first():  # now that all of it fits
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / "settings.json", json.dumps(settings, indent=1))

    def validate(_):
        y_hat = predict(model, data.val, workers=workers)
        found = region_errors(data.val.labels, y_hat, data.bins, regions)
        return {f"val_{name}": value for name, value in found.items()}

    names = ("optimizer", "schedule", "lr", "batch_size", "epochs", "seed")
    train = partial(
        fit,
        loss=LOSSES[settings["loss"]],
        validate=validate,
        select=None if settings["select"] == "last" else f"val_{settings['select']}",
        progress=progress,
        **{name: settings[name] for name in names},
    )
    untrained = copy.deepcopy(model.regressor.state_dict())
    history = train(
        model,
        data.train,
        weights=None if settings["rrt"] else weights,
        fds=fds,
        workers=workers,
        checkpoint=out / "checkpoint.pt",
    )
    if settings["rrt"]:
        model.regressor.load_state_dict(untrained)
        features = extract_features(model, data.train, workers=workers)
        again = train(
            _Regressor(model.regressor),
            Rows(features, labels),
            weights=weights,
            checkpoint=out / "regressor.pt",
        )
        history += [row | {"epoch": row["epoch"] + len(history)} for row in again]
    predictions, scores = _judge(data, model, workers, regions)
    scores["about"] = data.about
    scores["best_epoch"] = _best_epoch(history, settings)
    if processes.is_first():
        unit = "years" if settings["target"] is None else "label units"
        _write_results(out, data.bins, counts, history, predictions, scores, unit)
    processes.wait()
    return scores


def _load(settings, progress):
    names = ("target", "images", "size", "augment", "pack", "bin_width", "quantiles")
    options = {name: settings[name] for name in (*names, "seed")}
    return load_data(settings["data"], **options, progress=progress)


class _Regressor(nn.Module):
    """The last layer as a network of its own: [N, D] to [N]."""

    def __init__(self, regressor):
        super().__init__()
        self.regressor = regressor

    def forward(self, z):
        return self.regressor(z).squeeze(-1)


def _check_select(select, data, regions):
    """Refuse to choose the epoch by a region that validation data doesn't have."""
    if select in ("many", "medium", "few"):
        index = data.bins.index(np.asarray(data.val.labels), "clip")
        if not getattr(regions, select)[index].any():
            raise ValueError(
                f"select is {select!r}, but no validation label lies in a "
                f"{select}-shot bin: use 'all', 'GM' or 'last'"
            )


def _check_claim(out, settings, resume):
    """Refuse a folder that holds another run, or this one without `resume`."""
    path = out / "settings.json"
    if not path.exists():
        return
    if not resume:
        raise ValueError(
            f"{out} holds a run: go on with it by --resume, or choose another folder"
        )
    try:
        theirs = json.loads(path.read_text())
        changed = [name for name in settings if theirs.get(name) != settings[name]]
    except (ValueError, AttributeError) as error:
        raise ValueError(
            f"{path} is damaged: move {out} away, and start anew"
        ) from error
    if changed:
        name = changed[0]
        raise ValueError(
            f"{out} holds a run whose {name} is {theirs.get(name)!r}, but now it is "
            f"{settings[name]!r}: choose another folder"
        )


def _judge(data, model, workers, regions):
    """Predict the validation and the test set: a table, and the scores."""
    tables, scores = [], {}
    for split in ("val", "test"):
        samples = getattr(data, split)
        y_hat = predict(model, samples, workers=workers).astype(float)
        columns = {"split": split, "label": samples.labels, "prediction": y_hat}
        tables.append(pd.DataFrame(columns))
        found = region_errors(samples.labels, y_hat, data.bins, regions)
        scores[split] = {
            name: None if math.isnan(value) else round(value, 4)
            for name, value in found.items()
        }
    return pd.concat(tables), scores


def _best_epoch(history, settings):
    """The epoch that the model's weights are from, counted from 1."""
    if settings["select"] == "last":
        return len(history)
    rows = history[-settings["epochs"] :]  # with rrt, those of the regressor
    return min(rows, key=lambda row: row[f"val_{settings['select']}"])["epoch"]


def _write_results(out, bins, counts, history, predictions, scores, unit):
    table = pd.DataFrame(history)
    edges = {"low": bins.edges[:-1], "high": bins.edges[1:], "count": counts}
    write_atomically(out / "history.csv", table.to_csv(index=False))
    write_atomically(out / "train_counts.csv", pd.DataFrame(edges).to_csv(index=False))
    write_atomically(
        out / "predictions.csv", predictions.to_csv(index=False, float_format="%.5g")
    )
    figure = curves(table, unit)
    write_atomically(out / "curves.png", partial(figure.savefig, format="png"))
    # The last: where there are scores, the run is finished.
    write_atomically(out / "scores.json", json.dumps(scores, indent=1))
