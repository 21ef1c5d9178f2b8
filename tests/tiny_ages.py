"""Draw tiny age folders in the published formats: plain colours that show the age."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from dirlib.datasets.photos import split_by_age

PEOPLE = ("MariaCallas", "JeanGabin", "AnnaMagnani", "TotoDeCurtis", "EdithPiaf")


def tiny_agedb(folder, n=90, size=24, seed=0):
    """Draw AgeDB-DIR: `folder`/agedb.csv and pictures in AgeDB/; return the CSV."""
    ages = some_ages(n, seed)
    paths = [
        f"AgeDB/{i}_{PEOPLE[i % len(PEOPLE)]}_{age}_{'fm'[i % 2]}.jpg"
        for i, age in enumerate(ages)
    ]
    draw_pictures(folder, paths, ages, size, seed)
    return write_meta(folder, "agedb.csv", ages, paths, seed)


def tiny_imdb_wiki(folder, n=90, size=24, seed=0):
    """Draw IMDB-WIKI-DIR: `folder`/imdb_wiki.csv, pictures in two sub-folders."""
    ages = some_ages(n, seed)
    paths = [
        f"imdb_crop/{i % 3:02d}/nm{i:07d}_rm{i * 7919}_{2010 - age}-5-10_2010.jpg"
        if i % 2
        else f"wiki_crop/{i % 3:02d}/{i}_{2010 - age}-10-14_2010.jpg"
        for i, age in enumerate(ages)
    ]
    draw_pictures(folder, paths, ages, size, seed)
    return write_meta(folder, "imdb_wiki.csv", ages, paths, seed)


def tiny_utkface(folder, n=90, size=24, seed=0):
    """Draw UTKFace: no meta-file, the age is in the names; return the folder."""
    ages = some_ages(n, seed)
    paths = [
        f"{age}_{i % 2}_{i % 5}_201701161745{i:05d}.jpg.chip.jpg"
        for i, age in enumerate(ages)
    ]
    draw_pictures(folder, paths, ages, size, seed)
    return Path(folder)


def some_ages(n, seed):
    """Ages in years, [n], of which a few are frequent and most are rare."""
    rng = np.random.default_rng(seed)
    shares = np.array([1, 2, 4, 4, 4, 2, 2, 1]) / 20
    return rng.choice([8, 20, 30, 31, 32, 45, 60, 85], n, p=shares)


def draw_pictures(folder, paths, ages, size, seed):
    """Draw a picture per path: the older, the brighter, with a little noise."""
    rng = np.random.default_rng(seed)
    for path, age in zip(paths, ages, strict=True):
        noise = rng.integers(0, 16, (size, size + 3, 3))
        pixels = np.clip(20 + 2 * age + noise, 0, 255).astype(np.uint8)
        file = Path(folder) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file, "JPEG", quality=90)


def write_meta(folder, name, ages, paths, seed):
    """Write a meta-file by the published split rule; return its path."""
    splits = split_by_age(ages, cap=5, seed=seed)
    file = Path(folder) / name
    table = pd.DataFrame({"age": ages, "path": paths, "split": splits})
    table.to_csv(file, index=False)
    return file
