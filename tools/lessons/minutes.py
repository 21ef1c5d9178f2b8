"""How long the parts of a lesson take, by a rule: ``python -m tools.lessons.minutes``.

The rule counts words that aren't folded, lines of code, guesses, explorers, waiting and
the minutes on the cards of the exercises. It is an estimate. Its rates include looking
at the figures: with them it gives, within a tenth, the 130, 120, 140, 150 and 215
minutes of those who read the first version of the five lessons.
"""

import re
import sys
from pathlib import Path

from tools.lessons.cells import Cell, without_region
from tools.lessons.script import read_script

WORDS_PER_MINUTE, LINES_PER_MINUTE = 50, 20
RUN, GUESS, EXPLORER = 0.5, 0.7, 5  # minutes for running a cell, guessing, exploring
CARD = re.compile(r"\*About (\d+) minutes")
FOLDED = re.compile(r"<details>.*?</details>", re.S)
WAIT = re.compile(r"wait-(\d+)")  # a tag of a cell: the seconds that it takes


def part_minutes(cells: list[Cell]) -> dict[str, int]:
    """The minutes of each part, by its heading; the opening stands before the first."""
    parts: dict[str, float] = {}
    part = "Opening"
    for cell in cells:
        if cell.role == "solution-only":
            continue
        if cell.kind == "markdown":
            for block in re.split(r"^(?=## )", student_text(cell), flags=re.M):
                if block.startswith("## "):
                    part = block[3:].splitlines()[0].strip()
                minutes = text_minutes(block)
                parts[part] = parts.get(part, 0) + minutes
        else:
            lines = [line for line in cell.source.splitlines() if line.strip()]
            own = cell.role == "solution"  # its card has the minutes
            minutes = RUN + (0 if own else len(lines) / LINES_PER_MINUTE)
            minutes += GUESS * len(
                re.findall(r"\bguess\.(?:number|choice)\(", cell.source)
            )
            minutes += EXPLORER * len(re.findall(r"\bexplorers\.\w+\(", cell.source))
            minutes += sum(int(s) for tag in cell.tags for s in WAIT.findall(tag)) / 60
            parts[part] = parts.get(part, 0) + minutes
    return {name: max(1, round(minutes)) for name, minutes in parts.items()}


def student_text(cell: Cell) -> str:
    """A text without the model answer and the mark scheme of a free answer."""
    if cell.role != "manual":
        return cell.source
    return without_region(without_region(cell.source, "SOLUTION"), "MARK SCHEME")


def text_minutes(text: str) -> float:
    """Minutes for the words of a text that aren't folded, and for its exercises."""
    read = FOLDED.sub("", text)
    cards = sum(int(minutes) for minutes in CARD.findall(read))
    words = re.sub(r"^\|.*$", "", read, flags=re.M).split()
    return cards + len(words) / WORDS_PER_MINUTE


def is_deep(part: str) -> bool:
    return part.startswith("Deep ·")


def time_table(cells: list[Cell]) -> str:
    """The table at the top of a lesson: its core, part by part, and what is deep."""
    minutes = part_minutes(cells)
    core = {name: n for name, n in minutes.items() if not is_deep(name)}
    deep = {name: n for name, n in minutes.items() if is_deep(name)}
    rows = [f"| {name} | {n} |" for name, n in core.items()]
    rows.append(f"| **core, together** | **{sum(core.values())}** |")
    rows += [f"| {name} | {n} |" for name, n in deep.items()]
    return "\n".join(["| part | minutes |", "|---|---|", *rows])


def exercise_minutes(cells: list[Cell]) -> tuple[int, int]:
    """The minutes on the cards of the core's exercises, and of the deep ones."""
    found = {False: 0, True: 0}
    part = "Opening"
    for cell in cells:
        for block in re.split(r"^(?=## )", cell.source, flags=re.M):
            if cell.kind == "markdown":
                if block.startswith("## "):
                    part = block[3:].splitlines()[0]
                found[is_deep(part)] += sum(int(m) for m in CARD.findall(block))
    return found[False], found[True]


def main(arguments: list[str]) -> None:
    for name in arguments:
        cells = read_script(Path(name))
        core, deep = exercise_minutes(cells)
        words = sum(
            len(FOLDED.sub("", c.source).split()) for c in cells if c.kind == "markdown"
        )
        print(time_table(cells))
        print(f"exercises: {core} minutes in the core, {deep} in deep parts")
        print(f"words that aren't folded: {words}")


if __name__ == "__main__":
    main(sys.argv[1:])
