"""The report: one page that needs no other file, whatever the names in it."""

import base64
import io
import json
import shutil
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from small_runs import ERRORS, train

from dirlib import LabelBins, shot_regions
from dirlib.trainer.comparison import compare
from dirlib.trainer.figures import (
    curves,
    differences,
    errors_by_bin,
    errors_by_region,
    predicted_against_true,
    training_curves,
)
from dirlib.trainer.report import write_report
from dirlib.trainer.summary import comparison_table, read_comparison

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Reads a page: fails on tags that don't match, and keeps what it holds."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.images, self.text = [], [], [], ""
        self.tables = []  # per table, its rows of (tag, attributes, text)
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self.tables[-1][-1].append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data
        if {"th", "td"} & set(self.open):
            self.tables[-1][-1][-1][2] += data + " "


def compared(out, methods=("vanilla", "inv"), seeds=range(3), **options):
    return compare(out, methods, seeds, train=train, progress=False, **options)


def pictures(page):
    for image in page.images:
        head, _, data = image["src"].partition(",")
        assert head == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
            picture.load()
            assert picture.format == "PNG"
            yield picture


def test_the_page_holds_the_table_the_figures_and_how_to_read_them(tmp_path):
    table = compared(tmp_path).table
    path = write_report(tmp_path)
    assert path == tmp_path / "report.html"
    page = Page(path.read_text(encoding="utf-8"))
    errors = next(t for t in page.tables if "all" in [cell[2].strip() for cell in t[0]])
    heads = [cell[2].strip() for cell in errors[0]]
    assert heads == ["method", "seeds", "all", "many", "medium", "few", "GM"]
    assert all(cell[1]["scope"] == "col" for cell in errors[0])
    vanilla, inv = errors[1:]
    for row in (vanilla, inv):
        assert row[0][0] == "th" and row[0][1]["scope"] == "row"
        assert row[1][2].strip() == "3"
    row = table[(table["method"] == "inv") & (table["region"] == "few")].iloc[0]
    few = inv[heads.index("few")][2]
    assert f"{row['mean']:.2f} [{row['low']:.2f}, {row['high']:.2f}]" in few
    assert "▼ -3.00 [-3.00, -3.00] lower in 3 of 3" in " ".join(few.split())
    assert "▲ 1.00" in inv[heads.index("many")][2]
    assert "lower in" not in vanilla[heads.index("few")][2]
    assert [tag for tag, _ in page.tags].count("caption") == len(page.tables) == 3
    assert len(list(pictures(page))) == 5
    assert all(len(image["alt"]) > 40 for image in page.images)
    alt = page.images[0]["alt"]
    assert "few: vanilla 6.10, inv 3.10." in alt and "(years)" in page.text
    for words in (
        "95 % interval",
        "over the seeds",
        "20 such intervals",
        "None: every",
    ):
        assert words in page.text


def test_the_page_can_show_validation_data(tmp_path):
    compared(tmp_path)
    path = tmp_path / "vanilla" / "seed-0" / "scores.json"
    scores = json.loads(path.read_text())
    scores["val"]["few"] = 9.0
    path.write_text(json.dumps(scores))
    pages = [write_report(tmp_path, split=s).read_text() for s in ("test", "val")]
    assert "Error on the test data" in pages[0]
    assert "Error on the validation data" in pages[1]
    mean = sum((9.0, *(ERRORS["vanilla"][2] + 0.1 * seed for seed in (1, 2)))) / 3
    assert f"{mean:.2f}" in pages[1] and f"{mean:.2f}" not in pages[0]


def test_the_page_names_what_is_shared_and_what_differs(tmp_path):
    compared(tmp_path, epochs=3)
    page = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    differ, shared = page.tables[-2:]
    rows = [[cell[2].strip() for cell in row] for row in differ]
    assert rows[0] == ["method", "reweight", "seeds"]
    expected = [["vanilla", "none", "0, 1, 2"], ["inv", "inv", "0, 1, 2"]]
    assert rows[1:] == expected
    values = dict([cell[2].strip() for cell in row] for row in shared)
    assert values["epochs"] == "3" and values["data"] == "faces"
    assert values["lds"] == "false" and not {"seed", "reweight"} & values.keys()


def test_the_unit_is_years_for_pictures_alone(tmp_path):
    compared(tmp_path, seeds=[0], data="prices.csv", target="price")
    page = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert "(label units)" in page.text and "(years)" not in page.text


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(tmp_path):
    compared(tmp_path)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Page(text)
    for word in ("http://", "https://", "url(", "@import", str(tmp_path)):
        assert word not in text
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "href" for name in attributes)


