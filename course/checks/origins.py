"""What a student's code says of an error: where it came from, and what was begun."""

import ast
import inspect
import linecache
import textwrap
from pathlib import Path
from types import FunctionType


def other_function(answer, error):
    """Return the name of another function of the notebook that raised, or None.

    An exercise may call the function of an earlier one. When that one fails, or isn't
    written yet, its name helps more than that of the function that is checked.

    Parameters
    ----------
    answer : callable
        The function that is checked; of a class, all its methods.
    error : Exception or None
        What came out of it, with its traceback.
    """
    functions = [f for f in (answer, *_members(answer)) if isinstance(f, FunctionType)]
    own = {code for function in functions for code in _codes(function.__code__)}
    notebooks = [function.__globals__ for function in functions]
    last, step = None, getattr(error, "__traceback__", None)
    while step is not None:
        frame, step = step.tb_frame, step.tb_next
        if any(frame.f_globals is names for names in notebooks):
            last = frame.f_code
    if last is None or last in own or not last.co_name.isidentifier():
        return None
    return last.co_name


def from_a_library(answer, error):
    """Whether code of an installed package raised an error, and not a notebook's.

    For a class without its `forward`, torch raises in the name of the notebook.
    """
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None:
        return False
    code = step.tb_frame.f_code
    installed = {"site-packages", "dist-packages"} & set(Path(code.co_filename).parts)
    no_forward = isinstance(answer, type) and code.co_name == "_forward_unimplemented"
    return bool(installed) and not no_forward


def last_line(answer, error):
    """The line of the answer's own code at which an error came up, or None."""
    functions = [f for f in (answer, *_members(answer)) if isinstance(f, FunctionType)]
    own = {code for function in functions for code in _codes(function.__code__)}
    line, step = None, getattr(error, "__traceback__", None)
    while step is not None:
        code = step.tb_frame.f_code
        if code in own:
            line = linecache.getline(code.co_filename, step.tb_lineno).strip()
        step = step.tb_next
    return line[:60] if line else None


def _members(answer):
    return vars(answer).values() if isinstance(answer, type) else ()


def _codes(code):
    """A function's code, and that of the functions that are written inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, type(code)):
            yield from _codes(constant)


def begun(answer):
    """Whether code stands beside the stub's raise, in a function or in a method."""
    # In a notebook the source of a class isn't found, but that of its methods is.
    return any(_code_and_raise(each) for each in (answer, *_members(answer)))


def _code_and_raise(function):
    if not isinstance(function, FunctionType):
        return False
    try:
        [node] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        body = node.body
    except Exception:  # a lambda in the middle of a call, or a source that is gone
        return False
    raises = [
        isinstance(line, ast.Raise) and "NotImplementedError" in ast.unparse(line)
        for line in body
    ]
    document = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return any(raises) and len(body) - document - sum(raises) > 0
