"""A run in a folder: interrupted and resumed, refused, and judged."""

import json
import os

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_ages import tiny_agedb

from dirlib import mae
from dirlib.__main__ import main
from dirlib.datasets.faces import faces
from dirlib.trainer import run as training_run_module
from dirlib.trainer.run import training_run


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def files(folder):
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.suffix in (".json", ".csv")
    }


@pytest.fixture
def stop_after(monkeypatch):
    """Call it with a file's name: as soon as that file is written, Ctrl-C comes."""

    def stop(name):
        def replace(source, target):
            rename(source, target)
            if os.path.basename(target) == name:
                monkeypatch.undo()
                raise KeyboardInterrupt

        rename = os.replace
        monkeypatch.setattr(os, "replace", replace)

    return stop


def test_a_run_that_was_stopped_ends_as_an_undisturbed_one(tmp_path, stop_after):
    options = {"reweight": "sqinv", "lds": True, "fds": "diagonal", "epochs": 2}
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    training_run(whole, **options, progress=False)
    stop_after("checkpoint.pt")
    with pytest.raises(KeyboardInterrupt):
        training_run(stopped, **options, progress=False)
    assert set(files(stopped)) == {"settings.json"}
    with pytest.raises(ValueError, match="holds a run: go on with it by --resume"):
        training_run(stopped, **options, progress=False)
    with pytest.raises(ValueError, match="whose epochs is 2, but now it is 3"):
        training_run(stopped, **options | {"epochs": 3}, resume=True)
    scores = training_run(stopped, **options, resume=True, progress=False)
    assert files(stopped) == files(whole)
    assert json.loads((stopped / "scores.json").read_text()) == scores
    table = pd.read_csv(stopped / "predictions.csv")
    test = table[table.split == "test"]
    assert np.array_equal(test.label, faces("test").labels)
    error = mae(test.label.to_numpy(), test.prediction.to_numpy())
    assert error == pytest.approx(scores["test"]["all"], abs=1e-3)


def test_the_command_trains_and_says_what_came_out(tmp_path, capsys):
    out = tmp_path / "runs" / "one"
    main(["train", "--out", str(out), "--epochs", "1"])
    printed = capsys.readouterr().out
    scores = json.loads((out / "scores.json").read_text())
    assert f"{scores['test']['few']:8.2f}" in printed and str(out) in printed
    with pytest.raises(SystemExit, match="holds a run"):
        main(["train", "--out", str(out), "--epochs", "1"])
    (out / "settings.json").write_text("{")
    with pytest.raises(SystemExit, match="settings.json is damaged"):
        main(["train", "--out", str(out), "--epochs", "1", "--resume"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lds": True}, "lds needs weights"),
        ({"reweight": "sqrt"}, "reweight must be one of none, sqinv, inv"),
        ({"fds": "half"}, "fds must be one of none, diagonal"),
        ({"epochs": 0}, "epochs must be a whole number from 1"),
    ],
)
def test_bad_settings_are_refused_and_nothing_is_made(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        training_run(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "balanced_mse"},
        {"loss": "balanced_mse_batch", "select": "last"},
        {"reweight": "dense", "fds": "diagonal"},
        {"reweight": "dense", "loss": "balanced_mse", "rrt": True},
    ],
)
def test_the_baselines_of_other_papers_train_in_a_folder(tmp_path, options):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    table = tmp_path / "table.csv"
    y = np.exp(1 + x[:, 0]).round(1)
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y}).to_csv(table, index=False)
    options = {"data": table, "target": "y", "epochs": 4, **options}
    scores = training_run(tmp_path / "run", **options, progress=False)
    assert 0 < scores["test"]["all"] < np.abs(y - y.mean()).mean()
    again = training_run(tmp_path / "run", **options, progress=False, resume=True)
    assert again == scores


