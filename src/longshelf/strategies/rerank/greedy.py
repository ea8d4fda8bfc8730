"""Greedy re-ranking of many lists at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from longshelf.tables import FloatArray, IntArray, Ranking

__all__ = ["greedy", "in_blocks", "relevance", "sorted_by"]

BLOCK = 1024
"""Lists re-ranked at once: what bounds memory."""


def in_blocks(ranking: Ranking, work: Callable[[Ranking], Ranking], size: int = BLOCK) -> Ranking:
    """Re-rank some lists at a time; ``work`` keeps their number, order and length.

    Parameters
    ----------
    ranking : Ranking
        u lists.
    work : callable
        Re-ranks a block of them.
    size : int, default 1024
        Lists per block.
    """
    done = [
        work(
            Ranking(
                sources=ranking.sources[start : start + size],
                ids=ranking.ids[start : start + size],
                scores=ranking.scores[start : start + size],
            )
        )
        for start in range(0, len(ranking.ids), size)
    ]
    if not done:
        return ranking
    return replace(
        ranking,
        ids=np.concatenate([part.ids for part in done]),
        scores=np.concatenate([part.scores for part in done]),
    )


def sorted_by(ranking: Ranking, value: FloatArray) -> Ranking:
    """Lists by falling value (u, m), which become their scores; equal values keep their order."""
    worth = np.where(ranking.ids >= 0, value, -np.inf)
    order = np.argsort(-worth, axis=1, kind="stable")
    return replace(
        ranking,
        ids=np.take_along_axis(ranking.ids, order, axis=1),
        scores=np.take_along_axis(worth, order, axis=1),
    )


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
