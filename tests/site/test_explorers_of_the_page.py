"""The explorers of the page show the numbers of the Python ones, to three digits."""

import itertools

import numpy as np
import pytest
from walking import open_page

from course import explorers
from course.records.ages import AGES
from course.records.read import load_runs
from tools.site.explorers import colours_data


def close(value, expected):
    return value == pytest.approx(float(expected), rel=1e-3, abs=1e-3)


def test_kernel_tuning(page, site):
    open_page(page, site, "explorers/kernel.html")
    runs = load_runs("faces")
    python = explorers.kernel_tuning(
        AGES, runs.train_counts, runs.error_by_age("vanilla").mean(0)
    )
    kinds, schemes, edges = (
        [value for _, value in _choices(python, name)]
        for name in ("kind", "scheme", "edges")
    )
    sizes = [(1, 0.5), (9, 3.0), (31, 10.0)]
    for kind, (size, sigma), scheme, edge in itertools.product(
        kinds, sizes, schemes, edges
    ):
        values = {"kind": kind, "size": size, "sigma": sigma}
        values |= {"scheme": scheme, "edges": edge}
        python.set(**values)
        found = page.evaluate("v => explorers.kernel.read(v)", values)
        pearson, effective, largest = python.readout.values()
        assert close(found["pearson"], pearson), values
        assert close(found["largest"], largest), values
        shown = found["shown"]["effective sample size"]
        assert int(shown.split()[0].replace(",", "")) == pytest.approx(
            int(effective.split()[0].replace(",", "")), abs=1
        )


def covariance(spread, correlation):
    return np.array([[spread**2, spread * correlation], [spread * correlation, 1.0]])


def test_recolouring(page, site):
    open_page(page, site, "explorers/colours.html")
    points = np.array(colours_data()["points"])
    for before, after in itertools.product((-0.9, 0.8), (-0.3, 0.6)):
        root = np.linalg.cholesky(covariance(1.3, before))
        cloud = points @ root.T + [-1.0, -0.7]
        python = explorers.recolouring(cloud, [0.6, 0.4], covariance(0.6, after))
        kinds = [value for _, value in _choices(python, "kind")]
        for kind, progress in itertools.product(kinds, (0.0, 0.7, 1.5, 3.0)):
            values = {"kind": kind, "progress": progress}
            python.set(**values)
            values |= {"correlation": before, "to_correlation": after}
            found = page.evaluate("v => explorers.colours.read(v)", values)
            assert close(found["correlation"], python.readout["correlation"]), values
            deviations = python.readout["standard deviations"].split(" and ")
            assert [f"{d:.2f}" for d in found["deviations"]] == deviations, values


def test_controls_work_by_keyboard_and_reset(page, site):
    open_page(page, site, "explorers/kernel.html")
    box = page.locator("#kernel")
    first = box.locator("dl").inner_text()
    picture = box.locator("svg").inner_html()
    page.get_by_label("size (bins)").focus()
    page.keyboard.press("ArrowRight")
    assert box.locator("output[for=kernel-size]").inner_text() == "7"
    assert box.locator("dl").inner_text() != first
    assert box.locator("svg").inner_html() != picture
    page.get_by_role("button", name="Reset").click()
    assert box.locator("dl").inner_text() == first


def _choices(explorer, name):
    """Pairs (text, value) of a drop-down control."""
    options = explorer.controls[name].options
    return [o if isinstance(o, tuple) else (o, o) for o in options]
