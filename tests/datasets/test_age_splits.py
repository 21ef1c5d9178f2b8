"""Split rules: the published counts, and no person in two splits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_ages import PEOPLE, tiny_agedb, tiny_utkface

from dirlib.datasets.photos import (
    meta_from_names,
    read_meta,
    split_by_age,
    split_by_identity,
)
from dirlib.datasets.photos.file_names import read_name
from dirlib.datasets.published import FOLDER

AGES = st.lists(st.integers(0, 12), min_size=1, max_size=120)


@settings(deadline=None, max_examples=60)
@given(AGES, st.integers(1, 8), st.integers(0, 3))
def test_the_published_rule_age_by_age(ages, cap, seed):
    splits = split_by_age(ages, cap=cap, seed=seed)
    assert splits.shape == (len(ages),)
    for age in set(ages):
        found = [s for a, s in zip(ages, splits, strict=True) if a == age]
        held_out = min(len(found) // 3, cap)
        assert found.count("val") == found.count("test") == held_out
        assert found.count("train") == len(found) - 2 * held_out > 0


def test_agedb_gets_its_published_counts():
    published = pd.read_csv(FOLDER / "agedb_dir_label_counts.csv", index_col="age")
    ages = np.repeat(published.index, published.sum(axis=1))
    splits = split_by_age(ages, cap=30)
    for name in published:
        found = np.bincount(ages[splits == name], minlength=published.index[-1] + 1)
        assert (found[published.index] == published[name]).all()


def test_the_seed_decides_and_nothing_else():
    ages = np.random.default_rng(0).integers(20, 30, 300)
    before = ages.copy()
    first = split_by_age(ages, cap=5, seed=1)
    assert (ages == before).all()
    assert (split_by_age(ages, cap=5, seed=1) == first).all()
    assert (split_by_age(ages, cap=5, seed=2) != first).any()


def test_ages_within_a_year_go_together():
    splits = split_by_age([30.0, 30.4, 30.9, 31.2], cap=30)
    assert splits[3] == "train" and sorted(splits[:3]) == ["test", "train", "val"]


@settings(deadline=None, max_examples=60)
@given(AGES, st.integers(3, 9), st.integers(1, 8), st.integers(0, 3))
def test_every_person_is_in_one_split_and_train_is_never_empty(ages, n, cap, seed):
    people = [f"p{i * i % n if i >= n else i}" for i in range(max(len(ages), n))]
    ages = (ages * n)[: len(people)]
    splits = split_by_identity(ages, people, cap=cap, seed=seed)
    assert set(splits) <= {"train", "val", "test"} and "train" in splits
    for person in set(people):
        held = {s for s, p in zip(splits, people, strict=True) if p == person}
        assert len(held) == 1
    again = split_by_identity(ages, people, cap=cap, seed=seed)
    assert (again == splits).all()


def distance(ages, splits, cap):
    """How many pictures away from the published counts, by a plain loop."""
    total = 0
    for age in set(ages):
        n = sum(a == age for a in ages)
        held_out = min(n // 3, cap)
        for name, aim in (
            ("train", n - 2 * held_out),
            ("val", held_out),
            ("test", held_out),
        ):
            found = sum(
                (a == age) and s == name for a, s in zip(ages, splits, strict=True)
            )
            total += abs(found - aim)
    return total


@pytest.mark.parametrize("seed", range(4))
def test_no_single_move_is_better(seed):
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 12, 150)
    ages = (20 + people // 2 + rng.integers(0, 8, 150)).tolist()
    splits = split_by_identity(ages, people, cap=10, seed=seed)
    reached = distance(ages, splits, 10)
    assert reached < distance(ages, np.full(150, "train"), 10)
    for person in range(12):
        for name in ("train", "val", "test"):
            moved = np.where(people == person, name, splits)
            if "train" in moved:
                assert distance(ages, moved, 10) >= reached


def test_one_picture_per_person_gives_the_published_counts():
    ages = np.random.default_rng(0).integers(20, 26, 200)
    splits = split_by_identity(ages, np.arange(200), cap=7)
    assert distance(ages.tolist(), splits, 7) == 0


def test_two_persons_cannot_fill_three_splits():
    with pytest.raises(ValueError, match="three persons at least.* but hold 2"):
        split_by_identity([30] * 6, list("aabbbb"), cap=3)


@pytest.mark.parametrize(
    "ages, options, message",
    [
        ([], {}, "ages must be a flat list of one number or more"),
        ([[30]], {}, r"shape \[1, 1\]"),
        (["30"], {}, "ages must be a flat list"),
        ([30, np.nan], {}, r"ages\[1\] is nan"),
        ([30], {"cap": 0}, "cap must be a whole number, 1 or more, got 0"),
        ([30], {"cap": 2.5}, "cap must be .* got 2.5"),
        ([30], {"seed": -1}, "seed must be .* got -1"),
    ],
)
def test_values_that_are_refused(ages, options, message):
    options = {"cap": 3} | options
    with pytest.raises(ValueError, match=message):
        split_by_age(ages, **options)
    with pytest.raises(ValueError, match=message):
        split_by_identity(ages, list(range(len(ages))), **options)


@pytest.mark.parametrize("identities", [["a"], [1.0, 2.0, np.nan], ["a", None, "b"]])
def test_identities_that_are_refused(identities):
    with pytest.raises(ValueError, match="identities must be 3 texts or whole numbers"):
        split_by_identity([30, 31, 32], identities, cap=3)


NAMES = {
    "35_0_1_20170116174525125.jpg.chip.jpg": ("utkface", 35, None),
    "1_1_0_20161219140623097.jpg": ("utkface", 1, None),
    "116_0_0_20170120134744096.png": ("utkface", 116, None),
    "39_1_20170116174525125.jpg.chip.jpg": ("utkface", 39, None),
    "53__0_20170116184028385.jpg": ("utkface", 53, None),
    "24_0_1_20170116220224657 .jpg.chip.jpg": ("utkface", 24, None),
    "0_MariaCallas_35_f.jpg": ("agedb", 35, "MariaCallas"),
    "16487_Jean-Luc_Godard_8_m.JPG": ("agedb", 8, "Jean-Luc_Godard"),
    "7_O'Toole_101_m.jpeg": ("agedb", 101, "O'Toole"),
}


@pytest.mark.parametrize("name, expected", NAMES.items())
def test_names_that_hold_an_age(name, expected):
    kind, age, identity = expected
    assert read_name(name, kind) == read_name(name) == (age, identity)
    (other,) = {"utkface", "agedb"} - {kind}
    assert read_name(name, other) is None


@pytest.mark.parametrize(
    "name",
    [
        "readme.txt",
        "face.jpg",
        "35.jpg",
        "35_0_1.jpg",
        "_0_1_20170116174525125.jpg",
        "1234_0_1_20170116174525125.jpg",
        "-3_0_1_20170116174525125.jpg",
        "35_0_1_20170116174525125.pg",
        "0_MariaCallas_35_x.jpg",
        "0_MariaCallas__f.jpg",
        "0__35_f.jpg",
    ],
)
def test_names_that_hold_no_age(name):
    assert read_name(name) is None


def test_utkface_becomes_a_meta_file(tmp_path, capsys):
    folder = tiny_utkface(tmp_path)
    (folder / "36_1_20170116174525125.jpg.chip.jpg").write_bytes(b"x")  # no race
    table = meta_from_names(folder, cap=5)
    assert capsys.readouterr().out == ""
    assert len(table) == 91 and 36 in set(table["age"])
    assert list(table["path"]) == sorted(table["path"])
    assert (table["split"] == split_by_age(table["age"], cap=5)).all()
    table.to_csv(tmp_path / "meta.csv", index=False)
    assert read_meta(tmp_path / "meta.csv").table.equals(table.astype({"path": "str"}))


def test_names_without_an_age_are_left_out_and_listed(tmp_path, capsys):
    folder = tiny_utkface(tmp_path)
    for name in ("a.jpg", "b.txt", "c.jpg", "d.jpg", "300_0_0_20170116174525125.jpg"):
        (folder / name).write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    assert len(meta_from_names(folder, cap=5)) == 90
    (line,) = capsys.readouterr().out.splitlines()
    assert "5 files in" in line and "left out: 300_0_0_" in line
    assert line.endswith("a.jpg, b.txt, ...")


def test_agedb_without_a_person_in_two_splits(tmp_path):
    tiny_agedb(tmp_path)
    table = meta_from_names(tmp_path / "AgeDB", "agedb", "identity", cap=10, seed=0)
    people = table["path"].map(lambda path: read_name(path, "agedb").identity)
    assert set(people) == set(PEOPLE)
    assert (table["split"].groupby(people).nunique() == 1).all()
    assert set(table["split"]) == {"train", "val", "test"}
    by_picture = meta_from_names(tmp_path / "AgeDB", "agedb", cap=10)
    assert (by_picture["split"].groupby(people).nunique() > 1).any()


def test_a_download_that_holds_its_pictures_twice(tmp_path):
    tiny_utkface(tmp_path / "UTKFace", n=40)
    tiny_utkface(tmp_path / "crop_part1", n=40)
    with pytest.raises(ValueError, match="80 pictures in .* share their name"):
        meta_from_names(tmp_path)
    assert len(meta_from_names(tmp_path / "UTKFace", cap=3)) == 40


def test_folders_that_are_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no folder"):
        meta_from_names(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds no picture with an age in its name"):
        meta_from_names(tmp_path)
    tiny_utkface(tmp_path, n=2)
    with pytest.raises(ValueError, match="2 pictures in .* too few"):
        meta_from_names(tmp_path)
    with pytest.raises(ValueError, match="agedb writes it: name another folder"):
        meta_from_names(tmp_path, "agedb")
    with pytest.raises(ValueError, match="utkface, agedb, but got 'faces'"):
        meta_from_names(tmp_path, "faces")
    with pytest.raises(ValueError, match="one of age, identity, but got 'person'"):
        meta_from_names(tmp_path, split="person")
    with pytest.raises(ValueError, match="split must be age for utkface"):
        meta_from_names(tmp_path, split="identity")
