"""Print what the checks' proof found: per exercise, how many answers of each kind."""

from collections import Counter

KINDS = ("right", "wrong", "own message", "hard-coded", "global", "mutates", "catches")
WIDTH = 12


def pytest_terminal_summary(terminalreporter):
    """Add up what the tests noted; with xdist, the reports come from the workers."""
    good, tried = Counter(), Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for key, value in getattr(report, "user_properties", ()):
                if key == "proven" and getattr(report, "when", "") == "call":
                    exercise, kind, *numbers = value
                    good[exercise, kind] += numbers[0]
                    tried[exercise, kind] += numbers[1]
    if not tried:
        return
    write = terminalreporter.write_line
    terminalreporter.section("the checks, proven")
    write(" " * 25 + "".join(f"{kind:>{WIDTH}}" for kind in KINDS))
    for exercise in sorted({exercise for exercise, _ in tried}):
        cells = (_cell(good, tried, (exercise, kind)) for kind in KINDS)
        write(f"{exercise:25}" + "".join(cells))
    total = {kind: _sums(good, tried, kind) for kind in KINDS}
    right, wrong, message, *others = total.values()
    adversaries = [sum(numbers) for numbers in zip(*others, strict=True)]
    write(
        f"{len({e for e, _ in tried})} exercises: {_of(right)} right answers accepted, "
        f"{_of(wrong)} wrong ones rejected, {_of(message)} with their own message, "
        f"{_of(adversaries)} adversarial ones rejected"
    )


def _cell(good, tried, key):
    """Empty where nothing ran; an exercise is exempt where there is nothing to try."""
    text = _of((good[key], tried[key])) if tried[key] else "exempt"
    return f"{text if key in tried else '-':>{WIDTH}}"


def _of(numbers):
    return f"{numbers[0]} of {numbers[1]}"


def _sums(good, tried, kind):
    return [sum(n for (_, k), n in some.items() if k == kind) for some in (good, tried)]
