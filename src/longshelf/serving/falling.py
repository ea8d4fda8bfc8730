"""The highest inner products, exactly, without looking at every vector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Falling", "Parted", "best"]

FIRST = 1024
"""Vectors multiplied to learn what must be beaten; at 64 numbers each, a quarter of a megabyte."""
BLOCK = 4096
"""Vectors multiplied at once after that."""
NEAR = 4
"""So many times what is wanted is asked first whether it passes."""
STEP = 16
"""Vectors are multiplied in groups of so many, so that equal ones give equal products."""
SLACK = 1 - 1e-6
"""Of the bound: products are rounded."""

Passing = Callable[[IntArray], BoolArray]
"""Which of some codes may be found."""
Found = tuple[IntArray, FloatArray]
"""Codes and products, falling; of equals the lower code first."""


class Falling:
    """Exact maximum inner product search that stops early, and honours any filter.

    Vectors lie by falling length. A product is at most the length of the query times that of the
    vector, so once enough are found, no vector shorter than the least of them demands can be among
    them [1]_. The longest thousand say how far that is, and the rest is read in blocks. Popular
    items have long vectors, so little is read; where all are of one length, all are.

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
        length = np.linalg.norm(vectors, axis=1).astype(np.float64)
        order = np.argsort(-length, kind="stable")
        self.codes: IntArray = order if codes is None else codes[order]
        self._vectors = np.zeros((_whole(len(order)), vectors.shape[1]), np.float32)
        self._vectors[: len(order)] = vectors[order]
        self._shortness = -length[order]

    def search(
        self,
        query: FloatArray,
        depth: int,
        passing: Passing | None = None,
        *,
        bar: float = -np.inf,
        sure: int | None = None,
    ) -> Found:
        """Codes and products of the best, falling; of equals the lower code first.

        Parameters
        ----------
        query : (d,) float32 array
            A vector.
        depth : int
            How many; as many as pass, where there are fewer.
        passing : callable, optional
            From codes to which of them may be found.
        bar : float, optional
            Products below it are wanted among the first ``sure`` only.
        sure : int, optional
            At most ``depth``, which it is if not given.
        """
        sure = depth if sure is None else sure
        own = float(np.sqrt(query @ query))
        codes: IntArray = self.codes[:0]
        scores: FloatArray = np.zeros(0, np.float32)
        least = -np.inf if sure else bar
        start, end = 0, FIRST if least == -np.inf else min(BLOCK, self._reach(own, least))
        while start < min(end, len(self.codes)):
            named = self.codes[start:end]
            worth: FloatArray = (self._vectors[start:end] @ query)[: len(named)]
            some = _nearest(named, worth, passing, least, (depth, bar, sure))
            named, worth = _passed(named, worth, passing, least) if some is None else some
            if len(named):
                if len(codes):
                    named, worth = np.concatenate([codes, named]), np.concatenate([scores, worth])
                codes, scores = best(named, worth, depth)
                least = _least(scores, depth, bar, sure)
            start, end = end, min(end + BLOCK, self._reach(own, least))
        high = np.count_nonzero(scores >= least)
        return codes[:high], scores[:high]

    def _reach(self, own: float, least: float) -> int:
        """How many vectors are long enough for a product of ``least``."""
        if not least > 0:
            return len(self._vectors)
        if not own:
            return 0
        return _whole(int(self._shortness.searchsorted(-least / own * SLACK, "right")))


def _whole(count: int) -> int:
    """Up to the end of a group."""
    return -(-count // STEP) * STEP


def _passed(named: IntArray, worth: FloatArray, passing: Passing | None, least: float) -> Found:
    """Those that reach ``least`` and pass."""
    at = (worth >= least).nonzero()[0]
    named, worth = named[at], worth[at]
    if passing is None or not len(at):
        return named, worth
    kept = passing(named)
    return named[kept], worth[kept]


def _nearest(
    named: IntArray,
    worth: FloatArray,
    passing: Passing | None,
    least: float,
    wanted: tuple[int, float, int],
) -> Found | None:
    """Those of the highest that pass, where they are enough: the others need not be asked then."""
    depth, bar, sure = wanted
    few = NEAR * (sure or depth)
    if least > -np.inf or len(worth) <= few:
        return None
    limit = np.partition(worth, -few)[-few]
    found = _passed(named, worth, passing, limit)
    enough = len(found[0]) >= depth or (limit <= bar and len(found[0]) >= sure)
    return found if enough else None


def _least(scores: FloatArray, depth: int, bar: float, sure: int) -> float:
    """What another product must reach to be of use."""
    last = float(scores[depth - 1]) if len(scores) >= depth else -np.inf
    needed = np.inf if not sure else float(scores[sure - 1]) if len(scores) >= sure else -np.inf
    return min(max(bar, last), needed)


class Parted:
    """Two :class:`Falling`, of the tail and of the others, so that a list's tail is found with it.

    Parameters
    ----------
    vectors : (n, d) float32 array
    tail : (n,) bool array
        Which of them belong to the tail.
    codes : (n,) int array or None
        What they are called; their positions if not given.
    """

    def __init__(self, vectors: FloatArray, tail: BoolArray, codes: IntArray | None = None) -> None:
        named: IntArray = np.arange(len(vectors)) if codes is None else codes
        self.others = Falling(vectors[~tail], named[~tail])
        self.tail = Falling(vectors[tail], named[tail])

    def search(
        self, query: FloatArray, depth: int, passing: Passing | None = None, rare: int = 0
    ) -> Found:
        """The best, and of the tail at least so many where they are there.

        Parameters
        ----------
        query, depth, passing
            As of :meth:`Falling.search`.
        rare : int, default 0
            At most ``depth``. The best of the tail join the list where it holds too few of them.
        """
        codes, scores = self.others.search(query, depth, passing)
        bar = float(scores[-1]) if len(codes) >= depth else -np.inf
        more, worth = self.tail.search(query, depth, passing, bar=bar, sure=rare)
        if not len(more):
            return codes, scores
        codes, scores = np.concatenate([codes, more]), np.concatenate([scores, worth])
        order = np.lexsort((codes, -scores))
        first = order >= len(codes) - len(more)
        kept = first & (first.cumsum() <= rare)
        kept[:depth] = True
        order = order[kept]
        return codes[order], scores[order]


def best(codes: IntArray, scores: FloatArray, k: int) -> Found:
    """The k highest, falling; of equals the lower code."""
    if len(codes) > k:
        limit = np.partition(scores, -k)[-k]
        some = (scores >= limit).nonzero()[0]
        codes, scores = codes[some], scores[some]
    order = np.lexsort((codes, -scores))[:k]
    return codes[order], scores[order]
