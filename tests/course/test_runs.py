"""Recorded runs: made, stopped and started again, read, and what the course claims."""

import json
import shutil

import numpy as np
import pytest
import torch

from course.__main__ import main
from course.records import methods as experiments
from course.records import record as recording
from course.records.ages import AGES
from course.records.read import (
    HISTORY,
    Runs,
    data_dir,
    load_features,
    load_history,
    load_runs,
    load_statistics,
    measured_methods,
    neighbour_margins,
    similarities,
)
from course.records.report import base_of, feature_report, runs_report, table_report
from dirlib import bin_statistics, cosine_to_anchor, neighbour_margin
from dirlib.datasets.faces import faces


@pytest.fixture
def quick(monkeypatch):
    """An experiment of two methods that take no time; `calls` counts the runs."""
    calls = []

    def method(offset):
        def predict(seed, progress):
            calls.append((offset, seed))
            y_hat = np.round(faces("test").labels + offset + seed / 10.0, 2)
            return {"predictions": y_hat}

        return predict

    methods = {"near": method(1.0), "far": method(9.0)}
    monkeypatch.setitem(recording.EXPERIMENTS, "quick", lambda: (methods, "test", 0))
    return calls


def test_an_experiment_goes_on_where_it_stopped(quick, tmp_path):
    path = tmp_path / "runs" / "quick.json"
    recording.run_experiment("quick", path, n_seeds=1)
    first = json.loads(path.read_text())["runs"]
    assert quick == [(1.0, 0), (9.0, 0)]
    recording.run_experiment("quick", path, n_seeds=2)
    assert quick == [(1.0, 0), (9.0, 0), (1.0, 1), (9.0, 1)]
    kept = json.loads(path.read_text())["runs"]
    assert [run for run in kept if run["seed"] == 0] == first
    assert list(path.parent.iterdir()) == [path]


def test_an_interrupted_run_leaves_the_finished_ones(quick, tmp_path, monkeypatch):
    path = tmp_path / "quick.json"
    methods, *rest = recording.EXPERIMENTS["quick"]()

    def stop(seed, progress):
        raise KeyboardInterrupt

    broken = {"near": methods["near"], "stop": stop}
    monkeypatch.setitem(recording.EXPERIMENTS, "quick", lambda: (broken, *rest))
    with pytest.raises(KeyboardInterrupt):
        recording.run_experiment("quick", path, n_seeds=1)
    assert [run["method"] for run in json.loads(path.read_text())["runs"]] == ["near"]


def test_scores_of_known_predictions(quick, tmp_path):
    runs = Runs(recording.run_experiment("quick", tmp_path / "q.json", n_seeds=3))
    assert runs.methods() == ["near", "far"]
    assert runs.predictions("near").shape == (3, len(runs.y))
    np.testing.assert_allclose(runs.score("near"), [1.0, 1.1, 1.2])
    np.testing.assert_allclose(runs.score("far", "few"), [9.0, 9.1, 9.2])
    np.testing.assert_allclose(runs.error_by_age("near")[2], 1.2)
    np.testing.assert_allclose(runs.wrong_by_class("near"), 100)
    assert "near" in runs_report(runs)
    with pytest.raises(ValueError, match="no run of 'other': choose from"):
        runs.predictions("other")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"runs": []}'])
def test_a_damaged_record_is_refused_and_kept(quick, tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="bad.json is not a record of runs"):
        recording.run_experiment("quick", path, n_seeds=1)
    assert path.read_text() == text and not quick


def test_a_missing_record_names_the_command():
    with pytest.raises(FileNotFoundError, match="python -m course experiment nothing"):
        load_runs("nothing")


def test_further_arrays_stand_beside_the_record(monkeypatch, tmp_path):
    z = np.random.default_rng(0).normal(3, 1, (9, 2)).astype(np.float32)
    labels = np.array([0, 0, 0, 5, 5, 5, 5, 7, 7])
    stats = bin_statistics(torch.from_numpy(z), labels, AGES)

    def method(seed, progress):
        arrays = {"predictions": np.zeros(3), "features": z + seed, "labels": labels}
        for part in ("count", "mean", "variance"):
            value = getattr(stats, part)
            value = value() if callable(value) else value
            arrays[f"train_{part}"] = value.numpy()
        return arrays

    monkeypatch.setitem(
        recording.EXPERIMENTS, "quick", lambda: ({"one": method}, "test", 0)
    )
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    record = recording.run_experiment("quick", tmp_path / "runs" / "quick.json", 2)
    assert set(record["runs"][0]) == {"method", "seed", "seconds", "predictions"}
    read = load_statistics("one", seed=1, name="quick")
    torch.testing.assert_close(read.count, stats.count)
    torch.testing.assert_close(read.mean, stats.mean)
    torch.testing.assert_close(read.variance(), stats.variance(), equal_nan=True)
    features, same = load_features("one", "quick")
    np.testing.assert_array_equal(features, z)
    np.testing.assert_array_equal(same, labels)
    assert len(list((tmp_path / "runs").iterdir())) == 2  # no temporary file is left
    with pytest.raises(ValueError, match="quick.npz doesn't hold other/0"):
        load_statistics("other", name="quick")
    with pytest.raises(FileNotFoundError, match="course experiment nothing"):
        load_statistics("one", name="nothing")


# The records that the course ships.


@pytest.fixture(scope="module")
def recorded():
    return load_runs("faces")


@pytest.mark.parametrize(("name", "seeds"), [("faces", 5), ("mysteries", 1)])
def test_every_seed_of_every_method_is_recorded(name, seeds):
    runs, (methods, *_) = load_runs(name), recording.EXPERIMENTS[name]()
    assert runs.methods() == list(methods)
    for method in methods:
        predictions = runs.predictions(method)
        assert predictions.shape == (seeds, len(runs.y))
        assert len(np.unique(predictions, axis=0)) == seeds


