"""Exercise 4.6: the student's own layer."""

import torch

import dirlib
from course.checks.exercise import Exercise, Wrong
from course.checks.lesson4.epochs import PARTS, through_epochs
from course.checks.slips import Slip
from course.epoch_end import EpochEnd


class _Library(dirlib.FDS):
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(
            feature_dim, bins, window=window, momentum=momentum, shrinkage=0.0
        )


class _Layer(EpochEnd):
    def forward(self, z, labels):
        if self.training:
            index = torch.as_tensor(self.bins.index(labels, "clip"))
            self.epoch.update(z.detach(), index)
            if self.pair is not None:
                mean, var, smoothed_mean, smoothed_var = self.pair
                ratio = (smoothed_var / var).clamp(0.1, 10)[index]
                z = ratio.sqrt() * (z - mean[index]) + smoothed_mean[index]
        return z


_index = 'torch.as_tensor(self.bins.index(labels, "clip"))'
_collect = "self.epoch.update(z.detach(), index)"
_moved = "ratio.sqrt() * (z - mean[index]) + smoothed_mean[index]"
_four = "mean, var, smoothed_mean, smoothed_var ="
_end = "        return z"


def _where(collects, calibrates, cause):
    """A layer that doesn't do both in train() alone."""
    return Slip(
        ("if self.training:", "if True:"),
        (_collect, f"if {collects}: {_collect}"),
        ("if self.pair", f"if {calibrates} and self.pair"),
        cause,
    )


# fmt: off
SLIPS = [
    Slip(("self.training", "True"), "eval() makes no difference: look at "
         "self.training, and return z as it is when it is False"),
    Slip((_collect, ""), "no batch is collected in the first epoch: in train(), give "
         "z.detach() and the index to self.epoch.update, before you look at self.pair"),
    Slip((_moved, "z"), "z stays as it is after end_epoch(): calibrate it with "
         "self.pair, once there is one"),
    Slip(("self.pair is not None", "True"),
         "self.pair is None before the first end_epoch(): return z as it is there"),
    _where("self.training", "True", "z is calibrated in eval() too: labels are unknown "
           "there, so return z as it is"),
    _where("True", "self.training", "the batches of eval() get into the statistics: "
           "return z before you collect"),
    Slip(("self.training", "not self.training"),
         "self.training is True in train(): you leave there, and work in eval()"),
    _where("self.training", "not self.training", "you calibrate in eval(), and not in "
           "train(): it must be the other way round"),
    _where("not self.training", "self.training",
           "you collect in eval(), and not in train(): it must be the other way round"),
    Slip((_index, "labels.long()"),
         "a label is no bin: -0.7 and 2.5 have theirs, which self.bins.index finds"),
    Slip((_index, "labels.long().clamp(0, self.bins.n_bins - 1)"), "a label is no bin, "
         "and a negative one is not bin 0: find it with self.bins.index"),
    Slip(("(labels,", "(labels.long(),"), "labels are truncated to whole numbers: give "
         "them to self.bins.index as they are"),
    Slip(("(labels,", "(labels.round(),"), "labels are rounded to whole numbers: give "
         "them to self.bins.index as they are"),
    Slip((', "clip"', ""), "a label outside the range stops the training: count it in "
         'the nearest bin, with "clip"'),
    Slip(('"clip"', '"drop"'), '"drop" leaves labels out, and the others stand beside '
         'the wrong rows: take "clip"'),
    Slip(("(z - ", "(z.detach() - "), "no gradient reaches z: only the statistics get "
         "z.detach(), the calibration gets z itself"),
    Slip((_collect, f"z = z.detach(); {_collect}"), "no gradient reaches z, from the "
         "first epoch on: only the statistics get z.detach(), and forward goes on with "
         "z itself"),
    Slip((_collect, ""), (_end, f"            {_collect}\n{_end}"), "you collect "
         "features that are calibrated already: give z as it came to "
         "self.epoch.update"),
    Slip((_collect, f"{_collect}; self.end_epoch()"), "forward ends the epoch at every "
         "batch: whoever trains calls end_epoch(), once per epoch"),
    Slip(("= self.pair",
          "= self.epoch.mean, self.epoch.variance(), *self.pair[2:]"), "you calibrate "
         "with this epoch's statistics, which still change from batch to batch: use "
         "the four of self.pair"),
    Slip((_collect, f"if self.pair is None: {_collect}"), "from the second epoch on "
         "nothing is collected: collect every batch before you look at self.pair"),
    Slip((_collect,
          f"self.epoch = dirlib.BinStatistics(*self.epoch.mean.shape); {_collect}"),
         "only the last batch of an epoch is left: end_epoch() empties self.epoch, "
         "forward only adds to it"),
    Slip((_four, "smoothed_mean, smoothed_var, mean, var ="), "the pair is exchanged: "
         "self.pair is mean, var, smoothed_mean, smoothed_var, in the order of "
         "calibrate_diagonal"),
    Slip((_four, "mean, smoothed_mean, var, smoothed_var ="), "a mean and a variance "
         "are exchanged: self.pair is mean, var, smoothed_mean, smoothed_var"),
    Slip((".clamp(0.1, 10)", ""), "the ratio isn't clipped: give clip=(0.1, 10) to "
         "dirlib.calibrate, or use your function of exercise 4.2"),
    Slip(("z = ratio", "return ratio"), (_end, ""), "in eval() and before the first "
         "end_epoch() forward returns nothing: end it with `return z`"),
    Slip((_end, f"    {_end}"),
         "in eval() forward returns nothing: return z as it is"),
    Slip((_end, "        if not self.training or self.pair is not None: return z"),
         "before the first end_epoch() forward returns nothing: return z as it is"),
    Slip((_moved, "None"), "after the first end_epoch() forward returns nothing: "
         "return the calibrated features"),
    Slip(("        if self.training", "        return\n        if self.training"),
         "forward returns nothing: end each of its ways with return"),
]
WRONG = [Wrong(slip.answer(_Layer), slip.cause) for slip in SLIPS]
MyFDS = Exercise(
    "4.6", "MyFDS", _Library, PARTS, WRONG, rtol=1e-4, adapt=through_epochs
)
