"""What the documents show runs: Python blocks, docstring examples, command lines."""

import argparse
import doctest
import pkgutil
import re
import shlex
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import course
import dirlib
from tools.lessons.env import ROOT

DATA_PAGES = sorted(f"data/{path.name}" for path in ROOT.glob("data/*.md"))
# The Python blocks of CONTRIBUTING.md: tests/lessons/test_authoring_guide.py.
PAGES = ["README.md", "dirlib/README.md", "CONTRIBUTING.md", "INSTRUCTORS.md"]
PAGES += DATA_PAGES
# Pages without commands of ours.
OTHERS = [
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "LICENSE-CONTENT.md",
    "docs/RELEASING.md",
]
OTHERS += sorted(
    p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/explorers/*.md")
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
FRAMEWORKS = re.compile(r"dirlib\.integrations(?!\.sklearn)")
PROGRAMS = "make|python|pip|pytest|jupyter|torchrun|nbgrader"
# Run in tests/grading/test_exchange.py, or no matter of this project.
OTHER_PROGRAMS = ("nbgrader", "sudo", "chmod", "cd", ".", r".venv\Scripts\activate")


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def commands(text):
    """The command lines of a page as lists of words, from blocks and from the text."""
    blocks = [code for kind, code in BLOCK.findall(text) if kind == "sh"]
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    lines = [part for line in lines for part in line.split(" && ")]
    lines += re.findall(rf"`((?:{PROGRAMS})\s[^`]+)`", BLOCK.sub("", text))
    for line in lines:
        # Windows paths keep their backslashes, other words lose their quotes.
        words = shlex.split(line, comments=True, posix="\\" not in line)
        if words:
            yield words


@pytest.mark.parametrize("page", ["README.md", "dirlib/README.md"])
def test_python_blocks_run_in_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = [code for kind, code in BLOCK.findall(read(page)) if kind == "python"]
    # tests/integrations runs those that need a framework.
    blocks = [code for code in blocks if not FRAMEWORKS.search(code)]
    assert blocks
    names = {}
    for code in blocks:
        exec(compile(code, page, "exec"), names)


@pytest.mark.parametrize("package", [dirlib, course], ids=["dirlib", "course"])
def test_examples_in_docstrings(package):
    modules = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    # `dirlib.course` does nothing but refuse notebooks of the first version, and
    # frameworks are no requirement: tests/integrations runs what needs them.
    left_out = ("dirlib.course", "dirlib.integrations.")
    names = [m.name for m in modules if not m.name.startswith(left_out)]
    ran = [doctest.testmod(import_module(name)) for name in names]
    assert sum(each.failed for each in ran) == 0
    assert package is course or sum(each.attempted for each in ran) > 0


class Parsed(Exception):
    """The arguments are right; the command itself is not run."""


@pytest.fixture
def parse_only(monkeypatch):
    parse = argparse.ArgumentParser.parse_args

    def parse_args(self, args=None, namespace=None):
        try:
            parse(self, args, namespace)
        except SystemExit as end:  # --help ends so, with the status 0
            assert end.code == 0, f"{self.prog}: {args}"
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_args)


@pytest.mark.parametrize("page", PAGES)
def test_command_lines(page, parse_only):
    kinds = {kind for kind, _ in BLOCK.findall(read(page))}
    assert kinds <= {"python", "sh", "text"}
    for words in commands(read(page)):
        check_command(words)


def check_command(words):
    program, *arguments = words
    if program == "torchrun":
        arguments = arguments[arguments.index("-m") :]
    if program == "make":
        targets = [word for word in arguments if "=" not in word]
        rules = re.findall(r"^([\w./-]+):", read("Makefile"), re.M)
        assert set(targets) <= set(rules), words
    elif program in ("python", "torchrun") and arguments[0] == "-m":
        check_module(*arguments[1:])
    elif program in ("pip", "pytest", "python", "jupyter"):
        check_files(arguments)
    else:
        assert program in OTHER_PROGRAMS, f"no test knows how to check {words}"


def check_module(name, *arguments):
    if name == "pip":
        check_files(arguments)
    elif name == "pydoc":
        assert find_spec(arguments[0])
    elif name != "venv":
        name += ".__main__" * (find_spec(name).submodule_search_locations is not None)
        with pytest.raises(Parsed):
            import_module(name).main([*arguments])


def check_files(arguments):
    for word in arguments:
        if re.search(r"[./]", word) and "://" not in word:
            assert (ROOT / word).exists(), arguments


@pytest.mark.parametrize("page", PAGES + OTHERS)
def test_links_and_paths_lead_somewhere(page):
    text = BLOCK.sub("", read(page))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            assert (ROOT / page).parent.joinpath(target).exists(), target
    folders = "course|dirlib|solutions|tests|tools"
    for target in re.findall(rf"`((?:{folders})/[\w./]+)`", text):
        example = "NN_name" in target or "share_of_few" in target
        assert example or (ROOT / target).exists(), target


def test_each_make_target_has_its_line_of_python():
    targets = set(re.findall(r"^([\w-]+):.*##", read("Makefile"), re.M)) - {"clean"}
    table = set(re.findall(r"^\| `make ([\w-]+)` \|", read("docs/RELEASING.md"), re.M))
    assert table == targets


def test_the_readme_stays_short():
    words = len(read("README.md").split())
    assert words <= 700, f"README.md has {words} words; move some to data/RESULTS.md"


def test_nobody_is_sent_to_another_project():
    """On the public index `dirlib` is the name of a library that isn't this one."""
    suffixes = {".md", ".py", ".toml", ".txt", ".yml"}
    folders = ("course", "data", "dirlib", "solutions", "tools", ".github")
    files = [path for name in folders for path in (ROOT / name).rglob("*")]
    for path in [*files, *ROOT.glob("*")]:
        if path.suffix in suffixes and path.is_file():
            text = Path(path).read_text(encoding="utf-8")
            assert not re.search(r"pip install (-\S+ )*dirlib\b", text), path
