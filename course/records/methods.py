"""The course's experiments: the methods of every recorded run.

An experiment is a function that returns its methods, the split on which they are
judged, and its first seed. ``method(seed, progress)`` trains and returns a dict of
arrays: `predictions`, [N], and what else is worth keeping.
:func:`course.records.record.run_experiment` runs and records them.
"""

from functools import partial

import numpy as np
from torch import nn
from torch.nn import functional as F

from course.colour_patterns import patterns
from course.records.ages import AGES, ALONE, EXTRAPOLATION, INTERPOLATION, REACH
from course.records.read import HISTORY
from dirlib.bins import shot_regions
from dirlib.datasets.faces import faces, faces_label_counts, scale_counts
from dirlib.fds.layer import FDS
from dirlib.fds.statistics import bin_statistics
from dirlib.lds import DenseWeights, density_weights, lds_weights
from dirlib.losses import BalancedMSE, l1_loss, mse_loss
from dirlib.metrics import region_errors
from dirlib.models import SmallResNet
from dirlib.training import ImageArray, extract_features, fit, predict

KERNEL = {"kernel": "gaussian", "kernel_size": 9, "sigma": 3.0}


def plain_weights(labels, scheme):
    """INV or SQINV without smoothing: weights from the counts themselves."""
    index = AGES.index(labels)
    return density_weights(np.bincount(index)[index], scheme)


# Training labels -> weights, for every method of the experiment "faces".
WEIGHTS = {
    "vanilla": lambda labels: None,
    "sqinv": partial(plain_weights, scheme="sqrt_inverse"),
    "sqinv+lds": partial(lds_weights, bins=AGES, scheme="sqrt_inverse", **KERNEL),
    "inv": partial(plain_weights, scheme="inverse"),
    "inv+lds": partial(lds_weights, bins=AGES, scheme="inverse", **KERNEL),
}


FEATURE_DIM = 64  # of SmallResNet
# What the search on validation data chose: see data/README.md. The first are the
# defaults of the layer, which suit features of any length.
FDS_SETTINGS = {
    "fds": {},
    "fds full": {"covariance": "full", "kernel_size": 31, "sigma": 10.0},
    # On purpose: a window as wide as the label range. See lesson 5.
    "fds too wide": {"kernel_size": 101, "sigma": 50.0},
}


def balanced_loss(labels, bins=None):
    """Balanced MSE by bins, or by batches without them; its noise is fixed.

    It is half the spread of the labels: a choice that no recorded search has made yet.
    """
    counts = None if bins is None else bins.counts(labels)
    return BalancedMSE(float(labels.std()) / 2, bins, counts).requires_grad_(False)


def train_ages(
    weights,
    seed=0,
    *,
    loss=l1_loss,
    loss_of=None,
    fds=None,
    fds_start=0,
    epochs=15,
    validate=None,
    history=None,
    progress=True,
    **options,
):
    """Draw the training faces of `seed`, train a SmallResNet on them, and return it.

    Before training, the network predicts about 0 years for every face: see
    data/README.md for why.

    Parameters
    ----------
    weights : callable
        Gives the weights, [N] or None, of the training labels, an int array [N]: a
        value of `WEIGHTS`, or a function of yours.
    seed : int
        Fixes the faces, the initial weights and the order of the samples.
    loss : callable
        ``loss(y_hat, y, w)`` gives a scalar from three tensors [M], the predictions,
        labels and weights of a batch (`w` is None without weights); one of `dirlib`'s
        losses, or a function of yours.
    loss_of : callable, optional
        Gives the loss, in place of `loss`, from the training labels.
    fds : dirlib.FDS, optional
        Trains through this layer, or one of yours: a module with ``end_epoch()`` and
        ``forward(z, labels)``, which returns the features [M, D] calibrated.
    fds_start, epochs, validate
        See :func:`dirlib.training.fit`.
    history : list, optional
        Gets what `fit` returns, a dict per epoch.
    **options
        Passed on to :func:`dirlib.datasets.faces.faces`: `counts`, `leave_out`,
        `wrong_labels`, `unknown_dates`.

    Raises
    ------
    ValueError
        If `fds` is no such layer, or as :func:`dirlib.training.fit`.
    """
    is_layer = isinstance(fds, nn.Module) and hasattr(fds, "end_epoch")
    if fds is not None and not is_layer:
        raise ValueError(
            f"fds must be a layer, a module with forward(z, labels) and end_epoch(), "
            f"but got {fds!r}: make one, as in FDS({FEATURE_DIM}, AGES)"
        )
    data = faces("train", seed=seed, progress=progress, **options)
    model = SmallResNet(seed=seed)
    rows = fit(
        model,
        ImageArray(data.images, data.labels),
        weights=weights(data.labels),
        loss=loss if loss_of is None else loss_of(data.labels),
        fds=fds,
        fds_start=fds_start,
        epochs=epochs,
        validate=validate,
        seed=seed,
        progress=progress,
    )
    if history is not None:
        history.extend(rows)
    return model


