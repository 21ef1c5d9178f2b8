"""Time the library, print the tables, and keep them: ``make bench``.

The result goes to ``data/BENCH.txt``, with the machine's name.
"""

import contextlib
import io
import os
import platform
import sys
from pathlib import Path

import torch

from tools.bench import fds as bench_fds
from tools.bench import lds as bench_lds
from tools.bench import tables as bench_tables

OUT = Path(__file__).resolve().parents[2] / "data" / "BENCH.txt"


class Tee(io.StringIO):
    """Keeps what is printed, and shows it at once."""

    def __init__(self, screen):
        super().__init__()
        self.screen = screen

    def write(self, text):
        self.screen.write(text)
        self.screen.flush()
        return super().write(text)


def processor():
    """The processor's name, where the system tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def main():
    tee = Tee(sys.stdout)
    with contextlib.redirect_stdout(tee):
        print(
            f"{processor()}, {os.cpu_count()} cores, "
            f"{torch.get_num_threads()} threads; "
            f"Python {platform.python_version()}, torch {torch.__version__}\n"
        )
        bench_lds.main()
        print()
        bench_fds.main()
        print()
        bench_tables.main()
    OUT.write_text(tee.getvalue())
    print(f"\nkept in {OUT.relative_to(OUT.parent.parent)}")


if __name__ == "__main__":
    main()
