"""Exercise 4.6: the student's own layer."""

import torch

from dirlib.course.checks4.epochs import PARTS, through_epochs
from dirlib.course.epoch_end import EpochEnd
from dirlib.course.exercise import Exercise, Wrong
from dirlib.fds import FDS
from dirlib.statistics import BinStatistics


class _Library(FDS):
    def __init__(self, feature_dim, bins, window, momentum=0.9):
        super().__init__(
            feature_dim, bins, window=window, momentum=momentum, shrinkage=0.0
        )


def _layer(forward):
    """A class with the given parts and this forward."""
    return type("MyFDS", (EpochEnd,), {"forward": forward})


def _index(self, labels):
    return torch.as_tensor(self.bins.index(labels, "clip"))


def _training(step):
    """The identity in eval(), and in train() a step (self, z, index) -> z."""

    def forward(self, z, labels):
        return step(self, z, _index(self, labels)) if self.training else z

    return _layer(forward)


def _collected(calibrated):
    """Collect the batch; from the second epoch on, calibrate in another way."""

    def step(self, z, index):
        self.epoch.update(z.detach(), index)
        return z if self.pair is None else calibrated(self, z, index)

    return _training(step)


def _indexed(index):
    """Find the bins in another way."""

    def forward(self, z, labels):
        return _step(self, z, index(self, labels)) if self.training else z

    return _layer(forward)


def _step(self, z, index):
    self.epoch.update(z.detach(), index)
    return _calibrated(self, z, index)


def _calibrate(z, index, mean, var, smoothed_mean, smoothed_var):
    """The formula of exercise 4.2, for numbers that aren't statistics, too."""
    ratio = (smoothed_var / var).clamp(0.1, 10)[index]
    return ratio.sqrt() * (z - mean[index]) + smoothed_mean[index]


def _calibrated(self, z, index):
    if self.pair is None:
        return z
    return _calibrate(z, index, *self.pair)


def _collected_late(self, z, index):
    result = _calibrated(self, z, index)
    self.epoch.update(result.detach(), index)
    return result


def _ends_the_epoch(self, z, index):
    self.epoch.update(z.detach(), index)
    self.end_epoch()
    return _calibrated(self, z, index)


def _collects_first_epoch_only(self, z, index):
    if self.pair is None:
        self.epoch.update(z.detach(), index)
    return _calibrated(self, z, index)


def _last_batch_only(self, z, index):
    self.epoch = BinStatistics(*self.epoch.mean.shape)
    return _step(self, z, index)


def _without_first_epoch(self, z, index):
    self.epoch.update(z.detach(), index)
    return _calibrate(z, index, *self.pair)


def _with_this_epoch(self, z, index):
    own = self.epoch
    return _calibrate(z, index, own.mean, own.variance(), *self.pair[2:])


def _inverted(self, z, labels):
    return z if self.training else _step(self, z, _index(self, labels))


def _everywhere(self, z, labels):
    return _step(self, z, _index(self, labels))


def _calibrates_in_eval(self, z, labels):
    index = _index(self, labels)
    return (_step if self.training else _calibrated)(self, z, index)


def _collects_in_eval(self, z, labels):
    result = _step(self, z, _index(self, labels))
    return result if self.training else z


def _collects_in_eval_only(self, z, labels):
    index = _index(self, labels)
    if not self.training:
        self.epoch.update(z.detach(), index)
        return z
    return _calibrated(self, z, index)


def _calibrates_in_eval_only(self, z, labels):
    index = _index(self, labels)
    if not self.training:
        return _calibrated(self, z, index)
    self.epoch.update(z.detach(), index)
    return z


def _nothing_at_first(self, z, index):
    result = _step(self, z, index)
    return None if self.pair is None else result


