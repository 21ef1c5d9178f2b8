"""Build the site from what is in the repository; nothing is executed.

python -m tools.site                       to build/site (``make site``)
python -m tools.site --without-solutions   exercises open, for those who grade them
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.lessons.env import ROOT
from tools.site.pages import gather


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    parser.add_argument(
        "--without-solutions", action="store_true", help="leave the exercises open"
    )
    args = parser.parse_args(argv)
    began = time.monotonic()
    pages = args.out.with_name(args.out.name + "-pages")
    gather(ROOT, pages, solved=not args.without_solutions)
    shutil.rmtree(args.out, ignore_errors=True)
    # -W: a broken link is an error.
    sphinx = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    code = subprocess.call(
        [*sphinx, "-c", ROOT / "docs", pages, args.out], cwd=ROOT, env=env
    )
    if code == 0:
        found = [path for path in args.out.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in found) / 1e6
        html = sum(path.suffix == ".html" for path in found)
        seconds = time.monotonic() - began
        print(f"{args.out}: {html} pages, {size:.1f} MB, {seconds:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
