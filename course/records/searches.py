"""The searches for settings, on validation data, with seeds that no other record uses.

Each is an experiment as those of `course.records.methods` are; data/README.md has their
tables and the rules by which they were read.
"""

from functools import partial

from scipy.ndimage import gaussian_filter1d

from course.records.ages import AGES
from course.records.methods import KERNEL, WEIGHTS, train_and_keep
from dirlib.lds import lds_weights


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
        name: partial(train_and_keep, weights_of=w, split="val")
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
        on_val = partial(train_and_keep, weights_of=WEIGHTS[base], split="val")
        methods[base] = on_val
        for name, trial in FDS_TRIALS.items():
            options = FDS_TRIAL | trial
            start = options.pop("start", 0)
            methods[f"{base}+fds {name}"] = partial(
                on_val, fds=options, fds_start=start
            )
    return methods, "val", 100


SEARCHES = {"kernels": kernels_experiment, "fds": fds_experiment}
