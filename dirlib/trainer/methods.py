"""Names of methods, such as ``sqinv+lds+fds``, and the options they stand for.

A name is made of parts, joined by ``+``, in any order:

- one of `vanilla`, `sqinv`, `inv` and `dense` (:class:`dirlib.DenseWeights`): how the
  loss is weighted; `vanilla`, not at all, may be left out beside `fds`;
- `lds`: with `sqinv` or `inv`, the label density is smoothed before it is inverted;
- one of `fds`, `fds_full` and `fds_low_rank`: an FDS layer, by its covariances;
- `rrt`: the weights are for the regressor alone, trained anew on frozen features.
"""

# part: the option that it sets, and to what
PARTS = {
    "vanilla": ("reweight", "none"),
    "sqinv": ("reweight", "sqinv"),
    "inv": ("reweight", "inv"),
    "dense": ("reweight", "dense"),
    "lds": ("lds", True),
    "fds": ("fds", "diagonal"),
    "fds_full": ("fds", "full"),
    "fds_low_rank": ("fds", "low_rank"),
    "rrt": ("rrt", True),
}
VANILLA = {"reweight": "none", "lds": False, "fds": "none", "rrt": False}


def parse_method(name):
    """Return the options of :func:`dirlib.trainer.run.training_run` for a method.

    Returns a dict with the keys `reweight`, `lds`, `fds` and `rrt`. A ValueError
    refuses an unknown part, two that say the same thing or exclude each other, and
    `lds` or `rrt` without weights to work with.

    Examples
    --------
    >>> parse_method("sqinv+lds+fds")
    {'reweight': 'sqinv', 'lds': True, 'fds': 'diagonal', 'rrt': False}
    """
    if not isinstance(name, str):
        raise ValueError(f"a method must be a name, as 'sqinv+lds', but got {name!r}")
    options, part_of = dict(VANILLA), {}
    for part in (part.strip() for part in name.split("+")):
        if part not in PARTS:
            raise ValueError(
                f"{name!r} has the unknown part {part!r}: "
                f"join some of {', '.join(PARTS)} by '+'"
            )
        option, value = PARTS[part]
        if option in part_of:
            raise ValueError(
                f"{name!r} has both {part_of[option]!r} and {part!r}: keep one of them"
            )
        options[option], part_of[option] = value, part
    check_weights(options)
    return options


def method_name(options):
    """Return the shortest name of a method; :func:`parse_method` reads it back.

    Of `options` only `reweight`, `lds`, `fds` and `rrt` matter: the settings of a run
    will do. A ValueError refuses what no method has.
    """
    parts = []
    for option, default in VANILLA.items():
        known = [default] + [v for o, v in PARTS.values() if o == option and v]
        value = options.get(option)
        # False == 0 and True == 1: a number is no answer to yes or no.
        if value not in known or type(value) is not type(default):
            raise ValueError(
                f"{option} must be one of {', '.join(map(str, dict.fromkeys(known)))}, "
                f"but got {value!r}"
            )
        if value != default:
            parts += [p for p, pair in PARTS.items() if pair == (option, value)]
    check_weights(options)
    return "+".join(parts) or "vanilla"


def method_order(options):
    """Return the key that sorts methods from the plainest to the most elaborate."""
    values = list(PARTS.values())
    return [
        values.index(pair) if (pair := (option, options[option])) in values else -1
        for option in VANILLA
    ]


def check_weights(options):
    """Refuse `lds` or `rrt` where there are no weights that they can work on."""
    for part in ("lds", "rrt"):
        if options[part] and options["reweight"] == "none":
            raise ValueError(
                f"{part} needs weights, but reweight is 'none': take 'sqinv+{part}' or "
                f"'inv+{part}'"
            )
    if options["lds"] and options["reweight"] == "dense":
        raise ValueError(
            "lds smooths the counts of the bins, and 'dense' has none: use 'sqinv+lds' "
            "or 'dense'"
        )
