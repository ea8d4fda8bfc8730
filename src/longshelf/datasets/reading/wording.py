"""Counts and line numbers as a sentence needs them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["at", "many"]

SHOWN = 10


def many(count: int, noun: str) -> str:
    """A count with its noun, regular plural.

    Examples
    --------
    >>> many(1, "blank line"), many(1200, "line"), many(2, "class")
    ('1 blank line', '1,200 lines', '2 classes')
    """
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{ending}"


def at(lines: Sequence[int]) -> str:
    """Where something was found: the first ten line numbers.

    Examples
    --------
    >>> at([3]), at(list(range(2, 99)))
    ('line 3', 'lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 87 more')
    """
    if len(lines) == 1:
        return f"line {lines[0]}"
    shown = ", ".join(map(str, lines[:SHOWN]))
    more = f" and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else ""
    return f"lines {shown}{more}"
