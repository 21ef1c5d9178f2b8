"""Real data, end to end: the three age folders and a table, by the command line."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from tiny_ages import tiny_agedb, tiny_imdb_wiki, tiny_utkface

from dirlib.__main__ import main

SHORT = ("--epochs", "2", "--size", "16", "--batch-size", "8", "--lr", "0.01")


def train(out, *options):
    main(["train", "--out", str(out), *map(str, options)])
    return json.loads((out / "scores.json").read_text())


def meta_of(name, folder):
    """A tiny data set, drawn; and its meta-file, made from the names for UTKFace."""
    if name == "utkface":
        path = folder / "utkface.csv"
        command = ["split", str(tiny_utkface(folder / "UTKFace")), "--kind", "utkface"]
        main([*command, "--cap", "5", "--out", str(path)])
        return path, folder / "UTKFace"
    draw = {"agedb": tiny_agedb, "imdb-wiki": tiny_imdb_wiki}[name]
    return draw(folder), folder


@pytest.mark.parametrize("name", ["agedb", "imdb-wiki", "utkface"])
def test_an_age_folder_trains(tmp_path, name, capsys):
    path, images = meta_of(name, tmp_path)
    data = ("--data", path, "--images", images, *SHORT)
    method = ("--reweight", "sqinv", "--lds", "--fds", "diagonal")
    scores = train(tmp_path / "run", *data, *method, "--augment", "crop")
    assert 0 < scores["test"]["all"] < 40 and scores["test"]["many"] is None
    predictions = pd.read_csv(tmp_path / "run" / "predictions.csv")
    table = pd.read_csv(path)
    for split in ("val", "test"):
        labels = predictions.label[predictions.split == split]
        assert sorted(labels) == sorted(table.age[table.split == split])
    assert f"{scores['test']['all']:.2f}" in capsys.readouterr().out


def test_workers_and_a_pack_change_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("DIRLIB_CACHE", str(tmp_path / "cache"))
    data = ("--data", tiny_agedb(tmp_path), *SHORT, "--augment", "crop")
    plain = train(tmp_path / "plain", *data)
    assert train(tmp_path / "workers", *data, "--workers", "2") == plain
    assert train(tmp_path / "pack", *data, "--pack") == plain
    packs = list((tmp_path / "cache").glob("*.npy"))
    assert len(packs) == 1
    written = packs[0].stat().st_mtime_ns
    train(tmp_path / "again", *data, "--pack")
    assert packs[0].stat().st_mtime_ns == written


def test_a_set_is_checked(tmp_path, capsys):
    path = tiny_agedb(tmp_path)
    main(["check", str(path)])
    first = pd.read_csv(path).path[0]
    (tmp_path / first).unlink()
    with pytest.raises(SystemExit) as stopped:
        main(["check", str(path), "--kind", "agedb-dir"])
    assert stopped.value.code == 1
    printed = capsys.readouterr().out
    assert first in printed and "12,208" in printed


def test_people_are_kept_apart_and_a_meta_file_is_not_overwritten(tmp_path):
    tiny_agedb(tmp_path)
    out = tmp_path / "people.csv"
    command = ["split", str(tmp_path / "AgeDB"), "--kind", "agedb", "--by", "identity"]
    main([*command, "--cap", "5", "--out", str(out)])
    table = pd.read_csv(out)
    people = table.path.str.extract(r"\d+_(\w+?)_\d+_[fm]\.jpg")[0]
    assert table.split[people.notna()].groupby(people).nunique().max() == 1
    with pytest.raises(SystemExit, match="is there already"):
        main([*command, "--out", str(out)])


def break_set(folder, path, how):
    """Damage a set in one of ten ways."""
    table = pd.read_csv(path)
    first = folder / table.path[(table.split == "train").idxmax()]
    if how == "missing":
        first.unlink()
    elif how == "cut off":
        first.write_bytes(first.read_bytes()[:-50])
    elif how == "no picture":
        first.write_text("404: not found")
    elif how == "empty file":
        first.write_bytes(b"")
    elif how == "leaves":
        table.loc[3, "path"] = "../secret.jpg"
    elif how == "absolute":
        table.loc[3, "path"] = "/secret.jpg"
    elif how == "leak":
        table.loc[3, "path"] = table.path[4]
        table.loc[3, "split"], table.loc[4, "split"] = "train", "test"
    elif how == "no age":
        table["age"] = table.age.astype(object)
        table.loc[3, "age"] = "old"
    elif how == "other split":
        table.loc[3, "split"] = "dev"
    elif how == "no column":
        table = table.rename(columns={"age": "years"})
    table.to_csv(path, index=False)


DAMAGED = {
    "missing": "is missing",
    "cut off": "is truncated",
    "no picture": "is no picture",
    "empty file": "is empty",
    "leaves": r"line 5: .* holds '\.\.'",
    "absolute": "line 5: .*is absolute",
    "leak": "line 6: .*stands in line 5 already",
    "no age": "line 5: the age must be a number",
    "other split": "line 5: .*but got 'dev'",
    "no column": "one column 'age'",
}


@pytest.mark.parametrize("how", DAMAGED)
@pytest.mark.parametrize("workers", [0, 1])
def test_ten_kinds_of_damage_each_get_their_message(tmp_path, how, workers):
    path = tiny_agedb(tmp_path, n=60)
    break_set(tmp_path, path, how)
    with pytest.raises(SystemExit) as stopped:
        train(tmp_path / "run", "--data", path, *SHORT, "--workers", workers)
    message = str(stopped.value)
    assert message.startswith("python -m dirlib train: ") and "Traceback" not in message
    others = [text for name, text in DAMAGED.items() if name != how]
    assert re.search(DAMAGED[how], message), message
    assert not any(re.search(o, message) for o in others)


def houses(path, n=400):
    """A table with numbers, categories, gaps, and a skewed target below zero, too."""
    rng = np.random.default_rng(0)
    area, town = rng.lognormal(4, 0.5, n), rng.choice(["north", "south", "east"], n)
    profit = np.exp(area / 80) * np.where(town == "south", 2.0, 1.0) - 3
    area[rng.random(n) < 0.1] = np.nan
    table = {"area": area, "town": town, "nothing": 1, "profit": profit.round(2)}
    table["profit"][[3, 17]] = np.nan
    pd.DataFrame(table).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("bins", [(), ("--bin-width", "0.5"), ("--quantiles", "10")])
def test_a_table_trains(tmp_path, bins):
    data = ("--data", houses(tmp_path / "houses.csv"), "--target", "profit", *bins)
    method = ("--reweight", "sqinv", "--lds", "--fds", "full", "--epochs", "40")
    scores = train(tmp_path / "run", *data, *method, "--batch-size", "32")
    predictions = pd.read_csv(tmp_path / "run" / "predictions.csv")
    test = predictions[predictions.split == "test"]
    constant = (test.label - test.label.median()).abs().mean()
    assert scores["test"]["all"] < 0.6 * constant
    assert "bins" in scores["about"] and "nothing (" in scores["about"]
    assert "2 rows without a target" in scores["about"]


@pytest.mark.parametrize("method", ["--rrt", "--loss", "--model"])
def test_retrained_regressors_other_losses_and_networks(tmp_path, method):
    path = tiny_agedb(tmp_path, n=60)
    options = {
        "--rrt": ("--rrt", "--reweight", "inv", "--fds", "diagonal"),
        "--loss": ("--loss", "focal_r", "--optimizer", "sgd", "--schedule", "cosine"),
        "--model": ("--model", "resnet18", "--epochs", "1", "--fds", "low_rank"),
    }[method]
    scores = train(tmp_path / "run", "--data", path, *SHORT, *options)
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    epochs = {"--rrt": 4, "--loss": 2, "--model": 1}[method]
    assert list(history.epoch) == list(range(1, epochs + 1))
    assert scores["best_epoch"] in history.epoch.tolist()[-2:]
    best = history.set_index("epoch").val_all[scores["best_epoch"]]
    assert best == pytest.approx(scores["val"]["all"], abs=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--target", "y"), "there is no .*faces"),
        (("--pack",), "leave out images and pack"),
        (("--model", "mlp"), "the model of a table is 'mlp'"),
        (("--data", "nowhere.csv"), "there is no meta-file"),
    ],
)
def test_options_that_do_not_fit_the_data(tmp_path, options, message):
    with pytest.raises(SystemExit, match=message):
        train(tmp_path / "run", *options)


def test_methods_are_compared_and_reported(tmp_path, capsys):
    out = tmp_path / "runs"
    data = ("--data", houses(tmp_path / "houses.csv"), "--target", "profit")
    command = ["compare", "--out", out, "--methods", "vanilla,sqinv+lds+fds,inv+rrt"]
    command += [*data, "--epochs", "2", "--seeds", "2", "--jobs", "1"]
    main([str(part) for part in command])
    printed = capsys.readouterr().out
    assert "minus vanilla, seed by seed" in printed and "sqinv+lds+fds" in printed
    written = {p: p.stat().st_mtime_ns for p in out.rglob("scores.json")}
    assert len(written) == 6
    main([str(part) for part in command])  # nothing is left to train
    assert {p: p.stat().st_mtime_ns for p in out.rglob("scores.json")} == written
    again = capsys.readouterr().out
    assert again == printed
    main(["report", str(out), "--split", "val"])
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "validation data" in page and page.count("data:image/png;base64,") == 5
