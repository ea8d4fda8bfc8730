"""Search: words and meaning, joined by their ranks, and an optional second look at the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from longshelf.serving.engine import Engine
from longshelf.serving.goods import Filter
from longshelf.serving.index import Index
from longshelf.serving.lexical import Lexical
from longshelf.tables import FloatArray, IntArray

__all__ = ["Found", "Meaning", "Search", "fused"]

CONSTANT = 60
"""Of reciprocal rank fusion, as its paper has it."""

Meaning = Callable[[list[str]], FloatArray]
"""Texts to unit vectors; (n, t) float32."""


@dataclass(frozen=True)
class Found:
    """Codes and scores, best first."""

    codes: IntArray
    scores: FloatArray


def fused(*lists: IntArray) -> Found:
    """Reciprocal rank fusion [1]_: every list gives an item ``1 / (60 + rank)``.

    References
    ----------
    .. [1] Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, SIGIR 2009, section 2.

    Examples
    --------
    >>> fused(np.array([7, 8]), np.array([8, 9])).codes.tolist()
    [8, 7, 9]
    """
    codes = np.concatenate(lists)
    worth = np.concatenate([1 / (CONSTANT + 1 + np.arange(len(one))) for one in lists])
    every, place = np.unique(codes, return_inverse=True)
    total = np.bincount(place, weights=worth, minlength=len(every))
    order = np.lexsort((every, -total))
    return Found(every[order], total[order].astype(np.float32))


class Search:
    """Titles by words and, where the artifact has text vectors, by meaning.

    Parameters
    ----------
    engine : Engine
    depth : int, default 100
        Of each of the two lists.
    """

    def __init__(self, engine: Engine, depth: int = 100) -> None:
        self.goods, self.depth = engine.goods, depth
        self.encoder = engine.made.encoder
        self.text = engine.made.text
        self.lexical = Lexical(engine.goods.titles)
        self.dense = None if self.text is None else Index(self.text, self.text, depth)

    def meaning(self) -> Meaning | None:
        """The encoder of queries, loaded; None where the artifact has no text vectors.

        Raises
        ------
        LongShelfError
            If the encoder is not installed here, or not the one that was used.
        """
        if self.encoder is None or self.text is None:
            return None
        from longshelf.models.rank.item_texts import ItemTexts

        texts = ItemTexts(self.encoder, self.goods.titles, "search")
        encode = getattr(texts.fitted, "encode", None)
        work: Meaning = encode if encode is not None else texts.encode
        return work

    def first(self, query: str, vector: FloatArray | None, wanted: Filter) -> Found:
        """Both lists joined; words alone where there is no vector."""
        deep = self.depth if wanted.open else 10 * self.depth
        lists = [self.lexical.search(query, deep)[0]]
        if vector is not None and self.dense is not None:
            lists.append(self.dense.search(np.asarray(vector, dtype=np.float32), deep)[0])
        if not wanted.open:
            lists = [one[self.goods.passes(one, wanted)][: self.depth] for one in lists]
        return fused(*lists)
