"""Lists in a message: the first few, and how many more."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["some"]


def some(names: Sequence[object], shown: int = 5) -> str:
    """The first names and the number of those left out.

    Examples
    --------
    >>> some(["a", "b", "c"], shown=2)
    "'a', 'b' and 1 more"
    """
    first = ", ".join(repr(str(name)) for name in names[:shown])
    return first if len(names) <= shown else f"{first} and {len(names) - shown:,} more"
