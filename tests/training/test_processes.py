"""Two processes train as one: run by torchrun, on a CPU."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from dirlib.training import processes
from dirlib.training.checkpoints import load_checkpoint
from tools.lessons.env import ROOT

COMMAND = ("--epochs", "3", "--batch-size", "32", "--reweight", "sqinv", "--fds")


def train(out, table, n_processes, *options):
    """Train on a table, whose network has no BatchNorm: two processes can equal one."""
    launcher = [sys.executable]
    if n_processes > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone"]
        launcher += [f"--nproc_per_node={n_processes}"]
    command = ["-m", "dirlib", "train", "--data", table, "--target", "y", "--out", out]
    env = os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    return subprocess.run(
        [*launcher, *map(str, command), *options],
        cwd=ROOT, env=env, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    y = np.round(20 + 5 * x[:, 0] - 3 * x[:, 1] + rng.normal(size=300))
    path = tmp_path_factory.mktemp("table") / "table.csv"
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y}).to_csv(
        path, index=False
    )
    return path


@pytest.mark.parametrize("kind", ["diagonal", "full"])
def test_two_processes_give_the_statistics_of_one(tmp_path, table, kind):
    for n in (1, 2):
        done = train(tmp_path / str(n), table, n, *COMMAND, kind)
        assert done.returncode == 0, done.stderr
    one, two = (load_checkpoint(tmp_path / str(n) / "checkpoint.pt") for n in (1, 2))
    assert one["fds"].keys() == two["fds"].keys()
    assert torch.equal(one["fds"]["count"], two["fds"]["count"])
    for name, value in one["fds"].items():
        torch.testing.assert_close(two["fds"][name], value, rtol=2e-3, atol=2e-4)
    scores = [
        json.loads((tmp_path / str(n) / "scores.json").read_text()) for n in (1, 2)
    ]
    for split in ("val", "test"):
        assert scores[1][split]["all"] == pytest.approx(scores[0][split]["all"], 1e-3)
    assert len(list((tmp_path / "2").glob("*.tmp"))) == 0


LEARN = """
import numpy as np, torch
from dirlib import MLP, BalancedMSE, LabelBins, Rows, fit
from dirlib.training import processes

processes.start(torch.device("cpu"))
x = np.random.default_rng(0).normal(size=(128, 2))
y, bins = 20 + 5 * x[:, 0], LabelBins(0, 40, 1)
loss = BalancedMSE(8.0, bins, bins.counts(y))
model = MLP(2, output_mean=20.0, output_scale=5.0)
fit(model, Rows(x, y), loss=loss, lr=0.03, epochs=4, batch_size=32, progress=False)
if processes.is_first():
    print(loss.noise_sigma.item())
processes.stop()
"""


def test_two_processes_learn_the_noise_of_one(tmp_path):
    """The parameters of the loss are outside of what is trained in parallel."""
    script, found = tmp_path / "learn.py", []
    script.write_text(LEARN)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    for start in ([sys.executable], [*launcher, "--nproc_per_node=2"]):
        done = subprocess.run(
            [*start, str(script)],
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(float(done.stdout))
    assert found[1] == pytest.approx(found[0], rel=1e-3)
    assert abs(found[0] - 8) > 0.04


def test_an_error_in_two_processes_ends_both_and_names_it(tmp_path, table):
    done = train(tmp_path / "run", table, 2, "--batch-size", "33")
    assert done.returncode != 0
    assert "a multiple of the number of processes, 2" in done.stderr


def test_alone_everything_is_here():
    values = torch.arange(5)
    assert processes.count() == 1 and processes.is_first()
    assert torch.equal(processes.share(values), values)
    assert torch.equal(processes.part(3), torch.arange(3))
    assert processes.mean(2.5) == 2.5
    module = torch.nn.Linear(1, 1)
    assert processes.data_parallel(module) is module
    whole = processes.together(torch.tensor([3.0, 1.0]), torch.tensor([1, 0]), 2)
    assert whole.tolist() == [1.0, 3.0]


@pytest.mark.parametrize(("n_processes", "total"), [(2, 7), (3, 2), (4, 4)])
def test_the_parts_hold_everything(monkeypatch, n_processes, total):
    monkeypatch.setattr(processes, "_joined", lambda: True)
    monkeypatch.setattr(processes, "count", lambda: n_processes)
    parts, shares = [], []
    for rank in range(n_processes):
        monkeypatch.setattr(processes.dist, "get_rank", lambda rank=rank: rank)
        parts.append(processes.part(total))
        shares.append(processes.share(torch.arange(total)))
    assert set(torch.cat(parts).tolist()) == set(range(total))
    assert all(len(part) for part in parts)
    assert len({len(share) for share in shares}) == 1
    kept = torch.cat(shares)
    assert len(kept) == len(kept.unique()) == total // n_processes * n_processes
