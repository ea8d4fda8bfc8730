"""Lexical search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, missing_extra
from longshelf.features.words import is_words
from longshelf.models.base import Model
from longshelf.models.rank.item_texts import texts_of, tokens
from longshelf.models.rank.profiles import Profiles, profiles_of
from longshelf.models.rank.scorer import Scorer
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["Bm25", "FittedBm25", "bag"]


def bag(words: list[list[str]], places: Mapping[str, int]) -> sp.csr_matrix:
    """How often each known word occurs in each list; (n, V) CSR, float32.

    Examples
    --------
    >>> bag([["a", "b", "a"], ["c"]], {"a": 0, "b": 1}).toarray().tolist()
    [[2.0, 1.0], [0.0, 0.0]]
    """
    found = [[places[word] for word in each if word in places] for each in words]
    indptr = np.cumsum([0, *map(len, found)])
    indices = np.array([place for each in found for place in each], dtype=np.int64)
    counted = sp.csr_matrix(
        (np.ones(len(indices), np.float32), indices, indptr), shape=(len(words), len(places))
    )
    counted.sum_duplicates()
    return counted


@dataclass(frozen=True)
class FittedBm25(Scorer):
    """What each word is worth for each item.

    Parameters
    ----------
    places : mapping of word to row
    worth : (V, C) CSR
    counts : (C, V) CSR or None
        Words of the items, where profiles are the queries.
    profiles : Profiles or None
        Where sources are ids or histories.
    popular : (C,) float32 array
        Scores of a query none of whose words occurs in the catalogue.
    """

    places: Mapping[str, int]
    worth: sp.csr_matrix
    counts: sp.csr_matrix | None
    profiles: Profiles | None
    popular: FloatArray

    @property
    def parameters(self) -> int:
        return int(self.worth.nnz)

    def query(self, X: Matrix) -> sp.csr_matrix:
        """Words of each row; (n, V) CSR."""
        if self.profiles is None:
            return bag(tokens([str(text) for text in X[:, 0]]), self.places)
        return sp.csr_matrix(self.profiles.of(X) @ self.counts)

    def scores(self, X: Matrix) -> FloatArray:
        query = self.query(X)
        scores = np.asarray((query @ self.worth).toarray(), dtype=np.float32)
        scores[np.diff(query.indptr) == 0] = self.popular
        return scores


@dataclass(frozen=True, kw_only=True)
class Bm25(Model):
    """Score items by the words they share with the query, rare words first: BM25 [1]_.

    Indexed by ``bm25s`` over the items' text: lower-case words, Chinese cut by jieba, no stemming,
    no stop words. Reads ``words``, the text of the query or user; given ``ids`` or ``history``, the
    query is the text of the items the source had, each as heavy as its row. Nothing is learned
    from rows of queries. A query that shares no word with the catalogue gets the popular items.

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
        If the items have no text.
    Unavailable
        If ``bm25s`` is not installed.

    Notes
    -----
    With n items, n_t of them holding word t, f times in an item of l words (mean L), each
    occurrence in the query adds ``log(1 + (n - n_t + .5) / (n_t + .5)) f / (f + k1 (1 - b + b l /
    L))``, as Lucene has it.

    References
    ----------
    .. [1] Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009,
       eq. 3.15; variants: Kamphuis et al., ECIR 2020, table 1.

    Examples
    --------
    >>> Bm25(b=0.5)
    Bm25(k1=1.2, b=0.5)
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    k1: float = 1.2
    b: float = 0.75

    def __post_init__(self) -> None:
        if self.k1 < 0 or not 0 <= self.b <= 1:
            raise InputError(
                f"bm25 needs k1 of 0 or more and b in [0, 1], got k1={self.k1}, b={self.b}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedBm25:
        from longshelf.evidence import row_weights
        from longshelf.models.classify.constant import log_share

        words = tokens(texts_of(targets, "bm25"))
        places, worth = self._index(words)
        weights = row_weights(strategy, rows, targets)
        popular = log_share(rows, targets, weights).astype(np.float32)
        if is_words(X):
            return FittedBm25(places, worth, None, None, popular)
        profiles = profiles_of(X, rows, targets, strategy, "bm25")
        return FittedBm25(places, worth, bag(words, places), profiles, popular)

    def _index(self, words: list[list[str]]) -> tuple[dict[str, int], sp.csr_matrix]:
        """Row of each word, and what it is worth for each item; (V, C)."""
        try:
            import bm25s
        except ImportError as error:
            raise missing_extra("bm25s", "rank", "bm25") from error
        known = sorted({word for each in words for word in each})
        places = {word: place for place, word in enumerate(known)}
        if not known:
            return places, sp.csr_matrix((0, len(words)), dtype=np.float32)
        index = bm25s.BM25(k1=self.k1, b=self.b, method="lucene")
        index.index(
            ([[places[w] for w in each] for each in words], dict(places)), show_progress=False
        )
        held = index.scores
        shape = (len(known), len(words))
        worth = sp.csr_matrix(
            (held["data"], held["indices"], held["indptr"][: shape[0] + 1]), shape
        )
        return places, worth
