"""A notebook in JupyterLab: open it, run it, end what it started."""

import json
import urllib.request

TOKEN = "lessons"
# Each code cell has a number, [12]: not [*] and not [ ], but for cells without code.
# A folded one has no editor on the page, and no number.
ALL_RAN = r"""() => {
  const cells = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')];
  const number = /\[\d+\]/;
  return cells.length > 0 && cells.every(cell =>
    number.test(cell.querySelector('.jp-InputPrompt').textContent) ||
    !cell.querySelector('.cm-content')?.textContent.trim());
}"""


def open_notebook(page, lab, name):
    """Open the notebook `name` of the lab's folder."""
    page.goto(f"{lab}/lab/tree/{name}?token={TOKEN}&reset", timeout=120_000)
    # Before this line is there, Run All asks for a kernel and runs nothing.
    wait_until_idle(page, 120_000)


def run_all(page):
    for item in ("Run", "Run All Cells"):
        page.get_by_role("menuitem", name=item, exact=True).click()
    wait_until_ran(page)


def wait_until_ran(page):
    page.wait_for_function(ALL_RAN, timeout=600_000)
    wait_until_idle(page)


def wait_until_idle(page, ms=60_000):
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=ms)


def end_kernels(lab):
    for kernel in json.loads(ask(lab, "kernels")):
        ask(lab, f"kernels/{kernel['id']}", "DELETE")


def ask(lab, address, method="GET", content=None):
    """Ask Jupyter's server, and return its answer as bytes."""
    request = urllib.request.Request(
        f"{lab}/api/{address}?token={TOKEN}",
        data=None if content is None else json.dumps(content).encode(),
        method=method,
    )
    with urllib.request.urlopen(request) as answer:
        return answer.read()
