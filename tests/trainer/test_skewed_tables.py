"""Tables whose target is skewed: what is chosen, judged, split and warned of."""

import json

import numpy as np
import pandas as pd
import pytest

import dirlib
from dirlib.__main__ import main
from dirlib.datasets.tables import read_table
from dirlib.trainer.comparison import compare
from dirlib.trainer.folder import find_runs, read_train_counts, regions_of
from dirlib.trainer.run import training_run
from dirlib.trainer.scores import SCORES, Judge, weight_warnings

ROWS = {"spending": 5574, "zeros": 6000, "log-normal": 2000}


def skewed(kind, n=None):
    """A table that a network can learn; its target is skewed."""
    n, rng = n or ROWS[kind], np.random.default_rng(5)
    x = rng.normal(size=(n, 2))
    size = {"spending": (5.5, 1.6), "zeros": (3, 1), "log-normal": (10, 1)}[kind]
    y = np.exp(size[0] + size[1] * (0.8 * x[:, 0] + 0.6 * rng.normal(size=n)))
    share = {"spending": 0.2, "zeros": 0.9, "log-normal": 0}[kind]
    y[x[:, 1] < np.quantile(x[:, 1], share)] = 0
    y[y.argmax()] *= 1 + 2 * (kind == "spending")
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "cost": y.round(2)})


def write(frame, folder):
    frame.to_csv(folder / "table.csv", index=False)
    return {"data": folder / "table.csv", "target": "cost", "progress": False}


@pytest.mark.parametrize("kind", ROWS)
def test_each_region_of_a_skewed_table_has_rows(kind, tmp_path, capsys):
    options = write(skewed(kind), tmp_path)
    words = ["train", "--out", tmp_path / "run", "--data", options["data"]]
    words += ["--target", "cost", "--epochs", 1, "--reweight", "sqinv", "--lds"]
    main([str(word) for word in words])
    printed = capsys.readouterr().out
    scores = json.loads((tmp_path / "run" / "scores.json").read_text())
    for split in ("val", "test"):
        assert all(n > 0 for n in scores["n"][split].values())
        assert set(scores[split]) == set(SCORES)
        assert all(scores[split][r] > 0 for r in ("many", "medium", "few", "tail_5"))
    assert "logarithmic bins" in printed and "of equal bins would be empty" in printed
    assert ("a bin of its own" in printed) == (kind != "log-normal")
    for text in (scores["about"], *scores["warnings"], "tail_1", "test samples: all"):
        assert text in printed
    (run,) = find_runs(tmp_path)[0]
    bins, counts = read_train_counts(run)
    many, few = dirlib.shot_thresholds(counts)
    assert scores["thresholds"] == {"many": many, "few": few}
    assert regions_of(run, counts).few.sum() == ((counts > 0) & (counts < few)).sum()


def test_thresholds_are_set_recorded_and_data_to_a_comparison(tmp_path):
    options = write(skewed("log-normal"), tmp_path) | {"epochs": 1}
    scores = training_run(tmp_path / "runs" / "a", many=50, **options)
    assert scores["thresholds"] == {"many": 50, "few": 10}
    assert "fewer than 10;" in scores["about"]
    training_run(tmp_path / "runs" / "b", many=60, **options)
    with pytest.raises(ValueError, match="different data .many: 50 and 60"):
        find_runs(tmp_path / "runs")
    with pytest.raises(ValueError, match="few=7, many=5"):
        training_run(tmp_path / "c", many=5, few=7, **options)
    assert not (tmp_path / "c").exists()


def test_pictures_keep_the_thresholds_of_the_records():
    ages = np.repeat(np.arange(101.0), 3)
    bins = dirlib.LabelBins(0, 101, 1)
    judge = Judge(ages, bins, is_table=False)
    assert judge.thresholds == {"many": 100, "few": 20}
    assert Judge(ages, bins, few=10).thresholds == {"many": 50, "few": 10}


def test_the_tail_is_that_of_the_training_labels_on_their_long_side():
    y = np.random.default_rng(0).lognormal(size=1000)
    for sign in (1, -1):
        bins, _ = dirlib.choose_bins(sign * y)
        judge = Judge(sign * y, bins)
        assert judge.side == sign
        assert (judge.sizes(sign * y)["tail_5"], judge.sizes(sign * y)["tail_1"]) == (
            50,
            10,
        )
        extreme = np.argsort(y)[-10:]
        assert judge.samples(sign * y)["tail_1"][extreme].all()
        y_hat = sign * y
        y_hat[extreme] += 3
        assert judge.scores(sign * y, y_hat)["tail_1"] == pytest.approx(3)
        assert ("highest" in judge.text()) == (sign > 0)


