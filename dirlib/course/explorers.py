"""Explorers: sliders above a picture that is drawn anew at every move.

The picture is an Image that is drawn off-screen, so the page doesn't jump, and a reader
without a kernel still sees the last one. `set` moves the controls from code.
"""

import io

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.ticker import LogLocator, NullFormatter

from dirlib.bins import LabelBins, shot_regions
from dirlib.course.figures import BLUE, DARK, GREEN, RED, draw_bars, region_legend
from dirlib.datasets.label_counts import label_counts
from dirlib.kernels import EDGES, KINDS, kernel_window, smooth_bins
from dirlib.lds import density_weights, effective_sample_size
from dirlib.metrics import pearson

STYLE = {"description_width": "12.5em"}
WIDE = widgets.Layout(width="29em")


class Explorer:
    """Controls, a picture and a line of numbers below it.

    Parameters
    ----------
    name : str
        What a reader without widgets sees as text.
    controls : dict of str to ipywidgets control
    draw : callable
        ``draw(figure, **values)`` fills an empty figure and returns the readout, a dict
        of str to number or text. A ValueError it raises is shown below the picture.
    height : float
        Of the picture, in inches.

    Attributes
    ----------
    readout : dict
        The numbers that belong to the picture.
    """

    def __init__(self, name, controls, draw, height=3.6):
        self.name, self.controls, self._draw = name, controls, draw
        self._size = (8.5, height)
        self._image = widgets.Image(
            format="png",
            width=850,
            height=int(height * 100),
            layout={"min_width": "850px"},
        )
        self._text = widgets.HTML()
        self.readout, self._held = {}, False
        reset = widgets.Button(description="Reset", tooltip="Back to where it began")
        self._start = {key: control.value for key, control in controls.items()}
        reset.on_click(lambda _: self.reset())
        for control in controls.values():
            control.observe(lambda _: self._redraw(), "value")
        # Two controls in a row, so that they and the picture fit a small screen.
        layout = widgets.Layout(flex_flow="row wrap", width="62em")
        top = widgets.Box([*controls.values(), reset], layout=layout)
        self._box = widgets.VBox([top, self._image, self._text])
        self._redraw()

    def set(self, **values):
        """Move controls by name, and redraw once."""
        unknown = set(values) - set(self.controls)
        if unknown:
            raise ValueError(
                f"there is no control {', '.join(sorted(unknown))}: "
                f"choose from {', '.join(self.controls)}"
            )
        self._held = True
        try:
            for key, value in values.items():
                self.controls[key].value = value
        finally:
            self._held = False
            self._redraw()

    def reset(self):
        """Move every control back to where it began."""
        self.set(**self._start)

    def _redraw(self):
        if self._held:
            return
        # Fixed margins: a layout that is computed would double the time of a redraw.
        figure = Figure(figsize=self._size, dpi=100)
        figure.subplots_adjust(0.08, 0.52 / self._size[1], 0.93, 0.93, hspace=0.1)
        values = {key: control.value for key, control in self.controls.items()}
        try:
            self.readout = self._draw(figure, **values)
        except ValueError as error:
            self._text.value = f"<b>{error}</b>"
            return
        png = io.BytesIO()
        # The page waits for it: little compression takes half the time.
        figure.savefig(png, format="png", pil_kwargs={"compress_level": 1})
        self._image.value = png.getvalue()
        self._text.value = " &nbsp;·&nbsp; ".join(
            f"{key}: <b>{_number(value)}</b>" for key, value in self.readout.items()
        )

    def _repr_mimebundle_(self, **kwargs):
        bundle = self._box._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = f"<Explorer: {self.name}>"
        bundle["image/png"] = bytes(self._image.value)
        return bundle


def _number(value):
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 1 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def slider(label, value, low, high, step=1):
    """A slider: whole numbers if its value is one."""
    whole = isinstance(value, int)
    # To each 3.0 from the kernel a live FloatSlider answers 3.0000000000000004, after
    # all cells of a Run All: too late, it would undo a reset. So it answers users only.
    return (widgets.IntSlider if whole else widgets.FloatSlider)(
        value=value,
        min=low,
        max=high,
        step=step,
        description=label,
        continuous_update=whole,
        style=STYLE,
        layout=WIDE,
    )


def choice(label, options):
    return widgets.Dropdown(
        description=label, options=options, style=STYLE, layout=WIDE
    )


