"""How well the second text of a row answers the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.features.base import Features
from longshelf.features.pair import two_texts
from longshelf.features.text import Language, language_of, text_of, words_in
from longshelf.tables import FloatArray, Rows, Schema

__all__ = ["Bm25Score", "FittedBm25Score"]


@dataclass(frozen=True, kw_only=True)
class Bm25Score(Features):
    """BM25 of the first text column, a query, against the second, a product: one column [1]_.

    How rare a word is, and how long texts are, is counted over the distinct products of the
    training part; a word none of them holds is as rare as can be. Words as ``bm25`` reads them.

    Parameters
    ----------
    k1 : float >= 0, default 1.2
        How soon repeating a word stops to help.
    b : float in [0, 1], default 0.75
        How much long texts are held back.

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        If the data do not name exactly two text columns.

    Notes
    -----
    The formula is that of the model ``bm25``.

    References
    ----------
    .. [1] Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009,
       eq. 3.15.

    Examples
    --------
    >>> Bm25Score(b=0.5)
    Bm25Score(k1=1.2, b=0.5)
    """

    abstract: ClassVar[bool] = False

    k1: float = 1.2
    b: float = 0.75

    def __post_init__(self) -> None:
        if self.k1 < 0 or not 0 <= self.b <= 1:
            raise InputError(
                f"bm25_score needs k1 of 0 or more and b in [0, 1], got k1={self.k1}, b={self.b}"
            )

    def fit(self, train: Rows, schema: Schema) -> FittedBm25Score:
        query, product = two_texts(schema)
        texts = text_of(train, (product,)).unique(maintain_order=True)
        language = language_of(texts)
        words = [words_in(text, language) for text in texts]
        held = Counter(word for each in words for word in set(each))
        mean = sum(map(len, words)) / max(len(words), 1)
        rarity = {word: _rarity(len(words), count) for word, count in held.items()}
        unknown = _rarity(len(words), 0)
        return FittedBm25Score((query, product), language, rarity, unknown, mean, self.k1, self.b)


def _rarity(n: int, held: int) -> float:
    """Inverse document frequency of a word that ``held`` of ``n`` texts hold, as Lucene has it."""
    return float(np.log1p((n - held + 0.5) / (held + 0.5)))


@dataclass(frozen=True)
class FittedBm25Score:
    """What words of products are worth.

    Parameters
    ----------
    columns : (str, str)
        Query and product.
    language : {"en", "zh"}
    rarity : mapping of word to float
    unknown : float
        Rarity of a word that no training product holds.
    mean : float
        Words of a product.
    k1, b : float
    """

    columns: tuple[str, str]
    language: Language
    rarity: Mapping[str, float]
    unknown: float
    mean: float
    k1: float
    b: float

    def transform(self, rows: Rows) -> FloatArray:
        query, product = (text_of(rows, (column,)).to_list() for column in self.columns)
        known = {text: words_in(text, self.language) for text in {*query, *product}}
        scores = [self._score(known[q], known[p]) for q, p in zip(query, product, strict=True)]
        return np.array(scores, np.float32).reshape(-1, 1)

    def _score(self, query: list[str], product: list[str]) -> float:
        held = Counter(product)
        damping = self.k1 * (1 - self.b + self.b * len(product) / max(self.mean, 1e-9))
        return sum(
            self.rarity.get(word, self.unknown) * held[word] / (held[word] + damping)
            for word in query
            if word in held
        )
