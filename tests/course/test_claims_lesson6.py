"""What lesson 6 and its guide say of the bikes is what was recorded."""

import json

import pandas as pd
import pytest

import dirlib
from course.records.read import data_dir


@pytest.fixture
def comparison():
    table = pd.read_csv(data_dir() / "runs" / "bikes" / "comparison.csv")
    return table[table["method"] != "vanilla"].set_index(["region", "method"])


def claims(comparison):
    tail, on_all = comparison.loc["tail_5"], comparison.loc["all"]
    return {
        "no method beats vanilla in the tail": (tail["difference_high"] > 0).all(),
        "each is worse over all rows": (on_all["difference_low"] > 0).all(),
    }


def test_the_longer_comparison_says_what_the_lesson_says(comparison):
    assert all(claims(comparison).values())
    assert (comparison["seeds"] == 5).all() and len(comparison.loc["all"]) == 4
    options = (data_dir() / "runs/bikes/options.json").read_text()
    assert json.loads(options)["epochs"] == 60


def test_the_claims_fail_on_other_numbers(comparison):
    ends = ["difference_low", "difference_high"]
    turned = comparison.assign(
        **dict(zip(ends, -comparison[ends[::-1]].T.to_numpy(), strict=True))
    )
    assert not claims(turned)["each is worse over all rows"]
    lower = comparison.assign(difference_high=comparison["difference_high"] - 20)
    assert not claims(lower)["no method beats vanilla in the tail"]


def test_three_small_differences_say_nothing():
    pair = dirlib.paired_comparison([45.0, 47.0, 46.0], [44.0, 45.0, 46.0])
    assert str(pair) == "-1.00 [-3.48, 1.48], lower in 2 of 3"


def test_the_bikes_have_a_tail():
    bikers = pd.read_csv(data_dir() / "bikes.csv")["bikers"]
    share = 100 * (bikers > 400).mean()
    assert 1 < share < 20, "a guess from 0 to 100 may be far off"
