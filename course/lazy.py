"""Names of a package that load when they are first asked for, as those of `dirlib` do.

A figure of feature statistics needs torch, which takes seconds to load; lesson 1 and
the way in never draw one.
"""

from importlib import import_module


def lazy_names(package, names):
    """Return the `__getattr__`, the `__dir__` and the `__all__` of a package.

    Parameters
    ----------
    package : str
        Its `__name__`.
    names : dict of str to str
        For each of its modules the names that the package offers of it, with spaces.
    """
    homes = {name: module for module, line in names.items() for name in line.split()}
    public = sorted(homes)

    def load(name):
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return load, lambda: public, public
