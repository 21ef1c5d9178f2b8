"""Time and memory of `read_table`, against pandas and scikit-learn on the same file.

Each is measured in a process of its own: the time after all imports, and the largest
memory above what the imports hold, as a multiple of the DataFrame. The plain way is
`pandas.read_csv` and one pass of a ColumnTransformer, which splits nothing.
"""

import contextlib
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dirlib.datasets.tables import read_table

SHAPES = ((600, 5_000), (500_000, 21))


def write_table(path, n_rows, n_columns):
    """Write a table of numbers, some missing, of text and of true and false."""
    rng = np.random.default_rng(0)
    n_texts = 3 if n_columns < 100 else 0
    columns = {"price": np.exp(rng.normal(size=n_rows)).round(4)}
    for i in range(n_columns - 1 - n_texts):
        columns[f"x{i}"] = rng.normal(size=n_rows).round(4)
    if n_texts:
        for i in range(3):
            columns[f"x{i}"][rng.random(n_rows) < 0.1] = np.nan
        columns["town"] = rng.choice(["Rome", "Oslo", "Bonn", "Lima"], n_rows)
        columns["kind"] = rng.choice([f"kind {i}" for i in range(30)], n_rows)
        columns["new"] = rng.random(n_rows) < 0.3
    pd.DataFrame(columns).to_csv(path, index=False)


def plain(path):
    """What one would write without this library: the frame as numbers."""
    frame = pd.read_csv(path, low_memory=False)
    frame.pop("price")
    numeric = frame.select_dtypes("number").columns
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )
    rest = OneHotEncoder(sparse_output=False), frame.columns.difference(numeric)
    return make_column_transformer((numbers, numeric), rest).fit_transform(frame)


WAYS = {
    "read_csv": lambda path: pd.read_csv(path, low_memory=False),
    "plain": plain,
    "read_table": lambda path: read_table(path, "price"),
}


def measured(way, path):
    """Seconds and peak memory in bytes, in a new process."""
    command = [sys.executable, "-m", "tools.bench.tables", way, str(path)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(word) for word in ran.stdout.split()]


def _peak():
    """The largest memory so far in bytes, where the system tells."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return 1024 * int(line.split()[1])
    return math.nan


def _child(way, path):
    before, start = _peak(), time.perf_counter()
    WAYS[way](path)
    print(time.perf_counter() - start, _peak() - before)


def main():
    print("read_table against pandas.read_csv and scikit-learn's ColumnTransformer")
    print(f"{'table':>18}{'way':>12}{'time':>9}{'ratio':>8}{'peak / frame':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for n_rows, n_columns in SHAPES:
            path = Path(folder) / "table.csv"
            write_table(path, n_rows, n_columns)
            frame = pd.read_csv(path).memory_usage(deep=True).sum()
            found = {way: [measured(way, path) for _ in range(3)] for way in WAYS}
            best = {way: np.min(runs, axis=0) for way, runs in found.items()}
            for way, (seconds, peak) in best.items():
                print(
                    f"{f'{n_rows:,} x {n_columns:,}':>18}{way:>12}{seconds:8.2f}s"
                    f"{seconds / best['plain'][0]:7.2f}x{peak / frame:13.1f}x"
                )


if __name__ == "__main__":
    _child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
