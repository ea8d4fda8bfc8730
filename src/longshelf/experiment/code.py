"""Which code a result depends on, read from files: hashing imports nothing heavy."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import longshelf
from longshelf.cache import code_hash, digest, text_hash

__all__ = ["closure", "code_of", "module_hash", "package_hash"]

HOME = Path(longshelf.__file__).parent

FOLLOWED = tuple(
    f"longshelf.{package}."
    for package in (
        "association", "features", "generators", "language", "models", "prepare", "simulation",
        "splits", "strategies",
    )
)  # fmt: skip
"""Packages whose imports are followed: what a fit is made of, not what judges or shows it."""


@cache
def module_hash(name: str) -> str:
    """A hash of a module's code, docstrings and comments excluded."""
    spec = None if name == "__main__" else find_spec(name)
    if spec is not None and spec.origin is not None and spec.origin.endswith(".py"):
        return text_hash(Path(spec.origin).read_text(encoding="utf-8"))
    return code_hash(sys.modules[name])


@cache
def package_hash(name: str) -> str:
    """A hash of the code of every module of a package of ours, those of its packages included."""
    files = sorted(_path(name).rglob("*.py"))
    return digest([text_hash(file.read_text(encoding="utf-8")) for file in files])


def code_of(*components: Any) -> str:
    """A hash of the code behind components: their classes, and what these import of ours."""
    modules = {
        cls.__module__
        for component in components
        for part in _parts(component)
        for cls in type(part).__mro__
        if cls.__module__ not in ("builtins", "abc")
    }
    return digest([module_hash(module) for module in sorted(closure(modules))])


def closure(modules: Iterable[str]) -> frozenset[str]:
    """The modules, and everything they import, at once or later, from :data:`FOLLOWED`.

    Examples
    --------
    >>> "longshelf.strategies.loss.pairs" in closure(["longshelf.strategies.loss.bpr"])
    True
    """
    found, left = set[str](), list(modules)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _imports(name)
    return frozenset(found)


def _parts(component: Any) -> Iterator[Any]:
    """A component, those it is a chain or a combination of, and those among its arguments."""
    if is_dataclass(component):
        for one in fields(component):
            value = getattr(component, one.name)
            for inner in value if isinstance(value, tuple) else (value,):
                if is_dataclass(inner):
                    yield from _parts(inner)
    for name in ("parts", "members"):
        parts = getattr(component, name, None)
        if isinstance(parts, tuple) and parts != (component,):
            for part in parts:
                yield from _parts(part)
    yield component


@cache
def _imports(name: str) -> frozenset[str]:
    """Modules of the followed packages that a module of ours imports, types apart."""
    path = _path(name).with_suffix(".py")
    if not name.startswith("longshelf.") or not path.exists():
        return frozenset()
    found = (
        _defining(node.module, alias.name)
        for node in _run(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    )
    return frozenset(module for module in found if module.startswith(FOLLOWED))


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those under ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        checking = isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"
        if not checking:
            yield child
            yield from _run(child)


def _defining(module: str, name: str) -> str:
    """The module behind ``from module import name``, looked up through a package's own imports."""
    if not module.startswith("longshelf"):
        return module
    inside = _path(f"{module}.{name}")
    if inside.with_suffix(".py").exists() or inside.is_dir():
        return f"{module}.{name}"
    package = _path(module) / "__init__.py"
    if not package.exists():
        return module
    for node in ast.parse(package.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _defining(node.module, alias.name)
    return module


def _path(name: str) -> Path:
    return HOME.joinpath(*name.split(".")[1:])
