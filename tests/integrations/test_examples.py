"""FDS and LDS in the training of a framework: the page's examples, run as printed."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

import dirlib
from dirlib.integrations import end_epoch

PAGE = Path(dirlib.__file__).parent / "integrations" / "README.md"
USES = "dirlib.integrations"


def python_blocks(page):
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The names that the page's blocks leave, run in order."""
    blocks = python_blocks(PAGE)
    assert len(blocks) == 4
    names = {}
    with pytest.MonkeyPatch.context() as patches:
        patches.chdir(tmp_path_factory.mktemp("page"))
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)
    return names


@pytest.fixture(params=["lightning", "transformers", "skorch"])
def model(page, request):
    return {
        "lightning": page["age_model"],
        "transformers": page["text_model"],
        "skorch": page["net"].module_,
    }[request.param]


def test_each_sample_of_an_epoch_counts_once(page, model):
    wanted = np.bincount(page["ages"].astype(int), minlength=101)
    assert model.fds.count.tolist() == wanted.tolist()
    assert not model.fds.epoch.count.any()


def test_the_layer_calibrates_from_the_second_epoch_on(model):
    fds, z = model.fds.train(), torch.randn(2, model.fds.mean.shape[1])
    assert fds.active.sum() > 30
    assert not torch.equal(fds(z, torch.tensor([40.0, 41.0])), z)
    fds.epoch.reset()


def test_skorch_predicts_without_labels(page):
    assert page["guesses"].shape == (300,) and np.isfinite(page["guesses"]).all()


def test_the_front_page():
    [block] = [b for b in python_blocks(PAGE.parents[2] / "README.md") if USES in b]
    exec(compile(block, "README.md", "exec"), {})


def test_a_model_without_the_layer_is_named():
    with pytest.raises(ValueError, match="Linear holds no dirlib.FDS layer"):
        end_epoch(torch.nn.Linear(2, 1))


def test_a_lightning_checkpoint_holds_the_statistics(page, tmp_path):
    path = tmp_path / "age.ckpt"
    page["trainer"].save_checkpoint(path)
    loaded = page["AgeModel"].load_from_checkpoint(path)
    state = page["age_model"].fds.state_dict()
    for name, value in loaded.fds.state_dict().items():
        assert torch.equal(value, state[name]), name