def test_a_mass_makes_no_tail():
    y = np.r_[np.zeros(995), 1, 2, 3, 4, 5.5]
    judge = Judge(y, dirlib.LabelBins(0, 6, 1))
    assert judge.tails == {"tail_5": 1, "tail_1": 1} and judge.sizes(y)["tail_5"] == 5
    capped = np.minimum(np.random.default_rng(0).lognormal(size=1000), 2.0)
    judge = Judge(capped, dirlib.LabelBins(0, 2, 0.1))
    assert judge.tails["tail_1"] == 2


def test_sera_is_that_of_the_training_labels_box_plot():
    rng = np.random.default_rng(0)
    y, test = rng.lognormal(size=500), rng.lognormal(size=90)
    judge = Judge(y, dirlib.choose_bins(y)[0])
    want = dirlib.sera(test, test + 1, dirlib.Relevance.from_labels(y))
    assert judge.scores(test, test + 1)["SERA"] == pytest.approx(want, rel=1e-5)
    zeros = np.r_[np.zeros(900), y[:100]]
    assert Judge(zeros, dirlib.choose_bins(zeros)[0]).scores(y, y)["SERA"] is None


def test_log1p_is_learned_and_undone_everywhere(tmp_path):
    frame = skewed("spending", 1500)
    options = write(frame, tmp_path) | {"epochs": 15, "bins": "log"}
    method = {"reweight": "sqinv", "lds": True, "fds": "diagonal", "rrt": True}
    losses = ("l1", "balanced_mse")
    for loss, extra in zip(losses, ({}, method), strict=True):
        out = tmp_path / loss
        scores = training_run(
            out, target_transform="log1p", loss=loss, **options, **extra
        )
        table = pd.read_csv(out / "predictions.csv")
        test = table[table["split"] == "test"]
        mae = (test["label"] - test["prediction"]).abs().mean()
        assert scores["test"]["all"] == pytest.approx(mae, rel=1e-4)
        assert (table["prediction"] >= -1).all()
        found = frame["cost"].to_numpy()[table["row"] - 1]
        np.testing.assert_allclose(table["label"], found, rtol=1e-6)
        new = dirlib.load_run(out).predict(frame)
        np.testing.assert_allclose(new[test["row"] - 1], test["prediction"], rtol=1e-3)
        settings = json.loads((out / "settings.json").read_text())
        assert settings["target_transform"] == "log1p"
    constant = (test["label"] - test["label"].median()).abs().mean()
    l1 = json.loads((tmp_path / "l1" / "scores.json").read_text())
    assert l1["test"]["all"] < 0.9 * constant
    # The bins are of the labels in their own units.
    bins, _ = read_train_counts(find_runs(tmp_path)[0][0])
    assert bins.edges[-1] > frame["cost"].quantile(0.99)


def test_log1p_refuses_what_has_no_logarithm(tmp_path):
    frame = skewed("log-normal", 100)
    frame.loc[7, "cost"] = -1
    options = write(frame, tmp_path)
    with pytest.raises(ValueError, match="above -1, but row 8 of .* has -1: leave"):
        training_run(tmp_path / "run", target_transform="log1p", **options)
    assert not (tmp_path / "run").exists()


def test_the_line_and_the_trees_learn_the_transformed_target_too(tmp_path):
    options = write(skewed("log-normal", 800), tmp_path) | {"epochs": 1}
    tables = {}
    for name in ("none", "log1p"):
        more = {"target_transform": name, **options}
        tables[name] = compare(tmp_path / name, ["vanilla"], [0], **more).models
    assert tables["none"].loc["mean"].equals(tables["log1p"].loc["mean"])
    line = [table.loc["linear (ridge)", "all"] for table in tables.values()]
    assert line[1] < 0.9 * line[0]
    weighted = tables["none"].loc["boosted trees, sqinv+lds"]
    assert weighted["tail_5"] != tables["none"].loc["boosted trees", "tail_5"]