def train_and_keep(
    seed, progress, *, weights_of, fds=None, split="test", keep=(), **options
):
    """Train on the faces of `seed`; return predictions on a split, and what is kept.

    Parameters
    ----------
    fds : dict, optional
        The settings of an FDS layer; its bins are `AGES` unless they hold others.
    keep : sequence of {"history", "statistics", "features"}
        "history": [E, K], float32, a row per epoch and a column for each of `HISTORY`,
        NaN where there is no FDS. "statistics": of the features at each age, of the
        training images as they are labelled and of the split, in eval mode and half
        precision. "features": of the first seed's training images, with their labels.
    **options
        See :func:`train_ages`.

    Returns
    -------
    dict of ndarray
        `predictions`, [N], in years.
    """
    # Every run needs a layer of its own.
    layer = None if fds is None else FDS(FEATURE_DIM, **({"bins": AGES} | fds))
    history = []
    if "history" in keep:
        options |= {"validate": _validation(), "history": history}
    model = train_ages(weights_of, seed, fds=layer, progress=progress, **options)
    judged = faces(split)
    arrays = {"predictions": np.round(predict(model, judged.images).astype(float), 2)}
    if history:
        rows = [[row.get(name, np.nan) for name in HISTORY] for row in history]
        arrays["history"] = np.array(rows, np.float32)
    if "statistics" in keep:
        drawn = {k: v for k, v in options.items() if k not in ("validate", "history")}
        train = faces("train", seed=seed, progress=progress, **drawn)
        for name, (images, labels, _) in {"train": train, split: judged}.items():
            features = extract_features(model, images)
            if "features" in keep and seed == 0 and name == "train":
                arrays["features"] = features.numpy().astype(np.float16)
                arrays["labels"] = labels.astype(np.int16)
            stats = bin_statistics(features, labels, AGES)
            arrays[f"{name}_count"] = stats.count.numpy().astype(np.int16)
            arrays[f"{name}_mean"] = stats.mean.numpy().astype(np.float16)
            arrays[f"{name}_variance"] = stats.variance().numpy().astype(np.float16)
    return arrays


def _validation():
    """What `fit` calls after each epoch: errors by region on the validation faces."""
    val, regions = faces("val"), shot_regions(faces_label_counts())

    def validate(model):
        found = region_errors(val.labels, predict(model, val.images), AGES, regions)
        return {f"val_{name}": value for name, value in found.items()}

    return validate


def predict_patterns(seed, progress):
    """Train a classifier on the patterns of `seed`; return its test classes, [N]."""
    train = patterns("train", seed=seed, progress=progress)
    model = SmallResNet(n_outputs=AGES.n_bins, seed=seed)

    def loss(scores, target, weights):
        return F.cross_entropy(scores, target)

    samples = ImageArray(train.images, train.labels)
    fit(model, samples, loss=loss, epochs=10, seed=seed, progress=progress)
    return {"predictions": predict(model, patterns("test").images).argmax(1)}


# What is recorded beside the predictions: see `train_and_keep`.
WATCHED, MEASURED = ("history",), ("statistics",)


