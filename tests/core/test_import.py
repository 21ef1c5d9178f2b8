"""`import dirlib` stays light, its face is whole, and no arrow points back."""

import ast
import subprocess
import sys

import pytest

import dirlib
from tools.lessons.env import ROOT

HEAVY = [
    "IPython", "PIL", "ipywidgets", "matplotlib", "pandas", "scipy", "sklearn", "torch",
    "torchvision", "tqdm",
]  # fmt: skip


def run(code):
    """Run code in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_import_loads_nothing_heavy():
    loaded = f"[name for name in {HEAVY!r} if name in sys.modules]"
    assert run(f"import dirlib, sys; dir(dirlib); print({loaded})") == "[]\n"


LABEL_SIDE = (
    f"MISSING = {sorted({*HEAVY} - {'scipy'})}"
    + """
import sys

class Missing:  # None in sys.modules would do, but scipy looks at torch in there
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in MISSING:
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Missing())
import numpy as np
import dirlib

labels = np.repeat([20, 30, 31, 90], [30, 150, 40, 2])
bins, why = dirlib.choose_bins(labels)
assert repr(bins) == "LabelBins(20, 91, 1)" and "steps of 1" in why
bins = dirlib.LabelBins(0, 101, 1)
window = dirlib.kernel_window("gaussian", 5, 2.0)
density = dirlib.effective_density(labels, bins, window)
assert np.isclose(density.sum(), dirlib.empirical_density(labels, bins).sum())
assert np.isclose(dirlib.smooth_bins(bins.counts(labels), window).sum(), len(labels))
weights = dirlib.lds_weights(labels, bins)
assert np.isclose(weights.mean(), 1) and weights[-1] > 3 * weights[40]
assert np.isclose(dirlib.density_weights(density[labels]).mean(), 1)
assert 1 < dirlib.effective_sample_size(weights) < len(labels)
regions = dirlib.shot_regions(bins.counts(labels))
y_hat = labels + 2.0
scores = dirlib.by_region(labels, y_hat, bins, regions)
assert scores["few"].n == 2 and str(scores["many"]) == "2.00 [2.00, 2.00] (n=150)"
assert dirlib.region_errors(labels, y_hat, bins, regions)["medium"] == 2
assert dirlib.mae(labels, y_hat) == 2 and dirlib.mse(labels, y_hat) == 4
assert np.isclose(dirlib.gm(labels, y_hat), 2)
assert np.isclose(dirlib.pearson(labels, y_hat), 1)
assert np.isclose(dirlib.spearman(labels, y_hat), 1)
assert dirlib.error_by_bin(labels, y_hat, bins)[30] == 2
assert dirlib.paired_comparison([3, 2], [2, 1]).wins == 2
try:
    dirlib.l1_loss
except ImportError:
    print("works")
"""
)


def test_the_label_side_works_without_torch():
    assert run(LABEL_SIDE) == "works\n"


def test_the_face_is_sorted_and_whole():
    assert dirlib.__all__ == sorted(set(dirlib.__all__))
    assert [n for n in dir(dirlib) if not n.startswith("_")] == dirlib.__all__
    with pytest.raises(AttributeError, match="no attribute 'lds_weight'"):
        dirlib.lds_weight  # noqa: B018


@pytest.mark.parametrize("name", dirlib.__all__)
def test_every_public_name_exists_and_says_what_it_does(name):
    assert getattr(dirlib, name).__doc__.strip()


def test_what_the_lazy_modules_hold_is_found():
    paths = (
        "d.training.fit", "d.metrics.mae", "d.datasets.faces.faces", "d.fds.FDS",
        "d.datasets.tables.read_table", "d.datasets.photos.check_ages",
        "d.datasets.published.label_counts",
    )  # fmt: skip
    names = [path.rpartition(".")[2] for path in paths]
    code = f"import dirlib as d; print([x.__name__ for x in [{', '.join(paths)}]])"
    assert run(code) == f"{names}\n"


def modules_named(path, root=ROOT):
    """The modules that a file imports, at any depth, in a function or by their name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = path.relative_to(root).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1]
            for name in [node.module] if node.module else [a.name for a in node.names]:
                yield ".".join([*above, name])
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ("import_module", "__import__", "find_spec", "run_module"):
                first = node.args[0]
                # An f-string counts by how it begins.
                first = first.values[0] if isinstance(first, ast.JoinedStr) else first
                yield first.value if isinstance(first, ast.Constant) else "unknown"


ARROWS = {
    "dirlib": ("course", "tools", "solutions", "tests", "unknown"),
    "course": ("tools", "solutions", "tests"),
}


@pytest.mark.parametrize(("package", "forbidden"), ARROWS.items())
def test_no_arrow_points_back(package, forbidden):
    files = sorted((ROOT / package).rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for module in modules_named(path):
            assert module.split(".")[0] not in forbidden, f"{path} imports {module}"


@pytest.mark.parametrize(
    "line",
    [
        "import numpy, course.lesson1 as a",
        "def late():\n    if 1:\n        from course import start",
        "from course.checks.slips import Slip",
        "from ... import course",
        "from ...course import start",
        'import_module("course.start")',
        'importlib.import_module(f"course.lesson{n}")',
        '__import__("course")',
        'runpy.run_module("course")',
    ],
)
def test_an_arrow_is_seen_wherever_it_hides(tmp_path, line):
    path = tmp_path / "dirlib" / "training" / "made.py"
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert "course" in [m.split(".")[0] for m in modules_named(path, tmp_path)]
