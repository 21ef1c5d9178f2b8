"""The facts that data/README.md describes are the ones that are there."""

import hashlib

import pytest

from course.records.read import data_dir
from dirlib.datasets.published import FOLDER


def test_checksums():
    lines = (data_dir() / "SHA256SUMS").read_text().splitlines()
    names = [line.split()[1] for line in lines]
    there = [*FOLDER.glob("*.csv"), *data_dir().glob("*.csv")]
    assert {(data_dir() / name).resolve() for name in names} == {
        path.resolve() for path in there
    }
    for line in lines:
        expected, name = line.split()
        found = hashlib.sha256((data_dir() / name).read_bytes()).hexdigest()
        assert found == expected, name


def test_every_file_stands_in_the_readme():
    readme = (data_dir() / "README.md").read_text()
    files = [*data_dir().glob("*.csv"), *data_dir().glob("runs/*.json")]
    names = [path.relative_to(data_dir()).as_posix() for path in files]
    for name in [*names, *(path.name for path in FOLDER.glob("*.csv"))]:
        assert f"`{name}`" in readme


def test_a_missing_folder_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="clone the course's repository"):
        data_dir()
