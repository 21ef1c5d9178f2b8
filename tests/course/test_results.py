"""What data/RESULTS.md, data/README.md and README.md say is in the recorded runs.

Their tables are made of the records. Their sentences hold no number of a result; each
direction that they name is computed here.
"""

import json
import re

import numpy as np
import pandas as pd
import pytest

from course.first_look import STRIP, typical_samples
from course.records import pages
from course.records.ages import AGES, EXTRAPOLATION, INTERPOLATION
from course.records.methods import FDS_SETTINGS
from course.records.pages import BLOCK, BLOCKS, error_at, filled, has_hump
from course.records.read import load_runs, similarities
from course.records.report import density_correlations
from course.records.searches import FDS_TRIAL, FDS_TRIALS
from dirlib import FDS, paired_comparison
from tools.lessons.env import ROOT

TEXTS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("data/RESULTS.md", "data/README.md", "README.md")
}
RESULTS = TEXTS["data/RESULTS.md"]
CURED = "vanilla, right labels", "vanilla, 150 at 0, same four", "vanilla, balanced"


@pytest.fixture(scope="module")
def runs():
    return load_runs("faces")


def step(runs, before, after, region="few"):
    """What changes between two methods, by seed: below 0 is better."""
    return runs.score(after, region) - runs.score(before, region)


def most(truths):
    """All of the seeds, or all but one."""
    return np.sum(truths) >= len(truths) - 1


# ------------------------------------------------------------------------ the tables


@pytest.mark.parametrize("page", TEXTS)
def test_the_blocks_of_a_page_are_those_of_the_records(page):
    assert filled(TEXTS[page]) == TEXTS[page], "run 'python -m course results'"


def test_each_block_stands_in_one_page():
    names = [name for text in TEXTS.values() for _, name, _ in BLOCK.findall(text)]
    assert sorted(names) == sorted(BLOCKS)
    for text in TEXTS.values():
        assert text.count("<!-- begin") == text.count("<!-- end -->")


def test_a_block_that_nothing_makes_is_refused():
    with pytest.raises(ValueError, match="named 'nothing': choose from"):
        filled("<!-- begin: nothing -->\n<!-- end -->\n")


