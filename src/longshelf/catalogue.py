"""What there is: read from the namespaces, so a listing can never drift from the code."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from longshelf.components import KINDS, known, snake
from longshelf.errors import unknown

__all__ = ["Entry", "describe"]


@dataclass(frozen=True)
class Entry:
    """One component.

    Parameters
    ----------
    kind, name, summary : str
        As typed in a suite, and the first paragraph of its docstring.
    arguments : mapping of name to default
    more : mapping
        Hooks of a strategy, hooks a model honours, licence of a data set, what a metric reads.
    docstring : str
    """

    kind: str
    name: str
    summary: str
    arguments: dict[str, str]
    more: dict[str, str] = field(default_factory=dict)
    docstring: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """As a listing shows it."""
        given = ", ".join(f"{name}={default}" for name, default in self.arguments.items())
        return {"name": self.name, **self.more, "arguments": given, "summary": self.summary}


def describe(kind: str) -> list[Entry]:
    """Every component of a kind, by name.

    Raises
    ------
    InputError
        If the kind is unknown.

    Examples
    --------
    >>> [entry.name for entry in describe("split")][:2]
    ['by_query', 'by_time']
    """
    if kind not in KINDS:
        raise unknown("kind of component", kind, KINDS)
    entries = [_entry(kind, cls) for cls in known(kind).values()]
    return sorted(entries, key=lambda entry: entry.name.lower())


def _entry(kind: str, cls: Any) -> Entry:
    docstring = inspect.getdoc(cls) or ""
    name = vars(cls).get("shown") or (cls.__name__ if kind == "strategy" else snake(cls.__name__))
    arguments = {field.name: default for field, default in _defaults(cls)}
    summary = " ".join(docstring.split("\n\n")[0].split())
    return Entry(kind, name, summary, arguments, _more(kind, cls), docstring)


def _defaults(cls: Any) -> Iterator[tuple[Any, str]]:
    for one in fields(cls):
        if one.default is not MISSING:
            yield one, repr(one.default)
        elif one.default_factory is not MISSING:
            yield one, repr(one.default_factory())
        else:
            yield one, "required"


def _more(kind: str, cls: Any) -> dict[str, str]:
    if kind == "strategy":
        from longshelf.strategies.base import HOOKS, Strategy

        own = [hook for hook in HOOKS if getattr(cls, hook) is not getattr(Strategy, hook)]
        return {"hooks": " ".join(own)}
    if kind == "model":
        return {"targets": " ".join(sorted(cls.kinds)), "honours": " ".join(sorted(cls.honours))}
    if kind == "dataset":
        return {"licence": cls.card.licence, "language": cls.card.language}
    if kind == "metric":
        return {"reads": getattr(cls, "reads", ""), "better": _better(cls)}
    return {}


def _better(cls: Any) -> str:
    return "higher" if getattr(cls, "greater_is_better", True) else "lower"
