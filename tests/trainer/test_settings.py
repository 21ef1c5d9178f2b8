"""The settings of a run: one list of fields behind the command line and the folder."""

import dataclasses
import json
from pathlib import Path

import pytest

from dirlib import __main__ as command_line
from dirlib.trainer.settings import Settings, settings_from

# As the code before the dataclass wrote it.
OLD = """{
 "data": "faces",
 "target": null,
 "images": null,
 "size": 32,
 "augment": "flip",
 "pack": false,
 "bin_width": null,
 "quantiles": null,
 "model": "small",
 "reweight": "sqinv",
 "lds": true,
 "lds_kernel_size": 9,
 "lds_sigma": 3.0,
 "fds": "diagonal",
 "fds_kernel_size": 15,
 "fds_sigma": 5.0,
 "rrt": false,
 "loss": "l1",
 "optimizer": "adam",
 "schedule": "onecycle",
 "lr": 0.003,
 "batch_size": 64,
 "epochs": 15,
 "select": "all",
 "seed": 0
}"""


NEW = dict.fromkeys(("split_seed", "split_column", "group", "time", "bins", "many"))
NEW |= dict.fromkeys(("few", "patience"))
NEW["target_transform"] = "none"


def test_an_old_file_and_a_new_one_hold_the_same():
    settings = Settings(reweight="sqinv", lds=True, fds="diagonal")
    assert dataclasses.asdict(settings) == json.loads(OLD) | NEW
    assert settings_from(json.loads(OLD)) == settings


def test_what_is_left_out_has_its_default():
    assert settings_from({}) == Settings()
    assert settings_from({"epochs": 3}) == dataclasses.replace(Settings(), epochs=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().epochs = 3


def test_the_network_follows_the_data_and_paths_are_text():
    assert Settings().model == "small"
    assert Settings(target="price").model == "mlp"
    assert Settings(model="resnet18").model == "resnet18"
    settings = Settings(data=Path("ages.csv"), images=Path("faces"))
    assert (settings.data, settings.images) == ("ages.csv", "faces")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epoch": 3}, "a run has no option 'epoch': use data, target, .*seed"),
        (
            {"loss": "l2"},
            "loss must be one of l1, mse, huber, focal_r, balanced_mse.*, but got 'l2'",
        ),
        ({"model": ""}, "model must be one of small, resnet18.*but got ''"),
        ({"augment": "turn"}, "augment must be one of none, flip, crop, but got"),
        (
            {"rrt": True},
            "rrt needs weights, but reweight is 'none': take 'sqinv[+]rrt' or",
        ),
        ({"lds": True, "rrt": True}, "lds needs weights"),
        ({"lds": True, "reweight": "dense"}, "lds smooths the counts of the bins, and"),
        (
            {"epochs": 0},
            r"epochs must be a whole number from 1 to 2\*\*63 - 1, but got 0",
        ),
        ({"seed": -1}, "seed must be a whole number from 0 to .*, but got -1"),
        ({"seed": 2**63}, "seed must be a whole number from 0 to .*, but got 9223"),
        ({"split_seed": 1.5}, "split_seed must be a whole number .*, but got 1.5"),
        ({"lr": 0}, "lr must be finite and above 0, but got 0"),
        ({"lr": float("nan")}, "lr must be finite and above 0, but got nan"),
        ({"fds_sigma": -1.0}, "fds_sigma must be finite and above 0, but got -1.0"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1 .* but got 0"),
        ({"epochs": True}, "epochs must be a whole number .* but got True"),
        ({"quantiles": 2}, "quantiles must be a whole number from 3 .* but got 2"),
        ({"many": 0}, "many must be a whole number from 1 .* but got 0"),
        ({"bins": "logs"}, "bins must be one of auto, equal, log, quantile, but got"),
        ({"group": "who"}, "group is for tables: name a target"),
        ({"target_transform": "log1p"}, "target_transform is for tables"),
        (
            {"group": "who", "time": "day", "target": "y"},
            "in one way, but got the columns group='who' and time='day'",
        ),
        ({"model": "mlp"}, "the model of a table is 'mlp', .*but got 'mlp' and the"),
        ({"model": "small", "target": "y"}, "got 'small' and the target 'y'"),
    ],
)
def test_what_can_not_be_is_refused_also_as_a_variant(options, message):
    with pytest.raises(ValueError, match=message):
        settings_from(options)
    if "epoch" not in options:
        with pytest.raises(ValueError, match=message):
            dataclasses.replace(Settings(), **{"model": None} | options)


def words(option, value):
    """An option as a user types it."""
    flag = f"--{option.name.replace('_', '-')}"
    return [flag] if option.type is bool else [flag, str(value)]


OTHER = {
    "data": "other.csv", "target": "price", "images": "faces", "size": 64,
    "augment": "crop", "pack": True, "bin_width": 0.5, "quantiles": 7, "model": "mlp",
    "reweight": "inv", "lds": True, "lds_kernel_size": 5, "lds_sigma": 1.5,
    "fds": "full", "fds_kernel_size": 3, "fds_sigma": 2.5, "rrt": True, "loss": "mse",
    "optimizer": "sgd", "schedule": "cosine", "lr": 0.1, "batch_size": 8, "epochs": 2,
    "select": "GM", "seed": 4, "split_seed": 3, "target_transform": "log1p",
    "group": "patient", "bins": "log", "many": 70, "few": 7, "patience": 4,
}  # fmt: skip


def test_each_field_is_an_option_of_the_command_line(monkeypatch):
    """With its default, its type and its choices."""
    runs = []

    def training_run(out, *, workers, resume, **options):
        runs.append(settings_from(options))
        raise ValueError("enough")

    monkeypatch.setattr("dirlib.trainer.run.training_run", training_run)
    for options in ({}, OTHER):
        typed = [w for o in dataclasses.fields(Settings) if o.name in options
                 for w in words(o, options[o.name])]  # fmt: skip
        with pytest.raises(SystemExit, match="enough"):
            command_line.main(["train", "--out", "run", *typed])
    assert runs == [Settings(), Settings(**OTHER)]
    types = {name: type(value) for name, value in dataclasses.asdict(runs[1]).items()}
    for name in ("time", "split_column"):  # not together with a group
        types.pop(name)
    assert types == {name: type(value) for name, value in OTHER.items()}


def test_the_command_line_refuses_other_choices(capsys):
    for option in dataclasses.fields(Settings):
        if option.metadata["choices"]:
            with pytest.raises(SystemExit):
                command_line.main(["train", "--out", "run", *words(option, "other")])
            assert "invalid choice: 'other'" in capsys.readouterr().err