def test_the_same_runs_give_the_same_page(tmp_path):
    compared(tmp_path, seeds=[0])
    first = write_report(tmp_path).read_bytes()
    other = write_report(tmp_path, tmp_path / "new" / "page.html")
    assert other.read_bytes() == first
    assert b"One seed gives no interval" in first


def test_hostile_names_stay_text(tmp_path):
    evil = "<script>alert(1)</script>&\"'"
    folder = tmp_path / "a<img src=x onerror=y>"
    formula = '$\\frac{"<b>$ onerror="x'
    compared(folder, ["vanilla"], [0], data=evil)
    compared(tmp_path / "one", ["inv"], [0], data=evil)
    compared(tmp_path / "two", ["inv"], [0], data=evil, model=formula)
    broken = folder / "<script>b" / "<b>&amp;"
    broken.mkdir(parents=True)
    (broken / "scores.json").write_text("{}")
    bytes_name = folder / "\udcff\udcfe"  # no valid UTF-8
    try:
        bytes_name.mkdir()
        (bytes_name / "settings.json").write_text("{}")
    except OSError:
        pass  # a file system that refuses such names
    record = {"failed": ["<u>inv, seed 9: <q>"], "table": [{"baseline": "<s>"}]}
    (folder / "comparison.json").write_text(json.dumps(record))
    for place in (folder, tmp_path):
        page = Page(write_report(place).read_text(encoding="utf-8"))
        tags = {tag for tag, _ in page.tags}
        assert not tags & {"script", "b", "i", "u", "q", "s"}
        assert len(page.images) == len(list(pictures(page))) >= 4
        assert all(set(image) == {"alt", "src"} for image in page.images)
        assert evil in page.text and "<script>b/<b>&amp;: settings.json" in page.text
    page = Page(write_report(folder).read_text(encoding="utf-8"))
    assert "<u>inv, seed 9: <q>" in page.text and folder.name in page.text


def test_failures_are_told_until_they_are_mended(tmp_path):
    compared(tmp_path, fail="inv 1")
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "inv, seed 1: the loss is NaN: lower lr" in text
    assert "inv/seed-1: not finished" in text
    train_again = {"reweight": "inv", "lds": False, "fds": "none", "rrt": False}
    folder = tmp_path / "inv" / "seed-1"
    train(folder, seed=1, resume=True, progress=False, **train_again)
    text = Page(write_report(tmp_path).read_text(encoding="utf-8")).text
    assert "NaN" not in text and "None: every run" in text


@pytest.mark.parametrize("content", ["", "{", "[]", '{"failed": 3, "table": []}'])
def test_a_damaged_note_of_the_comparison_does_no_harm(tmp_path, content):
    compared(tmp_path, ["inv", "vanilla"], [0, 1])
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "the difference from inv," in text
    (tmp_path / "comparison.json").write_text(content)
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "the difference from vanilla," in text


def test_a_run_without_its_tables_is_in_the_table_and_named(tmp_path):
    compared(tmp_path)
    folder = tmp_path / "inv" / "seed-0"
    (folder / "predictions.csv").write_text("split,label\n")
    (folder / "history.csv").unlink()
    page = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert "inv, seed 0: not in a figure, predictions.csv is damaged" in page.text
    assert "inv, seed 0: not in a figure, history.csv is missing" in page.text
    assert len(page.images) == 5
    for path in [*tmp_path.rglob("history.csv"), *tmp_path.rglob("predictions.csv")]:
        path.unlink()
    page = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert len(page.images) == 2 and page.tables[0][2][1][2].strip() == "3"


def test_a_region_without_samples_and_a_single_run(tmp_path):
    compared(tmp_path, ["vanilla"], [4])
    path = tmp_path / "vanilla" / "seed-4" / "scores.json"
    scores = json.loads(path.read_text())
    scores["test"]["few"] = None
    path.write_text(json.dumps(scores))
    page = Page(write_report(path.parent).read_text(encoding="utf-8"))
    assert "1 method, 1 run" in page.text
    assert page.tables[0][1][5][2].strip() == "no samples"


