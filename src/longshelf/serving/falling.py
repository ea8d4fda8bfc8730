"""The highest inner products, exactly, without looking at every vector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Falling", "best"]

BLOCK = 4096
"""Vectors multiplied at once: at 64 numbers each, they are a megabyte."""

Passing = Callable[[IntArray], BoolArray]
"""Which of some codes may be found."""


class Falling:
    """Exact maximum inner product search that stops early, and honours any filter.

    Vectors lie by falling length and are read in blocks. A product is at most the length of the
    query times that of the vector, so once the best found exceed that bound for the next block, no
    later vector can be among them [1]_. Popular items have long vectors, so few blocks are read;
    where all are of one length, all are.

    Parameters
    ----------
    vectors : (n, d) float32 array
    codes : (n,) int array or None
        What the vectors are called; their positions if not given.

    References
    ----------
    .. [1] Teflioudi and Gemulla, Exact and Approximate Maximum Inner Product Search with LEMP,
       ACM TODS 2016, section 3.1: length-based pruning.

    Examples
    --------
    >>> found = Falling(np.array([[1, 0], [0, 3], [2, 0]], np.float32))
    >>> found.search(np.array([1, 1], np.float32), 2)[0].tolist()
    [1, 2]
    """

    def __init__(self, vectors: FloatArray, codes: IntArray | None = None) -> None:
        length = np.linalg.norm(vectors, axis=1)
        order = np.argsort(-length, kind="stable")
        self.codes: IntArray = order if codes is None else codes[order]
        self._vectors = np.ascontiguousarray(vectors[order], dtype=np.float32)
        self._longest = length[order][::BLOCK].tolist()

    def search(
        self, query: FloatArray, depth: int, passing: Passing | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Codes and products of the best, falling; of equals the lower code first.

        Parameters
        ----------
        query : (d,) float32 array
            A vector.
        depth : int
            How many; as many as pass, where there are fewer.
        passing : callable, optional
            From codes to which of them may be found.
        """
        own = float(np.sqrt(query @ query))
        codes: IntArray = np.zeros(0, dtype=np.int64)
        scores: FloatArray = np.zeros(0, dtype=np.float32)
        least = -np.inf
        for start, longest in zip(range(0, len(self.codes), BLOCK), self._longest):
            if own * longest < least:
                break
            worth = self._vectors[start : start + BLOCK] @ query
            at = (worth >= least).nonzero()[0]
            if not len(at):
                continue
            named, worth = self.codes[start + at], worth[at]
            if passing is not None:
                kept = passing(named)
                named, worth = named[kept], worth[kept]
            codes, scores = np.concatenate([codes, named]), np.concatenate([scores, worth])
            if len(codes) >= depth:
                least = np.partition(scores, -depth)[-depth]
                high = scores >= least
                codes, scores = codes[high], scores[high]
        order = np.lexsort((codes, -scores))[:depth]
        return codes[order], scores[order]


def best(codes: IntArray, scores: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """The k highest, falling; of equals the lower code."""
    if len(codes) > k:
        limit = np.partition(scores, -k)[-k]
        some = np.flatnonzero(scores >= limit)
        codes, scores = codes[some], scores[some]
    order = np.lexsort((codes, -scores))[:k]
    return codes[order], scores[order]
