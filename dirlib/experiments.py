"""The course's experiments: the methods of every recorded run.

An experiment is a function that returns its methods, the split on which they are
judged, and its first seed. ``method(seed, progress)`` trains and returns a dict of
arrays: `predictions`, [N], and what else is worth keeping.
:func:`dirlib.recording.run_experiment` runs and records them.
"""

from functools import partial

import numpy as np
from scipy.ndimage import gaussian_filter1d
from torch.nn import functional as F

from dirlib.datasets.faces import faces, faces_label_counts, scale_counts
from dirlib.datasets.patterns import patterns
from dirlib.fds import FDS
from dirlib.lds import density_weights, lds_weights
from dirlib.models import SmallResNet
from dirlib.runs import AGES
from dirlib.statistics import bin_statistics
from dirlib.training import extract_features, fit, predict

KERNEL = {"kernel": "gaussian", "kernel_size": 9, "sigma": 3.0}
# Two holes in the training ages of "vanilla, gaps": one inside, one at the end.
INTERPOLATION, EXTRAPOLATION = range(45, 56), range(85, 101)


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


def train_ages(
    weights_of,
    seed,
    *,
    fds=None,
    fds_start=0,
    output_bias=None,
    epochs=15,
    checkpoint=None,
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
    fds : dirlib.FDS, optional
        Trains through this layer.
    fds_start, epochs, checkpoint
        See :func:`dirlib.training.fit`.
    output_bias : float, optional
        What an untrained network answers, in years; the mean label without it.
    **options
        Passed on to :func:`dirlib.datasets.faces.faces`: `counts`, `leave_out`,
        `wrong_labels`.
    """
    data = faces("train", seed=seed, progress=progress, **options)
    bias = float(data.labels.mean()) if output_bias is None else output_bias
    model = SmallResNet(output_bias=bias, seed=seed)
    weights = weights_of(data.labels)
    fit(
        model,
        data.images,
        data.labels,
        weights=weights,
        fds=fds,
        fds_start=fds_start,
        epochs=epochs,
        checkpoint=checkpoint,
        seed=seed,
        progress=progress,
    )
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


def predict_patterns(seed, progress):
    """Train a classifier on the patterns of `seed`; return its test classes, [N]."""
    train = patterns("train", seed=seed, progress=progress)
    model = SmallResNet(n_outputs=AGES.n_bins, seed=seed)

    def loss(scores, target, weights):
        return F.cross_entropy(scores, target)

    x, y = train.images, train.labels
    fit(model, x, y, loss=loss, epochs=10, seed=seed, progress=progress)
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


def kernels_experiment():
    """The search for `KERNEL`, judged on validation data, with seeds of its own."""
    kernels = [("gaussian", 5, 2.0), ("gaussian", 9, 3.0), ("gaussian", 15, 5.0)]
    kernels += [("laplace", 9, 3.0), ("triangular", 9, 3.0)]
    methods = {}
    for base, scheme in (("sqinv", "sqrt_inverse"), ("inv", "inverse")):
        methods[base] = WEIGHTS[base]
        for kernel, size, sigma in kernels:
            methods[f"{base}+lds {kernel} {size} {sigma:g}"] = partial(
                lds_weights,
                bins=AGES,
                scheme=scheme,
                kernel=kernel,
                kernel_size=size,
                sigma=sigma,
            )
    methods = {
        name: partial(predict_ages, weights_of=w, split="val")
        for name, w in methods.items()
    }
    return methods, "val", 100


# The settings of FDS that the search starts from; each trial changes one or two.
FDS_TRIAL = {
    **KERNEL,
    "momentum": 0.9,
    "covariance": "diagonal",
    "weighting": "count",
    "edges": "renormalize",
    "shrinkage": 10.0,
    "clip": (0.1, 10.0),
}
# A truncated delta, filtered with mirrored ends: the window of the published code.
PUBLISHED_WINDOW = gaussian_filter1d([0.0, 0.0, 1.0, 0.0, 0.0], sigma=2)
FDS_TRIALS = {
    "9 3": {},
    "5 2": {"kernel_size": 5, "sigma": 2.0},
    "15 5": {"kernel_size": 15, "sigma": 5.0},
    "31 10": {"kernel_size": 31, "sigma": 10.0},
    "uniform": {"weighting": "uniform"},
    "momentum 0.5": {"momentum": 0.5},
    "momentum 0": {"momentum": 0.0},
    "start 5": {"start": 5},
    "shrinkage 0": {"shrinkage": 0.0},
    "shrinkage 50": {"shrinkage": 50.0},
    "full": {"covariance": "full"},
    "full shrinkage 50": {"covariance": "full", "shrinkage": 50.0},
    "published": {
        "window": PUBLISHED_WINDOW,
        "weighting": "uniform",
        "edges": "reflect",
        "shrinkage": 0.0,
    },
    # Of the first round the wide kernels came out best: the second combines them.
    "15 5 full": {"kernel_size": 15, "sigma": 5.0, "covariance": "full"},
    "31 10 full": {"kernel_size": 31, "sigma": 10.0, "covariance": "full"},
    "31 10 momentum 0.5": {"kernel_size": 31, "sigma": 10.0, "momentum": 0.5},
}


def fds_experiment():
    """The search for the settings of FDS, judged on validation data, as `kernels`."""
    methods = {}
    for base in ("sqinv", "inv"):
        on_val = partial(predict_ages, weights_of=WEIGHTS[base], split="val")
        methods[base] = on_val
        for name, trial in FDS_TRIALS.items():
            options = FDS_TRIAL | trial
            start = options.pop("start", 0)
            methods[f"{base}+fds {name}"] = partial(
                on_val, fds=options, fds_start=start
            )
    return methods, "val", 100


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


EXPERIMENTS = {
    "faces": faces_experiment,
    "features": features_experiment,
    "kernels": kernels_experiment,
    "fds": fds_experiment,
}
