"""What a cell of code binds and uses: read from its text, and never run."""

import ast
import builtins
import re

MAGIC = re.compile(r"^(\s*)(%{1,2}|!|\?).*$|^(\s*)[\w.]+\?{1,2}\s*$", re.M)
DEFINES = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.M)
MAX_CODE = 100_000  # characters; nobody writes more into a cell


def tree_of(source: str) -> ast.Module | None:
    """The syntax of a cell, with IPython's magics left out; None if it has none."""
    plain = MAGIC.sub(lambda m: f"{m[1] or m[3] or ''}pass", source[:MAX_CODE])
    try:
        return ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def bound(source: str) -> set[str]:
    """The names that a cell binds for the cells after it.

    Not those that are bound to the lesson's own stand-in (``or_library``).
    """
    tree = tree_of(source)
    if tree is None:
        return set(DEFINES.findall(source))
    return {name for statement in tree.body for name in _bound_by(statement)}


def _bound_by(node) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {a.asname or a.name.split(".")[0] for a in node.names}
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        if "or_library" in attributes(node.value):
            return set()
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    found = set()
    for name in ("body", "orelse", "finalbody", "handlers"):  # if, try, with, for
        for child in getattr(node, name, []):
            found |= _bound_by(child) if isinstance(child, ast.AST) else set()
    return found


def attributes(node) -> set[str]:
    """The names after a dot below a node."""
    if node is None:
        return set()
    return {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def used(source: str) -> set[str]:
    """The names that a cell takes from elsewhere."""
    tree = tree_of(source)
    if tree is None:
        return set()
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    inside = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    inside |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    return {n.id for n in names} - inside - set(dir(builtins))


def part_that_binds(source: str, names: set[str]) -> str:
    """The statements of a cell that bind one of these names."""
    tree = tree_of(source)
    if tree is None:
        return ""
    lines = source.split("\n")
    parts = []
    for statement in tree.body:
        if _bound_by(statement) & names:
            first = min([statement.lineno, *_decorator_lines(statement)])
            parts.append("\n".join(lines[first - 1 : statement.end_lineno]))
    return "\n".join(parts)


def _decorator_lines(statement) -> list[int]:
    return [each.lineno for each in getattr(statement, "decorator_list", [])]


def helpers(answer: str, later: list[str], known: set[str]) -> str:
    """What an answer uses that is bound only in cells after it, in their order."""
    needed, text = used(answer) - known, ""
    while True:
        parts = [part_that_binds(source, needed) for source in later]
        now = "\n".join(filter(None, parts))
        if now == text:
            return text
        needed, text = needed | (used(now) - known), now
