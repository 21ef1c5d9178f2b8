"""An open challenge says how a number compares, and leaves it as data."""

import json
import math

import numpy as np
import pytest
import torch

from course.challenge import MIME, from_bundle, report


@pytest.mark.parametrize("higher", [False, True])
def test_better_is_lower_unless_it_is_said_otherwise(higher):
    low, same, high = (
        report("1", value, to_beat=10, higher=higher) for value in (9.5, 10, 10.5)
    )
    assert (low.beaten, high.beaten) == (not higher, higher)
    assert not same.beaten  # a tie is no win
    assert ("★" in repr(low), "★" in repr(high)) == (not higher, higher)


def test_the_line_names_both_numbers_and_their_unit():
    assert repr(report("2", 9.123456, to_beat=10.2, unit="years")) == (
        "Challenge 2 · ★ beaten: yours is 9.123 years; the number to beat is 10.2 years"
    )
    assert repr(report("2", 11, to_beat=10.2)) == (
        "Challenge 2 · yours is 11; the number to beat is 10.2"
    )
    assert repr(report("1", 3)) == "Challenge 1 · yours is 3"


NOTHING = [None, math.nan, math.inf, "nine", [], np.zeros(2), torch.zeros(2), 10**400]


@pytest.mark.parametrize("value", NOTHING, ids=lambda v: type(v).__name__)
def test_what_is_no_number_counts_as_none_yet(value):
    found = report("1", value, to_beat=9)
    assert found.value is None and found.beaten is None
    assert repr(found) == "Challenge 1 · ○ no number yet; the number to beat is 9"


@pytest.mark.parametrize("value", [np.float32(9.5), torch.tensor(9.5), np.array(9.5)])
def test_any_single_number_counts(value):
    assert report("1", value).value == 9.5


def test_a_report_comes_back_from_the_output_of_its_cell():
    for found in (report("1", 9.5, to_beat=10, unit="years"), report("5", None)):
        bundle = found._repr_mimebundle_()
        assert bundle["text/plain"] == repr(found)
        assert from_bundle(json.loads(json.dumps(bundle[MIME]))) == found


def test_the_last_bits_of_a_number_are_not_stored():
    assert report("1", 0.1 + 0.2) == report("1", 0.3)


def test_a_challenge_gives_no_points():
    """A grader reads a cell's last value as points, if it is a number."""
    with pytest.raises((TypeError, ValueError)):
        float(report("1", 9.5))
    assert "points" not in report("1", 9.5).bundle()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"value": "9"},
        {"value": math.nan},
        {"value": True},
        {"to_beat": []},
        {"lesson": 1},
        {"unit": None},
        {"higher": 1},
        {"more": 1},
    ],
)
def test_what_report_does_not_write_is_refused(change):
    bundle = report("1", 9.5, to_beat=10).bundle()
    assert from_bundle(bundle) is not None
    assert from_bundle(bundle | change) is None


@pytest.mark.parametrize("name", ["version", "lesson", "value"])
def test_a_part_that_is_missing_is_refused(name):
    bundle = report("1", 9.5).bundle()
    del bundle[name]
    assert from_bundle(bundle) is None


@pytest.mark.parametrize("bundle", [None, 5, "text", [], {}, [("version", 1)]])
def test_anything_else_in_a_notebook_is_refused(bundle):
    assert from_bundle(bundle) is None
