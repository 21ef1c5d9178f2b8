"""The command line: ``python -m dirlib COMMAND``."""

import argparse
import multiprocessing
import os
import signal
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_args

from dirlib.files import write_csv


def train(args):
    """Train one network, in a folder that can be resumed."""
    from dirlib.trainer.run import training_run
    from dirlib.trainer.scores import sizes_text
    from dirlib.trainer.summary import scores_text
    from dirlib.training import processes

    scores = training_run(
        args.out, workers=args.workers, resume=args.resume, **_run_options(args)
    )
    if processes.is_first():
        splits = {split: scores[split] for split in ("val", "test")}
        print(f"MAE of all and by region, and more\n{scores_text(splits)}")
        print(sizes_text(scores["n"]["test"], "test"))
        print(scores["about"], *scores["warnings"], sep="\n")
        print(f"settings, curves, predictions and scores: {args.out}")
    processes.stop()


def compare(args):
    """Train several methods on several seeds, and compare them by shot region."""
    from dirlib.trainer.comparison import compare
    from dirlib.trainer.summary import comparison_text, scores_text

    comparison = compare(
        args.out,
        args.methods.split(","),
        range(args.first_seed, args.first_seed + args.seeds),
        jobs=args.jobs,
        split=args.split,
        workers=args.workers,
        **_run_options(args),
    )
    print(comparison_text(comparison.table), *comparison.about, sep="\n")
    if comparison.models is not None:
        print(scores_text(comparison.models.T.to_dict()))
    for reason in comparison.failed + comparison.left_out:
        print(f"not in the table: {reason}", file=sys.stderr)
    print(f"tables and runs: {args.out}")
    return 1 if comparison.failed else 0


def suggest(args):
    """Try windows of LDS and FDS on validation data, and say which one helps."""
    from dirlib.trainer.suggestion import suggest, suggestion_text

    seeds = range(args.first_seed, args.first_seed + args.seeds)
    options = {"jobs": args.jobs, "workers": args.workers, **_run_options(args)}
    suggestion = suggest(args.out, seeds, **options)
    print(suggestion_text(suggestion.table), *suggestion.advice, sep="\n")
    print(f"runs, windows.csv and windows.png: {args.out}")


def predict(args):
    """Predict new rows of a table, or new pictures, with the network of a run."""
    from dirlib.trainer.prediction import load_run

    data = args.data if len(args.data) > 1 else args.data[0]
    n = load_run(args.run).predict_to(args.out, data, args.workers)
    print(f"{n:,} predictions: {args.out}")


def report(args):
    """Make one HTML page of the runs in a folder."""
    from dirlib.trainer.report import write_report

    print(f"report: {write_report(args.folder, args.out, args.split)}")


def check(args):
    """Check a set of pictures: missing, damaged, mislabelled, and its counts."""
    from dirlib.datasets.photos.check import check_ages

    result = check_ages(args.meta, args.images, kind=args.kind, jobs=args.jobs)
    print(result.text())
    return 0 if result.ok else 1


def split(args):
    """Make a meta-file from the names of the pictures in a folder."""
    from dirlib.datasets.photos.split import meta_from_names

    if args.out.exists():
        raise ValueError(f"{args.out} is there already: choose another name")
    table = meta_from_names(
        args.folder, kind=args.kind, split=args.by, cap=args.cap, seed=args.seed
    )
    write_csv(args.out, table)
    counts = table["split"].value_counts()
    print(", ".join(f"{s}: {counts.get(s, 0):,}" for s in ("train", "val", "test")))
    print(f"meta-file: {args.out}")


def _run_options(args):
    """The options of a run, as `training_run` takes them."""
    from dirlib.trainer.settings import Settings

    names = {option.name for option in fields(Settings)}
    return {name: value for name, value in vars(args).items() if name in names}


