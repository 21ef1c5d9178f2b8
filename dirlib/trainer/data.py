"""The data of a training run: drawn faces, pictures listed in a meta-file, a table."""

import os
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from dirlib.automatic_bins import choose_bins
from dirlib.bins import LabelBins
from dirlib.datasets.cache import cache_dir
from dirlib.datasets.faces import faces
from dirlib.datasets.photos import age_samples, open_pack, pack_images, read_meta
from dirlib.datasets.published import label_counts
from dirlib.datasets.tables import read_table
from dirlib.training import processes
from dirlib.training.samples import ImageArray

AUGMENTATIONS = ("none", "flip", "crop")


class RunData(NamedTuple):
    """Three sets of samples, the bins of their labels, and what to know about both."""

    train: object
    val: object
    test: object
    bins: LabelBins
    about: str


def load_data(
    data="faces",
    *,
    target=None,
    images=None,
    size=32,
    augment="flip",
    pack=False,
    bin_width=None,
    quantiles=None,
    seed=0,
    progress=True,
):
    """Load the samples that a run trains and judges on.

    Parameters
    ----------
    data : path-like
        "faces" for the drawn faces; "faces-agedb" for as many as AgeDB-DIR has training
        images of each age; or a meta-file with the columns age, path and
        split; or, with `target`, a table.
    target : str, optional
        The column of the table that is to be predicted.
    images : path-like, optional
        The folder of the pictures; the meta-file's own without it.
    size : int
        The side of the pictures in pixels.
    augment : {"none", "flip", "crop"}
        How training pictures change: not at all; mirrored with a probability of one
        half; or shifted as well, as Yang et al. (2021) do: 16 pixels of 224.
    pack : bool
        Read the pictures of a meta-file once, into a file that is mapped into memory.
    bin_width, quantiles
        See :func:`dirlib.automatic_bins.choose_bins`. Ages have bins of one year
        without them.
    seed : int
        Another one draws other training faces, or splits a table otherwise.

    Raises
    ------
    ValueError
        If an argument is out of its range, does not fit the data, or the data can't be
        read.
    """
    if augment not in AUGMENTATIONS:
        raise ValueError(
            f"augment must be one of {', '.join(AUGMENTATIONS)}, but got {augment!r}"
        )
    if target is not None:
        if images is not None or pack:
            raise ValueError(
                "a table has no pictures: leave out images and pack, or leave out "
                "target to read a meta-file"
            )
        table = read_table(data, target, seed=seed)
        splits = table.train, table.val, table.test
        labels = table.train.labels
        bins, about = choose_bins(labels, width=bin_width, quantiles=quantiles)
        return RunData(*splits, bins, f"{about} {_left_out(table.dropped)}".strip())
    change = _augmentation(augment, size)
    if str(data) in ("faces", "faces-agedb"):
        if images is not None or pack:
            raise ValueError("the drawn faces are in memory: leave out images and pack")
        options = {"size": size, "progress": progress}
        counts = None if str(data) == "faces" else _agedb_counts()
        drawn = {"train": faces("train", seed=seed, counts=counts, **options)}
        drawn |= {split: faces(split, **options) for split in ("val", "test")}
        splits = [
            ImageArray(d.images, d.labels, change if name == "train" else None)
            for name, d in drawn.items()
        ]
    else:
        packed = _packed(data, images, size, progress) if pack else None
        samples = age_samples(data, images, size, change, packed)
        splits = [samples[name] for name in ("train", "val", "test")]
    if bin_width is None and quantiles is None:
        oldest = max(float(np.max(s.labels)) for s in splits)
        bins = LabelBins(0, max(101, np.floor(oldest) + 1), 1)
        return RunData(*splits, bins, f"{bins.n_bins} bins of one year")
    chosen = choose_bins(splits[0].labels, width=bin_width, quantiles=quantiles)
    return RunData(*splits, *chosen)


def _augmentation(name, size):
    """The transform of one picture; None for mirroring, which samples do themselves."""
    from torchvision.transforms import v2  # slow to load: only for a training run

    if name == "flip":
        return None
    if name == "none":
        return v2.Identity()
    padding = max(1, round(size * 16 / 224))
    return v2.Compose([v2.RandomCrop(size, padding), v2.RandomHorizontalFlip()])


def _left_out(dropped):
    """What `read_table` left out, in words."""
    columns = [f"{name} ({why})" for name, why in dropped["columns"].items()]
    parts = [f"columns {'; '.join(columns)}"] if columns else []
    parts += [f"{dropped['rows']} rows without a target"] if dropped["rows"] else []
    return f"Left out: {'; '.join(parts)}." if parts else ""


def _agedb_counts():
    """AgeDB-DIR's training images of each age; its one of age 101 counts as 100."""
    counts = label_counts("agedb-dir").counts.copy()
    counts[100] += counts[101]
    return counts[:101]


def _packed(meta, folder, size, progress):
    """The pack of a meta-file, made by the first process where there is none."""
    table = read_meta(meta, folder)
    name = f"{Path(meta).stem}-{crc32(str(table.folder.resolve()).encode()):08x}"
    path = cache_dir() / f"{name}-{size}px.npy"
    if processes.is_first():
        try:
            open_pack(path, table, size)
        except (OSError, ValueError):  # none, or one of another state of the folder
            pack_images(table, size, path, jobs=os.cpu_count() or 1, progress=progress)
    processes.wait()
    return path
