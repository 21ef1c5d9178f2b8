"""Laws of the cache: a result is never lost, never half written, never wrong."""

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from dirlib.datasets import cache
from dirlib.datasets.cache import cache_dir, cached

KEY = {"version": 1, "seed": 0}


def arrays(fill=7):
    return {
        "images": np.full((50, 8, 8, 3), fill, np.uint8),
        "labels": np.arange(50, dtype=np.int64),
    }


def same(got, expected):
    return got.keys() == expected.keys() and all(
        np.array_equal(got[k], expected[k]) and got[k].dtype == expected[k].dtype
        for k in expected
    )


def never():
    raise AssertionError("the cache should have held this")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DIRLIB_CACHE", str(tmp_path / "kept" / "here"))
    return tmp_path / "kept" / "here"


def only_file(folder):
    (path,) = folder.iterdir()
    return path


def test_the_second_call_reads_what_the_first_one_made(folder, capsys):
    first = cached("set", KEY, arrays)
    second = cached("set", KEY, never)
    assert same(first, arrays()) and same(second, arrays())
    assert only_file(folder).suffix == ".npz"  # no temporary file stays behind
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("change", [{"seed": 1}, {"version": 2}, {"more": 0}])
def test_another_key_is_another_file(folder, change):
    cached("set", KEY, arrays)
    assert same(cached("set", KEY | change, lambda: arrays(8)), arrays(8))
    assert same(cached("set", KEY, never), arrays(7))
    assert len(list(folder.iterdir())) == 2


def test_the_order_of_the_key_does_not_matter(folder):
    cached("set", KEY, arrays)
    assert same(cached("set", dict(reversed(KEY.items())), never), arrays())


def flip(data, where):
    return data[:where] + bytes([data[where] ^ 0x40]) + data[where + 1 :]


DAMAGE = {
    "empty": lambda data: b"",
    "text": lambda data: b"not a cache file",
    "half": lambda data: data[: len(data) // 2],
    "end lost": lambda data: data[:-10],
    "bit in the pixels": lambda data: flip(data, len(data) // 2),
    "bit in a header": lambda data: flip(data, data.index(b"'shape'") + 12),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_said_and_made_anew(folder, capsys, damage):
    cached("set", KEY, arrays)
    path = only_file(folder)
    path.write_bytes(damage(path.read_bytes()))
    assert same(cached("set", KEY, arrays), arrays())
    out, err = capsys.readouterr()
    assert out.count("\n") == 1 and str(path) in out and "made anew" in out
    assert err == ""
    assert same(cached("set", KEY, never), arrays())  # and mended


def test_no_flipped_bit_ever_gives_other_arrays(folder):
    cached("set", KEY, lambda: {"x": np.arange(6.0)})
    path = only_file(folder)
    good = path.read_bytes()
    remade = 0

    def make():
        nonlocal remade
        remade += 1
        return {"x": np.arange(6.0)}

    for where in range(0, len(good), 7):
        path.write_bytes(flip(good, where))
        assert same(cached("set", KEY, make), {"x": np.arange(6.0)})
    assert remade > 50


def test_a_file_under_another_files_name_is_not_believed(folder, capsys):
    cached("set", KEY, arrays)
    path = only_file(folder)
    cached("set", {"seed": 5}, lambda: arrays(5))
    (other,) = set(folder.iterdir()) - {path}
    path.write_bytes(other.read_bytes())
    assert same(cached("set", KEY, arrays), arrays())
    assert "other data" in capsys.readouterr().out


def test_pickled_objects_are_never_loaded(folder, capsys):
    cached("set", KEY, arrays)
    path = only_file(folder)
    with open(path, "wb") as file:
        np.savez(file, key=np.array([{"code": print}], dtype=object))
    assert same(cached("set", KEY, arrays), arrays())
    assert "damaged" in capsys.readouterr().out


def says_the_folder_and_the_cure(text, folder):
    return text.count("\n") == 1 and str(folder) in text and "DIRLIB_CACHE" in text


def test_a_file_where_the_folder_should_be(tmp_path, monkeypatch, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("DIRLIB_CACHE", str(blocked / "cache"))
    assert same(cached("set", KEY, arrays), arrays())
    assert says_the_folder_and_the_cure(capsys.readouterr().out, blocked / "cache")
    assert blocked.read_text() == "in the way"


@pytest.mark.parametrize("step", ["os.replace", "np.savez", "Path.mkdir"])
def test_a_step_of_writing_that_fails(folder, monkeypatch, capsys, step):
    def fail(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    module, name = step.split(".")
    monkeypatch.setattr(getattr(cache, module), name, fail)
    assert same(cached("set", KEY, arrays), arrays())
    monkeypatch.undo()
    out, err = capsys.readouterr()
    assert says_the_folder_and_the_cure(out, folder) and "Read-only" in out
    assert err == ""
    assert not folder.exists() or not any(folder.iterdir())


def test_what_make_raises_is_not_hidden(folder):
    with pytest.raises(ZeroDivisionError):
        cached("set", KEY, lambda: 1 / 0)
    assert not folder.exists()


def write_and_read(_):
    return all(
        same(cached("set", {"round": r}, lambda: arrays(3)), arrays(3))
        for r in range(20)
    )


def test_two_processes_at_once(folder):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(write_and_read, range(4)) == [True] * 4
    assert len(list(folder.glob("*.npz"))) == 20 == len(list(folder.iterdir()))


def test_cache_dir_is_named_by_the_environment(folder):
    assert cache_dir() == folder


def fake_home(monkeypatch, tmp_path, module):
    monkeypatch.delenv("DIRLIB_CACHE", raising=False)
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setattr(cache, "__file__", str(module))


def test_cache_dir_in_a_checkout(monkeypatch, tmp_path):
    fake_home(monkeypatch, tmp_path, tmp_path / "dirlib" / "datasets" / "cache.py")
    (tmp_path / "data").mkdir()
    (tmp_path / "pyproject.toml").touch()
    assert cache_dir() == tmp_path / "data" / "cache"


def test_cache_dir_of_an_installed_package(monkeypatch, tmp_path):
    fake_home(monkeypatch, tmp_path, tmp_path / "dirlib" / "datasets" / "cache.py")
    (tmp_path / "data").mkdir()  # some other package's folder
    assert cache_dir().is_relative_to(tmp_path / "home")
    assert cache_dir().name == "dirlib"


def test_an_empty_variable_counts_as_none(monkeypatch):
    monkeypatch.setenv("DIRLIB_CACHE", "")
    assert cache_dir() != Path("")
