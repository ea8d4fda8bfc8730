"""The highest inner products, exactly, without looking at every vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from longshelf.serving.scan import both
from longshelf.tables import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from longshelf.serving.goods import Filter

__all__ = ["Falling", "best"]

Found = tuple[IntArray, FloatArray]
"""Codes and products, falling; of equals the lower code first."""


class Falling:
    """Exact maximum inner product search that stops early, honours filters, and finds the tail too.

    Vectors lie by falling length, those of the tail apart. A product is at most the length of the
    query times that of the vector, so once enough are found, no vector shorter than the least of
    them demands can be among them [1]_. Popular items have long vectors, so little is read; where
    all are of one length, all are. The loop is compiled; filters are asked about what is near enough.

    Parameters
    ----------
    vectors : (n, d) float32 array
    tail : (n,) bool array
        Which of them belong to the tail.
    codes : (n,) int array or None
        What the vectors are called; their positions if not given.

    References
    ----------
    .. [1] Teflioudi and Gemulla, Exact and Approximate Maximum Inner Product Search with LEMP,
       ACM TODS 2016, section 3.1: length-based pruning.

    Examples
    --------
    >>> vectors = np.array([[1, 0], [0, 3], [2, 0]], np.float32)
    >>> falling = Falling(vectors, np.array([True, False, False]))
    >>> none, price = np.zeros(0, int), np.ones(3)
    >>> falling.search(np.array([1, 1], np.float32), 2, none, price)[0].tolist()
    [1, 2]
    >>> falling.search(np.array([1, 1], np.float32), 2, none, price, rare=1)[0].tolist()
    [1, 2, 0]
    """

    def __init__(self, vectors: FloatArray, tail: BoolArray, codes: IntArray | None = None) -> None:
        named: IntArray = np.arange(len(vectors)) if codes is None else codes
        self.others = _fallen(vectors[~tail], named[~tail])
        self.tail = _fallen(vectors[tail], named[tail])

    def search(
        self,
        query: FloatArray,
        depth: int,
        hidden: IntArray,
        price: FloatArray,
        wanted: Filter | None = None,
        rare: int = 0,
    ) -> Found:
        """The best, and of the tail at least so many where they are there.

        Parameters
        ----------
        query : (d,) float32 array
            A vector.
        depth : int
            How many; as many as pass, where there are fewer.
        hidden : (h,) int array
            Rising codes that may not be found.
        price : (codes,) float64 array
            By code; NaN where there is none.
        wanted : Filter or None
            Its bounds of the price are honoured; its category is not looked at.
        rare : int, default 0
            At most ``depth``. The best of the tail join the list where it holds too few of them.
        """
        low, high = (None, None) if wanted is None else (wanted.low, wanted.high)
        low = -np.inf if low is None else float(low)
        high = np.inf if high is None else float(high)
        asked, away = np.array(query, np.float32), np.array(hidden, np.int64)
        codes, scores = np.empty(2 * depth, np.int64), np.empty(2 * depth, np.float32)
        held = both(
            self.others, self.tail, away, price, low, high, asked, depth, rare, codes, scores
        )
        return codes[:held], scores[:held]


def _fallen(vectors: FloatArray, codes: IntArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Vectors by falling length, their lengths and their codes."""
    length = np.linalg.norm(vectors.astype(np.float64), axis=1)
    order = np.argsort(-length, kind="stable")
    return np.ascontiguousarray(vectors[order]), length[order], codes[order]


def best(codes: IntArray, scores: FloatArray, k: int) -> Found:
    """The k highest, falling; of equals the lower code."""
    if len(codes) > k:
        limit = np.partition(scores, -k)[-k]
        some = (scores >= limit).nonzero()[0]
        codes, scores = codes[some], scores[some]
    order = np.lexsort((codes, -scores))[:k]
    return codes[order], scores[order]
