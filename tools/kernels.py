"""The checks' proofs, and the solutions, under the kernels of other processors.

    python -m tools.kernels              all of it
    python -m tools.kernels --control    only which results each setting changes

PyTorch chooses its kernels by what the processor can do, and results differ in their
last bits. Here child processes choose older kernels, and two threads: no verdict and no
compared output of a lesson may change. A setting is taken for tried only where it
changes the bits of a control result; on Arm there are fewer. At last, lessons that
train run in full: in other tests they train for two epochs.
"""

import argparse
import hashlib
import os
import platform
import subprocess
import sys

import torch

from tools.lessons.env import FULL, ROOT, THREADS

VARIABLES = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    THREADS: "2",
}
OLDEST = {name: value for name, value in VARIABLES.items() if name != THREADS}
PROOFS = ["tests/checks/test_proven.py"]
RUNS = {
    "the oldest kernels": (OLDEST, [*PROOFS, "solutions"]),
    "two threads": ({THREADS: "2"}, PROOFS),
    # With old kernels, a training takes several times as long.
    "trainings in full": ({FULL: "1"}, ["solutions/04_fds", "solutions/05_training"]),
}


def control() -> dict[str, str]:
    """Fingerprints of results that differ from one kernel to the other."""
    torch.set_num_threads(int(os.environ.get(THREADS, 1)))
    torch.manual_seed(0)
    a, b = torch.rand(511, 257), torch.rand(257, 300)
    images, kernel = torch.rand(4, 3, 33, 33), torch.rand(16, 3, 3, 3)
    long = torch.rand(1 << 21)
    results = {
        "softmax": a.softmax(1),
        "matmul": a @ b,
        "convolution": torch.conv2d(images, kernel),
        "sum": torch.stack([long.sum(), long.double().sum().float(), long.std()]),
        "eigenvalues": torch.linalg.eigvalsh(a.T @ a),
    }
    return {
        name: hashlib.sha256(value.numpy().tobytes()).hexdigest()
        for name, value in results.items()
    }


def child(args, settings, **options):
    env = {k: v for k, v in os.environ.items() if k not in VARIABLES} | settings
    return subprocess.run([sys.executable, "-m", *args], cwd=ROOT, env=env, **options)


def changed(settings) -> list[str]:
    """The control results that the settings change, by name."""
    here, there = (
        dict(line.split() for line in out.splitlines())
        for out in (
            child(
                ["tools.kernels", "--child"], s, check=True, text=True,
                stdout=subprocess.PIPE,
            ).stdout
            for s in ({}, settings)
        )
    )  # fmt: skip
    return [name for name in here if here[name] != there[name]]


def show_controls() -> list[str]:
    """Print what each variable changes; return those that change nothing."""
    idle = []
    for name, value in VARIABLES.items():
        differ = changed({name: value})
        print(f"{name}={value}: changes {', '.join(differ) or 'nothing'}", flush=True)
        if not differ:
            idle.append(name)
    return idle


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.kernels")
    parser.add_argument("--control", action="store_true", help="only the control")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.child:
        for name, digest in control().items():
            print(name, digest)
        return 0
    idle = show_controls()
    if idle and platform.machine().lower() in ("x86_64", "amd64"):
        print(f"not tried, since it changes nothing here: {', '.join(idle)}")
        return 1
    if args.control:
        return 0
    failed = []
    for name, (settings, tests) in RUNS.items():
        print(f"\n{name}: {settings}", flush=True)
        # The cells of a notebook stay together; the proofs alone are spread.
        spread = ["--dist", "load" if tests == PROOFS else "loadfile"]
        pytest = ["pytest", "-n", "2", *spread, "--no-loadscope-reorder", "-q", *tests]
        if child(pytest, settings, stdin=subprocess.DEVNULL).returncode:
            failed.append(name)
    print(f"\nfailed under: {', '.join(failed)}" if failed else "\nall the same")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
