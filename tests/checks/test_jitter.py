"""No verdict hangs on the last bits of linear algebra: they differ by processor."""

import numpy as np
import pytest
import torch
from jitter import jittered
from test_proven import EXERCISES, KNOWN, RIGHT, WRONG, name_of


def test_the_jitter_reaches_what_the_checks_use():
    a = np.array([[2.5, 1.1], [1.1, 2.3]])
    functions = (
        lambda: np.linalg.eigvalsh(a).tobytes(),
        lambda: np.cov(a).tobytes(),
        lambda: (torch.tensor(a) @ torch.tensor(a)).numpy().tobytes(),
        lambda: torch.linalg.eigh(torch.tensor(a))[0].numpy().tobytes(),
    )
    for function in functions:
        before = function()
        with jittered(0) as jitter:
            assert function() != before and jitter.changed
        assert function() == before


CASES = [
    pytest.param(exercise, case, seed, id=f"{name_of(exercise)}-{name_of(case.answer)}")
    for exercise in EXERCISES
    for seed, case in enumerate(RIGHT + KNOWN + WRONG)
    if case.exercise is exercise
]


@pytest.mark.parametrize(("exercise", "case", "seed"), CASES)
def test_a_verdict_stays_when_the_last_bits_differ(exercise, case, seed):
    with jittered(seed):
        verdict = exercise.verdict(case.answer)
    if case.message is None:
        assert verdict.state == "solved", verdict
    else:
        assert verdict.points < verdict.full, verdict
        assert case.message in verdict.cause, verdict
