"""``make check-env`` finds what is missing and says how to mend it."""

import socket
import subprocess
import sys
from importlib import metadata

import pytest

from tools import check_env
from tools.lessons import lab
from tools.lessons.env import ROOT

LISTED = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def run(*flags):
    args = [sys.executable, *flags, str(ROOT / "tools" / "check_env.py")]
    return subprocess.run(args, capture_output=True, text=True, timeout=300)


def test_this_environment_passes_with_a_line_per_requirement():
    ran = run()
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name, _ in check_env.requirements(LISTED):
        assert f"[ OK ] {name} {metadata.version(name)}" in lines
    assert sum(line.startswith("[ OK ]") for line in lines) == len(lines) - 1


def test_bare_python_gets_cures_and_no_traceback():
    ran = run("-I", "-S")  # no site-packages
    assert ran.returncode == 1
    assert ran.stderr == ""
    failed = [line for line in ran.stdout.splitlines() if line.startswith("[FAIL]")]
    assert len(failed) >= len(check_env.requirements(LISTED))
    assert all(" - cure: " in line for line in failed)
    assert "[FAIL] torch: not installed - cure: python tools/install.py" in ran.stdout


def test_requirements_are_read():
    text = "# a note\n\nnumpy >= 2.0, <3  # why\nscikit-learn\n-e .\ntorch==2.1\n"
    assert check_env.requirements(text) == [
        ("numpy", ">=2.0,<3"),
        ("scikit-learn", ""),
        ("torch", "==2.1"),
    ]
    assert len(check_env.requirements(LISTED)) == 13


@pytest.mark.parametrize(
    ("version", "ranges", "expected"),
    [
        ("4.6.6", ">=4.4,<5", True),
        ("4.10", ">=4.4,<5", True),
        ("4.3.9", ">=4.4,<5", False),
        ("5.0.0", ">=4.4,<5", False),
        ("2.14.1+cpu", "==2.14.1", True),
        ("2.14.1", "!=2.14.1", False),
        ("3.0rc1", ">=2.9", True),
        ("1.0", "", True),
        ("1.0", "<=1.0", True),
        ("1.0", ">1.0", False),
    ],
)
def test_ranges(version, ranges, expected):
    assert check_env.in_ranges(version, ranges) is expected


def test_old_python_ends_the_list(monkeypatch):
    passed, text = check_env.check_python((3, 10, 4))
    assert not passed
    assert text == "Python 3.10.4 - cure: install Python 3.11 or later"
    monkeypatch.setattr(check_env, "check_python", lambda: (passed, text))
    assert list(check_env.results()) == [(passed, text)]


def test_python_of_32_bits():
    passed, text = check_env.check_python((3, 12, 1), largest=2**31 - 1)
    assert not passed and text.endswith("- cure: install a 64-bit Python")


def test_package_too_old(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: "1.9")
    passed, text = check_env.check_package("numpy", ">=2.0")
    assert not passed and text.startswith("numpy 1.9: >=2.0 is needed - cure: ")


def test_pair_that_does_not_work(monkeypatch):
    monkeypatch.setattr(
        check_env, "PAIR", "raise RuntimeError('operator torchvision::nms')"
    )
    passed, text = check_env.check_pair()
    assert not passed
    assert "RuntimeError: operator torchvision::nms - cure: " in text


def test_folder_without_data_and_with_another_dirlib(tmp_path):
    passed, text = check_env.check_data(tmp_path)
    assert not passed and "git checkout" in text
    passed, text = check_env.check_dirlib(tmp_path)
    assert not passed and "not from here" in text


@pytest.mark.parametrize(
    ("cuda", "gpu", "word"),
    [
        (True, False, "a new environment with python tools/install.py"),
        (True, True, "torch is a CUDA build"),
        (False, True, "torch is a CPU build"),
        (False, False, "torch is a CPU build"),
    ],
)
def test_cuda_without_a_gpu_is_a_word_and_no_failure(cuda, gpu, word):
    passed, text = check_env.check_build(cuda, gpu)
    assert passed and text.endswith(word)


