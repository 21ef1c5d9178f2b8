"""Exercise 5.7: two trainings that differ in one thing."""

import functools
import inspect

from course.checks.compare import same, short
from course.checks.exercise import Exercise, Part, Wrong
from course.records.ages import AGES
from dirlib.fds.layer import FDS
from dirlib.fds.smoothing import KERNEL_SIZE

WEIGHTS = ("vanilla", "sqinv", "sqinv+lds", "inv", "inv+lds")
OPTIONS = (
    "kernel_size sigma kernel momentum covariance weighting edges shrinkage clip"
).split()
KEYS = ("weights", "fds")
TRAINED, DIFFER, GOOD = "can both be trained?", "differ in one thing?", "yes"


def _my_ablation():
    base = {"weights": "sqinv+lds", "fds": None}
    variant = {"weights": "sqinv+lds", "fds": {}}
    return base, variant


class _Judged(Exercise):
    """An exercise with many right answers: the verdict itself says what is wrong."""

    def cause(self, got, want):
        verdicts = [o.value for o in got if isinstance(o.value, str)]
        return next((text for text in verdicts if text != GOOD), None)


def _verdict(answer):
    """Turn an answer into a function that says GOOD, or what is wrong with it."""
    answer = functools.cache(answer)  # both questions are about the same pair

    def function(question):
        pair = answer()
        if pair is None:
            return None
        listed = list(pair) if isinstance(pair, tuple | list) else []
        if [isinstance(settings, dict) for settings in listed] != [True, True]:
            return "return two dicts: return base, variant"
        base, variant = listed
        if question == DIFFER:
            return _difference(base, variant)
        return _trouble("base", base) or _trouble("variant", variant) or GOOD

    return function


def _trouble(name, settings):
    """Say why a training with these settings can't start, or return None."""
    for key in KEYS:
        if key not in settings:
            return f'{name} has no "{key}": give both, "weights" and "fds"'
    for key in settings:
        if key not in KEYS:
            return f"{name} has an unknown setting {key!r}: there are weights and fds"
    weights, fds = settings["weights"], settings["fds"]
    if not isinstance(weights, str) or weights not in WEIGHTS:
        known = f"which is unknown: choose from {', '.join(WEIGHTS)}"
        return f"weights of {name} are {short(weights)}, {known}"
    if fds is None:
        return None
    if not isinstance(fds, dict):
        needed = "it must be None or a dict of options, {} for the defaults"
        return f"fds of {name} is {short(fds)}: {needed}"
    for option in fds:
        if option not in OPTIONS:
            known = f"choose from {', '.join(OPTIONS)}"
            return f"fds of {name} has an unknown option {option!r}: {known}"
    return _refusal(name, fds)


def _refusal(name, options):
    """Say why FDS refuses these options, or return None."""
    for option, value in options.items():
        needs_number = isinstance(_value({}, option), int | float)
        if needs_number and isinstance(value, str):
            cure = "write a number, without quotes"
            return f"{option} of {name} is the text {value!r}: {cure}"
    size = options.get("kernel_size")
    # FDS says so too, but a huge window would fill the memory before.
    if isinstance(size, int) and size > AGES.n_bins:
        cure = f"but there are only {AGES.n_bins} bins: take a smaller one"
        return f"kernel_size of {name} is {size}, {cure}"
    try:
        FDS(64, AGES, **options)
    except Exception as error:  # a text instead of a number fails in many ways
        reason = " ".join(str(error).split())
        return f"FDS refuses the options of {name}: {reason}"
    return None


