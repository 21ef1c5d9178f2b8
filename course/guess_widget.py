"""What a student types a guess into."""

import html
import json

import ipywidgets as widgets

# ipywidgets names no group of buttons and tells no screen reader which one is pressed
# or what is new. Each view runs this; its other parts come later, so it looks for them
# for a while.
NAMES = """
const name = left => {
  const box = element.closest('.widget-vbox');
  box?.setAttribute('role', 'group');
  box?.setAttribute('aria-label', QUESTION);
  box?.querySelector('.guess-said')?.setAttribute('aria-live', 'polite');
  for (const button of box?.querySelectorAll('.widget-toggle-button') ?? []) {
    const tell = () => button.setAttribute(
      'aria-pressed', button.classList.contains('mod-active'));
    if (!button.hasAttribute('aria-pressed'))
      new MutationObserver(tell).observe(
        button, {attributes: true, attributeFilter: ['class']});
    tell();
  }
  if (left > 0) setTimeout(name, 250, left - 1);
};
name(40);
"""


def make_widget(question, file):
    """Return the box with the question, its answer and a line below it.

    Parameters
    ----------
    question : course.guess_question.Question
    file : course.guess_file.GuessFile
        Where the guess is kept.
    """
    said = widgets.HTML()
    said.add_class("guess-said")

    def say(text):
        said.value = html.escape(" ".join(filter(None, [text, file.problem])))

    def keep(guess, wrong=""):
        """Keep a guess, or forget it with None; a wrong one changes nothing."""
        if not wrong and guess != file.read().get(question.key, {}).get("guess"):
            file.write(question.key, None if guess is None else question.entry(guess))
        say(wrong or _told(question, guess))

    guess = file.read().get(question.key, {}).get("guess")
    if guess is not None and not question.fits(guess):
        guess = None  # the question was another one
    say(_told(question, guess))
    name = f"<b>Predict {question.key}</b> · {html.escape(question.text)}"
    answer = (_buttons if question.options else _line)(question, guess, keep)
    return widgets.VBox([widgets.HTML(name), answer, said, _names(question.text)])


def _told(question, guess):
    return "" if guess is None else f"Your guess: {question.shown(guess)}"


def _line(question, guess, keep):
    """A line for a number: each key counts, so that nothing typed is lost."""
    line = widgets.Text(
        value="" if guess is None else f"{guess:g}",
        description=f"Your guess, {question.scale}" if question.scale else "Your guess",
        placeholder="a number",
        tooltip=question.text,
        style={"description_width": "initial"},
        layout={"width": "26em"},
    )
    line.observe(lambda change: keep(*question.read(change["new"])), "value")
    return line


def _buttons(question, guess, keep):
    """A button for each option, of which one is pressed at most."""
    buttons = [
        widgets.ToggleButton(
            value=option == guess,
            description=option,
            tooltip=option,
            layout={"width": "auto", "max_width": "60em"},
        )
        for option in question.options
    ]

    def pressed(change):
        if change["new"]:
            for button in buttons:
                if button is not change["owner"]:
                    button.value = False
        chosen = [button.description for button in buttons if button.value]
        keep(chosen[0] if chosen else None)

    for button in buttons:
        button.observe(pressed, "value")
    return widgets.Box(buttons, layout={"flex_flow": "row wrap"})


def _names(question):
    """A part that can't be seen: it runs `NAMES` in the view that it belongs to."""
    script = f"const QUESTION = {json.dumps(question)};{NAMES}"
    output = {
        "output_type": "display_data",
        "data": {"application/javascript": script},
        "metadata": {},
    }
    return widgets.Output(outputs=(output,), layout={"display": "none"})
