"""Figures in a notebook: twice as many pixels, few colours, and so a few kilobytes."""

import io
import sys

from matplotlib.figure import Figure
from PIL import Image

COLOURS = 256  # as many as a palette can have
# 64 shades of red, green and blue each: the palette is found in a tenth of the time.
SHADES = 3 * [round(round(value * 63 / 255) * 255 / 63) for value in range(256)]


def as_png(figure):
    """Draw a figure at twice its resolution, as a PNG with a palette.

    Returns
    -------
    (bytes, dict)
        The PNG, and the size in pixels of the page at which a notebook shows it; None
        if the figure is empty.
    """
    if not figure.axes and not figure.lines and not figure.texts:
        return None
    drawn = io.BytesIO()
    # Nobody reads this PNG: compressing it would only take time.
    figure.savefig(
        drawn,
        format="png",
        dpi=2 * figure.dpi,
        bbox_inches="tight",
        facecolor=figure.get_facecolor(),
        pil_kwargs={"compress_level": 1},
    )
    image = Image.open(drawn).convert("RGB").point(SHADES)
    # A line that is thin keeps its colour, and letters stay clear without dithering.
    few = Image.Quantize.MAXCOVERAGE
    image = image.quantize(COLOURS, few, dither=Image.Dither.NONE)
    small = io.BytesIO()
    image.save(small, format="png", optimize=True)
    width, height = image.size
    return small.getvalue(), {"width": width // 2, "height": height // 2}


def show_sharp_figures():
    """Show each figure of this kernel as :func:`as_png` makes it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return
    # It sets its own way to show figures when it is loaded: this must come after it.
    import matplotlib_inline.backend_inline  # noqa: F401

    shell.display_formatter.formatters["image/png"].for_type(Figure, as_png)
