"""Each notebook as a web page with its points and comments, to give back.

No script runs on such a page, and nothing is loaded: its content policy forbids both.
What a student wrote was cleaned before (``outputs.py``). Formulas stand as they are
written. A page is made again when something on it has changed.
"""

import base64
import hashlib
import html
import json
import os
import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbgrader.api import Gradebook
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from tqdm import tqdm

from dirlib.files import write_atomically
from tools.grading.outputs import text_of
from tools.grading.returned import EXCHANGE_FILES

MAX_PAGE = 280_000  # characters
MAX_FIGURES = 120_000  # of them, for figures
MAX_TEXT = 4_000  # for one output
MAX_SOURCE = 20_000  # for one cell
MANY = 8  # pages: for fewer, more processes take longer
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CODE = HtmlFormatter(nowrap=False)
STYLE = (
    "body{font-family:sans-serif;max-width:52em;margin:2em auto;padding:0 1em}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f6f6;padding:.5em}"
    "img{max-width:100%}.points{background:#e7f0fa;padding:.4em .8em}"
    ".comment{background:#fff4d6;padding:.4em .8em}table{border-collapse:collapse}"
    "th,td{padding:.2em .7em;border-bottom:1px solid #ccc;text-align:left}"
    + CODE.get_style_defs()
)


def policy(style: str, script: str = "") -> str:
    """A content policy by which this style and this script work, and nothing else."""

    def digest(text):
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    rules = ["default-src 'none'", "img-src data:", "base-uri 'none'"]
    rules += ["form-action 'none'", f"style-src 'sha256-{digest(style)}'"]
    rules += [f"script-src 'sha256-{digest(script)}'"] * bool(script)
    content = "; ".join(rules)
    return f'<meta http-equiv="Content-Security-Policy" content="{content}">'


def write_feedback(out: Path, exercises, jobs: int = 0) -> list[str]:
    """Write the pages of a course folder; what could not be made."""
    memory = out / "feedback.json"
    made = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    now, work = {}, {}
    with Gradebook(f"sqlite:///{out}/gradebook.db") as gradebook:
        for lesson in sorted(exercises.lesson.unique()):
            for submission in gradebook.assignment_submissions(lesson):
                student = submission.student.id
                name = f"feedback/{student}/{lesson}/{lesson}.html"
                source = out / "autograded" / student / lesson / f"{lesson}.ipynb"
                if not source.is_file():
                    continue
                grades = grades_of(submission)
                content = [version, grades, source.read_text("utf-8")]
                text = json.dumps(content, sort_keys=True)
                now[name] = hashlib.sha256(text.encode()).hexdigest()
                if made.get(name) != now[name] or not (out / name).is_file():
                    work[name] = (source, out / name, student, lesson, grades)
    lost = dict(zip(work, make_pages(list(work.values()), jobs), strict=True))
    lost = {name: why for name, why in lost.items() if why}
    made |= {name: digest for name, digest in now.items() if name not in lost}
    memory.write_text(json.dumps(made, indent=0, ensure_ascii=False), "utf-8")
    return [f"{name}: no feedback: {why}" for name, why in lost.items()]


def grades_of(submission) -> dict:
    """By cell: points, of how many, comment, and whether a mark is still open."""
    found = {}
    for notebook in submission.notebooks:
        comments = {c.name: c.comment for c in notebook.comments if c.comment}
        for grade in notebook.grades:
            said = comments.pop(grade.name, "")
            open_ = bool(grade.needs_manual_grade)
            found[grade.name] = [grade.score, grade.max_score, said, open_]
        found |= {name: [None, None, said, False] for name, said in comments.items()}
    return found


def make_pages(work: list[tuple], jobs: int) -> list[str]:
    bar = {"total": len(work), "desc": "feedback", "unit": "page"}
    if len(work) < MANY:
        return list(tqdm(map(make_page, work), **bar))
    workers = jobs or os.cpu_count() or 1
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(tqdm(pool.map(make_page, work, chunksize=4), **bar))


def make_page(task: tuple) -> str:
    """Write one page; "" or why it can't be."""
    source, target, student, lesson, grades = task
    try:
        notebook = json.loads(source.read_text("utf-8"))
        target.parent.mkdir(parents=True, exist_ok=True)
        for name in EXCHANGE_FILES:  # they lead the page back to its student
            if (file := source.with_name(name)).is_file():
                shutil.copyfile(file, target.with_name(name))
        write_atomically(target, page(notebook, student, lesson, grades))
    except Exception as error:
        return type(error).__name__
    return ""


def page(notebook: dict, student: str, lesson: str, grades: dict) -> str:
    scores = [g for g in grades.values() if g[0] is not None]
    total = f"{sum(g[0] for g in scores):g} of {sum(g[1] for g in scores):g} points"
    title = f"{html.escape(student)} · {html.escape(lesson)}"
    parts = [
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>{policy(STYLE)}"
        f"<title>{title}</title><style>{STYLE}</style></head><body>",
        f"<h1>{title}</h1><p class='points'><b>{total}</b></p>",
    ]
    room, figures = MAX_PAGE - len(parts[0]), MAX_FIGURES
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        body, figures = cell_html(cell, figures)
        if name not in grades and len(body) > room:
            body = "<p>(left out here: it is in your own notebook)</p>"
        elif len(body) > room:
            body = "<p>(too long to be shown)</p>"
        if name in grades:
            body += grade_html(*grades[name])
        room -= len(body)
        parts.append(body)
    return "\n".join([*parts, "</body></html>"])


def grade_html(score, full, comment, open_) -> str:
    text = ""
    if score is not None:
        later = ", a mark is still to come" if open_ else ""
        text += f"<p class='points'><b>{score:g} of {full:g} points</b>{later}</p>"
    if comment:
        text += f"<p class='comment'>Comment: {html.escape(comment)}</p>"
    return text


def cell_html(cell: dict, figures: int) -> tuple[str, int]:
    """A cell as HTML, and the room that is left for figures."""
    source = text_of(cell["source"])[:MAX_SOURCE]
    if cell["cell_type"] != "code":
        try:
            return markdown2html_mistune(source), figures
        except Exception:
            return f"<pre>{html.escape(source)}</pre>", figures
    parts = [highlight(source, PythonLexer(), CODE)] if source.strip() else []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if png := text_of(data.get("image/png")):
            if len(png) <= figures:
                figures -= len(png)
                png = html.escape(png)
                parts.append(f'<img alt="figure" src="data:image/png;base64,{png}">')
            else:
                parts.append("<p>(a figure, in your own notebook)</p>")
            continue
        text = text_of(output.get("text") or data.get("text/plain"))
        if output["output_type"] == "error":
            text = f"{output['ename']}: {output['evalue']}"
        text = html.escape(COLOURS.sub("", text)[:MAX_TEXT])
        parts.append(f"<pre>{text}</pre>" if text else "")
    return "\n".join(parts), figures
