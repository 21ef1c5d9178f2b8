"""Sphinx's settings; `make site` gathers the pages and runs it."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.publication import read_publication  # noqa: E402

HERE = read_publication(ROOT)

project = "Deep imbalanced regression, hands on"
author = HERE.holder
copyright = f"{HERE.holder}; texts under CC BY 4.0, code under MIT"
version = release = HERE.version
language = "en"

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["download", "jupyter_execute"]
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 4
# "header": a lesson may begin a part with "###".
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type"]
copybutton_exclude = ".linenos, .gp, .go"

default_role = "literal"
smartquotes = False  # b' is a symbol
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "Deep imbalanced regression"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = "_static/icon.svg"
html_show_sourcelink = False
html_copy_source = False
html_baseurl = "" if HERE.is_placeholder else HERE.site
html_theme_options = {
    "logo": {"text": "Deep imbalanced regression"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
if not HERE.is_placeholder:
    html_theme_options["github_url"] = HERE.repository
html_sidebars = {"index": []}

# Formulas without a network: MathJax comes with the site, not from a CDN.
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}
MATHJAX = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax"
FONTS = "output/chtml/fonts/woff-v2"


def copy_mathjax(app, error):
    """The one component that the pages load, and its fonts: 2 MB of 24."""
    if error is None:
        static = Path(app.outdir) / "_static" / "mathjax"
        shutil.copytree(MATHJAX / FONTS, static / FONTS, dirs_exist_ok=True)
        shutil.copy(MATHJAX / "tex-chtml.js", static)


def add_static(app, config):
    """The tables of the explorers are made anew, beside the gathered pages."""
    config.html_static_path.append(str(Path(app.srcdir) / "_static"))


def plain_bars(app, what, name, obj, options, lines):
    """|y| in a docstring is an absolute value, no substitution of reST."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def skip_made_by_sklearn(app, what, name, obj, skip, options):
    return True if name.startswith("set_") and name.endswith("_request") else None


def setup(app):
    app.connect("autodoc-process-docstring", plain_bars, priority=1000)
    app.connect("autodoc-skip-member", skip_made_by_sklearn)
    app.connect("config-inited", add_static)
    app.connect("build-finished", copy_mathjax)
