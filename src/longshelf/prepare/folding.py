"""Words folded so that texts and names can be compared: case, punctuation and plural aside."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Word", "folded", "located", "lowered"]

WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


class Word(NamedTuple):
    """A folded word and where it stands in its text."""

    folded: str
    start: int
    end: int


def lowered(text: str) -> list[str]:
    """Words in lower case, marks dropped; every Chinese character counts as a word.

    Examples
    --------
    >>> lowered("T-shirts, 红")
    ['t', 'shirts', '红']
    """
    return WORD.findall(text.casefold())


def folded(text: str) -> list[str]:
    """Words in lower case and singular; every Chinese character counts as a word.

    Plurals lose ``s``, ``es`` after s, x, z, ch and sh, and ``ies`` becomes ``y``.

    Examples
    --------
    >>> folded("Body Wash & Watches"), folded("运动鞋")
    (['body', 'wash', 'watch'], ['运', '动', '鞋'])
    """
    return [_singular(word) for word in lowered(text)]


def located(text: str) -> list[Word]:
    """The words of :func:`folded`, with their places in the text as it stands.

    Examples
    --------
    >>> located("Red Watches")[1]
    Word(folded='watch', start=4, end=11)
    """
    return [Word(_singular(m[0].casefold()), m.start(), m.end()) for m in WORD.finditer(text)]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    if len(word) > 2 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word
