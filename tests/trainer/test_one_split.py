"""A comparison on a table has one split, one set of bins, and the same regions."""

import json

import numpy as np
import pandas as pd
import pytest

import dirlib
from dirlib.__main__ import main
from dirlib.trainer.comparison import compare
from dirlib.trainer.report import write_report
from dirlib.trainer.run import training_run
from dirlib.trainer.scores import Judge, sizes_text


@pytest.fixture
def prices(tmp_path):
    """Of this table, seed 0 alone gets equal bins, and seed 1 alone quantile bins."""
    rng = np.random.default_rng(22)
    x = rng.normal(size=(1000, 2))
    y = np.exp(12 + 1.2 * x[:, 0] + 0.5 * rng.normal(size=1000)).round()
    path = tmp_path / "prices.csv"
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "price": y}).to_csv(path, index=False)
    return path


def test_all_seeds_share_rows_bins_and_regions(prices, tmp_path, capsys):
    out = tmp_path / "runs"
    words = ["compare", "--out", out, "--data", prices, "--target", "price"]
    words += ["--methods", "vanilla,inv", "--seeds", "2", "--epochs", "1", "--jobs", 1]
    main([str(word) for word in words])
    printed = capsys.readouterr().out
    counts = {path.read_bytes() for path in out.rglob("train_counts.csv")}
    assert counts == {(out / "bins.csv").read_bytes()}
    tables = [pd.read_csv(path) for path in out.rglob("predictions.csv")]
    assert len(tables) == 4
    for table in tables:
        assert table["row"].tolist() == tables[0]["row"].tolist()
    assert len({tuple(table["prediction"]) for table in tables}) == 4  # other seeds
    record = json.loads((out / "comparison.json").read_text())
    assert json.loads((out / "options.json").read_text())["split_seed"] == 0
    page = write_report(out).read_text(encoding="utf-8")
    for text in record["about"]:
        assert text in printed
    models = pd.read_csv(out / "models.csv", index_col="model")
    names = ["mean", "median", "linear (ridge)", "boosted trees"]
    weighted = [f"{name}{w}" for name in names for w in ("", ", sqinv+lds")]
    assert list(models.index) == ["vanilla", "inv", *weighted]
    assert (models.loc[names[2:], "R2"] > 0.3).all() and printed.count("boosted") == 2
    test = tables[0][tables[0]["split"] == "test"]
    table, bins = pd.read_csv(prices), pd.read_csv(out / "bins.csv")
    held_out = pd.concat(tables)["row"].unique() - 1
    own = table.drop(index=held_out)["price"]
    assert bins["count"].sum() == len(own) == 700
    for name, constant in (("mean", own.mean()), ("median", own.median())):
        error = constant - test["label"]
        assert models.loc[name, "all"] == pytest.approx(error.abs().mean(), rel=1e-4)
        assert models.loc[name, "bias"] == pytest.approx(error.mean(), rel=1e-4)
        rmse = np.sqrt((error**2).mean())
        assert models.loc[name, "RMSE"] == pytest.approx(rmse, rel=1e-4)
    of_seeds = [
        json.loads(p.read_text())["test"] for p in out.glob("inv/*/scores.json")
    ]
    for score in ("few", "RMSE", "R2", "bias"):
        values = [scores[score] for scores in of_seeds]
        mean, half = np.mean(values), np.ptp(values) / 2 * 12.706  # t, 1 degree
        assert models.loc["inv", score] == pytest.approx(mean, rel=1e-4)
        ends = models.loc["inv", [f"{score}_low", f"{score}_high"]]
        assert list(ends) == pytest.approx([mean - half, mean + half], rel=1e-3)
    assert "test samples: all 150, many" in printed
    assert "bins of" in record["about"][0] and record["about"][0][:60] in page
    assert "not other test rows" in record["about"][1] and "not other test rows" in page


def test_runs_on_a_table_that_was_changed_are_not_pooled(prices, tmp_path):
    options = {"data": prices, "target": "price", "epochs": 1, "progress": False}
    compare(tmp_path / "runs", ["vanilla"], [0], **options)
    table = pd.read_csv(prices)
    table.assign(price=table["price"] * 1.5).to_csv(prices, index=False)
    comparison = compare(tmp_path / "runs", ["vanilla"], [0, 1], **options)
    assert comparison.table["seeds"].max() == 1
    assert "seed 1: its bins hold other training rows" in comparison.left_out[0]


def test_without_one_split_the_intervals_cover_the_rows_too(prices, tmp_path):
    for seed in (0, 1):
        options = {"data": prices, "target": "price", "epochs": 1, "seed": seed}
        training_run(tmp_path / "runs" / str(seed), **options, progress=False)
    page = write_report(tmp_path / "runs").read_text(encoding="utf-8")
    assert "intervals cover other test rows too" in page


def test_wrong_settings_leave_nothing_behind(prices, tmp_path):
    with pytest.raises(ValueError, match="epochs must be a whole number from 1"):
        compare(tmp_path / "runs", ["vanilla"], [0], epochs=0)
    assert not (tmp_path / "runs").exists()


def test_scores_of_a_constant_and_of_a_perfect_model():
    y, bins = np.array([1.0, 1.0, 2.0, 9.0]), dirlib.LabelBins(0, 10, 1)
    train = np.repeat([1.0, 2.0, 9.0], [150, 50, 1])
    judge = Judge(train, bins, many=100, few=20)
    constant = judge.scores(y, np.full(4, y.mean()))
    assert (constant["R2"], constant["bias"]) == (0, 0)
    perfect = judge.scores(y, y)
    assert (perfect["R2"], perfect["RMSE"], perfect["few"]) == (1, 0, 0)
    assert judge.scores(y[:2], y[:2] + 1)["R2"] is None
    sizes = judge.sizes(y)
    regions = {"all": 4, "many": 2, "medium": 1, "few": 1}
    assert sizes == regions | {"tail_5": 1, "tail_1": 1}
    text = sizes_text(regions | {"all": 400, "many": 398}, "test")
    assert text == (
        "test samples: all 400, many 398, medium 1, few 1; fewer than 10 say little: "
        "medium, few"
    )
