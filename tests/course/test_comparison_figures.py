"""The shared figures: forest plot, faces with guesses, feature map, the layer."""

import matplotlib.colors
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from course import figures
from course.figures import style
from course.figures.maps import principal_directions
from course.records.methods import EXPERIMENTS
from dirlib.metrics import paired_comparison

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def overlapping_texts(fig):
    """Pairs of texts that lie on each other."""
    fig.draw_without_rendering()
    texts = [t for ax in fig.axes for t in ax.texts if t.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    return [
        (a.get_text(), b.get_text())
        for i, (a, box) in enumerate(zip(texts, boxes, strict=True))
        for b, other in list(zip(texts, boxes, strict=True))[:i]
        if box.overlaps(other)
    ]


# The style of a method.


def test_every_recorded_method_has_a_style_of_its_own():
    # Mystery runs have letters, and a figure of their own.
    made = [make() for name, make in EXPERIMENTS.items() if name != "mysteries"]
    methods = [method for methods, *_ in made for method in methods]
    methods.remove("patterns")  # a classifier
    styles = [style.of(method) for method in [*methods, "yours"]]
    assert len(set(styles)) == len(styles)
    # Nor does the colour alone tell two of them apart.
    assert len({(str(s.line), s.marker) for s in styles}) == len(styles)
    for drawn in styles:
        plt.plot([0, 1], marker=drawn.marker, **drawn.plot)


def test_methods_of_one_figure_have_different_colours():
    together = [
        ("vanilla", "sqinv", "sqinv+lds", "sqinv+fds", "sqinv+lds+fds", "yours"),
        ("vanilla", "inv", "inv+lds", "inv+fds", "inv+lds+fds", "yours"),
        ("vanilla", "vanilla, right labels", "vanilla, balanced")
        + ("vanilla, 150 at 0, same share", "vanilla, 150 at 0, same four"),
        ("vanilla, hole inside", "sqinv+lds, hole inside")
        + ("sqinv+lds+fds, hole inside",),
    ]
    for methods in together:
        colors = [matplotlib.colors.to_rgb(style.of(m).color) for m in methods]
        for i, a in enumerate(colors):
            for b in colors[:i]:
                assert np.abs(np.subtract(a, b)).max() > 0.15


@pytest.mark.parametrize("method", ["lds", "", None, [], "Vanilla"])
def test_an_unknown_method_is_refused_by_name(method):
    with pytest.raises(ValueError, match="no style is known.*choose from vanilla"):
        style.of(method)


# The forest plot.


def test_a_row_shows_the_mean_its_interval_and_each_seed():
    before, after = rng.normal(9, 1, 5), rng.normal(7, 1, 5)
    ax = figures.forest({"a": (before, after), "b": (after, before)}).axes[0]
    found = paired_comparison(before, after)
    interval, mean, seeds = ax.lines[:3]
    np.testing.assert_allclose(interval.get_xdata(), [found.low, found.high])
    np.testing.assert_allclose(mean.get_xdata(), [found.mean_difference])
    np.testing.assert_allclose(seeds.get_xdata(), after - before)
    np.testing.assert_allclose(ax.lines[3].get_xdata(), [-found.high, -found.low])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row is on top
    assert ax.get_xlabel() and ax.get_xlim()[0] <= 0 <= ax.get_xlim()[1]


def test_an_interval_that_holds_0_is_hollow():
    sure = (np.arange(5.0), np.arange(5.0) - [3, 3.1, 2.9, 3, 3])
    unsure = (np.arange(5.0), np.arange(5.0) + [1, -1, 1, -1, 0.1])
    ax = figures.forest({"sure": sure, "unsure": unsure}, xlabel="years").axes[0]
    filled, hollow = ax.lines[1], ax.lines[4]
    assert filled.get_markerfacecolor() != "white" == hollow.get_markerfacecolor()
    assert filled.get_color() != hollow.get_color()


@pytest.mark.parametrize(
    "rows, told",
    [
        ({}, "at least one pair"),
        ({"a": ([1.0], [2.0])}, "a: .*at least 2 pairs"),
        ({"a": ([1, 2], [1, 2, 3])}, "a: "),
        ({"a": ([1, np.nan], [1, 2])}, "a: "),
    ],
)
def test_what_has_no_interval_is_refused_by_its_name(rows, told):
    with pytest.raises(ValueError, match=told):
        figures.forest(rows)


def test_lists_tensors_and_equal_seeds_are_drawn():
    fig = figures.forest(
        {"lists": ([1, 2], [2, 4]), "equal": (torch.ones(3), torch.ones(3))}
    )
    fig.draw_without_rendering()


# Faces with guesses.


def faces_row(n, names=("vanilla", "sqinv+lds", "yours")):
    images = rng.integers(0, 256, (n, 32, 32, 3), np.uint8)
    guesses = {name: rng.normal(50, 20, n) for name in names}
    return figures.faces_with_guesses(images, np.arange(n) * 8, guesses), guesses


@pytest.mark.parametrize("n", [1, 3, 8, 12])
def test_each_face_has_its_age_and_the_guess_of_each_method(n):
    fig, guesses = faces_row(n)
    (ax,) = fig.axes
    assert len(ax.images) == n
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("true age") == 1
    for name, values in guesses.items():
        at = texts.index(name)
        assert texts[at + 1 : at + 1 + n] == [f"{value:.0f}" for value in values]
    assert overlapping_texts(fig) == []


def test_long_names_find_room():
    fig, _ = faces_row(6, ["vanilla, without the neighbours of 42", "mine"])
    assert overlapping_texts(fig) == []
    width = fig.get_size_inches()[0] * fig.dpi
    for text in fig.axes[0].texts:
        assert text.get_window_extent().x0 >= 0
        assert text.get_window_extent().x1 <= width


def test_recorded_methods_are_written_in_their_colour():
    fig, _ = faces_row(2)
    colors = {text.get_text(): text.get_color() for text in fig.axes[0].texts}
    assert colors["sqinv+lds"] == style.of("sqinv+lds").color


@pytest.mark.parametrize(
    "n, ages, guesses, told",
    [
        (0, [], {}, "no image"),
        (2, [1, 2, 3], {}, "ages must hold a number for each of the 2"),
        (2, [1, 2], {"yours": [1.0]}, "yours must hold"),
        (2, [1, 2], {"yours": np.ones((5, 2))}, r"has shape \[5, 2\]"),
    ],
)
def test_numbers_of_other_faces_are_refused(n, ages, guesses, told):
    with pytest.raises(ValueError, match=told):
        figures.faces_with_guesses(np.zeros((n, 8, 8, 3)), ages, guesses)


# The map of features.


def cloud(n=200, d=8):
    ages = rng.integers(0, 101, n)
    return rng.normal(size=(n, d)) + np.outer(ages / 8, np.arange(d) - 3), ages


def test_the_directions_are_those_of_a_principal_component_analysis():
    from sklearn.decomposition import PCA

    z, ages = cloud()
    points, shares = principal_directions(z, ages)
    pca = PCA(2).fit(z)
    np.testing.assert_allclose(np.abs(points), np.abs(pca.transform(z)), atol=1e-8)
    np.testing.assert_allclose(shares, pca.explained_variance_ratio_)
    assert np.corrcoef(points[:, 0], ages)[0, 1] > 0


def test_a_map_turned_or_mirrored_is_the_same_map():
    z, ages = cloud()
    turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    before, _ = principal_directions(z, ages)
    after, _ = principal_directions(z @ turn + 5, ages)
    np.testing.assert_allclose(before, after, atol=1e-8)


def test_every_sample_is_drawn_and_marked_ages_once_more():
    z, ages = cloud()
    tensors = {"one": torch.from_numpy(z).half(), "two": z}
    fig = figures.feature_map(tensors, ages, mark=[0, 50])
    one, two, colorbar = fig.axes
    marked = np.isin(ages, [0, 50]).sum()
    sizes = [len(dots.get_offsets()) for dots in one.collections]
    assert sizes == [len(ages) - marked, marked]
    assert [one.get_title(), two.get_title()] == ["one", "two"]
    assert "% of the variance" in one.get_xlabel() and one.get_ylabel()
    assert colorbar.get_ylabel() == "age (years)"


def test_two_maps_share_their_colours():
    z, ages = cloud()
    few = ages < 30
    fig = figures.feature_map(
        {"all": z, "young": z[few]}, {"all": ages, "young": ages[few]}
    )
    limits = [ax.collections[0].get_clim() for ax in fig.axes[:2]]
    assert limits[0] == limits[1] == (ages.min(), ages.max())


@pytest.mark.parametrize(
    "z, ages",
    [
        (np.zeros((5, 1)), np.arange(5)),
        (np.zeros((2, 4)), np.arange(2)),
        (np.zeros(5), np.arange(5)),
        (np.zeros((5, 4)), np.arange(4)),
        (np.full((5, 4), np.nan), np.arange(5)),
    ],
)
def test_what_has_no_map_is_refused(z, ages):
    with pytest.raises(ValueError, match="features must be"):
        figures.feature_map(z, ages)


def test_features_that_are_all_equal_are_one_point():
    points, shares = principal_directions(np.ones((5, 3)), np.arange(5))
    assert not points.any() and not shares.any()


# The diagram.


def test_the_diagram_names_its_parts_and_no_text_lies_on_another():
    fig = figures.layer_diagram()
    texts = "\n".join(text.get_text() for text in fig.axes[0].texts)
    for part in ("backbone", "FDS", "regressor", "momentum", "smooth", "pair", "batch"):
        assert part in texts
    assert "only while training" in texts
    assert overlapping_texts(fig) == []


def test_each_text_of_the_diagram_fits_its_box():
    fig = figures.layer_diagram()
    fig.draw_without_rendering()
    (ax,) = fig.axes
    boxes = [patch.get_window_extent() for patch in ax.patches]
    for box in boxes:
        inside = [
            text
            for text in ax.texts
            if box.contains(*text.get_window_extent().get_points().mean(0))
        ]
        (text,) = inside
        extent = text.get_window_extent()
        assert box.x0 < extent.x0 and extent.x1 < box.x1, text.get_text()
        assert box.y0 < extent.y0 and extent.y1 < box.y1, text.get_text()