def _difference(base, variant):
    """Say GOOD if the settings differ in one thing, and in which ones if not."""
    differing = [k for k in KEYS if not same(base.get(k), variant.get(k), 0)]
    layers = base.get("fds"), variant.get("fds")
    if all(isinstance(options, dict) for options in layers):
        differing = [k for k in differing if k != "fds"] + _differing_options(*layers)
    if not differing:
        return (
            "the two trainings are the same: change one thing (an option with its "
            "default value, and sigma of a triangular window, change nothing)"
        )
    if len(differing) == 1:
        return GOOD
    return (
        f"the two differ in {', '.join(differing[:-1])} and {differing[-1]}: change "
        f"one thing, or you can't tell which of them made the difference"
    )


def _differing_options(base, variant):
    names = dict.fromkeys([*base, *variant])
    # A triangular window has no scale.
    if "triangular" in (_value(base, "kernel"), _value(variant, "kernel")):
        names.pop("sigma", None)
    return [k for k in names if not same(_value(base, k), _value(variant, k), 0)]


def _value(options, name):
    parameters = inspect.signature(FDS).parameters
    default = parameters[name].default if name in parameters else None
    value = options.get(name, default)
    return KERNEL_SIZE if name == "kernel_size" and value is None else value


def _with(fds, weights="vanilla"):
    return {"weights": weights, "fds": fds}


def _with_fds(**options):
    return _with(options, "sqinv")


VANILLA, LAYER = _with(None), _with_fds()
# fmt: off
# The verdict names what was returned; these are the parts of it that matter.
ANSWERS = {
    "return two dicts: return base, variant": VANILLA,
    "the two trainings are the same: change one thing": (VANILLA, VANILLA),
    "an option with its default value": (LAYER, _with_fds(sigma=5.0)),
    "sigma of a triangular window, change nothing":
        (_with_fds(kernel="triangular"), _with_fds(kernel="triangular", sigma=2.0)),
    "the two differ in weights and fds: change one thing": (VANILLA, LAYER),
    "the two differ in kernel_size and sigma: change one thing":
        (LAYER, _with_fds(kernel_size=5, sigma=2.0)),
    "the two differ in weights and momentum: change one thing":
        (LAYER, _with({"momentum": 0.5}, "inv")),
    "weights of variant are 'lds', which is unknown: choose from vanilla":
        (VANILLA, _with(None, "lds")),
    "weights of variant are None, which is unknown: choose from vanilla":
        (VANILLA, _with(None, None)),
    "fds of variant is 'full': it must be None or a dict of options":
        (VANILLA, _with("full")),
    "fds of base is False: it must be None or a dict of options":
        (_with(False), _with(True)),
    'variant has no "fds"': (VANILLA, {"weights": "sqinv"}),
    'base has no "weights"': ({"fds": None}, {"fds": {}}),
    "variant has an unknown setting 'sigma': there are weights and fds":
        (VANILLA, {**VANILLA, "sigma": 2.0}),
    "fds of variant has an unknown option 'size': choose from kernel_size":
        (LAYER, _with_fds(size=9)),
    "FDS refuses the options of variant: kernel_size must be odd":
        (LAYER, _with_fds(kernel_size=4)),
    "kernel_size of variant is the text '5': write a number, without quotes":
        (LAYER, _with_fds(kernel_size="5")),
    "kernel_size of variant is 103, but there are only 101 bins":
        (LAYER, _with_fds(kernel_size=103)),
    "FDS refuses the options of variant: momentum must lie in [0, 1)":
        (LAYER, _with_fds(momentum=1.0)),
    "FDS refuses the options of variant: shrinkage must be a finite number":
        (LAYER, _with_fds(shrinkage=-1.0)),
    "FDS refuses the options of variant: covariance must be one of":
        (LAYER, _with_fds(covariance="identity")),
}
# fmt: on

PARTS = [
    Part("settings that can be trained", 1, [(TRAINED,)]),
    Part("one difference", 1, [(DIFFER,)]),
]
WRONG = [Wrong(lambda pair=pair: pair, cause) for cause, pair in ANSWERS.items()]
my_ablation = _Judged("5.7", "my_ablation", _my_ablation, PARTS, WRONG, adapt=_verdict)
