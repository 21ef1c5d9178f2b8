"""One training run in a folder: settings, checkpoint, predictions, scores."""

import json
from pathlib import Path

import pandas as pd

from dirlib.bins import shot_regions
from dirlib.datasets.faces import faces
from dirlib.experiments import FEATURE_DIM, WEIGHTS, train_ages
from dirlib.fds import FDS
from dirlib.metrics import gm, mae
from dirlib.recording import write_in_one_step
from dirlib.runs import AGES
from dirlib.training import predict

REWEIGHTING = ("none", "sqinv", "inv")
COVARIANCES = ("none", "diagonal", "full", "low_rank")


def training_run(
    out,
    *,
    reweight="none",
    lds=False,
    fds="none",
    epochs=15,
    seed=0,
    resume=False,
    progress=True,
):
    """Train a small ResNet on the drawn faces, and leave everything in a folder.

    The folder holds `settings.json`; `checkpoint.pt`, after each epoch; and at the end
    `predictions.csv`, with the columns split, label and prediction, and `scores.json`,
    the MAE by shot region and the GM of the validation and the test set.

    Parameters
    ----------
    out : path-like
        The folder; made where it is missing.
    reweight : {"none", "sqinv", "inv"}
    lds : bool
        Smooth the label density before re-weighting.
    fds : {"none", "diagonal", "full", "low_rank"}
        The covariance of an FDS layer, or no such layer.
    epochs, seed : int
    resume : bool
        Go on with an interrupted run. It ends as it would have without the
        interruption, bit for bit with one CPU thread.

    Returns
    -------
    dict
        The scores.

    Raises
    ------
    ValueError
        If an argument is out of its range, the folder holds a run and `resume` is
        False, or it holds a run of other settings. What is there stays.
    """
    for name, value, allowed in (
        ("reweight", reweight, REWEIGHTING), ("fds", fds, COVARIANCES)
    ):  # fmt: skip
        if value not in allowed:
            raise ValueError(
                f"{name} must be one of {', '.join(allowed)}, but got {value!r}"
            )
    if lds and reweight == "none":
        raise ValueError(
            "lds smooths the weights, but reweight is 'none': use 'sqinv' or 'inv'"
        )
    if epochs < 1 or seed < 0:
        raise ValueError(
            f"epochs must be 1 or more and seed 0 or more, but got {epochs} and {seed}"
        )
    out = Path(out)
    settings = {"data": "faces", "reweight": reweight, "lds": lds, "fds": fds}
    settings |= {"epochs": epochs, "seed": seed}
    _claim(out, settings, resume)
    method = "vanilla" if reweight == "none" else reweight + "+lds" * lds
    model = train_ages(
        WEIGHTS[method],
        seed,
        fds=None if fds == "none" else FDS(FEATURE_DIM, AGES, covariance=fds),
        epochs=epochs,
        checkpoint=out / "checkpoint.pt",
        progress=progress,
    )
    return _judge(model, out)


def _claim(out, settings, resume):
    """Write the settings of a new run, or compare them with those that are there."""
    path = out / "settings.json"
    if not path.exists():
        out.mkdir(parents=True, exist_ok=True)
        _write(path, json.dumps(settings, indent=1))
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


def _judge(model, out):
    """Predict the validation and the test set, and write predictions and scores."""
    regions = shot_regions(AGES.counts(faces("train").labels))
    tables, scores = [], {}
    for split in ("val", "test"):
        images, y, _ = faces(split)
        y_hat = predict(model, images).astype(float)
        columns = {"split": split, "label": y, "prediction": y_hat.round(4)}
        tables.append(pd.DataFrame(columns))
        found = {"all": mae(y, y_hat)}
        for region in ("many", "medium", "few"):
            inside = getattr(regions, region)[AGES.index(y)]
            found[region] = mae(y[inside], y_hat[inside])
        found["GM"] = gm(y, y_hat)
        scores[split] = {name: round(float(value), 4) for name, value in found.items()}
    _write(out / "predictions.csv", pd.concat(tables).to_csv(index=False))
    _write(out / "scores.json", json.dumps(scores, indent=1))
    return scores


def _write(path, text):
    write_in_one_step(path, lambda file: file.write(text.encode()))
