"""The students of ``class_of_60.py``: what each returns, and what should come of it.

Forty are honest: one for each style, some with names as archives and platforms make
them, and three who hand in less. Twenty are hostile.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from class_of_30 import answered
from hostile import NOTHING, forged_outputs, hostile
from styles import STYLES, in_style

ROOT = Path(__file__).resolve().parents[2]
LESSON = "03_statistics"
FULL = {
    "bin_moments": 3,
    "cosine_to_anchor": 2,
    "neighbour_margin": 2,
    "chance_distance": 2,
}
RIGHT = {
    "bin_moments": """def bin_moments(batches, n_bins, dim):
    n, s, q = np.zeros(n_bins, int), np.zeros((n_bins, dim)), np.zeros((n_bins, dim))
    for features, index in batches:
        features = features.astype(np.float64)
        np.add.at(n, index, 1)
        np.add.at(s, index, features)
        np.add.at(q, index, features**2)
    mean = s / n[:, None]
    variance = (q - n[:, None] * mean**2) / (n - 1)[:, None]
    variance[n < 2] = np.nan
    return n, mean, variance""",
    "cosine_to_anchor": """def cosine_to_anchor(values, anchor):
    length = np.linalg.norm(values, axis=1)
    length = np.where(length == 0, np.nan, length)
    return values @ values[anchor] / (length * length[anchor])""",
    "neighbour_margin": """def neighbour_margin(similarity, anchor, many, near):
    distance = np.abs(np.arange(len(similarity)) - anchor)
    neighbours = (distance >= 1) & (distance <= near)
    crowd = many & (distance > near)
    return np.nanmean(similarity[neighbours]) - np.nanmean(similarity[crowd])""",
    "chance_distance": """def chance_distance(features, draws):
    means = features[draws].mean(axis=1)
    return np.linalg.norm(means - features.mean(axis=0), axis=1).mean()""",
}
OF_HIS_OWN = """def bin_moments(batches, n_bins, dim):
    count = [0] * n_bins
    mean, scatter = np.zeros((2, n_bins, dim))
    for features, index in batches:
        for x, b in zip(features, index):
            count[b] += 1
            delta = x - mean[b]
            mean[b] += delta / count[b]
            scatter[b] += delta * (x - mean[b])
    for b in range(n_bins):
        mean[b] = mean[b] if count[b] else np.nan
        scatter[b] = scatter[b] / (count[b] - 1) if count[b] > 1 else np.nan
    return count, mean, scatter"""
COPY = OF_HIS_OWN.replace("scatter", "m2").replace("delta", "d").replace("mean", "mu")
# Names as they come, for the first of the honest: {name in the sheets: file}.
NAMES = {
    "अनिल शर्मा": "अनिल शर्मा/my work.ipynb",
    "अनील शर्मा": f"अनील शर्मा/{LESSON}.ipynb",
    "สมชาย ใจดี": f"สมชาย ใจดี/{LESSON}/{LESSON}.ipynb",
    "Müller": os.fsdecode(b"M\x81ller") + f"/{LESSON}.ipynb",
    "lindqvistada 4711": f"lindqvistada_4711_901240_{LESSON}-1.ipynb",
    "zhangwei 4712": f"zhangwei_LATE_4712_901235_{LESSON}.ipynb",
    "Bo B 91": f"Bo B_91_assignsubmission_file_/{LESSON}.ipynb",
    "bea": f"bea-{LESSON}.ipynb",
}
FIRST_ATTEMPT = f"lindqvistada_4711_901234_{LESSON}.ipynb"


@dataclass
class Student:
    """What one student returns, and what should come of it."""

    name: str  # as the sheets write it
    content: dict | bytes
    lost: dict = field(default_factory=dict)  # points of exercises below full
    says: tuple[str, ...] = ()
    look: bool = False
    file: str = ""

    @property
    def points(self) -> dict | None:
        """By exercise; None where nothing can be graded."""
        return None if isinstance(self.content, bytes) else FULL | self.lost


def honest(release: dict) -> list[Student]:
    made, names = [], list(NAMES.items())
    for place, style in enumerate(STYLES):
        name, file = names[place] if place < len(names) else (f"Style {style}", "")
        late = ("late",) if "LATE" in file else ()
        notebook = in_style(style, release, RIGHT)
        made.append(Student(name, notebook, says=late, file=file))
    half = dict.fromkeys(list(FULL)[2:], 0)
    mine = answered(release, list(FULL)[:2], right={**RIGHT, "bin_moments": OF_HIS_OWN})
    conflict = b'{"nbformat": 4,\n<<<<<<< HEAD\n"cells": [],\n=======\n>>>>>>> mine\n}'
    return [
        *made,
        Student("Half Way", mine, half),
        Student("Only Opened", release, NOTHING, ("was never run",)),
        Student("Merge Conflict", conflict, says=("git's conflict markers",)),
    ]


def hostile_ones(release: dict, out: Path) -> list[Student]:
    right = [ROOT / "solutions", out / "course" / "solutions", out / "returned"]
    places = [f"{folder}/*/*.ipynb" for folder in right]
    made = [
        Student(name, each.notebook(release, RIGHT), each.lost, each.says, each.look)
        for name, each in hostile(places, str(out / "course/gradebook.db")).items()
    ]
    copied = answered(release, ["bin_moments"], right={"bin_moments": COPY})
    lost = {**NOTHING, "bin_moments": 3}
    differ = ("saved and graded points differ, look why: bin_moments_check 3 -> 0",)
    return [
        *made,
        Student("Forges Outputs", forged_outputs(release), NOTHING, differ),
        Student("Copies Half Way", copied, lost),
    ]


def students(release: dict, out: Path) -> list[Student]:
    """All sixty."""
    return [*honest(release), *hostile_ones(release, out)]


def read_release(path: Path) -> dict:
    release = json.loads(path.read_text(encoding="utf-8"))
    for each in release["cells"]:
        each["source"] = "".join(each["source"])
    return release


def hand_in(made: list[Student], returned: Path) -> None:
    for student in made:
        file = returned / (student.file or f"{student.name}/{LESSON}.ipynb")
        file.parent.mkdir(parents=True, exist_ok=True)
        content = student.content
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        file.write_bytes(text)
