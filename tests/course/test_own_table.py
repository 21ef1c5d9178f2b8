"""A table of one's own becomes a project, or gets a sentence that says why not."""

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from course import project as project_module
from course.figures.tables import errors_by_group, labels_in_bins, scores_beside
from course.own_table import open_project
from course.project import Project
from dirlib.datasets.tables import read_table


def prices(n=200, seed=3):
    rng = np.random.default_rng(seed)
    area = rng.lognormal(4, 0.5, n).round(1)
    town = rng.choice(["Köln", "Málaga", "Rome"], n)
    house = np.arange(n) % 60
    price = (3.5 * area + 40 * (town == "Rome") + rng.normal(0, 9, n)).round(2)
    return pd.DataFrame({"house": house, "area": area, "town": town, "price": price})


def german(table):
    """As a German spreadsheet saves it: semicolons, decimal commas, cp1252."""
    text = table.to_csv(index=False, sep=";", decimal=",")
    return text.encode("cp1252")


FORMS = {"plain": lambda table: table.to_csv(index=False).encode(), "german": german}


@pytest.fixture(autouse=True)
def short(monkeypatch, tmp_path):
    monkeypatch.setattr(project_module, "EPOCHS", 1)
    monkeypatch.delenv("COURSE_PROJECTS", raising=False)
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


@pytest.fixture
def project(tmp_path):
    prices().to_csv(tmp_path / "prices.csv", index=False)
    return open_project("prices.csv", "price")


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_ones_own_goes_the_whole_way(tmp_path, form):
    (tmp_path / "prices.csv").write_bytes(FORMS[form](prices()))
    project = open_project("prices.csv", "price")
    assert project.about["rows"] == {"train": 140, "val": 30, "test": 30}
    project.choose_bins()
    table = project.train(["vanilla", "sqinv"], [0, 1])
    assert np.isfinite(table.loc[["vanilla", "sqinv", "boosted trees"], "all"]).all()
    assert list(project.errors()) == ["vanilla", "sqinv"]
    assert list(project.steps()) == ["sqinv minus vanilla"]
    results = project.open_test("sqinv")
    assert np.isfinite(results["all"]).all()
    (tmp_path / "new.csv").write_bytes(FORMS[form](prices(5, 9).drop(columns="price")))
    assert np.isfinite(project.predict("new.csv")).all()
    rows = project.example_rows(2)
    assert "price" not in rows and project.predict(rows).shape == (2,)
    page = project.report("We asked <why> & found out.\n\nIt is so.").read_text("utf-8")
    assert "<p>We asked &lt;why&gt; &amp; found out.</p>\n<p>It is so.</p>" in page
    assert page.index("<h2>Conclusion</h2>") < page.index("<h2>The test set</h2>")
    assert page.index("<h2>The test set</h2>") < page.index("<h2>Errors</h2>")
    assert "boosted trees" in page and str(tmp_path) not in page


def test_both_forms_are_split_alike(tmp_path):
    for form in FORMS:
        (tmp_path / f"{form}.csv").write_bytes(FORMS[form](prices()))
    plain, other = (open_project(f"{f}.csv", "price", f"{f}_project") for f in FORMS)
    for name in ("work.csv", "sealed/test.csv"):
        one, two = (p.folder / name for p in (plain, other))
        pd.testing.assert_frame_equal(pd.read_csv(one), pd.read_csv(two))


def test_no_test_row_is_outside_the_sealed_folder(project):
    table, frame = read_table("prices.csv", "price", seed=0), prices()
    held_out = frame["price"].iloc[table.rows["test"] - 1].to_numpy()
    work = pd.read_csv(project.work)
    sealed = pd.read_csv(project.held_out.rows)
    np.testing.assert_allclose(sealed["price"], held_out)
    parts = {name: part["price"].tolist() for name, part in work.groupby("split")}
    assert parts["val"] == parts["test"], "the library's test rows: validation again"
    train = frame["price"].iloc[table.rows["train"] - 1]
    np.testing.assert_allclose(parts["train"], train)
    assert not set(table.rows["test"]) & set(table.rows["train"])


def test_rows_of_a_group_stay_on_one_side(tmp_path):
    prices().to_csv(tmp_path / "prices.csv", index=False)
    project = open_project("prices.csv", "price", group="house")
    work, test = pd.read_csv(project.work), pd.read_csv(project.held_out.rows)
    assert "house" not in work and "house" not in test
    rows = read_table("prices.csv", "price", seed=0, group="house").rows
    held_out = prices().iloc[rows["test"] - 1]
    np.testing.assert_allclose(test["price"], held_out["price"])
    others = prices().drop(index=held_out.index)
    assert not set(held_out["house"]) & set(others["house"])


def test_it_goes_on_where_it_stopped(project):
    project.choose_bins(width=25)
    again = open_project("prices.csv", "price")
    assert again.about == project.about == Project("my_project").about
    assert again.options()["bin_width"] == 25.0


