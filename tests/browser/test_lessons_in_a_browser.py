"""Each lesson as a student meets it: Run All, then every explorer by keyboard."""

import re

import pytest

# Both ends are waited for; a step between them may leave the picture as it is.
END_MS, STEP_MS = 30_000, 2_000
STEPS = 8
# What has no unit; all other sliders say theirs in brackets.
UNITLESS = ("correlation",)
CONTROLS = ".noUi-handle, select"

# The time from the next key to the next change of the picture. In an open list the page
# sees no key, but the change that it makes.
WATCH = """picture => {
  const redraw = window.redraw = {pressed: null, ms: null};
  const press = event => { redraw.pressed ??= event.timeStamp; };
  const kinds = ['keydown', 'change'];
  kinds.forEach(kind => document.addEventListener(kind, press, true));
  const watcher = new MutationObserver(() => {
    redraw.ms = performance.now() - redraw.pressed;
    watcher.disconnect();
    kinds.forEach(kind => document.removeEventListener(kind, press, true));
  });
  watcher.observe(picture, {attributes: true, attributeFilter: ['src']});
}"""
# Elements that are narrower than what they hold, as far as they would hide it.
CUT_OFF = """output => [output, ...output.querySelectorAll('*')]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&
               getComputedStyle(e).overflowX !== 'visible')
  .map(e => `${e.className}: ${e.scrollWidth} px in ${e.clientWidth} px, ` +
            e.textContent.slice(0, 40))"""
# How much an explorer is wider or higher than what one sees of the notebook, in px.
TOO_LARGE = """output => {
  const seen = output.closest('.jp-WindowedPanel-outer').getBoundingClientRect();
  const box = output.querySelector('.widget-vbox');
  const parts = [box, ...box.querySelectorAll('*')].map(e => e.getBoundingClientRect());
  const right = Math.max(...parts.map(part => part.right));
  const bottom = Math.max(...parts.map(part => part.bottom));
  const top = box.getBoundingClientRect().top;
  return [Math.max(0, right - seen.right), Math.max(0, bottom - top - seen.height)];
}"""


@pytest.fixture
def explorers(lesson, page):
    """Dict of name to (its output, its picture): as many as the script shows."""
    text = lesson.read_text(encoding="utf-8")
    outputs = page.locator(".jp-OutputArea-output").filter(
        has=page.locator("img.widget-image")
    )
    shown = re.findall(r"^explorer$", text, re.MULTILINE)
    imports = r"^from course\.lesson\d import \(?[\w\s,]*\bexplorers\b"
    assert bool(shown) == bool(re.search(imports, text, re.MULTILINE))
    assert outputs.count() == len(shown)
    found = {}
    calls = re.findall(r"^explorer = \w+\.(\w+)\(", text, re.MULTILINE)
    for output, name in zip(outputs.all(), calls, strict=True):
        found[f"{lesson.stem}: {name}"] = output, output.locator("img.widget-image")
    return found


def errors(page):
    """The text of each error and each line on stderr that the page shows."""
    kinds = ("error", "stderr")
    selectors = [f'[data-mime-type="application/vnd.jupyter.{k}"]' for k in kinds]
    return page.locator(", ".join(selectors)).all_inner_texts()


def label_of(control):
    """The text beside a control."""
    box = control.locator("xpath=ancestor::*[contains(@class, 'widget-inline-hbox')]")
    return box.locator("label").inner_text()


def is_select(control):
    return control.evaluate("control => control.tagName === 'SELECT'")


def place(control):
    """Where a control is, and its first and last place."""
    script = "c => [c.selectedIndex, 0, c.length - 1]"
    if not is_select(control):
        script = (
            "c => ['now', 'min', 'max'].map(n => +c.getAttribute('aria-value' + n))"
        )
    return control.evaluate(script)


def press(page, picture, key, wait_ms):
    """Press a key; the ms until the picture changes, None if it stays as it is."""
    from playwright.sync_api import TimeoutError

    picture.evaluate(WATCH)
    page.keyboard.press(key)
    try:
        page.wait_for_function("() => window.redraw.ms !== null", timeout=wait_ms)
    except TimeoutError:
        return None
    return page.evaluate("() => window.redraw.ms")


