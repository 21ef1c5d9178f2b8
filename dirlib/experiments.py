"""The course's experiments: every recorded run, and the command that makes it again.

``python -m dirlib experiment faces`` makes ``data/runs/faces.json``; a lesson that has
no time to train reads it back with :func:`dirlib.runs.load_runs`.
"""

import json
import multiprocessing
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from dirlib.datasets.faces import faces
from dirlib.datasets.patterns import patterns
from dirlib.lds import density_weights, lds_weights
from dirlib.models import SmallResNet
from dirlib.progress import progress_bar
from dirlib.runs import AGES, read_record
from dirlib.training import fit, predict

KERNEL = {"kernel": "gaussian", "kernel_size": 9, "sigma": 3.0}
# Two holes in the training ages of "vanilla, gaps": one inside, one at the end.
INTERPOLATION, EXTRAPOLATION = range(45, 56), range(85, 101)


def plain_weights(labels, scheme):
    """INV or SQINV without smoothing: weights from the counts themselves."""
    index = AGES.index(labels)
    return density_weights(np.bincount(index)[index], scheme)


# Training labels -> weights, for every method of the experiment "faces".
WEIGHTS = {
    "vanilla": lambda labels: None,
    "sqinv": partial(plain_weights, scheme="sqrt_inverse"),
    "sqinv+lds": partial(lds_weights, bins=AGES, scheme="sqrt_inverse", **KERNEL),
    "inv": partial(plain_weights, scheme="inverse"),
    "inv+lds": partial(lds_weights, bins=AGES, scheme="inverse", **KERNEL),
}


def train_ages(weights_of, seed, *, progress=True, **options):
    """Draw the training faces of `seed`, train a SmallResNet on them, and return it.

    Parameters
    ----------
    weights_of : callable
        Gives the weights, [N] or None, of the training labels; a value of `WEIGHTS`.
    seed : int
        Fixes the faces, the initial weights and the order of the samples.
    **options
        Passed on to :func:`dirlib.datasets.faces.faces`: `leave_out`, `wrong_labels`.
    """
    data = faces("train", seed=seed, progress=progress, **options)
    model = SmallResNet(output_bias=float(data.labels.mean()), seed=seed)
    weights = weights_of(data.labels)
    fit(model, data.images, data.labels, weights=weights, seed=seed, progress=progress)
    return model


def predict_ages(seed, progress, *, weights_of, split="test", **options):
    """Train on the faces of `seed`, and return the ages predicted on a split, [N]."""
    model = train_ages(weights_of, seed, progress=progress, **options)
    return np.round(predict(model, faces(split).images).astype(float), 2)


def predict_patterns(seed, progress):
    """Train a classifier on the patterns of `seed`; return its test classes, [N]."""
    train = patterns("train", seed=seed, progress=progress)
    model = SmallResNet(n_outputs=AGES.n_bins, seed=seed)

    def loss(scores, target, weights):
        return F.cross_entropy(scores, target)

    x, y = train.images, train.labels
    fit(model, x, y, loss=loss, epochs=10, seed=seed, progress=progress)
    return predict(model, patterns("test").images).argmax(1)


def faces_experiment():
    """The methods of lessons 1 and 2, judged on the test set."""
    methods = {name: partial(predict_ages, weights_of=w) for name, w in WEIGHTS.items()}
    methods["vanilla, gaps"] = partial(
        predict_ages,
        weights_of=WEIGHTS["vanilla"],
        leave_out=(*INTERPOLATION, *EXTRAPOLATION),
    )
    methods["patterns"] = predict_patterns
    # The control of lesson 2: does LDS still help when every label is right?
    for name in ("sqinv", "sqinv+lds", "inv", "inv+lds"):
        methods[f"{name}, right labels"] = partial(
            predict_ages, weights_of=WEIGHTS[name], wrong_labels=0.0
        )
    return methods, "test", 0


