"""Samples in memory: batches, their randomness, and what is refused."""

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from dirlib.training.samples import ImageArray, Rows, as_samples, augmented

rng = np.random.default_rng(0)
IMAGES = rng.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
LABELS = np.arange(6)


def test_images_become_channels_first_between_minus_one_and_one():
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1).repeat(3, 3)
    x = ImageArray(images, [0, 1]).batch(torch.tensor([1, 0]))
    assert x.shape == (2, 3, 1, 1) and x.dtype == torch.float32
    assert x[:, 0, 0, 0].tolist() == [1, -1]


def test_images_are_mirrored_where_u_is_below_one_half():
    samples, index = ImageArray(IMAGES, LABELS), torch.tensor([3, 1])
    plain = samples.batch(index)
    mixed = samples.batch(index, torch.tensor([0.5, 0.4999]))
    assert torch.equal(mixed[0], plain[0])
    assert torch.equal(mixed[1], plain[1].flip(-1))
    assert not torch.equal(mixed[1], plain[1])


def test_u_is_the_only_source_of_randomness():
    crop = v2.RandomCrop(8, padding=3)
    samples, index = ImageArray(IMAGES, LABELS, crop), torch.arange(6)
    u = torch.linspace(0, 0.999, 6)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first = samples.batch(index, u)
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(samples.batch(index, u), first)
    # A sample's picture does not depend on the others of its batch.
    assert torch.equal(samples.batch(index[2:4], u[2:4]), first[2:4])
    assert not torch.equal(samples.batch(index, u.flip(0)), first)
    assert not torch.equal(samples.batch(index), first)
    image = torch.from_numpy(IMAGES[0]).permute(2, 0, 1)
    assert torch.equal(augmented(image, crop, 0.3), augmented(image, crop, 0.3))


def test_a_memory_map_gives_the_same_batches(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    index, u = torch.tensor([5, 0, 2]), torch.tensor([0.1, 0.9, 0.3])
    samples, other = ImageArray(IMAGES, LABELS), ImageArray(mapped, LABELS)
    assert torch.equal(other.batch(index, u), samples.batch(index, u))
    assert other.checksum == samples.checksum


def test_checksums_tell_samples_apart():
    changed = IMAGES.copy()
    changed[4, 3, 3, 1] ^= 1
    sums = {
        ImageArray(IMAGES, LABELS).checksum,
        ImageArray(changed, LABELS).checksum,
        ImageArray(IMAGES, LABELS[::-1]).checksum,
        Rows(np.ones((6, 2)), LABELS).checksum,
        Rows(np.zeros((6, 2)), LABELS).checksum,
    }
    assert len(sums) == 5


def test_rows_are_given_as_they_are():
    rows = Rows([[1, 2], [3, 4]], [0.5, -1])
    assert rows.batch(torch.tensor([1, 0]), torch.zeros(2)).tolist() == [[3, 4], [1, 2]]
    assert len(rows) == 2 and rows.batch([0]).dtype == torch.float32
    assert as_samples(rows) is rows


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ImageArray(np.zeros((2, 4, 4, 3)), [0, 1]), "uint8 of shape"),
        (lambda: ImageArray(IMAGES[..., 0], LABELS), "uint8 of shape"),
        (lambda: ImageArray(IMAGES, LABELS[:5]), r"labels must have shape \[6\]"),
        (lambda: as_samples(np.zeros((2, 4, 4, 3))), "uint8 of shape"),
        (lambda: Rows(np.ones(3), np.ones(3)), r"but got \[3\] and \[3\]"),
        (lambda: Rows(np.ones((3, 2)), np.ones(2)), r"but got \[3, 2\] and \[2\]"),
        (lambda: Rows([[1.0], [np.nan]], [0, 1]), "row 1 isn't"),
    ],
)
def test_bad_samples_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
