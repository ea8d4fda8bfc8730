"""A vocabulary of the training texts' own words or characters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.features.text import language_of, words_in
from longshelf.models.text.tokens import Tokens, distinct

__all__ = ["OwnVocabulary", "Unit"]

Unit = Literal["words", "characters"]

SPECIAL = 2
"""Padding and unknown, before the first word."""


@dataclass(frozen=True)
class OwnVocabulary:
    """Words or characters that training texts hold often enough, in lower case.

    Parameters
    ----------
    unit : {"words", "characters"}
    chinese : bool
        Words are cut by jieba.
    places : mapping of word to number
    max_tokens : int
        Longer texts are cut.
    """

    unit: Unit
    chinese: bool
    places: dict[str, int] = field(repr=False)
    max_tokens: int

    @property
    def padding(self) -> int:
        """0."""
        return 0

    def __len__(self) -> int:
        return SPECIAL + len(self.places)

    @classmethod
    def of(cls, X: NDArray[np.object_], unit: Unit, least: int, max_tokens: int) -> OwnVocabulary:
        """The vocabulary of texts (n, k).

        Parameters
        ----------
        X : (n, k) array of str
            Training texts.
        unit : {"words", "characters"}
            What a token is.
        least : int
            Rows a word must occur in.
        max_tokens : int
            Longer texts are cut.
        """
        every = pl.Series(X.ravel().tolist(), dtype=pl.String)
        empty = cls(unit, language_of(every) == "zh", {}, max_tokens)
        texts, place = distinct(X)
        often = np.bincount(place, minlength=len(texts))
        rows: Counter[str] = Counter()
        for row, times in zip(texts, often.tolist(), strict=True):
            for word in {word for text in row for word in empty.cut(text)}:
                rows[word] += times
        kept = sorted(word for word, count in rows.items() if count >= least)
        return cls(unit, empty.chinese, {w: SPECIAL + i for i, w in enumerate(kept)}, max_tokens)

    def cut(self, text: str) -> list[str]:
        """The tokens of a text."""
        if self.unit == "characters":
            return [sign for sign in text.lower() if not sign.isspace()][: self.max_tokens]
        return words_in(text, "zh" if self.chinese else "en")[: self.max_tokens]

    def encode(self, X: NDArray[np.object_]) -> Tokens:
        """Tokens of texts (n, k), those of a row one after another; equal rows share them."""
        texts, place = distinct(X)
        sequences = [
            np.array(
                [self.places.get(word, 1) for text in row for word in self.cut(text)] or [1],
                np.int32,
            )
            for row in texts
        ]
        ends = np.fromiter(map(len, sequences), np.int64, len(sequences))
        return Tokens(sequences, ends, place, self.padding)
