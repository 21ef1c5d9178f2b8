"""Run an experiment and record its runs; stopped, it goes on where it was.

``python -m course experiment faces`` makes ``data/runs/faces.json``; a lesson that has
no time to train reads it back with :func:`course.records.read.load_runs`.
"""

import json
import multiprocessing
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import torch

from course.records import methods
from course.records.ages import AGES
from course.records.mysteries import mysteries_experiment
from course.records.read import read_record
from course.records.searches import SEARCHES
from dirlib.datasets.faces import faces
from dirlib.files import write_atomically
from dirlib.progress import progress_bar

EXPERIMENTS = methods.EXPERIMENTS | SEARCHES | {"mysteries": mysteries_experiment}


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
        The record, as :class:`course.records.read.Runs` takes it.
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
        "command": f"python -m course experiment {name} --seeds {n_seeds}",
        "split": split,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread a run",
    }
    write_record(path, record)  # a folder that can't be written: say so before training
    order = {method: i for i, method in enumerate(methods)}
    bar = progress_bar(len(todo), "Training", "run")
    for run, arrays in _finished_runs(name, todo, jobs):
        # The arrays first: a run that is listed has them.
        write_arrays(path.with_suffix(".npz"), run, arrays)
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
    """Train and predict once; return the run as it is recorded, and further arrays."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    start = time.perf_counter()
    arrays = EXPERIMENTS[name]()[0][method](seed, progress)
    seconds = round(time.perf_counter() - start, 1)
    torch.set_num_threads(threads)
    predictions = arrays.pop("predictions").tolist()
    run = {"method": method, "seed": seed, "seconds": seconds}
    return run | {"predictions": predictions}, arrays


def write_record(path, record):
    """Write a record in one step: a reader sees the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # One line per run keeps the file readable and its diffs small.
    head = "".join(
        f"{json.dumps(key)}: {json.dumps(value)},\n"
        for key, value in record.items()
        if key != "runs"
    )
    runs = ",\n".join(json.dumps(run) for run in record["runs"])
    text = f'{{{head}"runs": [\n{runs}\n]}}\n'
    write_atomically(path, text)


def write_arrays(path, run, arrays):
    """Add the arrays of a run to a file of arrays, as ``method/seed/name``."""
    if arrays:
        kept = dict(np.load(path)) if path.exists() else {}
        prefix = f"{run['method']}/{run['seed']}"
        kept |= {f"{prefix}/{name}": array for name, array in arrays.items()}
        write_atomically(path, lambda file: np.savez_compressed(file, **kept))
