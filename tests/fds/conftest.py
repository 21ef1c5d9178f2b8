"""Print the survival table: what a layer goes through, and the law that then holds."""

KINDS = ("diagonal", "full", "low_rank")


def pytest_terminal_summary(terminalreporter):
    """One line for each row of `test_survival.py`; xdist's reports bring them too."""
    cells = {}
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            if getattr(report, "when", "") == "call":
                for key, value in report.user_properties:
                    if key == "survives":
                        row, law, kind = value
                        cells.setdefault((row, law), {})[kind] = outcome
    if not cells:
        return
    write = terminalreporter.write_line
    terminalreporter.section("what an FDS layer survives")
    write(f"{'':36}" + "".join(f"{kind:>10}" for kind in KINDS) + "  the law")
    for (row, law), kinds in cells.items():
        shown = "".join(f"{kinds.get(kind, '-'):>10}" for kind in KINDS)
        write(f"{row:36}{shown}  {law}")
