"""The course's command line: ``python -m course COMMAND``."""

import argparse
import os
import sys
from pathlib import Path


def prepare(args):
    """Draw the image sets, so that the lessons find them."""
    from course.colour_patterns import patterns
    from dirlib.datasets.faces import faces

    for split in ("train", "val", "test"):
        print(f"faces, {split}: {len(faces(split).labels):,} images")
    for split in ("train", "test"):
        print(f"patterns, {split}: {len(patterns(split).labels):,} images")


def experiment(args):
    """Train every method of a lesson on every seed, and record the predictions."""
    from course.records.read import Runs, data_dir
    from course.records.record import run_experiment
    from course.records.report import runs_report

    out = args.out or data_dir() / "runs" / f"{args.name}.json"
    record = run_experiment(args.name, out, args.seeds, args.jobs)
    print(f"\n{len(record['runs'])} runs in {out}")
    print(runs_report(Runs(record)))


def results(args):
    """Print the recorded results, and make the tables and figures of the pages anew."""
    from course.figures.labels import methods_by_region
    from course.first_look import STRIP, guessed_faces
    from course.records.methods import WEIGHTS
    from course.records.pages import write_pages
    from course.records.read import data_dir, load_runs
    from course.records.report import feature_report, runs_report, table_report

    runs = load_runs("faces")
    print(runs_report(runs))
    print(feature_report())
    print(table_report())
    for page in write_pages():
        print(f"page: {page}")
    for name, figure in (
        ("faces", methods_by_region(runs, list(WEIGHTS))),
        ("strip", guessed_faces("vanilla", "sqinv+lds+fds", ages=STRIP)),
    ):
        path = data_dir() / "runs" / f"{name}.png"
        figure.savefig(path, dpi=110)
        print(f"figure: {path}")


def protocol(args):
    """Say whether a study of lesson 6 kept to the protocol, by its folder."""
    from course.protocol import text

    print(text(args.folder))


def _parser():
    parser = argparse.ArgumentParser(prog="python -m course", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (prepare, experiment, results, protocol):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(function=function)

    command = commands.choices["protocol"]
    command.add_argument("folder", type=Path, help="a student's my_project")
    command = commands.choices["experiment"]
    names = ["faces", "baselines", "mysteries", "kernels", "fds"]
    command.add_argument("name", choices=names)
    command.add_argument("--seeds", type=int, default=5, help="how many; default 5")
    jobs = os.cpu_count() or 1
    command.add_argument("--jobs", type=int, default=jobs, help="how many at a time")
    command.add_argument("--out", type=Path, help="default data/runs/NAME.json")
    return parser


def main(argv=None):
    args = _parser().parse_args(argv)
    try:
        args.function(args)
    except KeyboardInterrupt:
        sys.exit(
            "stopped; what was finished is kept: the same command goes on from there"
        )
    except (OSError, ValueError) as error:  # the user's to mend: no traceback
        sys.exit(f"python -m course {args.command}: {error}")


if __name__ == "__main__":
    main()
