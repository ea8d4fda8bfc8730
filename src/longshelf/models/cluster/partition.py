"""A fitted clusterer: rows in, one cluster number each out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.models.base import Head
from longshelf.quick import overlaps
from longshelf.tables import FloatArray, IntArray, Matrix

__all__ = ["GRID", "Cut", "FittedClusters", "agreement", "best_threshold"]

GRID = tuple(round(0.95 - 0.05 * step, 2) for step in range(14))
"""Cosines a threshold is chosen from: 0.95 to 0.30."""
COSTLY = 0.6
Cut = Callable[[float], IntArray]
"""From a cosine to the clusters of fixed rows at it."""


@dataclass(frozen=True)
class FittedClusters:
    """Groups any rows; it knows no clusters of its own, so new products are no trouble.

    Parameters
    ----------
    group : callable
        From (n, d) rows to (n,) cluster numbers.
    threshold : float
        The cosine it decides by; NaN where it has none.
    """

    group: Callable[[Matrix], IntArray]
    threshold: float = float("nan")

    @property
    def parameters(self) -> int:
        return int(np.isfinite(self.threshold))

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        raise InputError("a clusterer groups rows and scores nothing; use it with the task cluster")

    def cluster(self, X: Matrix) -> IntArray:
        """Cluster of each row; equal numbers, one cluster; (n,)."""
        return self.group(X)


def agreement(said: IntArray, true: IntArray) -> float:
    """B-cubed F1 over all rows.

    Examples
    --------
    >>> round(agreement(np.array([0, 0, 1]), np.array([0, 0, 0])), 3)
    0.714
    """
    both, of_said, of_true = overlaps(said, true)
    precision, recall = float((both / of_said).mean()), float((both / of_true).mean())
    return 2 * precision * recall / (precision + recall)


def best_threshold(prepare: Callable[[float], Cut], true: IntArray) -> float:
    """The cosine of :data:`GRID` at which clusters agree most with the true ones; ties, the higher.

    Parameters
    ----------
    prepare : callable
        From the least cosine that will be asked for to a function from cosine to clusters (n,).
        Low ones are costly and asked for only where the best of the higher ones is the lowest.
    true : (n,) int array
        True clusters.
    """
    best = GRID[0]
    for least in (COSTLY, GRID[-1]):
        cut = prepare(least)
        found = {one: agreement(cut(one), true) for one in GRID if one >= least}
        best = max(found, key=lambda one: found[one])
        if best > least:
            break
    return best
