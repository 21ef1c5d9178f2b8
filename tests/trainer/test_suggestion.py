"""Windows of LDS and FDS are compared on validation data, each with its control."""

import json

import numpy as np
import pandas as pd
import pytest

from dirlib.__main__ import main
from dirlib.trainer.suggestion import CONTROLS, WINDOWS, _advice, suggest


@pytest.fixture(scope="module")
def prices(tmp_path_factory):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 2))
    y = np.exp(3 + x[:, 0] + 0.3 * rng.normal(size=300))
    path = tmp_path_factory.mktemp("table") / "prices.csv"
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "price": y}).to_csv(path, index=False)
    return path


def test_the_table_holds_validation_errors_by_window(prices, tmp_path, capsys):
    words = ["suggest", "--out", tmp_path / "w", "--data", prices, "--target", "price"]
    words += ["--seeds", 2, "--epochs", 2, "--jobs", 1]
    main([str(word) for word in words])
    printed = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "w" / "windows.csv")
    assert len(table) == len(CONTROLS) * (1 + len(WINDOWS))
    assert (tmp_path / "w" / "windows.png").read_bytes().startswith(b"\x89PNG")
    plain = {}
    for _, row in table.iterrows():
        control = np.isnan(row["kernel_size"])
        sizes = f"window-{row['kernel_size']:.0f}-{row['sigma']:g}"
        folder = tmp_path / "w" / ("without" if control else sizes) / row["method"]
        of_seeds = [
            json.loads(path.read_text())["val"]
            for path in sorted(folder.glob("seed-*/scores.json"))
        ]
        assert len(of_seeds) == 2
        tail = np.array([scores["tail_5"] for scores in of_seeds])
        if control:
            plain[row["method"]] = tail
            assert np.isnan([row["difference"], row["low"], row["high"]]).all()
        else:
            difference = (tail - plain[CONTROLS[row["method"]]]).mean()
            assert row["difference"] == pytest.approx(difference, rel=1e-4, abs=1e-4)
            assert row["low"] <= row["difference"] <= row["high"]
        assert row["tail"] == pytest.approx(tail.mean(), rel=1e-4)
        everything = np.mean([scores["all"] for scores in of_seeds])
        assert row["all"] == pytest.approx(everything, rel=1e-4)
        assert (row["largest"] > 1) == ("sqinv" in row["method"])
        assert 0 < row["worth"] <= 1
    assert "LDS: " in printed and "FDS: " in printed and "5 / 1" in printed


def test_finished_runs_are_kept_and_one_seed_is_refused(prices, tmp_path):
    options = {"data": prices, "target": "price", "epochs": 1, "progress": False}
    with pytest.raises(ValueError, match=r"two or more .* but got \[4\]"):
        suggest(tmp_path, [4], **options)
    assert not any(tmp_path.iterdir())
    first = suggest(tmp_path, [0, 1], windows=[(3, 1.0)], **options)
    times = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("scores.json")}
    again = suggest(tmp_path, [0, 1], windows=[(3, 1.0)], **options)
    assert times == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("scores.json")}
    pd.testing.assert_frame_equal(first.table, again.table)


def test_the_weights_are_those_of_training_rows(prices, tmp_path):
    options = {"data": prices, "target": "price", "epochs": 1, "progress": False}
    table = suggest(tmp_path, [0, 1], windows=[(5, 1.0)], **options).table
    counts = pd.read_csv(tmp_path / "without" / "bins.csv")
    row_counts = counts["count"].to_numpy().repeat(counts["count"])
    widths = (counts["high"] - counts["low"]).to_numpy().repeat(counts["count"])
    w = (row_counts / widths) ** -0.5  # a weight of each row, by its bin's density
    w /= w.mean()
    assert table["largest"].iloc[0] == pytest.approx(w.max())
    assert table["worth"].iloc[0] == pytest.approx(w.sum() ** 2 / (w**2).sum() / len(w))


@pytest.mark.parametrize(
    ("high", "words"),
    [(-0.5, ["take a window of 9 bins with sigma 3", "-2 [-3, -0.5]", "+0.25"]),
     (0.5, ["no window lowers", "Leave LDS out"])],
)  # fmt: skip
def test_the_advice_says_what_the_interval_allows(high, words):
    names = ["method", "kernel_size", "sigma", "all", "difference", "low", "high"]
    rows = [
        ("sqinv", np.nan, np.nan, 4.0, np.nan, np.nan, np.nan),
        ("sqinv+lds", 5, 1.0, 4.5, -1.0, -1.5, -0.5),
        ("sqinv+lds", 9, 3.0, 4.25, -2.0, -3.0, high),
    ]
    said = _advice(pd.DataFrame(rows, columns=names), "sqinv+lds")
    assert all(word in said for word in words)
