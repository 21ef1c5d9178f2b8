"""Build dirlib's wheel, and use it in an empty folder, without the repository.

    python -m tools.try_wheel

Once beside NumPy and SciPy alone, for the label side; and once beside the packages of
this environment, but not its checkout: the training, and every command.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from tools.lessons.env import ROOT

LABELS = """
import sys, dirlib
bins, reason = dirlib.choose_bins([1.0, 2.0, 2.5, 9.0] * 20)
weights = dirlib.lds_weights([30, 30, 31, 80], dirlib.LabelBins(0, 101, 1))
assert abs(weights.mean() - 1) < 1e-12 and weights[3] > weights[0]
assert dirlib.mae([1, 2], [2, 4]) == 1.5
assert "torch" not in sys.modules
"""
TRAINING = """
import numpy as np, torch, dirlib
rng = np.random.default_rng(0)
x, y = torch.tensor(rng.normal(size=(256, 3))).float(), rng.integers(0, 20, 256)
bins = dirlib.LabelBins(0, 20, 1)
weights = torch.tensor(dirlib.lds_weights(y, bins)).float()
backbone, regressor = torch.nn.Linear(3, 8), torch.nn.Linear(8, 1)
fds, y = dirlib.FDS(8, bins), torch.tensor(y).float()
for epoch in range(2):
    y_hat = regressor(fds(backbone(x), y)).squeeze(1)
    dirlib.l1_loss(y_hat, y, weights).backward()
    fds.end_epoch()
for name in dirlib.__all__:
    assert getattr(dirlib, name).__doc__, name
try:
    import course
except ImportError:
    pass
else:
    raise SystemExit(f"the course is installed: {course.__file__}")
"""
TABLE = """
import numpy as np
x = np.random.default_rng(0).normal(size=(300, 2))
rows = "".join(f"{a},{b},{np.exp(a) + b:.3f}\\n" for a, b in x)
open("t.csv", "w").write("a,b,y\\n" + rows)
"""
SHORT = ["--epochs", "1", "--batch-size", "256"]
COMMANDS = [
    ["train", "--out", "runs/faces", "--reweight", "inv", "--lds", "--fds", "diagonal"],
    ["train", "--out", "runs/agedb", "--data", "faces-agedb", "--size", "16"],
    ["train", "--out", "runs/t", "--data", "t.csv", "--target", "y", "--fds", "full"],
    ["compare", "--out", "both", "--data", "t.csv", "--target", "y", "--seeds", "2",
     "--methods", "vanilla,sqinv+lds"],
    ["report", "both"],
    ["split", "faces", "--kind", "utkface", "--cap", "2", "--out", "utk.csv"],
    ["check", "utk.csv", "--images", "faces", "--jobs", "1"],
    ["train", "--out", "runs/photos", "--data", "utk.csv", "--images", "faces"],
]  # fmt: skip
PHOTOS = """
import pathlib, numpy as np
from PIL import Image
from dirlib.datasets.faces import draw_faces
pathlib.Path("faces").mkdir()
ages = np.repeat(np.arange(20, 60), 8)
for i, (age, image) in enumerate(zip(ages, draw_faces(ages, seed=0, size=32))):
    Image.fromarray(image).save(f"faces/{age}_0_0_2017{i:013}.jpg.chip.jpg")
"""


def build(folder: Path) -> Path:
    """The wheel; refused if something of the course is in it."""
    # From a copy: setuptools leaves a build folder behind, and takes what lies in one.
    source = folder / "source"
    shutil.copytree(ROOT / "dirlib", source / "dirlib")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder]
    subprocess.run([*pip, source], check=True, stderr=subprocess.DEVNULL)
    [wheel] = folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    own = ("dirlib/", wheel.name.split("-")[0])
    foreign = [n for n in names if not n.startswith(own)]
    assert not foreign, foreign
    answers = [n for n in names if "lesson" in n or "checks/" in n]
    assert not answers, answers
    print(f"{wheel.name}: {len(names)} files, none of the course")
    return wheel


def check_page(wheel: Path) -> None:
    """The package's page: its licence, and links that lead somewhere from there."""
    subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", wheel], check=True
    )
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [page] = [name for name in names if name.endswith(".dist-info/METADATA")]
        [licence] = [name for name in names if name.endswith("/licenses/LICENSE")]
        text = archive.read(page).decode()
        assert "MIT License" in archive.read(licence).decode()
    assert "\nLicense-Expression: MIT\n" in text
    relative = re.findall(r"\]\((?!https?:)[^)]*\)", text)
    assert not relative, relative
    assert "dirlib/py.typed" in names


def environment(folder: Path, *packages, path=None) -> Path:
    """A new environment; `path` is a folder of packages that it also sees."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [python, "-m", "pip", "install", "-q", "--no-deps", *packages]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    if path:  # its own .pth files, such as that of the checkout, are not read
        [site] = folder.rglob("site-packages")
        (site / "packages.pth").write_text(f"{path}\n")
    return python


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        wheel = build(place)
        check_page(wheel)
        empty = place / "empty"
        empty.mkdir()
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        env |= {"DIRLIB_CACHE": str(place / "cache"), "TQDM_DISABLE": "1"}

        def run(python, *args):
            subprocess.run([python, *args], cwd=empty, env=env, check=True)

        labels = environment(place / "labels", wheel, "numpy", "scipy")
        run(labels, "-c", LABELS)
        print("the label side works with NumPy and SciPy alone")
        path = sysconfig.get_paths()["purelib"]
        python = environment(place / "all", wheel, path=path)
        for code in (LABELS.replace('assert "torch"', 'assert "pandas"'), TRAINING):
            run(python, "-c", code)
        run(python, "-c", TABLE)
        run(python, "-c", PHOTOS)
        for command in COMMANDS:
            trains = command[0] in ("train", "compare")
            print("python -m dirlib", *command, flush=True)
            run(python, "-m", "dirlib", *command, *(SHORT if trains else []))
    return 0


if __name__ == "__main__":
    sys.exit(main())
