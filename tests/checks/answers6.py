"""Right and wrong answers to the exercises of lesson 6, written from its cards."""

import numpy as np
from answers import Answers

import dirlib
from course.checks import lesson6

ANSWERS = Answers(lesson6)
wrong, right = ANSWERS.wrong, ANSWERS.right

PLAN = {
    "rare": "hours with more than 400 bikes",
    "cares": "people at stations that are empty",
    "score": "tail_5",
    "methods": ["vanilla", "sqinv", "sqinv+lds", "sqinv+lds+fds"],
    "seeds": [0, 1, 2],
}


def plan(**changes):
    """A function that returns the plan with changes; None takes a key away."""
    changed = {k: v for k, v in (PLAN | changes).items() if v is not None}
    return lambda: changed


def deny(fragment, **changes):
    wrong("my_plan", fragment)(plan(**changes))


for changes in (
    {},
    {"score": "few", "seeds": range(5)},
    {"score": "GM", "seeds": (7, 8, 9)},
    {"methods": ("vanilla", "inv", "inv+lds", "sqinv", "sqinv+fds")},
    {"methods": ["vanilla", "fds", "sqinv", "sqinv+lds", "sqinv+lds+fds"]},
    {"methods": [*PLAN["methods"], "dense"], "more": "than was asked for"},
):
    right("my_plan")(plan(**changes))

deny("the mean over all rows", score="all")
deny("the score is one of", score="tail")
deny("the score is one of", score=["tail_5"])
deny("the score is one of", score=5)
deny("say in a few words", rare="many")
deny("say in a few words", rare="")
deny("say in a few words", cares=7)
deny("two questions", cares=PLAN["rare"].upper())
deny("return the dict", seeds=None)
deny("return the dict", rare=None)
deny("begin with 'vanilla'", methods=["sqinv", "sqinv+lds", "sqinv+lds+fds"])
deny("more than one thing changes", methods=["vanilla", "sqinv+lds+fds"])
deny("more than one thing changes", methods=["vanilla", "sqinv+lds"])
deny("have their turn", methods=["vanilla", "sqinv"])
deny("have their turn", methods=["vanilla", "fds", "sqinv+fds"])
deny("have their turn", methods=["vanilla"])
deny("unknown part 'LDS'", methods=["vanilla", "LDS"])
deny("a method must be a name", methods=["vanilla", 3])
deny("methods is a list", methods="vanilla")
deny("methods is a list", methods=[])
deny("stands in the list twice", methods=["vanilla", "sqinv", "sqinv"])
deny("seeds are three or more", seeds=[0, 1])
deny("seeds are three or more", seeds=[0, 0, 0])
deny("seeds are three or more", seeds=3)
deny("seeds are three or more", seeds=[0, 1, -2])
deny("seeds are three or more", seeds=[0.0, 1.0, 2.0])
deny("seeds are three or more", seeds=[True, False, 2])


@wrong("my_plan", "return the dict")
def nothing():
    pass


@wrong("my_plan", "return the dict")
def only_a_list():
    return PLAN["methods"]


@wrong("my_plan", "KeyError came up inside your function")
def failing():
    return {"rare": PLAN["rares"]}


@right("my_choice")
def loop(errors):
    names = list(errors)
    best = names[0]
    for name in names[1:]:
        if sum(errors[name]) < sum(errors[best]):
            best = name
    if best != names[0]:
        pair = dirlib.paired_comparison(errors[names[0]], errors[best])
        if pair.high >= 0:
            return names[0]
    return best


@right("my_choice")
def by_hand(errors):
    from scipy import stats

    plain, table = next(iter(errors)), np.array(list(errors.values()))
    best = list(errors)[table.mean(axis=1).argmin()]
    d = errors[best] - errors[plain]
    if best == plain:
        return best
    half = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d))
    return best if d.mean() + half < 0 else plain


@right("my_choice")
def among_those_that_are_shown(errors):
    plain, *others = errors
    shown = [
        m for m in others if dirlib.paired_comparison(errors[plain], errors[m]).high < 0
    ]
    return min([plain, *shown], key=lambda m: errors[m].mean())


@wrong("my_choice", "the lowest mean may be luck")
def lowest(errors):
    return min(errors, key=lambda m: errors[m].mean())


@wrong("my_choice", "the lowest mean may be luck")
def one_end(errors):
    plain = next(iter(errors))
    best = min(errors, key=lambda m: errors[m].mean())
    if best == plain:
        return plain
    pair = dirlib.paired_comparison(errors[plain], errors[best])
    return best if pair.low < 0 else plain


@wrong("my_choice", "never leaves the first method")
def exchanged(errors):
    plain = next(iter(errors))
    best = min(errors, key=lambda m: errors[m].mean())
    if best == plain:
        return plain
    pair = dirlib.paired_comparison(errors[best], errors[plain])
    return best if pair.high < 0 else plain


@wrong("my_choice", "never leaves the first method")
def first(errors):
    return next(iter(errors))


@wrong("my_choice", "once in eight")
def lower_on_each_seed(errors):
    plain = next(iter(errors))
    best = min(errors, key=lambda m: errors[m].mean())
    return best if (errors[best] < errors[plain]).all() else plain


@wrong("my_choice", "this compares one seed with another")
def apart(errors):
    plain = next(iter(errors))
    best = min(errors, key=lambda m: errors[m].mean())
    return best if errors[best].max() < errors[plain].min() else plain


@wrong("my_choice", "luckiest seed")
def luckiest(errors):
    plain = next(iter(errors))
    best = min(errors, key=lambda m: errors[m].min())
    if best == plain:
        return plain
    pair = dirlib.paired_comparison(errors[plain], errors[best])
    return best if pair.high < 0 else plain


@wrong("my_choice", "returns None")
def no_return(errors):
    min(errors, key=lambda m: errors[m].mean())


@wrong("my_choice", "expected 'sqinv+lds', but got")
def last(errors):
    return list(errors)[-1]


@wrong("my_choice", "expected 'sqinv+lds', but got")
def the_error(errors):
    return min(errors[m].mean() for m in errors)


@wrong("my_choice", "changes its input")
def popped(errors):
    plain = next(iter(errors))
    errors.pop(plain)
    return min(errors, key=lambda m: errors[m].mean()) if errors else plain


@wrong("my_choice", "expected 'vanilla', but got 'sqinv'")
def compared_with_itself_alone(errors):
    plain, *others = errors
    return min(others, key=lambda m: errors[m].mean())
