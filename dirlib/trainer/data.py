"""The data of a training run: drawn faces, pictures listed in a meta-file, a table."""

import os
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from dirlib.arguments import SPLITS
from dirlib.automatic_bins import choose_bins
from dirlib.bins import LabelBins
from dirlib.datasets.cache import cache_dir
from dirlib.datasets.faces import faces
from dirlib.datasets.photos import age_samples, open_pack, pack_images, read_meta
from dirlib.datasets.published import label_counts
from dirlib.training import processes
from dirlib.training.samples import ImageArray


class RunData(NamedTuple):
    """Three sets of samples, the bins of their labels, and what to know about both."""

    train: object
    val: object
    test: object
    bins: LabelBins
    about: str
    names: dict = {}  # of the samples, {split: {"row" or "file": [N]}}
    columns: object = None  # how a table becomes numbers

    @property
    def train_counts(self):
        """The training samples in each bin, [B]."""
        return self.bins.counts(np.asarray(self.train.labels, dtype=float))


def load_data(settings, progress=True):
    """Load the samples that a run trains and judges on, as RunData.

    `data` of the :class:`Settings` is "faces" for the drawn faces; "faces-agedb" for as
    many as AgeDB-DIR has training images of each age; a meta-file with the columns age,
    path and split, whose pictures may be in another folder, `images`; or, with a
    `target`, a table, see :func:`dirlib.datasets.tables.read_table`. `augment` changes
    training pictures: not at all; mirrored with a probability of one half; or shifted
    as well, as Yang et al. (2021) do, by 16 pixels of 224. `pack` reads those of a
    meta-file once. `bins`, `bin_width` and `quantiles` are the kind, width and
    quantiles of :func:`dirlib.choose_bins`, which sees the training labels alone; ages
    have bins of one year without them. Another `seed` draws other training faces, or
    splits a table otherwise, unless `split_seed` fixes the split. A ValueError refuses
    a setting that does not fit the data, and data that can't be read.
    """
    if settings.target is not None:
        return _table_data(settings)
    if settings.data in ("faces", "faces-agedb"):
        samples, names = _drawn_faces(settings, progress), {}
    else:
        pack = _packed(settings, progress) if settings.pack else None
        where = settings.data, settings.images, settings.size
        by_split = age_samples(*where, _augmentation(settings), pack)
        samples = [by_split[name] for name in SPLITS]
        names = {name: {"file": s.paths} for name, s in by_split.items()}
    if (settings.bins, settings.bin_width, settings.quantiles) == (None, None, None):
        oldest = max(float(np.max(s.labels)) for s in samples)
        bins = LabelBins(0, max(101, np.floor(oldest) + 1), 1)
        return RunData(*samples, bins, f"{bins.n_bins} bins of one year", names)
    return RunData(*samples, *_chosen_bins(settings, samples[0].labels), names)


def _table_data(settings):
    from dirlib.datasets.tables import read_table

    if settings.images is not None or settings.pack:
        raise ValueError(
            "a table has no pictures: leave out images and pack, or leave out "
            "target to read a meta-file"
        )
    seed = settings.seed if settings.split_seed is None else settings.split_seed
    by = {name: getattr(settings, name) for name in ("group", "time")}
    by["split"] = settings.split_column
    table = read_table(settings.data, settings.target, seed=seed, **by)
    if settings.target_transform == "log1p":
        _check_log1p(settings, table)
    bins, about = _chosen_bins(settings, table.train.labels)
    columns = [f"{name} ({why})" for name, why in table.dropped["columns"].items()]
    dropped = [f"columns {'; '.join(columns)}"] if columns else []
    if rows := table.dropped["rows"]:
        dropped.append(f"{rows} rows without a target")
    if dropped:
        about = f"{about} Left out: {'; '.join(dropped)}."
    about = " ".join([about, *table.notes])
    names = {split: {"row": rows} for split, rows in table.rows.items()}
    return RunData(*table[:3], bins, about, names, table.transformer)


def _check_log1p(settings, table):
    for split, rows in table.rows.items():
        wrong = np.flatnonzero(getattr(table, split).labels <= -1)
        if wrong.size:
            value = getattr(table, split).labels[wrong[0]]
            raise ValueError(
                f"target_transform 'log1p' needs a target above -1, but row "
                f"{rows[wrong[0]]} of {settings.data} has {value:g}: leave it out"
            )


def _chosen_bins(settings, labels):
    kind, width = settings.bins or "auto", settings.bin_width
    return choose_bins(labels, kind, width=width, quantiles=settings.quantiles)


def _drawn_faces(settings, progress):
    if settings.images is not None or settings.pack:
        raise ValueError("the drawn faces are in memory: leave out images and pack")
    options = {"size": settings.size, "progress": progress}
    counts = None
    if settings.data == "faces-agedb":
        counts = label_counts("agedb-dir").counts.copy()
        counts[100] += counts[101]  # the one image of age 101 counts as 100
        counts = counts[:101]
    drawn = [faces("train", seed=settings.seed, counts=counts, **options)]
    drawn += [faces(split, **options) for split in ("val", "test")]
    changes = (_augmentation(settings), None, None)
    pairs = zip(drawn, changes, strict=True)
    return [ImageArray(d.images, d.labels, change) for d, change in pairs]


def _augmentation(settings):
    """The transform of one picture; None for mirroring, which samples do themselves."""
    from torchvision.transforms import v2  # slow to load: only for a training run

    if settings.augment == "flip":
        return None
    if settings.augment == "none":
        return v2.Identity()
    padding = max(1, round(settings.size * 16 / 224))
    crop = v2.RandomCrop(settings.size, padding)
    return v2.Compose([crop, v2.RandomHorizontalFlip()])


def _packed(settings, progress):
    """The pack of a meta-file, made by the first process where there is none."""
    table, size = read_meta(settings.data, settings.images), settings.size
    folder = crc32(str(table.folder.resolve()).encode())
    path = cache_dir() / f"{Path(settings.data).stem}-{folder:08x}-{size}px.npy"
    if processes.is_first():
        try:
            open_pack(path, table, size)
        except (OSError, ValueError):  # none, or one of another state of the folder
            pack_images(table, size, path, jobs=os.cpu_count() or 1, progress=progress)
    processes.wait()
    return path
