"""FDS in a training by Lightning."""

from lightning.pytorch import Callback

from dirlib.integrations import end_epoch


class FDSCallback(Callback):
    """Ends the epoch of each FDS layer of the LightningModule, after each epoch.

    ``training_step`` passes the labels on: ``z = self.fds(z, y)``. The sums of the
    epoch under way are in Lightning's checkpoints, as a part of the module's state.

    Examples
    --------
    >>> trainer = lightning.Trainer(callbacks=[FDSCallback()])  # doctest: +SKIP
    """

    def on_train_epoch_end(self, trainer, pl_module):
        end_epoch(pl_module)
