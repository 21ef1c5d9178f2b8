"""Exercise 6.1: a plan, made before anything is trained."""

from course.checks.exercise import run
from course.checks.lesson6.judged import Judged
from dirlib.trainer.methods import VANILLA, method_name, parse_method

SCORES = ("few", "tail_5", "tail_1", "GM")
WORDS = 4
KEYS = ("rare", "cares", "score", "methods", "seeds")

RETURN = "return the dict, with all of its keys: rare, cares, score, methods, seeds"
SAY = (
    "say in a few words which labels are rare, and who loses something when they are "
    "wrong"
)
ALIKE = "rare and cares are two questions: which labels, and which people"
COMMON = (
    "the mean over all rows is decided by the common ones: choose by 'few', 'tail_5', "
    "'tail_1' or 'GM', and look at 'all' as the price"
)
NO_SCORE = "the score is one of 'few', 'tail_5', 'tail_1' and 'GM'"
LIST = "methods is a list of names, such as 'sqinv+lds'"
START = "begin with 'vanilla': every gain is a gain over it"
STEP = (
    "between {} and the methods before it, more than one thing changes: add the step "
    "between"
)
MISSING = "all three must have their turn: sqinv, then lds, then fds"
TWICE = "a method stands in the list twice"
SEEDS = "seeds are three or more different whole numbers: two give a very wide interval"


def _plan():
    return {
        "rare": "hours in which very many bikes are rented",
        "cares": "people who find no bike, and the team that moves bikes at night",
        "score": "tail_5",
        "methods": ["vanilla", "sqinv", "sqinv+lds", "sqinv+lds+fds"],
        "seeds": [0, 1, 2],
    }


def _judge(answer):
    if not callable(answer):
        return dict.fromkeys(TITLES, "pass the function my_plan itself")
    outcome = run(answer, ())
    if isinstance(outcome.error, NotImplementedError):
        return None
    if outcome.error is not None:
        told = f"{type(outcome.error).__name__} came up inside your function"
        return dict.fromkeys(TITLES, told)
    plan = outcome.value
    if not isinstance(plan, dict) or not set(KEYS) <= plan.keys():
        return dict.fromkeys(TITLES, RETURN)
    return {
        "words": _words_fault(plan["rare"], plan["cares"]),
        "score": _score_fault(plan["score"]),
        "steps": _methods_fault(plan["methods"]) or _seeds_fault(plan["seeds"]),
    }


def _words_fault(*texts):
    if not all(isinstance(t, str) and len(t.split()) >= WORDS for t in texts):
        return SAY
    one, other = (" ".join(text.lower().split()) for text in texts)
    return ALIKE if one == other else None


def _score_fault(score):
    if score == "all":
        return COMMON
    return None if isinstance(score, str) and score in SCORES else NO_SCORE


def _methods_fault(methods):
    if not isinstance(methods, list | tuple) or not methods:
        return LIST
    before = []
    for method in methods:
        try:
            options = parse_method(method)
        except ValueError as error:
            return str(error)
        if not before and options != VANILLA:
            return START
        if options in before:
            return TWICE
        if before and not any(_apart(options, other) == 1 for other in before):
            return STEP.format(method_name(options))
        before.append(options)
    said = ("reweight", "sqinv"), ("lds", True), ("fds", "none")
    has = [any(o[name] == value for o in before) for name, value in said[:2]]
    has.append(any(o["fds"] != "none" for o in before))
    return None if all(has) else MISSING


def _apart(one, other):
    return sum(one[name] != other[name] for name in one)


def _seeds_fault(seeds):
    try:
        found = list(seeds)
    except TypeError:
        return SEEDS
    whole = all(type(seed) is int and 0 <= seed < 2**31 for seed in found)
    return None if whole and len(set(found)) == len(found) >= 3 else SEEDS


TITLES = {
    "words": ("what is rare, and who cares", 1),
    "score": ("a score that looks at the rare", 1),
    "steps": ("one change at a time, three seeds or more", 1),
}
my_plan = Judged(
    "6.1",
    "my_plan",
    TITLES,
    _judge,
    _plan,
    (COMMON, STEP, START, MISSING, SEEDS, SAY, ALIKE, RETURN),
)
