"""A finished run predicts: its own test data as before, new data as they come."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tiny_ages import tiny_agedb

import dirlib
from dirlib.__main__ import main
from dirlib.datasets.tables.columns import ColumnEncoder, fit_columns
from dirlib.trainer.run import training_run


def houses(n=300, seed=0):
    rng = np.random.default_rng(seed)
    area, code = rng.lognormal(4, 0.5, n).round(2), rng.choice(["007", "08", "A1"], n)
    city = rng.choice(["Rome", "Oslo", "Bonn, am Rhein", "Łódź"], n)
    frame = pd.DataFrame({"city": city, "area": area, "new": rng.random(n) < 0.3})
    frame["code"], frame["rooms"] = code, rng.integers(1, 7, n)
    frame["price"] = 3.5 * area + 50 * (city == "Rome") + 70 * (code == "007")
    frame.loc[rng.random(n) < 0.2, "area"] = np.nan
    return frame


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("houses")
    houses().to_csv(folder / "houses.csv", index=False)
    options = {"data": folder / "houses.csv", "target": "price", "epochs": 8}
    training_run(folder / "run", **options, progress=False)
    return folder / "run"


def test_its_own_test_rows_get_its_own_predictions(run):
    table = pd.read_csv(run / "predictions.csv")
    of_file = houses()
    assert np.array_equal(of_file["price"].to_numpy()[table["row"] - 1], table["label"])
    for split in ("val", "test"):
        part = table[table["split"] == split]
        y_hat = dirlib.load_run(run).predict(of_file.iloc[part["row"] - 1])
        assert y_hat.dtype == np.float32
        assert np.array_equal(y_hat, part["prediction"].astype(np.float32))


def test_a_file_of_new_rows_gets_a_file_of_predictions(run, tmp_path, capsys):
    new = houses(80, seed=5).drop(columns="price")
    new["city"] = new["city"].astype(object)
    new.loc[3, "city"] = "Atlantis"
    new.loc[[4, 5], ["city", "rooms"]] = np.nan
    new["unheard of"] = "x"
    new[[*new.columns[::-1]]].to_csv(tmp_path / "new.csv", index=False)
    out = tmp_path / "sub" / "out.csv"
    main(["predict", str(run), str(tmp_path / "new.csv"), "--out", str(out)])
    assert f"80 predictions: {out}" in capsys.readouterr().out
    written = pd.read_csv(out)
    assert list(written.columns) == ["row", "prediction"]
    assert written["row"].tolist() == list(range(1, 81))
    expected = dirlib.load_run(run).predict(new)
    np.testing.assert_allclose(written["prediction"], expected, rtol=1e-6)
    assert np.isfinite(expected).all()
    with pytest.raises(SystemExit, match="path of one CSV file, but got list"):
        main(["predict", str(run), "one.csv", "two.csv"])
    header = tmp_path / "header.csv"
    header.write_text("city,area,new,code,rooms\n", encoding="utf-8")
    assert dirlib.load_run(run).predict(header).shape == (0,)


def test_cells_are_read_as_they_were_for_the_training(run, tmp_path):
    """Alone, 007 looks like a number, and so do the rows of a frame with a gap."""
    new, loaded = houses(40, seed=6), dirlib.load_run(run)
    new = new[new["code"] != "A1"]
    new.to_csv(tmp_path / "new.csv", index=False)
    expected = loaded.predict(new)
    np.testing.assert_allclose(loaded.predict(tmp_path / "new.csv"), expected)
    one = np.concatenate([loaded.predict(new[i : i + 1]) for i in range(len(new))])
    np.testing.assert_allclose(one, expected, rtol=1e-5)
    encoder, _ = fit_columns(pd.DataFrame({"shop": ["1", "2", "A"] * 3}))
    asked = pd.DataFrame({"shop": [1.0, np.nan, 2.0]})
    assert encoder.transform(asked).tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns=["area", "new"]), "no column 'area', 'new', which"),
        (
            lambda f: f.assign(rooms="many"),
            "'rooms' must hold numbers .* 1 has 'many'",
        ),
        (
            lambda f: f.assign(area=np.inf),
            "'area' must hold .* finite .*'inf'",
        ),
        (lambda f: pd.concat([f, f[["area"]]], axis=1), "two columns 'area': rename"),
        (lambda f: [1, 2], "give it a DataFrame or the path of one CSV file.*list"),
    ],
)
def test_rows_that_do_not_fit_are_refused(run, change, message):
    with pytest.raises(ValueError, match=message):
        dirlib.load_run(run).predict(change(houses(5)))


def test_the_encoder_does_what_scikit_learn_does():
    rng = np.random.default_rng(3)
    frame = houses(900)[["area", "rooms", "city"]]
    frame["constant but for gaps"] = np.where(rng.random(900) < 0.1, np.nan, 0.1)
    frame["shop"] = [f"s{i}" for i in (300 * rng.random(900) ** 2).astype(int)]
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )
    hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=3,
        max_categories=200,
        sparse_output=False,
    )
    numeric = ["area", "rooms", "constant but for gaps"]
    parts = [("n", numbers, numeric), ("c", hot, ["city", "shop"])]
    oracle = ColumnTransformer(parts).fit(frame)
    encoder, _ = fit_columns(frame)
    encoder = ColumnEncoder(**json.loads(json.dumps(encoder.__dict__)))
    new = frame.sample(frac=1, random_state=0)
    new.loc[new.index[:5], "shop"] = "unknown"
    for rows in (frame, new):
        x = encoder.transform(rows)
        assert x.dtype == np.float32
        np.testing.assert_allclose(x, oracle.transform(rows), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("files", [False, True], ids=["folder", "files"])
def test_photographs_of_a_folder_or_one_by_one(tmp_path, files):
    meta, out = tiny_agedb(tmp_path, n=60), tmp_path / "out.csv"
    options = {"data": meta, "size": 16, "batch_size": 8, "epochs": 1}
    training_run(tmp_path / "run", **options, progress=False)
    own = pd.read_csv(tmp_path / "run" / "predictions.csv")
    own = own[own["split"] == "test"]
    paths = [str(tmp_path / name) for name in own["file"]]
    y_hat = dirlib.load_run(tmp_path / "run").predict(paths)
    assert np.array_equal(y_hat, own["prediction"].astype(np.float32))
    data = paths if files else [str(tmp_path / "AgeDB")]
    main(["predict", str(tmp_path / "run"), *data, "--out", str(out)])
    table = pd.read_csv(out).set_index("file")["prediction"]
    assert len(table) == (len(paths) if files else 60)
    np.testing.assert_allclose(table[paths], y_hat, rtol=1e-4)
    with pytest.raises(SystemExit, match="the folder .*nothing has no picture"):
        (tmp_path / "nothing").mkdir()
        main(["predict", str(tmp_path / "run"), str(tmp_path / "nothing")])


def test_a_folder_that_cannot_predict_says_why(run, tmp_path):
    with pytest.raises(ValueError, match="there is no run in .*settings.json.: name"):
        dirlib.load_run(tmp_path)
    for name, message in (
        ("columns.json", "columns.json"),
        ("network.pt", "made by an earlier version: train it anew"),
        ("scores.json", "not finished: .*--resume"),
    ):
        (tmp_path / "run").mkdir(exist_ok=True)
        for path in run.iterdir():
            if path.name != name:
                (tmp_path / "run" / path.name).write_bytes(path.read_bytes())
        with pytest.raises(ValueError, match=message):
            dirlib.load_run(tmp_path / "run")
        (tmp_path / "run" / name).write_bytes(b"{}")
        if name != "scores.json":
            with pytest.raises(ValueError, match=f"{name}.* (is damaged|is no check)"):
                dirlib.load_run(tmp_path / "run")
        for path in (tmp_path / "run").iterdir():
            path.unlink()


def test_no_foreign_code_runs(run, tmp_path):
    class Foreign:
        def __reduce__(self):
            return (tmp_path / "ran").touch, ()

    for path in run.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({"layers.0.weight": Foreign()}, tmp_path / "network.pt")
    with pytest.raises(ValueError, match="can't be read as a checkpoint"):
        dirlib.load_run(tmp_path)
    assert not (tmp_path / "ran").exists()
