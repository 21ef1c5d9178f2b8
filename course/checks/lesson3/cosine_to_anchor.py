"""Exercise 3.2: the cosine similarity of each bin to the anchor."""

import numpy as np

from course.checks.exercise import Exercise, Part, Wrong

rng = np.random.default_rng(32)


def _length(values):
    return np.linalg.norm(values, axis=1)


def _cosine_to_anchor(values, anchor):
    length = _length(values)
    length[length == 0] = np.nan  # a division by 0 would warn
    return values @ values[anchor] / (length * length[anchor])


def _over(scale):
    """The dot products over scale(lengths, anchor's length)."""

    def answer(values, anchor):
        length = _length(values)
        return values @ values[anchor] / scale(length, length[anchor])

    return answer


def _then(change):
    """The right similarities, changed."""
    return lambda values, anchor: change(_cosine_to_anchor(values, anchor))


def _centred(axis):
    """Subtract means first: of each bin's entries, or of each entry over the bins."""

    def answer(values, anchor):
        middle = np.nanmean(values, axis=axis, keepdims=True)
        return _cosine_to_anchor(values - middle, anchor)

    return answer


def _length_by_column(values, anchor):
    length = np.linalg.norm(values, axis=0)
    return values @ values[anchor] / (length * np.linalg.norm(values[anchor]))


def _lengths_by_column(values, anchor):
    length = np.linalg.norm(values, axis=0)
    return values @ values[anchor] / (length * length[anchor])


def _unit_columns(values, anchor):
    unit = values / np.linalg.norm(values, axis=0)
    return unit @ unit[anchor]


def _without_unknown(values, anchor):
    return _cosine_to_anchor(values, anchor)[~np.isnan(values).any(1)]


def _one_length(values, anchor):
    return values @ values[anchor] / np.linalg.norm(values) ** 2


def _one_length_of_all(values, anchor):
    return values @ values[anchor] / np.linalg.norm(values) / _length(values)[anchor]


def _not_summed(values, anchor):
    length = _length(values)
    return values * values[anchor] / (length * length[anchor])[:, None]


def _whole_matrix(values, anchor):
    unit = values / _length(values)[:, None]
    return unit @ unit.T


_full = [
    (np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]), 0),
    (rng.normal(0, 1, (8, 5)), 3),
    (rng.normal(0, 1, (6, 4)) * 10.0 ** rng.integers(-2, 3, (6, 1)), 5),
    (rng.gamma(2, 1, (20, 3)) + 5, 1),
    (np.array([[2.0], [-3.0], [0.5]]), 0),
]
_gaps = rng.normal(0.5, 1, (9, 4))
_gaps[[0, 4, 8]] = np.nan
_dead = np.maximum(rng.normal(0, 1, (7, 3)), 0) + np.eye(7, 3)
_dead[[2, 6]] = 0
_dead[3] = np.nan
cosine_to_anchor = Exercise(
    "3.2",
    "cosine_to_anchor",
    _cosine_to_anchor,
    parts=[
        Part("every bin has a vector", 1, _full),
        Part(
            "NaN in bins without one, or of length 0",
            1,
            [(_gaps, 2), (_dead, 1), (np.array([[np.nan], [-4.0], [0.0]]), 1)],
        ),
    ],
    wrong=[
        Wrong(
            _over(lambda length, anchor: length),
            "divide by the length of the anchor's vector too",
        ),
        Wrong(
            _over(lambda length, anchor: anchor),
            "divide by the length of each bin's own vector too",
        ),
        Wrong(
            _over(lambda length, anchor: anchor**2),
            "you divide by the anchor's length twice: one of the two is the bin's own",
        ),
        Wrong(
            lambda values, anchor: values @ values[anchor],
            "that is the dot product: divide it by both lengths",
        ),
        Wrong(
            _over(lambda length, anchor: length**2 * anchor**2),
            "you divide by the squared lengths: the root is missing",
        ),
        Wrong(
            _over(lambda length, anchor: length / anchor),
            "x / y * z is (x / y) * z: put the product of the lengths in parentheses",
        ),
        Wrong(
            _then(np.nan_to_num),
            "0 says that two vectors are at right angles: a bin without a vector has "
            "no angle, so leave NaN",
        ),
        Wrong(
            lambda values, anchor: np.where(
                (values == 0).all(1), 0.0, _cosine_to_anchor(values, anchor)
            ),
            "a vector of length 0 has no direction: give NaN, not 0, and add nothing "
            "tiny to the length",
        ),
        Wrong(
            _then(lambda cosine: cosine[~np.isnan(cosine)]),
            "you leave unknown bins out, so the others move: keep their places, with "
            "NaN",
        ),
        Wrong(
            _without_unknown,
            "you leave NaN bins out, so the others move: keep their places, with NaN",
        ),
        Wrong(
            _centred(1),
            "that is Pearson's correlation of two vectors: a cosine subtracts no mean",
        ),
        Wrong(
            _centred(0),
            "you subtract the mean over the bins: the cosine compares the vectors as "
            "they are",
        ),
        Wrong(
            _one_length,
            "np.linalg.norm of the whole array is one number: use axis=1, a length "
            "for each bin",
        ),
        Wrong(
            _one_length_of_all,
            "the bins share one length, that of the whole array: use axis=1 in "
            "np.linalg.norm",
        ),
        Wrong(
            _length_by_column,
            "you take the length of each *feature* over all bins: you need the length "
            "of each *bin's* vector, axis=1",
        ),
        Wrong(
            _lengths_by_column,
            "both lengths are those of a *feature* over all bins: you need the length "
            "of each *bin's* vector, axis=1",
        ),
        Wrong(
            _unit_columns,
            "axis=0 scales each column to length 1: a bin is a row, so use axis=1 and "
            "keepdims=True",
        ),
        Wrong(
            _then(lambda cosine: 1 - cosine),
            "that is the cosine *distance*: the similarity is 1 minus it",
        ),
        Wrong(
            _then(np.abs),
            "keep the sign: vectors that point in opposite directions give -1",
        ),
        Wrong(
            _then(lambda cosine: np.maximum(cosine, 0)),
            "you cut negative similarities off: vectors may point in opposite "
            "directions",
        ),
        Wrong(
            _then(np.arccos),
            "that is the angle: the similarity is its cosine, without np.arccos",
        ),
        Wrong(
            _not_summed,
            "sum the products over the entries, axis=1: there is one value per bin",
        ),
        Wrong(
            _whole_matrix,
            "that compares each bin with each other: only the anchor's row is wanted",
        ),
        Wrong(
            lambda values, anchor: (
                (values * values[anchor]).mean(1)
                / (_length(values) * _length(values)[anchor])
            ),
            "a dot product is the sum of the products, not their mean",
        ),
        Wrong(
            lambda values, anchor: (
                values
                @ values[anchor]
                / (np.abs(values).sum(1) * np.abs(values[anchor]).sum())
            ),
            "a length is the root of the sum of squares, not the sum of absolute "
            "values",
        ),
        Wrong(
            lambda values, anchor: _cosine_to_anchor(values, 0),
            "you compare with the first bin: use the argument anchor",
        ),
    ],
)
