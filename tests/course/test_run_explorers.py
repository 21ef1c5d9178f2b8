"""The explorer of lesson 5: its pictures, and its numbers against the bare records."""

import inspect
import itertools
import json
import re
from unittest.mock import MagicMock

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy import stats

from course.explorers.runs import (
    KERNELS,
    METHODS,
    ORDINALS,
    RECORDED,
    recorded_runs,
)
from course.records.methods import FDS_SETTINGS, KERNEL
from course.records.read import data_dir
from dirlib import FDS
from dirlib.fds.smoothing import KERNEL_SIZE

REGIONS = {"many": (101, 10**6), "medium": (20, 100), "few": (1, 19)}
# Every trial of the searches that a kernel of the explorer stands for.
TRIALS = {
    "lds": ("kernels", {k: f"lds gaussian {k}" for k in ("5 2", "9 3", "15 5")}),
    "fds": ("fds", {k: f"fds {k}" for k in ("5 2", "9 3", "15 5", "31 10")}),
    "fds full": (
        "fds",
        {"9 3": "fds full", "15 5": "fds 15 5 full", "31 10": "fds 31 10 full"},
    ),
}
SENTENCES = ("not in the records", "not compared")


@pytest.fixture(scope="module")
def records():
    folder = data_dir() / "runs"
    names = ("faces", "kernels", "fds")
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in names}


@pytest.fixture(scope="module")
def shared():
    return recorded_runs()


@pytest.fixture
def explorer(shared):
    shared.reset()
    return shared


def picture(explorer):
    return explorer._repr_mimebundle_()["image/png"]


def drawn(explorer, **values):
    """The figure of some values, without its PNG, and the readout."""
    figure = Figure(figsize=(8.5, 4.0))
    start = {key: control.value for key, control in explorer.controls.items()}
    return figure, explorer._draw(figure, **(start | values))


def readout_of(explorer, **values):
    """The readout of some values, drawn on nothing."""
    axes, figure = MagicMock(), MagicMock()
    axes.__iter__.side_effect = lambda: iter((axes, axes))
    figure.subplots.return_value = axes
    start = {key: control.value for key, control in explorer.controls.items()}
    return explorer._draw(figure, **(start | values))


def sentence_of(readout):
    return next((readout[key] for key in SENTENCES if key in readout), None)


def texts(figure):
    return [" ".join(text.get_text().split()) for text in figure.findobj(Text)]


def seen_texts(figure):
    """The texts of which the middle is in the picture."""
    wide, high = figure.get_size_inches()
    places = {text: text.get_window_extent() for text in figure.findobj(Text)}
    return [
        " ".join(text.get_text().split())
        for text, box in places.items()
        if 0 < (box.x0 + box.x1) / 2 < wide * figure.dpi
        and 0 < (box.y0 + box.y1) / 2 < high * figure.dpi
    ]


def errors(record, run, ages=None):
    """The mean absolute errors of a run's seeds, summed sample by sample."""
    found = {}
    for entry in record["runs"]:
        if entry["method"] == run:
            pairs = zip(record["test_labels"], entry["predictions"], strict=True)
            wrong = [abs(a - b) for a, b in pairs if ages is None or a in ages]
            found[entry["seed"]] = sum(wrong) / len(wrong)
    return np.array([found[seed] for seed in sorted(found)])


def ages_of(record, region):
    if region == "all":
        return None
    low, high = REGIONS[region]
    counts = enumerate(record["train_counts"])
    return {age for age, count in counts if low <= count <= high}


def expected_run(method, kernel):
    """Where a method is recorded, or None: from the table above."""
    if kernel == "as recorded":
        return "faces", method
    base, *parts = method.split("+")
    if len(parts) != 1 or kernel not in TRIALS[parts[0]][1]:
        return None
    return TRIALS[parts[0]][0], f"{base}+{TRIALS[parts[0]][1][kernel]}"


def expected_base(record, against):
    """The name of a baseline in a record, or None if the record doesn't hold it."""
    base, *parts = against.split("+")
    if record == "faces":
        return against
    if not parts:
        return None if against == "vanilla" else against
    if len(parts) > 1 or TRIALS[parts[0]][0] != record:
        return None
    return f"{base}+{TRIALS[parts[0]][1][RECORDED[parts[0]]]}"


