"""Exercise 1.1: the bin of each label."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

rng = np.random.default_rng(11)


def _bin_index(labels, start, width):
    return np.floor((labels - start) / width).astype(int)


# fmt: off
PARTS = [
    Part("ages, whole and with decimals", 1, [
        (np.array([0.0, 0.4, 0.9, 1.0, 30.9, 100.0]), 0.0, 1.0),
        (rng.uniform(0, 101, 200), 0.0, 1.0),
        (rng.uniform(20, 70, 50), 20.0, 5.0),
        (np.array([62.5]), 60.0, 1.0),
        (np.array([0.5, 1.2, 1.6, 9.4]), 0.5, 1.0),
    ]),
    Part("negative labels and narrow bins", 1, [
        (np.array([-1.5, -0.5, 0.5]), -2.0, 1.0),
        (rng.uniform(-40, 40, 200), -40.0, 2.5),
        (rng.uniform(-1, 1, 50), -1.0, 0.25),
    ]),
]
WRONG = [
    Slip(("np.floor((labels", "((labels.astype(int)"), "int() cuts towards zero, so "
         "-0.5 and 0.5 land together: subtract the start first, then use np.floor"),
    Slip(("floor", "round"), "rounding sends 30.9 to the bin of 31: bin 30 goes "
         "from 30 to just below 31, so round down"),
    Slip(("(labels - start)", "labels"),
         "the first bin begins at `start`, not at 0: subtract it"),
    Slip((" / width", ""), "a bin is `width` wide, not 1: divide by it"),
    Slip(("np.floor", "int"), (".astype(int)", ""),
         "int() takes one number, not an array: use np.floor(...).astype(int)"),
    Slip(("(int)", "(int) + 1"),
         "your first bin has the number 1: bins are counted from 0"),
    Slip(("(labels - start)", "labels - start"),
         "`/` comes before `-`: write (labels - start) / width, with parentheses"),
    Slip(("np.floor((labels - start)", "((labels.astype(int) - int(start))"), "int() "
         "cuts each label, and the start too: subtract first, then use np.floor"),
    Slip(("floor", "ceil"),
         "np.ceil rounds up, so 0.4 lands in bin 1: round down with np.floor"),
    Slip(("floor", "ceil"), ("(int)", "(int) - 1"), "a label on an edge belongs to "
         "the bin that begins there: round down, not up minus one"),
    Slip(("/", "*"),
         "you multiply by `width`: ask how many widths fit, so divide by it"),
    Slip(("np.floor((labels - start) / width).astype(int)", "labels.astype(int)"),
         "int(label) knows neither start nor width: subtract the start, divide by the "
         "width, then round down"),
    Slip(("np.floor((labels - start) / width).astype(int)",
          "np.floor(labels).astype(int)"), "you round the label down, but start and "
         "width play no part: subtract the start and divide by the width first"),
]
bin_index = Exercise("1.1", "bin_index", _bin_index, PARTS, WRONG)