def patients(n=600, per_group=5):
    frame = skewed("log-normal", n)
    who = np.random.default_rng(1).integers(n // per_group, size=n)
    days = pd.date_range("2020-01-01", periods=n // 2).strftime("%Y-%m-%d")
    return frame.assign(who=who, day=np.repeat(days, 2)[::-1], year=np.arange(n) // 7)


@pytest.mark.parametrize("per_group", [1, 5, 40])
def test_the_rows_of_a_group_stay_on_one_side(tmp_path, per_group):
    frame = patients(per_group=per_group)
    write(frame, tmp_path)
    sides = []
    for seed in (0, 1):
        table = read_table(tmp_path / "table.csv", "cost", group="who", seed=seed)
        assert not any("who" in name for name in table.feature_names)
        of_rows = {
            split: set(frame["who"][rows - 1]) for split, rows in table.rows.items()
        }
        assert not of_rows["train"] & (of_rows["val"] | of_rows["test"])
        assert not of_rows["val"] & of_rows["test"]
        shares = [len(rows) / len(frame) for rows in table.rows.values()]
        np.testing.assert_allclose(shares, [0.7, 0.15, 0.15], atol=0.08)
        if per_group < 40:  # as similar as a random split makes them
            logs = [np.log(part.labels).mean() for part in table[:3]]
            assert np.ptp(logs) < 0.3
        sides.append(of_rows["test"])
    assert sides[0] != sides[1]


@pytest.mark.parametrize("time", ["day", "year"])
def test_a_split_by_time_trains_on_the_past(tmp_path, time):
    frame = patients()
    write(frame.sample(frac=1, random_state=0), tmp_path)
    shuffled = pd.read_csv(tmp_path / "table.csv")
    tables = [
        read_table(tmp_path / "table.csv", "cost", time=time, seed=s) for s in (0, 1)
    ]
    train, val, test = (shuffled[time][rows - 1] for rows in tables[0].rows.values())
    assert train.max() < val.min() and val.max() < test.min()
    assert 0.13 <= len(test) / len(frame) <= 0.17
    for a, b in zip(*(table.rows.values() for table in tables), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"group": "whom"}, "no column 'whom' to use as the group"),
        ({"split": "train"}, {"group": "who"}, "names the split of each row in its"),
        ({"who": 7}, {"group": "who"}, "of 1 values, leaves no row for val"),
        ({"day": "soon"}, {"time": "day"}, "must be numbers, or dates such as 2024"),
        ({"year": 7}, {"time": "year"}, "of 1 values, leaves no row for train"),
        (
            {"who": [np.nan, *range(599)]},
            {"group": "who"},
            "but row 1 below the column",
        ),
    ],
)
def test_columns_that_split_nothing_are_refused(tmp_path, change, options, message):
    write(patients().assign(**change), tmp_path)
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / "table.csv", "cost", **options)


def test_lds_that_cancels_the_weights_is_named():
    """A few labels far apart: their neighbours' counts are all that LDS sees."""
    y = np.r_[np.full(990, 5.0), 4, 4, 4, 6, 6, 6, 7, 8, 3, 2]
    bins = dirlib.LabelBins(0, 12, 1)
    weights = dirlib.lds_weights(y, bins, kernel_size=9, sigma=9.0)
    (line,) = weight_warnings("sqinv+lds", weights, y, bins, "sqrt_inverse")
    assert "takes most of the re-weighting away" in line and "of 1,000" in line
    narrow = dirlib.lds_weights(y, bins, kernel_size=3, sigma=0.3)
    assert weight_warnings("sqinv+lds", narrow, y, bins, "sqrt_inverse") == []


def test_weights_that_few_samples_carry_or_that_follow_widths_are_named():
    y = np.random.default_rng(0).lognormal(sigma=2, size=3000)
    bins, _ = dirlib.choose_bins(y)
    weights = dirlib.lds_weights(y, bins, scheme="inverse")
    lines = weight_warnings("inv+lds", weights, y, bins, "inverse")
    assert "inv+lds: few samples carry the weights" in lines[0]
    bins, _ = dirlib.choose_bins(y, quantiles=20)
    weights = dirlib.lds_weights(y, bins, kernel_size=1)
    assert (
        "the weights follow their widths"
        in weight_warnings("sqinv", weights, y, bins, None).pop()
    )


def test_the_faces_weights_need_no_warning():
    from dirlib.datasets.faces.counts import faces_label_counts

    counts = faces_label_counts()
    y, bins = np.repeat(np.arange(101.0), counts), dirlib.LabelBins(0, 101, 1)
    for scheme in ("inverse", "sqrt_inverse"):
        weights = dirlib.lds_weights(y, bins, scheme=scheme)
        assert weight_warnings("x", weights, y, bins, scheme) == []
