"""The first lesson shows its first figure without waiting for torch."""

import subprocess
import sys

from course import explorers, figures

LESSON_1 = """
import sys
from course import start
from course.lesson1 import AGES, check, explorers, faces, figures, load_runs

start.course_map()
runs = load_runs("faces")
test = faces("test", progress=False)
figures.image_grid(test.images[:2], ["", ""])
explorers.neighbourhoods(AGES, runs.train_counts, age_a=89, age_b=98)
assert check.bin_index(check.bin_index.reference) == check.bin_index.points
assert "torch" not in sys.modules, "torch takes seconds to load"
"""


def test_lesson_1_and_the_way_in_load_no_torch():
    run = subprocess.run(
        [sys.executable, "-c", LESSON_1],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr


def test_every_name_that_loads_late_is_there():
    for package in (explorers, figures):
        assert dir(package) == package.__all__ == sorted(package.__all__)
        for name in package.__all__:
            assert getattr(package, name).__name__ == name
        assert not hasattr(package, "nothing")