def test_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")
    passed, text = check_env.check_cache(tmp_path, {})
    assert not passed and text.startswith("data/cache: cannot be written (")
    named = {"DIRLIB_CACHE": str(tmp_path / "data" / "mine")}
    passed, text = check_env.check_cache(tmp_path / "elsewhere", named)
    assert not passed and text.startswith(f"{tmp_path}")
    assert text.endswith("set DIRLIB_CACHE to a folder of your own")


def test_copies_that_cannot_be_written(tmp_path):
    (tmp_path / "my_lessons").write_text("a file where a folder should be")
    passed, text = check_env.check_copies(tmp_path)
    assert not passed and "cure: open the lessons with: python -m tools" in text


def test_nothing_is_left_where_writing_was_tried(tmp_path):
    assert check_env.check_cache(tmp_path, {}) == (True, "data/cache can be written")
    assert check_env.check_copies(tmp_path) == (True, "my_lessons can be written")
    assert list(tmp_path.iterdir()) == []


def test_disk_for_the_installation_and_after_it(tmp_path):
    passed, text = check_env.check_disk(tmp_path, free=0.2)
    assert not passed and text.startswith("0.2 GB of disk are free - cure: free 1 GB")
    assert check_env.check_disk(tmp_path, free=7.0)[0]
    passed, text = check_env.check_disk(tmp_path, installed=False, free=7.0)
    assert not passed and "cure: free 8 GB" in text


@pytest.mark.parametrize(("found", "enough"), [(1.9, False), (3.8, True), (32, True)])
def test_memory(found, enough):
    passed, text = check_env.check_memory(found)
    assert passed is enough and ("cure" in text) is not enough


def test_memory_of_a_container_is_its_limit(tmp_path, monkeypatch):
    pages = {"SC_PHYS_PAGES": 10**6, "SC_PAGE_SIZE": 4000}
    monkeypatch.setattr(check_env.os, "sysconf", pages.__getitem__, raising=False)
    limit = tmp_path / "memory.max"
    assert check_env.memory(limit) == 4.0
    for text, expected in (("2000000000\n", 2.0), ("max\n", 4.0), ("9" * 19, 4.0)):
        limit.write_text(text)
        assert check_env.memory(limit) == expected


def test_memory_that_nothing_tells(monkeypatch):
    monkeypatch.delattr(check_env.os, "sysconf", raising=False)
    passed, text = check_env.check_memory()
    assert passed and "not known" in text


def test_ports():
    assert check_env.check_ports()[0]

    class Forbidden(socket.socket):
        def bind(self, address):
            raise PermissionError(1, "Operation not permitted")

    passed, text = check_env.check_ports(Forbidden)
    assert not passed and "Operation not permitted) - cure: allow Python" in text


# ------------------------------------------------------------------------- make lab


@pytest.mark.parametrize(
    ("environ", "platform", "browser"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "w3m"}, "linux", True),
        ({"DISPLAY": ""}, "linux", False),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_lab_opens_a_browser_where_there_is_a_screen(environ, platform, browser):
    args = lab.arguments(environ, platform, is_root=False)
    assert ("--no-browser" not in args) is browser
    assert "--allow-root" not in args


def test_lab_as_root_opens_the_way_in():
    args = lab.arguments({}, "linux", is_root=True)
    assert "--allow-root" in args
    assert f"--LabApp.default_url=/lab/tree/{lab.FOLDER}/{lab.FIRST}" in args
    assert (lab.ROOT / "lessons" / lab.FIRST).is_file()


def test_lab_names_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert lab.main([str(tmp_path / "file" / "mine")]) == 1
    assert "name a folder that you can write to" in capsys.readouterr().out


def test_lab_notices_a_home_that_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    assert lab.home_is_writable()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "file" / "runtime"))
    assert not lab.home_is_writable()
