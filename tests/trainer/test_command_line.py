"""What ends a command: wrong settings, a second process, a full disk, a signal."""

import io
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from dirlib.__main__ import main
from dirlib.files import locked
from dirlib.trainer.summary import scores_text

ONLY_POSIX = pytest.mark.skipif(
    os.name != "posix", reason="this system has no such signal or limit"
)


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    path = tmp_path / "table.csv"
    columns = {"Größe 年": x, "no name": [f"{i} 年" for i in range(200)]}
    columns["y"] = 1e5 * (x + rng.normal(size=200))
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def train(table, out, *words):
    words = ["train", "--data", table, "--target", "y", "--out", out, *words]
    return [str(word) for word in words]


@pytest.mark.parametrize("command", ["train", "compare"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lr", "0"], "lr must be finite and above 0, but got 0.0"),
        (["--lr", "nan"], "lr must be finite and above 0, but got nan"),
        (["--batch-size", "0"], "batch_size must be a whole number from 1"),
        (["--workers", "-1"], "workers must be a whole number, 0 or more, got -1"),
        (["--bin-width", "-3"], "bin_width must be finite and above 0"),
        (["--lds-sigma", "0"], "lds_sigma must be finite and above 0"),
        (["--split-seed", str(2**70)], "split_seed must be a whole number from 0"),
    ],
)
def test_wrong_settings_leave_nothing_behind(table, tmp_path, command, words, message):
    out = tmp_path / "out"
    methods = ["--methods", "vanilla", "--seeds", "1", "--jobs", "1"]
    words = words + methods if command == "compare" else words
    with pytest.raises(SystemExit, match=message):
        main([command, *train(table, out, *words)[1:]])
    assert not out.exists()


def test_a_seed_that_no_generator_takes(table, tmp_path):
    with pytest.raises(SystemExit, match="seed must be a whole number from 0 to 2"):
        main(train(table, tmp_path / "out", "--seed", 2**70))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("errors", "shown"),
    [
        ([41414.02, 20424.51, None, 5139071.13], ["41414", "20425", "-", "5139071"]),
        ([9999.994, 99999.996, 1.0, 0.0], ["10000", "100000", "1.00", "0.00"]),
        ([1.23456e-5, 3.2, 250.0, None], ["0.0000123", "3.20", "250.00", "-"]),
    ],
)
def test_numbers_stand_apart_with_their_digits(errors, shown):
    names = ("all", "many", "medium", "few")
    scores = dict.fromkeys(("val", "test"), dict(zip(names, errors, strict=True)))
    assert scores_text({"a": {"R2": -1e-5}}).split() == ["R2", "a", "-0.000"]
    header, val, test = scores_text(scores).splitlines()
    assert header.split() == list(names) and test.split()[1:] == val.split()[1:]
    for text, expected in zip(val.split()[1:], shown, strict=True):
        assert text == expected or float(text) == pytest.approx(float(expected), 1e-3)


def test_an_encoding_without_a_sign_does_not_end_a_finished_run(
    table, tmp_path, monkeypatch
):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    main(train(table, tmp_path / "年", "--epochs", 1))
    sys.stdout.flush()
    assert b"\\u5e74" in raw.getvalue()


def test_a_second_process_is_refused_until_the_first_has_ended(table, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with locked(out), pytest.raises(SystemExit, match="another process is at work in"):
        main(train(table, out, "--epochs", 1))
    assert not (out / "settings.json").exists()
    main(train(table, out, "--epochs", 1))
    with locked(out), pytest.raises(SystemExit, match="another process is at work in"):
        main(train(table, out, "--epochs", 1, "--resume"))


def test_a_killed_process_leaves_no_lock(tmp_path):
    code = "import os, sys; from dirlib.files import locked\n"
    code += "with locked(sys.argv[1]): os._exit(9)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)])
    assert done.returncode == 9 and (tmp_path / ".lock").exists()
    with locked(tmp_path):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="this system has no /proc")
def test_a_child_that_lives_on_keeps_no_lock(tmp_path):
    with locked(tmp_path):
        links = {int(fd): f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")}
        held = [fd for fd, link in links.items() if os.path.lexists(link)
                and os.readlink(link) == str(tmp_path / ".lock")]  # fmt: skip
        child = subprocess.Popen(["sleep", "600"], pass_fds=held)
    try:
        assert len(held) == 1
        with locked(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


LIMITED = """
import resource, sys
from dirlib.trainer.run import training_run
from dirlib.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
main(sys.argv[2:])
"""


@ONLY_POSIX
@pytest.mark.parametrize("limit", [100, 20_000, 60_000])
def test_a_full_disk_is_one_sentence(table, tmp_path, limit):
    out = tmp_path / "out"
    words = train(table, out, "--epochs", 2)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), *words],
        capture_output=True,
        text=True,
        env=os.environ | {"TQDM_DISABLE": "1"},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("python -m dirlib train: ")
    assert len(done.stderr.splitlines()) == 1
    assert not list(out.glob("*.tmp"))


@ONLY_POSIX
def test_a_pipe_for_a_picture_is_named_and_not_waited_for(tmp_path):
    from dirlib.datasets.photos import ImageFiles

    os.mkfifo(tmp_path / "pipe.jpg")
    for name in (tmp_path / "pipe.jpg", "/dev/zero"):
        with pytest.raises(ValueError, match=f"{name} can't be read: it is a pipe or"):
            ImageFiles([name], [1.0], 8).batch([0])


def descendants(pid):
    """The processes below one, as /proc tells."""
    path, found = f"/proc/{pid}/task/{pid}/children", []
    if os.path.exists(path):
        with open(path) as file:
            found = [int(child) for child in file.read().split()]
    return found + [p for child in found for p in descendants(child)]


@pytest.mark.skipif(sys.platform != "linux", reason="this system has no /proc")
def test_sigterm_ends_the_workers_too(table, tmp_path):
    out = tmp_path / "runs"
    words = ["compare", *train(table, out)[1:], "--epochs", "100000", "--jobs", "2"]
    words += ["--methods", "vanilla,inv", "--seeds", "1"]
    process = subprocess.Popen([sys.executable, "-m", "dirlib", *words])
    try:
        deadline = time.monotonic() + 300
        while len(list(out.rglob("checkpoint.pt"))) < 2:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        children = descendants(process.pid)
        assert len(children) >= 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 1
        while any(os.path.exists(f"/proc/{child}") for child in children):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        for pid in [process.pid, *descendants(process.pid)] * (process.poll() is None):
            os.kill(pid, signal.SIGKILL)
