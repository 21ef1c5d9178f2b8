"""What a training reads: samples that give batches, from memory or from a memory map.

An object of samples has

- ``len(samples)``, N;
- ``batch(index, u=None)``: what the network takes for the samples of `index`, a
  float32 tensor of n rows. `u`, [n], holds a uniform random number in [0, 1) for each,
  the one source of all random changes: the same `u` gives the same batch in whatever
  process. None stands for the samples as they are;
- `labels`, ndarray of shape [N], to train on it;
- `checksum`, an integer that tells two sets of samples apart, for a checkpoint.

:class:`dirlib.datasets.photos.ImageFiles` reads pictures from a folder.
"""

import zlib

import numpy as np
import torch

from dirlib.arguments import as_array, check_shape

SEEDS = 2**24  # a float32 in [0, 1) tells that many apart


class ImageArray:
    """Images in one array, in memory or in a memory map.

    Parameters
    ----------
    images : ndarray of shape [N, H, W, 3], uint8
    labels : array-like of shape [N]
    augment : callable, optional
        A transform of torchvision (``torchvision.transforms.v2``) of one image, uint8,
        [3, H, W]. Without it, an image is mirrored with a probability of one half.
    """

    def __init__(self, images, labels, augment=None):
        _check_images(images)
        self.images, self.labels = images, as_array("labels", labels)
        check_shape("labels", self.labels, (len(images),), "one per image")
        self.augment = augment

    def __len__(self):
        return len(self.images)

    @property
    def checksum(self):
        # Some images tell two sets apart; a memory map may be too large to read it all.
        some = self.images[:: max(1, len(self) // 1000)]
        return zlib.crc32(np.ascontiguousarray(some), checksum(self.labels))

    def batch(self, index, u=None):
        x = torch.from_numpy(self.images[np.asarray(index)]).permute(0, 3, 1, 2)
        if u is not None and self.augment is None:
            x = torch.where((u < 0.5)[:, None, None, None], x.flip(-1), x)
        elif u is not None:
            pairs = zip(x, u.tolist(), strict=True)
            x = torch.stack([augmented(image, self.augment, v) for image, v in pairs])
        return to_input(x)


class Rows:
    """Rows of numbers: a table, or features that were extracted before.

    Parameters
    ----------
    x : Tensor or array-like of shape [N, F]
        Finite numbers.
    labels : array-like of shape [N]
    """

    def __init__(self, x, labels):
        self.x = torch.as_tensor(as_array("x", x)).float()
        self.labels = as_array("labels", labels)
        if self.x.ndim != 2 or self.labels.shape != self.x.shape[:1]:
            raise ValueError(
                f"rows must have shape [N, F] and labels [N], "
                f"but got {list(self.x.shape)} and {list(self.labels.shape)}"
            )
        finite = np.isfinite(self.x.numpy()).all(1)
        if not finite.all():
            raise ValueError(f"rows must be finite, but row {finite.argmin()} isn't")

    def __len__(self):
        return len(self.x)

    @property
    def checksum(self):
        return zlib.crc32(self.x.numpy(), checksum(self.labels))

    def batch(self, index, u=None):
        return self.x[torch.as_tensor(index)]


def augmented(image, augment, u):
    """Apply a transform of torchvision to one image, with the randomness of `u`.

    The global random state is as before afterwards.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(u * SEEDS))
        return augment(image)


def to_input(images):
    """Turn images [n, 3, H, W], uint8, into a network's input, -1 to 1, float32."""
    x = images.float().div(127.5).sub(1)
    return x.contiguous(memory_format=torch.channels_last)


def as_samples(data):
    """Return samples as they are, and images, [N, H, W, 3], uint8, as samples."""
    if isinstance(data, np.ndarray):
        _check_images(data)
        return ImageArray(data, np.zeros(len(data)))
    needed(data, "batch")
    return data


def needed(samples, name):
    """Return what samples must have, or refuse them in a sentence."""
    try:
        return getattr(samples, name)
    except AttributeError as error:
        raise ValueError(
            f"samples must have {name!r}, but a {type(samples).__name__} has none: "
            f"use dirlib.Rows(x, labels) or dirlib.ImageArray(images, labels), or "
            f"write such a class, see help('dirlib.training.samples')"
        ) from error


def checksum(array):
    """Return a number that tells two arrays apart."""
    return zlib.crc32(np.ascontiguousarray(array))


def _check_images(images):
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"images must be uint8 of shape [N, H, W, 3], "
            f"but got {images.dtype} of shape {list(images.shape)}"
        )
