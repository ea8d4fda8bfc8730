"""The text that decides whether two rows say the same."""

from __future__ import annotations

import polars as pl

__all__ = ["normalise_key"]


def normalise_key(texts: pl.Series) -> pl.Series:
    """NFKC, case folded, punctuation dropped, white space collapsed; splits keep equal keys together.

    A text of punctuation only keeps it, so that such texts are not all the same.

    Examples
    --------
    >>> normalise_key(pl.Series(["Puma Men's  T-Shirt!", "ＰＵＭＡ men s t shirt", "??"])).to_list()
    ['puma men s t shirt', 'puma men s t shirt', '??']
    """
    folded = (
        texts.str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all("ß", "ss", literal=True)
        .str.replace_all("ς", "σ", literal=True)
        .str.normalize("NFKC")
    )
    plain = folded.str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ").str.strip_chars()
    bare = folded.str.replace_all(r"\s+", " ").str.strip_chars()
    return plain.zip_with((plain != "").fill_null(True), bare).rename(texts.name)
