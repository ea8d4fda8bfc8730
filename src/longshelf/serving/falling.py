"""The highest inner products, exactly, without looking at every vector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Falling", "best"]

BLOCK = 4096
"""Vectors multiplied at once: at 64 numbers each, they fit the second-level cache."""

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
        self._length = length[order]

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
        own = float(np.linalg.norm(query))
        codes: IntArray = np.zeros(0, dtype=np.int64)
        scores: FloatArray = np.zeros(0, dtype=np.float32)
        least = -np.inf
        for start in range(0, len(self.codes), BLOCK):
            if own * self._length[start] < least:
                break
            worth = self._vectors[start : start + BLOCK] @ query
            at = np.flatnonzero(worth >= least) if np.isfinite(least) else np.arange(len(worth))
            named = self.codes[start + at]
            if passing is not None:
                kept = passing(named)
                at, named = at[kept], named[kept]
            codes, scores = best(
                np.concatenate([codes, named]), np.concatenate([scores, worth[at]]), depth
            )
            if len(codes) == depth:
                least = float(scores[-1])
        return codes, scores


def best(codes: IntArray, scores: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """The k highest, falling; of equals the lower code."""
    if len(codes) > k:
        limit = scores[np.argpartition(-scores, k - 1)[k - 1]]
        some = np.flatnonzero(scores >= limit)
        codes, scores = codes[some], scores[some]
    order = np.lexsort((codes, -scores))[:k]
    return codes[order], scores[order]
