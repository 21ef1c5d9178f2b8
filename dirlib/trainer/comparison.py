"""Train several methods on the same seeds, and compare their errors by shot region."""

import json
import multiprocessing
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from dirlib.arguments import whole_number
from dirlib.files import write_atomically, write_csv, write_json
from dirlib.progress import progress_bar
from dirlib.trainer.baselines import models_table
from dirlib.trainer.folder import find_runs, read_run
from dirlib.trainer.methods import VANILLA, method_name, parse_method
from dirlib.trainer.run import check_options, training_run
from dirlib.trainer.scores import SCORES
from dirlib.trainer.summary import about_lines, comparison_table, scores_frame

# Options of a training that change how long it takes, but not what comes out.
SPEED_OPTIONS = ("workers",)


class Comparison(NamedTuple):
    """What came out: a table, and why some runs are not in it, one line each.

    `about` says which bins its regions are made of, what its intervals cover, how many
    samples a region has, and what to beware of. `models`, for a table, holds more
    scores of each method, and those of scikit-learn's models on the same split.
    """

    table: pd.DataFrame
    failed: list[str]
    left_out: list[str]
    about: list[str]
    models: pd.DataFrame | None = None


def compare(
    out, methods, seeds, *, jobs=1, split="test", train=training_run, progress=True,
    **options,
):  # fmt: skip
    """Train every method on every seed, each in ``out/METHOD/seed-S``, and compare.

    Stop it whenever you like, and call it again: finished runs are kept, and an
    interrupted one goes on. More methods and seeds can be added later; the other
    options stay. Each run uses one thread, so that it can be repeated. At the end
    `comparison.csv` and `comparison.json` hold the table of all finished runs.

    All runs share the split of a table, and so its bins and regions, which `bins.csv`
    holds with the training rows of each: the `split_seed` is 0 unless `options` has
    another. `models.csv` has a row for each method, and for constants, a line and
    boosted trees of scikit-learn, without and with LDS weights.

    Parameters
    ----------
    out : path-like
        The folder; made where it is missing.
    methods : list of str
        See :mod:`dirlib.trainer.methods`; the first is the baseline.
    seeds : list of int
    jobs : int
        How many runs at a time, each in a process of its own.
    split : {"test", "val"}
        The data that the table shows; "val" to choose between settings.
    train : callable
        Called as :func:`dirlib.trainer.run.training_run`. With several jobs, a
        function of a module.
    **options
        Passed on to `train`: what all runs share, such as `data` and `epochs`.

    Returns
    -------
    Comparison
        `failed` names the runs that ended in a ValueError or an OSError; they don't
        stop the others. Arguments out of their range, a folder with other options, and
        no finished run at all raise a ValueError.
    """
    methods, seeds = _distinct_methods(methods), _checked_seeds(seeds)
    whole_number("jobs", jobs, 1)
    if clash := {*VANILLA, "seed", "resume"} & options.keys():
        raise ValueError(
            f"{min(clash)} can't be one option of all runs: say it by methods and seeds"
        )
    if options.get("target") is not None and options.get("split_seed") is None:
        options["split_seed"] = 0
    if train is training_run:
        for method in methods:  # before anything is written
            check_options(parse_method(method) | options | {"seed": max(seeds)})
    out = Path(out)
    _write_or_check_options(out, options)
    pairs = [(method, seed) for seed in seeds for method in methods]
    todo = [(m, s) for m, s in pairs if not _is_finished(_folder(out, m, s), m, s)]
    failed = []
    bar = progress_bar(len(pairs), "Runs", "run", progress, len(pairs) - len(todo))
    for (method, seed), reason in _trained(todo, out, jobs, train, progress, options):
        if reason is not None:
            failed.append(f"{method}, seed {seed}: {reason}")
        bar.set_postfix_str(f"{method}, seed {seed}")
        bar.update()
    bar.close()
    comparison, runs = _write_comparison(out, methods[0], failed, split)
    if train is not training_run or options.get("target") is None:
        return comparison
    models = models_table(runs, check_options(options), split)
    write_csv(out / "models.csv", models.rename_axis("model").reset_index())
    return comparison._replace(models=models[list(SCORES)])


def _distinct_methods(methods):
    if isinstance(methods, str) or not len(methods):
        raise ValueError(
            f"methods must be a list such as ['vanilla', 'sqinv+lds'], but got "
            f"{methods!r}"
        )
    names = {}
    for method in methods:
        name = method_name(parse_method(method))
        if name in names:
            raise ValueError(f"{names[name]!r} and {method!r} are one method: drop one")
        names[name] = method
    return list(names)