MyFDS = Exercise(
    "4.6",
    "MyFDS",
    _Library,
    parts=PARTS,
    wrong=[
        Wrong(
            _layer(_everywhere),
            "eval() makes no difference: look at self.training, and return z as it is "
            "when it is False",
        ),
        Wrong(
            _training(_calibrated),
            "no batch is collected in the first epoch: in train(), give z.detach() and "
            "the index to self.epoch.update, before you look at self.pair",
        ),
        Wrong(
            _collected(lambda self, z, index: z),
            "z stays as it is after end_epoch(): calibrate it with self.pair, once "
            "there is one",
        ),
        Wrong(
            _training(_without_first_epoch),
            "self.pair is None before the first end_epoch(): return z as it is there",
        ),
        Wrong(
            _layer(_calibrates_in_eval),
            "z is calibrated in eval() too: labels are unknown there, so return z as "
            "it is",
        ),
        Wrong(
            _layer(_collects_in_eval),
            "the batches of eval() get into the statistics: return z before you "
            "collect",
        ),
        Wrong(
            _layer(_inverted),
            "self.training is True in train(): you leave there, and work in eval()",
        ),
        Wrong(
            _layer(_calibrates_in_eval_only),
            "you calibrate in eval(), and not in train(): it must be the other way "
            "round",
        ),
        Wrong(
            _layer(_collects_in_eval_only),
            "you collect in eval(), and not in train(): it must be the other way round",
        ),
        Wrong(
            _indexed(lambda self, labels: labels.long()),
            "a label is no bin: -0.7 and 2.5 have theirs, which self.bins.index finds",
        ),
        Wrong(
            _indexed(lambda self, x: x.long().clamp(0, self.bins.n_bins - 1)),
            "a label is no bin, and a negative one is not bin 0: find it with "
            "self.bins.index",
        ),
        Wrong(
            _indexed(lambda self, labels: _index(self, labels.long())),
            "labels are truncated to whole numbers: give them to self.bins.index as "
            "they are",
        ),
        Wrong(
            _indexed(lambda self, labels: _index(self, labels.round())),
            "labels are rounded to whole numbers: give them to self.bins.index as "
            "they are",
        ),
        Wrong(
            _indexed(lambda self, labels: torch.as_tensor(self.bins.index(labels))),
            "a label outside the range stops the training: count it in the nearest "
            'bin, with "clip"',
        ),
        Wrong(
            _indexed(
                lambda self, labels: torch.as_tensor(self.bins.index(labels, "drop"))
            ),
            '"drop" leaves labels out, and the others stand beside the wrong rows: '
            'take "clip"',
        ),
        Wrong(
            _collected(lambda self, z, index: _calibrated(self, z.detach(), index)),
            "no gradient reaches z: only the statistics get z.detach(), the "
            "calibration gets z itself",
        ),
        Wrong(
            _training(lambda self, z, index: _step(self, z.detach(), index)),
            "no gradient reaches z, from the first epoch on: only the statistics get "
            "z.detach(), and forward goes on with z itself",
        ),
        Wrong(
            _training(_collected_late),
            "you collect features that are calibrated already: give z as it came to "
            "self.epoch.update",
        ),
        Wrong(
            _training(_ends_the_epoch),
            "forward ends the epoch at every batch: whoever trains calls end_epoch(), "
            "once per epoch",
        ),
        Wrong(
            _collected(_with_this_epoch),
            "you calibrate with this epoch's statistics, which still change from batch "
            "to batch: use the four of self.pair",
        ),
        Wrong(
            _training(_collects_first_epoch_only),
            "from the second epoch on nothing is collected: collect every batch before "
            "you look at self.pair",
        ),
        Wrong(
            _training(_last_batch_only),
            "only the last batch of an epoch is left: end_epoch() empties self.epoch, "
            "forward only adds to it",
        ),
        Wrong(
            _collected(
                lambda self, z, index: _calibrate(
                    z, index, *self.pair[2:], *self.pair[:2]
                )
            ),
            "the pair is exchanged: self.pair is mean, var, smoothed_mean, "
            "smoothed_var, in the order of calibrate_diagonal",
        ),
        Wrong(
            _collected(
                lambda self, z, index: _calibrate(
                    z, index, *(self.pair[i] for i in (0, 2, 1, 3))
                )
            ),
            "a mean and a variance are exchanged: self.pair is mean, var, "
            "smoothed_mean, smoothed_var",
        ),
        Wrong(
            _layer(
                lambda self, *args: _everywhere(self, *args) if self.training else None
            ),
            "in eval() forward returns nothing: return z as it is",
        ),
        Wrong(
            _training(_nothing_at_first),
            "before the first end_epoch() forward returns nothing: return z as it is",
        ),
        Wrong(
            _collected(lambda self, z, index: None),
            "after the first end_epoch() forward returns nothing: return the "
            "calibrated features",
        ),
        Wrong(
            _layer(lambda self, z, labels: None),
            "forward returns nothing: end each of its ways with return",
        ),
    ],
    rtol=1e-4,
    adapt=through_epochs,
)
