"""The mean value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.evidence import row_weights
from longshelf.models.base import Model
from longshelf.models.classify.constant import Constant
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["Mean"]


@dataclass(frozen=True, kw_only=True)
class Mean(Model):
    """The (weighted) mean of the training values for every row: best at squared error.

    Examples
    --------
    >>> sorted(Mean().kinds)
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
        return Constant(np.array([np.average(rows.y, weights=weights)]), 1)
