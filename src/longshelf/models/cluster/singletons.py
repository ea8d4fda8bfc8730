"""Every row alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.models.base import Model
from longshelf.models.cluster.partition import FittedClusters
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["Singletons"]


@dataclass(frozen=True, kw_only=True)
class Singletons(Model):
    """Put every row in a cluster of its own: right for every product with one offer.

    Examples
    --------
    >>> Singletons().trivial
    True
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"cluster"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedClusters:
        return FittedClusters(lambda given: np.arange(given.shape[0]))
