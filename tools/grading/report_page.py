"""The report as a web page: sorted, filtered, and with links to the feedback."""

import html
from collections import Counter
from urllib.parse import quote

import pandas as pd

from tools.grading.feedback import policy
from tools.grading.signs import LOOK, known_exercises

STATES = ("solved", "partly", "wrong", "error", "not attempted", "by hand")
OTHER = "another mistake, which the check does not know by name"
STYLE = """body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;margin:1em 0}td{vertical-align:top}
th,td{padding:.2em .7em;text-align:left;border-bottom:1px solid #ccc}
th button{font:inherit;font-weight:bold;border:0;background:none;cursor:pointer}
h2{margin-top:2em}li{margin:.3em 0}meter{width:12em}.look td{background:#fff4d6}"""
SCRIPT = """for (const table of document.querySelectorAll('table.sort')) {
  const body = table.tBodies[0];
  const filter = document.createElement('input');
  filter.placeholder = 'filter'; filter.setAttribute('aria-label', 'filter the rows');
  table.before(filter);
  filter.oninput = () => { for (const row of body.rows) row.hidden =
    !row.textContent.toLowerCase().includes(filter.value.toLowerCase()); };
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    const button = document.createElement('button');
    button.textContent = head.textContent; head.replaceChildren(button);
    let way = 1;
    button.onclick = () => {
      const text = row => row.cells[place].textContent;
      const number = row => text(row) === '' ? -Infinity : Number(text(row));
      const order = (a, b) => isNaN(number(a)) || isNaN(number(b))
        ? text(a).localeCompare(text(b)) : number(a) > number(b) ? 1 : -1;
      body.append(...[...body.rows].sort((a, b) => way * order(a, b)));
      way = -way;
    };
  });
}"""


def mistakes(lesson: str, exercises: pd.DataFrame) -> dict[str, Counter]:
    """How many students made which mistake, by exercise, the most frequent first."""
    known_here = known_exercises(lesson)
    causes = {n: [w.cause for w in each.wrong] for n, each in known_here.items()}
    found = {}
    failed = exercises[exercises.state.isin(["partly", "wrong", "error"])]
    for name, group in failed.groupby("exercise", sort=False):
        known = causes.get(name, [])
        found[name] = Counter(
            text if text in known or state == "error" else OTHER
            for text, state in zip(group.message, group.state, strict=True)
        )
    return found


def solved_table(exercises: pd.DataFrame) -> pd.DataFrame:
    """A row for each exercise: how many students are in which state, mean points."""
    order = ["number", "exercise"]
    counts = (
        exercises.groupby([*order, "state"], sort=False).size().unstack(fill_value=0)
    )
    counts = counts.reindex(columns=STATES, fill_value=0)
    points = exercises.groupby(order, sort=False).agg({"points": "mean", "of": "first"})
    points["points"] = points.points.round(2)
    table = counts.join(points.rename(columns={"points": "mean points"}))
    return table.reset_index()


def page(exercises, marks, returned, alike: dict) -> str:
    """The report: first what to talk about, then the marks, then what to look at."""
    parts = ["<h1>Report on the returned notebooks</h1>"]
    for lesson, mine in exercises.groupby("lesson"):
        students = mine.student.nunique()
        parts.append(f"<h2>{html.escape(lesson)}: {students} students</h2>")
        parts.append(table_html(solved_table(mine)))
        parts.append("<h3>The spread of the points</h3>")
        parts.append(spread_html(mine))
        parts.append("<h3>What to talk about</h3>")
        for name, counts in mistakes(lesson, mine).items():
            number = mine[mine.exercise == name].number.iloc[0]
            parts.append(f"<p><b>{html.escape(f'{number} {name}')}</b></p><ul>")
            parts += [
                f"<li>{n} &times; {html.escape(text)}</li>"
                for text, n in counts.most_common()
            ]
            parts.append("</ul>")
        if alike.get(lesson):
            parts.append("<h3>Alike but for names: a hint, no verdict</h3>")
            rows = [(name, ", ".join(who)) for name, who in alike[lesson]]
            table = pd.DataFrame(rows, columns=["exercise", "students"])
            parts.append(table_html(table, "sort"))
    by_hand = exercises[exercises.open > 0]
    if len(by_hand):
        parts.append(
            "<h2>To mark by hand</h2><p>Start JupyterLab in this folder and open "
            "Formgrader in the nbgrader menu; then run report.py again.</p>"
        )
        parts.append(table_html(by_hand[["student", "lesson", "exercise", "open"]]))
    parts += ["<h2>Marks</h2>", table_html(marks, "sort", feedback=True)]
    lost = returned[returned.problem != ""]
    if len(lost):
        parts += ["<h2>Not graded</h2>", table_html(lost[["file", "problem"]], "sort")]
    head = (
        f"<!DOCTYPE html><html lang='en'><meta charset='utf-8'>{policy(STYLE, SCRIPT)}"
        f"<title>Report</title><style>{STYLE}</style>"
    )
    return "\n".join([head, *parts, f"<script>{SCRIPT}</script></html>"])


def spread_html(exercises: pd.DataFrame) -> str:
    """How many students have how many points, and the quartiles."""
    points = exercises.groupby("student").points.sum()
    low, middle, high = points.quantile([0.25, 0.5, 0.75])
    counts = points.round(0).value_counts().sort_index()
    most = counts.max()
    rows = [
        f"<tr><td>{value:g}</td><td>{n}</td>"
        f"<td><meter value='{n}' max='{most}'></meter></td></tr>"
        for value, n in counts.items()
    ]
    return (
        f"<p>median {middle:g}, half of the class from {low:g} to {high:g}</p>"
        "<table><thead><tr><th>points</th><th>students</th><th></th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def table_html(table: pd.DataFrame, kind: str = "", feedback: bool = False) -> str:
    """A table; with `feedback`, each student's name leads to their page."""
    heads = "".join(f"<th>{html.escape(str(name))}</th>" for name in table.columns)
    rows = []
    for row in table.to_dict("records"):
        cells = {name: "" if pd.isna(v) else text_of(v) for name, v in row.items()}
        if feedback and not pd.isna(row["points"]):
            link = f"feedback/{row['student']}/{row['lesson']}/{row['lesson']}.html"
            cells["student"] = f'<a href="{quote(link)}">{cells["student"]}</a>'
        look = " class='look'" if LOOK in str(row.get("remarks", "")) else ""
        texts = "".join(f"<td>{text}</td>" for text in cells.values())
        rows.append(f"<tr{look}>{texts}</tr>")
    return (
        f"<table class='{kind}'><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def text_of(value) -> str:
    return html.escape(f"{value:g}" if isinstance(value, float) else str(value))
