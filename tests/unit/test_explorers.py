"""The explorers, without a browser: pictures, numbers, both ends of every slider."""

import ipywidgets as widgets
import numpy as np
import pytest
import torch

from dirlib import (
    LabelBins,
    anomaly_gap,
    bin_statistics,
    cosine_to_anchor,
    shot_regions,
)
from dirlib.course import explorers, feature_explorers

AGES = LabelBins(0, 101, 1)
rng = np.random.default_rng(0)
COUNTS = rng.poisson(2 + 90 * np.exp(-(((np.arange(101) - 35) / 18) ** 2)))
ERROR = 5 + np.abs(np.arange(101) - 35) / 3

LABELS = np.repeat(np.arange(101), COUNTS)
FEATURES = torch.from_numpy(rng.normal(3 + LABELS[:, None] / 20, 1, (len(LABELS), 4)))
STATS = bin_statistics(FEATURES, LABELS, AGES)
FLAT = bin_statistics(FEATURES[:, :1].expand(-1, 4), LABELS, AGES)


def anchors():
    models = {"one": {"training": STATS, "held-out": FLAT}}
    models["other"] = {"training": FLAT, "held-out": STATS}
    return feature_explorers.anchors(models, AGES, COUNTS)


MAKERS = {
    "neighbourhoods": lambda: explorers.neighbourhoods(AGES, COUNTS, 17, 75),
    "bins_and_regions": explorers.bins_and_regions,
    "kernel_tuning": lambda: explorers.kernel_tuning(AGES, COUNTS, ERROR),
    "anchors": anchors,
    "recolouring": feature_explorers.recolouring,
}


@pytest.fixture(params=MAKERS.values(), ids=MAKERS)
def explorer(request):
    return request.param()


def picture(explorer):
    return explorer._repr_mimebundle_()["image/png"]


def test_readers_without_a_kernel_get_a_picture_and_a_name(explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == f"<Explorer: {explorer.name}>"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_every_control_has_a_label_and_moves_the_picture_at_both_ends(explorer):
    start = {name: control.value for name, control in explorer.controls.items()}
    for name, control in explorer.controls.items():
        assert control.description
        ends = (
            (control.min, control.max)
            if hasattr(control, "min")
            else [value for _, value in control._options_full]
        )
        pictures, readouts = set(), []
        for value in ends:
            explorer.set(**{name: value})
            assert control.value == value
            pictures.add(picture(explorer))
            readouts.append(dict(explorer.readout))
            assert all(v == v for v in explorer.readout.values()), "NaN in the readout"
        assert len(pictures) > 1, f"{name} moves nothing"
        explorer.set(**{name: start[name]})


def test_reset_goes_back_to_the_start(explorer):
    before = picture(explorer)
    name, control = next(iter(explorer.controls.items()))
    explorer.set(**{name: getattr(control, "max", None) or control.options[-1]})
    assert picture(explorer) != before
    controls = explorer._box.children[0].children
    button = next(w for w in controls if isinstance(w, widgets.Button))
    button.click()
    assert picture(explorer) == before


def test_an_unknown_control_is_refused(explorer):
    with pytest.raises(ValueError, match="there is no control nose: choose from"):
        explorer.set(nose=3)


def test_an_error_while_drawing_is_shown_and_the_picture_stays():
    def draw(figure, size):
        if size > 3:
            raise ValueError("too large")
        figure.subplots().plot([0, size])
        return {"size": size}

    slider = widgets.IntSlider(value=2, min=1, max=5, description="size")
    explorer = explorers.Explorer("test", {"size": slider}, draw)
    before = picture(explorer)
    explorer.set(size=5)
    assert picture(explorer) == before and explorer.readout == {"size": 2}
    assert "too large" in explorer._text.value
    explorer.set(size=1)
    assert "too large" not in explorer._text.value


def test_neighbourhood_numbers():
    explorer = explorers.neighbourhoods(AGES, COUNTS, 20, 60)
    explorer.set(radius=3)
    a, b = COUNTS[17:24].sum(), COUNTS[57:64].sum()
    assert explorer.readout["images within 3 years"] == f"{a:,} and {b:,}"
    assert explorer.readout["ratio"] == pytest.approx(a / b)


def test_region_numbers_of_agedb():
    readout = explorers.bins_and_regions().readout
    assert readout["many bins"] == 51
    assert readout["medium bins"] == 16
    assert readout["few bins"] == 33


def test_kernel_numbers_without_smoothing_are_those_of_plain_reweighting():
    explorer = explorers.kernel_tuning(AGES, COUNTS, ERROR)
    explorer.set(size=1)
    r = np.corrcoef(COUNTS, ERROR)[0, 1]
    assert explorer.readout["Pearson(smoothed counts, error)"] == pytest.approx(r)
    here = COUNTS[COUNTS > 0]
    largest = (1 / here.min()) * here.sum() / len(here)
    assert explorer.readout["largest weight"] == pytest.approx(largest)


def test_the_anchor_explorer_shows_the_anomaly_gap():
    explorer = anchors()
    explorer.set(anchor=20, statistic="variance")
    similarity = cosine_to_anchor(STATS, 20, "variance")
    gap = anomaly_gap(similarity, 20, shot_regions(COUNTS).many)
    assert explorer.readout["anomaly gap"] == pytest.approx(gap)
    readout = explorer.readout
    near, far = readout["similarity to the neighbours"], readout["to the crowd"]
    assert near - far == pytest.approx(gap)


def test_recolouring_reaches_its_goal_with_covariances_alone():
    explorer = feature_explorers.recolouring()
    explorer.set(progress=3.0, to_correlation=-0.5)
    assert explorer.readout["correlation"] == pytest.approx(-0.5)
    assert explorer.readout["standard deviations"] == "0.60 and 1.00"
    explorer.set(kind="variances")
    assert explorer.readout["correlation"] == pytest.approx(0.8)
