"""A guess, typed and chosen by keyboard, is there again whatever one does next."""

import json
import re

import nbformat
import pytest
from lab_page import ask, end_kernels, open_notebook, run_all, wait_until_ran

NAME = "guesses/guesses.ipynb"
QUESTION, WHICH = "How much closer?", "Which of them?"
CELLS = [
    "from course.lesson1 import guess",
    f"guess.number('2.1', '{QUESTION}', unit='years', low=0, high=50)",
    f"guess.choice('2.2', '{WHICH}', ['LDS', 'FDS', 'none of them'])",
    "guess.compare('2.1', 9.25)",
    "guess.compare('2.2', 'FDS')",
    "from uuid import uuid4\nprint('run', uuid4())",
]


@pytest.fixture
def guesses(browser, lab):
    """A page with a notebook of two questions, opened for the first time."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    notebook.metadata["kernelspec"] = kernel | {"language": "python"}
    ask(lab, "contents/guesses", "PUT", {"type": "directory"})
    content = {"type": "notebook", "format": "json", "content": notebook}
    ask(lab, f"contents/{NAME}", "PUT", content)
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    open_notebook(page, lab, NAME)
    run_all(page)
    yield page
    page.close()
    end_kernels(lab)


def after_a_run(page, start):
    """Run all cells by `start`, and wait until the last one has printed anew."""
    printed = page.get_by_text(re.compile(r"^run [\w-]{36}$"))
    before = printed.inner_text() if printed.count() else ""
    start(page)
    last = """before => [...document.querySelectorAll('.jp-OutputArea-output')].some(
      o => /^run [-\\w]{36}/.test(o.textContent) && o.textContent.trim() !== before)"""
    page.wait_for_function(last, arg=before.strip(), timeout=600_000)
    wait_until_ran(page)


def restart_and_run_all(page):
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells").click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()


def line(page):
    return page.get_by_role("group", name=QUESTION).get_by_role(
        "textbox", name="Your guess, from 0 to 50 years"
    )


def option(page, name):
    return page.get_by_role("group", name=WHICH).get_by_role("button", name=name)


def assert_kept(page):
    from playwright.sync_api import expect

    expect(line(page)).to_have_value("7.5")
    expect(page.get_by_text("Your guess: 7.5 years")).to_be_visible()
    for name, pressed in (("LDS", "false"), ("FDS", "true"), ("none", "false")):
        expect(option(page, name)).to_have_attribute("aria-pressed", pressed)
    expect(
        page.get_by_text("You guessed 7.5 years; the result is 9.25")
    ).to_be_visible()
    expect(page.get_by_role("img", name="You guessed 7.5 years")).to_be_visible()
    expect(page.get_by_text("the result is FDS: as you thought.")).to_be_visible()


def stored(lab):
    return json.loads(json.loads(ask(lab, "contents/guesses/guesses.json"))["content"])


def test_a_guess_is_kept_through_run_all_restart_and_reopening(guesses, browser, lab):
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    page = guesses
    told = page.get_by_text("you made no guess")
    expect(told).to_have_count(2)
    names = [
        item["name"] for item in json.loads(ask(lab, "contents/guesses"))["content"]
    ]
    assert names == ["guesses.ipynb"]

    line(page).focus()
    page.keyboard.type("7,5")
    expect(page.get_by_text("Your guess: 7.5 years")).to_be_visible()
    page.keyboard.press("Tab")
    option(page, "LDS").focus()
    page.keyboard.press("Space")
    expect(option(page, "LDS")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(option(page, "FDS")).to_have_attribute("aria-pressed", "true")
    expect(option(page, "LDS")).to_have_attribute("aria-pressed", "false")

    after_a_run(page, run_all)
    assert_kept(page)
    assert stored(lab)["guesses"]["2.1"]["result"] == 9.25

    after_a_run(page, restart_and_run_all)
    assert_kept(page)

    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    page.close()
    end_kernels(lab)
    again = browser.new_page(viewport={"width": 1366, "height": 768})
    open_notebook(again, lab, NAME)
    after_a_run(again, run_all)
    assert_kept(again)
    again.close()
