"""Exercise 3.6: covariances drawn towards a target, by their counts."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong

rng = np.random.default_rng(36)


def _everywhere(rule):
    """rule(n, covariance, target, strength) in each bin, with n in a column."""

    def answer(covariance, count, target, strength):
        return rule((count - 1)[:, None, None], covariance, target, strength)

    return answer


def _by(rule, least=2):
    """The rule where a bin has enough samples, the target where it has not."""

    def answer(covariance, count, target, strength):
        mixed = _everywhere(rule)(covariance, count, target, strength)
        return np.where((count >= least)[:, None, None], mixed, target)

    return answer


def _mix(n, c, t, s):
    return (n * c + s * t) / (n + s)


def _with_count(n, c, t, s):
    return _mix(n + 1, c, t, s)


_shrink = _by(_mix)


def _twice(rule, cause):
    """A wrong rule, with the target in the small bins and with NaN there."""
    both = cause + "; and give bins with fewer than two samples the target itself"
    return [Wrong(_by(rule), cause), Wrong(_everywhere(rule), both)]


def _zeroed(rule):
    """The rule with 0 in place of NaN, and n of at least 0."""
    return _everywhere(
        lambda n, c, t, s: rule(np.maximum(n, 0), np.nan_to_num(c), t, s)
    )


def _diagonal(matrices):
    return matrices * np.eye(matrices.shape[1])


def _sphere(matrices):
    """Multiples of the identity with the same trace."""
    trace = np.trace(matrices, axis1=1, axis2=2)
    return trace[:, None, None] / matrices.shape[1] * np.eye(matrices.shape[1])


def _small_bins(value):
    """Another value in the bins with fewer than two samples."""

    def answer(covariance, count, target, strength):
        few = (count < 2)[:, None, None]
        mixed = _shrink(covariance, count, target, strength)
        return np.where(few, value(covariance, target), mixed)

    return answer


def _along(axes):
    """The right rule, with too few axes for n."""

    def answer(covariance, count, target, strength):
        mixed = _mix((count - 1)[axes], covariance, target, strength)
        return np.where((count >= 2)[:, None, None], mixed, target)

    return answer


def _case(counts, dim, strength):
    covariance, target = (
        np.array(
            [np.cov(rng.normal(0, 2, (9, dim)).T).reshape(dim, dim) for _ in counts]
        )
        for _ in range(2)
    )
    counts = np.array(counts)
    covariance[counts < 2] = np.nan
    return covariance, counts, target, strength


shrink = Exercise(
    "3.6",
    "shrink",
    _shrink,
    parts=[
        Part(
            "two samples or more in each bin",
            1,
            [
                (np.array([[[4.0]]]), np.array([31]), np.array([[[1.0]]]), 10.0),
                _case([2, 3, 10, 50, 2000], 3, 10.0),
                _case([4, 25], 4, 0.3),
                _case([7, 2, 90], 1, 40.0),
            ],
        ),
        Part(
            "fewer samples give the target itself",
            1,
            [_case([5, 1, 0, 2], 3, 10.0), _case([0, 1, 1, 30, 2], 2, 0.5)],
        ),
    ],
    wrong=[
        Wrong(
            _everywhere(_mix),
            "0 * NaN is NaN: give the bins with fewer than two samples the target, "
            "with np.where or a mask",
        ),
        *_twice(
            _with_count,
            "the weight of a bin is n = count - 1, not count: one sample is spent on "
            "the mean",
        ),
        Wrong(
            _everywhere(lambda n, c, t, s: _with_count(n, np.nan_to_num(c), t, s)),
            "with the weight count a bin of one sample is drawn to 0: use count - 1, "
            "and the target where count is below 2",
        ),
        Wrong(
            _everywhere(lambda n, c, t, s: _mix(n, np.nan_to_num(c), t, s)),
            "an empty bin has n = -1 and gives no average: give it the target itself",
        ),
        Wrong(
            _by(_mix, least=1),
            "a bin of one sample is still NaN: it gets the target, like an empty one",
        ),
        Wrong(
            _by(_mix, least=3),
            "a bin of two samples has a covariance: only bins with fewer get the "
            "target itself",
        ),
        *_twice(
            lambda n, c, t, s: _mix(n, t, c, s),
            "covariance and target are exchanged: the more samples a bin has, the "
            "more its own covariance counts",
        ),
        *_twice(
            lambda n, c, t, s: n * c + s * t,
            "the two weights must sum to 1: divide by n + strength",
        ),
        Wrong(
            _zeroed(lambda n, c, t, s: _mix(n, t, c, s)),
            "covariance and target are exchanged: n weighs the bin's own covariance, "
            "strength the target",
        ),
        Wrong(
            _zeroed(lambda n, c, t, s: n * c + s * t),
            "that is a sum, not a mean: divide by the sum of the weights, n + strength",
        ),
        *_twice(
            lambda n, c, t, s: (n * c + s * t) / n,
            "you divide by n alone: the weights are n and strength, so divide by their "
            "sum",
        ),
        *_twice(
            lambda n, c, t, s: (n * c + t) / (n + s),
            "the target counts `strength` times: multiply it by strength",
        ),
        *_twice(
            lambda n, c, t, s: n * c + s * t / (n + s),
            "a + b / c divides only b: put the whole sum in parentheses",
        ),
        *_twice(
            lambda n, c, t, s: (n * c + s * t) / n + s,
            "a / n + strength is (a / n) + strength: put n + strength in parentheses",
        ),
        *_twice(
            lambda n, c, t, s: (n * c + s * t) / (n + 1 + s),
            "you divide by count + strength: the weights are n and strength, with "
            "n = count - 1",
        ),
        *_twice(
            lambda n, c, t, s: (1 - s) * c + s * t,
            "strength is no share between 0 and 1: the target's share is strength / "
            "(n + strength)",
        ),
        *_twice(
            lambda n, c, t, s: (c + s * t) / (1 + s),
            "the bin's own covariance counts n times: multiply it by n",
        ),
        *_twice(
            lambda n, c, t, s: (n * c + t) / (n + 1),
            "you leave strength out: the target counts `strength` times",
        ),
        *_twice(
            lambda n, c, t, s: (c + t) / 2,
            "your weights are 1/2 in each bin: they are n and strength",
        ),
        *_twice(
            lambda n, c, t, s: _mix(n.sum(), c, t, s),
            "you use the number of all samples: each bin has its own n",
        ),
        *_twice(
            lambda n, c, t, s: _mix(n, c, _diagonal(t), s),
            "you use the target's diagonal alone: take the whole matrix",
        ),
        *_twice(
            lambda n, c, t, s: _mix(n, c, _sphere(c), s),
            "you draw each bin to a multiple of the identity: draw it to the target",
        ),
        Wrong(
            lambda c, count, t, s: _shrink(c, count, np.broadcast_to(t[0], t.shape), s),
            "all bins get the first one's target: each bin has its own, target[b]",
        ),
        Wrong(
            _small_bins(lambda c, t: 0.0),
            "a bin with fewer than two samples is not 0: it gets the target itself",
        ),
        Wrong(
            _small_bins(lambda c, t: t.mean(0)),
            "each small bin gets its *own* target, not the mean of all",
        ),
        Wrong(
            lambda c, count, t, s: t,
            "that is the target alone: mix it with the bin's own covariance",
        ),
        Wrong(
            _along(np.s_[:]),
            "count has shape [B], the matrices [B, D, D]: give it two more axes, "
            "[:, None, None]",
        ),
        Wrong(
            _along(np.s_[:, None]),
            "count[:, None] has shape [B, 1], which stands beside [D, D]: it needs two "
            "more axes, [:, None, None]",
        ),
    ],
)
