"""From candidates to a list: unlike neighbours, and places for the tail."""

from __future__ import annotations

from math import ceil

import numpy as np

from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["quota", "reserve", "unlike"]


def unlike(scores: FloatArray, vectors: FloatArray, k: int, diversity: float) -> IntArray:
    """Positions of the first k by maximal marginal relevance; one list of ``Mmr``.

    Parameters
    ----------
    scores : (m,) array
        Falling.
    vectors : (m, d) array
        Of unit length.
    k : int
        Places.
    diversity : float
        ``1 - lam``.
    """
    low, high = float(scores.min()), float(scores.max())
    wanted = (1 - diversity) * (scores - low) / (high - low if high > low else 1.0)
    alike = diversity * (vectors @ vectors.T)
    closest = np.full(len(scores), -np.inf)
    chosen = np.empty(min(k, len(scores)), dtype=np.int64)
    value = wanted.copy()
    for place in range(len(chosen)):
        last = int(value.argmax())
        chosen[place] = last
        wanted[last] = -np.inf
        np.maximum(closest, alike[last], out=closest)
        value = wanted - closest
    return chosen


def reserve(k: int, share: float) -> int:
    """Places of k kept for the tail.

    Examples
    --------
    >>> reserve(20, 0.3), reserve(20, 0.01), reserve(20, 0)
    (6, 1, 0)
    """
    return ceil(round(share * k, 9))


def quota(tail: BoolArray, k: int, share: float) -> IntArray:
    """Positions kept, in their order, so that k of them hold the share of tail items.

    The best tail candidates take the places of the lowest others; one list of ``TailQuota``.

    Parameters
    ----------
    tail : (m,) bool array
        Which candidates, best first, belong to the tail.
    k : int
        Places.
    share : float
        Of the places.

    Examples
    --------
    >>> quota(np.array([False, False, False, True, True]), 3, 0.5).tolist()
    [0, 3, 4]
    """
    flags: list[bool] = tail.tolist()
    rare = min(reserve(k, share), sum(flags))
    rest, kept = k - rare, []
    for at, own in enumerate(flags):
        if own and rare:
            rare -= 1
            kept.append(at)
        elif rest:
            rest -= 1
            kept.append(at)
    return np.array(kept, dtype=np.int64)
