"""The course's experiments: the methods of every recorded run.

An experiment is a function that returns its methods, the split on which they are
judged, and its first seed. ``method(seed, progress)`` trains and returns a dict of
arrays: `predictions`, [N], and what else is worth keeping.
:func:`course.records.record.run_experiment` runs and records them.
"""

from functools import partial

import numpy as np
from torch.nn import functional as F

from course.colour_patterns import patterns
from course.records.ages import AGES, EXTRAPOLATION, INTERPOLATION
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
}


def balanced_loss(labels, bins=None):
    """Balanced MSE by bins, or by batches without them; its noise is fixed.

    It is half the spread of the labels: a choice that no recorded search has made yet.
    """
    counts = None if bins is None else bins.counts(labels)
    return BalancedMSE(float(labels.std()) / 2, bins, counts).requires_grad_(False)


def train_ages(
    weights_of,
    seed,
    *,
    loss_of=None,
    fds=None,
    fds_start=0,
    epochs=15,
    output_bias=None,
    validate=None,
    history=None,
    progress=True,
    **options,
):
    """Draw the training faces of `seed`, train a SmallResNet on them, and return it.

    Parameters
    ----------
    weights_of : callable
        Gives the weights, [N] or None, of the training labels; a value of `WEIGHTS`.
    seed : int
        Fixes the faces, the initial weights and the order of the samples.
    loss_of : callable, optional
        Gives the loss of the training labels; the L1 loss without it.
    fds : dirlib.FDS, optional
        Trains through this layer.
    fds_start, epochs, validate
        See :func:`dirlib.training.fit`.
    output_bias : float, optional
        What an untrained network answers, in years; the mean label without it.
    history : list, optional
        Gets what `fit` returns, a dict per epoch.
    **options
        Passed on to :func:`dirlib.datasets.faces.faces`: `counts`, `leave_out`,
        `wrong_labels`.
    """
    data = faces("train", seed=seed, progress=progress, **options)
    bias = float(data.labels.mean()) if output_bias is None else output_bias
    model = SmallResNet(output_bias=bias, seed=seed)
    rows = fit(
        model,
        ImageArray(data.images, data.labels),
        weights=weights_of(data.labels),
        loss=l1_loss if loss_of is None else loss_of(data.labels),
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


def predict_ages(seed, progress, *, weights_of, split="test", fds=None, **options):
    """Train on the faces of `seed`, and return the ages predicted on a split, [N].

    `fds` holds the settings of an FDS layer, a dict, or is None for no such layer.
    """
    layer = _layer(fds)
    model = train_ages(weights_of, seed, fds=layer, progress=progress, **options)
    return {"predictions": _ages(model, faces(split).images)}


def _layer(settings):
    """A new FDS layer, as every run needs its own."""
    return None if settings is None else FDS(FEATURE_DIM, AGES, **settings)


def _ages(model, images):
    return np.round(predict(model, images).astype(float), 2)


def predict_and_collect(
    seed, progress, *, weights_of, fds=None, keep_features=False, **options
):
    """Train on the faces of `seed`; return test predictions and feature statistics.

    The statistics are those of the training images, as they are labelled, and of the
    balanced test images; both in eval mode, and in half precision. With `keep_features`
    the first seed's training features are kept as well.
    """
    data = {"train": faces("train", seed=seed, **_faces_only(options))}
    data["test"] = faces("test")
    layer = _layer(fds)
    model = train_ages(weights_of, seed, fds=layer, progress=progress, **options)
    arrays = {"predictions": _ages(model, data["test"].images)}
    for split, (images, labels, _) in data.items():
        features = extract_features(model, images)
        if keep_features and seed == 0 and split == "train":
            arrays["features"] = features.numpy().astype(np.float16)
            arrays["labels"] = labels.astype(np.int16)
        stats = bin_statistics(features, labels, AGES)
        arrays[f"{split}_count"] = stats.count.numpy().astype(np.int16)
        arrays[f"{split}_mean"] = stats.mean.numpy().astype(np.float16)
        arrays[f"{split}_variance"] = stats.variance().numpy().astype(np.float16)
    return arrays


def _faces_only(options):
    """Those of `train_ages`'s options that go on to the faces."""
    return {name: value for name, value in options.items() if name != "output_bias"}


def predict_and_watch(seed, progress, *, weights_of, fds=None):
    """Train on the faces of `seed`; return test predictions, and the epochs' history.

    `history` is [E, K], float32: a row per epoch, a column for each of `HISTORY`, NaN
    where there is no FDS.
    """
    val, history = faces("val"), []
    regions = shot_regions(faces_label_counts())

    def validate(model):
        found = region_errors(val.labels, predict(model, val.images), AGES, regions)
        return {f"val_{name}": value for name, value in found.items()}

    model = train_ages(
        weights_of,
        seed,
        fds=_layer(fds),
        validate=validate,
        history=history,
        progress=progress,
    )
    rows = [[row.get(name, np.nan) for name in HISTORY] for row in history]
    predictions = _ages(model, faces("test").images)
    return {"predictions": predictions, "history": np.array(rows, np.float32)}


def predict_patterns(seed, progress):
    """Train a classifier on the patterns of `seed`; return its test classes, [N]."""
    train = patterns("train", seed=seed, progress=progress)
    model = SmallResNet(n_outputs=AGES.n_bins, seed=seed)

    def loss(scores, target, weights):
        return F.cross_entropy(scores, target)

    samples = ImageArray(train.images, train.labels)
    fit(model, samples, loss=loss, epochs=10, seed=seed, progress=progress)
    return {"predictions": predict(model, patterns("test").images).argmax(1)}


def faces_experiment():
    """The methods of lessons 1, 2 and 4, judged on the test set."""
    methods = {name: partial(predict_ages, weights_of=w) for name, w in WEIGHTS.items()}
    methods["vanilla, gaps"] = partial(
        predict_ages,
        weights_of=WEIGHTS["vanilla"],
        leave_out=(*INTERPOLATION, *EXTRAPOLATION),
    )
    methods["patterns"] = predict_patterns
    for name in ("sqinv", "sqinv+lds", "inv", "inv+lds"):
        for suffix, settings in FDS_SETTINGS.items():
            methods[f"{name}+{suffix}"] = partial(
                predict_ages, weights_of=WEIGHTS[name], fds=settings
            )
    # The control of lesson 2: does LDS still help when every label is right?
    for name in ("sqinv", "sqinv+lds", "inv", "inv+lds"):
        methods[f"{name}, right labels"] = partial(
            predict_ages, weights_of=WEIGHTS[name], wrong_labels=0.0
        )
    return methods, "test", 0


def features_experiment():
    """Lesson 3's networks and controls, and lesson 4's, with their statistics.

    They answer about 0 years before training; only "from the mean" starts at the mean
    label, as the networks of "faces" do. See data/README.md for what it changes.
    """
    counts = faces_label_counts()
    more = np.where(np.arange(AGES.n_bins) == 0, 150, counts)
    even = scale_counts(np.ones(AGES.n_bins), int(counts.sum()))
    changes = {
        "vanilla": {"keep_features": True},
        "balanced": {"counts": even},
        "more of age 0": {"counts": more},
        "right labels": {"wrong_labels": 0.0},
        "from the mean": {"output_bias": None},
    }
    collect = partial(
        predict_and_collect, weights_of=WEIGHTS["vanilla"], output_bias=0.0
    )
    methods = {name: partial(collect, **change) for name, change in changes.items()}
    for name in ("sqinv+lds", "inv+lds"):
        methods[name] = partial(collect, weights_of=WEIGHTS[name])
        methods[f"{name}+fds"] = partial(collect, weights_of=WEIGHTS[name], fds={})
    methods["sqinv+lds+fds full"] = partial(
        collect, weights_of=WEIGHTS["sqinv+lds"], fds=FDS_SETTINGS["fds full"]
    )
    return methods, "test", 0


def training_experiment():
    """Lesson 5: what there is to watch while training, and ages left out of it.

    Where no ages are left out, the predictions are those of "faces", as the seeds are.
    """
    methods = {}
    watch = partial(predict_and_watch, weights_of=WEIGHTS["vanilla"])
    methods["vanilla"] = watch
    for name, base, settings in (
        ("sqinv", "sqinv", None),
        ("sqinv+lds", "sqinv+lds", None),
        ("sqinv+fds", "sqinv", {}),
        ("sqinv+lds+fds", "sqinv+lds", {}),
        ("sqinv+lds+fds full", "sqinv+lds", FDS_SETTINGS["fds full"]),
        # On purpose: a window as wide as the label range. See lesson 5.
        ("sqinv+fds too wide", "sqinv", {"kernel_size": 101, "sigma": 50.0}),
    ):
        methods[name] = partial(watch, weights_of=WEIGHTS[base], fds=settings)
    left_out = (*INTERPOLATION, *EXTRAPOLATION)
    for name in ("sqinv", "sqinv+lds", "sqinv+lds+fds", "sqinv+lds+fds full"):
        methods[f"{name}, gaps"] = partial(
            predict_ages,
            weights_of=methods[name].keywords["weights_of"],
            fds=methods[name].keywords["fds"],
            leave_out=left_out,
        )
    return methods, "test", 0


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
    methods = {name: partial(predict_ages, **how) for name, how in methods.items()}
    return methods, "test", 0


EXPERIMENTS = {
    "faces": faces_experiment,
    "baselines": baselines_experiment,
    "features": features_experiment,
    "training": training_experiment,
}
