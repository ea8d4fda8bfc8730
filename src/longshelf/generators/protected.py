"""Words of a product text that noise must not touch: brand, model number, size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import polars as pl

from longshelf.generators.base import Corpus
from longshelf.generators.phrases import Phrase

__all__ = ["Protected"]

BRAND_COLUMNS = frozenset({"brand", "brand_name", "manufacturer", "maker", "vendor", "品牌"})
SIZES = frozenset({
    "xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl",
    "均码", "加大", "大码", "中码", "小码", "大号", "中号", "小号",
})  # fmt: skip
_ACRONYM = re.compile(r"[A-Z]{2,}[A-Z0-9-]*")
COMMON = 3
"""Texts that two words must begin before the second counts as brand."""


class Protected:
    """Which words of each text are brand, model number or size.

    A word is a size if it is a letter size or holds a digit; a model number if it holds a digit or
    is in capitals only; a brand if it stands in the row's brand column, or, without such a column,
    if it is the first word of its text, and the second too where the first is hardly ever followed
    by another.

    Parameters
    ----------
    corpus : Corpus
    phrases : sequence of n Phrase
        Its texts.

    Examples
    --------
    >>> import numpy as np
    >>> corpus = Corpus(texts=["Nike red shoe XL"], code=np.zeros(1, int), names=["a"], inputs=pl.DataFrame())
    >>> Protected(corpus, [Phrase.of(text) for text in corpus.texts]).places(0)
    {0, 3}
    """

    def __init__(self, corpus: Corpus, phrases: Sequence[Phrase]) -> None:
        self.phrases = phrases
        column = next((c for c in corpus.inputs.columns if c.lower() in BRAND_COLUMNS), None)
        self.brands: list[frozenset[str]] | None = None
        if column is not None:
            stated = corpus.inputs[column].cast(pl.String).fill_null("")
            self.brands = [frozenset(Phrase.of(name.lower()).words) for name in stated]
        heads = [tuple(word.lower() for word in phrase.words[:2]) for phrase in phrases]
        first, both = Counter(head[:1] for head in heads), Counter(heads)
        self.double = {
            head for head, n in both.items() if len(head) == 2 and n >= max(COMMON, 0.9 * first[head[:1]])
        }  # fmt: skip

    def places(self, row: int) -> set[int]:
        """Where the protected words of a text stand."""
        words = self.phrases[row].words
        held = {
            at for at, word in enumerate(words)
            if any(letter.isdigit() for letter in word)
            or word.lower() in SIZES or _ACRONYM.fullmatch(word)
        }  # fmt: skip
        if self.brands is not None:
            return held | {at for at, word in enumerate(words) if word.lower() in self.brands[row]}
        known = tuple(word.lower() for word in words[:2]) in self.double
        return held | set(range(min(len(words), 2 if known else 1)))
