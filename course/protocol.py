"""Whether a study kept to the protocol, as its folder shows it.

What a cell or a person says is not asked: the log of the test set is read, and the
files of the runs. Scores are computed anew from the predictions. Not how good the
results are is judged, but whether they may be believed.
"""

import io
import math
from contextlib import suppress
from pathlib import Path, PureWindowsPath

import numpy as np
import pandas as pd

from course.held_out import digest_of
from course.own_table import split_rows
from course.project import Project
from course.records.read import data_dir
from dirlib.datasets.tables.csv_file import read_frame
from dirlib.trainer.folder import (
    REGIONS,
    TAILS,
    find_runs,
    read_history,
    read_predictions,
    read_train_counts,
    runs_by_method,
)
from dirlib.trainer.prediction import load_run

FEWEST_SEEDS = 3
# The settings that a method consists of; a window's size and sigma are one setting.
WINDOWS = {"lds_sigma": "lds_kernel_size", "fds_sigma": "fds_kernel_size"}
PLAIN = {"reweight": "none", "lds": False, "fds": "none", "rrt": False}
BASELINES = ("median", "linear (ridge)", "boosted trees")
# As shares of the labels' spread: what another computer changes, and what training does
# not leave between two seeds.
ROUNDING, COPY = 1e-3, 1e-5

RETRAINED = (
    "the test set was open before these runs were trained or changed: {}. A choice may "
    "rest on what it showed"
)
TWICE = (
    "the test set was opened for more than one choice: {}. Choose on validation data, "
    "then open it once"
)
LEAKED = "work.csv is not what the split of the table gave: begin anew in a new folder"
UNFIT = "the test set's results are not those of the choice in its log"
LOST = "the test set's results are here, but the log of its uses is gone"
FOREIGN = (
    "{} was trained on other rows than those of work.csv: train it by project.train"
)
NO_PLAIN = "no run is plain (vanilla): without it nobody knows what a method brings"
NOT_ONE = (
    "{} differs from each other method in more than one thing: train the step between, "
    "so that you know what did it"
)
NO_STEP = "there is one method only: train another, which differs in one thing"
FEW_SEEDS = "{} has {} seed{}: three or more give an interval worth reading"
OTHER_SEEDS = "{} has other seeds than {}: only the same seeds can be paired"
COPIED = "{} and {} have the same predictions: one is a copy, so train it"
EDITED = "the scores of {} don't follow from its predictions: train it anew"
REDRAWN = "the predictions of {} aren't those of its network: train it anew"
NO_INTERVAL = "comparison.csv has no interval for {}: call project.train with all steps"
NO_BASELINES = "models.csv has no {}: call project.train once more"
WRONG_BASELINES = (
    "models.csv doesn't fit the rows of work.csv: call project.train once more"
)
TITLES = {
    "test": "the test set was opened once, after all training and choosing",
    "steps": "one change at a time, from a plain training on",
    "seeds": "three seeds or more, the same for each method, with intervals",
    "baselines": "a constant, a line and boosted trees stand beside the networks",
}
DAMAGED = "the folder is damaged, or not whole: {}"
UNSEEN = "? the split was not made again: put {} beside the folder"


def is_begun(folder):
    """Whether the test set was opened: before, there is nothing to judge."""
    sealed = Path(folder) / "sealed"
    return (sealed / "log.json").exists() or (sealed / "results.csv").exists()


def faults(folder):
    """Say what is missing in a study.

    Returns
    -------
    dict of str to (str or None)
        For each key of `TITLES` a sentence, or None where all is well.
    """
    try:
        project = Project(folder)
        runs, _ = find_runs(project.runs)
        data_fault = _data_fault(project, runs)
    except Exception as error:  # the folder may hold anything
        return dict.fromkeys(TITLES, DAMAGED.format(_short(error)))
    if data_fault:  # then nothing else means anything
        return dict.fromkeys(TITLES, data_fault)
    parts = {
        "test": _test_fault,
        "steps": _steps_fault,
        "seeds": _seeds_fault,
        "baselines": _baselines_fault,
    }
    found = {}
    for name, part in parts.items():
        try:
            found[name] = part(project, runs)
        except Exception as error:  # as above
            found[name] = DAMAGED.format(_short(error))
    return found


