"""A walk through the site in Chromium: what a reader would trip over."""

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from walking import BUILT, open_page

PAGES = sorted(path.relative_to(BUILT).as_posix() for path in BUILT.rglob("*.html"))
PAGES = [place for place in PAGES if not place.startswith("_static/")]  # a template
LESSONS = [place for place in PAGES if re.match(r"lessons/0[1-9]", place)]
LOOKED_AT = ["index.html", "explorers/kernel.html", "explorers/colours.html", *LESSONS]
LOOKED_AT += ["lessons/00_start/glossary.html", "INSTRUCTORS.html", "api/fds.html"]


@pytest.mark.parametrize("place", PAGES)
def test_pages_load_without_a_complaint(page, site, place):
    complaints = open_page(page, site, place)
    broken = page.evaluate(
        "[...document.images].filter(i => i.complete && !i.naturalWidth)"
        ".map(i => i.src)"
    )
    nameless = page.evaluate(
        "[...document.querySelectorAll('article img')]"
        ".filter(i => !i.alt.trim() || /^[.\\/]|_images/.test(i.alt)).map(i => i.src)"
    )
    assert (complaints, broken, nameless) == ([], [], [])


def test_links_lead_to_pages_and_places(site):
    ids, links = {}, []
    for place in PAGES:
        text = (BUILT / place).read_text(encoding="utf-8")
        ids[place] = set(re.findall(r'\b(?:id|name)="([^"]+)"', text))
        links += [(place, link) for link in re.findall(r'\bhref="([^"]+)"', text)]
    assert len(links) > 1000
    wrong = []
    for place, link in links:
        path, anchor = urldefrag(unquote(urljoin(f"/{place}", link)))
        path = path.partition("?")[0]
        if "://" in link or link.startswith(("mailto:", "data:")):
            continue
        path = path.lstrip("/")
        if not (BUILT / path).is_file():
            wrong.append((place, link))
        elif anchor and Path(path).suffix == ".html" and anchor not in ids[path]:
            wrong.append((place, link))
    assert not wrong


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("place", LOOKED_AT)
def test_axe_finds_nothing_and_nothing_overflows(page, site, place, width, theme):
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, site, place, theme)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response
    said = [
        f"{rule['id']}: {node['target']} {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
    assert not said, "\n".join(said)
    scrolls = "document.documentElement.scrollWidth - window.innerWidth"
    assert page.evaluate(scrolls) <= 0, f"{place} is wider than {width} px"


def test_a_newcomer_needs_two_clicks_to_play_and_three_to_solve(page, site):
    open_page(page, site, "index.html")
    page.locator(".sd-card", has_text="Try it now").click()
    page.locator("#kernel svg").wait_for()
    page.go_back()
    page.locator(".sd-card", has_text="Read it now").click()
    page.get_by_role("link", name=re.compile("Exercise 1.1")).first.click()
    assert "exercise-1-1" in page.url


def test_formulas_are_drawn_without_a_network(page, site):
    complaints = open_page(page, site, "lessons/02_lds/02_lds.html")
    page.locator("mjx-container").first.wait_for()
    assert page.locator("mjx-container").count() > 10
    assert page.locator("mjx-merror").count() == 0
    assert not complaints


def test_search_finds_a_word_of_a_lesson(page, site):
    open_page(page, site, "search.html?q=calibration")
    page.locator("#search-results li a").first.wait_for()


def test_a_lesson_says_that_it_is_solved_and_hands_out_the_copy(page, site):
    open_page(page, site, "lessons/01_imbalance/01_imbalance.html")
    note = page.locator(".admonition.note").first
    assert "solved lesson" in note.inner_text()
    link = note.get_by_role("link", name="your copy").get_attribute("href")
    assert "SOLUTION" not in page.locator("article").inner_text()
    copy = BUILT / "lessons/01_imbalance" / unquote(link)
    assert "raise NotImplementedError" in copy.read_text(encoding="utf-8")