def test_a_folder_of_another_study_is_refused(project, tmp_path):
    with pytest.raises(ValueError, match="choose another folder"):
        open_project("prices.csv", "area")
    prices(seed=4).to_csv(tmp_path / "prices.csv", index=False)
    with pytest.raises(ValueError, match=r"holds a study of 'prices\.csv'"):
        open_project("prices.csv", "price")


def test_bins_stay_once_something_is_trained(project):
    project.choose_bins(width=50)
    project.train(["vanilla"], [0])
    assert project.choose_bins(width=50)[0].n_bins > 2
    with pytest.raises(ValueError, match="trained with other bins"):
        project.choose_bins(width=25)


def test_a_score_that_there_is_not(project):
    with pytest.raises(ValueError, match="nothing is trained yet"):
        project.errors()
    project.train(["vanilla"], [0])
    with pytest.raises(ValueError, match="no validation error 'best'"):
        project.errors("best")


def test_the_worst_rows_come_first(project):
    project.train(["vanilla"], [0])
    rows = project.validation("vanilla")
    sizes = rows["error"].abs().to_numpy()
    assert (np.diff(sizes) <= 0).all() and len(rows) == 30
    np.testing.assert_allclose(rows["prediction"] - rows["price"], rows["error"])
    assert "split" not in rows


def text(content):
    return lambda path: path.write_text(content, encoding="utf-8")


def table(change):
    return lambda path: change(prices()).to_csv(path, index=False)


BAD = {
    "no file": (lambda path: None, "check the path"),
    "a folder": (lambda path: path.mkdir(), "a folder or a pipe has this name"),
    "empty": (text(""), "is empty: it needs a line of column names"),
    "a web page": (text("<!DOCTYPE html><p>404</p>"), "is no text but a web page"),
    "a workbook": (lambda p: p.write_bytes(b"PK\x03\x04..."), "a workbook of Excel"),
    "no target": (
        table(lambda t: t.rename(columns={"price": "prices"})),
        "has no column 'price' to use as the target; did you mean 'prices'",
    ),
    "words": (
        table(lambda t: t.assign(price=["dear"] * len(t))),
        "must be a number in each row",
    ),
    "few rows": (table(lambda t: t.head(20)), "but a training needs 30 or more"),
    "one value": (table(lambda t: t.assign(price=5)), "choose a column with something"),
    "no column": (table(lambda t: t[["price"]]), "has no feature column"),
    "two names": (text("a,a,price\n" + "1,2,3\n" * 40), "has two columns 'a'"),
    "a short row": (
        text("a,b,price\n" + "1,2,3\n" * 40 + "1,2\n"),
        "is no table: Expected 3 fields in line 42, saw 2",
    ),
    "two meanings": (
        text("a;price\n" + "".join(f"{i},234;{i % 7}\n" for i in range(1, 60))),
        "may mean two things",
    ),
    "a split of its own": (
        table(lambda t: t.assign(split="mine")),
        "must say train, val or test",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_gets_its_sentence_and_leaves_no_folder(tmp_path, what):
    make, sentence = BAD[what]
    make(tmp_path / "prices.csv")
    with pytest.raises(ValueError) as error:
        open_project("prices.csv", "price")
    assert sentence in str(error.value)
    others = [s for name, (_, s) in BAD.items() if name != what]
    assert not any(other in str(error.value) for other in others)
    assert not (tmp_path / "my_project").exists()


def test_an_interrupted_beginning_is_begun_anew(project):
    (project.folder / "project.json").unlink()
    (project.folder / "work.csv").write_text("half")
    again = open_project("prices.csv", "price")
    assert json.loads((again.folder / "project.json").read_text()) == project.about
    assert len(pd.read_csv(again.work)) == 200


def test_its_figures_show_the_table(project):
    y = np.asarray(project.data().train.labels)
    bins, about = project.choose_bins()
    ax, low = labels_in_bins(y, bins, project.judge().regions, label="price").axes
    drawn = sum(patch.get_data().values for patch in ax.patches)
    np.testing.assert_array_equal(drawn, bins.counts(y))
    assert ax.get_xlabel() == "price" and about and low.get_ylabel()
    baselines = project.baselines()
    left, right = scores_beside(baselines, unit="euro").axes
    assert [t.get_text() for t in left.get_yticklabels()] == list(baselines.index)
    assert "tail_5 (euro)" in right.get_xlabel()
    rows = prices().assign(error=1.0, prediction=0.0)
    for column in ("town", "area", "house"):
        (ax,) = errors_by_group(rows, column, unit="euro").axes
        assert ax.get_xlabel() == column and len(ax.patches) <= 24
    with pytest.raises(ValueError, match="there is no column 'rooms'"):
        errors_by_group(rows, "rooms")