def faces_experiment():
    """The methods of all lessons, on one data set, judged on the test set.

    What stands behind a comma changes the training faces of the method before it.
    """
    kept = {
        "vanilla": ("history", "statistics", "features"),
        "vanilla+fds": WATCHED + MEASURED,
        "sqinv": WATCHED,
        "sqinv+lds": WATCHED + MEASURED,
        "sqinv+fds": WATCHED,
        "sqinv+lds+fds": WATCHED + MEASURED,
        "inv": (),
        "inv+lds": (),
        "inv+fds": (),
        "inv+lds+fds": (),
    }
    methods = {name: {"keep": keep} for name, keep in kept.items()}
    changes = {"vanilla": lesson_controls(), "sqinv+lds": HOLES, "sqinv+lds+fds": HOLES}
    changes |= dict.fromkeys(("sqinv", "inv", "inv+lds"), {})
    for name, controls in changes.items():
        # Does LDS still help when every label is right?
        right = {"right labels": RIGHT} if "fds" not in name else {}
        for what, options in (right | controls).items():
            methods[f"{name}, {what}"] = options
    methods["sqinv+fds full"] = {"keep": ()}
    methods["sqinv+lds+fds full"] = {"keep": MEASURED}
    methods["sqinv+fds too wide"] = {"keep": WATCHED}
    methods = {name: _method(name, **options) for name, options in methods.items()}
    return methods | {"patterns": predict_patterns}, "test", 0


RIGHT = {"wrong_labels": 0.0, "unknown_dates": 0}
HOLES = {
    "hole inside": {"leave_out": tuple(INTERPOLATION)},
    "hole at the end": {"leave_out": tuple(EXTRAPOLATION)},
}


def lesson_controls():
    """What is changed in the training faces of vanilla, by name: options of `faces`."""
    controls = {"right labels": RIGHT | {"keep": MEASURED}} | HOLES
    # Lesson 2: an age loses its own images, or its neighbours'.
    for age in ALONE:
        near = [a for a in range(age - REACH, age + REACH + 1) if a != age]
        controls[f"without age {age}"] = {"leave_out": (age,)}
        controls[f"without the neighbours of {age}"] = {"leave_out": tuple(near)}
    # Lesson 3: as many images for each age; more of age 0, with the same share of
    # unknown dates among them, and with the same four.
    counts = faces_label_counts()
    more = np.where(np.arange(AGES.n_bins) == 0, 150, counts)
    even = scale_counts(np.ones(AGES.n_bins), int(counts.sum()))
    controls["balanced"] = {"counts": even, "keep": MEASURED}
    controls["150 at 0, same share"] = {
        "counts": more,
        "unknown_dates": 100,
        "keep": MEASURED,
    }
    controls["150 at 0, same four"] = {"counts": more, "keep": MEASURED}
    return controls


def _method(name, **options):
    """A method of the record by its name, such as "sqinv+lds+fds full, hole inside"."""
    plan, _, layer = name.partition(",")[0].partition("+fds")
    settings = FDS_SETTINGS[f"fds{layer}"] if "+fds" in name else None
    return partial(train_and_keep, weights_of=WEIGHTS[plan], fds=settings, **options)


def baselines_experiment():
    """What other papers do against imbalance, on the seeds of "faces".

    Compare with vanilla, sqinv and sqinv+lds there, which use the L1 loss too; Balanced
    MSE with the squared error here.
    """
    plain = {"weights_of": WEIGHTS["vanilla"]}
    methods = {
        "dense": {"weights_of": lambda labels: DenseWeights().fit(labels)(labels)},
        "mse": plain | {"loss_of": lambda labels: mse_loss},
        "balanced mse": plain | {"loss_of": partial(balanced_loss, bins=AGES)},
        "balanced mse, batch": plain | {"loss_of": balanced_loss},
    }
    methods = {name: partial(train_and_keep, **how) for name, how in methods.items()}
    return methods, "test", 0


EXPERIMENTS = {
    "faces": faces_experiment,
    "baselines": baselines_experiment,
}