def neighbourhoods(bins, counts, age_a, age_b):
    """Compare two ages: their own counts, and the counts around them.

    Parameters
    ----------
    bins : LabelBins
        Bins of one year.
    counts : array-like of shape [B]
        Training images per age.
    age_a, age_b : int
        Where the two ages start.
    """
    counts = np.asarray(counts)

    def draw(figure, age_a, age_b, radius):
        masses, own_a, own_b = [], counts[age_a], counts[age_b]
        top, bottom = figure.subplots(2, 1, sharex=True)
        for ax in (top, bottom):
            ax.stairs(counts, bins.edges, fill=True, color="#c9d7e6")
        for age, color, hatch in ((age_a, RED, "////"), (age_b, BLUE, "....")):
            distance = np.abs(np.arange(bins.n_bins) - age)
            near, own = distance <= radius, distance == 0
            masses.append(int(counts[near].sum()))
            style = {"facecolor": color, "hatch": hatch, "edgecolor": DARK}
            for ax in (top, bottom):
                # Unlike ax.stairs this leaves the limits alone, and is much faster.
                values = np.where(near, counts, 0)
                ax.add_artist(StepPatch(values, bins.edges, alpha=0.55, lw=0, **style))
                values = np.where(own, counts, 0)
                ax.add_artist(StepPatch(values, bins.edges, color=color))
        top.set(ylabel="training images")
        high = 1.3 * max(own_a, own_b, 20)
        bottom.set(xlabel="age (years)", ylabel="enlarged", ylim=(0, high))
        for name, age in (("A", age_a), ("B", age_b)):
            where = (age + 0.5, counts[age])
            bottom.annotate(f"{name}: {counts[age]}", where, ha="center", va="bottom")
        return {
            f"images of age {age_a} and {age_b}": f"{own_a} and {own_b}",
            f"images within {radius} years": f"{masses[0]:,} and {masses[1]:,}",
            "ratio": masses[0] / masses[1] if masses[1] else "no image near the second",
        }

    return Explorer(
        "equal counts, different neighbourhoods",
        {
            "age_a": slider("age A (years)", age_a, 0, bins.n_bins - 1),
            "age_b": slider("age B (years)", age_b, 0, bins.n_bins - 1),
            "radius": slider("neighbours (± years)", 2, 0, 10),
        },
        draw,
        height=4.2,
    )


def bins_and_regions():
    """Change the bin width and the thresholds, and watch the shot regions."""
    labels = label_counts("agedb-dir").labels

    def draw(figure, width, many, few):
        bins = LabelBins(0, width * -(-102 // width), width)
        counts = bins.counts(labels)
        regions = shot_regions(counts, many, few)
        ax = figure.subplots()
        draw_bars(ax, bins, counts, regions)
        names = {
            "many": f"many-shot (> {many})",
            "medium": f"medium-shot ({few} to {many})",
            "few": f"few-shot (< {few})",
        }
        region_legend(ax, regions, names)
        ax.set(
            xlabel="age (years)", ylabel="training images per bin", title="AgeDB-DIR"
        )
        return {
            f"{name} bins": int(mask.sum())
            for name, mask in zip(regions._fields, regions, strict=True)
        } | {"images in few-shot bins": int(counts[regions.few].sum())}

    return Explorer(
        "bin width and thresholds",
        {
            "width": slider("bin width (years)", 1, 1, 20),
            "many": slider("many: above (images)", 100, 50, 300, 10),
            "few": slider("few: below (images)", 20, 1, 50),
        },
        draw,
    )


def kernel_tuning(bins, counts, error):
    """Tune the kernel of LDS on one data set.

    Parameters
    ----------
    bins : LabelBins
    counts : array-like of shape [B]
        Training samples per bin.
    error : array-like of shape [B]
        A vanilla model's mean absolute error in each bin.
    """
    counts, error = np.asarray(counts), np.asarray(error)
    samples = np.repeat(np.arange(bins.n_bins), counts)

    def draw(figure, kind, size, sigma, scheme, edges):
        smooth = smooth_bins(counts, kernel_window(kind, size, sigma), edges)
        weights = density_weights(smooth[samples], scheme)
        ess = effective_sample_size(weights)
        by_bin = np.full(bins.n_bins, np.nan)
        by_bin[samples] = weights
        top, bottom = figure.subplots(2, 1, sharex=True)
        top.stairs(counts, bins.edges, fill=True, color="#c9d7e6", label="counts")
        top.plot(bins.centers, smooth, color=RED, linewidth=2, label="smoothed counts")
        top.set(ylabel="samples per bin", ylim=(0, counts.max() * 1.25))
        twin = top.twinx()
        twin.plot(
            bins.centers, error, color=GREEN, linestyle=":", label="error (right axis)"
        )
        twin.set(ylabel="error (years)", ylim=(0, None))
        lines = top.get_legend_handles_labels(), twin.get_legend_handles_labels()
        top.legend(
            lines[0][0] + lines[1][0], lines[0][1] + lines[1][1],
            frameon=False, loc="upper center", ncols=3,
        )  # fmt: skip
        bottom.plot(bins.centers, by_bin, color=DARK, drawstyle="steps-mid")
        bottom.axhline(1, color="#999999", linewidth=0.8)
        bottom.set(xlabel="age (years)", ylabel="weight", yscale="log")
        bottom.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
        bottom.yaxis.set_major_formatter("{x:g}")
        bottom.yaxis.set_minor_formatter(NullFormatter())
        return {
            "Pearson(smoothed counts, error)": pearson(smooth, error),
            "effective sample size": f"{ess:,.0f} of {len(samples):,}",
            "largest weight": float(weights.max()),
        }

    return Explorer(
        "kernel tuning",
        {
            "kind": choice("kernel", KINDS),
            "size": slider("size (bins)", 5, 1, 31, 2),
            "sigma": slider("sigma (bins)", 2.0, 0.5, 10.0, 0.5),
            "scheme": choice(
                "weights",
                [("INV, 1/p", "inverse"), ("SQINV, 1/sqrt(p)", "sqrt_inverse")],
            ),
            "edges": choice("beyond the edges", EDGES),
        },
        draw,
        height=4.6,
    )