def text(folder):
    """What :func:`faults` found, as lines."""
    lines = []
    for name, fault in faults(folder).items():
        lines.append(f"{'✗' if fault else '✓'} {TITLES[name]}")
        lines += [f"  → {fault}"] * (fault is not None)
    with suppress(Exception):  # a damaged folder is named above
        project = Project(folder)
        if not _table_of(project):
            lines.append(UNSEEN.format(_file_name(project.about["data"])))
    return "\n".join(lines)


def _data_fault(project, runs):
    """Whether the rows are those of the split, and the runs were trained on them."""
    about = project.about
    if digest_of(project.work) != about["work_digest"]:
        return LEAKED
    if table := _table_of(project):
        again = {n: about[n] for n in ("target", "group", "time")}
        work, test, _ = split_rows(table, **again)
        pairs = (work, project.work), (test, project.held_out.rows)
        if not all(_same_rows(frame, path) for frame, path in pairs):
            return LEAKED
    if not runs:
        raise ValueError("no run is finished")
    work = pd.read_csv(project.work)
    val = work.loc[work["split"] == "val", project.target].to_numpy(float)
    counts = project.data().train_counts
    for run in runs:
        settings = run.settings
        own = _file_name(settings.get("data")) == project.work.name
        own = own and settings.get("target") == project.target
        labels = read_predictions(run, "val")["label"].to_numpy(float)
        own = own and labels.shape == val.shape and np.allclose(labels, val, rtol=1e-5)
        if not own or not np.array_equal(read_train_counts(run)[1], counts):
            return FOREIGN.format(_name(run))
    return None


def _table_of(project):
    """The table of a study, where it is at hand: beside its folder, or ours.

    Whoever hands in a folder can't name another file of the reader's computer.
    """
    name = _file_name(project.about["data"])
    for place in (project.folder.absolute().parent, data_dir()):
        path = place / name
        if path.is_file() and digest_of(path) == project.about["data_digest"]:
            return path
    return None


def _test_fault(project, runs):
    uses = project.held_out.uses()
    if not uses:
        return LOST
    if digest_of(project.held_out.rows) != project.about["test_digest"]:
        return LEAKED
    choices = list(dict.fromkeys(use["choice"] for use in uses))
    if len(choices) > 1:
        return TWICE.format(", then ".join(choices))
    if choices[0] not in {run.method for run in runs}:
        return DAMAGED.format(f"there is no run of the choice {choices[0]}")
    results = pd.read_csv(project.held_out.folder / "results.csv")
    if choices[0] not in set(results["model"]):
        return UNFIT
    at_first, now = uses[0]["runs"], project.digests()
    later = [name for name, digest in now.items() if at_first.get(name) != digest]
    later += [name for name in at_first if name not in now]
    if later:
        return RETRAINED.format(", ".join(later))
    told = results.set_index("model").loc[choices[0], "all"]
    error = _test_error(project, [run for run in runs if run.method == choices[0]])
    return None if math.isclose(told, error, rel_tol=1e-2) else UNFIT


def _test_error(project, runs):
    """The mean error of some runs' networks on the test rows."""
    texts = project.data().columns.text_columns
    frame, _ = read_frame(project.held_out.rows, texts)
    y = frame[project.target].to_numpy(float)
    y_hat = [load_run(run.folder).predict(frame) for run in runs]
    return float(np.abs(np.array(y_hat) - y).mean())


def _steps_fault(project, runs):
    groups = {}  # of one method and settings: all but the seed
    for run in runs:
        settings = {n: v for n, v in run.settings.items() if n != "seed"}
        groups.setdefault(run.method, settings)
    plain = [
        name
        for name, settings in groups.items()
        if all(settings.get(n) == v for n, v in PLAIN.items())
    ]
    if not plain:
        return NO_PLAIN
    if len(groups) == 1:
        return NO_STEP
    reached, left = plain[:1], [name for name in groups if name != plain[0]]
    while near := [n for n in left if _one_apart(groups, n, reached)]:
        reached += near
        left = [name for name in left if name not in near]
    return NOT_ONE.format(left[0]) if left else None


