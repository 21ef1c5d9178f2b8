"""Reading an age folder: what is refused, with which words, and what samples give."""

import os
import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_ages import tiny_agedb, tiny_imdb_wiki

from dirlib.datasets.photos import ImageFiles, age_samples, read_meta
from dirlib.datasets.photos.images import read_picture

GOOD = ["30,a.jpg,train", "31,b.jpg,val", "32,c.jpg,test"]


def meta(folder, *rows, header="age,path,split"):
    path = folder / "meta.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("draw", [tiny_agedb, tiny_imdb_wiki])
def test_the_published_formats_are_read(tmp_path, draw):
    table, folder = read_meta(draw(tmp_path))
    assert folder == tmp_path and len(table) == 90
    assert list(table.columns) == ["age", "path", "split"]
    assert table["age"].dtype == np.int64
    assert set(table["split"]) == {"train", "val", "test"}
    assert all((folder / path).is_file() for path in table["path"])


def test_order_of_columns_other_columns_and_spellings(tmp_path):
    rows = ['train,x,".\\sub\\a.jpg",30', "", "val,y,b.jpg,31.5", "test,z,c//d.jpg, 0"]
    table, _ = read_meta(meta(tmp_path, *rows, header="\ufeffsplit,more,path,age"))
    assert list(table["path"]) == ["sub/a.jpg", "b.jpg", "c/d.jpg"]
    assert list(table["age"]) == [30, 31.5, 0]


def test_the_folder_can_be_another_one(tmp_path):
    (tmp_path / "pictures").mkdir()
    path = meta(tmp_path, *GOOD)
    assert read_meta(path, tmp_path / "pictures").folder == tmp_path / "pictures"
    with pytest.raises(ValueError, match="there is no folder .*nowhere"):
        read_meta(path, tmp_path / "nowhere")


BAD_ROWS = {
    "no number": ("old,x.jpg,train", "age must be a number .* but got 'old'"),
    "no age": (",x.jpg,train", "age must be a number .* but got ''"),
    "NaN": ("nan,x.jpg,train", "age must be a number .* but got 'nan'"),
    "infinite": ("inf,x.jpg,train", "age must be a number .* but got 'inf'"),
    "negative": ("-1,x.jpg,train", "age must be a number .* but got '-1'"),
    "too old": ("201,x.jpg,train", "from 0 to 200, but got '201'"),
    "underscore": ("1_0,x.jpg,train", "age must be a number .* but got '1_0'"),
    "split": ("30,x.jpg,dev", "one of train, val, test, but got 'dev'"),
    "no path": ("30,,train", "must name a picture, but got ''"),
    "only a dot": ("30,./,train", "must name a picture"),
    "parent": ("30,../x.jpg,train", "must stay in the folder .* holds '..'"),
    "parent inside": ("30,a/../../x.jpg,train", "holds '..'"),
    "Windows parent": ("30,a\\..\\..\\x.jpg,train", "holds '..'"),
    "absolute": ("30,/etc/passwd,train", "'/etc/passwd' is absolute"),
    "Windows drive": ("30,C:\\x.jpg,train", "is absolute"),
    "Windows share": ("30,\\\\host\\x.jpg,train", "is absolute"),
    "leak": ("30,a.jpg,test", "stands in line 2 already, with the split train"),
    "leak, respelled": ("30,./a.jpg,val", "would be tested too"),
    "twice": ("30,a.jpg,train", "it would count twice"),
    "too few values": ("30,x.jpg", "3 values, .* but got 2"),
    "too many values": ("30,x,y.jpg,train", "3 values, .* but got 4"),
}


