"""Titles found by their words."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from longshelf.errors import missing_extra
from longshelf.features.text import WORD, language_of, words_of
from longshelf.tables import FloatArray, IntArray

__all__ = ["Lexical"]

HAN = re.compile(r"[\u3400-\u9fff]")


class Lexical:
    """BM25 over titles, indexed by ``bm25s`` as the model ``bm25`` does.

    Parameters
    ----------
    titles : sequence of str
    k1, b : float
        As for :class:`~longshelf.models.Bm25`.
    """

    def __init__(self, titles: Sequence[str], k1: float = 1.2, b: float = 0.75) -> None:
        try:
            import bm25s
        except ImportError as error:
            raise missing_extra("bm25s", "serve", "search by words") from error
        logging.getLogger("bm25s").setLevel(logging.WARNING)
        self.size = len(titles)
        self.chinese = language_of(pl.Series(list(titles), dtype=pl.String)) == "zh"
        words = [self.words(title) for title in titles]
        self.places = {w: at for at, w in enumerate(sorted({w for each in words for w in each}))}
        if not self.places:
            return
        index = bm25s.BM25(k1=k1, b=b, method="lucene")
        ids = [[self.places[word] for word in each] for each in words]
        index.index((ids, dict(self.places)), show_progress=False)
        self._worth = np.asarray(index.scores["data"], dtype=np.float32)
        self._items = np.asarray(index.scores["indices"], dtype=np.int64)
        self._starts = np.asarray(index.scores["indptr"], dtype=np.int64)

    def words(self, text: str) -> list[str]:
        """Lower-case words; Chinese ones cut by jieba."""
        if self.chinese and HAN.search(text):
            return [word.lower() for word in words_of(text)]
        return re.findall(WORD, text.lower())

    def search(self, query: str, depth: int) -> tuple[IntArray, FloatArray]:
        """Codes and scores of titles that share a word, best first."""
        scores = np.zeros(self.size, dtype=np.float32)
        for word in self.words(query):
            place = self.places.get(word)
            if place is not None:
                some = slice(self._starts[place], self._starts[place + 1])
                scores[self._items[some]] += self._worth[some]
        found = np.flatnonzero(scores)
        if len(found) > depth:
            found = found[np.argpartition(-scores[found], depth - 1)[:depth]]
        order = np.lexsort((found, -scores[found]))
        return found[order], scores[found][order]
