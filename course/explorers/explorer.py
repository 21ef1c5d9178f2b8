"""An explorer: sliders above a picture that is drawn anew at every move.

The picture is an Image that is drawn off-screen, so the page doesn't jump, and a reader
without a kernel still sees the last one. `set` moves the controls from code.
"""

import io
import json

import ipywidgets as widgets
from matplotlib.figure import Figure

STYLE = {"description_width": "12.5em"}
WIDE = widgets.Layout(width="29em")
# ipywidgets gives no name to a slider and no text to a picture, and screen readers need
# both. Where scripts run, each view of an explorer runs its own: the other parts of the
# view come later, so it looks for them for a while.
NAMES = """
const name = left => {
  const box = element.closest('.widget-vbox');
  for (const slider of box?.querySelectorAll('.widget-slider') ?? []) {
    const label = slider.querySelector('label')?.textContent ?? '';
    slider.querySelector('.widget-readout')?.setAttribute('role', 'textbox');
    for (const part of slider.querySelectorAll('.noUi-handle, .widget-readout'))
      part.setAttribute('aria-label', label);
  }
  box?.querySelector('img.widget-image')?.setAttribute('alt', ALT);
  if (left > 0) setTimeout(name, 250, left - 1);
};
name(40);
"""


class Explorer:
    """Controls, a picture and a line of numbers below it.

    Parameters
    ----------
    name : str
        What a reader without widgets sees as text.
    alt : str
        What the picture shows, in a sentence for those who can't see it.
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

    def __init__(self, name, alt, controls, draw, height=3.6):
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
        self._box = widgets.VBox([top, self._image, self._text, _names(alt)])
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


def _names(alt):
    """A part that can't be seen: it runs `NAMES` in the view that it belongs to."""
    script = f"const ALT = {json.dumps(alt)};{NAMES}"
    data = {"application/javascript": script}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    return widgets.Output(outputs=(output,), layout={"display": "none"})


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