@pytest.mark.parametrize("row, message", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_refused_with_its_line(tmp_path, row, message):
    with pytest.raises(ValueError, match=f"meta.csv, line 5: .*{message}"):
        read_meta(meta(tmp_path, *GOOD, row))


@pytest.mark.parametrize("name", ["link.jpg", "sub/x.jpg", "sub/deep/x.jpg"])
def test_a_link_that_leaves_the_folder_is_refused(tmp_path, name):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    (outside / "deep").mkdir(parents=True)
    inside.mkdir()
    (outside / "x.jpg").write_bytes(b"secret")
    (inside / "link.jpg").symlink_to(outside / "x.jpg")
    (inside / "sub").symlink_to(outside, target_is_directory=True)
    with pytest.raises(ValueError, match=f"line 5: '{name}' is a symbolic link"):
        read_meta(meta(inside, *GOOD, f"30,{name},train"))


def test_links_that_stay_and_a_linked_folder_are_fine(tmp_path):
    real = tmp_path / "real"
    (real / "sub").mkdir(parents=True)
    (real / "a.jpg").symlink_to(real / "sub" / "x.jpg")
    (tmp_path / "linked").symlink_to(real, target_is_directory=True)
    meta(real, *GOOD)
    assert len(read_meta(tmp_path / "linked" / "meta.csv").table) == 3


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_an_empty_split_is_refused(tmp_path, split):
    rows = [row for row in GOOD if not row.endswith(split)]
    with pytest.raises(ValueError, match=f"no picture has the split '{split}'"):
        read_meta(meta(tmp_path, *rows))


BAD_FILES = {
    "empty": (b"", "is empty: its first line must be age,path,split"),
    "header alone": (b"age,path,split\n", "holds no picture"),
    "no age column": (b"path,split\na,train\n", "line 1: .* one column 'age'"),
    "no split column": (b"age,path\n1,a\n", "one column 'split'"),
    "two path columns": (b"age,path,path,split\n", "one column 'path'"),
    "semicolons": (b"age;path;split\n1;a;train\n", "one column 'age'"),
    "not text": (b"age,path,split\n1,\xff\xfe.jpg,train\n", "can't be read as a CSV"),
    "open quote": (b'age,path,split\n1,"a,train\n', "can't be read as a CSV"),
}


@pytest.mark.parametrize("content, message", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_no_meta_file_is_refused(tmp_path, content, message):
    path = tmp_path / "meta.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_meta(path)
    assert str(path) in str(error.value)


def test_a_missing_meta_file_and_a_folder_in_its_place(tmp_path):
    with pytest.raises(ValueError, match="there is no meta-file .*meta.csv"):
        read_meta(tmp_path / "nowhere" / "meta.csv")
    with pytest.raises(ValueError, match="can't be read"):
        read_meta(tmp_path)


def jpeg(path, size=(20, 30)):
    Image.effect_noise(size, 60).convert("RGB").save(path, "JPEG")
    return path.read_bytes()


def bomb(path):
    Image.new("1", (20_000, 20_000)).save(path, "PNG")


def damaged_picture(path, how):
    """Put a picture file in a bad state."""
    if how == "truncated":
        path.write_bytes(jpeg(path)[:-200])
    elif how == "header alone":
        path.write_bytes(jpeg(path)[:30])
    elif how == "text":
        path.write_text("<html>404: not found</html>")
    elif how == "zeros":
        path.write_bytes(bytes(1000))
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "a folder":
        path.mkdir()
    elif how == "bomb":
        bomb(path)
    elif how == "16 bits":
        Image.fromarray(np.full((8, 8), 9000, np.uint16)).save(path, "PNG")
    elif how == "another program's":
        path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")


DAMAGE = {
    "missing": "is missing",
    "truncated": "is damaged .*truncated",
    "header alone": "is no picture|is damaged",
    "text": "is no picture in a format that is read",
    "zeros": "is no picture in a format that is read",
    "empty": r"is empty \(0 bytes\)",
    "a folder": "can't be read",
    "bomb": "has more than 89,478,485 pixels",
    "16 bits": "more than 8 bits per colour",
    "another program's": "is no picture in a format that is read",
}


@pytest.mark.parametrize("how, message", DAMAGE.items(), ids=DAMAGE)
def test_a_damaged_picture_is_named_when_its_batch_is_read(tmp_path, how, message):
    jpeg(tmp_path / "good.jpg")
    damaged_picture(tmp_path / "bad.jpg", how)
    files = ImageFiles(["good.jpg", "bad.jpg"], [30, 31], 8, folder=tmp_path)
    assert files.batch(torch.tensor([0])).shape == (1, 3, 8, 8)
    with pytest.raises(ValueError, match=message) as error:
        files.batch(torch.tensor([0, 1]))
    assert str(tmp_path / "bad.jpg") in str(error.value)


def test_a_bomb_of_the_kind_that_pillow_only_warns_of(tmp_path):
    Image.new("1", (10_000, 10_000)).save(tmp_path / "x.png")
    with pytest.warns(Image.DecompressionBombWarning):
        with pytest.raises(ValueError, match="has more than 89,478,485 pixels"):
            read_picture(tmp_path / "x.png", 8)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "RGB"])
