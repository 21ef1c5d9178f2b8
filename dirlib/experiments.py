"""The course's recorded runs: how they are made, kept and read.

``python -m dirlib experiment faces`` makes ``data/runs/faces.json``; a lesson that has no
time to train reads it back with :func:`load_runs`.
"""

import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from dirlib.bins import LabelBins, shot_regions
from dirlib.datasets.faces import faces
from dirlib.datasets.label_counts import data_dir
from dirlib.datasets.patterns import patterns
from dirlib.kernels import kernel_window, smooth_bins
from dirlib.lds import density_weights, lds_weights
from dirlib.metrics import gm, mae, paired_comparison, pearson
from dirlib.models import SmallResNet
from dirlib.training import fit, predict

AGES = LabelBins(0, 101, 1)
KERNEL = {"kernel": "gaussian", "kernel_size": 9, "sigma": 3.0}
# Two holes in the training ages of "vanilla, gaps": one inside, one at the end.
INTERPOLATION, EXTRAPOLATION = range(45, 56), range(85, 101)


def plain_weights(labels, scheme):
    """INV or SQINV without smoothing: weights from the counts themselves."""
    index = AGES.index(labels)
    return density_weights(np.bincount(index, minlength=AGES.n_bins)[index], scheme)


# Every method of the age experiment: training labels -> weights.
WEIGHTS = {
    "vanilla": lambda labels: None,
    "sqinv": lambda labels: plain_weights(labels, "sqrt_inverse"),
    "sqinv+lds": lambda labels: lds_weights(labels, AGES, **KERNEL),
    "inv": lambda labels: plain_weights(labels, "inverse"),
    "inv+lds": lambda labels: lds_weights(labels, AGES, scheme="inverse", **KERNEL),
}


def train_ages(weights_of, seed, *, leave_out=(), epochs=15, progress=True):
    """Draw the faces of `seed`, train a SmallResNet on them, and return it."""
    data = faces("train", seed=seed, leave_out=leave_out, progress=progress)
    model = SmallResNet(output_bias=float(data.labels.mean()), seed=seed)
    fit(
        model,
        data.images,
        data.labels,
        weights=weights_of(data.labels),
        epochs=epochs,
        seed=seed,
        progress=progress,
    )
    return model


def run_ages(method, seed, split="test", progress=True):
    """Return the predicted ages, [N], of one method on a balanced split."""
    gaps = method == "vanilla, gaps"
    leave_out = [*INTERPOLATION, *EXTRAPOLATION] if gaps else ()
    weights_of = WEIGHTS["vanilla" if gaps else method]
    model = train_ages(weights_of, seed, leave_out=leave_out, progress=progress)
    return predict(model, faces(split).images)


def run_patterns(seed, progress=True):
    """Return the predicted classes, [N], of the categorical contrast on its test set."""
    train = patterns("train", seed=seed, progress=progress)
    model = SmallResNet(n_outputs=AGES.n_bins, seed=seed)

    def loss(scores, target, weights):
        return F.cross_entropy(scores, target)

    fit(
        model,
        train.images,
        train.labels,
        loss=loss,
        epochs=10,
        seed=seed,
        progress=progress,
    )
    return predict(model, patterns("test").images).argmax(1)


METHODS = [*WEIGHTS, "vanilla, gaps", "patterns"]


def run_experiment(path, n_seeds, progress=True):
    """Fill `path` with the runs of all methods and seeds; those it holds are kept.

    The file is written after every run, by way of a temporary one: stop it whenever you
    like, and start it again.
    """
    path = Path(path)
    record = json.loads(path.read_text()) if path.exists() else {"runs": []}
    done = {(run["method"], run["seed"]) for run in record["runs"]}
    todo = [(m, s) for s in range(n_seeds) for m in METHODS if (m, s) not in done]
    record["test_labels"] = faces("test").labels.tolist()
    record["train_counts"] = AGES.counts(faces("train").labels).tolist()
    for i, (method, seed) in enumerate(todo):
        print(f"run {i + 1} of {len(todo)}: {method}, seed {seed}", flush=True)
        start = time.perf_counter()
        if method == "patterns":
            predictions = run_patterns(seed, progress).tolist()
        else:
            predictions = run_ages(method, seed, progress=progress)
            predictions = np.round(predictions.astype(float), 2).tolist()
        record["runs"].append(
            {
                "method": method,
                "seed": seed,
                "seconds": round(time.perf_counter() - start, 1),
                "predictions": predictions,
            }
        )
        record["made_with"] = {
            "command": f"python -m dirlib experiment faces --seeds {n_seeds}",
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "machine": platform.machine(),
        }
        write_json(path, record)
    return record


