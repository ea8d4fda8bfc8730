"""Names that print as they are typed: a component is a frozen dataclass, its name parses back.

``LogitAdjusted(tau=1.5)`` is looked up in the namespace of its kind, which is the only registry;
``my_module:MyLoss(x=2)`` imports the user's own. A YAML list of names is a chain.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

from longshelf.errors import InputError, unknown

__all__ = ["KINDS", "build", "known", "show", "snake"]

KINDS: Mapping[str, str] = {
    "dataset": "longshelf.datasets",
    "task": "longshelf.tasks",
    "split": "longshelf.splits",
    "features": "longshelf.features",
    "model": "longshelf.models",
    "strategy": "longshelf.strategies",
    "metric": "longshelf.metrics",
    "generator": "longshelf.generators",
    "filter": "longshelf.generators.filters",
    "tracker": "longshelf.tracking",
}


def snake(name: str) -> str:
    """``LogitAdjusted`` → ``logit_adjusted``.

    Examples
    --------
    >>> snake("TfIdf"), snake("KMeansSmote")
    ('tf_idf', 'k_means_smote')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


@cache
def known(kind: str) -> Mapping[str, type]:
    """Every component of a kind by its class name: what the namespace's ``__all__`` exports.

    A component says ``abstract = False``; other classes of a namespace are left out.
    """
    module = importlib.import_module(KINDS[kind])
    exported = ((name, getattr(module, name)) for name in module.__all__)
    return {
        name: item
        for name, item in exported
        if isinstance(item, type) and is_dataclass(item) and not getattr(item, "abstract", True)
    }


def show(component: Any) -> str:
    """The name of a component as one would type it; arguments at their default are left out.

    So are those that do not compare: they change no result.

    Examples
    --------
    >>> from longshelf.strategies import LogitAdjusted
    >>> show(LogitAdjusted()), show(LogitAdjusted(tau=1.5))
    ('LogitAdjusted', 'LogitAdjusted(tau=1.5)')
    """
    if isinstance(component, list | tuple):
        return " + ".join(map(show, component))
    if isinstance(parts := getattr(component, "members", None), tuple):
        return " + ".join(map(show, parts))
    given = []
    for field in fields(component):
        if not field.compare:
            continue
        value = getattr(component, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value != default:
            given.append(f"{field.name}={_shown(value)}")
    name = vars(type(component)).get("shown", type(component).__name__)
    if not type(component).__module__.startswith("longshelf."):
        name = f"{type(component).__module__}:{name}"
    elif _kind(type(component)) != "strategy":
        name = snake(name)
    return f"{name}({', '.join(given)})" if given else name


def _shown(value: Any) -> str:
    """An argument as one would type it."""
    if is_dataclass(value):
        name = show(value)
        return repr(name) if ":" in name.partition("(")[0] else name
    if isinstance(value, tuple) and value and all(map(is_dataclass, value)):
        return f"({', '.join(map(_shown, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _kind(cls: type) -> str:
    return next((kind for kind, home in KINDS.items() if cls.__module__.startswith(home)), "")


def build(kind: str, spec: Any) -> Any:
    """Make a component from what a suite or a command line says.

    Parameters
    ----------
    kind : str
        A key of :data:`KINDS`.
    spec : str, mapping, list or instance
        ``"Smote(k=3)"``, ``{"Smote": {"k": 3}}``, ``"module:Name"``, a list of these for a chain
        of strategies, ``"A + B"`` likewise, or an instance, which is returned as it is. Components
        among the arguments are of the same kind, or of the one the class names in ``nested``.

    Raises
    ------
    InputError
        Unknown name or argument, with the nearest names; arguments that are not literals.

    Examples
    --------
    >>> build("strategy", "logit_adjusted(tau=0.5)")
    LogitAdjusted(tau=0.5)
    """
    if is_dataclass(spec) and not isinstance(spec, type):
        return spec
    if isinstance(spec, list | tuple):
        return _chain(kind, [build(kind, part) for part in spec])
    if isinstance(spec, Mapping):
        if len(spec) != 1:
            raise InputError(f"a {kind} is one name with its arguments, got {dict(spec)!r}")
        ((name, arguments),) = spec.items()
        return _make(kind, str(name), _class(kind, str(name)), dict(arguments or {}))
    if not isinstance(spec, str):
        raise InputError(f"a {kind} is a name, a mapping or a list, got {spec!r}")
    parts = _split_chain(spec)
    if len(parts) > 1:
        return _chain(kind, [build(kind, part) for part in parts])
    name, _, inside = spec.strip().partition("(")
    cls = _class(kind, name.strip())
    return _make(kind, name.strip(), cls, _arguments(kind, cls, spec, inside))


def _chain(kind: str, parts: list[Any]) -> Any:
    if kind == "features":
        from longshelf.features import Combined

        return parts[0] if len(parts) == 1 else Combined(parts=tuple(parts))
    from longshelf.strategies import Chain, Strategy

    strategies = [part for part in parts if isinstance(part, Strategy)]
    if len(strategies) != len(parts):
        raise InputError(f"only strategies can be chained, got {parts!r}")
    return strategies[0] if len(strategies) == 1 else Chain(*strategies)


def _split_chain(spec: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for letter in spec:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "+" and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [part.strip() for part in (*parts, current)]


def _arguments(kind: str, cls: Any, spec: str, inside: str) -> dict[str, Any]:
    if not inside:
        return {}
    kinds: Mapping[str, str] = getattr(cls, "nested", {})
    try:
        call = ast.parse(f"f({inside}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise ValueError("arguments go by name")
        return {
            str(word.arg): _literal(kinds.get(str(word.arg), kind), word.value)
            for word in call.keywords
        }
    except (SyntaxError, ValueError) as error:
        raise InputError(
            f"cannot read the {kind} {spec!r}: {error}; write it like Name(argument=value)"
        ) from error


def _literal(kind: str, node: ast.expr) -> Any:
    """A Python literal, or nested components of a kind."""
    if isinstance(node, ast.Call | ast.Name):
        return build(kind, ast.unparse(node))
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(_literal(kind, item) for item in node.elts)
    return ast.literal_eval(node)


def _class(kind: str, name: str) -> Any:
    return _own(kind, name) if ":" in name else _listed(kind, name)


def _make(kind: str, name: str, cls: Any, arguments: dict[str, Any]) -> Any:
    allowed = [field.name for field in fields(cls) if field.init]
    for argument in arguments:
        if argument not in allowed:
            raise unknown(f"argument of {name}", argument, allowed)
    try:
        return cls(**arguments)
    except TypeError as error:
        raise InputError(f"cannot make the {kind} {name}: {error}") from error


def _listed(kind: str, name: str) -> Any:
    names = {_folded(entry): cls for entry, cls in known(kind).items()}
    names |= {
        _folded(vars(cls)["shown"]): cls for cls in known(kind).values() if "shown" in vars(cls)
    }
    if _folded(name) in names:
        return names[_folded(name)]
    shown = known(kind) if kind == "strategy" else map(snake, known(kind))
    raise unknown(kind, name, shown)


def _own(kind: str, name: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        cls = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"cannot load the {kind} {name!r}: {error}; "
            "write module:Name with the module on Python's path"
        ) from error
    if not is_dataclass(cls):
        raise InputError(f"{name} must be a dataclass, so that its arguments make its name")
    return cls
