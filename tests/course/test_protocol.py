"""The protocol's check finds what a study lacks, in its folder alone."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from course import project as project_module
from course import protocol
from course.__main__ import main
from course.checks import lesson6 as check
from course.held_out import HeldOut, digest_of
from course.own_table import open_project
from course.project import Project

STEPS = ["vanilla", "sqinv", "sqinv+lds", "sqinv+lds+fds"]


def demand(n=260):
    """A table with a skewed target that its columns tell."""
    rng = np.random.default_rng(7)
    hour, warm = rng.integers(0, 24, n), rng.random(n)
    bikes = np.exp(2.5 + 1.6 * warm + 0.05 * hour + 0.2 * rng.normal(size=n)).round()
    sky = rng.choice(["clear", "rain"], n)
    return pd.DataFrame({"hour": hour, "warm": warm, "sky": sky, "bikes": bikes})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder after all trainings: four methods, three seeds, the test set closed."""
    place = tmp_path_factory.mktemp("study")
    demand().to_csv(place / "bikes.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_PROJECTS", raising=False)
        patch.setattr(project_module, "EPOCHS", 2)  # FDS changes the second
        patch.chdir(place)
        project = open_project(place / "bikes.csv", "bikes", "my_project")
        project.train(STEPS, [0, 1, 2])
        yield place / "my_project"


@pytest.fixture
def closed(trained, tmp_path, monkeypatch):
    """A copy of it, which was moved as a whole."""
    shutil.copytree(trained, tmp_path / "my_project")
    shutil.copy(trained.parent / "bikes.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    return Project("my_project")


@pytest.fixture
def opened(closed):
    """A copy of it, finished as it should be."""
    closed.open_test("sqinv+lds")
    return closed


def change(path, function):
    """Change a JSON file."""
    content = json.loads(path.read_text())
    path.write_text(json.dumps(function(content) or content))


def start_of(sentence):
    """A part of a sentence that has no gap in it."""
    return max(sentence.split("{}"), key=len)


# ----------------------------------------------------------------------- right


def test_a_study_that_kept_to_it_earns_all_points(opened, capsys):
    assert protocol.faults(opened.folder) == dict.fromkeys(protocol.TITLES)
    assert check.finish(opened) == check.finish.points == 5
    out = capsys.readouterr().out
    assert out.count("✓") == 4 and "✗" not in out and "→" not in out


def test_before_the_test_set_is_opened_nothing_is_judged(closed, capsys):
    assert check.finish(closed) == 0
    assert "not attempted" in capsys.readouterr().out


def test_the_same_choice_again_is_no_further_use(opened):
    first = opened.open_test("sqinv+lds")
    again = Project(opened.folder).open_test("sqinv+lds")
    pd.testing.assert_frame_equal(first, again)
    assert len(opened.held_out.uses()) == 1
    assert list(again.index[:2]) == ["sqinv+lds", "vanilla"]
    assert np.isfinite(again["all"]).all()


def test_a_bad_choice_that_is_shown_earns_all_points(closed):
    closed.open_test("vanilla")
    assert check.finish(closed) == 5


def test_fewer_methods_are_enough(closed):
    for method in STEPS[2:]:
        shutil.rmtree(closed.runs / method)
    closed.train(STEPS[:2], [0, 1, 2])
    closed.open_test("sqinv")
    assert check.finish(closed) == 5


def test_fds_that_never_came_into_play_is_no_copy(closed):
    """Where the first epoch is the best, the networks with and without it are one."""
    one, other = (closed.runs / name / "seed-0" for name in STEPS[2:])
    for name in ("predictions.csv", "scores.json", "network.pt"):
        shutil.copy(one / name, other)
    for folder in (one, other):
        change(folder / "scores.json", lambda s: s | {"best_epoch": 1})
    closed.open_test("vanilla")
    assert check.finish(closed) == 5


def test_a_folder_of_another_system(closed):
    for path in closed.runs.rglob("settings.json"):
        change(path, lambda s: s | {"data": "C:\\me\\my_project\\work.csv"})
    change(closed.folder / "project.json", lambda a: a | {"data": "C:\\me\\bikes.csv"})
    moved = Project(closed.folder)
    moved.open_test("sqinv")
    assert check.finish(moved) == 5
    assert "?" not in protocol.text(moved.folder), "the table is found"


def test_the_command_says_the_same(opened, capsys):
    main(["protocol", str(opened.folder)])
    assert capsys.readouterr().out.count("✓") == 4


# ----------------------------------------------------------------------- wrong


def assert_fault(project, part, sentence):
    fault = protocol.faults(project.folder)[part]
    assert fault and start_of(sentence) in fault, fault
    assert check.finish(project) < check.finish.points


def test_a_second_choice_on_the_test_set(opened):
    opened.open_test("vanilla")
    assert_fault(opened, "test", protocol.TWICE)
    assert check.finish(opened) == 3, "the other parts keep their points"


def test_a_training_after_the_test_set_was_opened(opened):
    opened.train([*STEPS, "inv"], [0, 1, 2])
    assert_fault(opened, "test", protocol.RETRAINED)


def test_the_same_choice_after_more_training(opened):
    opened.train([*STEPS, "inv"], [0, 1, 2])
    opened.open_test("sqinv+lds")
    assert_fault(opened, "test", protocol.RETRAINED)


def test_a_run_that_is_gone_after_the_test(opened):
    shutil.rmtree(opened.runs / "sqinv+lds+fds" / "seed-2")
    assert_fault(opened, "test", protocol.RETRAINED)


def test_two_changes_at_a_time(closed):
    shutil.rmtree(closed.runs / "sqinv")
    closed.open_test("sqinv+lds")
    assert_fault(closed, "steps", protocol.NOT_ONE)


def test_no_plain_training(closed):
    shutil.rmtree(closed.runs / "vanilla")
    closed.open_test("sqinv+lds")
    assert_fault(closed, "steps", protocol.NO_PLAIN)


def test_one_method_alone(closed):
    for method in STEPS[1:]:
        shutil.rmtree(closed.runs / method)
    closed.open_test("vanilla")
    assert_fault(closed, "steps", protocol.NO_STEP)


def test_another_setting_beside_the_method(closed):
    for path in (closed.runs / "sqinv").rglob("settings.json"):
        change(path, lambda s: s | {"lr": 0.1})
    closed.open_test("sqinv+lds")
    assert_fault(closed, "steps", protocol.NOT_ONE)


def test_two_seeds(closed):
    for method in STEPS:
        shutil.rmtree(closed.runs / method / "seed-2")
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.FEW_SEEDS)


