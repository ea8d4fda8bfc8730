"""Runs of folded words, and the columns they are hashed to."""

from __future__ import annotations

from zlib import crc32

__all__ = ["COLUMNS", "LONGEST", "column", "phrases"]

COLUMNS = 2**24
"""Columns of a hashed phrase matrix; two of a few hundred names meet with chance under 1%."""

LONGEST = 6
"""Words of the longest phrase."""


def phrases(words: list[str]) -> list[str]:
    """Every run of up to :data:`LONGEST` words."""
    runs = range(1, LONGEST + 1)
    return [
        " ".join(words[start : start + size])
        for size in runs
        for start in range(len(words) - size + 1)
    ]


def column(phrase: str) -> int:
    """The column of a phrase in a hashed matrix."""
    return crc32(phrase.encode()) % COLUMNS
