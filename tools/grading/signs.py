"""Signs that somebody cheats, each with what was seen: a reason to look, not a verdict.

Imports, patches of the student's own objects and IPython's magics are honest. What is
named here has no place in an answer: the checks' own answers, checks bound anew, the
interpreter's stack, and the library's function given back as one's own.
"""

import ast
import hashlib
import importlib
from collections import defaultdict

import dirlib
from tools.grading.code import bound, tree_of
from tools.grading.homes import functions_of, is_locked

LOOK = "LOOK AT IT"
STACK = {"_getframe", "currentframe", "get_objects", "get_referrers", "settrace"}
MIN_ALIKE = 40  # nodes of a syntax tree: what is shorter is often the same


def signs(cells: list, release) -> list[str]:
    """Remarks on a notebook as it came back, one for each kind of sign."""
    lesson = {line for cell in release.cells for line in cell.source.split("\n")}
    names = {"check": "check"} | _aliases(cells)
    seen = set()
    for cell in cells:
        if cell.cell_type != "code":
            continue
        # The lesson's own lines, such as its imports, may do what they like.
        lines = cell.source.split("\n")
        if not any(line.strip() and line not in lesson for line in lines):
            continue
        for line, text in _seen_in(cell.source, names):
            whole = lines[line - 1] if 0 < line <= len(lines) else ""
            if whole not in lesson:
                seen.add(text)
    found = [f"{LOOK}: {text}" for text in sorted(seen)[:5]]
    return found + [f"{LOOK}: {text}" for text in _library_answers(cells, release)]


def _aliases(cells) -> dict[str, str]:
    """Names that stand for the checks or the library, by their imports."""
    found = {}
    for node in (n for c in cells if c.cell_type == "code" for n in _nodes(c.source)):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name.split(".")[0] in ("course", "dirlib"):
                    name = each.asname or each.name.split(".")[0]
                    found[name] = each.name if each.asname else name
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in ("course", "dirlib"):
                for each in node.names:
                    found[each.asname or each.name] = f"{node.module}.{each.name}"
    return found


def _nodes(source: str):
    tree = tree_of(source)
    return ast.walk(tree) if tree else ()


def _chain(node) -> list[str]:
    """``a.b.c`` as a list; empty where it is something else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [*reversed([*names, node.id])] if isinstance(node, ast.Name) else []


def _of_checks(chain: list[str], names: dict) -> bool:
    full = names.get(chain[0], "") if chain else ""
    return full == "check" or full.startswith(("course.checks", "course.lesson"))


def _seen_in(source: str, names: dict):
    """(line, what was seen) of a cell."""
    for node in _nodes(source):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Delete | ast.AnnAssign):
            targets = getattr(node, "targets", None) or [node.target]
            for target in targets:
                chain = _chain(target)
                if chain == ["check"] and _stands_in(getattr(node, "value", None)):
                    yield line, "puts something in the place of `check`"
                elif len(chain) > 1 and _of_checks(chain, names):
                    yield line, f"changes `{'.'.join(chain)}`"
        elif isinstance(node, ast.Attribute):
            chain = _chain(node)
            if node.attr == "reference" and _of_checks(chain, names):
                yield line, f"takes the checks' answer, `{'.'.join(chain)}`"
            elif node.attr in STACK:
                yield line, f"looks into the interpreter, `{node.attr}`"
            elif chain == ["sys", "modules"]:
                yield line, "looks into `sys.modules`"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            for text in [module] if module else [a.name for a in node.names]:
                if text.startswith("course.checks"):
                    yield line, f"imports `{text}`"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            first = _chain(node.args[0]) if node.args else []
            if node.func.id in ("setattr", "delattr") and _of_checks(first, names):
                yield line, f"changes `{first[0]}` by {node.func.id}"


def _stands_in(value) -> bool:
    """Whether it answers like the checks: a result that is called `check` does not."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id[:1].isupper()
    return isinstance(value, ast.Lambda)


def _library_answers(cells, release) -> list[str]:
    """Exercises that are answered by handing the work to the library as it is."""
    asked, names = functions_of(release), _aliases(cells)
    found = set()
    for cell in cells:
        if cell.cell_type != "code" or not bound(cell.source) & set(asked):
            continue
        tree = tree_of(cell.source)
        for node in tree.body if tree else ():
            name, value = _whole_answer(node)
            if name in asked and _is_library(value, names):
                said = ast.unparse(value)[:60]
                found.add(f"the library's function as the answer: {name} (`{said}`)")
    return sorted(found)


def _whole_answer(node):
    """(name, the one expression that the answer is), or (None, None)."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        value = node.value.body if isinstance(node.value, ast.Lambda) else node.value
        return node.targets[0].id, value
    if isinstance(node, ast.FunctionDef):
        body = [n for n in node.body if not _is_text(n)]
        if len(body) == 1 and isinstance(body[0], ast.Return):
            return node.name, body[0].value
    if isinstance(node, ast.ClassDef):
        body = [n for n in node.body if not _is_text(n) and not isinstance(n, ast.Pass)]
        if not body and node.bases:
            return node.name, node.bases[0]
    return None, None


def _is_text(node) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_library(value, names: dict) -> bool:
    if isinstance(value, ast.Call):
        value = value.func
    chain = _chain(value)
    if not chain or "or_library" in chain:
        return False
    full = [*names.get(chain[0], "").split("."), *chain[1:]]
    return full[0] == "dirlib" and hasattr(dirlib, full[-1])


def alike(answers: dict) -> list[tuple[str, list[str]]]:
    """(exercise, students) whose answers are the same but for names and comments.

    Parameters
    ----------
    answers : dict
        Student to a dict of exercise to the text of the answer. Short answers, and
        those that many have, say nothing and are left out.
    """
    groups = defaultdict(set)
    for student, texts in answers.items():
        for exercise, text in texts.items():
            if key := _shape(text):
                groups[exercise, key].add(student)
    many = max(3, len(answers) // 10)
    found = [
        (exercise, sorted(students))
        for (exercise, _), students in groups.items()
        if 1 < len(students) <= many
    ]
    return sorted(found)


def _shape(text: str) -> str | None:
    tree = tree_of(text)
    if tree is None or sum(1 for _ in ast.walk(tree)) < MIN_ALIKE:
        return None
    numbers = {}
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [n for n in body if not _is_text(n)]
        for name in ("id", "arg", "name"):
            value = getattr(node, name, None)
            if isinstance(value, str):
                setattr(node, name, f"n{numbers.setdefault(value, len(numbers))}")
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def answers_of(notebook) -> dict[str, str]:
    """The answers of a notebook in order, by exercise."""
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
        and cell.cell_type == "code"
        and not is_locked(cell)
    }


def known_exercises(lesson: str) -> dict:
    """The exercises of a lesson, by name; none where the course has none of it."""
    try:
        checks = importlib.import_module(f"course.checks.lesson{int(lesson[:2])}")
    except (ImportError, ValueError):
        return {}
    found = (getattr(checks, name) for name in checks.__all__)
    return {each.name: each for each in found}
