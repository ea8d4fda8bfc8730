"""The median value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.evidence import row_weights
from longshelf.models.base import Model
from longshelf.models.classify.constant import Constant
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["Median"]


@dataclass(frozen=True, kw_only=True)
class Median(Model):
    """The (weighted) median of the training values for every row: best at absolute error.

    Examples
    --------
    >>> sorted(Median().kinds)
    ['value']
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"value"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Constant:
        weights = row_weights(strategy, rows, targets)
        order = np.argsort(rows.y, kind="stable")
        reached = np.cumsum(weights[order])
        middle = np.searchsorted(reached, reached[-1] / 2)
        return Constant(np.array([rows.y[order][middle]]), 1)
