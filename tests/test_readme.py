"""The numbers in README.md and data/README.md are those of the recorded runs."""

import re

from dirlib import gm, paired_comparison
from dirlib.runs import density_correlations, load_runs

from lesson_env import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DATA = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
METHODS = {
    "vanilla (no weights)": "vanilla",
    "SQINV: 1/sqrt(count)": "sqinv",
    "SQINV + LDS": "sqinv+lds",
    "INV: 1/count": "inv",
    "INV + LDS": "inv+lds",
}


def rows(text):
    """Table rows: first cell -> the numbers in the others."""
    found = re.findall(r"^\| (.+?) \| (.+) \|$", text, re.M)
    return {name: re.findall(r"-?\d+\.\d+", rest) for name, rest in found}


def few_shot(runs, base, method):
    return str(paired_comparison(runs.score(base, "few"), runs.score(method, "few")))


def test_the_table_of_results():
    runs = load_runs("faces")
    table = rows(README)
    for name, method in METHODS.items():
        scores = [runs.score(method, r) for r in ("all", "many", "medium", "few")]
        scores.append(runs.score(method, metric=gm))
        assert table[name] == [f"{s.mean():.2f}" for s in scores]


def test_the_claims():
    runs = load_runs("faces")
    flat = " ".join(README.split())
    for density in density_correlations(runs):
        assert f"{density.min():.2f} to {density.max():.2f}" in flat
    for base in ("sqinv", "inv"):
        assert few_shot(runs, base, f"{base}+lds") in flat
        right = few_shot(runs, f"{base}, right labels", f"{base}+lds, right labels")
        assert right in flat


def test_the_search_for_the_kernel():
    runs = load_runs("kernels")
    table = rows(DATA)
    for method in runs.methods():
        expected = [f"{runs.score(method, r).mean():.2f}" for r in ("all", "few")]
        assert table[method][:2] == expected
