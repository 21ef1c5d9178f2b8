"""The settings of a training run: their defaults, what they may be, what they make."""

import numpy as np

from dirlib import losses
from dirlib.fds.layer import FDS
from dirlib.lds import density_weights, empirical_density, lds_weights
from dirlib.models import MLP, RESNETS, ResNet, SmallResNet
from dirlib.trainer.data import AUGMENTATIONS
from dirlib.training.optimizers import OPTIMIZERS, SCHEDULES

# Each option of a run: its default, and what it is. The command line is made from it.
# data/README.md says how the two kernels were chosen.
OPTIONS = {
    "data": ("faces", "faces, faces-agedb, a meta-file (age,path,split), or a table"),
    "target": (None, "the column of the table that is to be predicted"),
    "images": (None, "the folder of a meta-file's pictures, if it is another one"),
    "size": (32, "side of the pictures in pixels"),
    "augment": ("flip", "how training pictures change"),
    "pack": (False, "read the pictures once, into a file mapped into memory"),
    "bin_width": (None, "width of the label bins"),
    "quantiles": (None, "or: that many bins with equally many samples"),
    "model": (None, "small; a ResNet of torchvision; mlp for tables"),
    "reweight": ("none", "the weights of rare labels"),
    "lds": (False, "smooth the label density in front of the weights"),
    "lds_kernel_size": (9, "in bins"),
    "lds_sigma": (3.0, "in bins"),
    "fds": ("none", "an FDS layer with these covariances"),
    "fds_kernel_size": (15, "in bins"),
    "fds_sigma": (5.0, "in bins"),
    "rrt": (False, "the weights are for the regressor alone, on frozen features"),
    "loss": ("l1", "the loss"),
    "optimizer": ("adam", "the optimizer"),
    "schedule": ("onecycle", "of the learning rate"),
    "lr": (3e-3, "learning rate; the peak of onecycle"),
    "batch_size": (64, "over all processes together"),
    "epochs": (15, "passes over the training samples"),
    "select": ("all", "validation score that chooses the epoch, or last"),
    "seed": (0, "of samples, initial weights, order and augmentation"),
}
SCHEMES = {"sqinv": "sqrt_inverse", "inv": "inverse"}
LOSSES = {
    "l1": losses.l1_loss,
    "mse": losses.mse_loss,
    "huber": losses.huber_loss,
    "focal_r": losses.focal_r_loss,
}
CHOICES = {
    "reweight": ("none", *SCHEMES),
    "fds": ("none", "diagonal", "full", "low_rank"),
    "loss": tuple(LOSSES),
    "optimizer": tuple(OPTIMIZERS),
    "schedule": tuple(SCHEDULES),
    "augment": AUGMENTATIONS,
    "model": ("small", *RESNETS, "mlp"),
    "select": ("all", "many", "medium", "few", "GM", "last"),
}


def checked_settings(options):
    """Return all settings of a run, and refuse those that can't be."""
    unknown = sorted(options.keys() - OPTIONS.keys())
    if unknown:
        raise ValueError(
            f"a run has no option {unknown[0]!r}: it has {', '.join(OPTIONS)}"
        )
    settings = {name: default for name, (default, _) in OPTIONS.items()} | options
    if settings["model"] is None:
        settings["model"] = "small" if settings["target"] is None else "mlp"
    for name, allowed in CHOICES.items():
        if settings[name] not in allowed:
            raise ValueError(
                f"{name} must be one of {', '.join(allowed)}, "
                f"but got {settings[name]!r}"
            )
    if settings["reweight"] == "none" and (settings["lds"] or settings["rrt"]):
        name = "lds" if settings["lds"] else "rrt"
        raise ValueError(
            f"{name} needs weights, but reweight is 'none': use 'sqinv' or 'inv'"
        )
    if settings["epochs"] < 1 or settings["seed"] < 0:
        raise ValueError(
            f"epochs must be 1 or more and seed 0 or more, but got "
            f"{settings['epochs']} and {settings['seed']}"
        )
    if (settings["model"] == "mlp") != (settings["target"] is not None):
        raise ValueError(
            f"the model of a table is 'mlp', and that of images is another, but got "
            f"{settings['model']!r} and the target {settings['target']!r}"
        )
    paths = {n: str(settings[n]) for n in ("data", "images") if settings[n] is not None}
    return settings | paths


def make_network(settings, samples):
    """The untrained network: it answers the mean label."""
    labels = np.asarray(samples.labels, dtype=float)
    bias, seed = float(labels.mean()), settings["seed"]
    if settings["model"] == "mlp":
        n_inputs, spread = samples.x.shape[1], float(labels.std()) or 1.0
        return MLP(n_inputs, output_mean=bias, output_scale=spread, seed=seed)
    if settings["model"] == "small":
        return SmallResNet(output_bias=bias, seed=seed)
    return ResNet(settings["model"], output_bias=bias, seed=seed)


def make_fds(settings, model, bins):
    """The FDS layer, on the model's device, or None."""
    if settings["fds"] == "none":
        return None
    fds = FDS(
        model.feature_dim,
        bins,
        covariance=settings["fds"],
        kernel_size=_fitting(settings["fds_kernel_size"], bins),
        sigma=settings["fds_sigma"],
    )
    return fds.to(next(model.parameters()).device)


def make_weights(settings, labels, bins):
    """The weights of the training samples, [N], or None."""
    if settings["reweight"] == "none":
        return None
    scheme = SCHEMES[settings["reweight"]]
    if not settings["lds"]:
        density = empirical_density(labels, bins)
        return density_weights(density[bins.index(labels)], scheme)
    return lds_weights(
        labels,
        bins,
        scheme=scheme,
        kernel="gaussian",
        kernel_size=_fitting(settings["lds_kernel_size"], bins),
        sigma=settings["lds_sigma"],
    )


def _fitting(kernel_size, bins):
    """The size of a window, or the largest one that few bins leave room for."""
    return min(kernel_size, bins.n_bins - 1 + bins.n_bins % 2)
