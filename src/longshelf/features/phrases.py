"""Names and texts folded to phrases that can be compared: case, punctuation and plural aside."""

from __future__ import annotations

import re
from zlib import crc32

__all__ = ["COLUMNS", "LONGEST", "column", "folded", "phrases"]

COLUMNS = 2**24
"""Columns of a hashed phrase matrix; two of a few hundred names meet with chance under 1%."""

LONGEST = 6
"""Words of the longest phrase."""

WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


def folded(text: str) -> list[str]:
    """Words in lower case and singular; every Chinese character counts as a word.

    Plurals lose ``s``, ``es`` after s, x, z, ch and sh, and ``ies`` becomes ``y``.

    Examples
    --------
    >>> folded("Body Wash & Watches"), folded("运动鞋")
    (['body', 'wash', 'watch'], ['运', '动', '鞋'])
    """
    return [_singular(word) for word in WORD.findall(text.casefold())]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    if len(word) > 2 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


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
