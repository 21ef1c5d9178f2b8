"""A question that asks for a guess: what counts as an answer, and how it is shown."""

import html
import math
import re
from dataclasses import asdict, dataclass

BLUE = "#3b75af"
LEFT, WIDTH, HEIGHT = 20, 460, 34  # of the drawn scale, in pixels


@dataclass(frozen=True)
class Question:
    """A question, and the scale or the options of its answer."""

    key: str
    text: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    options: tuple = ()

    def __post_init__(self):
        if not re.fullmatch(r"\d\.\d+", self.key):
            raise ValueError(f"a key is lesson.number, such as '2.1', got {self.key!r}")
        if None not in (self.low, self.high) and not self.low < self.high:
            raise ValueError(f"low must be below high, got {self.low} and {self.high}")
        if self.options and (
            isinstance(self.options, str)
            or len(self.options) < 2
            or len(set(self.options)) < len(self.options)
        ):
            raise ValueError(
                f"options must be two or more different texts, got {self.options!r}"
            )

    @classmethod
    def of(cls, key, entry):
        """The question that a stored entry answers, as far as it can be read."""
        kinds = {"text": str, "unit": str, "low": int | float, "high": int | float}
        fields = {n: entry[n] for n, k in kinds.items() if isinstance(entry.get(n), k)}
        if isinstance(entry.get("options"), list):
            fields["options"] = tuple(entry["options"])
        try:
            return cls(key, **fields)
        except ValueError:
            return None

    def entry(self, guess):
        """What is stored of a guess."""
        fields = asdict(self) | {"options": list(self.options), "guess": guess}
        return {name: v for name, v in fields.items() if name != "key" and v != []}

    @property
    def scale(self):
        """In words: "from 0 to 50 years"."""
        if None in (self.low, self.high):
            return f"in {self.unit}" if self.unit else ""
        return f"from {self.low:g} to {self.high:g} {self.unit}".strip()

    def fits(self, guess):
        """Whether a stored guess answers this question, as it is asked now."""
        if self.options:
            return guess in self.options
        return not isinstance(guess, str) and self._low <= guess <= self._high

    @property
    def _low(self):
        return -math.inf if self.low is None else self.low

    @property
    def _high(self):
        return math.inf if self.high is None else self.high

    def read(self, typed):
        """Return the typed number, or None, and what is wrong with it."""
        text = typed.strip().replace("\u2212", "-")
        if not text:
            return None, ""
        if self.high is not None and self.high >= 1000:
            text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
        found = re.findall(r"[-+]?(?:\d+[.,]?\d*|[.,]\d+)", text)
        value = float(found[0].replace(",", ".")) if len(found) == 1 else math.inf
        if not math.isfinite(value):
            return None, "Write one number, such as 3 or 0.5."
        if not self.fits(value):
            return None, f"Choose a number {self._limits()}."
        return value, ""

    def _limits(self):
        if None not in (self.low, self.high):
            return self.scale
        end = f"{self.low:g} or more" if self.high is None else f"up to {self.high:g}"
        return f"that is {end}"

    def shown(self, value):
        """A guess or a result, with its unit."""
        if isinstance(value, str):
            return value
        return f"{_digits(value)} {self.unit}".strip()

    def compared(self, guess, result):
        """A sentence on a guess and its result."""
        told = f"You guessed {self.shown(guess)}; the result is {self.shown(result)}"
        if isinstance(guess, str) or isinstance(result, str):
            same = guess == result
            return f"{told}: as you thought." if same else f"{told}."
        return f"{told}."

    def distance(self, guess, result):
        """How far a number is off, as a share of the scale; None for an option."""
        if isinstance(guess, str) or isinstance(result, str):
            return None
        if None in (self.low, self.high):
            largest = max(abs(guess), abs(result))
            return abs(guess - result) / largest if largest else 0.0
        return min(1.0, abs(guess - result) / (self.high - self.low))

    def drawing(self, guess, result):
        """Guess and result on the scale, or among the options, as HTML."""
        if isinstance(guess, str) or isinstance(result, str):
            return _chips(self.options, guess, result)
        ends = [self.low, self.high, guess, result]
        low = min(end for end in ends if end is not None)
        high = max(end for end in ends if end is not None)
        return _scale(low, high, guess, result, self.compared(guess, result))


def _digits(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _chips(options, guess, result):
    """The options in a row: the guess framed with dashes, the result filled."""
    chips = []
    for option in dict.fromkeys([*options, guess, result]):
        style = "border:2px solid transparent; padding:1px 6px; border-radius:4px;"
        if option == result:
            style += f" background:{BLUE}; color:white;"
        if option == guess:
            style += " border:2px dashed currentColor;"
        names = ["your guess"] * (option == guess) + ["result"] * (option == result)
        said = f" ({', '.join(names)})" if names else ""
        chips.append(f'<span style="{style}">{html.escape(str(option))}{said}</span>')
    return f"<div>{' '.join(chips)}</div>"


def _scale(low, high, guess, result, said):
    """A line with the guess as an open diamond and the result as a dot."""
    span = high - low or 1.0
    x, y = (LEFT + (WIDTH - 2 * LEFT) * (v - low) / span for v in (guess, result))
    ends = f'<text x="{LEFT}" y="32">{_digits(low)}</text>'
    ends += f'<text x="{WIDTH - LEFT}" y="32">{_digits(high)}</text>'
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{html.escape(said)}" font-size="11" '
        f'text-anchor="middle" fill="currentColor">'
        f'<path d="M{LEFT} 12H{WIDTH - LEFT}M{LEFT} 8v8M{WIDTH - LEFT} 8v8" '
        f'stroke="currentColor" stroke-opacity="0.5" fill="none"/>'
        f'<path d="M{x:.1f} 12H{y:.1f}" stroke="{BLUE}" stroke-width="3"/>'
        f'<circle cx="{y:.1f}" cy="12" r="6" fill="{BLUE}"/>'
        f'<path d="M{x:.1f} 4l8 8l-8 8l-8 -8z" stroke="currentColor" '
        f'stroke-width="2" fill="none"/>{ends}</svg>'
    )
