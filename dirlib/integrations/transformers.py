"""FDS in a training by the Trainer of Hugging Face's Transformers."""

from transformers import TrainerCallback

from dirlib.integrations import end_epoch


class FDSCallback(TrainerCallback):
    """Ends the epoch of each FDS layer of the model, after each epoch.

    The model's ``forward`` gets the labels from the Trainer, and passes them on:
    ``z = self.fds(z, labels)``.

    Examples
    --------
    >>> trainer = Trainer(model, callbacks=[FDSCallback()])  # doctest: +SKIP
    """

    def on_epoch_end(self, args, state, control, model=None, **kwargs):
        end_epoch(model)
