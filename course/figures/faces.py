"""Faces with their true age, and what networks guess."""

import numpy as np
from matplotlib import pyplot as plt

from course.figures.style import DARK, METHOD_STYLES


def faces_with_guesses(images, ages, guesses):
    """Show a row of faces: above each its true age, below what each method guesses.

    Parameters
    ----------
    images : array-like of shape [N, H, W, 3]
        Up to 12 of them are readable.
    ages : array-like of shape [N]
    guesses : dict of str to array-like of shape [N]
        In years, a row of numbers for each method. The names of recorded methods, and
        "yours", are written in their colour.

    Raises
    ------
    ValueError
        If there is no image, or images, ages and guesses are not equally many.
    """
    images, ages = np.asarray(images), np.asarray(ages)
    if not len(images):
        raise ValueError("there is no image to show: choose at least one sample")
    guesses = {name: np.asarray(values) for name, values in guesses.items()}
    for name, values in {"ages": ages, **guesses}.items():
        if values.shape != (len(images),):
            raise ValueError(
                f"{name} must hold a number for each of the {len(images)} images, but "
                f"has shape {list(values.shape)}: choose the same samples in all"
            )
    left = 0.2 + 0.085 * max(map(len, ["true age", *guesses]))  # room for the names
    side = min((WIDTH - left) / len(images), 1.15)  # of an image, with its margin
    height = 0.3 + side + LINE * len(guesses)
    fig = plt.figure(figsize=(WIDTH, height))
    ax = fig.add_axes((0, 0, 1, 1))  # its data are inches
    style_of = {"va": "center", "fontsize": 10}
    base = 0.05 + LINE * len(guesses)
    ax.text(left - 0.1, base + side + 0.12, "true age", ha="right", **style_of)
    for row, (name, values) in enumerate(guesses.items()):
        color = _color(name)
        y = base - 0.15 - LINE * row
        ax.text(left - 0.1, y, name, ha="right", color=color, **style_of)
        for x, value in zip(_middles(left, side, len(images)), values, strict=True):
            ax.text(x, y, f"{value:.0f}", ha="center", color=color, **style_of)
    for x, image, age in zip(
        _middles(left, side, len(images)), images, ages, strict=True
    ):
        half = 0.46 * side
        middle = base + side / 2
        extent = (x - half, x + half, middle - half, middle + half)
        ax.imshow(image, extent=extent)
        ax.text(
            x, base + side + 0.12, f"{age:g}", ha="center", weight="bold", **style_of
        )
    ax.set(xlim=(0, left + side * len(images)), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return fig


WIDTH, LINE = 8.5, 0.25  # of the figure and of a row of numbers, in inches


def _middles(left, side, n):
    """Where n images have their middle."""
    return left + side * (np.arange(n) + 0.5)


def _color(name):
    return METHOD_STYLES[name].color if name in METHOD_STYLES else DARK