def reset(page, output, picture, places):
    """Press Reset by keyboard: every control is back where it began."""
    output.get_by_role("button", name="Reset").focus()
    assert press(page, picture, "Space", END_MS) is not None, "Reset draws nothing"
    assert all_places(output) == places, "Reset leaves a control elsewhere"


def all_places(output):
    return [place(control) for control in output.locator(CONTROLS).all()]


def move_to_both_ends(page, output, picture, control):
    """Move one control to its ends and some steps back: the ms of each redraw."""
    label, ms = label_of(control), []
    control.focus()
    for key, end in (("Home", 1), ("End", 2)):
        where = place(control)
        if where[0] == where[end]:
            continue
        taken = press(page, picture, key, END_MS)
        where = place(control)
        assert where[0] == where[end], f"{label}: {key} leads to {where[0]}"
        assert_no_message(output, f"{label}: {key}")
        assert taken is not None, f"{label}: {key} leaves the picture as it is"
        ms.append(taken)
    for _ in range(STEPS):
        now, first, _last = place(control)
        if now == first:
            break
        key = "ArrowLeft"
        if is_select(control):
            # JupyterLab takes the arrows of a closed list (ipywidgets issue 3912).
            page.keyboard.press("Space")
            page.keyboard.press("ArrowUp")
            key = "Enter"
        ms.append(press(page, picture, key, STEP_MS))
        assert place(control)[0] < now, f"{label}: {key} leaves it at {now}"
        assert_no_message(output, f"{label}: {key}")
    return [time for time in ms if time is not None]


def assert_no_message(output, where):
    """What the explorer can't draw, it says in bold below the picture."""
    said = output.locator(".widget-html-content").inner_html()
    assert not said.startswith("<b>"), f"{where}: {said}"


def test_run_all_shows_no_error(page):
    assert errors(page) == []


def test_after_run_all_each_explorer_is_where_it_began(page, explorers):
    """The lessons move and reset them by code: nothing of that may come back late."""
    for name, (output, picture) in explorers.items():
        places = all_places(output)
        output.get_by_role("button", name="Reset").focus()
        assert press(page, picture, "Space", STEP_MS) is None, f"{name}: Reset redraws"
        assert all_places(output) == places, f"{name}: Reset moves a control"


def test_nothing_is_cut_off_on_a_small_screen(explorers):
    for name, (output, _) in explorers.items():
        output.scroll_into_view_if_needed()
        assert output.evaluate(CUT_OFF) == [], name
        assert output.evaluate(TOO_LARGE) == [0, 0], f"{name}: px too wide, too high"


def test_a_screen_reader_hears_each_control_its_unit_and_the_picture(explorers):
    from playwright.sync_api import expect

    for name, (output, picture) in explorers.items():
        expect(picture, name).to_have_accessible_name(re.compile(r"^\w.{40,}\.$"))
        controls = output.locator(CONTROLS).all()
        assert controls, name
        for control in controls:
            label = label_of(control)
            assert label, f"{name}: a control without a label"
            unitless = is_select(control) or label.startswith(UNITLESS)
            assert unitless or re.search(r"\(.+\)", label), f"{name}: {label}: no unit"
            expect(control, name).to_have_accessible_name(label)
        for number in output.locator(".widget-readout").all():
            expect(number, name).to_have_accessible_name(label_of(number))


def test_the_tab_key_visits_each_control(page, explorers):
    for name, (output, _) in explorers.items():
        *controls, last = output.locator(f"{CONTROLS}, .widget-readout, button").all()
        controls[0].focus()
        for control in [*controls[1:], last]:
            page.keyboard.press("Tab")
            focused = control.evaluate("control => control === document.activeElement")
            assert focused, f"{name}: {control.inner_text() or 'a control'} is left out"


def test_each_control_moves_the_picture_by_keyboard(page, explorers, redraws):
    for name, (output, picture) in explorers.items():
        output.scroll_into_view_if_needed()
        ms, places = [], all_places(output)
        for control in output.locator(CONTROLS).all():
            ms += move_to_both_ends(page, output, picture, control)
            if all_places(output) != places:
                reset(page, output, picture, places)
        redraws[name] = ms
    assert errors(page) == []
