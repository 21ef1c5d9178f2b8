"""The settings of a training run: their defaults, what they may be, what they make."""

from dataclasses import dataclass, field, fields

import numpy as np

from dirlib import losses
from dirlib.arguments import check_choice
from dirlib.automatic_bins import KINDS
from dirlib.bins import LabelBins
from dirlib.fds.layer import FDS
from dirlib.lds import DenseWeights, density_weights, empirical_density, lds_weights
from dirlib.models import MLP, RESNETS, ResNet, SmallResNet
from dirlib.trainer.methods import check_weights
from dirlib.training import Rows
from dirlib.training.optimizers import OPTIMIZERS, SCHEDULES

SCHEMES = {"sqinv": "sqrt_inverse", "inv": "inverse"}
REWEIGHT = ("none", *SCHEMES, "dense")
LOSSES = {
    "l1": losses.l1_loss,
    "mse": losses.mse_loss,
    "huber": losses.huber_loss,
    "focal_r": losses.focal_r_loss,
    "balanced_mse": losses.BalancedMSE,
    "balanced_mse_batch": losses.BalancedMSE,
}
MODELS = ("small", *RESNETS, "mlp")
AUGMENTATIONS = ("none", "flip", "crop")
COVARIANCES = ("none", "diagonal", "full", "low_rank")
SELECT = ("all", "many", "medium", "few", "GM", "last")


def _option(default, help, choices=None, least=None):
    """A setting. `least` is its lowest whole number; 0.0 stands for above zero."""
    metadata = {"help": help, "choices": choices, "least": least}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """All settings of one run; the command line is made from these fields.

    `dataclasses.replace` makes a variant, `dataclasses.asdict` what `settings.json`
    holds. data/README.md says how the defaults of the two kernels were chosen. A
    ValueError refuses a value out of its range, and two that don't go together.
    """

    data: str = _option(
        "faces", "faces, faces-agedb, a meta-file (age,path,split), or a table"
    )
    target: str | None = _option(None, "column of the table that is to be predicted")
    split_column: str | None = _option(None, "column of train, val, test, if not split")
    target_transform: str = _option(
        "none", "log1p: the network learns log(1 + target)", ("none", "log1p")
    )
    group: str | None = _option(None, "column whose rows stay on one side, as patients")
    time: str | None = _option(None, "column by which the last 15 % are the test")
    images: str | None = _option(None, "folder of the pictures, if not the meta-file's")
    size: int = _option(32, "side of the pictures in pixels", least=1)
    augment: str = _option("flip", "how training pictures change", AUGMENTATIONS)
    pack: bool = _option(False, "read the pictures once, into a file mapped in memory")
    bins: str | None = _option(None, "equal, log or quantile; by itself auto", KINDS)
    bin_width: float | None = _option(None, "width of the label bins", least=0.0)
    quantiles: int | None = _option(None, "or: so many bins of equal counts", least=3)
    many: int | None = _option(None, "many-shot bins have more samples", least=1)
    few: int | None = _option(None, "few-shot bins have fewer", least=1)
    model: str | None = _option(None, "small; a ResNet; mlp for tables", MODELS)
    reweight: str = _option("none", "the weights of rare labels", REWEIGHT)
    lds: bool = _option(False, "smooth the label density in front of the weights")
    lds_kernel_size: int = _option(9, "in bins", least=1)
    lds_sigma: float = _option(3.0, "in bins", least=0.0)
    fds: str = _option("none", "an FDS layer with these covariances", COVARIANCES)
    fds_kernel_size: int = _option(15, "in bins", least=1)
    fds_sigma: float = _option(5.0, "in bins", least=0.0)
    rrt: bool = _option(False, "weights for the regressor alone, on frozen features")
    loss: str = _option("l1", "the loss", tuple(LOSSES))
    optimizer: str = _option("adam", "the optimizer", tuple(OPTIMIZERS))
    schedule: str = _option("onecycle", "of the learning rate", tuple(SCHEDULES))
    lr: float = _option(3e-3, "learning rate; the peak of onecycle", least=0.0)
    batch_size: int = _option(64, "over all processes together", least=1)
    epochs: int = _option(15, "passes over the training samples", least=1)
    select: str = _option("all", "validation score that chooses the epoch", SELECT)
    patience: int | None = _option(
        None,
        "stop after so many epochs in vain; best with schedule constant",
        least=1,
    )
    seed: int = _option(0, "of samples, initial weights and order", least=0)
    split_seed: int | None = _option(None, "of a table's split, if another", least=0)

    def __post_init__(self):
        is_table = self.target is not None
        if self.model is None:
            object.__setattr__(self, "model", "mlp" if is_table else "small")
        for name in ("data", "images"):  # a Path is text in settings.json
            if getattr(self, name) is not None:
                object.__setattr__(self, name, str(getattr(self, name)))
        for option in fields(self):
            choices, value = option.metadata["choices"], getattr(self, option.name)
            if choices and not (value is option.default is None):
                check_choice(option.name, value, choices)
            if option.metadata["least"] is not None and value is not None:
                _check_number(option.name, value, option.metadata["least"])
        check_weights(vars(self))
        if self.patience is not None and self.select == "last":
            raise ValueError("patience needs a score to select, but select is 'last'")
        ways = ("split_column", "group", "time")
        ways = [name for name in ways if getattr(self, name) is not None]
        tables = ways + ["target_transform"] * (self.target_transform != "none")
        if tables and not is_table:
            raise ValueError(f"{tables[0]} is for tables: name a target")
        if len(ways) > 1:
            raise ValueError(
                f"rows are split in one way, but got the columns "
                f"{' and '.join(f'{n}={getattr(self, n)!r}' for n in ways)}: choose one"
            )
        if (self.model == "mlp") != is_table:
            raise ValueError(
                f"the model of a table is 'mlp', and that of images is another, but "
                f"got {self.model!r} and the target {self.target!r}"
            )