def test_other_seeds(closed):
    change(closed.runs / "sqinv/seed-2/settings.json", lambda s: s | {"seed": 9})
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.OTHER_SEEDS)


def test_no_interval(closed):
    (closed.runs / "comparison.csv").unlink()
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.DAMAGED)


def test_a_comparison_that_lacks_a_method(closed):
    path = closed.runs / "comparison.csv"
    table = pd.read_csv(path)
    table[table["method"] != "sqinv"].to_csv(path, index=False)
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.NO_INTERVAL)


@pytest.mark.parametrize("name", protocol.BASELINES)
def test_no_baseline(closed, name):
    path = closed.runs / "models.csv"
    table = pd.read_csv(path)
    table[table["model"] != name].to_csv(path, index=False)
    closed.open_test("sqinv+lds")
    assert_fault(closed, "baselines", protocol.NO_BASELINES)


# ----------------------------------------------------------------- adversarial


def test_a_copy_of_a_run_is_no_seed(closed):
    one, other = (closed.runs / "sqinv" / f"seed-{n}" for n in (0, 2))
    shutil.copy(one / "predictions.csv", other / "predictions.csv")
    shutil.copy(one / "scores.json", other / "scores.json")
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.COPIED)


def test_scores_that_were_written_by_hand(closed):
    path = closed.runs / "sqinv/seed-0/scores.json"
    change(path, lambda s: s | {"val": s["val"] | {"all": 0.5}})
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.EDITED)


def test_predictions_that_were_written_by_hand(closed):
    path = closed.runs / "sqinv/seed-0/predictions.csv"
    table = pd.read_csv(path)
    table["prediction"] = table["label"]
    table.to_csv(path, index=False)
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.EDITED)


@pytest.mark.parametrize("region", ["tail_5", "few", "GM"])
def test_another_score_that_was_written_by_hand(closed, region):
    path = closed.runs / "sqinv/seed-0/scores.json"
    change(path, lambda s: s | {"val": s["val"] | {region: 0.5}})
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.EDITED)


