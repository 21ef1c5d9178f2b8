"""Train a network on images that fit in memory, and predict with it."""

import zlib

import numpy as np
import torch

from dirlib.checkpoints import load_checkpoint, save_checkpoint
from dirlib.losses import l1_loss
from dirlib.progress import progress_bar


def to_tensor(images):
    """Turn images [N, H, W, 3], uint8, into a network's input.

    Returns
    -------
    Tensor of shape [N, 3, H, W], float32
        Grey levels 0 to 255 become -1 to 1.

    Raises
    ------
    ValueError
        If the images have another shape or dtype.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"images must be uint8 of shape [N, H, W, 3], "
            f"but got {images.dtype} of shape {list(images.shape)}"
        )
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().div(127.5).sub(1)


def fit(
    model,
    images,
    labels,
    *,
    weights=None,
    loss=l1_loss,
    fds=None,
    fds_start=0,
    epochs=15,
    batch_size=64,
    lr=3e-3,
    seed=0,
    checkpoint=None,
    progress=True,
):
    """Train `model` with Adam and a one-cycle learning rate; images flip at random.

    Parameters
    ----------
    model : torch.nn.Module
        Maps [N, 3, H, W] to what `loss` compares with the labels. Trained in place.
    images : ndarray of shape [N, H, W, 3], uint8
    labels : array-like of shape [N]
        Floats for a regression loss, integers for a classification loss.
    weights : array-like of shape [N], optional
        One weight per sample, with mean 1 (see :func:`dirlib.lds_weights`).
    loss : callable
        ``loss(prediction, target, weights)`` gives a scalar; one of `dirlib`'s losses.
    fds : dirlib.FDS, optional
        Calibrates ``model.features(x)`` on the way to ``model.regressor``. Its state
        changes; the trained model works without it.
    fds_start : int
        The first epoch whose features `fds` sees. It collects in that one, and
        calibrates from the next one on.
    epochs, batch_size, lr
        `lr` is the peak of the one-cycle schedule.
    seed : int
        Fixes the order of the samples and the flips.
    checkpoint : path-like, optional
        Written after each epoch. If it is there already, the training goes on from it,
        and ends as it would have without the interruption (bit for bit with one CPU
        thread). `model` and `fds` may then be new ones.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of float
        The mean training loss of each epoch.

    Raises
    ------
    ValueError
        If images, labels and weights differ in number, the loss becomes NaN, or the
        checkpoint is damaged or of another training.
    """
    x = to_tensor(images).contiguous(memory_format=torch.channels_last)
    y = torch.as_tensor(np.asarray(labels))
    y = y.float() if y.is_floating_point() else y.long()
    w = None if weights is None else torch.as_tensor(np.asarray(weights)).float()
    for name, values in (("labels", y), ("weights", w)):
        if values is not None and values.shape != (len(x),):
            raise ValueError(
                f"{name} must have shape [{len(x)}], one per image, "
                f"but got {list(values.shape)}"
            )
    model.to(memory_format=torch.channels_last)  # twice as fast on a CPU
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    n_batches = len(x) // batch_size or 1
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=lr, total_steps=epochs * n_batches
    )
    model.train()
    history = []
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    parts |= {"fds": fds} if fds is not None else {}
    settings = {"epochs": epochs, "batch_size": batch_size, "lr": lr, "seed": seed}
    settings |= {"loss": getattr(loss, "__qualname__", type(loss).__name__)}
    settings |= {"fds": repr(fds), "fds_start": fds_start}
    settings |= {"images": _checksum(images), "labels": _checksum(y.numpy())}
    settings |= {"weights": None if w is None else _checksum(w.numpy())}
    if checkpoint is not None:
        history = _resume(checkpoint, settings, parts, generator)
    bar = progress_bar(epochs, "Training", "epoch", progress, len(history))
    for epoch in range(len(history), epochs):
        layer = fds if fds is not None and epoch >= fds_start else None
        total = 0.0
        order = torch.randperm(len(x), generator=generator)
        # A few samples are left over each epoch, other ones each time: a last batch of
        # one sample would give BatchNorm nothing to normalise.
        for batch in order[: n_batches * batch_size].chunk(n_batches):
            flip = torch.rand(len(batch), generator=generator) < 0.5
            xb = torch.where(flip[:, None, None, None], x[batch].flip(-1), x[batch])
            y_hat = _forward(model, xb, y[batch], layer)
            value = loss(y_hat, y[batch], None if w is None else w[batch])
            if not torch.isfinite(value):
                raise ValueError(
                    f"the loss became {value.item()} in epoch {len(history)}: use a "
                    f"smaller learning rate than {lr}, or look for extreme weights"
                )
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
            total += value.item()
        if layer is not None:
            layer.end_epoch()
        history.append(total / n_batches)
        if checkpoint is not None:
            state = {name: part.state_dict() for name, part in parts.items()}
            state |= {"settings": settings, "history": history}
            save_checkpoint(checkpoint, state | {"generator": generator.get_state()})
        bar.set_postfix_str(f"loss {history[-1]:.2f}")
        bar.update()
    bar.close()
    return history


def _resume(checkpoint, settings, parts, generator):
    """Put the training back to where its checkpoint left it; return its history."""
    state = load_checkpoint(checkpoint)
    if state is None:
        return []
    theirs = state.get("settings", {})
    for name, mine in settings.items():
        if theirs.get(name) != mine:
            raise ValueError(
                f"{checkpoint} is of another training: its {name} is "
                f"{theirs.get(name)}, but now it is {mine}; use another file, or move "
                f"it away"
            )
    try:
        for name, part in parts.items():
            part.load_state_dict(state[name])
    except (KeyError, RuntimeError) as error:
        raise ValueError(
            f"{checkpoint} is of another network: use the one it was made with, or "
            f"another file"
        ) from error
    generator.set_state(state["generator"])
    return state["history"]


def _checksum(array):
    """A number that tells two arrays apart, such as the images of two trainings."""
    return zlib.crc32(np.ascontiguousarray(array))


def _forward(model, x, y, fds):
    """The prediction for a batch, through `fds` where there is one."""
    if fds is None:
        return model(x)
    return model.regressor(fds(model.features(x), y)).squeeze(-1)


def predict(model, images, batch_size=512):
    """Return the model's output for images [N, H, W, 3], uint8, in eval mode.

    Returns
    -------
    ndarray of shape [N] or [N, C], float32
    """
    return _in_eval(model, model, images, batch_size).numpy()


def extract_features(model, images, batch_size=512):
    """Return the features z = f(x) of images [N, H, W, 3], uint8, in eval mode.

    Returns
    -------
    Tensor of shape [N, D], float32
    """
    return _in_eval(model, model.features, images, batch_size)


@torch.no_grad()
def _in_eval(model, function, images, batch_size):
    training = model.training
    model.eval()
    x = to_tensor(images).contiguous(memory_format=torch.channels_last)
    out = torch.cat([function(batch) for batch in x.split(batch_size)])
    model.train(training)
    return out
