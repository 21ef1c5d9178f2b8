"""The command line: ``python -m dirlib COMMAND``."""

import argparse
import os
import sys
from pathlib import Path


def prepare(args):
    """Draw the image sets, so that the lessons find them."""
    from dirlib.datasets.faces import faces
    from dirlib.datasets.patterns import patterns

    for split in ("train", "val", "test"):
        print(f"faces, {split}: {len(faces(split).labels):,} images")
    for split in ("train", "test"):
        print(f"patterns, {split}: {len(patterns(split).labels):,} images")


def experiment(args):
    """Train every method on every seed, and record the predictions."""
    from dirlib.datasets.label_counts import data_dir
    from dirlib.recording import run_experiment
    from dirlib.runs import Runs, report

    out = args.out or data_dir() / "runs" / f"{args.name}.json"
    record = run_experiment(args.name, out, args.seeds, args.jobs)
    print(f"\n{len(record['runs'])} runs in {out}")
    print(report(Runs(record)))


def train(args):
    """Train one network on the drawn faces, in a folder that can be resumed."""
    from dirlib.training_run import training_run

    options = {name: getattr(args, name) for name in TRAIN_OPTIONS}
    scores = training_run(args.out, **options)
    print(f"{'MAE (years)':<12}" + "".join(f"{name:>8}" for name in scores["test"]))
    for split, row in scores.items():
        print(f"{split:<12}" + "".join(f"{value:8.2f}" for value in row.values()))
    print(f"settings, checkpoint, predictions and scores: {args.out}")


TRAIN_OPTIONS = ("reweight", "lds", "fds", "epochs", "seed", "resume")


def results(args):
    """Compute the course's tables, claims and figure anew from the recorded runs."""
    from dirlib.course.feature_figures import anchor_bars
    from dirlib.course.figures import methods_by_region
    from dirlib.datasets.label_counts import data_dir
    from dirlib.experiments import WEIGHTS
    from dirlib.runs import AGES, feature_report, load_runs, load_statistics, report

    runs = load_runs("faces")
    print(report(runs))
    print(feature_report())
    shown = ("vanilla", "sqinv+lds", "sqinv+lds+fds")
    models = {method: load_statistics(method, split="test") for method in shown}
    for name, figure in (
        ("faces", methods_by_region(runs, list(WEIGHTS))),
        ("features", anchor_bars(models, AGES, runs.train_counts, anchor=0)),
    ):
        path = data_dir() / "runs" / f"{name}.png"
        figure.savefig(path, dpi=110)
        print(f"figure: {path}")


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m dirlib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (prepare, train, experiment, results):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(function=function)
    command = commands.choices["experiment"]
    command.add_argument("name", choices=["faces", "features", "kernels", "fds"])
    command.add_argument("--seeds", type=int, default=5, help="how many; default 5")
    jobs = os.cpu_count() or 1
    command.add_argument("--jobs", type=int, default=jobs, help="runs at a time")
    command.add_argument("--out", type=Path, help="default data/runs/NAME.json")
    command = commands.choices["train"]
    command.add_argument("--out", type=Path, required=True, help="such as runs/NAME")
    command.add_argument("--reweight", default="none", choices=["none", "sqinv", "inv"])
    command.add_argument("--lds", action="store_true", help="smooth the weights")
    kinds = ["none", "diagonal", "full", "low_rank"]
    command.add_argument("--fds", default="none", choices=kinds, help="an FDS layer")
    command.add_argument("--epochs", type=int, default=15)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--resume", action="store_true", help="go on with a run")
    args = parser.parse_args(argv)
    try:
        args.function(args)
    except KeyboardInterrupt:
        sys.exit(
            "stopped; what was finished is kept: the same command goes on from there"
        )
    except (OSError, ValueError) as error:  # the user's to mend: no traceback
        sys.exit(f"python -m dirlib {args.command}: {error}")


if __name__ == "__main__":
    main()
