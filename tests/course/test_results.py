"""The numbers in data/RESULTS.md and data/README.md are those of the recorded runs."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from course.records.ages import AGES, EXTRAPOLATION, INTERPOLATION
from course.records.methods import FDS_SETTINGS
from course.records.read import anomaly_gaps, load_runs
from course.records.report import density_correlations, table_report
from course.records.searches import FDS_TRIAL, FDS_TRIALS
from dirlib import FDS, gm, mae, paired_comparison
from tools.lessons.env import ROOT

RESULTS = (ROOT / "data" / "RESULTS.md").read_text(encoding="utf-8")
DATA = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
METHODS = {
    "vanilla (no weights)": "vanilla",
    "SQINV: 1/sqrt(count)": "sqinv",
    "SQINV + LDS": "sqinv+lds",
    "INV: 1/count": "inv",
    "INV + LDS": "inv+lds",
    "SQINV + FDS": "sqinv+fds",
    "SQINV + LDS + FDS": "sqinv+lds+fds",
    "INV + FDS": "inv+fds",
    "INV + LDS + FDS": "inv+lds+fds",
    "SQINV + FDS, full": "sqinv+fds full",
    "SQINV + LDS + FDS, full": "sqinv+lds+fds full",
    "INV + FDS, full": "inv+fds full",
    "INV + LDS + FDS, full": "inv+lds+fds full",
}


def rows(text):
    """Table rows: first cell -> the numbers in the others."""
    found = re.findall(r"^\| (.+?) \| (.+) \|$", text, re.M)
    return {name: re.findall(r"-?\d+\.\d+", rest) for name, rest in found}


def few_shot(runs, base, method):
    return str(paired_comparison(runs.score(base, "few"), runs.score(method, "few")))


def test_the_table_of_results():
    runs = load_runs("faces")
    table = rows(RESULTS)
    for name, method in METHODS.items():
        scores = [runs.score(method, r) for r in ("all", "many", "medium", "few")]
        scores.append(runs.score(method, metric=gm))
        assert table[name] == [f"{s.mean():.2f}" for s in scores]


def test_the_table_of_rented_bikes():
    """The page has the printed table, and its runs are those of `bikes.csv`."""
    assert table_report() in RESULTS
    folder = ROOT / "data" / "runs" / "bikes"
    options = json.loads((folder / "options.json").read_text(encoding="utf-8"))
    assert (options["data"], options["target"]) == ("data/bikes.csv", "bikers")
    assert f"--epochs {options['epochs']}" in RESULTS
    epochs = pd.read_csv(folder / "epochs.csv").query("split == 'val'")
    of_all = epochs[epochs["region"] == "all"].set_index("epochs")["mean"]
    assert of_all.idxmin() == options["epochs"]
    assert all(f"{error:.2f}" in RESULTS for error in of_all)
    models = pd.read_csv(folder / "models.csv", index_col="model")
    pairs = pd.read_csv(folder / "comparison.csv")
    networks = pairs["method"].unique()
    assert (pairs["seeds"] == 5).all() and len(networks) == 5
    for method in networks:  # two files, one run
        of_method = pairs[pairs["method"] == method].set_index("region")["mean"]
        for region in ("all", "many", "few", "tail_5"):
            assert models.loc[method, region] == pytest.approx(of_method[region])
    tail = pairs[(pairs["region"] == "tail_5") & (pairs["method"] != "vanilla")]
    assert (tail["difference_low"] < 0).all() and (tail["difference_high"] > 0).all()
    every = pairs[(pairs["region"] == "all") & (pairs["method"] != "vanilla")]
    assert (every["difference_low"] > 0).all()
    trees = models.loc["boosted trees", ["few", "tail_5"]]
    assert (trees < models.loc[networks, ["few", "tail_5"]]).all(axis=None)


def test_the_claims():
    runs = load_runs("faces")
    flat = " ".join(RESULTS.split())
    for density in density_correlations(runs):
        assert f"{density.min():.2f} to {density.max():.2f}" in flat
    for base in ("sqinv", "inv"):
        assert few_shot(runs, base, f"{base}+lds") in flat
        for with_fds in (base, f"{base}+lds"):
            for settings in FDS_SETTINGS:
                assert few_shot(runs, with_fds, f"{with_fds}+{settings}") in flat
        right = few_shot(runs, f"{base}, right labels", f"{base}+lds, right labels")
        assert right in flat


@pytest.mark.parametrize(
    ("name", "heading"), [("kernels", "for the kernel"), ("fds", "settings of FDS")]
)
def test_the_searches(name, heading):
    runs = load_runs(name)
    table = rows(DATA[DATA.index(heading) :])
    for method in runs.methods():
        expected = [f"{runs.score(method, r).mean():.2f}" for r in ("all", "few")]
        assert table[method][:2] == expected


def test_the_settings_of_fds_follow_from_the_search():
    """The rule of data/README.md, applied to the record."""
    runs = load_runs("fds")
    bases = ("sqinv", "inv")
    mean_error = {}
    for trial in FDS_TRIALS:
        scores = [(base, f"{base}+fds {trial}") for base in bases]
        if all((runs.score(m, "few") < runs.score(b, "few")).all() for b, m in scores):
            mean_error[trial] = np.mean([runs.score(m).mean() for _, m in scores])
    variances = [trial for trial in mean_error if "full" not in trial]
    assert min(mean_error, key=mean_error.get) == "31 10 full"
    assert min(variances, key=mean_error.get) == "15 5"
    for trial, name in (("15 5", "fds"), ("31 10 full", "fds full")):
        chosen = FDS(64, AGES, **FDS_TRIAL | FDS_TRIALS[trial])
        used = FDS(64, AGES, **FDS_SETTINGS[name])
        assert used.window.tolist() == chosen.window.tolist()
        for setting in ("covariance", "momentum", "weighting", "shrinkage", "clip"):
            assert getattr(used, setting) == getattr(chosen, setting), setting


def test_the_anomaly_gaps():
    flat = " ".join(RESULTS.split())
    parts = [
        f"{anomaly_gaps(method, 'test').mean():.2f} {words}"
        for method, words in (
            ("vanilla", "without weights"),
            ("balanced", "for a control with as many faces"),
            ("more of age 0", "with 150 instead of 5 faces"),
            ("right labels", "with right labels"),
        )
    ]
    lds, fds = (anomaly_gaps(m, "test").mean() for m in ("sqinv+lds", "sqinv+lds+fds"))
    parts.append(f"SQINV + LDS reach {lds:.2f}, with FDS {fds:.2f}")
    for statistic in ("mean", "variance"):
        gaps = anomaly_gaps("vanilla", "train", statistic=statistic)
        parts.append(f"{statistic}s ({gaps.min():.2f} to {gaps.max():.2f})")
    for part in parts:
        assert part in flat, part


def test_ages_left_out_the_whole_step_and_the_failure():
    flat = " ".join(RESULTS.split())
    runs, training = load_runs("faces"), load_runs("training")

    def error(method, ages):
        record = runs if method == "vanilla" else training
        answers = record.predictions(f"{method}, gaps")
        return np.abs(answers - runs.y)[:, np.isin(runs.y, ages)].mean(axis=1)

    both = "sqinv+lds+fds"
    for base in ("vanilla", "sqinv"):
        for ages in (INTERPOLATION, EXTRAPOLATION):
            pair = error(base, ages), error(both, ages)
            assert str(paired_comparison(*pair)) in flat
    assert f"of {error('vanilla', EXTRAPOLATION).mean():.2f} years" in flat
    assert few_shot(runs, "vanilla", both) in flat
    for region, metric, text in (
        ("few", mae, "or {} %;"), ("all", gm, "GM {} % lower"),
        ("many", mae, "many-shot {} % higher"),
    ):  # fmt: skip
        before, after = (
            runs.score(m, region, metric).mean() for m in ("vanilla", both)
        )
        assert text.format(f"{100 * abs(after / before - 1):.0f}") in flat
    plain, sqinv, all_three = (
        runs.score(m, "few").mean() for m in ("vanilla", "sqinv", both)
    )
    share = 100 * (plain - sqinv) / (plain - all_three)
    assert f"SQINV alone takes {share:.0f} % of the way" in flat
    wide = [training.score(m) for m in ("sqinv", "sqinv+fds too wide")]
    assert str(paired_comparison(*wide)) in flat


def test_the_front_page_has_no_other_numbers():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    results = readme.split("## What came out")[1]
    shown = re.findall(r"\d+(?:\.\d+)? %", results)
    assert shown and set(shown) <= set(re.findall(r"\d+(?:\.\d+)? %", RESULTS))
