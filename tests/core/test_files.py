"""A file is written whole, or not at all."""

import errno
import threading

import pytest

from dirlib.files import write_atomically


def disk_full(file):
    file.write(b"half of it")
    raise OSError(errno.ENOSPC, "No space left on device")


def stopped(file):
    file.write(b"half of it")
    raise KeyboardInterrupt


@pytest.mark.parametrize("there_already", [False, True])
@pytest.mark.parametrize(
    ("content", "written"),
    [
        ("ä, 年\nand more\n", "ä, 年\nand more\n".encode()),
        (b"\x00\r\n\xff", b"\x00\r\n\xff"),
        (lambda file: [file.write(b"one "), file.write(b"two")], b"one two"),
        ("", b""),
    ],
    ids=["text", "bytes", "writer", "empty"],
)
def test_the_file_holds_what_was_given_and_is_alone(
    tmp_path, content, written, there_already
):
    path = tmp_path / "result.json"
    if there_already:
        path.write_bytes(b"what was there, and longer than anything that comes")
    write_atomically(path, content)
    assert path.read_bytes() == written
    write_atomically(str(path), content)  # a text is a path, too
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (disk_full, OSError),
        (stopped, KeyboardInterrupt),
        ("\udcff is no text", UnicodeEncodeError),
        (3, TypeError),
    ],
    ids=["disk full", "stopped", "no text", "no content"],
)
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, old, content, error):
    path = tmp_path / "result.csv"
    if old is not None:
        path.write_bytes(old)
    with pytest.raises(error):
        write_atomically(path, content)
    left = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert left == ({} if old is None else {"result.csv": old})


def test_until_the_new_file_is_whole_a_reader_sees_the_old_one(tmp_path):
    path = tmp_path / "result.csv"
    path.write_bytes(b"old")

    def content(file):
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    write_atomically(path, content)
    assert path.read_bytes() == b"new"


def test_what_cannot_be_replaced_stays(tmp_path):
    folder = tmp_path / "result"
    folder.mkdir()
    with pytest.raises(OSError):
        write_atomically(folder, "text")
    assert list(tmp_path.iterdir()) == [folder] and not list(folder.iterdir())
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "no folder" / "result", "text")
    assert not (tmp_path / "no folder").exists()


def test_two_writers_at_once_leave_one_whole_file(tmp_path):
    path, both = tmp_path / "result", threading.Barrier(2, timeout=60)
    contents = [b"1" * 100_000, b"2" * 200_000]

    def write(data):
        def content(file):
            both.wait()  # both files are open
            file.write(data)

        write_atomically(path, content)

    threads = [threading.Thread(target=write, args=[data]) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents and list(tmp_path.iterdir()) == [path]


def test_the_old_file_can_be_kept_under_another_name(tmp_path):
    path, previous = tmp_path / "state", tmp_path / "state.previous"
    path.write_bytes(b"old")

    def keep():
        path.replace(previous)

    with pytest.raises(OSError):
        write_atomically(path, disk_full, before=keep)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
    write_atomically(path, b"new", before=keep)
    assert (path.read_bytes(), previous.read_bytes()) == (b"new", b"old")
    assert len(list(tmp_path.iterdir())) == 2
