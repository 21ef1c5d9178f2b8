"""The explorers, without a browser: pictures, numbers, both ends of every slider."""

import json

import ipywidgets as widgets
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from traitlets import TraitError

from course.explorers import features as feature_explorers
from course.explorers import labels as explorers
from dirlib import (
    LabelBins,
    bin_statistics,
    cosine_to_anchor,
    neighbour_margin,
    shot_regions,
)

AGES = LabelBins(0, 101, 1)
rng = np.random.default_rng(0)
COUNTS = rng.poisson(2 + 90 * np.exp(-(((np.arange(101) - 35) / 18) ** 2)))
ERROR = 5 + np.abs(np.arange(101) - 35) / 3

LABELS = np.repeat(np.arange(101), COUNTS)
FEATURES = torch.from_numpy(rng.normal(3 + LABELS[:, None] / 20, 1, (len(LABELS), 4)))
STATS = bin_statistics(FEATURES, LABELS, AGES)
FLAT = bin_statistics(FEATURES[:, :1].expand(-1, 4), LABELS, AGES)

CLOUD = rng.multivariate_normal([2, 3], [[1.0, 0.8], [0.8, 1.0]], 100)
GOAL_MEAN, GOAL = [2.5, 3.0], np.array([[0.36, -0.3], [-0.3, 1.0]])


def anchors():
    models = {"one": {"training": STATS, "held-out": FLAT}}
    models["other"] = {"training": FLAT, "held-out": STATS}
    return feature_explorers.anchors(models, AGES, COUNTS)


MAKERS = {
    "neighbourhoods": lambda: explorers.neighbourhoods(AGES, COUNTS, 17, 75),
    "bins_and_regions": explorers.bins_and_regions,
    "kernel_tuning": lambda: explorers.kernel_tuning(AGES, COUNTS, ERROR),
    "anchors": anchors,
    "recolouring": lambda: feature_explorers.recolouring(CLOUD, GOAL_MEAN, GOAL),
}


@pytest.fixture(scope="module", params=MAKERS.values(), ids=MAKERS)
def shared(request):
    return request.param()


@pytest.fixture
def explorer(shared):
    """One of the explorers, as it begins: made once, since it draws a picture."""
    yield shared
    if any(c.value != shared._start[name] for name, c in shared.controls.items()):
        shared.reset()


def picture(explorer):
    return explorer._repr_mimebundle_()["image/png"]


def test_readers_without_a_kernel_get_a_picture_and_a_name(explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == f"<Explorer: {explorer.name}>"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_only_a_live_view_holds_the_script_for_screen_readers(explorer):
    """What is stored stays as it is: a picture and a name."""
    bundle = explorer._repr_mimebundle_()
    kinds = {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert set(bundle) == kinds
    hidden = explorer._box.children[-1]
    assert hidden.layout.display == "none"
    (output,) = hidden.outputs
    assert list(output["data"]) == ["application/javascript"]


def test_the_text_of_a_picture_reaches_the_page_as_it_is():
    alt = 'A "line"\nof a\\b, 5 \u00b1 2.'
    slider = widgets.IntSlider(description="size")
    explorer = explorers.Explorer(
        "test", alt, {"size": slider}, lambda figure, size: {}
    )
    script = explorer._box.children[-1].outputs[0]["data"]["application/javascript"]
    start = script.removeprefix("const ALT = ")
    assert json.JSONDecoder().raw_decode(start)[0] == alt


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
            explorer.set(**(start | {name: value}))
            assert control.value == value
            pictures.add(picture(explorer))
            readouts.append(dict(explorer.readout))
            assert all(v == v for v in explorer.readout.values()), "NaN in the readout"
        assert len(pictures) > 1, f"{name} moves nothing"


def test_reset_goes_back_to_the_start(explorer):
    before = picture(explorer)
    name, control = next(iter(explorer.controls.items()))
    explorer.set(**{name: getattr(control, "max", None) or control.options[-1]})
    assert picture(explorer) != before
    controls = explorer._box.children[0].children
    button = next(w for w in controls if isinstance(w, widgets.Button))
    button.click()
    assert picture(explorer) == before


def test_set_draws_once_however_many_controls_it_moves(explorer, monkeypatch):
    drawn, draw = [], explorer._draw
    monkeypatch.setattr(
        explorer, "_draw", lambda *a, **kw: drawn.append(kw) or draw(*a, **kw)
    )
    ends = {
        name: control.max if hasattr(control, "max") else control._options_full[-1][1]
        for name, control in explorer.controls.items()
    }
    explorer.set(**ends)
    assert drawn == [ends]
    explorer.reset()
    assert len(drawn) == 2


def test_after_a_value_that_is_refused_the_picture_is_that_of_the_controls():
    explorer = anchors()
    with pytest.raises(TraitError, match="Invalid selection"):
        explorer.set(anchor=20, model="no such model")
    assert explorer.controls["anchor"].value == 20
    shown = picture(explorer)
    explorer.reset()
    assert picture(explorer) != shown
    explorer.set(anchor=20)
    assert picture(explorer) == shown


def test_only_sliders_of_whole_numbers_answer_to_the_kernel(explorer):
    """A live FloatSlider sends 3.0 back as 3.0000000000000004: it undoes a reset."""
    for control in explorer.controls.values():
        if hasattr(control, "continuous_update"):
            whole = isinstance(control, widgets.IntSlider)
            assert control.continuous_update == whole


@pytest.mark.parametrize("age_a", [0, 30, 100])
def test_the_two_labels_of_the_neighbourhoods_never_overlap(age_a):
    explorer = explorers.neighbourhoods(AGES, np.full(101, 500), 17, 75)
    for age_b in range(max(0, age_a - 12), min(100, age_a + 12) + 1):
        figure = Figure(figsize=(8.5, 4.2), dpi=100)
        figure.subplots_adjust(0.08, 0.12, 0.93, 0.93)
        explorer._draw(figure, age_a=age_a, age_b=age_b, radius=2)
        a, b = (text.get_window_extent() for text in figure.axes[1].texts)
        assert min(a.x1, b.x1) - max(a.x0, b.x0) <= 1, (age_a, age_b)


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
    explorer = explorers.Explorer("test", "A line.", {"size": slider}, draw)
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


def test_the_anchor_explorer_shows_the_neighbour_margin():
    explorer = anchors()
    explorer.set(anchor=20, statistic="variance")
    similarity = cosine_to_anchor(STATS, 20, "variance")
    margin = neighbour_margin(similarity, 20, shot_regions(COUNTS).many)
    assert explorer.readout["neighbour margin"] == pytest.approx(margin)
    readout = explorer.readout
    near, far = readout["similarity to the neighbours"], readout["to the crowd"]
    assert near - far == pytest.approx(margin)


def test_recolouring_reaches_its_goal_with_covariances_alone():
    explorer = feature_explorers.recolouring(CLOUD, GOAL_MEAN, GOAL)
    plain = np.corrcoef(CLOUD.T)[0, 1]
    assert explorer.readout["correlation"] == pytest.approx(plain)
    explorer.set(progress=3.0)
    assert explorer.readout["correlation"] == pytest.approx(-0.5)
    assert explorer.readout["goal"] == pytest.approx(-0.5)
    assert explorer.readout["standard deviations"] == "0.60 and 1.00"
    explorer.set(kind="variances")
    assert explorer.readout["correlation"] == pytest.approx(plain)