def test_the_pages_are_written_once(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setitem(BLOCKS, "errors", lambda: "| a | b |")
    (tmp_path / "data").mkdir()
    text = "Before.\n<!-- begin: errors -->\nold\n<!-- end -->\nAfter.\n"
    for page in ("data/RESULTS.md", "README.md"):  # and no data/README.md
        (tmp_path / page).write_text(text, encoding="utf-8")
    changed = pages.write_pages()
    assert [path.name for path in changed] == ["RESULTS.md", "README.md"]
    for path in changed:
        new = path.read_text(encoding="utf-8")
        assert new == text.replace("old\n", "\n| a | b |\n\n")
    assert pages.write_pages() == []


def test_no_number_of_a_result_stands_outside_a_block():
    by_hand = BLOCK.sub("", RESULTS.partition("## On a real table")[0])
    assert re.findall(r"\d+\.\d+|\d+ %", by_hand) == ["95 %"]
    first_page = BLOCK.sub("", TEXTS["README.md"]).partition("## What came out")[2]
    assert not re.search(r"\d+(\.\d+)? (%|years)", first_page)


def test_a_title_is_made_of_a_name():
    assert pages.title("sqinv+lds+fds full") == "SQINV + LDS + FDS full"
    assert pages.title("inv+lds, right labels") == "INV + LDS, right labels"
    assert pages.title("balanced mse, batch") == "balanced MSE, batch"


# ------------------------------------------------- the sentences: errors on the faces


def test_re_weighting_takes_most_of_the_way_and_the_many_pay(runs):
    for method in ("sqinv", "inv"):
        assert (step(runs, "vanilla", method) < 0).all()
        assert (step(runs, "vanilla", method, "many") > 0).all()
    assert pages.share_of_sqinv(runs) > 0.7  # README.md: little is added to it


def test_the_step_of_lds_is_small_and_on_inv_wrong_labels_are_its_reason(runs):
    steps = {base: step(runs, base, f"{base}+lds") for base in ("sqinv", "inv")}
    large = abs(step(runs, "vanilla", "sqinv").mean())
    assert all(abs(found.mean()) < large / 2 for found in steps.values())
    told = paired_comparison(runs.score("sqinv", "few"), runs.score("sqinv+lds", "few"))
    assert told.low < 0 < told.high
    assert most(steps["inv"] < 0)
    right = {
        base: step(runs, f"{base}, right labels", f"{base}+lds, right labels")
        for base in steps
    }
    assert most(right["inv"] > steps["inv"]) and abs(right["inv"].mean()) < 0.2
    change = paired_comparison(steps["sqinv"], right["sqinv"])
    assert change.low < 0 < change.high


def test_fds_helps_where_lds_has_not_yet_and_little_after_it(runs):
    alone = step(runs, "vanilla", "vanilla+fds")
    assert most(alone < 0)
    assert most(step(runs, "sqinv", "sqinv+fds") < 0)
    on_top = step(runs, "sqinv+lds", "sqinv+lds+fds")
    assert abs(on_top.mean()) < abs(alone.mean()) / 2
    for base in ("sqinv", "sqinv+lds"):
        full = step(runs, base, f"{base}+fds full")
        assert most(full < 0) and full.mean() < step(runs, base, f"{base}+fds").mean()
    for base in ("inv", "inv+lds"):  # no gain can be told
        pair = runs.score(base, "few"), runs.score(f"{base}+fds", "few")
        assert paired_comparison(*pair).high > 0


def test_a_window_over_all_ages_hurts(runs):
    assert most(step(runs, "sqinv", "sqinv+fds too wide", "all") > 0)


def test_smoothed_counts_follow_the_error_more_closely_on_every_seed(runs):
    plain, smooth = density_correlations(runs)
    assert (smooth < plain - 0.03).all()


def test_ages_that_were_left_out(runs):
    """The end costs more than the inside; weights lift it, and would so anyway."""
    both = "sqinv+lds+fds"

    def error(method, change, ages):
        return error_at(runs, method + change, ages)

    inside, end = ", hole inside", ", hole at the end"
    for method in ("vanilla", "sqinv+lds", both):
        costs = [
            (error(method, hole, ages) - error(method, "", ages)).mean()
            for hole, ages in ((inside, INTERPOLATION), (end, EXTRAPOLATION))
        ]
        assert costs[0] < costs[1]
    for change in (end, ""):
        before, after = (error(m, change, EXTRAPOLATION) for m in ("vanilla", both))
        assert (after < before).all()
    before, after = (error(m, inside, INTERPOLATION) for m in ("vanilla", both))
    assert most(after > before)


# --------------------------------------------------------- the sentences: age 0


def test_the_hump_is_in_the_training_means_and_not_in_the_network():
    assert most(has_hump(similarities("vanilla", "train")))
    assert not has_hump(similarities("vanilla", "test")).any()
    by_variance = similarities("vanilla", "train", statistic="variance")
    assert not has_hump(by_variance).all()
    jumps = [
        np.nanmean(np.abs(np.diff(rows[:, 3:], axis=1)), axis=1)
        for rows in (by_variance, similarities("vanilla", "train"))
    ]
    assert (jumps[0] > jumps[1]).all()


def test_wrong_dates_make_the_hump_and_few_images_let_them():
    assert has_hump(similarities("vanilla, 150 at 0, same share", "train")).all()
    for method in CURED:
        assert not has_hump(similarities(method, "train")).any(), method


def test_a_hump_is_found_where_children_are_less_similar_than_adults():
    falling = np.linspace(1, 0, 101)
    dip = np.ones(101)
    dip[1:17] = 0.5
    assert has_hump(np.array([falling, dip])).tolist() == [False, True]
    dip[4], dip[5] = 1.1, np.nan  # a single child is enough; an empty bin says nothing
    assert has_hump(dip[None]).tolist() == [False]


def test_with_fds_held_out_adults_are_less_similar_to_age_0():
    for base in ("vanilla", "sqinv+lds"):
        before, after = (
            similarities(m, "test")[:, 40:61].mean(axis=1)
            for m in (base, f"{base}+fds")
        )
        assert (after < before).all(), base


# ------------------------------------------------------------- the strip of README.md


def test_the_strip_shows_what_its_text_says(runs):
    vanilla, both = (runs.predictions(m)[0] for m in ("vanilla", "sqinv+lds+fds"))
    old = typical_samples(runs.y, vanilla, STRIP)[-4:]
    assert (vanilla[old[-2:]] < runs.y[old[-2:]] - 20).all()
    assert np.sum(both[old] > vanilla[old]) >= 3
    assert np.ptp(np.diff(STRIP)) <= 1 and (STRIP[0], STRIP[-1]) == (0, 97)


def test_the_first_sentence_of_the_first_page(runs):
    """A few years off for adults of 30, decades for people of 90."""
    error = runs.error_by_age("vanilla").mean(axis=0)
    assert error[28:33].mean() < 10 and error[88:93].mean() > 20
    assert runs.train_counts[88:93].mean() < 20  # "few of them"


# ------------------------------------------------------------ the table of rented bikes


def test_the_table_of_rented_bikes():
    """Its runs are those of `bikes.csv`, and say what the page says."""
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


# ------------------------------------------------------------------------ the searches


def test_the_searches_are_of_an_earlier_drawing(runs):
    for name in ("kernels", "fds"):
        counts = load_runs(name).train_counts
        assert not np.array_equal(counts[:21], runs.train_counts[:21])
        assert counts.sum() == runs.train_counts.sum()


def test_the_kernel_is_best_or_close_to_best():
    """For both schemes; and the Gaussian kernels differ by less than the seeds do."""
    kernels = load_runs("kernels")
    for base in ("sqinv", "inv"):
        scores = {
            m: kernels.score(m, "few")
            for m in kernels.methods()
            if m.partition("+")[0] == base
        }
        best = min(found.mean() for found in scores.values())
        assert scores[f"{base}+lds gaussian 9 3"].mean() < best + 0.1
        gaussian = [found for m, found in scores.items() if "gaussian" in m]
        means = [found.mean() for found in gaussian]
        assert np.ptp(means) < min(np.ptp(found) for found in gaussian)


def test_the_settings_of_fds_follow_from_the_search():
    """The rule of data/README.md, applied to the record."""
    search = load_runs("fds")
    mean_error = {
        trial: np.mean(
            [search.score(f"{b}+fds {trial}").mean() for b in ("sqinv", "inv")]
        )
        for trial in pages.candidates(search)
    }
    assert len(FDS_TRIALS) == 16 and mean_error.keys() < FDS_TRIALS.keys()
    variances = [trial for trial in mean_error if "full" not in trial]
    assert min(mean_error, key=mean_error.get) == "31 10 full"
    assert min(variances, key=mean_error.get) == "15 5"
    for trial, name in (("15 5", "fds"), ("31 10 full", "fds full")):
        chosen = FDS(64, AGES, **FDS_TRIAL | FDS_TRIALS[trial])
        used = FDS(64, AGES, **FDS_SETTINGS[name])
        assert used.window.tolist() == chosen.window.tolist()
        for setting in ("covariance", "momentum", "weighting", "shrinkage", "clip"):
            assert getattr(used, setting) == getattr(chosen, setting), setting
