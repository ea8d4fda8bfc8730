"""The class shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.evidence import row_weights
from longshelf.models.base import Model
from longshelf.models.classify.constant import Constant, log_share
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["Prior"]


@dataclass(frozen=True, kw_only=True)
class Prior(Model):
    """The (weighted) share of every class in the training part, as the probability of every row.

    The best a predictor that looks at nothing can do on a proper scoring rule.

    Examples
    --------
    >>> sorted(Prior().honours)
    ['expand', 'resample', 'weigh']
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Constant:
        share = log_share(rows, targets, row_weights(strategy, rows, targets))
        return Constant(share, len(targets))
