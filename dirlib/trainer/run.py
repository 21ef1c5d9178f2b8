"""One training run in a folder: settings, checkpoint, history, predictions, scores."""

import copy
import json
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from dirlib.arguments import whole_number
from dirlib.files import locked, write_atomically, write_csv, write_json
from dirlib.metrics import region_errors
from dirlib.trainer.data import load_data
from dirlib.trainer.figures import curves
from dirlib.trainer.folder import SPLITS, unit_of
from dirlib.trainer.methods import method_name
from dirlib.trainer.prediction import save_network
from dirlib.trainer.scores import Judge, weight_warnings
from dirlib.trainer.settings import (
    SCHEMES,
    make_fds,
    make_loss,
    make_network,
    make_weights,
    settings_from,
    to_labels,
    training_set,
)
from dirlib.training import Rows, extract_features, fit, predict, processes


def training_run(out, *, workers=0, resume=False, progress=True, **options):
    """Train one network, and leave everything in a folder.

    The folder holds `settings.json`; `checkpoint.pt`, after each epoch; and at the end
    `history.csv`, a row per epoch, and `curves.png`; `train_counts.csv`, the training
    samples of each bin; `predictions.csv`, with the columns split, row (in the
    table, from 1) or file, label and prediction; `network.pt` and, for a table,
    `columns.json`, for :func:`dirlib.load_run`; and, written last, `scores.json`: the
    MAE by shot region and in the tail, GM, RMSE, R2, bias and SERA of the validation
    and the test set, in label units; how many samples each region has (`n`); what the
    regions are (`thresholds`, `about`); what to beware of in the weights (`warnings`);
    and the epoch that validation data chose.

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
        What differs from the defaults of :class:`dirlib.trainer.settings.Settings`.
        Data: see :func:`dirlib.trainer.data.load_data`. From `optimizer` to `seed`: see
        :func:`dirlib.training.fit`. With `rrt` the weights are for the regressor alone:
        it is trained anew on the features of a network without them.

    Returns
    -------
    dict
        The scores. A ValueError refuses options out of their range or that don't fit
        the data, and a folder with a run, unless it is this one and `resume` is True.
    """
    settings = check_options({**options, "workers": workers})
    out, device = Path(out), processes.best_device()
    processes.start(device)
    if settings.batch_size % processes.count():
        raise ValueError(
            f"batch_size must be a multiple of the number of processes, "
            f"{processes.count()}, but got {settings.batch_size}"
        )
    if processes.is_first():
        _check_free(out, settings, resume)
    data = load_data(settings, progress)
    judge = make_judge(settings, data)
    _check_select(settings.select, data, judge)
    samples, bins = training_set(settings, data)
    model = make_network(settings, samples).to(device)
    fds = make_fds(settings, model, bins)
    weights = make_weights(settings, data.train.labels, data.bins)

    def predicted(samples):
        return to_labels(settings, predict(model, samples, workers=workers))

    def validate(_):
        shown = data.val.labels, predicted(data.val), judge.bins, judge.regions
        return {f"val_{r}": error for r, error in region_errors(*shown).items()}

    options = _fit_options(settings)
    options["loss"] = make_loss(settings, samples.labels, bins)
    train = partial(fit, validate=validate, progress=progress, **options)
    checkpoint = out / "checkpoint.pt"
    with _folder_of_its_own(out, settings, resume):  # now that all of it fits
        if settings.rrt:
            history, chosen = _train_twice(
                train, model, samples, weights, fds, workers, checkpoint
            )
        else:
            options = {"weights": weights, "workers": workers, "checkpoint": checkpoint}
            history = chosen = train(model, samples, fds=fds, **options)
        predictions, scores = _judge(data, predicted, judge)
        scores["thresholds"] = judge.thresholds
        scores["about"] = f"{data.about}{'.' * (data.about[-1] != '.')} {judge.text()}"
        scores["warnings"] = _warnings(settings, data, weights)
        scores["best_epoch"] = _best_epoch(chosen, settings)
        if processes.is_first():
            save_network(out, model, data.columns)
            _write_results(out, settings, data, history, predictions, scores)
    processes.wait()
    return scores


def check_options(options):
    """Return the Settings of the options of a run, of which `workers` may be one.

    A ValueError refuses what can't be, before anything is read or written.
    """
    whole_number("workers", options.get("workers", 0), 0)
    return settings_from({n: v for n, v in options.items() if n != "workers"})


