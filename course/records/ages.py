"""The ages of the faces: their bins, and the ages that some runs are not trained on."""

from dirlib.bins import LabelBins

AGES = LabelBins(0, 101, 1)
# Two holes in the training ages, one a run: one inside, one at the end.
INTERPOLATION, EXTRAPOLATION = range(45, 56), range(85, 101)
# Ages that lose their own images in one run, and in another those of the ages up to
# REACH years away.
ALONE, REACH = (42, 55), 5