def _one_apart(groups, name, others):
    return any(len(_differing(groups[name], groups[other])) == 1 for other in others)


def _differing(one, other):
    names = {n for n in one.keys() | other.keys() if one.get(n) != other.get(n)}
    return {WINDOWS.get(name, name) for name in names}


def _seeds_fault(project, runs):
    methods = runs_by_method(runs)
    seeds = {name: [run.seed for run in rows] for name, rows in methods.items()}
    first = next(iter(seeds))
    for name, found in seeds.items():
        if len(set(found)) < FEWEST_SEEDS:
            n = len(set(found))
            return FEW_SEEDS.format(name, n, "s" * (n != 1))
        if set(found) != set(seeds[first]):
            return OTHER_SEEDS.format(name, first)
    data, judge, known = project.data(), project.judge(), []
    y = np.asarray(data.val.labels, float)
    spread = y.std()
    for run in runs:
        # In float32, as they were judged: a GM feels the last digit of a lucky hit.
        y_hat = read_predictions(run, "val")["prediction"].to_numpy(np.float32)
        again, told = judge.scores(y, y_hat), run.scores["val"]
        if not all(_is_near(again[n], told.get(n), spread) for n in (*REGIONS, *TAILS)):
            return EDITED.format(_name(run))
        for other, theirs in known:
            near = np.abs(y_hat - theirs).max() <= COPY * spread
            if near and not _may_agree(run, other):
                return COPIED.format(_name(other), _name(run))
        known.append((run, y_hat))
    frame, _ = read_frame(project.work, data.columns.text_columns)
    frame = frame[frame["split"] == "val"].reset_index(drop=True)
    for run, y_hat in known:
        again = load_run(run.folder).predict(frame)
        if not np.allclose(again, y_hat, rtol=1e-5, atol=ROUNDING * spread):
            return REDRAWN.format(_name(run))
    return _interval_fault(project, list(methods))


def _is_near(one, other, spread):
    """Whether two errors, or None, are the same but for rounding."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-6 * spread)


def _may_agree(one, other):
    """Whether two trainings may end in one network: FDS does nothing in epoch one."""
    fds = {"fds", "fds_kernel_size", "fds_sigma"}
    names = one.settings.keys() | other.settings.keys()
    differing = {n for n in names if one.settings.get(n) != other.settings.get(n)}
    if not differing or not differing <= fds:  # the seed is a setting, too
        return False
    firsts = (read_history(run)["epoch"].iloc[0] for run in (one, other))
    bests = (run.scores.get("best_epoch") for run in (one, other))
    return all(best == first for best, first in zip(bests, firsts, strict=True))


def _interval_fault(project, methods):
    """Whether each method but the first has an interval beside its difference."""
    table = pd.read_csv(project.runs / "comparison.csv")
    for method in methods:
        rows = table[(table["method"] == method) & (table["region"] == "all")]
        own = rows[rows["split"] == "val"]
        paired = own[["difference_low", "difference_high"]].notna().all(axis=None)
        is_baseline = len(own) and (own["baseline"] == method).all()
        if not len(own) or not (is_baseline or paired):
            return NO_INTERVAL.format(method)
    return None


def _baselines_fault(project, runs):
    table = pd.read_csv(project.runs / "models.csv").set_index("model")
    missing = [name for name in BASELINES if name not in table.index]
    if missing:
        return NO_BASELINES.format(" and no ".join(missing))
    if not np.isfinite(table.loc[list(BASELINES), "all"].astype(float)).all():
        return WRONG_BASELINES
    work = pd.read_csv(project.work)
    y = {name: part[project.target] for name, part in work.groupby("split")}
    error = float((y["val"] - y["train"].median()).abs().mean())
    told = float(table.loc["median", "all"])
    return None if math.isclose(error, told, rel_tol=1e-3) else WRONG_BASELINES


def _same_rows(frame, path):
    """Whether a file holds these rows."""
    written = pd.read_csv(io.StringIO(frame.to_csv(index=False)))
    return written.equals(pd.read_csv(path))


def _file_name(path):
    """The last part of a path that was written on any system."""
    return PureWindowsPath(str(path)).name


def _name(run):
    return f"{run.method}, seed {run.seed}"


def _short(error):
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
