"""In a notebook a figure is a PNG with a palette, of twice the resolution."""

import base64
import io

import nbformat
import numpy as np
import pytest
from matplotlib import pyplot as plt
from nbclient import NotebookClient
from PIL import Image

from course.figures.png import as_png
from course.figures.style import BLUE, make_axes


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def draw(color="red", n=300):
    fig, ax = make_axes(height=2.0)
    ax.plot(np.arange(n), np.sin(np.arange(n) / 9), color=color)
    ax.set(xlabel="x", ylabel="y")
    return fig


def test_a_figure_has_a_palette_and_twice_the_pixels_of_its_place():
    png, shown = as_png(draw())
    image = Image.open(io.BytesIO(png))
    assert image.mode == "P" and image.format == "PNG"
    assert (
        image.size[0] // 2 == shown["width"] and image.size[1] // 2 == shown["height"]
    )
    assert 800 < shown["width"] < 900  # inches times 100, as before
    assert len(png) < 40_000


def test_the_same_figure_gives_the_same_bytes():
    assert as_png(draw()) == as_png(draw())
    fig = draw()
    assert as_png(fig) == as_png(fig)
    assert fig.dpi == 100  # what a notebook prints of its size


def test_white_stays_white_and_a_thin_line_keeps_its_colour():
    image = Image.open(io.BytesIO(as_png(draw(BLUE))[0])).convert("RGB")
    pixels = np.asarray(image).reshape(-1, 3).astype(int)
    assert (pixels == 255).all(1).mean() > 0.8
    blue = [int(BLUE[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.abs(pixels - blue).max(1).min() <= 4


def test_photographs_stay_recognisable():
    fig, ax = make_axes(height=2.0)
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    ax.imshow(noise)
    drawn = io.BytesIO()
    fig.savefig(drawn, dpi=200, bbox_inches="tight")
    before = np.asarray(Image.open(drawn).convert("RGB")).astype(int)
    after = np.asarray(Image.open(io.BytesIO(as_png(fig)[0])).convert("RGB"))
    assert np.abs(before - after).mean() < 8


def test_an_empty_figure_shows_nothing():
    assert as_png(plt.figure()) is None


CELLS = [
    "import course.figures.style",
    "from matplotlib import pyplot as plt\nfig, ax = plt.subplots()",
    "fig",
    "%matplotlib inline\nfig = course.figures.windows({'a': [0.2, 0.6, 0.2]})",
]


def test_a_kernel_shows_all_figures_so():
    nb = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, CELLS)))
    NotebookClient(nb, timeout=600, kernel_name="python3").execute()
    assert nb.cells[0].outputs == []
    for cell in nb.cells[1:]:
        (output,) = cell.outputs
        png = base64.b64decode(output.data["image/png"])
        image = Image.open(io.BytesIO(png))
        assert image.mode == "P"
        shown = output.metadata["image/png"]
        assert image.size[0] // 2 == shown["width"]
        assert output.data["text/plain"].startswith("<Figure size ")
