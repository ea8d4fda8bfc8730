"""Greedy re-ranking of many lists at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from longshelf.tables import FloatArray, IntArray, Ranking

__all__ = ["greedy", "relevance"]


def relevance(ranking: Ranking) -> FloatArray:
    """Scores brought to [0, 1] within each list, 0 for padding; (u, m)."""
    real = ranking.ids >= 0
    scores = np.where(real, ranking.scores, np.nan)
    low = np.where(real, ranking.scores, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    high = np.where(real, ranking.scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    span = np.where(high > low, high - low, 1.0)
    return np.asarray(np.nan_to_num((scores - low) / span))


def greedy(ranking: Ranking, k: int, value: Callable[[IntArray | None], FloatArray]) -> Ranking:
    """Fill the first k places one by one with the target of most value; the rest follow in order.

    The scores stay in their places, so they fall along each list as before.

    Parameters
    ----------
    ranking : Ranking
        Candidates, best first.
    k : int
        Places to fill.
    value : callable
        From the position (u,) of the last choice, None at first, to the value of every candidate;
        (u, m).
    """
    lists, depth = ranking.ids.shape
    free = ranking.ids >= 0
    order = np.empty((lists, min(k, depth)), dtype=np.int64)
    every, last = np.arange(lists), None
    for place in range(order.shape[1]):
        worth = np.where(free, value(last), -np.inf)
        none_left = ~free.any(axis=1)
        worth[none_left] = np.where(ranking.ids[none_left] < 0, 0.0, -np.inf)
        worth[every[:, None], order[:, :place]] = -np.inf
        last = worth.argmax(axis=1)
        order[:, place] = last
        free[every, last] = False
    rank = np.tile(np.arange(depth), (lists, 1)) + order.shape[1]
    rank[every[:, None], order] = np.arange(order.shape[1])
    ids = np.take_along_axis(ranking.ids, np.argsort(rank, axis=1, kind="stable"), axis=1)
    return replace(ranking, ids=ids)