def _check_number(name, value, least):
    kinds = int | float if isinstance(least, float) else int
    good = isinstance(value, kinds) and not isinstance(value, bool)
    if isinstance(least, float) and not (good and 0 < value < np.inf):
        raise ValueError(f"{name} must be finite and above 0, but got {value!r}")
    if not (good and least <= value < 2**63):  # torch's generators take no more
        raise ValueError(
            f"{name} must be a whole number from {least} to 2**63 - 1, but got "
            f"{value!r}"
        )


def settings_from(options):
    """Return the settings that differ from the defaults by a dict of options.

    A ValueError refuses an option that there isn't, or one that `Settings` refuses.
    """
    names = [option.name for option in fields(Settings)]
    unknown = sorted(options.keys() - set(names))
    if unknown:
        raise ValueError(f"a run has no option {unknown[0]!r}: use {', '.join(names)}")
    return Settings(**options)


def to_network(settings, y):
    """Labels, [N], in what the network learns: as they are, or log(1 + y)."""
    return y if settings.target_transform == "none" else np.log1p(y)


def to_labels(settings, y_hat):
    """Predictions of the network, [N], in label units, float32."""
    if settings.target_transform == "none":
        return y_hat
    return np.expm1(np.minimum(y_hat, 88))  # more is infinite in float32


def training_set(settings, data):
    """The training samples and their bins in what the network learns."""
    if settings.target_transform == "none":
        return data.train, data.bins
    y = data.train.labels  # the bin of a mass may begin where there is no logarithm
    edges = to_network(settings, np.maximum(data.bins.edges, y.min()))
    return Rows(data.train.x, to_network(settings, y)), LabelBins.from_edges(edges)


def make_network(settings, samples):
    """The untrained network: it answers the mean label."""
    labels = np.asarray(samples.labels, dtype=float)
    bias, seed = float(labels.mean()), settings.seed
    if settings.model == "mlp":
        n_inputs, spread = samples.x.shape[1], float(labels.std()) or 1.0
        return MLP(n_inputs, output_mean=bias, output_scale=spread, seed=seed)
    if settings.model == "small":
        return SmallResNet(output_bias=bias, seed=seed)
    return ResNet(settings.model, output_bias=bias, seed=seed)


def make_fds(settings, model, bins):
    """The FDS layer, on the model's device, or None."""
    if settings.fds == "none":
        return None
    options = {"covariance": settings.fds, "sigma": settings.fds_sigma}
    size = _fitting(settings.fds_kernel_size, bins)
    fds = FDS(model.feature_dim, bins, kernel_size=size, **options)
    return fds.to(next(model.parameters()).device)


def make_weights(settings, labels, bins):
    """The weights of the training samples, [N], or None."""
    if settings.reweight == "none":
        return None
    labels = np.asarray(labels, dtype=float)
    if settings.reweight == "dense":
        return DenseWeights().fit(labels)(labels)
    scheme = SCHEMES[settings.reweight]
    if not settings.lds:
        density = empirical_density(labels, bins)
        return density_weights(density[bins.index(labels)], scheme)
    size, sigma = _fitting(settings.lds_kernel_size, bins), settings.lds_sigma
    return lds_weights(labels, bins, scheme=scheme, kernel_size=size, sigma=sigma)


def make_loss(settings, labels, bins):
    """The loss: a function of `dirlib`, or a module that knows the training labels."""
    loss = LOSSES[settings.loss]
    if loss is not losses.BalancedMSE:
        return loss
    labels = np.asarray(labels, dtype=float)
    # Fixed: learned from the labels' whole spread, it stayed there on the faces, and
    # predictions ran to both ends.
    noise = (float(labels.std()) or float(bins.widths[0])) / 2
    by_batch = settings.loss == "balanced_mse_batch"
    loss = loss(noise) if by_batch else loss(noise, bins, bins.counts(labels))
    return loss.requires_grad_(False)


def _fitting(kernel_size, bins):
    """The size of a window, or the largest one that few bins leave room for."""
    return min(kernel_size, bins.n_bins - 1 + bins.n_bins % 2)