def kernels_experiment():
    """The search for `KERNEL`, judged on validation data, with seeds of its own."""
    kernels = [("gaussian", 5, 2.0), ("gaussian", 9, 3.0), ("gaussian", 15, 5.0)]
    kernels += [("laplace", 9, 3.0), ("triangular", 9, 3.0)]
    methods = {}
    for base, scheme in (("sqinv", "sqrt_inverse"), ("inv", "inverse")):
        methods[base] = WEIGHTS[base]
        for kernel, size, sigma in kernels:
            methods[f"{base}+lds {kernel} {size} {sigma:g}"] = partial(
                lds_weights,
                bins=AGES,
                scheme=scheme,
                kernel=kernel,
                kernel_size=size,
                sigma=sigma,
            )
    methods = {
        name: partial(predict_ages, weights_of=w, split="val")
        for name, w in methods.items()
    }
    return methods, "val", 100


EXPERIMENTS = {"faces": faces_experiment, "kernels": kernels_experiment}


def run_experiment(name, path, n_seeds, jobs=1):
    """Fill `path` with the runs of every method and seed; those it holds are kept.

    The file is written anew after each run, in one step: stop whenever you like, and
    start again. Each run uses one thread, so that it can be repeated.

    Parameters
    ----------
    name : str
        A key of `EXPERIMENTS`.
    path : path-like
        The JSON file of the record.
    n_seeds : int
    jobs : int
        How many runs at a time, each in a process of its own.

    Returns
    -------
    dict
        The record, as :class:`dirlib.runs.Runs` takes it.
    """
    path = Path(path)
    methods, split, first_seed = EXPERIMENTS[name]()
    record = read_record(path) if path.exists() else {"runs": []}
    done = {(run["method"], run["seed"]) for run in record["runs"]}
    seeds = range(first_seed, first_seed + n_seeds)
    todo = [(m, s) for s in seeds for m in methods if (m, s) not in done]
    record["test_labels"] = faces(split).labels.tolist()
    record["train_counts"] = AGES.counts(faces("train").labels).tolist()
    record["made_with"] = {
        "command": f"python -m dirlib experiment {name} --seeds {n_seeds}",
        "split": split,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread a run",
    }
    write_record(path, record)  # a folder that can't be written: say so before training
    order = {method: i for i, method in enumerate(methods)}
    bar = progress_bar(len(todo), "Training", "run")
    for run in _finished_runs(name, todo, jobs):
        record["runs"].append(run)
        record["runs"].sort(key=lambda run: (order[run["method"]], run["seed"]))
        write_record(path, record)
        bar.set_postfix_str(f"{run['method']}, seed {run['seed']}")
        bar.update()
    bar.close()
    return record


def _finished_runs(name, todo, jobs):
    """Yield each run as it ends: one after the other, or from several processes."""
    if jobs == 1:
        yield from (run_once(name, method, seed, True) for method, seed in todo)
        return
    # Processes that are forked from one with threads can hang: start them anew.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = [pool.submit(run_once, name, m, s, False) for m, s in todo]
        try:
            yield from (future.result() for future in as_completed(futures))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def run_once(name, method, seed, progress):
    """Train and predict once, and return the run as it stands in the record."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    start = time.perf_counter()
    predictions = EXPERIMENTS[name]()[0][method](seed, progress)
    seconds = round(time.perf_counter() - start, 1)
    torch.set_num_threads(threads)
    return {
        "method": method,
        "seed": seed,
        "seconds": seconds,
        "predictions": predictions.tolist(),
    }


def write_record(path, record):
    """Write a record in one step: a reader sees the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    # One line per run keeps the file readable and its diffs small.
    head = "".join(
        f"{json.dumps(key)}: {json.dumps(value)},\n"
        for key, value in record.items()
        if key != "runs"
    )
    runs = ",\n".join(json.dumps(run) for run in record["runs"])
    temporary.write_text(f'{{{head}"runs": [\n{runs}\n]}}\n')
    os.replace(temporary, path)
