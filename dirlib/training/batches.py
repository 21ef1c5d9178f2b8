"""Batches of samples, read in this process or by worker processes."""

import torch
from torch.utils.data import DataLoader


class Batches:
    """Reads samples batch by batch; `workers` processes read ahead where it is not 0.

    ``for index, x in batches.read(plan)`` goes through a plan, a list of pairs: the
    samples' indices, and their random numbers u or None, see `dirlib.training.samples`.
    """

    def __init__(self, samples, workers=0):
        self._plan = []  # what the loader goes through: changed in place
        self._loader = DataLoader(
            _Reader(samples),
            sampler=self._plan,
            batch_size=None,
            num_workers=workers,
            persistent_workers=workers > 0,
            # One of its own: the global random state is the user's.
            generator=torch.Generator(),
        )

    def read(self, plan):
        self._plan[:] = plan
        for (index, _), x in zip(plan, self._loader, strict=True):
            if isinstance(x, Exception):
                raise x
            yield index, x


class _Reader:
    """The samples as DataLoader wants them: one whole batch for each item."""

    def __init__(self, samples):
        self._samples = samples

    def __getitem__(self, item):
        try:
            return self._samples.batch(*item)
        # A worker's exception would come wrapped into its traceback: hand it over.
        except (OSError, ValueError) as error:
            return error
