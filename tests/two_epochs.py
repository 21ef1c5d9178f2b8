"""Run in each kernel of a test before its first cell: a lesson trains for two epochs.

What a live training prints is compared with nothing, so `make test` doesn't wait for
it. `make test-kernels` runs the lessons with their trainings in full.
"""

import os
import sys

os.environ["LESSON_EPOCHS"] = "2"  # in the processes that lesson 5 starts, too


def shorten(info):
    if project := sys.modules.get("course.project"):
        project.EPOCHS = 2
    methods = sys.modules.get("course.records.methods")
    if methods is None:
        return
    fit = methods.fit
    methods.fit = lambda *args, epochs, **options: fit(
        *args, epochs=min(epochs, 2), **options
    )
    get_ipython().events.unregister("pre_run_cell", shorten)  # noqa: F821


get_ipython().events.register("pre_run_cell", shorten)  # noqa: F821