@contextmanager
def _folder_of_its_own(out, settings, resume):
    """Write the settings, and keep other processes out of the folder until the end."""
    if not processes.is_first():
        yield
        return
    out.mkdir(parents=True, exist_ok=True)
    with locked(out):
        _check_free(out, settings, resume)  # another process may have been faster
        write_json(out / "settings.json", asdict(settings))
        yield


def _fit_options(settings):
    names = ("optimizer", "schedule", "lr", "batch_size", "epochs", "seed", "patience")
    options = {name: getattr(settings, name) for name in names}
    select = None if settings.select == "last" else f"val_{settings.select}"
    return options | {"select": select}


def make_judge(settings, data):
    """What the runs on these data are judged by."""
    labels, is_table = np.asarray(data.train.labels), settings.target is not None
    return Judge(labels, data.bins, settings.many, settings.few, is_table)


def _warnings(settings, data, weights):
    if weights is None or settings.reweight == "dense":
        return []
    name, scheme = method_name(asdict(settings)), SCHEMES[settings.reweight]
    smoothed = scheme if settings.lds else None
    return weight_warnings(name, weights, data.train.labels, data.bins, smoothed)


def _train_twice(train, model, samples, weights, fds, workers, checkpoint):
    """Train without weights, then the regressor anew with them.

    Returns the joint history, and the part of the regressor.
    """
    untrained = copy.deepcopy(model.regressor.state_dict())
    history = train(model, samples, fds=fds, workers=workers, checkpoint=checkpoint)
    model.regressor.load_state_dict(untrained)
    features = extract_features(model, samples, workers=workers)
    # The last layer as a network of its own: [N, D] to [N].
    network = nn.Sequential(OrderedDict(regressor=model.regressor, flat=nn.Flatten(0)))
    rows = train(
        network,
        Rows(features, np.asarray(samples.labels, dtype=float)),
        weights=weights,
        checkpoint=checkpoint.with_name("regressor.pt"),
    )
    rows = [row | {"epoch": row["epoch"] + len(history)} for row in rows]
    return history + rows, rows


def _check_select(select, data, judge):
    """Refuse to choose the epoch by a region that validation data doesn't have."""
    if select in ("many", "medium", "few"):
        if not judge.samples(data.val.labels)[select].any():
            raise ValueError(
                f"select is {select!r}, but no validation label lies in a "
                f"{select}-shot bin: use 'all', 'GM' or 'last'"
            )


def _check_free(out, settings, resume):
    """Refuse a folder that holds another run, or this one without `resume`."""
    path = out / "settings.json"
    if not path.exists():
        return
    if not resume:
        raise ValueError(
            f"{out} holds a run: go on with it by --resume, or choose another folder"
        )
    try:
        saved = asdict(settings_from(json.loads(path.read_text(encoding="utf-8"))))
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is damaged ({error}): move {out} away, and start anew"
        ) from error
    for name, value in asdict(settings).items():
        if saved[name] != value:
            raise ValueError(
                f"{out} holds a run whose {name} is {saved[name]!r}, but now it is "
                f"{value!r}: choose another folder"
            )


def _judge(data, predicted, judge):
    """Predict the validation and the test set: a table, and the scores."""
    tables, scores, sizes = [], {}, {}
    for split in SPLITS:
        samples = getattr(data, split)
        y_hat = predicted(samples)
        columns = {"split": split, **data.names.get(split, {})}
        columns |= {"label": samples.labels, "prediction": y_hat}
        tables.append(pd.DataFrame(columns))
        scores[split] = judge.scores(samples.labels, y_hat)
        sizes[split] = judge.sizes(samples.labels)
    return pd.concat(tables), scores | {"n": sizes}


def _best_epoch(history, settings):
    """The epoch that the model's weights are from, counted from 1."""
    if settings.select == "last":
        return history[-1]["epoch"]
    return min(history, key=lambda row: row[f"val_{settings.select}"])["epoch"]


def _write_results(out, settings, data, history, predictions, scores):
    history, edges = pd.DataFrame(history), data.bins.edges
    counts = {"low": edges[:-1], "high": edges[1:], "count": data.train_counts}
    write_csv(out / "history.csv", history)
    write_csv(out / "train_counts.csv", pd.DataFrame(counts))
    write_csv(out / "predictions.csv", predictions)
    figure = curves(history, unit_of(asdict(settings)))
    write_atomically(out / "curves.png", partial(figure.savefig, format="png"))
    # The last: where there are scores, the run is finished.
    write_json(out / "scores.json", scores)
