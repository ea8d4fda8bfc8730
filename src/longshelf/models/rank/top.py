"""The best targets of every source, in blocks that bound memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import scipy.sparse as sp

from longshelf.tables import FloatArray, IntArray, Matrix, Ranking

__all__ = ["top"]


def top(
    scores: Callable[[Matrix], FloatArray],
    X: Matrix,
    k: int,
    seen: sp.csr_matrix | None = None,
    block: int = 1024,
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
        Sources scored at once.

    Returns
    -------
    Ranking
        ``sources`` number the rows; equal scores put the smaller id first; short lists end in -1
        with a score of minus infinity.

    Examples
    --------
    >>> top(lambda X: X, np.array([[1.0, 3, 2], [2, 2, 2]]), 2).ids.tolist()
    [[1, 2], [0, 1]]
    """
    found = list(_blocks(scores, X, k, seen, block))
    ids = np.concatenate([part for part, _ in found])
    kept = np.concatenate([part for _, part in found])
    return Ranking(sources=np.arange(len(ids)), ids=ids, scores=kept)


def _blocks(
    scores: Callable[[Matrix], FloatArray],
    X: Matrix,
    k: int,
    seen: sp.csr_matrix | None,
    block: int,
) -> Iterator[tuple[IntArray, FloatArray]]:
    for start in range(0, X.shape[0], block):
        given = np.array(scores(X[start : start + block]), dtype=np.float32)
        if seen is not None:
            part = seen[start : start + block]
            given[np.repeat(np.arange(part.shape[0]), np.diff(part.indptr)), part.indices] = -np.inf
        yield _best(given, min(k, given.shape[1]))


def _best(scores: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """Ids and scores of the k largest in each row, exact under ties."""
    rows = np.arange(len(scores))[:, None]
    least = -np.partition(-scores, k - 1, axis=1)[:, [k - 1]]
    above = scores > least
    level = scores == least
    room = k - above.sum(axis=1, keepdims=True)
    chosen = above | (level & (np.cumsum(level, axis=1) <= room))
    ids = np.nonzero(chosen)[1].reshape(len(scores), k)
    order = np.argsort(-scores[rows, ids], axis=1, kind="stable")
    ids = ids[rows, order]
    kept = scores[rows, ids]
    return np.where(np.isneginf(kept), -1, ids), kept
