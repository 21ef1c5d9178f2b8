"""Exercise 3.4: how far chance carries the mean of a few images."""

import numpy as np

from course.checks.exercise import Exercise, Part
from course.checks.slips import Slip

rng = np.random.default_rng(35)


def _chance_distance(features, draws):
    truth = features.mean(axis=0)
    means = features[draws].mean(axis=1)
    distances = np.linalg.norm(means - truth, axis=1)
    return distances.mean()


def _case(n_images, dim, n_draws, n):
    """Features off zero, and draws that may hold an image twice."""
    features = rng.gamma(2, 1, (n_images, dim)) * rng.gamma(2, 1, dim)
    return features, rng.integers(0, n_images, (n_draws, n))


_three = np.array([[0.0], [2.0], [4.0]])
# fmt: off
PARTS = [
    Part("one feature", 1, [
        (_three, np.array([[0, 1], [2, 2]])),
        _case(9, 1, 5, 3),
    ]),
    Part("several features, draws of any size", 1, [
        (np.array([[0.0, 0.0], [6.0, 8.0]]), np.array([[0, 0], [1, 1], [0, 1]])),
        _case(12, 4, 7, 2), _case(30, 3, 3, 6), _case(8, 5, 6, 1), _case(6, 3, 1, 4),
    ]),
]
WRONG = [
    Slip((".mean(axis=1)", ".mean(axis=0)"),
         "features[draws] is [R, n, D], and you average over the draws: the mean of "
         "each draw's images is taken along axis=1"),
    Slip((".mean(axis=1)", ".mean(axis=2)"), ("- truth, axis=1", "- truth.mean(), "
         "axis=1"), "axis=2 averages over the features: the images of a draw lie "
         "along axis=1"),
    Slip(("[draws].mean(axis=1)", "[draws]"), ("- truth, axis=1", "- truth, axis=2"),
         "that is how far a single image lies from the mean: first take the mean of "
         "each draw's images, axis=1"),
    Slip(("means - truth, axis=1", "(means - truth).mean(0), keepdims=True"),
         "you average the differences, and they cancel: take the length of each, and "
         "then the mean of the lengths"),
    Slip(("return distances.mean()", "return (distances**2).mean()"),
         "that is the mean *squared* distance: a distance is the root of the sum of "
         "squares"),
    Slip(("return distances.mean()", "return np.sqrt((distances**2).mean())"),
         "you take the root of the mean square: the mean of the distances is asked"),
    Slip(("np.linalg.norm(means - truth, axis=1)",
          "np.sqrt(((means - truth) ** 2).mean(1))"),
         "under the root stands the *sum* of the squares, not their mean"),
    Slip(("np.linalg.norm(means - truth, axis=1)", "np.abs(means - truth).sum(1)"),
         "a distance is the root of the sum of squares, not the sum of the absolute "
         "differences"),
    Slip(("np.linalg.norm(means - truth, axis=1)", "np.abs(means - truth).mean(1)"),
         "you average over the features: a distance is the root of the sum of the "
         "squared differences"),
    Slip(("np.linalg.norm(means - truth, axis=1)", "np.abs(means - truth).max(1)"),
         "you take the largest difference: a distance counts all features"),
    Slip(("means - truth, axis=1", "means - truth, axis=0"), "axis=0 goes along the "
         "draws: the length of each difference is taken along the features, axis=1"),
    Slip(("np.linalg.norm(means - truth, axis=1)",
          "np.array([np.linalg.norm(means - truth)])"), "np.linalg.norm of the whole "
         "array is one number: use axis=1, a distance for each draw"),
    Slip(("return distances.mean()", "return distances.sum()"),
         "that is the sum of the distances: take their mean"),
    Slip(("return distances.mean()", "return distances"),
         "you return a distance for each draw: return their mean, one number"),
    Slip(("return distances.mean()", "return np.median(distances)"),
         "that is the median of the distances: take the mean"),
    Slip(("return distances.mean()", "return distances.std()"),
         "that is how much the distances differ: take their mean"),
    Slip(("return distances.mean()", "return distances.max()"),
         "that is the largest distance: take their mean"),
    Slip(("features.mean(axis=0)", "features.mean()"),
         "features.mean() is one number: the truth has a mean for each feature, "
         "axis=0"),
    Slip(("features.mean(axis=0)", "0"),
         "you measure the distance from 0: subtract the mean of all images"),
    Slip(("features.mean(axis=0)", "features[draws].mean(axis=(0, 1))"), "the truth "
         "is the mean of *all* images, not of those that were drawn"),
    Slip(("features.mean(axis=0)", "np.median(features, axis=0)"),
         "the truth is the mean of all images, not their median"),
    Slip(("[draws].mean", "[draws[:, :1]].mean"),
         "you take the first image of each draw: take the mean of all its images"),
    Slip(("[draws].mean", "[draws[:1]].mean"),
         "only the first draw counts: your return stands inside the loop"),
    Slip(("[draws].mean", "[draws[-1:]].mean"), "only the last draw counts: keep the "
         "distance of each draw in a list, and return their mean"),
    Slip(("[draws].mean(axis=1)", "[draws].sum(axis=1)"), "you add the images of a "
         "draw up: divide by their number, or take the mean"),
    Slip(("features[draws].mean(axis=1)",
          "np.array([features[np.unique(row)].mean(0) for row in draws])"), "an image "
         "that was drawn twice counts twice: don't take np.unique of a draw"),
    Slip(("features[draws].mean(axis=1)", "features[: draws.shape[1]].mean(0)[None]"),
         "you take the first images instead of those that were drawn: use "
         "features[draws]"),
    Slip(("return distances.mean()", "return distances.mean() / "
          "np.sqrt(draws.shape[1])"), "chance has divided by the root of n already, "
         "in the means: don't divide again"),
    Slip(("distances = np.linalg.norm(means - truth, axis=1)", "distances = 1 - means "
          "@ truth / np.linalg.norm(means, axis=1) / np.linalg.norm(truth)"),
         "that is 1 minus the cosine: here the distance itself is asked, "
         "np.linalg.norm of the difference"),
]
chance_distance = Exercise(
    "3.4", "chance_distance", _chance_distance, PARTS, WRONG
)
