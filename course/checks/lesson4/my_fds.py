"""Exercise 4.4: the student's own layer."""

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
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(feature_dim, bins, window, momentum)
        tables = bins.n_bins, feature_dim
        self.register_buffer("running", torch.zeros(3, *tables))
        neutral = torch.tensor([0.0, 1.0, 0.0, 1.0])[:, None, None]
        self.register_buffer("pair", neutral.expand(4, *tables).clone())

    def forward(self, z, labels):
        if self.training:
            index = torch.as_tensor(self.bins.index(labels, "clip"))
            self.epoch.update(z.detach(), index)
            mean, var, smoothed_mean, smoothed_var = self.pair
            ratio = (smoothed_var / var).clamp(0.1, 10)[index]
            z = ratio.sqrt() * (z - mean[index]) + smoothed_mean[index]
        return z


_index = 'torch.as_tensor(self.bins.index(labels, "clip"))'
_collect = "self.epoch.update(z.detach(), index)"
_moved = "ratio.sqrt() * (z - mean[index]) + smoothed_mean[index]"
_four = "mean, var, smoothed_mean, smoothed_var ="
_end = "        return z"
_parameter = "setattr(self, {name}, torch.nn.Parameter({table}))"


def _where(collects, calibrates, cause):
    """A layer that doesn't do both in train() alone."""
    return Slip(
        ("if self.training:", "if True:"),
        (_collect, f"if {collects}: {_collect}"),
        ("mean, var,", f"if not {calibrates}: return z\n            mean, var,"),
        cause,
    )


def _state(running, pair, cause):
    """A layer whose two tables are made in other ways."""
    changes = []
    for way, name, table in (
        (running, '"running"', "torch.zeros(3, *tables)"),
        (pair, '"pair"', "neutral.expand(4, *tables).clone()"),
    ):
        buffer = f"self.register_buffer({name}, {table})"
        changes.append((buffer, way.format(name=name, table=table, buffer=buffer)))
    return Slip(*changes, cause)


# fmt: off
SLIPS = [
    Slip(("self.training", "True"), "eval() makes no difference: look at "
         "self.training, and return z as it is when it is False"),
    Slip((_collect, ""), "no batch is collected in the first epoch: in train(), give "
         "z.detach() and the index to self.epoch.update"),
    Slip((_moved, "z"), "z stays as it is after end_epoch(): calibrate it with "
         "self.pair"),
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
         "z.detach(), and the calibration gets z itself"),
    Slip(("(z - ", "(z.detach() if self.running.any() else z) - ("), "no gradient "
         "reaches z after the first epoch: only the statistics get z.detach()"),
    Slip((_moved, f"z + ({_moved} - z).detach()"), "the gradient goes round your "
         "formula: it must be multiplied by the scale, so leave out detach()"),
    Slip((_collect, ""), (_end, f"            {_collect}\n{_end}"), "you collect "
         "features that are calibrated already: give z as it came to "
         "self.epoch.update"),
    Slip((_collect, f"{_collect}; self.end_epoch()"), "forward ends the epoch at every "
         "batch: whoever trains calls end_epoch(), once per epoch"),
    Slip(("= self.pair",
          "= self.epoch.mean, self.epoch.variance(), *self.pair[2:]"), "you calibrate "
         "with this epoch's statistics, which still change from batch to batch: use "
         "the four of self.pair"),
    Slip((_collect, f"if not self.running.any(): {_collect}"), "from the second "
         "epoch on nothing is collected: collect every batch, in each epoch"),
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
    Slip((_end, "        if self.training and self.running.any(): return z"), "in "
         "eval() and before the first end_epoch() forward returns nothing: end it with "
         "`return z`"),
    Slip((_end, f"    {_end}"),
         "in eval() forward returns nothing: return z as it is"),
    Slip((_end, "        if not self.training or self.running.any(): return z"),
         "before the first end_epoch() forward returns nothing: return z as it is"),
    Slip((_moved, "None"), "in train() forward returns nothing: return the calibrated "
         "features"),
    Slip(("        if self.training", "        return\n        if self.training"),
         "forward returns nothing: end each of its ways with return"),
    # The state.
    _state("setattr(self, {name}, {table})", "setattr(self, {name}, {table})",
           "a new layer that loads the state starts anew: register both as buffers, so "
           "that state_dict() holds them"),
    _state("{buffer}", "setattr(self, {name}, {table})", "`pair` is lost when the "
           "layer is saved and loaded: register it as a buffer, too"),
    _state("setattr(self, {name}, {table})", "{buffer}", "`running` is lost when the "
           "layer is saved and loaded: register it as a buffer, too"),
    _state(_parameter, _parameter, "a statistic is a buffer, not a parameter, which an "
           "optimizer changes, and end_epoch() can't set"),
    _state("pass", "pass", "the layer starts with two buffers, `running` and `pair`: "
           "make them in __init__ with self.register_buffer"),
    _state("pass", "{buffer}", "`running` isn't there: make it in __init__ with "
           "self.register_buffer"),
    Slip(("[0.0, 1.0, 0.0, 1.0]", "[0.0, 0.0, 0.0, 0.0]"), "`pair` starts with "
         "variances of 0, which divide to NaN: start it so that z stays as it is"),
    Slip(("[0.0, 1.0, 0.0, 1.0]", "[0.0, 0.0, 1.0, 1.0]"), "`pair` is in the order "
         "mean, variance, smoothed mean, smoothed variance: both variances start at 1"),
    Slip(("torch.zeros(3", "torch.ones(3"), "`running` starts at 0: with a count of 1 "
         "a bin that was never seen looks known"),
]
WRONG = [Wrong(slip.answer(_Layer), slip.cause) for slip in SLIPS]
WRONG.append(Wrong(_Library, "this is dirlib's layer: write the two buffers and "
                   "forward yourself, on the given base class"))
MyFDS = Exercise("4.4", "MyFDS", _Layer, PARTS, WRONG, rtol=1e-4, adapt=through_epochs)
