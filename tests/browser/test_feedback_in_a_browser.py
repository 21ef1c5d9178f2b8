"""Nothing that a student wrote runs in the pages that a teacher opens."""

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.grading.feedback import page as feedback_page
from tools.grading.outputs import clean_markdown, clean_outputs
from tools.grading.report_page import SCRIPT, STYLE, policy

RUN = "window.ran = (window.ran || 0) + 1"
TEXTS = [
    f"<script>{RUN}</script>",
    f'<img src="x" onerror="{RUN}">',
    f"<svg onload='{RUN}'></svg>",
    f"<details open ontoggle='{RUN}'><summary>x</summary></details>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"[click me](javascript:{RUN.replace(' ', '')})",
    f"```mermaid\ngraph TD; A[<img src=x onerror='{RUN}'>]\n```",
]
KINDS = ("text/html", "image/svg+xml", "application/javascript", "text/markdown")


def hostile(clean: bool) -> dict:
    """A notebook full of scripts; cleaned as the grader does, or as it came."""
    cells = []
    for text in TEXTS:
        cells.append(new_markdown_cell(clean_markdown(text) if clean else text))
        data = {**dict.fromkeys(KINDS, text), "text/plain": text}
        outputs = [
            {"output_type": "display_data", "data": data, "metadata": {}},
            {"output_type": "stream", "name": "stdout", "text": text},
            {
                "output_type": "error",
                "ename": text,
                "evalue": text,
                "traceback": [text],
            },
        ]
        cell = new_code_cell(f"# {text}")
        made = clean_outputs(outputs, False)
        cell.outputs = made if clean else clean_outputs([], False) + made
        cells.append(cell)
    return new_notebook(cells=cells)


def opened(browser, tmp_path, text: str):
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    for link in page.locator("a:has-text('click me')").all():
        link.click(timeout=5_000)
    for head in page.locator("details summary").all():
        head.click(timeout=5_000)
    page.wait_for_timeout(500)
    return page


@pytest.mark.parametrize("clean", [True, False])
def test_no_script_runs_in_feedback(browser, tmp_path, clean):
    """Cleaned, there is none; and uncleaned, the page's policy forbids it."""
    text = feedback_page(hostile(clean), TEXTS[0], TEXTS[1], {})
    page = opened(browser, tmp_path, text)
    assert page.evaluate("window.ran") is None
    assert page.get_by_text("window.ran").count() > 0, "it is there, to be read"
    page.close()


def test_no_script_runs_in_a_cleaned_notebook_as_html(browser, tmp_path):
    """The exporter is the one that Formgrader shows notebooks with."""
    text, _ = HTMLExporter(template_name="classic").from_notebook_node(hostile(True))
    page = opened(browser, tmp_path, text)
    assert page.evaluate("window.ran") is None
    page.close()


def test_the_reports_own_script_sorts_and_filters(browser, tmp_path):
    rows = "".join(f"<tr><td>{n}</td><td>{p}</td></tr>" for n, p in
                   (("Bo", 10), ("Ana", 9), ("Cy", "")))  # fmt: skip
    page = opened(
        browser,
        tmp_path,
        f"<!DOCTYPE html>{policy(STYLE, SCRIPT)}<style>{STYLE}</style>"
        "<table class='sort'><thead><tr><th>name</th><th>points</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><img src=x onerror='{RUN}'>"
        f"<script>{SCRIPT}</script>",
    )
    names = page.locator("tbody tr:visible td:first-child")
    page.get_by_role("button", name="points").click()
    assert names.all_text_contents() == ["Cy", "Ana", "Bo"]
    page.get_by_role("button", name="name").click()
    assert names.all_text_contents() == ["Ana", "Bo", "Cy"]
    page.get_by_placeholder("filter").fill("an")
    assert names.all_text_contents() == ["Ana"]
    assert page.evaluate("window.ran") is None
    page.close()
