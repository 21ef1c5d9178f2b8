"""Data sets: drawn faces, photographs, tables, published counts."""

from importlib import import_module

from dirlib.datasets import faces
from dirlib.datasets.cache import cache_dir

__all__ = ["cache_dir", "faces"]


def __getattr__(name):
    # They need pandas, and photographs and tables PyTorch: only when asked for.
    if name in ("photos", "published", "tables"):
        return import_module(f"dirlib.datasets.{name}")
    raise AttributeError(f"module 'dirlib.datasets' has no attribute {name!r}")