def combinations():
    """Each method with each kernel, the others in turn, so that all of them meet."""
    pairs = itertools.product(METHODS, ("as recorded", *KERNELS))
    for i, (method, kernel) in enumerate(pairs):
        for j in range(3):
            yield {
                "method": method,
                "kernel": kernel,
                "against": METHODS[(i + 5 * j + i // 13) % len(METHODS)],
                "seed": ("all", 0, 1, "all", 2, "all", 3, "all", 4)[(i + 2 * j) % 9],
                "region": ("all", "many", "medium", "few")[(i + j + i // 5) % 4],
            }


def expected_readout(records, method, kernel, against, seed, region):
    """The numbers of the readout, in order, or the key of the sentence instead."""
    where = expected_run(method, kernel)
    if where is None:
        return "not in the records"
    record, run = where
    ages = ages_of(records[record], region)
    scores = errors(records[record], run, ages)
    if seed != "all" and seed >= len(scores):
        return "not in the records"
    base = expected_base(record, against)
    if base is None or base == run:
        return "not compared"
    bases = errors(records[record], base, ages)
    if seed != "all":
        return [scores[seed], bases[seed], scores[seed] - bases[seed]]
    d = scores - bases
    margin = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / len(d) ** 0.5
    return [scores.mean(), bases.mean(), d.mean(), d.mean() - margin, d.mean() + margin]


def shown_numbers(readout):
    """The numbers of a readout with a comparison, in the same order."""
    method, against, difference, _ = readout.values()
    difference, *interval = difference.split(",")[:2]
    words = [method, against, *difference.replace("[", "").split()[:2], *interval]
    words = [word.replace("years", "").replace("]", "").strip() for word in words]
    return [float(word) for word in words if word]


def test_readers_without_a_kernel_get_a_picture_and_a_name(explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == "<Explorer: recorded runs>"
    assert "application/vnd.jupyter.widget-view+json" in bundle


@pytest.mark.parametrize("name", ["method", "against", "kernel", "seed", "region"])
def test_every_option_is_drawn_and_no_figure_stays_open(explorer, name):
    control, before = explorer.controls[name], plt.get_fignums()
    assert control.description
    options, pictures = [value for _, value in control._options_full], set()
    for value in options:
        explorer.set(**{name: value})
        assert explorer.controls[name].value == value
        assert "<b>" in explorer._text.value
        pictures.add(picture(explorer))
    # sqinv+lds+fds has no runs with the other kernels: one sentence for all of them.
    assert len(pictures) == (2 if name == "kernel" else len(options))
    assert plt.get_fignums() == before


def test_reset_goes_back_to_the_start(explorer):
    before = picture(explorer)
    explorer.set(method="inv+lds", kernel="5 2", against="inv", seed=1, region="few")
    assert picture(explorer) != before
    explorer.reset()
    assert picture(explorer) == before


def test_every_combination_is_drawn_and_shows_the_numbers_of_the_records(
    shared, records
):
    seen = {"compared": 0, "one seed": 0} | dict.fromkeys(SENTENCES, 0)
    alone = {}  # each sentence that is all there is to see is drawn once
    for values in combinations():
        expected = expected_readout(records, **values)
        if expected == "not in the records":
            readout = readout_of(shared, **values)
            sentence = sentence_of(readout)
            if sentence not in alone:
                figure, again = drawn(shared, **values)
                assert again == readout
                alone[sentence] = seen_texts(figure)
            seen_here = alone[sentence]
        else:
            figure, readout = drawn(shared, **values)
            seen_here = seen_texts(figure) if "not compared" in readout else []
        if isinstance(expected, str):
            assert expected in readout, values
            assert sentence_of(readout) in seen_here, values
            seen[expected] += 1
        else:
            assert sentence_of(readout) is None, values
            assert shown_numbers(readout) == pytest.approx(expected, abs=0.0051), values
            seen["compared" if values["seed"] == "all" else "one seed"] += 1
    assert min(seen.values()) >= 10, seen


@pytest.mark.parametrize("seed", ["all", 3])
def test_the_solid_line_is_the_method_and_the_dashed_one_its_baseline(
    shared, records, seed
):
    figure, _ = drawn(shared, method="inv+fds", against="sqinv+lds", seed=seed)
    lines = {line.get_linestyle(): line for line in figure.axes[0].get_lines()}
    assert lines.keys() == {"-", "--"}
    for style, run in (("-", "inv+fds"), ("--", "sqinv+lds")):
        by_age = np.transpose([errors(records["faces"], run, {a}) for a in range(101)])
        by_age = by_age.mean(0) if seed == "all" else by_age[seed]
        np.testing.assert_allclose(lines[style].get_ydata(), by_age)
        assert lines[style].get_label().startswith(run)
    assert lines["-"].get_color() != lines["--"].get_color()


def test_the_dots_are_the_differences_by_seed_and_the_chosen_one_is_filled(
    shared, records
):
    values = {"method": "sqinv+fds", "kernel": "31 10", "against": "sqinv"}
    figure, _ = drawn(shared, **values, region="few", seed=1)
    ages = ages_of(records["fds"], "few")
    d = errors(records["fds"], "sqinv+fds 31 10", ages)
    d = d - errors(records["fds"], "sqinv", ages)
    dots = [line for line in figure.axes[1].get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose(dots[0].get_ydata(), d)
    np.testing.assert_allclose(dots[1].get_ydata(), d[[1]])
    assert dots[0].get_markerfacecolor() == "white" != dots[1].get_markerfacecolor()


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({}, "Balanced test set: mean of 5 seeds"),
        ({"seed": 4}, "Balanced test set: 5th of 5 seeds"),
        ({"method": "inv+lds", "kernel": "5 2"}, "Validation set, .* LDS: mean of 3"),
        ({"method": "inv+fds", "kernel": "5 2"}, "Validation set, .* FDS: mean of 3"),
    ],
)
def test_the_title_names_the_samples_and_the_axes_their_units(shared, values, title):
    figure, _ = drawn(shared, **({"against": "inv"} | values))
    assert any(re.match(title, text) for text in texts(figure))
    left, right = figure.axes
    assert "(years)" in left.get_xlabel()
    assert "(years)" in left.get_ylabel() and "(years)" in right.get_ylabel()
    assert left.get_legend() and right.get_legend() and figure.legends


def test_a_missing_combination_names_only_what_works(shared):
    for method, kernel in itertools.product(METHODS, KERNELS):
        readout = readout_of(shared, method=method, kernel=kernel, against="inv")
        sentence = readout.get("not in the records", "")
        if "there are runs with" in sentence:
            named = sentence.rstrip(".").split("there are runs with ")[1]
            for other in named.replace(" and ", ", ").split(", "):
                other = other.replace("/", " ")
                readout = readout_of(shared, method=method, kernel=other, against="inv")
                assert "not in the records" not in readout
        elif "Other kernels were tried for" in sentence:
            named = sentence.rstrip(".").split("were tried for ")[1]
            for other in named.replace(" and ", ", ").split(", "):
                readout = readout_of(shared, method=other, kernel="9 3", against="inv")
                assert "not in the records" not in readout
        elif sentence:
            assert "has no kernel: choose 'as recorded'" in sentence


@pytest.mark.parametrize("method", ["sqinv+lds", "inv+fds", "inv+fds full"])
def test_a_missing_baseline_names_only_what_can_be_compared(shared, method):
    values = {"method": method, "kernel": RECORDED[method.partition("+")[2]]}
    readout = readout_of(shared, **values, against="vanilla")
    assert f"MAE of {method}, all ages" in readout
    named = readout["not compared"].rstrip(".").split("compare with ")[1]
    named = named.replace(" or ", ", ").split(", ")
    assert {"sqinv", "inv"} < set(named)
    for against in METHODS:
        readout = readout_of(shared, **values, against=against)
        assert ("not compared" in readout) == (against not in named)


def test_a_method_against_itself_says_so(shared):
    readout = readout_of(shared, method="sqinv", against="sqinv")
    assert "same runs twice" in readout["not compared"]
    # The recorded kernel of LDS is 9 3: in the search these are one method, too.
    values = {"method": "inv+lds", "against": "inv+lds"}
    readout = readout_of(shared, **values, kernel="9 3")
    assert "same runs twice" in readout["not compared"]
    readout = readout_of(shared, **values, kernel="5 2")
    assert "not compared" not in readout


def test_the_seeds_that_a_record_lacks_are_said(shared):
    values = {"method": "sqinv+lds", "kernel": "5 2", "against": "sqinv"}
    for seed in range(5):
        readout = readout_of(shared, **values, seed=seed)
        assert ("not in the records" in readout) == (seed >= 3)
    assert "This record has 3 seeds" in readout["not in the records"]
    assert "from 1st to 3rd" in readout["not in the records"]


def test_the_recorded_kernels_are_those_of_the_experiments():
    defaults = inspect.signature(FDS).parameters
    defaults = {name: p.default for name, p in defaults.items()}
    defaults["kernel_size"] = KERNEL_SIZE
    used = {"lds": KERNEL} | {k: defaults | s for k, s in FDS_SETTINGS.items()}
    assert RECORDED == {
        name: f"{setting['kernel_size']} {setting['sigma']:g}"
        for name, setting in used.items()
    }
    assert all(setting["kernel"] == "gaussian" for setting in used.values())


def test_every_method_is_recorded_with_as_many_seeds_as_can_be_chosen(records):
    for method in METHODS:
        assert len(errors(records["faces"], method)) == len(ORDINALS)


def test_a_lost_record_is_named_with_the_command_that_makes_it(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="python -m course experiment faces"):
        recorded_runs()
