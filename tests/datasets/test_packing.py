"""A pack gives what the files give, and is never half, stale or another set's."""

import json
import multiprocessing
import os
import shutil

import numpy as np
import pytest
import torch
from tiny_ages import tiny_agedb

from dirlib.datasets.photos import (
    age_samples,
    open_pack,
    pack_images,
    packing,
    read_meta,
)


@pytest.fixture
def meta(tmp_path):
    return tiny_agedb(tmp_path / "set", n=40)


@pytest.fixture
def pack(meta, tmp_path):
    pack_images(read_meta(meta), 12, tmp_path / "packs" / "p.npy")
    return tmp_path / "packs" / "p.npy"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_packed_and_direct_reading_agree_bit_for_bit(meta, pack):
    direct = age_samples(meta, size=12)
    packed = age_samples(meta, size=12, pack=pack)
    for split in ("train", "val", "test"):
        index = torch.arange(len(direct[split])).flip(0)
        u = torch.rand(len(index), generator=torch.Generator().manual_seed(0))
        for given in (None, u):
            a, b = (set_[split].batch(index, given) for set_ in (direct, packed))
            assert torch.equal(a, b) and a.dtype == torch.float32
        assert direct[split].checksum == packed[split].checksum
        assert (direct[split].labels == packed[split].labels).all()
    assert names(pack.parent) == ["p.npy", "p.npy.json"]


def test_the_pictures_are_not_needed_any_more(meta, pack):
    expected = age_samples(meta, size=12)["val"].batch(torch.tensor([1, 0]))
    shutil.rmtree(meta.parent / "AgeDB")
    packed = age_samples(meta, size=12, pack=pack)["val"]
    assert torch.equal(packed.batch(torch.tensor([1, 0])), expected)


def test_the_number_of_threads_changes_nothing(meta, pack, tmp_path):
    pack_images(read_meta(meta), 12, tmp_path / "more.npy", jobs=3)
    assert (tmp_path / "more.npy").read_bytes() == pack.read_bytes()


def test_a_pack_is_a_read_only_memory_map(meta, pack):
    images = open_pack(pack, read_meta(meta), 12)
    assert isinstance(images, np.memmap) and images.shape == (40, 12, 12, 3)
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def first_two(samples):
    return samples.batch(torch.tensor([0, 1])).numpy()


def test_another_process_opens_the_file_itself(meta, pack):
    samples = age_samples(meta, size=12, pack=pack)["train"]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (got,) = pool.map(first_two, [samples])
    assert (got == first_two(samples)).all()


def test_corrected_labels_and_splits_need_no_new_pack(meta, pack):
    table, folder = read_meta(meta)
    table["age"] += 1
    table["split"] = table["split"].to_numpy()[::-1]
    table.to_csv(meta, index=False)
    direct, packed = age_samples(meta, size=12), age_samples(meta, size=12, pack=pack)
    index = torch.arange(3)
    for split in direct:
        assert torch.equal(direct[split].batch(index), packed[split].batch(index))


def change_note(pack, **values):
    note = pack.with_name("p.npy.json")
    note.write_text(json.dumps(json.loads(note.read_text()) | values))


def keep_bytes(pack, keep):
    pack.write_bytes(pack.read_bytes()[:keep])


DAMAGE = {
    "no pack": (lambda p: p.unlink(), "there is no pack"),
    "no note": (lambda p: p.with_name("p.npy.json").unlink(), "was not finished"),
    "a note cut off": (
        lambda p: p.with_name("p.npy.json").write_text('{"version": 1, "si'),
        "note .* can't be read",
    ),
    "a note of another kind": (
        lambda p: p.with_name("p.npy.json").write_text("[1]"),
        "note .* can't be read",
    ),
    "an older version": (lambda p: change_note(p, version=0), "has version 0, but"),
    "another size": (
        lambda p: change_note(p, size=24),
        "pictures of 24 pixels, but 12",
    ),
    "other pictures": (lambda p: change_note(p, pictures="x"), "holds other pictures"),
    "cut off": (lambda p: keep_bytes(p, -100), "is damaged or cut off"),
    "cut off in the header": (lambda p: keep_bytes(p, 20), "is damaged or cut off"),
    "empty": (lambda p: keep_bytes(p, 0), "is damaged or cut off"),
    "no array": (lambda p: p.write_text("hello" * 99), "is damaged or cut off"),
    "another array": (
        lambda p: np.save(p, np.zeros((40, 12, 12, 3))),
        "holds float64 of shape",
    ),
    "fewer pictures": (
        lambda p: np.save(p, np.zeros((39, 12, 12, 3), np.uint8)),
        r"shape \[39, 12, 12, 3\], not uint8 of shape \[40",
    ),
}


