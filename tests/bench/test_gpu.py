"""The script for a machine with a GPU, tried on the CPU."""

import json

import pytest
import torch

from tools.bench import gpu

SMALL = ["--device", "cpu", "--model", "resnet18", "--size", "32", "--batch", "4"]
SMALL += ["--steps", "1"]


def test_the_script_runs_and_keeps_what_it_found(tmp_path):
    path = tmp_path / "gpu.json"
    gpu.main([*SMALL, "--out", str(path)])
    found = json.loads(path.read_text())
    assert found["device"] == "cpu"
    for kind in gpu.KINDS:
        assert found["agreement with the CPU"][kind]["largest difference"] == 0
    for row in found["training"].values():
        assert row["images a second"] > 0 and row["peak bytes"] is None


def test_a_machine_without_gpu_is_told(capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit):
        gpu.main([])
    assert "finds no GPU here: --device cpu" in capsys.readouterr().err
