"""The best targets of every source, in blocks that bound memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.models.rank.best import MOST_ROWS, Best
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking
from longshelf.tables.ties import source_keys

__all__ = ["top", "top_factors"]

WIDE = 512
"""Targets whose scores are computed at once: with 512 sources they stay in the cache."""

ROWS = 512
"""Sources scored at once from factors."""

DENSE = 1 << 25
"""Scores of one block that a model writes in full."""


def top(
    scores: Callable[[Matrix], FloatArray],
    X: Matrix,
    k: int,
    seen: sp.csr_matrix | None = None,
    block: int = MOST_ROWS,
    *,
    sources: IntArray | None = None,
    seed: int = 0,
) -> Ranking:
    """Score, leave out what was seen, keep the k best.

    Parameters
    ----------
    scores : callable
        (m, d) rows to (m, C) scores.
    X : (n, d) matrix
        One row per source.
    k : int
        Length of the lists.
    seen : (n, C) CSR or None
        Targets left out of each list.
    block : int, default 1024
        Sources scored at once, at most; fewer where the catalogue is large.
    sources : (n,) int array or None
        Who the rows are; None numbers them.
    seed : int, default 0
        Of the order of equal scores.

    Returns
    -------
    Ranking
        Equal scores are ordered by a hash of seed, source and target; short lists end in -1 with
        a score of minus infinity.

    Raises
    ------
    InputError
        If a score is not a number.

    Examples
    --------
    >>> top(lambda X: X, np.array([[1.0, 3, 2], [2, 4, 2]]), 2).ids[:, 0].tolist()
    [1, 1]
    """
    asked = _Asked.of(X.shape[0], k, seen, sources, seed)
    found: list[Lists] = []
    start, size = 0, min(block, MOST_ROWS)
    while start < X.shape[0]:
        end = min(start + size, X.shape[0])
        given = np.asarray(scores(X[start:end]), dtype=np.float32)
        if np.isnan(given.sum()) and (bad := int(np.isnan(given).any(axis=1).sum())):
            raise InputError(f"{bad} of {len(given)} sources have scores that are not numbers")
        best = asked.best(start, end, given.shape[1])
        best.offer(given, 0)
        found.append(best.lists())
        start, size = end, min(size, max(DENSE // max(given.shape[1], 1), 16))
    return asked.ranking(found)


def top_factors(
    U: FloatArray,
    V: FloatArray,
    bias: FloatArray | None,
    k: int,
    seen: sp.csr_matrix | None = None,
    *,
    sources: IntArray | None = None,
    seed: int = 0,
) -> Ranking:
    """The same for scores that are products of vectors: no full row of scores is ever written.

    Blocks of the product are made in the cache and read there once, by as many threads as the
    linear algebra library may use.

    Parameters
    ----------
    U : (n, d) float array
        Vectors of the sources.
    V : (C, d) float array
        Vectors of the targets.
    bias : (C,) float array or None
        Added to every source's scores.
    k, seen, sources, seed
        As for :func:`top`.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If a vector or the bias holds something that is not a number.

    Examples
    --------
    >>> U, V = np.eye(2), np.array([[0.0, 3], [2, 1], [1, 0]])
    >>> top_factors(U, V, None, 2).ids.tolist()
    [[1, 2], [0, 1]]
    """
    U, V = _with_bias(U, V, bias)
    for name, vectors in (("sources", U), ("targets", V)):
        if not np.isfinite(vectors).all():
            raise InputError(f"the vectors of the {name} hold values that are not numbers")
    asked = _Asked.of(len(U), k, seen, sources, seed)
    return asked.ranking(_each(lambda start: asked.of_product(U, V, start), len(U)))


def _with_bias(
    U: FloatArray, V: FloatArray, bias: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    U, V = np.ascontiguousarray(U, dtype=np.float32), np.ascontiguousarray(V, dtype=np.float32)
    if bias is None or not np.any(bias):
        return U, V
    one = np.ones((len(U), 1), dtype=np.float32)
    return np.hstack([U, one]), np.hstack([V, np.asarray(bias, dtype=np.float32)[:, None]])


Lists = tuple[IntArray, FloatArray]


def _each(work: Callable[[int], Lists], n: int) -> list[Lists]:
    """Work on every block of sources, one thread a core, each with single-threaded products."""
    from threadpoolctl import threadpool_info, threadpool_limits

    threads = max(
        (i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"), default=1
    )
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(0, n, ROWS)))


@dataclass(frozen=True)
class _Asked:
    """What a list is to hold, for every source."""

    k: int
    seen: sp.csr_matrix | None
    sources: IntArray
    keys: NDArray[np.uint32]

    @classmethod
    def of(
        cls, n: int, k: int, seen: sp.csr_matrix | None, sources: IntArray | None, seed: int
    ) -> _Asked:
        if seen is not None and seen.shape[0] != n:
            raise InputError(f"{n} sources need as many rows of what they saw, got {seen.shape[0]}")
        who = np.arange(n) if sources is None else np.asarray(sources)
        return cls(k, None if seen is None else sp.csr_matrix(seen), who, source_keys(who, seed))

    def best(self, start: int, end: int, most: int) -> Best:
        """What keeps the lists of these sources."""
        hidden = None if self.seen is None else self.seen[start:end]
        return Best(min(self.k, most), self.keys[start:end], hidden)

    def of_product(self, U: FloatArray, V: FloatArray, start: int) -> Lists:
        """Lists of one block of sources, its scores made and read piece by piece."""
        own = U[start : start + ROWS]
        best = self.best(start, start + len(own), len(V))
        room = np.empty(len(own) * WIDE, dtype=np.float32)
        for first in range(0, len(V), WIDE):
            items = V[first : first + WIDE]
            scores = room[: len(own) * len(items)].reshape(len(own), len(items))
            np.matmul(own, items.T, out=scores)
            best.offer(scores, first)
        return best.lists()

    def ranking(self, lists: Sequence[Lists]) -> Ranking:
        """All blocks under one another."""
        ids = np.concatenate([part for part, _ in lists])
        return Ranking(
            sources=self.sources, ids=ids, scores=np.concatenate([part for _, part in lists])
        )
