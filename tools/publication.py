"""What is made of the repository's address, the holder's name and the version.

    python -m tools.publication            write LICENSE, CITATION.cff and badges
    python -m tools.publication --check    only say what is stale

All three stand in pyproject.toml, and nowhere else. As long as the address is the
placeholder, no badge is shown: it would lead nowhere.
"""

import argparse
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
START = "lessons/00_start/00_start.ipynb"
BADGES = re.compile(r"(<!-- badges -->\n).*?(<!-- /badges -->)", re.S)
CITATION = """\
# Made by `python -m tools.publication` from pyproject.toml and CHANGELOG.md.
cff-version: 1.2.0
message: Please cite this course or its library if you use it, and the paper it teaches.
type: software
title: Deep imbalanced regression, hands on
abstract: "{description}"
authors:
  - name: "{holder}"
version: {version}
date-released: {released}
license: [MIT, CC-BY-4.0]
repository-code: {repository}
references:
  - type: conference-paper
    title: Delving into Deep Imbalanced Regression
    authors:
      - {{family-names: Yang, given-names: Yuzhe}}
      - {{family-names: Zha, given-names: Kaiwen}}
      - {{family-names: Chen, given-names: Ying-Cong}}
      - {{family-names: Wang, given-names: Hao}}
      - {{family-names: Katabi, given-names: Dina}}
    collection-title: International Conference on Machine Learning
    conference:
      name: ICML 2021
    year: 2021
    url: https://arxiv.org/abs/2102.09554
"""


@dataclass(frozen=True)
class Publication:
    """The facts of pyproject.toml, and the addresses that follow from them."""

    name: str
    version: str
    description: str
    holder: str
    repository: str

    @property
    def is_placeholder(self) -> bool:
        return "OWNER" in self.repository

    @property
    def slug(self) -> str:
        """The repository as "owner/name"."""
        return urlsplit(self.repository).path.strip("/")

    @property
    def site(self) -> str:
        """Where GitHub Pages shows what `make site` builds."""
        owner, name = self.slug.split("/")
        return f"https://{owner.lower()}.github.io/{name}/"

    def colab(self, path: str) -> str:
        return f"https://colab.research.google.com/github/{self.slug}/blob/main/{path}"

    def badges(self) -> str:
        """The lines between the marks in README.md: none for a placeholder."""
        if self.is_placeholder:
            return ""
        workflow = f"{self.repository}/actions/workflows"
        start = START.replace("/", "%2F")
        shown = [
            ("CI", f"{workflow}/ci.yml/badge.svg", f"{workflow}/ci.yml"),
            ("Read now", f"{workflow}/site.yml/badge.svg", self.site),
            (
                "Try in Colab",
                "https://colab.research.google.com/assets/colab-badge.svg",
                self.colab(START),
            ),
            (
                "Try in Codespaces",
                "https://github.com/codespaces/badge.svg",
                f"https://codespaces.new/{self.slug}",
            ),
            (
                "Try in Binder",
                "https://mybinder.org/badge_logo.svg",
                f"https://mybinder.org/v2/gh/{self.slug}/main?urlpath=lab%2Ftree%2F{start}",
            ),
        ]
        return "".join(f"[![{name}]({image})]({to})\n" for name, image, to in shown)


def read_publication(root: Path = ROOT) -> Publication:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    project = settings["project"]
    return Publication(
        name=project["name"],
        version=project["version"],
        description=project["description"],
        holder=project["authors"][0]["name"],
        repository=settings["tool"]["publication"]["repository"].rstrip("/"),
    )


def files(publication: Publication, root: Path = ROOT) -> dict[Path, str]:
    """The files that repeat a fact, as they should be."""

    def read(name):
        return (root / name).read_text(encoding="utf-8")

    version = re.escape(publication.version)
    released = re.search(rf"^## {version} \(([\d-]+)\)$", read("CHANGELOG.md"), re.M)
    if not released:
        raise ValueError(
            f"CHANGELOG.md has no heading '## {publication.version} (YYYY-MM-DD)': "
            "write what is new in this version"
        )
    holder = re.sub(
        r"(?m)^(Copyright \(c\) \d{4}) .*$",
        lambda found: f"{found[1]} {publication.holder}",
        read("LICENSE"),
    )
    badges = BADGES.sub(
        lambda found: found[1] + publication.badges() + found[2], read("README.md")
    )
    facts = vars(publication) | {"released": released[1]}
    return {
        root / "LICENSE": holder,
        root / "README.md": badges,
        root / "CITATION.cff": CITATION.format(**facts),
    }


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    args = parser.parse_args(argv)
    stale = 0
    for path, text in files(read_publication()).items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'stale' if args.check else 'wrote'}: {path.relative_to(ROOT)}")
        if not args.check:
            path.write_text(text, encoding="utf-8", newline="\n")
    return int(args.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
