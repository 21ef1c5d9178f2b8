"""The one training loop, which a checkpoint can interrupt."""

import copy
import math

import numpy as np
import torch
from torch import nn

from dirlib.arguments import as_array, check_shape
from dirlib.losses import l1_loss
from dirlib.progress import progress_bar
from dirlib.training import processes
from dirlib.training.batches import Batches
from dirlib.training.checkpoints import load_checkpoint, save_checkpoint
from dirlib.training.inference import precision
from dirlib.training.optimizers import make_optimizer
from dirlib.training.samples import as_samples, checksum, needed


def fit(
    model, samples, *, weights=None, loss=l1_loss, fds=None, fds_start=0, epochs=15,
    batch_size=64, lr=3e-3, optimizer="adam", schedule="onecycle", seed=0,
    validate=None, select=None, patience=None, workers=0, checkpoint=None,
    progress=True,
):  # fmt: skip
    """Train `model`, on the device that it is on.

    On a GPU it computes in bfloat16 where that is safe. Started by ``torchrun``, each
    of the processes takes its part of every batch; BatchNorm normalises with that part.

    Parameters
    ----------
    model : torch.nn.Module
        Maps a batch to what `loss` compares with the labels. Trained in place.
    samples : object
        Labels and batches, see `dirlib.training.samples`, such as an `ImageArray`. The
        labels are floats for a regression loss, integers for a classification loss.
    weights : array-like of shape [N], optional
        One weight per sample, with mean 1 (see :func:`dirlib.lds_weights`).
    loss : callable
        ``loss(prediction, target, weights)`` gives a scalar; one of `dirlib`'s losses.
        The parameters of a module, such as a `dirlib.BalancedMSE`, are trained too.
    fds : dirlib.FDS, optional
        Or a layer of your own with ``end_epoch()``. Calibrates ``model.features(x)`` on
        the way to ``model.regressor``. Its state changes; the trained model works
        without it.
    fds_start : int
        The first epoch, counted from 0, whose features `fds` sees. It collects in that
        one, and calibrates from the next one on.
    epochs, batch_size : int
    lr, optimizer, schedule
        See :func:`dirlib.training.optimizers.make_optimizer`.
    seed : int
        Fixes the order of the samples and their augmentation.
    validate : callable, optional
        ``validate(model)`` gives a dict of numbers after each epoch, for the history.
    select : str, optional
        The number of `validate` that chooses the epoch whose weights `model` ends with:
        the lowest, the first of equals. Without it the last epoch is kept.
    patience : int, optional
        Ends the training after so many epochs without a lower `select`. The schedule is
        still that of all `epochs`: "constant" goes best with it, as "onecycle" lowers
        the learning rate, and with it the errors, only towards its end.
    workers : int
        Processes that read the samples ahead; 0 reads them in this one.
    checkpoint : path-like, optional
        Written after each epoch. If it is there already, the training goes on from it,
        and ends as it would have without the interruption (bit for bit with one CPU
        thread). `model` and `fds` may then be new ones.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of dict
        For each epoch: `epoch`, from 1; `loss`, the mean training loss; the numbers of
        `validate`; and those of :meth:`dirlib.FDS.distances`.

    Raises
    ------
    ValueError
        If an argument is out of its range, the loss becomes NaN, or the checkpoint is
        damaged or of another training.
    """
    y, w = _labels_and_weights(samples, weights)
    if epochs < 1 or batch_size < 1 or batch_size % processes.count():
        raise ValueError(
            f"epochs must be 1 or more and batch_size a multiple of the number of "
            f"processes, {processes.count()}, but got {epochs} and {batch_size}"
        )
    if patience is not None and (patience < 1 or select is None):
        raise ValueError(
            f"patience must be 1 or more, and needs a number of validate to select by, "
            f"but got patience={patience} and select={select}"
        )
    model.to(memory_format=torch.channels_last)  # twice as fast on a CPU
    n_batches = len(y) // batch_size or 1
    parameters, of_loss = list(model.parameters()), []
    if isinstance(loss, nn.Module):
        loss.to(parameters[0].device)
        of_loss = list(loss.parameters())
    steps = make_optimizer(
        optimizer, schedule, parameters + of_loss, lr, epochs * n_batches
    )
    training = _Training(model, fds, loss if of_loss else None, *steps, seed)
    settings = {
        "epochs": epochs, "batch_size": batch_size, "lr": lr, "seed": seed,
        "loss": getattr(loss, "__qualname__", type(loss).__name__),
        "optimizer": optimizer, "schedule": schedule, "select": select,
        "fds": repr(fds), "fds_start": fds_start, "patience": patience,
    }  # fmt: skip
    if checkpoint is not None:
        settings["samples"] = needed(samples, "checksum")
        settings["weights"] = None if w is None else checksum(w.numpy())
        training.resume(checkpoint, settings)
    network = processes.data_parallel(_Calibrated(model, fds))
    batches = Batches(samples, workers)
    bar = progress_bar(
        epochs * n_batches, "Training", "batch", progress and processes.is_first(),
        len(training.history) * n_batches,
    )  # fmt: skip
    with bar:
        for epoch in range(len(training.history), epochs):
            if patience is not None and training.epochs_in_vain() >= patience:
                break
            layer = fds if fds is not None and epoch >= fds_start else None
            model.train()
            plan = _plan(len(y), n_batches, batch_size, training.generator)
            total, read = 0.0, batches.read(plan)
            for value in _losses(network, read, y, w, loss, layer is not None):
                if not torch.isfinite(value):
                    raise ValueError(
                        f"the loss became {value.item()} in epoch {epoch + 1}: use a "
                        f"smaller learning rate than {lr}, or look for extreme weights "
                        f"or labels"
                    )
                training.step(value, of_loss)
                total += value.item()
                bar.update()
            row = {"epoch": epoch + 1, "loss": processes.mean(total / n_batches)}
            if layer is not None:
                layer.end_epoch()
                # A layer of the user's own, as in lesson 4, need not have them.
                row |= getattr(layer, "distances", dict)()
            processes.average_buffers(model)
            if validate is not None:
                row |= {name: float(v) for name, v in validate(model).items()}
            training.end_epoch(row, select)
            if checkpoint is not None and processes.is_first():
                training.save(checkpoint, settings)
            bar.set_postfix_str(f"epoch {epoch + 1}, loss {row['loss']:.2f}")
    if training.best is not None:
        model.load_state_dict(training.best["model"])
    model.train()
    return training.history


