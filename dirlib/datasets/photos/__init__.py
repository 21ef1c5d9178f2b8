"""Photographs with an age: a meta-file, the pictures it lists, and their checks."""

from dirlib.datasets.photos.check import AgeReport, check_ages
from dirlib.datasets.photos.images import ImageFiles
from dirlib.datasets.photos.meta_file import AgeTable, age_samples, read_meta
from dirlib.datasets.photos.packing import open_pack, pack_images
from dirlib.datasets.photos.split import (
    meta_from_names,
    split_by_age,
    split_by_identity,
)  # fmt: skip

__all__ = [
    "AgeReport", "AgeTable", "ImageFiles", "age_samples", "check_ages",
    "meta_from_names", "open_pack", "pack_images", "read_meta", "split_by_age",
    "split_by_identity",
]  # fmt: skip
