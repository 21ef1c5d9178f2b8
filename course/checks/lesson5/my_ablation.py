"""Exercise 5.5: two trainings that differ in one thing."""

import functools
import inspect

from course.checks.compare import same, short
from course.checks.exercise import Exercise, Part, Wrong
from course.records.read import AGES
from dirlib.fds.layer import FDS

WEIGHTS = ("vanilla", "sqinv", "sqinv+lds", "inv", "inv+lds")
OPTIONS = (
    "kernel_size",
    "sigma",
    "kernel",
    "momentum",
    "covariance",
    "weighting",
    "edges",
    "shrinkage",
    "clip",
)
TRAINED, DIFFER = "can both be trained?", "differ in one thing?"
GOOD = "yes"
FEATURES = 64


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
        if not _is_pair(pair):
            return "return two dicts: return base, variant"
        if question == TRAINED:
            found = (
                _trouble(name, settings)
                for name, settings in zip(("base", "variant"), pair, strict=True)
            )
            return next((text for text in found if text), GOOD)
        return _difference(*pair)

    return function


def _is_pair(pair):
    return (
        isinstance(pair, tuple | list)
        and len(pair) == 2
        and all(isinstance(settings, dict) for settings in pair)
    )


def _trouble(name, settings):
    """Say why a training with these settings can't start, or return None."""
    for key in ("weights", "fds"):
        if key not in settings:
            return f'{name} has no "{key}": give both, "weights" and "fds"'
    for key in settings:
        if key not in ("weights", "fds"):
            return f"{name} has an unknown setting {key!r}: there are weights and fds"
    weights, fds = settings["weights"], settings["fds"]
    if not isinstance(weights, str) or weights not in WEIGHTS:
        return (
            f"weights of {name} are {short(weights)}, which is unknown: choose from "
            f"{', '.join(WEIGHTS)}"
        )
    if fds is None:
        return None
    if not isinstance(fds, dict):
        return (
            f"fds of {name} is {short(fds)}: it must be None or a dict of options, "
            f"{{}} for the defaults"
        )
    for option in fds:
        if option not in OPTIONS:
            return (
                f"fds of {name} has an unknown option {option!r}: choose from "
                f"{', '.join(OPTIONS)}"
            )
    return _refusal(name, fds)


def _refusal(name, options):
    """Say why FDS refuses these options, or return None."""
    for option, value in options.items():
        needs_number = isinstance(_value({}, option), int | float)
        if needs_number and isinstance(value, str):
            return (
                f"{option} of {name} is the text {value!r}: write a number, without "
                f"quotes"
            )
    size = options.get("kernel_size")
    # FDS says so too, but a huge window would fill the memory before.
    if isinstance(size, int) and size > AGES.n_bins:
        return (
            f"kernel_size of {name} is {size}, but there are only {AGES.n_bins} bins: "
            f"take a smaller one"
        )
    try:
        FDS(FEATURES, AGES, **options)
    except Exception as error:  # a text instead of a number fails in many ways
        reason = " ".join(str(error).split())
        return f"FDS refuses the options of {name}: {reason}"
    return None


def _difference(base, variant):
    """Say GOOD if the settings differ in one thing, and in which ones if not."""
    differing = [
        name
        for name in ("weights", "fds")
        if not same(base.get(name), variant.get(name), 0)
    ]
    layers = base.get("fds"), variant.get("fds")
    if all(isinstance(options, dict) for options in layers):
        differing = [name for name in differing if name != "fds"]
        differing += _differing_options(*layers)
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
    differing = [
        name for name in names if not same(_value(base, name), _value(variant, name), 0)
    ]
    # A triangular window has no scale.
    if "triangular" in (_value(base, "kernel"), _value(variant, "kernel")):
        differing = [name for name in differing if name != "sigma"]
    return differing


def _value(options, name):
    parameters = inspect.signature(FDS).parameters
    default = parameters[name].default if name in parameters else None
    return options.get(name, default)


