"""The types of the public names are for the signatures that the names have."""

import ast
import inspect
from pathlib import Path

import pytest

import dirlib

STUB = Path(dirlib.__file__).with_name("__init__.pyi")
TYPED = {
    node.name: node
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef | ast.ClassDef)
}
PUBLIC = [n for n in dirlib.__all__ if not inspect.ismodule(getattr(dirlib, n))]


def typed_parameters(node):
    """Each parameter's name, its kind and whether it has a default, of a stub's def."""
    plain = node.args.args
    optional = len(plain) - len(node.args.defaults)
    assert node.returns is not None, node.name
    for i, arg in enumerate(plain):
        yield arg.arg, False, i >= optional
    for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        yield arg.arg, True, default is not None


def real_parameters(function):
    for p in inspect.signature(function).parameters.values():
        yield p.name, p.kind is p.KEYWORD_ONLY, p.default is not p.empty


def test_all_public_names_have_types_and_no_others():
    assert sorted(TYPED) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_signatures_are_the_real_ones(name):
    node, value = TYPED[name], getattr(dirlib, name)
    if isinstance(node, ast.FunctionDef):
        assert [*typed_parameters(node)] == [*real_parameters(value)]
        return
    for method in node.body:
        if isinstance(method, ast.FunctionDef):
            real = inspect.getattr_static(value, method.name)
            real = getattr(real, "fget", None) or getattr(real, "__func__", real)
            assert [*typed_parameters(method)] == [*real_parameters(real)], method.name


@pytest.mark.parametrize(
    "name", [n for n in PUBLIC if inspect.isclass(getattr(dirlib, n))]
)
def test_no_public_method_is_left_out(name):
    value = getattr(dirlib, name)
    own = {
        method
        for method, member in vars(value).items()
        if not method.startswith("_")
        and inspect.isfunction(member)
        and inspect.getdoc(member)
        and method not in HOOKS
    }
    typed = {m.name for m in TYPED[name].body if isinstance(m, ast.FunctionDef)}
    assert own <= typed


# PyTorch calls them, or a part of the library does.
HOOKS = {
    "add", "batch", "check_same_shape", "copy", "extra_repr", "get_extra_state",
    "reset", "reset_parameters", "set_extra_state", "train",
}  # fmt: skip
