"""Split an age folder: by the published rule, or so that no person is in two splits.

The published split is by picture. A person then is in the training and the test set,
and a network may know the face instead of seeing the age: the split by identity is the
stricter test.
"""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from dirlib.arguments import SPLITS, check_choice, check_each, whole_number
from dirlib.datasets.photos.file_names import KINDS, read_name
from dirlib.datasets.photos.meta_file import OLDEST, existing_folder


def split_by_age(ages, *, cap, seed=0):
    """Split by the published rule: balanced over the ages, as far as they reach.

    Of the n pictures of an age, shuffled, min(n // 3, cap) are for validation, as many
    for the test, and the rest for training (Yang et al., 2021, arXiv:2102.09554, and
    its repository). `ages`, [N], are numbers of years; those within the same year go
    together. `cap` is 30 in AgeDB-DIR, 150 in IMDB-WIKI-DIR.

    Returns an ndarray of shape [N], str: "train", "val" or "test".
    """
    years, cap, rng = _arguments(ages, cap, seed)
    splits = np.full(len(years), "train", dtype="<U5")
    for year in np.unique(years):
        pictures = rng.permutation(np.flatnonzero(years == year))
        n = min(len(pictures) // 3, cap)
        splits[pictures[:n]] = "val"
        splits[pictures[n : 2 * n]] = "test"
    return splits


def split_by_identity(ages, identities, *, cap, seed=0):
    """Split so that all pictures of a person lie in one split.

    The counts per age of :func:`split_by_age` are the aim; the distance from it is the
    sum of ``abs(count - aim)`` over ages and splits. All persons start in "train". Then
    one after the other, in an order that the seed shuffles, goes to the split where the
    distance is lowest (of equals the first), round after round, until nobody moves. No
    single move is better in the end, but another split may be. "train" is never empty;
    an age that few persons have can end up without a training picture.

    `identities`, [N], texts or whole numbers, say who is in each picture.
    """
    years, cap, rng = _arguments(ages, cap, seed)
    persons, who = _persons(identities, len(years))
    ages, column = np.unique(years, return_inverse=True)
    table = np.zeros((len(persons), len(ages)), np.int64)
    np.add.at(table, (who, column), 1)
    total = table.sum(0)
    aim = np.minimum(total // 3, cap)
    gap = np.stack([total - 2 * aim, aim, aim])  # aim - count, of each split
    gap[0] -= total
    place = np.zeros(len(persons), np.int64)
    order, moved = rng.permutation(len(persons)), True
    while moved:
        moved = False
        for person in order:
            here, counts = place[person], table[person]
            gap[here] += counts
            # Of equal splits the first. At no age is another aim higher than that of
            # train, so that the last person there never gains by leaving.
            best = (np.abs(gap - counts).sum(1) - np.abs(gap).sum(1)).argmin()
            gap[best] -= counts
            place[person] = best
            moved |= best != here
    return np.array(SPLITS)[place[who]]


def meta_from_names(folder, kind="utkface", split="age", cap=30, seed=0):
    """Make a meta-file from a folder of pictures with the age in their names.

    Sub-folders are looked through; hidden files and folders are not. Files without an
    age in their name are left out, and a printed line says how many. `kind` is
    "utkface" or "agedb", see :func:`dirlib.datasets.photos.file_names.read_name`.
    `split` by "age" is the published rule, by "identity" puts no person in two splits;
    the names of UTKFace do not say who is in a picture. `cap` and `seed` are those of
    :func:`split_by_age`.

    Returns a DataFrame: ``age`` (int64), ``path`` (from `folder`) and ``split``, in the
    order of the paths. A ValueError refuses a folder without such a picture, or with so
    few that a split stays empty, and two files of the same name, as where a download
    holds its pictures twice.
    """
    check_choice("kind", kind, KINDS)
    check_choice("split", split, ("age", "identity"))
    if split == "identity" and kind == "utkface":
        raise ValueError(
            "split must be age for utkface: its file names say the age of a person, "
            "but not who it is, so that nothing keeps a person out of two splits"
        )
    paths, parts = _named_pictures(existing_folder(folder), kind)
    ages = np.array([part.age for part in parts])
    if split == "age":
        splits = split_by_age(ages, cap=cap, seed=seed)
    else:
        people = [part.identity for part in parts]
        splits = split_by_identity(ages, people, cap=cap, seed=seed)
    for name in SPLITS:
        if name not in splits:
            raise ValueError(
                f"the {len(paths)} pictures in {folder} are too few: no picture falls "
                f"to {name}; some age needs three pictures at least"
            )
    return pd.DataFrame({"age": ages, "path": paths, "split": splits})


def _named_pictures(folder, kind):
    """The paths, sorted, and what their names say."""
    named, left_out = {}, []
    for path in _files(folder):
        part = read_name(path.name, kind)
        if part is None or part.age > OLDEST:
            left_out.append(path)
        else:
            named[path] = part
    if left_out:
        some = ", ".join(str(path) for path in left_out[:3])
        more = ", ..." if len(left_out) > 3 else ""
        print(
            f"dirlib: {len(left_out)} files in {folder} have no age in their name, as "
            f"{kind} writes it, and are left out: {some}{more}"
        )
    if not named:
        raise ValueError(
            f"the folder {folder} holds no picture with an age in its name, as {kind} "
            "writes it: name another folder, or another kind"
        )
    names = Counter(path.name for path in named)
    twice = [path for path in named if names[path.name] > 1]
    if twice:
        raise ValueError(
            f"{len(twice)} pictures in {folder} share their name with another one, "
            f"such as {twice[0]}: they could be in two splits; keep one copy of each, "
            "or name the sub-folder of one copy"
        )
    return [path.as_posix() for path in named], list(named.values())


def _files(folder):
    """Every file below the folder that isn't hidden, from the folder, sorted."""
    files = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        here = Path(place).relative_to(folder)
        files += [here / name for name in names if not name.startswith(".")]
    return sorted(files)


def _arguments(ages, cap, seed):
    ages = np.asarray(ages)
    if ages.ndim != 1 or len(ages) == 0 or ages.dtype.kind not in "iuf":
        raise ValueError(
            f"ages must be a flat list of one number or more, got an array of shape "
            f"{list(ages.shape)} and type {ages.dtype}"
        )
    check_each("ages", ages, np.isfinite(ages), "finite")
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    return np.floor(ages), whole_number("cap", cap, 1), rng


def _persons(identities, n):
    """The persons, at least three, and who of them is in each of n pictures, [n]."""
    identities = np.asarray(identities)
    if identities.shape != (n,) or identities.dtype.kind not in "iuU":
        raise ValueError(
            f"identities must be {n} texts or whole numbers, one per age, got an array "
            f"of shape {list(identities.shape)} and type {identities.dtype}"
        )
    persons, who = np.unique(identities, return_inverse=True)
    if len(persons) < 3:
        raise ValueError(
            f"identities must hold three persons at least, one per split, but hold "
            f"{len(persons)}"
        )
    return persons, who