def nearer(folder, judge, share):
    """Predictions nearer to the labels, and the scores that follow from them."""
    path = folder / "predictions.csv"
    table = pd.read_csv(path)
    table["prediction"] += share * (table["label"] - table["prediction"])
    table.to_csv(path, index=False)
    val = table[table["split"] == "val"]
    scores = judge.scores(val["label"].to_numpy(), val["prediction"].to_numpy())
    change(folder / "scores.json", lambda s: s | {"val": s["val"] | scores})


def test_predictions_and_scores_that_fit_but_no_network(closed):
    nearer(closed.runs / "sqinv/seed-0", closed.judge(), 0.5)
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.REDRAWN)


def test_a_copy_with_a_little_noise(closed):
    one, other = (closed.runs / "sqinv" / f"seed-{n}" for n in (0, 2))
    for name in ("predictions.csv", "scores.json", "network.pt"):
        shutil.copy(one / name, other)
    nearer(other, closed.judge(), 1e-7)
    closed.open_test("sqinv+lds")
    assert_fault(closed, "seeds", protocol.COPIED)


def test_a_copy_under_the_name_of_another_method(closed):
    for name in STEPS[2:]:
        shutil.rmtree(closed.runs / name)
    shutil.copytree(closed.runs / "sqinv", closed.runs / "sqinv+lds")
    for path in (closed.runs / "sqinv+lds").rglob("settings.json"):
        change(path, lambda s: s | {"lds": True})
    closed.open_test("sqinv")
    assert_fault(closed, "seeds", protocol.COPIED)


def test_a_result_of_the_test_set_that_was_written_by_hand(opened):
    path = opened.held_out.folder / "results.csv"
    table = pd.read_csv(path)
    table.loc[table["model"] == "sqinv+lds", "all"] /= 2
    table.to_csv(path, index=False)
    assert_fault(opened, "test", protocol.UNFIT)


def test_a_median_that_was_made_worse(closed):
    path = closed.runs / "models.csv"
    table = pd.read_csv(path)
    table.loc[table["model"] == "median", "all"] *= 3
    table.to_csv(path, index=False)
    closed.open_test("sqinv+lds")
    assert_fault(closed, "baselines", protocol.WRONG_BASELINES)


def test_a_log_that_was_deleted(opened):
    opened.held_out.log.unlink()
    assert_fault(opened, "test", protocol.LOST)


def test_a_log_that_was_shortened(opened):
    opened.open_test("vanilla")
    change(opened.held_out.log, lambda log: log | {"uses": log["uses"][1:]})
    assert_fault(opened, "test", "was changed by hand")


def test_a_choice_that_was_renamed_in_the_log(opened):
    opened.open_test("vanilla")

    def rename(log):
        log["uses"][0]["choice"] = "vanilla"

    change(opened.held_out.log, rename)
    assert_fault(opened, "test", "was changed by hand")


def test_the_only_choice_that_was_renamed_in_the_log(opened):
    def rename(log):
        log["uses"][0]["choice"] = "sqinv"

    change(opened.held_out.log, rename)
    assert_fault(opened, "test", protocol.UNFIT)


def test_work_rows_that_were_changed(opened):
    text = opened.work.read_text()
    opened.work.write_text(text + text.splitlines()[1] + "\n")
    assert_fault(opened, "test", protocol.LEAKED)


def test_test_rows_that_are_trained_on(closed):
    """Digests are forged as well: only the split, made again, tells."""
    test = pd.read_csv(closed.held_out.rows).assign(split="train")
    work = pd.concat([pd.read_csv(closed.work), test])
    work.to_csv(closed.work, index=False)
    about = json.loads((closed.folder / "project.json").read_text())
    about["work_digest"] = digest_of(closed.work)
    (closed.folder / "project.json").write_text(json.dumps(about))
    forged = Project(closed.folder)
    forged.held_out.use("sqinv", forged.digests())
    assert_fault(forged, "test", protocol.LEAKED)


def test_runs_of_another_table(opened):
    for path in opened.runs.rglob("settings.json"):
        change(path, lambda s: s | {"data": "all_rows.csv"})
    assert_fault(opened, "steps", protocol.FOREIGN)