def test_every_kind_of_colour_becomes_rgb(tmp_path, mode):
    format = "TIFF" if mode == "CMYK" else "PNG"
    white = Image.new("RGB", (9, 5), "white").convert(mode)
    white.save(tmp_path / "x.jpg", format)  # named otherwise than it is
    pixels = read_picture(tmp_path / "x.jpg", 4)
    assert pixels.shape == (4, 4, 3) and pixels.dtype == np.uint8
    assert (pixels == 255).all()


def test_the_whole_picture_is_resized(tmp_path):
    half = np.zeros((40, 80, 3), np.uint8)
    half[:, 40:] = [200, 100, 50]
    Image.fromarray(half).save(tmp_path / "x.png")
    small = read_picture(tmp_path / "x.png", 8)
    assert (small[:, :3] == 0).all() and (small[:, 5:] == [200, 100, 50]).all()


@pytest.fixture
def samples(tmp_path):
    return age_samples(tiny_agedb(tmp_path), size=16)


def test_samples_agree_with_a_plain_loop(tmp_path, samples):
    table, folder = read_meta(tmp_path / "agedb.csv")
    for split, files in samples.items():
        part = table[table["split"] == split]
        assert len(files) == len(part) and list(files.labels) == list(part["age"])
        index = torch.tensor([2, 0])
        for i, got in zip(index, files.batch(index), strict=True):
            with Image.open(folder / part["path"].iloc[int(i)]) as image:
                pixels = np.array(image.resize((16, 16), Image.BILINEAR))
            expected = torch.tensor(pixels / 127.5 - 1, dtype=torch.float32)
            assert torch.allclose(got, expected.permute(2, 0, 1), atol=1e-6)


def test_old_faces_are_brighter(samples):
    files = samples["train"]
    brightness = files.batch(torch.arange(len(files))).mean((1, 2, 3)).numpy()
    assert np.corrcoef(brightness, files.labels)[0, 1] > 0.99


def test_the_same_u_gives_the_same_batch(tmp_path):
    from torchvision.transforms import v2

    path = tiny_agedb(tmp_path)
    crop = v2.RandomResizedCrop(16, antialias=True)
    for augment in (None, crop):
        files = age_samples(path, size=16, augment=augment)["train"]
        index, u = torch.tensor([4, 1, 7]), torch.tensor([0.1, 0.9, 0.3])
        torch.manual_seed(1)
        first = files.batch(index, u)
        torch.manual_seed(2)
        assert torch.equal(pickle.loads(pickle.dumps(files)).batch(index, u), first)
        assert torch.equal(files.batch(index[1:], u[1:]), first[1:])
        assert not torch.equal(files.batch(index, 1 - u), first)
        assert not torch.equal(files.batch(index), first)


def test_only_the_training_pictures_are_augmented(tmp_path):
    files = age_samples(tiny_agedb(tmp_path), size=16, augment=lambda x: x * 0)
    u = torch.tensor([0.9])
    assert (files["train"].batch(torch.tensor([0]), u) == -1).all()
    for split in ("val", "test"):
        assert (files[split].batch(torch.tensor([0]), u) > -1).all()


def test_the_checksum_tells_sets_apart_but_not_folders(tmp_path):
    paths, labels = ["a.jpg", "b.jpg"], [30, 31]
    one = ImageFiles(paths, labels, 8, folder=tmp_path)
    assert ImageFiles(paths, labels, 8, folder="elsewhere").checksum == one.checksum
    for other in (
        ImageFiles(["a.jpg", "c.jpg"], labels, 8),
        ImageFiles(paths, [30, 32], 8),
        ImageFiles(paths, labels, 9),
    ):
        assert other.checksum != one.checksum


def test_values_that_image_files_refuse(tmp_path):
    with pytest.raises(ValueError, match=r"labels must have shape \[2\].* got \[1\]"):
        ImageFiles(["a.jpg", "b.jpg"], [30], 8)
    for size in (0, 2.5, True, "8"):
        with pytest.raises(ValueError, match="size must be a whole number"):
            ImageFiles(["a.jpg"], [30], size)


def test_no_file_stays_open(tmp_path):
    jpeg(tmp_path / "x.jpg")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(20):
        read_picture(tmp_path / "x.jpg", 8)
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after == before
