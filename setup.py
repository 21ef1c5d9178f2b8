"""What the package's page needs and pyproject.toml can't say: addresses made from one.

A package's page shows README.md where its relative links lead nowhere: here they become
addresses in the repository, which stands in pyproject.toml alone.
"""

import re
import tomllib
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
SETTINGS = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
REPOSITORY = SETTINGS["tool"]["publication"]["repository"]


def absolute(text: str) -> str:
    """Markdown with absolute addresses of pictures and pages, and without badges."""
    text = re.sub(r"<!-- badges -->.*?<!-- /badges -->\n+", "", text, flags=re.S)
    relative = r"\]\((?!\w+:|#)([^)\s]+)\)"
    text = re.sub(rf"(!\[[^\]]*){relative}", rf"\1]({REPOSITORY}/raw/main/\2)", text)
    return re.sub(relative, rf"]({REPOSITORY}/blob/main/\1)", text)


setup(
    long_description=absolute((HERE / "README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
    project_urls={
        "Source": REPOSITORY,
        "Issues": f"{REPOSITORY}/issues",
        "Changelog": f"{REPOSITORY}/blob/main/CHANGELOG.md",
    },
)
