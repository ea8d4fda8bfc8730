"""Control characters, Unicode forms and white space."""

from __future__ import annotations

import polars as pl

__all__ = ["control", "unicode", "whitespace"]


def control(texts: pl.Series) -> pl.Series:
    """Line breaks and tabs become spaces; other control and invisible characters go.

    The joiners U+200C and U+200D stay: scripts and emoji need them.

    Examples
    --------
    >>> control(pl.Series(["a\\u200bb\\tc\\x00"])).to_list()
    ['ab c']
    """
    spaced = texts.str.replace_all(r"[\t\n\v\f\r\u{85}\u{2028}\u{2029}]", " ")
    return spaced.str.replace_all(r"[\p{Cc}\p{Cf}--\u{200c}\u{200d}]", "")


def unicode(texts: pl.Series) -> pl.Series:
    """Unicode NFKC: full- and half-width forms, ligatures and circled letters become plain [1]_.

    References
    ----------
    .. [1] Unicode Standard Annex 15, Unicode Normalization Forms.

    Examples
    --------
    >>> unicode(pl.Series(["Ｔ恤 １００％ ㎏"])).to_list()
    ['T恤 100% kg']
    """
    return texts.str.normalize("NFKC")


def whitespace(texts: pl.Series) -> pl.Series:
    """Runs of white space become one space; none at the ends.

    Examples
    --------
    >>> whitespace(pl.Series(["  red   shirt "])).to_list()
    ['red shirt']
    """
    return texts.str.replace_all(r"\s+", " ").str.strip_chars()