def _labels_and_weights(samples, weights):
    """The labels, [N], float or long, and the weights, [N], float, or None."""
    as_samples(samples)
    y = torch.from_numpy(np.array(needed(samples, "labels")))
    y = y.float() if y.is_floating_point() else y.long()
    if weights is None:
        return y, None
    w = torch.as_tensor(as_array("weights", weights)).float()
    check_shape("weights", w, y.shape, "one per sample")
    return y, w


def _plan(n_samples, n_batches, batch_size, generator):
    """The batches of an epoch: this process's samples of each, and their numbers u."""
    order = torch.randperm(n_samples, generator=generator)
    plan = []
    # A few samples are left over each epoch, other ones each time: a last batch of one
    # sample would give BatchNorm nothing to normalise.
    for batch in order[: n_batches * batch_size].chunk(n_batches):
        u = torch.rand(len(batch), generator=generator)
        plan.append((processes.share(batch), processes.share(u)))
    return plan


def _losses(network, batches, y, w, loss, calibrate):
    """The loss of each batch, one after the other."""
    device = next(network.parameters()).device
    for index, x in batches:
        target = y[index].to(device)
        with precision(device):
            y_hat = network(x.to(device, non_blocking=True), target, calibrate)
        yield loss(y_hat, target, None if w is None else w[index].to(device))


class _Calibrated(nn.Module):
    """The network with FDS inside, in one module: what data parallel training wraps."""

    def __init__(self, model, fds):
        super().__init__()
        self.model = model
        # Not a part of the module: before each batch, the buffers of its parts are
        # overwritten by those of the first process, and each one collects its own.
        self._fds = (fds,)

    def forward(self, x, labels, calibrate):
        if not calibrate:
            return self.model(x)
        (fds,) = self._fds
        z = fds(self.model.features(x), labels)
        return self.model.regressor(z).squeeze(-1)


class _Training:
    """What changes while a network is trained: a checkpoint holds all of it."""

    def __init__(self, model, fds, loss, optimizer, schedule, seed):
        parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
        parts |= {"fds": fds, "loss": loss}
        self.parts = {name: part for name, part in parts.items() if part is not None}
        self.generator = torch.Generator().manual_seed(seed)
        self.history = []
        self.best = None  # the best epoch: its number, its score, and the weights

    def step(self, loss, of_loss):
        """Change the weights by the gradient of the loss of a batch.

        `of_loss` are the parameters of the loss itself.
        """
        self.parts["optimizer"].zero_grad()
        loss.backward()
        processes.average_gradients(of_loss)
        self.parts["optimizer"].step()
        self.parts["schedule"].step()

    def end_epoch(self, row, select):
        """Keep what there is to say of an epoch, and its weights if it is the best."""
        self.history.append(row)
        if select is None or math.isnan(row[select]):
            return
        if self.best is None or row[select] < self.best["score"]:
            weights = copy.deepcopy(self.parts["model"].state_dict())
            self.best = {"epoch": row["epoch"], "score": row[select], "model": weights}

    def epochs_in_vain(self):
        """How many epochs there were since the best one."""
        return len(self.history) - (self.best["epoch"] if self.best else 0)

    def save(self, checkpoint, settings):
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"settings": settings, "history": self.history, "best": self.best}
        state["generator"] = self.generator.get_state()
        save_checkpoint(checkpoint, state)

    def resume(self, checkpoint, settings):
        """Go on from a checkpoint, if there is one and it is of this training."""
        state = load_checkpoint(checkpoint)
        if state is None:
            return
        stored = state.get("settings", {})
        for name, value in settings.items():
            if stored.get(name) != value:
                raise ValueError(
                    f"{checkpoint} is of another training: its {name} is "
                    f"{stored.get(name)}, but now it is {value}; use another file, or "
                    f"move it away"
                )
        try:
            for name, part in self.parts.items():
                part.load_state_dict(state[name])
        except (KeyError, RuntimeError) as error:
            raise ValueError(
                f"{checkpoint} is of another network: use the one it was made with, or "
                f"another file"
            ) from error
        self.history, self.best = state["history"], state["best"]
        self.generator.set_state(state["generator"])