def _checked_seeds(seeds):
    given = list(seeds) if np.iterable(seeds) else []
    if not given or len(set(given)) < len(given):
        raise ValueError(f"seeds must differ, such as range(5), but got {seeds!r}")
    return [whole_number("each seed", seed, 0) for seed in given]


def _write_or_check_options(out, options):
    """Write the options of a new comparison, or refuse others: they make no table."""
    path = out / "options.json"
    new = {name: v for name, v in options.items() if name not in SPEED_OPTIONS}
    new = json.loads(json.dumps(new, default=str))
    if not any(out.glob("*/seed-*/settings.json")):
        out.mkdir(parents=True, exist_ok=True)
        write_json(path, new)
        return
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        names = [name for name in old | new if old.get(name) != new.get(name)]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{out} holds runs, but {path.name}, which says how they were begun, is "
            f"missing or damaged: choose another folder"
        ) from error
    if names:
        name = names[0]
        was, now = (
            f"{name} {values[name]!r}" if name in values else f"no {name}"
            for values in (old, new)
        )
        raise ValueError(
            f"{out} was begun with {was}, but now there is {now}: choose another folder"
        )


def _is_finished(folder, method, seed):
    try:
        run = read_run(folder)
    except ValueError:  # not there, unfinished or damaged: the trainer's to judge
        return False
    return (run.method, run.seed) == (method, seed)


def _folder(out, method, seed):
    return out / method / f"seed-{seed}"


def _trained(todo, out, jobs, train, progress, options):
    """Train, one after the other or in several processes; yield each run as it ends."""

    def call(method, seed, progress):
        folder = _folder(out, method, seed)
        return train, folder, parse_method(method) | options, seed, progress

    if jobs == 1:
        yield from ((run, _train_once(*call(*run, progress))) for run in todo)
        return
    # Processes that are forked from one with threads can hang: start them anew.
    context = multiprocessing.get_context("spawn")
    todo, running = list(todo), {}
    try:
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            while todo or running:
                # No run waits in the pool: there, Ctrl-C could not take it back.
                while todo and len(running) < jobs:
                    run = todo.pop(0)
                    running[pool.submit(_train_once, *call(*run, False))] = run
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
    except BrokenProcessPool as error:
        raise ValueError(
            "a training process was killed, perhaps for want of memory (use fewer "
            "jobs), or it could not start (in a script, call compare below "
            "\"if __name__ == '__main__':\"); finished runs are kept"
        ) from error


def _train_once(train, folder, options, seed, progress):
    """Train once; return None, or why it failed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    resume = (folder / "settings.json").exists()
    try:
        train(folder, seed=seed, resume=resume, progress=progress, **options)
    except (OSError, ValueError) as error:  # the user's to mend: the others go on
        return str(error)
    finally:
        torch.set_num_threads(threads)
    return None


def _write_comparison(out, baseline, failed, split):
    runs, left_out = find_runs(out)
    runs, others = _with_the_same_bins(runs, out)
    left_out += others
    frame = scores_frame(runs, failed + left_out, out)
    # The baseline may have failed on every seed: what else there is, is shown.
    known = baseline in set(frame["method"])
    table = comparison_table(frame, baseline if known else None, split)
    write_csv(out / "comparison.csv", table, float_format="%.8g")
    rows = json.loads(table.to_json(orient="records"))
    about = about_lines(runs, split)
    record = {"failed": failed, "left_out": left_out, "about": about, "table": rows}
    write_json(out / "comparison.json", record)
    return Comparison(table, failed, left_out, about), runs


def _with_the_same_bins(runs, out):
    """The runs with the bins and training rows of the first one; why others are out."""
    if not runs or runs[0].settings.get("split_seed") is None:
        return runs, []
    counts = {
        run.folder: (run.folder / "train_counts.csv").read_bytes() for run in runs
    }
    first = counts[runs[0].folder]
    write_atomically(out / "bins.csv", first)
    same = [run for run in runs if counts[run.folder] == first]
    others = [
        f"{run.method}, seed {run.seed}: its bins hold other training rows than those "
        f"of {runs[0].method}, seed {runs[0].seed}: the table was changed in between, "
        f"so compare in a new folder"
        for run in runs
        if counts[run.folder] != first
    ]
    return same, others
