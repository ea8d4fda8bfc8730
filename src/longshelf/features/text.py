"""The text of a row, its language and its words."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

import polars as pl

from longshelf.errors import NotApplicable, missing_extra
from longshelf.tables import Rows, Schema

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WORD", "Language", "language_of", "text_columns", "text_of", "words_of"]

Language = Literal["en", "zh"]

WORD = r"\w+"
"""A word: letters, digits and underscores; one letter is a word too (``T shirt``)."""

_IDEOGRAPH = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
_LETTER = r"\p{L}"


def text_columns(schema: Schema, asked_by: str) -> tuple[str, ...]:
    """The text columns of the data.

    Raises
    ------
    NotApplicable
        If there are none.
    """
    if not schema.text:
        raise NotApplicable(
            f"{asked_by} reads text, and these data name no text column; "
            f"inputs are: {', '.join(schema.inputs) or 'none'}. Use tabular, or name a text column"
        )
    return schema.text


def text_of(rows: Rows, columns: tuple[str, ...]) -> pl.Series:
    """One text per row, its columns joined by a space, missing ones skipped; n strings."""
    parts = [pl.col(column).cast(pl.String) for column in columns]
    if len(parts) == 1:
        joined = parts[0].fill_null("")
    else:
        joined = pl.concat_str(parts, separator=" ", ignore_nulls=True)
    return rows.inputs.select(joined.alias("text")).to_series()


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
    chinese = int(some.str.count_matches(_IDEOGRAPH).sum() or 0)
    return "zh" if chinese > 0.2 * letters else "en"


@cache
def _cutter() -> Callable[[str], list[str]]:
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
    return [word for word in _cutter()(text) if re.match(WORD, word)]
