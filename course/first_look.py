"""The first picture of the course: drawn faces, and the ages that networks guess.

Nothing is trained: the guesses are those of the recorded runs. torch, which takes
seconds to load, isn't needed.
"""

import numpy as np

from course.figures.faces import faces_with_guesses
from course.records.read import load_runs
from dirlib.datasets.faces import faces

SHOWN = (0, 5, 10, 15, 25, 35, 45, 60, 70, 80, 90, 100)  # true ages, in years
STRIP = (0, 11, 22, 32, 43, 54, 65, 75, 86, 97)  # ten, evenly spaced: README.md's


def guessed_faces(*methods, ages=SHOWN):
    """Draw a typical test face of some ages, and what trained networks guess.

    Parameters
    ----------
    *methods : str
        Recorded methods; the first network of each guesses. The face of an age is the
        one whose guess by the first method is the middle one of its age: neither a
        lucky one nor an unlucky one.
    ages : sequence of int
    """
    runs, test = load_runs("faces"), faces("test", progress=False)
    guesses = {method: runs.predictions(method)[0] for method in methods}
    chosen = typical_samples(runs.y, guesses[methods[0]], ages)
    shown = {method: values[chosen] for method, values in guesses.items()}
    return faces_with_guesses(test.images[chosen], runs.y[chosen], shown)


def typical_samples(labels, guesses, ages):
    """Return for each age the sample whose guess is the middle one of its age, [A].

    Of an even number of samples it is the upper one of the two in the middle.
    """
    places = [np.flatnonzero(labels == age) for age in ages]
    orders = [p[np.argsort(guesses[p], kind="stable")] for p in places]
    return np.array([order[len(order) // 2] for order in orders])
