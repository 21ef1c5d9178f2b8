"""Comparisons: made, stopped and started again, summarized, printed."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from small_runs import ERRORS, die, stop_at_the_second_seed, train

from dirlib.trainer.comparison import compare
from dirlib.trainer.folder import (
    find_runs,
    read_errors,
    read_history,
    read_train_counts,
)
from dirlib.trainer.summary import comparison_table, comparison_text, read_comparison

METHODS = ["vanilla", "sqinv", "inv"]


def compared(out, methods=METHODS, seeds=range(3), **options):
    return compare(out, methods, seeds, train=train, progress=False, **options)


def calls(out):
    """How often each run was trained."""
    return {
        path.parent.relative_to(out).as_posix(): len(path.read_text().splitlines())
        for path in out.rglob("trained")
    }


def frame(values):
    """Scores of one split from {method: {seed: few-shot error}}."""
    rows = [
        (method, seed, "test", region, value if region == "few" else 1.0)
        for method, by_seed in values.items()
        for seed, value in by_seed.items()
        for region in ("all", "many", "medium", "few", "GM")
    ]
    return pd.DataFrame(rows, columns=["method", "seed", "split", "region", "value"])


def row_of(table, method, region="few"):
    found = table[(table["method"] == method) & (table["region"] == region)]
    assert len(found) == 1
    return found.iloc[0]


def test_means_intervals_and_differences_by_hand():
    values = {"vanilla": {0: 6.0, 1: 8.0, 2: 7.0}, "inv": {2: 6.0, 0: 4.0, 1: 8.5}}
    table = comparison_table(frame(values))
    base, inv = row_of(table, "vanilla"), row_of(table, "inv")
    assert (base["seeds"], base["mean"]) == (3, 7.0)
    # The standard deviation of 6, 8, 7 is 1, and t with 2 degrees of freedom is 4.3027.
    assert base["high"] - base["mean"] == pytest.approx(4.302653 / np.sqrt(3))
    assert base["mean"] - base["low"] == pytest.approx(4.302653 / np.sqrt(3))
    assert np.isnan(base["difference"]) and pd.isna(base["wins"])
    # By seed the differences are -2, 0.5 and -1.
    assert inv["difference"] == pytest.approx(-2.5 / 3)
    low, high = stats.t.interval(0.95, 2, -2.5 / 3, stats.sem([-2.0, 0.5, -1.0]))
    assert inv["difference_low"] == pytest.approx(low)
    assert inv["difference_high"] == pytest.approx(high)
    assert (inv["wins"], inv["pairs"]) == (2, 3)
    # All other regions are equal: a tie is not a win.
    assert row_of(table, "inv", "many")["wins"] == 0
    other = row_of(comparison_table(frame(values), baseline="inv"), "vanilla")
    assert other["difference"] == pytest.approx(2.5 / 3) and other["wins"] == 1


def test_differences_are_taken_over_the_seeds_that_both_have():
    values = {"vanilla": {0: 6.0, 1: 8.0}, "inv": {1: 7.0, 5: 1.0}, "sqinv": {9: 3.0}}
    table = comparison_table(frame(values))
    inv, sqinv = row_of(table, "inv"), row_of(table, "sqinv")
    assert (inv["mean"], inv["difference"], inv["pairs"]) == (4.0, -1.0, 1)
    assert np.isnan(inv["difference_low"]) and np.isnan(inv["difference_high"])
    assert sqinv["pairs"] == 0 and np.isnan(sqinv["difference"])
    assert np.isnan(sqinv["low"]) and sqinv["mean"] == 3.0
    text = comparison_text(table)
    assert "one seed gives no interval, add seeds: sqinv" in text
    assert "-1.00, lower in 1 of 1" in text


def test_a_region_without_samples_stays_empty():
    values = {"vanilla": {0: np.nan, 1: np.nan}, "inv": {0: np.nan, 1: np.nan}}
    table = comparison_table(frame(values))
    few = row_of(table, "inv")
    assert few["seeds"] == 0 and np.isnan(few["mean"]) and few["pairs"] == 0
    assert row_of(table, "inv", "many")["mean"] == 1.0
    assert "-" in comparison_text(table).splitlines()[2].split()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baseline": "sqrt"}, "baseline 'sqrt' has no finished run: choose from van"),
        ({"split": "train"}, "split must be 'val' or 'test', but got 'train'"),
    ],
)
def test_a_table_of_what_is_not_there_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        comparison_table(frame({"vanilla": {0: 1.0}}), **options)


@pytest.mark.parametrize(
    ("error", "shown"), [(12345.678, "12346"), (12.345678, "12.35"), (0.0123, "0.0123")]
)
def test_text_shows_enough_decimals(error, shown):
    values = frame({"vanilla": {0: error}}).assign(value=error)
    assert comparison_text(comparison_table(values)).split("\n")[2].split()[2] == shown


def test_large_errors_keep_their_columns_apart():
    rows = [
        (method, seed, "val", region, (seed + 1) * 1.5e8)
        for method in ("vanilla", "sqinv")
        for seed in (0, 1)
        for region in ("all", "many", "medium", "few", "GM")
    ]
    names = ["method", "seed", "split", "region", "value"]
    table = comparison_table(pd.DataFrame(rows, columns=names), split="val")
    text = comparison_text(table).splitlines()
    assert text[0].startswith("error on the validation data")
    assert all(len(line.split()) == 12 for line in text[2:4])


def test_every_method_and_seed_is_trained_once(tmp_path):
    out = tmp_path / "runs"
    table, failed, left_out = compared(out)[:3]
    assert failed == left_out == []
    assert calls(out) == {f"{m}/seed-{s}": 1 for m in METHODS for s in range(3)}
    for method in METHODS:
        for region, error in zip(
            ("many", "medium", "few"), ERRORS[method], strict=True
        ):
            assert row_of(table, method, region)["mean"] == pytest.approx(error + 0.1)
    few = row_of(table, "inv")
    assert few["difference"] == pytest.approx(-3.0) and few["wins"] == 3
    again = compared(out, jobs=2).table
    assert set(calls(out).values()) == {1}  # nothing was trained again
    pd.testing.assert_frame_equal(table, again)
    assert not list(out.rglob("*.tmp"))


def test_the_files_hold_the_table(tmp_path):
    out = tmp_path / "runs"
    table = compared(out, fail="inv 1").table
    csv = pd.read_csv(out / "comparison.csv")
    record = json.loads((out / "comparison.json").read_text())
    as_json = pd.DataFrame(record["table"])
    assert list(csv.columns) == list(as_json.columns) == list(table.columns)
    for found in (csv, as_json):
        for name in ("mean", "low", "high", "difference", "difference_low", "wins"):
            expected = table[name].astype(float)
            np.testing.assert_allclose(found[name].astype(float), expected, atol=1e-6)
    assert record["failed"] == ["inv, seed 1: the loss is NaN: lower lr"]


def test_only_what_is_missing_or_damaged_is_trained(tmp_path):
    out = tmp_path / "runs"
    compared(out)
    shutil.rmtree(out / "sqinv" / "seed-1")
    (out / "inv" / "seed-2" / "scores.json").unlink()
    (out / "inv" / "seed-0" / "scores.json").write_text('{"val": ')
    compared(out, [*METHODS, "fds+inv"], range(4))
    twice = {"inv/seed-2", "inv/seed-0"}
    expected = {f"{m}/seed-{s}": 1 for m in [*METHODS, "inv+fds"] for s in range(4)}
    assert calls(out) == expected | dict.fromkeys(twice, 2)
    # The first went on with nothing, the second with what was there.
    assert (out / "inv/seed-2/trained").read_text() == "resume=False\nresume=True\n"
    assert (out / "sqinv/seed-1/trained").read_text() == "resume=False\n"


def test_a_run_that_fails_does_not_stop_the_others(tmp_path):
    out = tmp_path / "runs"
    table, failed, left_out = compared(out, fail="vanilla 0", jobs=2)[:3]
    assert failed == ["vanilla, seed 0: the loss is NaN: lower lr"]
    assert left_out == ["vanilla/seed-0: not finished"]
    assert len(calls(out)) == 9
    assert row_of(table, "vanilla")["seeds"] == 2
    assert row_of(table, "inv")["pairs"] == 2


def test_without_any_finished_run_the_reasons_are_told(tmp_path):
    with pytest.raises(ValueError, match="no run is finished .*(?s:.*)lower lr"):
        compared(tmp_path / "runs", ["inv"], [1], fail="inv 1")


def test_a_baseline_that_failed_is_replaced_by_what_there_is(tmp_path):
    table = compared(tmp_path, ["inv", "sqinv"], [1], fail="inv 1").table
    assert set(table["baseline"]) == {"sqinv"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_what_was_finished(tmp_path, jobs):
    options = {"train": stop_at_the_second_seed, "progress": False, "jobs": jobs}
    with pytest.raises(KeyboardInterrupt):
        compare(tmp_path, METHODS, [0, 1, 2], **options)
    # The runs beside the interrupted one ended, and no further one began.
    assert set(calls(tmp_path)) == {f"{m}/seed-0" for m in METHODS}
    compared(tmp_path)
    assert set(calls(tmp_path).values()) == {1}


def test_a_killed_process_is_told_apart_from_a_failed_run(tmp_path):
    with pytest.raises(ValueError, match="process was killed.*use fewer jobs"):
        compare(tmp_path, ["vanilla"], [0, 1], train=die, jobs=2, progress=False)


def test_each_run_has_one_thread_and_the_caller_keeps_theirs(tmp_path):
    seen = []

    def note(out, **options):
        seen.append(torch.get_num_threads())
        return train(out, **options)

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        compare(tmp_path, ["vanilla"], [0], train=note, progress=False)
        assert seen == [1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_other_options_need_another_folder(tmp_path):
    out = tmp_path / "runs"
    compared(out, ["vanilla"], [0], epochs=3)
    with pytest.raises(
        ValueError, match="begun with epochs 3, but now there is epochs 4"
    ):
        compared(out, ["vanilla"], [0], epochs=4)
    with pytest.raises(
        ValueError, match="begun with epochs 3, but now there is no epoch"
    ):
        compared(out, ["vanilla"], [0])
    (out / "options.json").write_text("[]")
    with pytest.raises(
        ValueError, match="options.json, which says how they were begun"
    ):
        compared(out, ["vanilla"], [0], epochs=3)
    assert calls(out) == {"vanilla/seed-0": 1}


def test_options_that_never_began_a_run_are_forgotten(tmp_path):
    def refuse(out, **options):
        raise ValueError("epochs must be 1 or more, but got 0")

    with pytest.raises(ValueError, match="epochs must be 1 or more"):
        compare(tmp_path, ["inv"], [0], train=refuse, progress=False, epochs=0)
    assert compared(tmp_path, ["inv"], [0], epochs=1).failed == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["sqinv+lds", "lds+sqinv"]}, "are one method: drop one"),
        ({"methods": "sqinv"}, "methods must be a list such as"),
        ({"methods": []}, "methods must be a list such as"),
        ({"methods": ["lds"]}, "lds needs weights"),
        ({"seeds": 5}, r"such as range\(5\), but got 5"),
        ({"seeds": []}, "seeds must differ"),
        ({"seeds": [1, 1]}, "seeds must differ"),
        ({"seeds": [-1]}, "seed must be a whole number, 0 .* got -1"),
        ({"seeds": [0.5]}, "seed must be a whole number"),
        ({"jobs": 0}, "jobs must be a whole number, 1 or more, got 0"),
        ({"lds": True}, "lds can't be one option of all runs"),
        ({"seed": 1}, "seed can't be one option of all runs"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_made(tmp_path, change, message):
    options = {"methods": ["vanilla"], "seeds": [0]} | change
    out = tmp_path / "runs"
    with pytest.raises(ValueError, match=message):
        compare(out, train=train, **options)
    assert not out.exists()


def test_scores_are_read_at_any_depth_and_plain_methods_first(tmp_path):
    compared(tmp_path / "deep" / "er", ["sqinv", "vanilla"], [10, 9])
    scores = read_comparison(tmp_path)
    assert list(scores.columns) == ["method", "seed", "split", "region", "value"]
    assert len(scores) == 2 * 2 * 2 * 5
    order = scores[["method", "seed"]].drop_duplicates().values.tolist()
    assert order == [["vanilla", 9], ["vanilla", 10], ["sqinv", 9], ["sqinv", 10]]
    one = scores[(scores["method"] == "sqinv") & (scores["seed"] == 9)]
    one = one[(one["split"] == "val") & (one["region"] == "few")]
    assert one["value"].item() == pytest.approx(4.9)
    single = read_comparison(tmp_path / "deep" / "er" / "vanilla" / "seed-9")
    assert set(single["seed"]) == {9}


def damage(name, change):
    def apply(folder):
        path = folder / name
        found = json.loads(path.read_text())
        change(found)
        path.write_text(json.dumps(found))

    return apply


@pytest.mark.parametrize(
    ("apply", "reason"),
    [
        (lambda f: (f / "settings.json").unlink(), "settings.json is missing"),
        (
            lambda f: (f / "settings.json").write_bytes(b"\xff"),
            "settings.json is damag",
        ),
        (lambda f: (f / "scores.json").write_text("{"), "scores.json is damaged"),
        (lambda f: (f / "scores.json").write_text("[" * 200_000), "scores.json is dam"),
        (lambda f: (f / "scores.json").write_text("3"), "scores.json is damaged"),
        (lambda f: (f / "scores.json").unlink(), "not finished"),
        (damage("scores.json", lambda s: s.pop("test")), "no score test, all"),
        (damage("scores.json", lambda s: s["val"].pop("GM")), "no score val, GM"),
        (damage("scores.json", lambda s: s["val"].update(few=-1)), "-1 as score val"),
        (damage("scores.json", lambda s: s["val"].update(few="1")), "'1' as score"),
        (damage("scores.json", lambda s: s["val"].update(few=True)), "True as score"),
        (damage("scores.json", lambda s: s["val"].update(few=np.nan)), "nan as score"),
        (damage("settings.json", lambda s: s.update(seed="0")), "the seed '0', not a"),
        (damage("settings.json", lambda s: s.pop("rrt")), "rrt must be one of"),
        (damage("settings.json", lambda s: s.update(fds="<b>")), "but got '<b>'"),
    ],
)
def test_a_damaged_run_is_named_and_left_out(tmp_path, apply, reason):
    compared(tmp_path, ["vanilla", "inv"], [0, 1])
    apply(tmp_path / "inv" / "seed-0")
    with pytest.warns(UserWarning, match="left out: inv/seed-0") as caught:
        scores = read_comparison(tmp_path)
    assert reason in str(caught[0].message) and len(caught) == 1
    runs = scores[["method", "seed"]].drop_duplicates().values.tolist()
    assert runs == [["vanilla", 0], ["vanilla", 1], ["inv", 1]]


def test_a_copy_of_a_run_does_not_count_twice(tmp_path):
    compared(tmp_path, ["vanilla"], [0])
    shutil.copytree(tmp_path / "vanilla", tmp_path / "zcopy")
    runs, left_out = find_runs(tmp_path)
    assert len(runs) == 1
    expected = "zcopy/seed-0: the same settings and seed as vanilla/seed-0"
    assert left_out == [expected]


def test_one_method_with_other_settings_is_told_apart(tmp_path):
    compared(tmp_path / "short", ["vanilla", "inv"], [0, 1], epochs=2)
    compared(tmp_path / "long", ["inv"], [0], epochs=4)
    runs, _ = find_runs(tmp_path)
    found = [(run.method, run.seed) for run in runs]
    short, long = [("inv, epochs=2", 0), ("inv, epochs=2", 1)], [("inv, epochs=4", 0)]
    assert found == [("vanilla", 0), ("vanilla", 1), *long, *short]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": "other.csv"}, "data: faces and other.csv"),
        ({"target": "price"}, "target: None and price"),
        ({"bin_width": 5.0}, "bin_width: None and 5.0"),
    ],
)
def test_runs_on_different_data_are_refused_by_name(tmp_path, change, message):
    compared(tmp_path / "a", ["vanilla"], [0])
    compared(tmp_path / "b", ["inv"], [0], **change)
    with pytest.raises(ValueError, match=f"a.vanilla.*b.inv.*[(]{message}[)]"):
        read_comparison(tmp_path)


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no run is finished under"):
        read_comparison(tmp_path)
    with pytest.raises(ValueError, match="is not a folder"):
        read_comparison(tmp_path / "none")


def test_the_tables_of_a_run_are_read_and_checked(tmp_path):
    compared(tmp_path, ["vanilla"], [0])
    run = find_runs(tmp_path)[0][0]
    bins, counts = read_train_counts(run)
    assert bins.edges.tolist() == [0, 1, 2, 3, 4] and counts.tolist() == [150, 50, 5, 0]
    np.testing.assert_allclose(read_errors(run, bins), [1, 2, 6, np.nan])
    assert read_history(run)["loss"].tolist() == [2.0, 1.0]
    predictions = run.folder / "predictions.csv"
    text = predictions.read_text()
    # Beyond the bins: the nearest one counts it.
    predictions.write_text(text + "test,9.0,19.0\ntest,-9.0,-8.0\n")
    np.testing.assert_allclose(read_errors(run, bins), [1, 2, 6, 10])
    for bad, reason in (
        ("test,1.0,\n", "has gaps"),
        ("test,1.0,inf\n", "has gaps"),
        ("test,1.0,wide\n", "text where numbers belong"),
        ("1,2,3,4,5,6\n", "damaged or can't be read"),
    ):
        predictions.write_text(text + bad)
        with pytest.raises(ValueError, match=reason):
            read_errors(run, bins)
    for name, read in (("history", read_history), ("train_counts", read_train_counts)):
        (run.folder / f"{name}.csv").write_text("epoch\n1\n")
        with pytest.raises(
            ValueError, match=f"{name}.csv is damaged: it has no column"
        ):
            read(run)
        (run.folder / f"{name}.csv").write_text("")
        with pytest.raises(ValueError, match=f"{name}.csv is damaged"):
            read(run)
        (run.folder / f"{name}.csv").unlink()
        with pytest.raises(ValueError, match=f"{name}.csv is missing"):
            read(run)