@pytest.mark.parametrize("name", ["faces", "mysteries"])
def test_the_records_are_about_the_faces_as_they_are_drawn_now(name):
    runs = load_runs(name)
    assert runs.y.tolist() == faces("test").labels.tolist()
    counts = np.bincount(faces("train").labels, minlength=101)
    assert runs.train_counts.tolist() == counts.tolist()


def test_each_method_has_the_arrays_that_it_was_to_keep(recorded):
    plans = {m: run.keywords for m, run in experiments.faces_experiment()[0].items()
             if m != "patterns"}  # fmt: skip
    kept = {m: set(plan.get("keep", ())) for m, plan in plans.items()}
    assert measured_methods() == [m for m in plans if "statistics" in kept[m]]
    with np.load(data_dir() / "runs" / "faces.npz") as arrays:
        names = set(arrays.files)
    for method, what in kept.items():
        for seed in range(5):
            expected = {"history"} & what
            if "statistics" in what:
                parts = ("count", "mean", "variance")
                expected |= {f"{s}_{part}" for s in ("train", "test") for part in parts}
            if "features" in what and seed == 0:
                expected |= {"features", "labels"}
            prefix = f"{method}/{seed}/"
            found = {n.removeprefix(prefix) for n in names if n.startswith(prefix)}
            assert found == expected, prefix


def test_the_statistics_of_the_training_images_have_the_counts_of_their_faces():
    plans = experiments.faces_experiment()[0]
    for method in measured_methods():
        options = plans[method].keywords
        if "counts" in options:
            counts = np.asarray(options["counts"])
        else:
            counts = load_runs("faces").train_counts
        count = load_statistics(method, seed=4).count.numpy()
        np.testing.assert_array_equal(count, counts, err_msg=method)
        held_out = load_statistics(method, seed=4, split="test").count.numpy()
        np.testing.assert_array_equal(held_out, 15)


def test_margins_are_those_of_the_similarities(recorded):
    found = similarities("vanilla", "test", 30, "variance")
    assert found.shape == (5, 101)
    for seed, row in enumerate(found):
        stats = load_statistics("vanilla", seed, "test")
        np.testing.assert_array_equal(row, cosine_to_anchor(stats, 30, "variance"))
    margins = neighbour_margins("vanilla", "test", 30, "variance")
    many = recorded.regions.many
    assert margins.tolist() == [neighbour_margin(row, 30, many) for row in found]


@pytest.mark.parametrize(
    ("method", "base"),
    [
        ("inv+lds+fds full", "inv+lds"),
        ("inv+lds gaussian 9 3", "inv"),
        ("sqinv+lds, right labels", "sqinv, right labels"),
        ("vanilla+fds", "vanilla"),
        ("vanilla, 150 at 0, same four", "vanilla, 150 at 0, same four"),
    ],
)
def test_the_base_of_a_method_lacks_what_was_added_last(method, base):
    assert base_of(method) == base


def test_the_command_prints_what_the_records_hold_and_writes_the_pages(
    recorded, capsys, tmp_path, monkeypatch
):
    data = tmp_path / "data"
    shutil.copytree(data_dir() / "runs", data / "runs")
    for name in ("faces", "strip"):
        (data / "runs" / f"{name}.png").unlink(missing_ok=True)
    page = data / "RESULTS.md"
    page.write_text("<!-- begin: densities -->\n<!-- end -->\n", encoding="utf-8")
    monkeypatch.setenv("COURSE_DATA", str(data))
    main(["results"])
    printed = capsys.readouterr().out
    reports = runs_report(recorded), feature_report(), table_report()
    assert printed.startswith("\n".join(reports))
    assert f"page: {page.resolve()}" in printed and "Pearson" in page.read_text(
        encoding="utf-8"
    )
    for name in ("faces", "strip"):
        assert (data / "runs" / f"{name}.png").stat().st_size > 10_000


def test_a_folder_that_cannot_be_written_is_named_before_any_training(quick, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="experiment: .*file"):
        out = str(tmp_path / "file" / "faces.json")
        main(["experiment", "faces", "--out", out, "--jobs", "1"])
    with pytest.raises(OSError):
        recording.run_experiment("quick", tmp_path / "file" / "quick.json", 1)
    assert not quick


def test_ctrl_c_and_a_damaged_record_get_one_sentence(tmp_path, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    out = tmp_path / "faces.json"
    out.write_text("{")
    with pytest.raises(SystemExit, match="is not a record of runs") as caught:
        main(["experiment", "faces", "--out", str(out)])
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(recording, "run_experiment", stop)
    with pytest.raises(SystemExit, match="what was finished is kept"):
        main(["experiment", "faces", "--out", str(tmp_path / "new.json")])


def test_bad_commands_are_explained(capsys):
    for argv in ([], ["fly"], ["train"], ["experiment", "nothing"]):
        with pytest.raises(SystemExit) as caught:
            main(argv)
        assert caught.value.code == 2
    assert "invalid choice: 'nothing'" in capsys.readouterr().err


def test_histories_are_read_by_seed_and_epoch():
    history = load_history("sqinv+fds")
    assert list(history.columns) == ["seed", "epoch", *HISTORY]
    assert history.groupby("seed").epoch.agg(list).tolist() == [list(range(1, 16))] * 5
    assert (history.loss > 0).all() and (history.distance_mean > 0).all()
    assert load_history("vanilla").distance_mean.isna().all()
    with pytest.raises(ValueError, match="there is no run of 'nothing'"):
        load_history("nothing")
