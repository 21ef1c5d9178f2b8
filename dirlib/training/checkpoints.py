"""Checkpoints of a training: written in one step, read without running foreign code."""

import os
import zipfile
from pathlib import Path

import torch

from dirlib.files import write_atomically


def save_checkpoint(path, state):
    """Write a dict of tensors, numbers, texts, lists and dicts in one step.

    A reader finds the old file or the new one, whole, whenever the machine stops. The
    one before is kept as ``PATH.previous``. If the file can't be written (OSError), the
    checkpoints that are there stay.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)

    def keep_the_one_before():
        if path.exists():
            os.replace(path, previous(path))

    write_state(path, state, before=keep_the_one_before)


def write_state(path, state, before=None):
    """Write tensors to a file, as :func:`dirlib.files.write_atomically` does."""

    def write(file):
        try:
            torch.save(state, file)
        except RuntimeError as error:  # torch's own, after the system's
            raise OSError(f"{path} can't be written: is the disk full?") from error

    write_atomically(path, write, before=before)


def load_checkpoint(path):
    """Return what a checkpoint holds, or None if there is none at all.

    If it is damaged or missing, the one before it is read. A ValueError names each
    file with the reason if neither is a checkpoint; both stay as they are.
    """
    problems = []
    for candidate in (Path(path), previous(path)):
        if candidate.exists():
            try:
                return _read(candidate)
            except ValueError as error:
                problems.append(str(error))
    if problems:
        raise ValueError("; ".join(problems) + ": move it away to start anew")
    return None


def previous(path):
    """Where the checkpoint before the last one is kept."""
    path = Path(path)
    return path.with_name(f"{path.name}.previous")


def _read(path):
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is no checkpoint, or it is cut off")
    try:
        state = torch.load(path, weights_only=True)
    except Exception as error:  # torch has no class of its own for a foreign file
        raise ValueError(f"{path} can't be read as a checkpoint") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} is no checkpoint: it holds a {type(state).__name__}")
    return state
