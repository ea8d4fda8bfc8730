"""The language of texts, and their words."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

import polars as pl

from longshelf.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IDEOGRAPH", "WORD", "Language", "cutter", "language_of", "words_in", "words_of"]

Language = Literal["en", "zh"]

WORD = r"\w+"
"""A word: letters, digits and underscores; one letter is a word too (``T shirt``)."""

IDEOGRAPH = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
"""A Chinese character."""

_LETTER = r"\p{L}"


def language_of(texts: pl.Series, sample: int = 2000) -> Language:
    """``zh`` where more than a fifth of the letters are Chinese characters, else ``en``.

    Parameters
    ----------
    texts : Series of n strings
        Usually the training part's.
    sample : int, default 2000
        Texts looked at, evenly spread.

    Examples
    --------
    >>> language_of(pl.Series(["红色连衣裙 Zara", "蓝色 T恤"]))
    'zh'
    """
    some = texts.gather_every(max(1, len(texts) // sample))
    letters = int(some.str.count_matches(_LETTER).sum() or 0)
    chinese = int(some.str.count_matches(IDEOGRAPH).sum() or 0)
    return "zh" if chinese > 0.2 * letters else "en"


@cache
def cutter() -> Callable[[str], list[str]]:
    """Jieba's segmentation, its dictionary read once: a text to its words, nothing dropped.

    Raises
    ------
    Unavailable
        If jieba is not installed.
    """
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jieba
    except ImportError as error:
        raise missing_extra("jieba", "deep", "Chinese words") from error
    jieba.setLogLevel("ERROR")
    jieba.initialize()
    cut: Callable[[str], list[str]] = jieba.lcut
    return cut


def words_of(text: str) -> list[str]:
    """Chinese and other words of a text, cut by jieba; marks and spaces dropped.

    Examples
    --------
    >>> words_of("红色连衣裙 Zara")
    ['红色', '连衣裙', 'Zara']
    """
    return [word for word in cutter()(text) if re.match(WORD, word)]


def words_in(text: str, language: Language) -> list[str]:
    """Lower-case words of a text, in order.

    Examples
    --------
    >>> words_in("Red T-shirt, XL", "en")
    ['red', 't', 'shirt', 'xl']
    """
    folded = text.lower()
    return words_of(folded) if language == "zh" else re.findall(WORD, folded)
