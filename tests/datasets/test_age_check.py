"""The check of an age folder finds each kind of damage, and only that."""

import shutil

import numpy as np
import pandas as pd
import pytest
from tiny_ages import tiny_agedb, tiny_imdb_wiki, tiny_utkface

from dirlib.datasets.photos import check as age_check
from dirlib.datasets.photos import check_ages, meta_from_names
from dirlib.datasets.published import FOLDER


@pytest.fixture
def meta(tmp_path):
    return tiny_agedb(tmp_path)


def picture(meta, row):
    return meta.parent / pd.read_csv(meta)["path"][row]


def test_a_good_set_is_well(meta):
    report = check_ages(meta)
    assert report.ok and report.compared == 90
    assert report.missing == report.damaged == report.duplicates == []
    assert report.mislabelled == [] and report.other_counts is None
    assert report.text().startswith("90 pictures in the meta-file\n")
    assert report.text().endswith("\nall is well")
    assert check_ages(meta, jobs=3).text() == report.text()


def test_utkface_and_imdb_wiki(tmp_path):
    folder = tiny_utkface(tmp_path / "utk")
    meta_from_names(folder, cap=5).to_csv(folder / "meta.csv", index=False)
    report = check_ages(folder / "meta.csv", kind="utkface")
    assert report.ok and report.compared == 90
    report = check_ages(tiny_imdb_wiki(tmp_path / "imdb"))
    assert report.ok and report.compared == 0


def test_missing_pictures(meta):
    for row in range(5):
        picture(meta, row).unlink()
    report = check_ages(meta)
    assert not report.ok and len(report.missing) == 5 and report.damaged == []
    assert "5 missing" in report.text() and "... and 2 more" in report.text()


@pytest.mark.parametrize(
    "content, why", [(b"", "0 bytes"), (b"<html>", "no picture"), (None, "is damaged")]
)
def test_damaged_pictures(meta, content, why):
    path = picture(meta, 7)
    path.write_bytes(path.read_bytes()[:-50] if content is None else content)
    report = check_ages(meta)
    ((found, reason),) = report.damaged
    assert not report.ok and meta.parent / found == path and why in reason
    assert "1 damaged" in report.text() and why in report.text()


def test_a_wrong_age(meta):
    table = pd.read_csv(meta)
    right = int(table.loc[4, "age"])
    table.loc[4, "age"] = right + 1
    table.to_csv(meta, index=False)
    report = check_ages(meta)
    assert report.mislabelled == [(table.loc[4, "path"], right + 1, right)]
    assert not report.ok and f"{right}, not {right + 1}" in report.text()


def test_parts_of_a_year_are_no_wrong_age(meta):
    table = pd.read_csv(meta)
    table["age"] += 0.75
    table.to_csv(meta, index=False)
    assert check_ages(meta).ok


def test_equal_files_in_two_splits(meta):
    table = pd.read_csv(meta)
    train, other = (table.index[table["split"] == split] for split in ("train", "test"))
    shutil.copy(picture(meta, train[0]), picture(meta, train[1]))
    assert check_ages(meta).ok  # within a split
    shutil.copy(picture(meta, train[0]), picture(meta, other[0]))
    report = check_ages(meta)
    rows = [train[0], train[1], other[0]]
    assert [sorted(group) for group in report.duplicates] == [
        sorted(table["path"][rows])
    ]
    assert not report.ok and "1 equal files in two splits" in report.text()


def test_the_published_counts_of_agedb(tmp_path, monkeypatch):
    """Without pictures: 16,488 of them would take too long to draw."""
    published = pd.read_csv(FOLDER / "agedb_dir_label_counts.csv", index_col="age")
    rows = [
        (age, f"{age}-{split}-{i}.jpg", split)
        for split in published
        for age, n in published[split].items()
        for i in range(n)
    ]
    meta = tmp_path / "agedb.csv"
    table = pd.DataFrame(rows, columns=["age", "path", "split"])
    table.to_csv(meta, index=False)
    monkeypatch.setattr(age_check, "_look_at", lambda path: ("fine", path.name))
    report = check_ages(meta, kind="agedb-dir")
    assert report.ok and report.other_counts.empty
    assert list(report.counts["found"]) == [12_208, 2_140, 2_140]
    assert "12,208  as published" in report.text()

    table.loc[table.index[table["age"] == 35][0], "age"] = 2  # no picture has age 2
    table.to_csv(meta, index=False)
    report = check_ages(meta, kind="agedb-dir")
    assert not report.ok and "age 2, train: 1, not 0" in report.text()
    assert report.other_counts.to_numpy().tolist() == [
        [2, "train", 1, 0],
        [35, "train", 352, 353],
    ]


@pytest.mark.parametrize(
    "kind, n", [("agedb-dir", "12,208"), ("imdb-wiki-dir", "191,509")]
)
def test_a_part_of_a_published_set_is_not_well(meta, kind, n):
    report = check_ages(meta, kind=kind)
    assert not report.ok and f"not {n}" in report.text()
    assert np.isfinite(report.counts["published"]).all()


def test_an_unknown_kind_and_a_refused_meta_file(meta):
    with pytest.raises(ValueError, match="agedb-dir, .* but got 'agedb'"):
        check_ages(meta, kind="agedb")
    with pytest.raises(ValueError, match="jobs must be a whole number, .* got 0"):
        check_ages(meta, jobs=0)
    with pytest.raises(ValueError, match="there is no meta-file"):
        check_ages(meta.parent / "other.csv")
