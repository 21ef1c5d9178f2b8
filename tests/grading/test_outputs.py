"""What leaves the sandbox can only be read: no HTML, no link, no forged points."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbformat.v4 import new_output

from course.checks.verdict import MIME, PartVerdict, Verdict
from tools.grading.outputs import (
    PNG,
    clean_markdown,
    clean_outputs,
    impossible_points,
    points_or_none,
)

VERDICT = Verdict("1.1", "f", 2, (PartVerdict("all", 2, True),))
CHECK = "check.f(f)"


def result(text, bundle=None, **more):
    data = {"text/plain": text, **more}
    if bundle is not None:
        data[MIME] = bundle
    return {"output_type": "execute_result", "data": data, "execution_count": 1}


HOSTILE = [
    {"text/html": "<script>alert(1)</script>", "text/plain": "x"},
    {"image/svg+xml": "<svg onload=alert(1)>", "text/plain": "x"},
    {"application/javascript": "alert(1)", "text/plain": "x"},
    {"text/markdown": "[x](javascript:alert(1))", "text/plain": "x"},
    {"text/latex": r"$\href{javascript:alert(1)}{x}$", "text/plain": "x"},
    {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "x"},
    {"image/png": '"><script>alert(1)</script>', "text/plain": "x"},
    {
        "image/png": base64.b64encode(b"<svg onload=alert(1)>").decode(),
        "text/plain": "x",
    },
    {"image/jpeg": "AAAA", "text/plain": "x"},
    {MIME: VERDICT.bundle(), "text/plain": "x"},
]


@pytest.mark.parametrize("data", HOSTILE)
def test_only_text_is_kept_of_what_a_cell_shows(data):
    for kind in ("execute_result", "display_data"):
        (kept,) = clean_outputs([{"output_type": kind, "data": data}], False)
        assert dict(kept.data) == {"text/plain": "x"} and kept.metadata == {}


def test_a_figure_and_a_verdict_are_kept():
    png = base64.b64encode(PNG + b"...").decode()
    (kept,) = clean_outputs([result("x", **{"image/png": [png, "\n"]})], False)
    assert kept.data["image/png"] == png
    (kept,) = clean_outputs([result("2.0", VERDICT.bundle())], True, 2)
    assert kept.data["text/html"] == "<b>2 of 2 points</b>"
    assert MIME not in clean_outputs([result("2.0", VERDICT.bundle())], True, 3)[0].data


@pytest.mark.parametrize("points", ["nan", "inf", "-1", "2.5", "1e9", "'x'", "-0.1"])
def test_impossible_points_are_none(points):
    outputs = clean_outputs([result(points)], True, 2)
    assert impossible_points(outputs, 2)
    kept, why = points_or_none("f()", outputs, 2)
    assert why and [o.output_type for o in kept] == ["error"]


def test_a_check_of_the_course_gives_points_by_its_verdict_only():
    good = clean_outputs([result("2.0", VERDICT.bundle())], True, 2)
    assert points_or_none(CHECK, good, 2) == (good, None)
    forged = [
        [result("2.0")],
        [result("2.0", {**VERDICT.bundle(), "points": 1})],
        [result("1.0", VERDICT.bundle())],
        [result("2.0", VERDICT.bundle()), new_output("error", ename="E", evalue="")],
        [result("2.0", {**VERDICT.bundle(), "full": 2, "parts": "x"})],
    ]
    for outputs in forged:
        kept, why = points_or_none(CHECK, clean_outputs(outputs, True, 2), 2)
        assert why and kept[0].output_type == "error"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["output_type", "data", "text", "name", "image/png", "text/plain", MIME]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_whatever_comes_back_can_be_written_and_shown(value):
    outputs = [value, {"output_type": "execute_result", "data": value}]
    outputs += [{"output_type": "stream", "name": "stdout", "text": value}]
    for kept in clean_outputs(outputs, True, 2):
        assert json.dumps(kept).encode()
    clean_outputs(value, False)


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<IMG\nSRC=x\nONERROR=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<!-- --><svg/onload=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](<javascript:alert(1)>)",
    "[a](< javascript:alert(1)>)",
    "[a](java&#115;cript&colon;alert(1))",
    "[a]\n\n[a]: javascript:alert(1)",
    "![a](javascript:alert(1))",
    "![a](https://example.org/seen.png)",
    "![a](attachment:x.svg)",
    "<javascript:alert(1)>",
    "```mermaid\n<img src=x onerror=alert(1)>\n```",
    "~~~ mermaid\ngraph TD; A[<img src=x onerror=alert(1)>]\n~~~",
    "    <script>alert(1)</script>\n\n<script>alert(1)</script>",
    "`<script>`<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    r"$\href{javascript:alert(1)}{x}$ $\style{color:red}{x}$ \require{html}",
    "$$<script>alert(1)</script>$$",
    r"\begin{x}<script>alert(1)</script>\end{x}",
    '# a" onmouseover="alert(1)',
    '<a href="x" onclick="alert(1)">x</a>',
    "<\x00script>alert(1)</script>",
    "| a |\n|---|\n| <iframe srcdoc='<script>alert(1)</script>'> |",
    "- [ ] <script>alert(1)</script>\n1. <b>x",
    "a\n: <script>alert(1)</script>",
]
OURS = {"p", "code", "pre", "h1", "ul", "li", "ol", "table", "thead", "tbody", "tr"}
OURS |= {"td", "th", "input", "dl", "dt", "dd", "a", "em", "strong", "div", "span"}
OURS |= {"blockquote", "hr", "br", "del", "h2", "h3", "h4", "h5", "h6"}


def tags(page: str) -> list:
    from bs4 import BeautifulSoup

    return BeautifulSoup(page, "html.parser").find_all(True)


def harmless(page: str) -> None:
    for tag in tags(page):
        assert tag.name in OURS
        for name, value in tag.attrs.items():
            assert not name.startswith("on") and name not in ("style", "srcdoc", "src")
            if name == "href":
                assert value.startswith(("http://", "https://", "#"))
    assert "mermaid" not in page and r"\href" not in page


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_runs_in_a_students_text(text):
    harmless(markdown2html_mistune(clean_markdown(text)))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*ATTACKS, "<", "]", "(", "\n", "`", "&", "$", "\\", " "]))
)
def test_nothing_runs_in_what_is_put_together_of_them(parts):
    clean = clean_markdown("".join(parts))
    harmless(markdown2html_mistune(clean))
    assert clean_markdown(clean) == clean


def test_ordinary_text_reads_as_it_did():
    text = "## Why\n\nR&D: 1 < 2, `a<=b` and $x < y$; **few** > many.\n\n- a [note]\n"
    assert clean_markdown(text) == text