def test_nothing_to_report_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match="no run is finished"):
        write_report(tmp_path)
    compared(tmp_path / "a", ["vanilla"], [0])
    compared(tmp_path / "b", ["vanilla"], [1], data="other")
    with pytest.raises(ValueError, match="trained on different data"):
        write_report(tmp_path)
    assert not list(tmp_path.glob("*.html"))
    shutil.rmtree(tmp_path / "b")
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OSError):
        write_report(tmp_path)


def test_the_first_paragraph_says_only_what_the_intervals_allow(tmp_path):
    compared(tmp_path)
    text = Page(write_report(tmp_path).read_text(encoding="utf-8")).text
    assert "Over all samples, inv has the lowest mean absolute error, 2.60" in text
    assert "is 0.50 lower than that of vanilla; the 95 % interval" in text
    assert "[-3.00, -3.00], excludes 0." in text and "includes 0" not in text
    assert "cover the seeds of the training, not other test" in text
    for seed, error in enumerate((9.0, 3.0, 3.1)):
        path = tmp_path / "inv" / f"seed-{seed}" / "scores.json"
        scores = json.loads(path.read_text())
        scores["test"]["few"] = error
        path.write_text(json.dumps(scores))
    text = Page(write_report(tmp_path).read_text(encoding="utf-8")).text
    assert "includes 0: these seeds don't tell the two apart" in text
    compared(tmp_path / "one", seeds=[0])
    text = Page(write_report(tmp_path / "one").read_text(encoding="utf-8")).text
    assert "which gives no interval" in text and "cludes 0" not in text


def test_the_models_of_a_table_are_shown_on_their_split_alone(tmp_path):
    compared(tmp_path)
    rows = {"model": ["vanilla", "<b>trees"], "all": [3.1, 0.25], "R2": [0.5, np.nan]}
    pd.DataFrame(rows).to_csv(tmp_path / "models.csv", index=False)
    page = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    shown = [[cell[2].strip() for cell in row] for row in page.tables[1]]
    assert shown[0] == ["model", "all", "R2"]
    assert shown[1:] == [["vanilla", "3.10", "0.500"], ["<b>trees", "0.250", "-"]]
    assert "<b>trees has the lowest: 0.250" in page.text
    page = Page(write_report(tmp_path, split="val").read_text(encoding="utf-8"))
    assert len(page.tables) == 3
    (tmp_path / "models.csv").write_text("model,all\nvanilla,much\n")
    page = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    assert len(page.tables) == 3 and "models.csv is damaged" in page.text


def test_the_page_holds_what_was_chosen_and_no_path_of_this_computer(tmp_path):
    data = tmp_path / "prices.csv"
    compared(tmp_path, ["vanilla"], [0], data=str(data))
    path = tmp_path / "vanilla" / "seed-0" / "scores.json"
    scores = json.loads(path.read_text()) | {"about": "Bins of <i>.", "warnings": ["W"]}
    scores |= {"thresholds": {"many": 19, "few": 4}, "n": {"test": {"few": 3}}}
    path.write_text(json.dumps(scores))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    page = Page(text)
    assert str(tmp_path) not in text and "prices.csv" in page.text
    assert "Bins of <i>." in page.text and "fewer than 10 say little: few" in page.text
    assert "above\n19, few-shot below\n4" in page.text
    assert "1 few-shot bins" not in page.images[1]["alt"]  # 5 samples are not below 4


def test_the_forest_plot_has_the_differences_of_the_table(tmp_path):
    compared(tmp_path, ["vanilla", "sqinv", "inv"])
    table = comparison_table(read_comparison(tmp_path))
    figure = differences(table, "years")
    for ax, region in zip(figure.axes, ("all", "many", "medium", "few"), strict=False):
        rows = table[(table["region"] == region) & (table["method"] != "vanilla")]
        dots = [line.get_xdata()[0] for line in ax.get_lines()[1:]]
        np.testing.assert_allclose(dots, rows["difference"])


def test_each_prediction_is_a_dot_over_its_label():
    table = pd.DataFrame({"label": [1.0, 0.0, 9.0], "prediction": [2.0, 1.0, 4.0]})
    bins = LabelBins.from_edges([0, 1, 2, 10])
    figure = predicted_against_true({"a": table, "$b": table}, bins)
    for ax in figure.axes:
        x, y = ax.get_lines()[-1].get_data()
        assert list(x) == [0, 1, 9] and list(y) == [1, 2, 4]


HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "loss": [3.0, 2.0, 1.5],
        "val_all": [5.0, 4.0, 3.0],
        "val_many": [3.0, 2.0, 1.0],
        "val_medium": [5.0, 4.0, 3.5],
        "val_few": [np.nan] * 3,
        "distance_mean": [np.nan, 0.4, 0.2],
        "spread_mean": [np.nan, 4.0, 4.0],
        "distance_variance": [np.nan, 0.3, 0.1],
        "size_variance": [np.nan, 1.0, 0.5],
    }
)


def lines(ax):
    """The line of each legend entry."""
    found = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    return {k: list(v) for k, v in found.items() if not k.startswith("_")}


def test_the_curves_show_each_column_that_has_numbers():
    before = HISTORY.copy()
    loss, error, distance = curves(HISTORY, "years").axes
    assert loss.get_lines()[0].get_ydata().tolist() == [3.0, 2.0, 1.5]
    assert set(lines(error)) == {"all", "many-shot", "medium-shot"}
    assert lines(error)["medium-shot"] == [5.0, 4.0, 3.5]
    assert error.get_ylabel() == "MAE (years)"
    np.testing.assert_allclose(lines(distance)["mean"][1:], [0.1, 0.05])
    np.testing.assert_allclose(lines(distance)["variance"][1:], [0.3, 0.2])
    pd.testing.assert_frame_equal(HISTORY, before)
    assert len(curves(HISTORY.drop(columns=["distance_mean"])).axes) == 3
    assert all(tick == round(tick) for tick in loss.get_xticks())
    without = HISTORY.assign(distance_mean=None, distance_variance=np.nan)
    assert len(curves(without).axes) == 2
    assert len(curves(HISTORY[["epoch", "loss"]]).axes) == 1
    figure = curves(HISTORY.iloc[:1], "$\\frac$")
    assert isinstance(figure, Figure)
    figure.savefig(io.BytesIO(), format="png")


def test_training_curves_are_means_over_the_seeds():
    other = HISTORY.assign(loss=HISTORY["loss"] + 1)
    figure = training_curves({"vanilla": [HISTORY, other], "inv": [HISTORY]})
    assert len(figure.axes) == 2  # no few-shot numbers, no panel
    assert lines(figure.axes[0]) == {"vanilla": [3.5, 2.5, 2.0], "inv": [3, 2, 1.5]}
    many = {f"method {i}": [HISTORY] for i in range(20)}
    styles = {
        (line.get_color(), line.get_linestyle())
        for line in training_curves(many).axes[0].get_lines()
    }
    assert len(styles) == 20


def test_errors_by_region_has_a_bar_per_method_and_a_dot_per_seed(tmp_path):
    compared(tmp_path, ["vanilla", "sqinv", "inv"], range(4))
    scores = read_comparison(tmp_path)
    table = comparison_table(scores)
    figure = errors_by_region(scores[scores["split"] == "test"], table, "years")
    few = figure.axes[3]
    assert few.get_title() == "few-shot"
    widths = [bar.get_width() for bar in few.patches]
    np.testing.assert_allclose(widths, [6.15, 4.15, 3.15])
    dots = few.collections[-1].get_offsets()
    assert len(dots) == 12
    np.testing.assert_allclose(
        dots[dots[:, 1].round() == 2][:, 0], [3.0, 3.1, 3.2, 3.3]
    )
    assert few.patches[0].get_hatch() and few.get_xlim()[0] == 0


def test_errors_by_bin_has_a_panel_per_method_above_the_counts():
    bins = LabelBins(0, 4, 1)
    errors = {
        "vanilla": [[1.0, 2, 6, np.nan], [3.0, 2, np.nan, np.nan]],
        "inv": [[2.0, 2, 3, np.nan]],
        "sqinv": [[2.0, 2, 4, np.nan]],
    }
    counts = [150, 50, 5, 0]
    regions = shot_regions(counts)
    figure = errors_by_bin(bins, counts, regions, errors, "vanilla", "years")
    shown = [ax for ax in figure.axes if ax.get_title()]
    assert [ax.get_title() for ax in shown] == list(errors)
    mean = shown[0].patches[-1].get_data().values
    np.testing.assert_allclose(mean, [2, 2, 6, np.nan])
    # One seed, the baseline beside it, the mean.
    assert len(shown[1].patches) == 3 and len(shown[0].patches) == 3
    heights = [patch.get_data().values.tolist() for patch in figure.axes[-1].patches]
    assert heights == [[150, 0, 0, 0], [0, 50, 0, 0], [0, 0, 5, 0]]
