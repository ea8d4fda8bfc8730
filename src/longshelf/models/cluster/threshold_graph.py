"""Rows joined by likeness, and whatever hangs together is one product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.models.base import Model
from longshelf.models.cluster.near import Pairs, components, near
from longshelf.models.cluster.partition import Cut, FittedClusters, best_threshold
from longshelf.strategies.base import Strategy
from longshelf.tables import BoolArray, IntArray, Matrix, Rows, Targets, Valid

__all__ = ["ThresholdGraph"]


@dataclass(frozen=True, kw_only=True)
class ThresholdGraph(Model):
    """Join each row to its nearest rows above a cosine; connected rows are one cluster.

    Reads any vectors; of ``words`` features it makes TF-IDF among the very rows it groups.

    Parameters
    ----------
    threshold : float in (0, 1] or None, default None
        Smallest cosine of an edge; None takes the one of 0.30, 0.35 … 0.95 with the best B-cubed
        F1 on the validation part.
    neighbours : int >= 1, default 5
        Nearest rows each row may be joined to.
    mutual : bool, default True
        Join two rows only where each is among the nearest of the other: chains break sooner.

    Raises
    ------
    InputError
        If an argument is out of its bounds.

    Examples
    --------
    >>> ThresholdGraph(threshold=0.8)
    ThresholdGraph(threshold=0.8, neighbours=5, mutual=True)
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"cluster"})

    threshold: float | None = None
    neighbours: int = 5
    mutual: bool = True

    def __post_init__(self) -> None:
        if self.neighbours < 1 or not (self.threshold is None or 0 < self.threshold <= 1):
            raise InputError(
                "threshold_graph needs neighbours from 1 and a threshold in (0, 1] or None, got "
                f"{self.neighbours} and {self.threshold}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedClusters:
        threshold = self.threshold
        if threshold is None:

            def prepare(least: float) -> Cut:
                n, pairs = len(valid.rows), near(valid.X, least)
                return lambda cosine: self._joined(n, pairs, cosine)

            threshold = best_threshold(prepare, np.asarray(valid.rows.code))
        return FittedClusters(partial(self._group, threshold=threshold), threshold)

    def _group(self, X: Matrix, threshold: float) -> IntArray:
        return self._joined(X.shape[0], near(X, threshold), threshold)

    def _joined(self, n: int, pairs: Pairs, least: float) -> IntArray:
        first, second, cosine = pairs
        kept = self._nearest(n, pairs) & (cosine >= least)
        return components(n, first[kept], second[kept])

    def _nearest(self, n: int, pairs: Pairs) -> BoolArray:
        """Pairs in which one row, or each, is among the nearest of the other; (p,)."""
        first, second, cosine = pairs
        row = np.concatenate([first, second])
        likeness = np.concatenate([cosine, cosine])
        order = np.lexsort((-likeness, row))
        start = np.searchsorted(row[order], np.arange(n))
        place = np.empty(len(row), dtype=np.int64)
        place[order] = np.arange(len(row)) - start[row[order]]
        within = (place < self.neighbours).reshape(2, -1)
        return np.asarray(within.all(axis=0) if self.mutual else within.any(axis=0))
