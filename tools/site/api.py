"""The pages of the library's reference, from the names that `dirlib` makes public."""

import inspect
from importlib import import_module

import dirlib

# Public modules that are not among the names of `dirlib` itself.
MODULES = (
    "dirlib.datasets.faces", "dirlib.datasets.published", "dirlib.integrations.sklearn",
)  # fmt: skip
INDEX = """\
# Reference

All public names of `dirlib`, by what they are for. Everything is imported from `dirlib`
itself, as `dirlib.FDS`; [the guide](../dirlib/README.md) shows them at work.

{table}

```{{toctree}}
:hidden:

{pages}
```
"""


def api_pages() -> dict[str, str]:
    """The text of each page, by its place; a page for each part of the library."""
    parts: dict[str, list[str]] = {}
    for name in dirlib.__all__:
        value = getattr(dirlib, name)
        if not inspect.ismodule(value):
            parts.setdefault(value.__module__.split(".")[1], []).append(name)
    pages = {f"api/{part}.rst": _page(part, names) for part, names in parts.items()}
    for module in MODULES:
        pages[f"api/{module.split('.', 1)[1]}.rst"] = _module_page(module)
    rows = ["| part | what |", "|---|---|"]
    stems = []
    for place in sorted(pages):
        stem = place.removeprefix("api/").removesuffix(".rst")
        stems.append(stem)
        rows.append(f"| [{stem}]({stem}.rst) | {_headline('dirlib.' + stem)} |")
    table = "\n".join(rows)
    return pages | {"api/index.md": INDEX.format(table=table, pages="\n".join(stems))}


def _headline(module: str) -> str:
    return import_module(module).__doc__.split("\n\n")[0].replace("\n", " ")


def _page(part: str, names: list[str]) -> str:
    text = [
        _title(f"dirlib: {part}"),
        f".. automodule:: dirlib.{part}\n   :no-members:",
    ]
    for name in names:
        is_class = inspect.isclass(getattr(dirlib, name))
        kind, members = ("class", "\n   :members:") if is_class else ("function", "")
        text.append(f".. auto{kind}:: dirlib.{name}{members}")
    return "\n\n".join(text) + "\n"


def _module_page(module: str) -> str:
    return f"{_title(module)}\n\n.. automodule:: {module}\n   :members:\n"


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"
