"""Exercise 4.6: the student's own layer."""

import torch

from course.checks.exercise import Exercise, Wrong
from course.checks.lesson4.epochs import PARTS, through_epochs
from course.checks.lesson4.layers import (
    bins_of,
    calibrated_by_pair,
    calibrated_or_nothing,
    calibrates_in_eval,
    calibrates_in_eval_only,
    collect_and_calibrate,
    collected_late,
    collects_first_epoch_only,
    collects_in_eval,
    collects_in_eval_only,
    ends_the_epoch,
    everywhere,
    indexed_by,
    inverted,
    last_batch_only,
    layer_of,
    not_clipped,
    nothing_at_first,
    once_collected,
    recoloured,
    while_training,
    with_this_epoch,
    without_first_epoch,
)
from dirlib.fds.layer import FDS


class _Library(FDS):
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(
            feature_dim, bins, window=window, momentum=momentum, shrinkage=0.0
        )


MyFDS = Exercise(
    "4.6",
    "MyFDS",
    _Library,
    parts=PARTS,
    wrong=[
        Wrong(
            layer_of(everywhere),
            "eval() makes no difference: look at self.training, and return z as it is "
            "when it is False",
        ),
        Wrong(
            while_training(calibrated_by_pair),
            "no batch is collected in the first epoch: in train(), give z.detach() and "
            "the index to self.epoch.update, before you look at self.pair",
        ),
        Wrong(
            once_collected(lambda self, z, index: z),
            "z stays as it is after end_epoch(): calibrate it with self.pair, once "
            "there is one",
        ),
        Wrong(
            while_training(without_first_epoch),
            "self.pair is None before the first end_epoch(): return z as it is there",
        ),
        Wrong(
            layer_of(calibrates_in_eval),
            "z is calibrated in eval() too: labels are unknown there, so return z as "
            "it is",
        ),
        Wrong(
            layer_of(collects_in_eval),
            "the batches of eval() get into the statistics: return z before you "
            "collect",
        ),
        Wrong(
            layer_of(inverted),
            "self.training is True in train(): you leave there, and work in eval()",
        ),
        Wrong(
            layer_of(calibrates_in_eval_only),
            "you calibrate in eval(), and not in train(): it must be the other way "
            "round",
        ),
        Wrong(
            layer_of(collects_in_eval_only),
            "you collect in eval(), and not in train(): it must be the other way round",
        ),
        Wrong(
            indexed_by(lambda self, labels: labels.long()),
            "a label is no bin: -0.7 and 2.5 have theirs, which self.bins.index finds",
        ),
        Wrong(
            indexed_by(lambda self, x: x.long().clamp(0, self.bins.n_bins - 1)),
            "a label is no bin, and a negative one is not bin 0: find it with "
            "self.bins.index",
        ),
        Wrong(
            indexed_by(lambda self, labels: bins_of(self, labels.long())),
            "labels are truncated to whole numbers: give them to self.bins.index as "
            "they are",
        ),
        Wrong(
            indexed_by(lambda self, labels: bins_of(self, labels.round())),
            "labels are rounded to whole numbers: give them to self.bins.index as "
            "they are",
        ),
        Wrong(
            indexed_by(lambda self, labels: torch.as_tensor(self.bins.index(labels))),
            "a label outside the range stops the training: count it in the nearest "
            'bin, with "clip"',
        ),
        Wrong(
            indexed_by(
                lambda self, labels: torch.as_tensor(self.bins.index(labels, "drop"))
            ),
            '"drop" leaves labels out, and the others stand beside the wrong rows: '
            'take "clip"',
        ),
        Wrong(
            once_collected(
                lambda self, z, index: calibrated_by_pair(self, z.detach(), index)
            ),
            "no gradient reaches z: only the statistics get z.detach(), the "
            "calibration gets z itself",
        ),
        Wrong(
            while_training(
                lambda self, z, index: collect_and_calibrate(self, z.detach(), index)
            ),
            "no gradient reaches z, from the first epoch on: only the statistics get "
            "z.detach(), and forward goes on with z itself",
        ),
        Wrong(
            while_training(collected_late),
            "you collect features that are calibrated already: give z as it came to "
            "self.epoch.update",
        ),
        Wrong(
            while_training(ends_the_epoch),
            "forward ends the epoch at every batch: whoever trains calls end_epoch(), "
            "once per epoch",
        ),
        Wrong(
            once_collected(with_this_epoch),
            "you calibrate with this epoch's statistics, which still change from batch "
            "to batch: use the four of self.pair",
        ),
        Wrong(
            while_training(collects_first_epoch_only),
            "from the second epoch on nothing is collected: collect every batch before "
            "you look at self.pair",
        ),
        Wrong(
            while_training(last_batch_only),
            "only the last batch of an epoch is left: end_epoch() empties self.epoch, "
            "forward only adds to it",
        ),
        Wrong(
            once_collected(
                lambda self, z, index: recoloured(
                    z, index, *self.pair[2:], *self.pair[:2]
                )
            ),
            "the pair is exchanged: self.pair is mean, var, smoothed_mean, "
            "smoothed_var, in the order of calibrate_diagonal",
        ),
        Wrong(
            once_collected(
                lambda self, z, index: recoloured(
                    z, index, *(self.pair[i] for i in (0, 2, 1, 3))
                )
            ),
            "a mean and a variance are exchanged: self.pair is mean, var, "
            "smoothed_mean, smoothed_var",
        ),
        Wrong(
            once_collected(not_clipped),
            "the ratio isn't clipped: give clip=(0.1, 10) to dirlib.calibrate, or use "
            "your function of exercise 4.2",
        ),
        Wrong(
            layer_of(calibrated_or_nothing),
            "in eval() and before the first end_epoch() forward returns nothing: end "
            "it with `return z`",
        ),
        Wrong(
            layer_of(
                lambda self, *args: everywhere(self, *args) if self.training else None
            ),
            "in eval() forward returns nothing: return z as it is",
        ),
        Wrong(
            while_training(nothing_at_first),
            "before the first end_epoch() forward returns nothing: return z as it is",
        ),
        Wrong(
            once_collected(lambda self, z, index: None),
            "after the first end_epoch() forward returns nothing: return the "
            "calibrated features",
        ),
        Wrong(
            layer_of(lambda self, z, labels: None),
            "forward returns nothing: end each of its ways with return",
        ),
    ],
    rtol=1e-4,
    adapt=through_epochs,
)
