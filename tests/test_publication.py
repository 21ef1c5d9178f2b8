"""Address, holder and name stand in one place, and what is made of them follows it."""

import re
import subprocess
from dataclasses import replace

import pytest

from tools import publication
from tools.lessons.env import ROOT

HERE = publication.read_publication()
FILLED = replace(
    HERE, holder="Ada: of \\1 London", repository="https://github.com/Ada/dir"
)


def tracked():
    ran = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if ran.returncode:
        pytest.fail("this test asks git for the files of the project, and git failed")
    for name in ran.stdout.decode().strip("\0").split("\0"):
        path = ROOT / name
        if path.suffix not in (".png", ".npz") and path.is_file():
            yield name, path.read_text(encoding="utf-8")


def test_what_is_made_is_up_to_date(capsys):
    assert publication.main(["--check"]) == 0, capsys.readouterr().out


def test_nothing_else_repeats_the_address_or_the_name():
    made = {path.relative_to(ROOT).as_posix() for path in publication.files(HERE)}
    for name, text in tracked():
        # The lessons are made by `make lessons`: their first cell says what to fetch.
        if name not in {"pyproject.toml", *made} and not name.startswith("lessons/"):
            assert HERE.repository not in text, name
            assert HERE.name not in text, name


def test_a_placeholder_shows_no_badge():
    assert replace(HERE, repository="https://github.com/OWNER/X").badges() == ""


def test_all_follows_what_the_owner_fills_in():
    text = {path.name: content for path, content in publication.files(FILLED).items()}
    assert re.search(
        r"^Copyright \(c\) \d{4} Ada: of \\1 London$", text["LICENSE"], re.M
    )
    assert "repository-code: https://github.com/Ada/dir\n" in text["CITATION.cff"]
    assert f"\nversion: {HERE.version}\n" in text["CITATION.cff"]
    badges = publication.BADGES.search(text["README.md"])[0]
    assert badges.count("https://github.com/Ada/dir/actions/workflows/") == 3
    assert "(https://ada.github.io/dir/)" in badges
    assert FILLED.colab("a.ipynb").endswith("/github/Ada/dir/blob/main/a.ipynb")
    for workflow in re.findall(r"workflows/(\w+\.yml)", badges):
        assert (ROOT / ".github/workflows" / workflow).is_file()


def test_a_version_needs_its_entry_in_the_list_of_changes():
    with pytest.raises(ValueError, match=r"no heading '## 9\.9 \(YYYY-MM-DD\)'"):
        publication.files(replace(HERE, version="9.9"))


def test_the_course_has_the_version_of_the_library():
    text = (ROOT / "course/pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{HERE.version}"\n' in text