def _with_and_without_fds():
    base = {"weights": "sqinv+lds", "fds": None}
    variant = {"weights": "sqinv+lds", "fds": {}}
    return base, variant


def _with_fds(base, variant, weights="sqinv+lds"):
    """Two settings with these layers."""
    return lambda: tuple({"weights": weights, "fds": fds} for fds in (base, variant))


def _settings(base, variant):
    return lambda: (base, variant)


_vanilla = {"weights": "vanilla", "fds": None}

my_ablation = _Judged(
    "5.5",
    "my_ablation",
    _with_and_without_fds,
    parts=[
        Part("settings that can be trained", 1, [(TRAINED,)]),
        Part("one difference", 1, [(DIFFER,)]),
    ],
    # The verdict names what was returned; these are the parts of it that matter.
    wrong=[
        Wrong(
            lambda: _vanilla,
            "return two dicts: return base, variant",
        ),
        Wrong(
            _settings(_vanilla, _vanilla),
            "the two trainings are the same: change one thing",
        ),
        Wrong(
            _with_fds({}, {"sigma": 5.0}),
            "an option with its default value",
        ),
        Wrong(
            _with_fds({"kernel": "triangular"}, {"kernel": "triangular", "sigma": 2.0}),
            "sigma of a triangular window, change nothing",
        ),
        Wrong(
            _settings(_vanilla, {"weights": "sqinv", "fds": {}}),
            "the two differ in weights and fds: change one thing",
        ),
        Wrong(
            _with_fds({}, {"kernel_size": 5, "sigma": 2.0}),
            "the two differ in kernel_size and sigma: change one thing",
        ),
        Wrong(
            _settings(
                {"weights": "sqinv", "fds": {}},
                {"weights": "inv", "fds": {"momentum": 0.5}},
            ),
            "the two differ in weights and momentum: change one thing",
        ),
        Wrong(
            _settings(_vanilla, {"weights": "lds", "fds": None}),
            "weights of variant are 'lds', which is unknown: choose from vanilla",
        ),
        Wrong(
            _settings(_vanilla, {"weights": None, "fds": None}),
            "weights of variant are None, which is unknown: choose from vanilla",
        ),
        Wrong(
            _with_fds(None, "full"),
            "fds of variant is 'full': it must be None or a dict of options",
        ),
        Wrong(
            _with_fds(False, True),
            "fds of base is False: it must be None or a dict of options",
        ),
        Wrong(
            _settings(_vanilla, {"weights": "sqinv"}),
            'variant has no "fds"',
        ),
        Wrong(
            _settings({"fds": None}, {"fds": {}}),
            'base has no "weights"',
        ),
        Wrong(
            _settings(_vanilla, {**_vanilla, "sigma": 2.0}),
            "variant has an unknown setting 'sigma': there are weights and fds",
        ),
        Wrong(
            _with_fds({}, {"size": 9}),
            "fds of variant has an unknown option 'size': choose from kernel_size",
        ),
        Wrong(
            _with_fds({}, {"kernel_size": 4}),
            "FDS refuses the options of variant: size must be odd",
        ),
        Wrong(
            _with_fds({}, {"kernel_size": "5"}),
            "kernel_size of variant is the text '5': write a number, without quotes",
        ),
        Wrong(
            _with_fds({}, {"kernel_size": 103}),
            "kernel_size of variant is 103, but there are only 101 bins",
        ),
        Wrong(
            _with_fds({}, {"momentum": 1.0}),
            "FDS refuses the options of variant: momentum must lie in [0, 1)",
        ),
        Wrong(
            _with_fds({}, {"shrinkage": -1.0}),
            "FDS refuses the options of variant: shrinkage must be a finite number",
        ),
        Wrong(
            _with_fds({}, {"covariance": "identity"}),
            "FDS refuses the options of variant: covariance must be one of",
        ),
    ],
    adapt=_verdict,
)