def test_runs_on_more_rows(opened):
    path = opened.runs / "sqinv/seed-0/train_counts.csv"
    table = pd.read_csv(path)
    table.loc[0, "count"] += 40
    table.to_csv(path, index=False)
    assert_fault(opened, "steps", protocol.FOREIGN)


def test_runs_on_as_many_other_rows(opened):
    path = opened.runs / "sqinv/seed-0/train_counts.csv"
    table = pd.read_csv(path)
    table["count"] = table["count"].to_numpy()[::-1]
    table.to_csv(path, index=False)
    assert_fault(opened, "steps", protocol.FOREIGN)


DAMAGE = {
    "no project.json": lambda f: (f / "project.json").unlink(),
    "a broken project.json": lambda f: (f / "project.json").write_text("{"),
    "a list": lambda f: (f / "project.json").write_text("[]"),
    "a deep one": lambda f: (f / "project.json").write_text("[" * 100_000),
    "no work.csv": lambda f: (f / "work.csv").unlink(),
    "no runs": lambda f: shutil.rmtree(f / "runs"),
    "no predictions": lambda f: [p.unlink() for p in f.rglob("predictions.csv")],
    "no test rows": lambda f: (f / "sealed/test.csv").unlink(),
    "a binary log": lambda f: (f / "sealed/log.json").write_bytes(b"\xff\xfe\x00"),
    "an empty log": lambda f: (f / "sealed/log.json").write_text(""),
    "a log of texts": lambda f: (f / "sealed/log.json").write_text(
        '{"version": 1, "uses": ["x"]}'
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_folder_gets_a_sentence(opened, what, capsys):
    DAMAGE[what](opened.folder)
    found = protocol.faults(opened.folder)
    assert any(found.values())
    assert check.finish(opened) < 5
    out = capsys.readouterr().out
    assert "→" in out and "Traceback" not in out


@pytest.mark.parametrize("value", [None, 7, "my_project", lambda: None, {}])
def test_what_is_no_project_gets_a_sentence(value, capsys):
    assert check.finish(value) == 0
    assert "this is no project" in capsys.readouterr().out


# -------------------------------------------------------------- the test handle


def test_the_log_knows_each_use(tmp_path):
    held_out = HeldOut(tmp_path / "sealed")
    held_out.seal(pd.DataFrame({"x": [1, 2]}))
    assert held_out.uses() == []
    held_out.use("sqinv", {"a": "1"})
    held_out.use("vanilla", {})
    uses = HeldOut(tmp_path / "sealed").uses()
    assert [(use["choice"], use["runs"]) for use in uses] == [
        ("sqinv", {"a": "1"}),
        ("vanilla", {}),
    ]
    held_out.rows.write_text("x\n9\n")
    with pytest.raises(ValueError, match="was changed by hand"):
        held_out.uses()


def test_a_use_is_written_down_before_anything_is_computed(closed, monkeypatch):
    def fail(*args):
        raise MemoryError

    monkeypatch.setattr(Project, "_judged", fail)
    with pytest.raises(MemoryError):
        closed.open_test("sqinv")
    assert [use["choice"] for use in closed.held_out.uses()] == ["sqinv"]


def test_a_choice_that_was_not_trained_leaves_the_test_set_closed(closed):
    with pytest.raises(ValueError, match="no finished run of 'inv'"):
        closed.open_test("inv")
    assert closed.held_out.uses() == []


def test_without_the_table_the_rest_is_still_judged(opened, tmp_path):
    assert "?" not in protocol.text(opened.folder)
    (tmp_path / "bikes.csv").unlink()
    assert check.finish(opened) == 5
    assert "? the split was not made again: put bikes.csv" in protocol.text(
        opened.folder
    )


def test_a_folder_cannot_name_a_file_of_its_reader(opened, tmp_path, monkeypatch):
    """A table elsewhere is not looked at, wherever the folder says that it lies."""
    secret = tmp_path / "elsewhere" / "secret.csv"
    secret.parent.mkdir()
    demand().to_csv(secret, index=False)
    change(opened.folder / "project.json", lambda a: a | {"data": str(secret)})
    read = []
    monkeypatch.setattr(protocol, "split_rows", lambda *args, **_: read.append(args))
    assert protocol.faults(opened.folder) == dict.fromkeys(protocol.TITLES)
    assert not read