def test_scores_keep_their_digits_in_any_unit(tmp_path):
    """A target of 1e-5: four decimals said 0.0."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 1))
    table = tmp_path / "table.csv"
    pd.DataFrame({"a": x[:, 0], "y": 1e-5 * (x[:, 0] + rng.normal(size=300))}).to_csv(
        table, index=False
    )
    options = {"data": table, "target": "y", "epochs": 2}
    scores = training_run(tmp_path / "run", **options, progress=False)
    predictions = pd.read_csv(tmp_path / "run" / "predictions.csv")
    test = predictions[predictions.split == "test"]
    error = np.abs(test.label - test.prediction)
    assert scores["test"]["all"] == pytest.approx(error.mean(), rel=1e-3)
    gm = np.exp(np.log(error).mean())
    assert scores["test"]["GM"] == pytest.approx(gm, rel=1e-2)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="file"):
        main(["train", "--out", str(tmp_path / "file" / "run")])


def test_a_retrained_regressor_resumes_as_well(tmp_path, stop_after):
    data = {"data": str(tiny_agedb(tmp_path, n=60)), "size": 16, "batch_size": 8}
    options = data | {"reweight": "inv", "rrt": True, "fds": "full", "epochs": 2}
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    training_run(whole, **options, progress=False)
    stop_after("regressor.pt")
    with pytest.raises(KeyboardInterrupt):
        training_run(stopped, **options, progress=False)
    training_run(stopped, **options, resume=True, progress=False)
    assert files(stopped) == files(whole)


def test_an_interrupted_command_says_how_to_go_on(tmp_path, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(training_run_module, "fit", interrupted)
    with pytest.raises(SystemExit, match="the same command with --resume goes on"):
        main(["train", "--out", str(tmp_path / "run"), "--epochs", "1"])


def test_a_region_without_validation_labels_cannot_choose_the_epoch(tmp_path):
    path = tiny_agedb(tmp_path, n=60)
    with pytest.raises(ValueError, match="no validation label lies in a many-shot"):
        training_run(tmp_path / "run", data=path, size=16, select="many")
    assert not (tmp_path / "run").exists()


OLD_SETTINGS = {
    "data": "AGES", "target": None, "images": None, "size": 16, "augment": "flip",
    "pack": False, "bin_width": None, "quantiles": None, "model": "small",
    "reweight": "none", "lds": False, "lds_kernel_size": 9, "lds_sigma": 3.0,
    "fds": "none", "fds_kernel_size": 15, "fds_sigma": 5.0, "rrt": False, "loss": "l1",
    "optimizer": "adam", "schedule": "onecycle", "lr": 0.003, "batch_size": 8,
    "epochs": 1, "select": "all", "seed": 0,
}  # fmt: skip


def test_a_folder_of_before_the_dataclass_goes_on_and_is_reported(tmp_path):
    """Or it is refused: by its settings, or because this version does not know them."""
    options = {"data": str(tiny_agedb(tmp_path, n=60)), "size": 16, "batch_size": 8}
    options |= {"epochs": 1, "progress": False, "resume": True}
    settings = OLD_SETTINGS | {"data": options["data"]}
    out = tmp_path / "runs" / "vanilla" / "seed-0"
    out.mkdir(parents=True)
    (out / "settings.json").write_text(json.dumps(settings, indent=1))
    training_run(out, **options)
    main(["report", str(tmp_path / "runs")])
    page = (tmp_path / "runs" / "report.html").read_text(encoding="utf-8")
    assert "1 method, 1 run" in page and "None: every run" in page
    for change, message in (
        ({"lr": 0.1}, "holds a run whose lr is 0.1, but now it is 0.003"),
        ({"tta": True}, "settings.json is damaged .a run has no option 'tta'.*anew"),
        ({"epochs": "one"}, "settings.json is damaged .*move .* away"),
    ):
        (out / "settings.json").write_text(json.dumps(settings | change))
        with pytest.raises(ValueError, match=message):
            training_run(out, **options)