@pytest.mark.parametrize("damage, message", DAMAGE.values(), ids=DAMAGE)
def test_a_pack_that_is_refused_can_be_made_again(meta, pack, damage, message):
    good = pack.read_bytes()
    damage(pack)
    with pytest.raises(ValueError, match=message) as error:
        age_samples(meta, size=12, pack=pack)
    assert str(pack) in str(error.value)
    pack_images(read_meta(meta), 12, pack)
    assert open_pack(pack, read_meta(meta), 12).shape[0] == 40
    assert pack.read_bytes() == good


def test_a_pack_of_another_set_is_refused(pack, tmp_path):
    other = read_meta(tiny_agedb(tmp_path / "other", n=40, seed=1))
    with pytest.raises(ValueError, match="other pictures than the meta-file lists"):
        open_pack(pack, other, 12)


class FailsAt:
    """Stands for a function: raises an error at one of its calls, and after it."""

    def __init__(self, call, error, real):
        self.left, self.error, self.real = call, error, real

    def __call__(self, *args, **kwargs):
        self.left -= 1
        if self.left <= 0:
            raise self.error
        return self.real(*args, **kwargs)


FAILURES = {  # function, its call that fails, the error, its message
    "Ctrl-C": ("read_picture", 3, KeyboardInterrupt(), None),
    "damaged": ("read_picture", 3, ValueError("x is damaged"), "x is damaged"),
    "full disk": ("os.fsync", 1, OSError(28, "No space"), "written .No space"),
    "pack in use": ("os.replace", 1, OSError(5, "In use"), "written .In use"),
    "note in use": ("os.replace", 2, OSError(5, "In use"), "written .In use"),
}


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("name, call, error, message", FAILURES.values(), ids=FAILURES)
def test_what_goes_wrong_leaves_no_half_pack(
    meta, tmp_path, monkeypatch, name, call, error, message, again
):
    table, path = read_meta(meta), tmp_path / "packs" / "p.npy"
    if again:
        pack_images(table, 12, path)
        good = path.read_bytes()
    owner = os if name.startswith("os.") else packing
    name = name.removeprefix("os.")
    monkeypatch.setattr(owner, name, FailsAt(call, error, getattr(owner, name)))
    with pytest.raises(type(error), match=message):
        pack_images(table, 12, path)
    monkeypatch.undo()
    assert set(names(path.parent)) <= {"p.npy", "p.npy.json"}
    if again and name != "replace":  # the old one is as good as before
        assert open_pack(path, table, 12).shape[0] == 40
        assert path.read_bytes() == good
    else:
        with pytest.raises(ValueError, match="no pack|not finished"):
            open_pack(path, table, 12)
    pack_images(table, 12, path)
    assert open_pack(path, table, 12).shape[0] == 40


def test_a_real_limit_of_the_disk(meta, tmp_path):
    """The system refuses to write more than 10 kB: as on a full disk."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / "packs" / "p.npy"
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="p.npy can't be written"):
            pack_images(read_meta(meta), 12, path, progress=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(path.parent) == []


def test_too_little_room_is_said_before_anything_is_read(meta, tmp_path, monkeypatch):
    monkeypatch.setattr(
        packing.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 8, 1)
    )
    with pytest.raises(ValueError, match="needs .* GB, but the disk has 0.0 GB"):
        pack_images(read_meta(meta), 12, tmp_path / "packs" / "p.npy")
    assert names(tmp_path / "packs") == []


def test_a_file_where_the_folder_should_be(meta, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="can't be written"):
        pack_images(read_meta(meta), 12, tmp_path / "file" / "p.npy")


def test_a_missing_picture_is_named(meta, tmp_path):
    table = read_meta(meta)
    gone = table.folder / table.table["path"][5]
    gone.unlink()
    with pytest.raises(ValueError, match="is missing") as error:
        pack_images(table, 12, tmp_path / "packs" / "p.npy")
    assert str(gone) in str(error.value) and names(tmp_path / "packs") == []


@pytest.mark.parametrize(
    "size, jobs, message", [(0, 1, "size must be"), (12, 0, "jobs must be")]
)
def test_values_that_are_refused(meta, tmp_path, size, jobs, message):
    with pytest.raises(ValueError, match=message):
        pack_images(read_meta(meta), size, tmp_path / "p.npy", jobs=jobs)
