"""HTML tags and entities."""

from __future__ import annotations

import re
from html import unescape

import polars as pl

__all__ = ["html"]

_BLOCK = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>|<![^<>]*>", re.DOTALL)


def html(texts: pl.Series) -> pl.Series:
    """Tags become a space, scripts and styles go with their content, entities are read.

    What is hidden by an entity is looked at again: ``&lt;b&gt;`` is a tag. ``3 < 5`` is none.

    Examples
    --------
    >>> html(pl.Series(["Tom &amp; Co<br/>3 < 5"])).to_list()
    ['Tom & Co 3 < 5']
    """
    marked = texts.str.contains("[<&]").fill_null(False)
    if not marked.any():
        return texts
    plain = texts.filter(marked).unique()
    read = pl.Series([_read(text) for text in plain], dtype=pl.String)
    return texts.replace(plain, read)


def _read(text: str) -> str:
    while (read := unescape(_TAG.sub(" ", _BLOCK.sub(" ", text)))) != text:
        text = read
    return text