def _add_run_options(command, left_out=()):
    """Make the options of a run from the fields of its settings."""
    from dirlib.trainer.settings import Settings

    for option in fields(Settings):
        if option.name in left_out:
            continue
        flag = f"--{option.name.replace('_', '-')}"
        about = option.metadata["help"].replace("%", "%%")  # argparse fills in values
        if option.type is bool:
            command.add_argument(flag, action="store_true", help=about)
            continue
        if option.default is not None:
            about = f"{about}; default {option.default}"
        command.add_argument(
            flag,
            type=next(iter(get_args(option.type)), option.type),  # int of int | None
            default=option.default,
            choices=option.metadata["choices"],
            help=about,
        )
    command.add_argument("--workers", type=int, default=0, help="processes that read")


def _add_seeds(command, jobs, left_out):
    """Make the options of many runs: their seeds, and what all of them share."""
    command.add_argument("--seeds", type=int, default=5, help="how many; default 5")
    command.add_argument("--first-seed", type=int, default=0)
    command.add_argument("--jobs", **jobs)
    _add_run_options(command, left_out)


def _parser():
    parser = argparse.ArgumentParser(prog="python -m dirlib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    functions = (train, compare, suggest, predict, report, check, split)
    for function in functions:
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(function=function)
    splits = {"choices": ["test", "val"], "default": "test"}
    splits |= {"help": "the data whose errors are shown; val to choose settings"}
    jobs = {"type": int, "default": os.cpu_count() or 1, "help": "how many at a time"}

    command = commands.choices["train"]
    command.add_argument("--out", type=Path, required=True, help="such as runs/NAME")
    command.add_argument("--resume", action="store_true", help="go on with a run")
    _add_run_options(command)

    command = commands.choices["compare"]
    command.add_argument("--out", type=Path, default=Path("runs"), help="default runs")
    example = "such as vanilla,sqinv,sqinv+lds,sqinv+lds+fds; the first is the baseline"
    command.add_argument("--methods", required=True, help=example)
    command.add_argument("--split", **splits)
    by_methods = ("reweight", "lds", "fds", "rrt", "seed")
    _add_seeds(command, jobs, by_methods)

    command = commands.choices["suggest"]
    command.add_argument("--out", type=Path, required=True, help="such as runs/windows")
    windows = ("lds_kernel_size", "lds_sigma", "fds_kernel_size", "fds_sigma")
    _add_seeds(command, jobs, by_methods + windows)

    command = commands.choices["predict"]
    command.add_argument("run", type=Path, help="the folder of a run: runs/NAME")
    about = "a CSV file; of pictures, folders and files"
    command.add_argument("data", type=Path, nargs="+", help=about)
    command.add_argument("--out", type=Path, default=Path("predictions.csv"))
    command.add_argument("--workers", type=int, default=0, help="processes that read")

    command = commands.choices["report"]
    command.add_argument("folder", type=Path, help="such as runs/")
    command.add_argument("--out", type=Path, help="default FOLDER/report.html")
    command.add_argument("--split", **splits)

    command = commands.choices["check"]
    command.add_argument("meta", type=Path, help="a CSV file: age,path,split")
    command.add_argument("--images", type=Path, help="default: the meta-file's folder")
    command.add_argument("--kind", help="agedb-dir, imdb-wiki-dir or utkface")
    command.add_argument("--jobs", **jobs)

    command = commands.choices["split"]
    command.add_argument("folder", type=Path, help="of the pictures")
    command.add_argument("--kind", required=True, choices=["agedb", "utkface"])
    command.add_argument("--by", default="age", choices=["age", "identity"])
    command.add_argument("--cap", type=int, default=30, help="val and test per age")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--out", type=Path, required=True, help="the meta-file")

    return parser


def _end_workers(signal_number, frame):
    """End the processes that this one started, and then this one as by Ctrl-C."""
    for process in multiprocessing.active_children():
        process.terminate()
    raise KeyboardInterrupt


def main(argv=None):
    if hasattr(sys.stdout, "reconfigure"):  # a sign that it lacks must not end a run
        sys.stdout.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    try:
        status = args.function(args)
    except KeyboardInterrupt:
        again = "the same command" + " with --resume" * (args.command == "train")
        sys.exit(f"stopped; what was finished is kept: {again} goes on from there")
    except (OSError, ValueError) as error:  # the user's to mend: no traceback
        sys.exit(f"python -m dirlib {args.command}: {error}")
    if status:
        sys.exit(status)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end_workers)
    main()
