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
    anomaly_gaps,
    data_dir,
    load_features,
    load_history,
    load_runs,
    load_statistics,
    read_record,
)
from course.records.report import (
    density_correlations,
    feature_report,
    runs_report,
    table_report,
)
from dirlib import bin_statistics, paired_comparison
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


# What README.md and the lessons claim, from the recorded runs.


@pytest.fixture(scope="module")
def recorded():
    return load_runs("faces")


def test_five_seeds_of_every_method_are_recorded(recorded):
    for method in experiments.faces_experiment()[0]:
        predictions = recorded.predictions(method)
        assert predictions.shape == (5, len(recorded.y))
        assert len(np.unique(predictions, axis=0)) == 5


def test_the_records_are_about_the_faces_as_they_are_drawn_now(recorded):
    assert recorded.y.tolist() == faces("test").labels.tolist()
    counts = np.bincount(faces("train").labels, minlength=101)
    assert recorded.train_counts.tolist() == counts.tolist()


def test_the_smoothed_counts_follow_the_error_more_closely_on_every_seed(recorded):
    plain, smooth = density_correlations(recorded)
    assert (smooth <= plain - 0.08).all()


def test_lds_helps_its_own_base_in_the_few_shot_region(recorded):
    pairs = [
        paired_comparison(recorded.score(base, "few"), recorded.score(lds, "few"))
        for base, lds in (("sqinv", "sqinv+lds"), ("inv", "inv+lds"))
    ]
    assert all(pair.wins >= 4 for pair in pairs), [str(pair) for pair in pairs]


def test_fds_helps_plain_re_weighting_in_the_few_shot_region(recorded):
    for base in ("sqinv", "inv"):
        for settings in ("fds", "fds full"):
            few = (
                recorded.score(base, "few"),
                recorded.score(f"{base}+{settings}", "few"),
            )
            pair = paired_comparison(*few)
            assert pair.wins >= 4, (base, settings, str(pair))


def test_the_balanced_control_shows_no_anomaly_and_lds_with_fds_widens_the_gap():
    for split in ("train", "test"):
        assert (anomaly_gaps("balanced", split) > 0.3).all()
        assert (abs(anomaly_gaps("vanilla", split)) < 0.1).all()
    # By variance, the crowd is nearer than the neighbours on training images.
    assert (anomaly_gaps("vanilla", "train", statistic="variance") < 0).all()
    vanilla = anomaly_gaps("vanilla", "test")
    for method in ("sqinv+lds+fds", "inv+lds+fds", "sqinv+lds+fds full"):
        assert np.sum(anomaly_gaps(method, "test") > vanilla) >= 4


def test_the_same_training_is_recorded_once_like_the_other_time(recorded):
    """Lesson 3's control "from the mean" is lesson 1's vanilla network."""
    again = load_runs("features").predictions("from the mean")
    np.testing.assert_allclose(again, recorded.predictions("vanilla"), atol=0.02)


def test_the_command_prints_what_the_records_hold(
    recorded, capsys, tmp_path, monkeypatch
):
    (tmp_path / "runs").mkdir()
    for name in ("faces.json", "features.json", "features.npz"):
        shutil.copy(data_dir() / "runs" / name, tmp_path / "runs")
    shutil.copytree(data_dir() / "runs" / "bikes", tmp_path / "runs" / "bikes")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    main(["results"])
    printed = capsys.readouterr().out
    reports = runs_report(recorded), feature_report(), table_report()
    assert printed.startswith("\n".join(reports))
    for name in ("faces", "features"):
        assert (tmp_path / "runs" / f"{name}.png").stat().st_size > 10_000


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


def test_a_method_that_was_recorded_twice_has_the_same_predictions():
    runs, again = recording_of("faces"), recording_of("training")
    both = runs.keys() & again.keys()
    assert len(both) == 30
    assert all(runs[key] == again[key] for key in both)


def recording_of(name):
    record = read_record(data_dir() / "runs" / f"{name}.json")
    return {(run["method"], run["seed"]): run["predictions"] for run in record["runs"]}


def test_histories_are_read_by_seed_and_epoch():
    history = load_history("sqinv+fds")
    assert list(history.columns) == ["seed", "epoch", *HISTORY]
    assert history.groupby("seed").epoch.agg(list).tolist() == [list(range(1, 16))] * 5
    assert (history.loss > 0).all() and (history.distance_mean > 0).all()
    assert load_history("vanilla").distance_mean.isna().all()
    with pytest.raises(ValueError, match="there is no run of 'nothing'"):
        load_history("nothing")
