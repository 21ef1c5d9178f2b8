"""The facts in data/ are the ones that data/README.md describes."""

import hashlib

import pytest

from course.records.read import data_dir


def test_checksums():
    lines = (data_dir() / "SHA256SUMS").read_text().splitlines()
    names = [line.split()[1] for line in lines]
    assert names == sorted(path.name for path in data_dir().glob("*.csv"))
    for line in lines:
        expected, name = line.split()
        found = hashlib.sha256((data_dir() / name).read_bytes()).hexdigest()
        assert found == expected, name


def test_every_file_stands_in_the_readme():
    readme = (data_dir() / "README.md").read_text()
    for path in [*data_dir().glob("*.csv"), *data_dir().glob("runs/*.json")]:
        assert f"`{path.relative_to(data_dir()).as_posix()}`" in readme


def test_a_missing_folder_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="clone the course's repository"):
        data_dir()
