"""Texts that a pretrained tokenizer cannot read."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl

from longshelf.errors import LongShelfWarning
from longshelf.features.session import Tokenizer
from longshelf.features.text import language_of

__all__ = ["UNKNOWN", "unknown_share", "warn_unread"]

UNKNOWN = 0.1
"""Share of unknown tokens above which a model cannot tell texts of this language apart."""


def unknown_share(tokenizer: Tokenizer, texts: list[str]) -> float:
    """Share of tokens outside the vocabulary, special ones not counted; 0 where none is unknown."""
    unknown = total = 0
    for encoding in tokenizer.plain(texts):
        total += len(encoding)
        unknown += int(np.count_nonzero(encoding == tokenizer.unknown))
    return unknown / max(total, 1)


def warn_unread(
    tokenizer: Tokenizer, texts: pl.Series, name: str, limit: float = UNKNOWN, *, looked: int = 500
) -> None:
    """Warn if too many tokens of some of these texts are unknown to the model.

    Parameters
    ----------
    tokenizer : Tokenizer
        The model's own.
    texts : pl.Series
        Strings it is to learn from.
    name : str
        The model's, for the warning.
    limit : float in [0, 1], default 0.1
        Share of unknown tokens that is passed over.
    looked : int, default 500
        Texts looked at, evenly spread.
    """
    some = texts.gather_every(max(1, len(texts) // looked))
    share = unknown_share(tokenizer, some.to_list())
    if share > limit:
        better = "tf_idf (words cut by jieba)" if language_of(some) == "zh" else "tf_idf"
        warnings.warn(
            f"{share:.0%} of the tokens are unknown to {name}, so it cannot tell these texts apart "
            f"well; use features {better}, or name a model of this language",
            LongShelfWarning,
            stacklevel=4,
        )
