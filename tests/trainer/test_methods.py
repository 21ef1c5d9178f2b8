"""Names of methods and the options they stand for: each gives back the other."""

from itertools import permutations, product

import pytest

from dirlib.trainer.methods import VANILLA, method_name, method_order, parse_method

EVERY = [
    dict(zip(VANILLA, values, strict=True))
    for values in product(
        ("none", "sqinv", "inv", "dense"),
        (False, True),
        ("none", "diagonal", "full", "low_rank"),
        (False, True),
    )
    if not (values[0] == "none" and (values[1] or values[3]))
    and not (values[0] == "dense" and values[1])
]


@pytest.mark.parametrize("options", EVERY, ids=method_name)
def test_a_name_gives_back_its_options_in_any_order(options):
    name = method_name(options)
    assert parse_method(name) == options
    for parts in permutations(name.split("+")):
        assert parse_method(" + ".join(parts)) == options
    if options["reweight"] == "none" and name != "vanilla":
        assert parse_method("vanilla+" + name) == options
    assert method_name(options | {"epochs": 3, "seed": 1}) == name


def test_names_are_different_and_known_ones_are_as_written():
    names = [method_name(options) for options in EVERY]
    assert len(set(names)) == len(names) == 44
    known = {"vanilla", "sqinv", "sqinv+lds", "inv+lds+fds_full+rrt", "fds"}
    assert known <= set(names)
    assert method_name(parse_method("fds+lds+sqinv")) == "sqinv+lds+fds"


def test_plain_methods_come_first():
    names = [method_name(o) for o in sorted(EVERY[::-1], key=method_order)]
    assert names[:3] == ["vanilla", "fds", "fds_full"]
    order = [
        "vanilla", "fds", "sqinv", "sqinv+fds", "sqinv+lds", "inv", "inv+lds", "dense",
    ]  # fmt: skip
    assert [name for name in names if name in order] == order


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lds", "lds needs weights, .* take 'sqinv[+]lds' or"),
        ("vanilla+lds", "lds needs weights"),
        ("lds+fds+rrt", "lds needs weights"),
        ("fds+rrt", "rrt needs weights, .* take 'sqinv[+]rrt' or"),
        ("dense+lds", "lds smooths .*, and 'dense' has none: use 'sqinv[+]lds'"),
        ("sqinv+inv", "both 'sqinv' and 'inv': keep one"),
        ("vanilla+sqinv", "both 'vanilla' and 'sqinv'"),
        ("sqinv+lds+lds", "both 'lds' and 'lds'"),
        ("fds+fds_full", "both 'fds' and 'fds_full'"),
        ("sqrt", "unknown part 'sqrt': join some of vanilla, sqinv, inv, dense, lds"),
        ("sqinv+", "unknown part ''"),
        ("", "unknown part ''"),
        ("SQINV", "unknown part 'SQINV'"),
        (None, "must be a name, as 'sqinv[+]lds', but got None"),
    ],
)
def test_what_is_no_method_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        parse_method(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"reweight": "sqrt"},
            "reweight must be one of none, sqinv, inv, dense, but got",
        ),
        ({"fds": "half"}, "fds must be one of none, diagonal, full, low_rank"),
        ({"fds": ["full"]}, "fds must be one of"),
        ({"lds": 1}, "lds must be one of False, True, but got 1"),
        ({"rrt": None}, "rrt must be one of False, True, but got None"),
        ({"lds": True}, "lds needs weights"),
    ],
)
def test_options_that_no_name_stands_for_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        method_name(VANILLA | change)
    with pytest.raises(ValueError, match="reweight must be one of"):
        method_name({"seed": 0})