def write_json(path, record):
    """Write a record in one step: a reader sees the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    # One line per run keeps the file readable and its diffs small.
    runs = ",\n".join(json.dumps(run) for run in record["runs"])
    head = json.dumps({k: v for k, v in record.items() if k != "runs"}, indent=1)
    temporary.write_text(f'{head[:-2]},\n "runs": [\n{runs}\n]}}\n')
    os.replace(temporary, path)


class Runs:
    """Recorded runs: the labels, the train counts, and predictions by method.

    Attributes
    ----------
    y : ndarray of shape [N], int64
        The labels of the balanced test set.
    train_counts : ndarray of shape [B], int64
    regions : ShotRegions
    """

    def __init__(self, record):
        self.y = np.array(record["test_labels"])
        self.train_counts = np.array(record["train_counts"])
        self.regions = shot_regions(self.train_counts)
        self._runs = record["runs"]

    def methods(self):
        """The methods that were run, in order."""
        return list(dict.fromkeys(run["method"] for run in self._runs))

    def predictions(self, method):
        """Return the predictions of a method, [S, N], one row per seed."""
        rows = [
            run["predictions"]
            for run in sorted(self._runs, key=lambda run: run["seed"])
            if run["method"] == method
        ]
        if not rows:
            raise ValueError(
                f"there is no run of {method!r}: choose from {self.methods()}"
            )
        return np.array(rows)

    def error_by_age(self, method):
        """Return the mean absolute error at each age, [S, B], in years."""
        errors = np.abs(self.predictions(method) - self.y)
        return np.stack([errors[:, self.y == b].mean(1) for b in range(AGES.n_bins)], 1)

    def score(self, method, region="all", metric=mae):
        """Return a metric over one region's test samples, [S], one per seed."""
        inside = np.ones(self.y.shape, bool)
        if region != "all":
            inside = getattr(self.regions, region)[self.y]
        rows = self.predictions(method)[:, inside]
        return np.array([metric(self.y[inside], row) for row in rows])


def load_runs(name="faces"):
    """Read recorded runs from ``data/runs/NAME.json``.

    Raises
    ------
    FileNotFoundError
        If there is no such record; the message names the command that makes it.
    """
    path = data_dir() / "runs" / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(
            f"there are no recorded runs at {path}: "
            f"make them with 'python -m dirlib experiment {name}'"
        )
    return Runs(json.loads(path.read_text()))


def density_correlations(runs, window=None):
    """Pearson(counts, error) and Pearson(smoothed counts, error) by seed, two [S]."""
    window = kernel_window("gaussian", 5, 2.0) if window is None else window
    errors = runs.error_by_age("vanilla")
    smooth = smooth_bins(runs.train_counts, window)
    plain = np.array([pearson(runs.train_counts, e) for e in errors])
    return plain, np.array([pearson(smooth, e) for e in errors])


def report(runs):
    """Return the results of the recorded runs as text: a table and two claims."""
    lines = [f"{'method':<14}{'all':>8}{'many':>8}{'medium':>8}{'few':>8}{'GM':>8}"]
    for method in WEIGHTS:
        maes = [
            runs.score(method, region).mean()
            for region in ("all", *runs.regions._fields[:3])
        ]
        gms = runs.score(method, metric=gm).mean()
        lines.append(f"{method:<14}" + "".join(f"{v:8.2f}" for v in [*maes, gms]))
    plain, smooth = density_correlations(runs)
    lines.append("")
    for s, (a, b) in enumerate(zip(plain, smooth, strict=True)):
        lines.append(
            f"seed {s}: Pearson(counts, error) {a:.3f}, smoothed counts {b:.3f}"
        )
    for base in ("sqinv", "inv"):
        few = paired_comparison(
            runs.score(base, "few"), runs.score(f"{base}+lds", "few")
        )
        lines.append(f"few-shot MAE, {base}+lds against {base}: {few}")
    return "\n".join(lines)
